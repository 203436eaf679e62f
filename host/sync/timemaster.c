/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/timemaster.h"

#include <string.h>

#include "guestclock/ptp-table.h"
#include "sync/ptp4l-settings.h"
#include "sync/read-file.h"

#define SOCKETS_MAX 32

static void rundir_line(gpointer user, const char *section, const char *key, const char *value)
{
	char **rundir = user;

	if (!key || strcmp(section, "timemaster") != 0 || strcmp(key, "rundir") != 0)
		return;
	g_free(*rundir);
	*rundir = g_strdup(value);
}

char *gclk_timemaster_rundir(const char *config)
{
	char *rundir = g_strdup("/var/run/timemaster");

	if (config)
		gclk_ini_each(config, rundir_line, &rundir);
	return rundir;
}

/* ptp4l.0.socket; its read-only socket stands beside it with linuxptp 4 and is of no more use. */
static gboolean is_socket_name(const char *name)
{
	return gclk_ptp_name_matches("ptp4l.#.socket", name);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *gclk_timemaster_sockets(const GclkProcess *timemaster)
{
	GPtrArray *sockets = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *file = gclk_options_last((const char *const *)timemaster->argv, "fl", "f");
	g_autofree char *config =
		file ? gclk_read_file(file, GCLK_LINUXPTP_CONFIG_MAX, NULL) : NULL;
	g_autofree char *rundir = gclk_timemaster_rundir(config);
	g_autoptr(GDir) dir = g_dir_open(rundir, 0, NULL);
	const char *name;

	while (dir && sockets->len < SOCKETS_MAX && (name = g_dir_read_name(dir)))
		if (is_socket_name(name))
			g_ptr_array_add(sockets, g_build_filename(rundir, name, NULL));
	g_ptr_array_sort(sockets, by_name);
	return sockets;
}

GclkDaemonReport *gclk_timemaster_report(const GclkProcess *timemaster, const GPtrArray *sockets)
{
	GclkDaemonReport *report = gclk_daemon_report_new("timemaster");

	report->pid = timemaster->pid;
	report->presence = GCLK_DAEMON_ANSWERS;
	report->steers = GCLK_STEERS_NO;
	report->steers_why = g_strdup("it starts the daemons that do");
	report->locked_why = g_strdup("it measures nothing itself");
	gclk_daemon_report_add_evidence(report,
		"runs as process %" G_GINT64_FORMAT ", with %u ptp4l", timemaster->pid,
		sockets->len);
	return report;
}
