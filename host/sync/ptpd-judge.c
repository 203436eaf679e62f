/* SPDX-License-Identifier: BSD-2-Clause */
/* From what ptpd writes to a report. Pure. */
#include <string.h>

#include "guestclock/format.h"
#include "sync/ptpd-status.h"

/* ptpd writes its status every second, its statistics with each Sync. */
#define FRESH_FOR (30 * GCLK_NS_PER_S)

/* The largest correction of the rate that the kernel takes. A servo that has arrived there does not
   hold the clock: it chases it. */
#define DRIFT_MAX_PPB 500000

static const char *state_words(GclkPtpdState state)
{
	static const char *const words[] = {
		[GCLK_PTPD_STATE_UNKNOWN] = "in a state that it does not tell",
		[GCLK_PTPD_STATE_INITIALIZING] = "starting",
		[GCLK_PTPD_STATE_FAULTY] = "faulty: the network interface is down or failed",
		[GCLK_PTPD_STATE_DISABLED] = "switched off",
		[GCLK_PTPD_STATE_LISTENING] = "listening: no master is heard",
		[GCLK_PTPD_STATE_MASTER] = "master: it gives the time and follows nobody",
		[GCLK_PTPD_STATE_PASSIVE] = "passive: another master is not followed",
		[GCLK_PTPD_STATE_UNCALIBRATED] = "uncalibrated",
		[GCLK_PTPD_STATE_SLAVE] = "slave",
	};

	return words[state];
}

/* Words of "calibrated, in control" that say it has not arrived. */
static gboolean is_out_of_control(const GclkPtpdStatus *status)
{
	return status->clock_status && !strstr(status->clock_status, "in control");
}

/* Without a state, a master that has an identity and a clock in control say as much as SLAVE. */
static gboolean is_slave(const GclkPtpdStatus *status)
{
	if (status->state != GCLK_PTPD_STATE_UNKNOWN)
		return status->state == GCLK_PTPD_STATE_SLAVE;
	return status->master && status->clock_status && !is_out_of_control(status);
}

/* NULL: nothing speaks against it. */
static char *trouble(const GclkPtpdStatus *status, gint64 age)
{
	char text[32];

	if (status->announces == 0)
		return g_strdup("no Announce message has come from any master");
	if (!is_slave(status))
		return g_strdup_printf("it is %s", state_words(status->state));
	if (age < 0)
		return g_strdup("how old its figures are cannot be told");
	if (age > FRESH_FOR) {
		gclk_format_age(age, text);
		return g_strdup_printf("its figures are %s old", text);
	}
	if (is_out_of_control(status))
		return g_strdup_printf("its clock is %s", status->clock_status);
	if (status->drift_ppb != GCLK_PTPD_UNKNOWN && ABS(status->drift_ppb) >= DRIFT_MAX_PPB)
		return g_strdup_printf("its servo is at its limit (%" G_GINT64_FORMAT
				       " ppb) and cannot follow",
			status->drift_ppb);
	return NULL;
}

static void add_evidence(const GclkPtpdStatus *status, GclkDaemonReport *report)
{
	char text[32];

	gclk_daemon_report_add_evidence(report, "state: %s", state_words(status->state));
	if (status->master)
		gclk_daemon_report_add_evidence(report, "master: %s%s%s", status->master,
			status->address ? " at " : "", status->address ? status->address : "");
	if (status->master_offset != GCLK_PTPD_UNKNOWN) {
		gclk_format_offset(status->master_offset, text);
		gclk_daemon_report_add_evidence(report, "offset from master: %s", text);
	}
	if (status->drift_ppb != GCLK_PTPD_UNKNOWN)
		gclk_daemon_report_add_evidence(report,
			"correction of its rate: %" G_GINT64_FORMAT " ppb", status->drift_ppb);
	if (status->clock_status)
		gclk_daemon_report_add_evidence(report, "clock status: %s", status->clock_status);
	if (status->announces != GCLK_PTPD_UNKNOWN)
		gclk_daemon_report_add_evidence(
			report, "Announce messages: %" G_GINT64_FORMAT, status->announces);
	if (status->transport)
		gclk_daemon_report_add_evidence(report, "transport: %s", status->transport);
	for (guint i = 0; i < status->unknown->len; i++)
		gclk_daemon_report_add_evidence(
			report, "not understood: %s", (char *)status->unknown->pdata[i]);
}

static void judge_figures(const GclkPtpdStatus *status, gint64 age, GclkDaemonReport *report)
{
	report->source = g_strdup(status->master);
	report->device = g_strdup(status->interface);
	report->clock_class = status->clock_class;
	report->age = age;
	report->n_sources = 1;
	report->tai_offset = status->utc_offset;
	if (status->state == GCLK_PTPD_STATE_MASTER)
		report->reference = GCLK_REFERENCE_LOCAL;
	else if (is_slave(status) || status->state == GCLK_PTPD_STATE_UNCALIBRATED)
		report->reference = GCLK_REFERENCE_PTP;
	report->has_offset = status->master_offset != GCLK_PTPD_UNKNOWN;
	report->offset = report->has_offset ? -status->master_offset : 0;
}

void gclk_ptpd_judge(const GclkPtpdStatus *status, gint64 age, GclkDaemonReport *report)
{
	g_autofree char *why = NULL;

	if (status->known == 0) {
		report->presence = GCLK_DAEMON_GARBLED;
		report->problem = g_strdup("what it writes cannot be understood");
		return;
	}
	report->presence = GCLK_DAEMON_ANSWERS;
	judge_figures(status, age, report);
	why = trouble(status, age);
	report->locked = why == NULL;
	report->locked_why =
		why ? g_steal_pointer(&why)
		    : g_strdup_printf("it is slave of %s, clock %s",
			      status->master ? status->master : "a master",
			      status->clock_status ? status->clock_status : "under control");
	if (status->announces == 0 || status->state == GCLK_PTPD_STATE_LISTENING)
		report->remedy =
			g_strdup("check that the grandmaster runs, and that switches let "
				 "PTP multicast pass: IGMP or MLD snooping that filters it "
				 "is the usual cause");
	add_evidence(status, report);
}
