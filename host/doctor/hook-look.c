/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads what hook-view.h shows. */
#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "doctor/hook-view.h"
#include "guestclock/sample.h"
#include "sync/read-file.h"

#define FILES_MAX      64
#define TEXT_MAX       65536
#define PROCESSES_MAX  100000
#define BUS_TIMEOUT_MS 300

static const char *const daemons[] = { "libvirtd", "virtqemud" };

/* Any of them: libvirt is here, running or not. */
static const char *const traces[] = { "/usr/sbin/libvirtd", "/usr/sbin/virtqemud",
	"/usr/bin/libvirtd", "/usr/bin/virtqemud" };

/* --- files ------------------------------------------------------------------------------------ */

static gboolean is_program_there(const char *program)
{
	g_autofree char *found = NULL;

	if (g_path_is_absolute(program))
		return access(program, X_OK) == 0;
	found = g_find_program_in_path(program);
	return found != NULL;
}

static void look_at_file(GclkHookView *view, const char *path)
{
	GclkHookFile *file;
	struct stat status;
	g_autofree char *text = NULL;

	if (view->files->len >= FILES_MAX || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	file = gclk_hook_view_add_file(view, path);
	file->executable = (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	file->changed = status.st_ctim.tv_sec * GCLK_NS_PER_S + status.st_ctim.tv_nsec;
	text = gclk_read_file(path, TEXT_MAX, NULL);
	if (!text) {
		file->problem = g_strdup(g_strerror(errno));
		return;
	}
	gclk_hook_file_take_text(file, text);
	file->has_interpreter = file->interpreter && is_program_there(file->interpreter);
	file->has_program = file->program && is_program_there(file->program);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* libvirt(7), hooks: the file of the driver, then those of its folder, by strcmp. */
static void look_at_files(GclkHookView *view)
{
	g_autofree char *single = g_build_filename(view->folder, "qemu", NULL);
	g_autofree char *path = g_build_filename(view->folder, "qemu.d", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
	const char *name;

	if (error && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		view->problem = g_strdup_printf("%s: %s", path,
			g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES)
				? g_strerror(EACCES)
				: "it cannot be read");
	look_at_file(view, single);
	while (folder && names->len < FILES_MAX && (name = g_dir_read_name(folder)))
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		look_at_file(view, names->pdata[i]);
}

/* --- daemons ---------------------------------------------------------------------------------- */

/* CLOCK_REALTIME at the boot, as that clock counts now. */
static gint64 boot_time(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (real.tv_sec - boot.tv_sec) * GCLK_NS_PER_S + real.tv_nsec - boot.tv_nsec;
}

static GVariant *ask_systemd(GDBusConnection *bus, const char *path, const char *interface,
	const char *method, GVariant *arguments, const char *type)
{
	return g_dbus_connection_call_sync(bus, "org.freedesktop.systemd1", path, interface, method,
		arguments, G_VARIANT_TYPE(type), G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_TIMEOUT_MS,
		NULL, NULL);
}

/* When its unit changed its state last: a reload does that. 0: there is no systemd. */
static gint64 unit_changed(gint64 pid)
{
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
	g_autoptr(GVariant) unit = NULL;
	g_autoptr(GVariant) property = NULL;
	g_autoptr(GVariant) value = NULL;
	const char *path;

	if (bus)
		unit = ask_systemd(bus, "/org/freedesktop/systemd1",
			"org.freedesktop.systemd1.Manager", "GetUnitByPID",
			g_variant_new("(u)", (guint32)pid), "(o)");
	if (!unit)
		return 0;
	g_variant_get(unit, "(&o)", &path);
	property = ask_systemd(bus, path, "org.freedesktop.DBus.Properties", "Get",
		g_variant_new("(ss)", "org.freedesktop.systemd1.Unit", "StateChangeTimestamp"),
		"(v)");
	if (!property)
		return 0;
	g_variant_get(property, "(v)", &value);
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64) ||
		g_variant_get_uint64(value) > G_MAXINT64 / GCLK_NS_PER_US)
		return 0;
	return (gint64)g_variant_get_uint64(value) * GCLK_NS_PER_US;
}

static void look_at_daemon(GclkHookView *view, const char *root, const char *pid, const char *name)
{
	g_autofree char *path = g_strdup_printf("%s/proc/%s/stat", root, pid);
	g_autofree char *stat = gclk_read_file(path, TEXT_MAX, NULL);
	const gint64 hertz = sysconf(_SC_CLK_TCK);
	GclkHookDaemon *daemon =
		gclk_hook_view_add_daemon(view, name, g_ascii_strtoll(pid, NULL, 10));
	guint64 ticks;
	gint64 changed;

	if (!stat || hertz <= 0 || !gclk_stat_start(stat, &ticks) ||
		ticks > (guint64)(G_MAXINT64 / GCLK_NS_PER_S))
		return;
	daemon->loaded = boot_time() + (gint64)ticks * (GCLK_NS_PER_S / hertz);
	changed = *root ? 0 : unit_changed(daemon->pid);
	daemon->reloaded = changed > daemon->loaded;
	daemon->loaded = MAX(daemon->loaded, changed);
}

static void look_at_daemons(GclkHookView *view, const char *root)
{
	g_autofree char *path = g_strconcat(root, "/proc", NULL);
	g_autoptr(GDir) processes = g_dir_open(path, 0, NULL);
	const char *pid;

	for (guint n = 0; processes && n < PROCESSES_MAX && (pid = g_dir_read_name(processes));
		n++) {
		g_autofree char *file = g_build_filename(path, pid, "comm", NULL);
		g_autofree char *comm =
			g_ascii_isdigit(*pid) ? gclk_read_file(file, 64, NULL) : NULL;

		for (gsize i = 0; comm && i < G_N_ELEMENTS(daemons); i++)
			if (strcmp(g_strchomp(comm), daemons[i]) == 0 &&
				view->daemons->len < FILES_MAX)
				look_at_daemon(view, root, pid, daemons[i]);
	}
}

/* -----------------------------------------------------------------------------------------------
 */

GclkHookView *gclk_hook_view_read(const char *root, const char *folder)
{
	GclkHookView *view = gclk_hook_view_new(folder);

	look_at_files(view);
	look_at_daemons(view, root);
	view->has_libvirt = view->daemons->len > 0;
	for (gsize i = 0; i < G_N_ELEMENTS(traces); i++) {
		g_autofree char *path = g_strconcat(root, traces[i], NULL);

		view->has_libvirt |= g_file_test(path, G_FILE_TEST_EXISTS);
	}
	return view;
}
