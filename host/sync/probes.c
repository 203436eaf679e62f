/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "sync/probe.h"

static const GclkProbeNew kinds[] = {
	gclk_probe_chrony_new,
	gclk_probe_ntpd_new,
	gclk_probe_timesyncd_new,
	gclk_probe_openntpd_new,
	gclk_probe_ptp4l_new,
	gclk_probe_phc2sys_new,
	gclk_probe_ptpd_new,
};

#define KINDS G_N_ELEMENTS(kinds)

/* Time daemons that nobody here can ask; the names of their processes. */
static const char *const unasked[] = { "ntp-daemon", "guestclockd" };

/* --- the poll loop ---------------------------------------------------------------------------- */

/* Waits for those that still wait for something. FALSE: there are none, or the time is over. */
static gboolean wait_for_any(GclkProbe *const *probes, struct pollfd *polls, gint64 deadline)
{
	gint64 left = deadline - g_get_monotonic_time();
	gboolean any = FALSE;
	int result;

	for (gsize i = 0; i < KINDS; i++) {
		polls[i].fd = probes[i] ? probes[i]->fd : -1; /* poll() leaves negative ones out */
		polls[i].events = POLLIN;
		polls[i].revents = 0;
		any = any || polls[i].fd >= 0;
	}
	if (!any || left <= 0)
		return FALSE;
	result = poll(polls, KINDS, (int)((left + 999) / 1000));
	return result > 0 || (result < 0 && errno == EINTR);
}

static void serve(GclkProbe *const *probes)
{
	gint64 deadline = g_get_monotonic_time() + GCLK_PROBE_TIMEOUT_MS * G_TIME_SPAN_MILLISECOND;
	struct pollfd polls[KINDS];

	while (wait_for_any(probes, polls, deadline))
		for (gsize i = 0; i < KINDS; i++)
			if (polls[i].fd >= 0 && polls[i].revents)
				probes[i]->readable(probes[i]);
}

/* --- what nobody asked ------------------------------------------------------------------------ */

/* Who steers unseen must be told all the same. */
static void report_unasked(const GclkProcesses *processes, GPtrArray *reports)
{
	for (gsize i = 0; i < G_N_ELEMENTS(unasked); i++) {
		const GclkProcess *process = gclk_processes_find(processes, unasked[i]);
		GclkDaemonReport *report;

		if (!process || !process->steers)
			continue;
		report = gclk_daemon_report_new(unasked[i]);
		report->presence = GCLK_DAEMON_SILENT;
		report->problem = g_strdup("hostclock cannot ask this program");
		gclk_process_tell(process, report);
		g_ptr_array_add(reports, report);
	}
}

static void free_report(gpointer data)
{
	gclk_daemon_report_free(data);
}

GPtrArray *gclk_probes_run(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	GPtrArray *reports = g_ptr_array_new_with_free_func(free_report);
	GclkProbe *probes[KINDS];

	for (gsize i = 0; i < KINDS; i++)
		probes[i] = kinds[i](places, processes);
	serve(probes);
	for (gsize i = 0; i < KINDS; i++)
		if (probes[i])
			probes[i]->finish(probes[i], reports);
	report_unasked(processes, reports);
	return reports;
}
