/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks systemd-timesyncd for its properties on D-Bus. GDBus waits and works in threads in any case,
 * so the question is put in one of our own; a pipe tells the poll loop that it is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/probe.h"
#include "sync/timesyncd.h"

#define COMM "systemd-timesyn" /* 15 bytes of it */

typedef struct {
	GclkProbe probe;
	const GclkProcess *process;
	char *address; /* of the bus; NULL: the system's */
	char *stamp;
	GThread *thread;
	GCancellable *cancellable;
	int done[2];

	/* the thread's until it has ended */
	GVariant *answer; /* (a{sv}), or NULL */
	GError *error;
} Timesyncd;

/* --- the thread ------------------------------------------------------------------------------- */

static GDBusConnection *connect_bus(Timesyncd *self)
{
	g_autofree char *address = self->address
					   ? g_strdup(self->address)
					   : g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM,
						     self->cancellable, &self->error);

	if (!address)
		return NULL;
	return g_dbus_connection_new_for_address_sync(address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, self->cancellable, &self->error);
}

static gpointer work(gpointer data)
{
	Timesyncd *self = data;
	g_autoptr(GDBusConnection) bus = connect_bus(self);

	/* asking must not start it: only who runs already counts */
	if (bus)
		self->answer = g_dbus_connection_call_sync(bus, GCLK_TIMESYNCD_BUS_NAME,
			GCLK_TIMESYNCD_PATH, "org.freedesktop.DBus.Properties", "GetAll",
			g_variant_new("(s)", GCLK_TIMESYNCD_INTERFACE), G_VARIANT_TYPE("(a{sv})"),
			G_DBUS_CALL_FLAGS_NO_AUTO_START, GCLK_PROBE_TIMEOUT_MS, self->cancellable,
			&self->error);
	close(self->done[1]); /* the poll loop sees the end of the pipe */
	return NULL;
}

static void readable(GclkProbe *probe)
{
	probe->fd = -1;
}

/* --- the report ------------------------------------------------------------------------------- */

static gint64 stamp_time(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return 0;
	return status.st_mtim.tv_sec * GCLK_NS_PER_S + status.st_mtim.tv_nsec;
}

static void take_answer(const Timesyncd *self, GclkDaemonReport *report)
{
	g_autoptr(GVariant) properties = g_variant_get_child_value(self->answer, 0);
	GclkTimesyncdState state;

	gclk_timesyncd_read(properties, &state);
	gclk_timesyncd_judge(
		&state, stamp_time(self->stamp), g_get_real_time() * GCLK_NS_PER_US, report);
}

static void take_error(const Timesyncd *self, GclkDaemonReport *report)
{
	if (g_error_matches(self->error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED)) {
		report->presence = GCLK_DAEMON_FORBIDDEN;
		report->problem = g_strdup("D-Bus does not allow us to ask");
		report->remedy = g_strdup("run this as root");
		return;
	}
	if (g_error_matches(self->error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS) ||
		g_error_matches(self->error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)) {
		report->presence = GCLK_DAEMON_GARBLED;
		report->problem = g_strdup("its answer cannot be understood");
		return;
	}
	report->presence = GCLK_DAEMON_SILENT;
	if (g_error_matches(self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
		g_error_matches(self->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		report->problem =
			g_strdup_printf("no answer on D-Bus within %d ms", GCLK_PROBE_TIMEOUT_MS);
	else
		report->problem = g_strdup_printf("no answer on D-Bus: %s", self->error->message);
	report->remedy = g_strdup("see what `timedatectl timesync-status` says");
}

/* Nobody expected it, and it is not there. */
static gboolean is_absent(const Timesyncd *self)
{
	return !self->process && !self->answer;
}

static void finish(GclkProbe *probe, GPtrArray *reports)
{
	Timesyncd *self = (Timesyncd *)probe;

	g_cancellable_cancel(self->cancellable);
	g_thread_join(self->thread);
	if (!is_absent(self)) {
		GclkDaemonReport *report = gclk_daemon_report_new("systemd-timesyncd");

		gclk_process_tell(self->process, report);
		if (self->answer)
			take_answer(self, report);
		else
			take_error(self, report);
		g_ptr_array_add(reports, report);
	}
	close(self->done[0]);
	g_clear_error(&self->error);
	g_clear_pointer(&self->answer, g_variant_unref);
	g_object_unref(self->cancellable);
	g_free(self->address);
	g_free(self->stamp);
	g_free(self);
}

GclkProbe *gclk_probe_timesyncd_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	const GclkProcess *process = gclk_processes_find(processes, COMM);
	Timesyncd *self;
	int done[2];

	/* Where no process can be seen at all (hidepid), asking is the only way to know. */
	if (!process && !places->timesync_bus && processes->all->len > 0)
		return NULL;
	if (pipe2(done, O_CLOEXEC) != 0)
		return NULL;
	self = g_new0(Timesyncd, 1);
	memcpy(self->done, done, sizeof(done));
	self->probe.fd = done[0];
	self->probe.readable = readable;
	self->probe.finish = finish;
	self->process = process;
	self->address = g_strdup(places->timesync_bus);
	self->stamp =
		g_strdup(places->timesync_stamp ? places->timesync_stamp : GCLK_TIMESYNCD_STAMP);
	self->cancellable = g_cancellable_new();
	self->thread = g_thread_new("timesyncd", work, self);
	return &self->probe;
}
