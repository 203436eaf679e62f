/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/sysctl.h"

#include <string.h>

#define VALUE_MAX 256

/* The name in the kernel's environment, or NULL: it is a sysctl. */
static const char *loader_name(const char *name)
{
	if (g_str_has_prefix(name, GCLK_SYSCTL_LOADER))
		return name + strlen(GCLK_SYSCTL_LOADER);
	return g_str_has_prefix(name, "smbios.") ? name : NULL;
}

char *gclk_sysctl_number(gconstpointer bytes, gsize length, gboolean is_signed)
{
	gint32 narrow;
	gint64 wide;

	if (length == sizeof narrow) {
		memcpy(&narrow, bytes, length);
		wide = is_signed ? narrow : (gint64)(guint32)narrow;
	} else if (length == sizeof wide) {
		memcpy(&wide, bytes, length);
	} else {
		return NULL;
	}
	return is_signed ? g_strdup_printf("%" G_GINT64_FORMAT, wide)
			 : g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)wide);
}

#ifdef __linux__

GclkSysctl gclk_sysctl_native(void)
{
	return NULL;
}

#else

#include <kenv.h>
#include <sys/types.h>

#include <sys/sysctl.h>

/* kenv(2): what the loader took from the firmware. */
static char *read_kenv(const char *name)
{
	char value[VALUE_MAX];
	int length = kenv(KENV_GET, name, value, sizeof value - 1);

	return length < 0 ? NULL : g_strndup(value, MIN((gsize)length, sizeof value - 1));
}

/* The node of the sysctl tree that tells what others are: its answer is their CTLTYPE, then a
   format (sysctl_sysctl_oidfmt in FreeBSD's kern/kern_sysctl.c; sysctl(8) asks the same). */
static guint kind_of(const int *oid, size_t depth)
{
	int question[CTL_MAXNAME + 2] = { 0, 4 };
	struct {
		unsigned int kind;
		char format[VALUE_MAX];
	} answer = { 0, "" };
	size_t length = sizeof answer;

	memcpy(question + 2, oid, depth * sizeof *oid);
	return sysctl(question, (u_int)depth + 2, &answer, &length, NULL, 0)
		       ? 0
		       : answer.kind & CTLTYPE;
}

static char *read_native(gpointer user, const char *name)
{
	char value[VALUE_MAX];
	size_t length = sizeof value, depth = CTL_MAXNAME;
	int oid[CTL_MAXNAME];

	(void)user;
	if (loader_name(name))
		return read_kenv(loader_name(name));
	if (sysctlnametomib(name, oid, &depth) || sysctl(oid, depth, value, &length, NULL, 0))
		return NULL;
	switch (kind_of(oid, depth)) {
	case CTLTYPE_STRING:
		return g_strndup(value, length);
	case CTLTYPE_UINT:
	case CTLTYPE_ULONG:
	case CTLTYPE_U64:
		return gclk_sysctl_number(value, length, FALSE);
	default:
		return gclk_sysctl_number(value, length, TRUE);
	}
}

GclkSysctl gclk_sysctl_native(void)
{
	return read_native;
}

#endif

/* The value in a line of sysctl(8), or of kenv(1); NULL: it is another's. */
static const char *value_in_line(const char *line, const char *name, gboolean loader)
{
	const char *separator = loader ? "=\"" : ": ";
	gsize length = strlen(name);

	if (strncmp(line, name, length) != 0 || !g_str_has_prefix(line + length, separator))
		return NULL;
	return line + length + strlen(separator);
}

char *gclk_sysctl_recorded(gpointer user, const char *name)
{
	const char *variable = loader_name(name);

	for (const char *line = user; line;) {
		const char *end = strchr(line, '\n');
		const char *value =
			value_in_line(line, variable ? variable : name, variable != NULL);

		if (value) {
			gsize length = end ? (gsize)(end - value) : strlen(value);

			if (variable && length > 0 && value[length - 1] == '"')
				length--;
			return g_strndup(value, MIN(length, VALUE_MAX));
		}
		line = end ? end + 1 : NULL;
	}
	return NULL;
}
