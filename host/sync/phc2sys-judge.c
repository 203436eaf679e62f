/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/format.h"
#include "guestclock/ptp-reading.h"
#include "sync/phc2sys.h"

/* The second proof. */
static void judge_steers(const GclkPhc2sysView *view, GclkDaemonReport *report)
{
	const GclkPhc2sysSettings *settings = view->settings;

	report->feeds = g_strdup(settings->feeds);
	report->automatic = settings->automatic;
	report->steers = GCLK_STEERS_NO;
	if (settings->feeds)
		report->steers_why = g_strdup_printf("it feeds the refclock %s", settings->feeds);
	else if (!settings->system_clock)
		report->steers_why = g_strdup("its command line does not name the system clock");
	else if (!view->able)
		report->steers_why = g_strdup("it may not set the clock (no CAP_SYS_TIME)");
	else {
		report->steers = GCLK_STEERS_YES;
		report->steers_why = g_strdup("it may set the system clock, and was told to");
	}
}

static void judge_unread(const GclkPhc2sysView *view, GclkDaemonReport *report)
{
	gboolean forbidden = g_error_matches(view->error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
			     g_error_matches(view->error, G_FILE_ERROR, G_FILE_ERROR_PERM);

	report->presence = forbidden ? GCLK_DAEMON_FORBIDDEN : GCLK_DAEMON_SILENT;
	if (!view->device) {
		report->problem = g_strdup("which precision clock it follows cannot be told");
		return;
	}
	report->problem = g_strdup_printf("%s cannot be read: %s", view->device,
		view->error ? view->error->message : "no reason given");
	if (forbidden)
		report->remedy = g_strdup("run hostclock as root, or let its user read the device");
}

static void judge_measured(const GclkPhc2sysView *view, GclkDaemonReport *report)
{
	gint ahead = view->timescale == GCLK_TIMESCALE_UTC ? 0 : view->tai_offset;
	char offset[32], bound[32];

	report->presence = GCLK_DAEMON_ANSWERS;
	report->reference = view->kind;
	report->n_sources = 1;
	report->timescale = view->timescale;
	report->tai_offset = view->tai_offset;
	report->age = 0;
	report->has_offset = TRUE;
	gclk_phc_judge(view->read->difference, ahead, &report->offset);
	report->bound = view->read->bound;
	report->locked = gclk_ptp_time_plausible(view->read->time);
	gclk_format_offset(view->read->difference, offset);
	gclk_format_bound(view->read->bound, bound);
	gclk_daemon_report_add_evidence(report,
		"measured: %s%s%s%s minus CLOCK_REALTIME is %s (%" G_GINT64_FORMAT
		" ns, within %s); TAI is %d s ahead of UTC",
		view->device, view->clock_name ? " (" : "",
		view->clock_name ? view->clock_name : "", view->clock_name ? ")" : "", offset,
		view->read->difference, bound, view->tai_offset);
	gclk_format_offset(report->offset, offset);
	report->locked_why = report->locked
				     ? g_strdup_printf("%s is %s from the system clock, measured",
					       view->device, offset)
				     : g_strdup_printf("%s does not keep the time of day: nobody "
						       "has set it",
					       view->device);
}

void gclk_phc2sys_judge(const GclkPhc2sysView *view, GclkDaemonReport *report)
{
	report->device = g_strdup(view->device);
	report->source = g_strdup(view->device);
	judge_steers(view, report);
	if (view->read)
		judge_measured(view, report);
	else
		judge_unread(view, report);
}
