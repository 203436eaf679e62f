/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware/tools-library.h"

#include <gmodule.h>
#include <string.h>

#define ERROR_OTHER     1 /* VMGUESTLIB_ERROR_OTHER */
#define ERROR_NOT_THERE 4 /* VMGUESTLIB_ERROR_NOT_AVAILABLE */

/* Handles and modules stay as they are until the process ends. */
struct GclkToolsLibrary {
	/* libvmtools; its Bool is a char */
	char (*is_virtual_world)(void);
	gboolean (*send_raw)(const char *data, gsize length, char **result, gsize *result_length);
	void (*free_result)(gpointer result); /* may be NULL: then it leaks */
	/* libguestlib; all return a VMGuestLibError */
	int (*open_handle)(gpointer *handle);
	int (*update_info)(gpointer handle);
	int (*get_session)(gpointer handle, guint64 *id);
	int (*get_elapsed)(gpointer handle, guint64 *ms);
	int (*get_stolen)(gpointer handle, guint64 *ms);
	gpointer handle;
	guint32 open_error;
	guint32 can;
};

/* --- loading ---------------------------------------------------------------------------------- */

static GModule *load(const char *name)
{
	return g_module_open(name, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
}

static gboolean find(GModule *module, const char *name, gpointer function)
{
	return g_module_symbol(module, name, function) && *(gpointer *)function;
}

static gboolean open_vmtools(GclkToolsLibrary *self, const char *name)
{
	GModule *module = load(name);

	if (!module || !find(module, "RpcChannel_SendOneRaw", &self->send_raw))
		return FALSE;
	if (!find(module, "RpcChannel_Free", &self->free_result))
		self->free_result = NULL;
	/* tests CPUID, and tries the backdoor */
	return !find(module, "VmCheck_IsVirtualWorld", &self->is_virtual_world) ||
	       self->is_virtual_world();
}

static gboolean open_guestlib(GclkToolsLibrary *self, const char *name)
{
	GModule *module = load(name);

	if (!module || !find(module, "VMGuestLib_OpenHandle", &self->open_handle) ||
		!find(module, "VMGuestLib_UpdateInfo", &self->update_info) ||
		!find(module, "VMGuestLib_GetSessionId", &self->get_session) ||
		!find(module, "VMGuestLib_GetElapsedMs", &self->get_elapsed))
		return FALSE;
	if (!find(module, "VMGuestLib_GetCpuStolenMs", &self->get_stolen))
		self->get_stolen = NULL;
	self->open_error = (guint32)self->open_handle(&self->handle);
	return TRUE;
}

GclkToolsLibrary *gclk_tools_library_open(const char *libvmtools, const char *libguestlib)
{
	GclkToolsLibrary *self = g_new0(GclkToolsLibrary, 1);

	if (open_vmtools(self, libvmtools))
		self->can |= GCLK_TOOLS_CAN_SEND;
	if (open_guestlib(self, libguestlib))
		self->can |= GCLK_TOOLS_CAN_LOOK;
	return self;
}

guint32 gclk_tools_library_can(const GclkToolsLibrary *library)
{
	return library->can;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Lines stay apart: an answer of several is read by its lines. */
static void clean_lines(const char *bytes, gsize length, char *out, gsize size)
{
	gsize n = 0;

	for (gsize i = 0; i < length && n + 1 < size && bytes[i]; i++)
		out[n++] = bytes[i] == '\n' || g_ascii_isprint(bytes[i]) ? bytes[i] : '?';
	out[n] = '\0';
}

void gclk_tools_library_send(GclkToolsLibrary *library, const char *text, GclkToolsMessage *out)
{
	char *result = NULL;
	gsize length = 0;

	out->kind = GCLK_TOOLS_SENT;
	if (!(library->can & GCLK_TOOLS_CAN_SEND))
		return;
	out->good = library->send_raw(text, strlen(text), &result, &length) ? 1 : 0;
	if (result)
		clean_lines(result, length, out->text, sizeof out->text);
	if (result && library->free_result)
		library->free_result(result);
}

static int look(GclkToolsLibrary *library, GclkToolsMessage *out)
{
	int error = library->update_info(library->handle);

	if (error == 0)
		error = library->get_session(library->handle, &out->session);
	if (error == 0)
		error = library->get_elapsed(library->handle, &out->elapsed_ms);
	if (error == 0 &&
		(!library->get_stolen || library->get_stolen(library->handle, &out->stolen_ms)))
		out->stolen_ms = G_MAXUINT64;
	return error;
}

void gclk_tools_library_look(GclkToolsLibrary *library, GclkToolsMessage *out)
{
	int error;

	out->kind = GCLK_TOOLS_LOOKED;
	if (!(library->can & GCLK_TOOLS_CAN_LOOK)) {
		out->error = ERROR_NOT_THERE;
		return;
	}
	if (!library->handle && library->open_error == 0)
		library->open_error = ERROR_OTHER;
	error = library->open_error ? (int)library->open_error : look(library, out);
	out->error = error < 0 ? ERROR_OTHER : (guint32)error;
}
