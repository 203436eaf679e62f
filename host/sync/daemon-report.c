/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/daemon-report.h"

GclkDaemonReport *gclk_daemon_report_new(const char *daemon)
{
	GclkDaemonReport *report = g_new0(GclkDaemonReport, 1);

	report->daemon = daemon;
	report->stratum = report->clock_class = -1;
	report->bound = GCLK_BOUND_UNKNOWN;
	report->age = -1;
	report->evidence = g_ptr_array_new_with_free_func(g_free);
	return report;
}

void gclk_daemon_report_free(GclkDaemonReport *report)
{
	if (!report)
		return;
	g_free(report->problem);
	g_free(report->remedy);
	g_free(report->steers_why);
	g_free(report->locked_why);
	g_free(report->source);
	g_free(report->device);
	g_free(report->feeds);
	g_ptr_array_unref(report->evidence);
	g_free(report);
}

void gclk_daemon_report_add_evidence(GclkDaemonReport *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(report->evidence, g_strdup_vprintf(format, args));
	va_end(args);
}
