/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/esxi.h"

#include <string.h>

#include "guestclock/format.h"
#include "sync/esxi-text.h"
#include "sync/ptpd-status.h"

/* --- PTP -------------------------------------------------------------------------------------- */

/* The log's figures go where the status told none. */
static void add_statistics(GclkPtpdStatus *status, const GclkPtpdStatus *log)
{
	if (status->state == GCLK_PTPD_STATE_UNKNOWN)
		status->state = log->state;
	if (!status->master)
		status->master = g_strdup(log->master);
	if (log->master_offset != GCLK_PTPD_UNKNOWN)
		status->master_offset = log->master_offset;
	if (log->drift_ppb != GCLK_PTPD_UNKNOWN)
		status->drift_ppb = log->drift_ppb;
	status->known += log->known;
}

/* Whichever is older: all figures must be fresh. */
static gint64 figures_age(const GclkEsxiText *text, gint64 now, gint64 age)
{
	gint64 log_age;

	if (text->statistics_time == 0)
		return age;
	log_age = now - text->statistics_time;
	/* what was written in the future was written by another clock than ours */
	return log_age < 0 ? -1 : age < 0 ? log_age : MAX(age, log_age);
}

static gboolean ptp_steers(const GclkEsxiText *text)
{
	return !text->clock_source || g_ascii_strncasecmp(text->clock_source, "ptp", 3) == 0;
}

/* Returns whether there is PTP at all. */
static gboolean read_ptp(const GclkEsxiText *text, gint64 now, gint64 age, GPtrArray *reports)
{
	g_auto(GclkPtpdStatus) status = { 0 };
	g_auto(GclkPtpdStatus) log = { 0 };
	GclkDaemonReport *report;

	gclk_ptpd_status_init(&status);
	gclk_ptpd_status_init(&log);
	gclk_ptpd_status_parse(text->status->str, text->status->len, &status);
	gclk_ptpd_statistics_parse(text->statistics->str, text->statistics->len, &log);
	if (status.known + log.known == 0)
		return FALSE;
	add_statistics(&status, &log);
	report = gclk_daemon_report_new("ptpd");
	gclk_ptpd_judge(&status, figures_age(text, now, age), report);
	report->steers = ptp_steers(text) ? GCLK_STEERS_YES : GCLK_STEERS_NO;
	report->steers_why = ptp_steers(text) ? g_strdup("it is the PTP daemon of ESXi")
					      : g_strdup_printf("the host's clock source is %s",
							text->clock_source);
	g_ptr_array_add(reports, report);
	return TRUE;
}

/* --- NTP -------------------------------------------------------------------------------------- */

static const GclkNtpqPeer *selected_peer(const GclkEsxiText *text)
{
	for (guint i = 0; i < text->peers->len; i++) {
		const GclkNtpqPeer *peer = &g_array_index(text->peers, GclkNtpqPeer, i);

		if (peer->tally == '*' || peer->tally == 'o')
			return peer;
	}
	return NULL;
}

static gboolean is_local(const GclkNtpqPeer *peer)
{
	return g_str_has_prefix(peer->remote, "LOCAL") ||
	       g_str_has_prefix(peer->remote, "127.127.1.") || strcmp(peer->refid, ".LOCL.") == 0;
}

static char *trouble(const GclkNtpqPeer *peer)
{
	if (!peer)
		return g_strdup("no server is selected in ntpq's table");
	if (is_local(peer))
		return g_strdup("it follows its own clock (LOCAL)");
	if (peer->reach == 0)
		return g_strdup_printf(
			"%s, which is selected, has not answered its last eight requests",
			peer->remote);
	if (peer->stratum <= 0 || peer->stratum >= 16)
		return g_strdup_printf(
			"%s has itself no time (stratum %d)", peer->remote, peer->stratum);
	return NULL;
}

static void tell_peers(const GclkEsxiText *text, GclkDaemonReport *report)
{
	char offset[32];

	for (guint i = 0; i < text->peers->len; i++) {
		const GclkNtpqPeer *peer = &g_array_index(text->peers, GclkNtpqPeer, i);

		gclk_format_offset(peer->offset, offset);
		gclk_daemon_report_add_evidence(report, "%c%s: refid %s, stratum %d, reach %o, %s",
			peer->tally, peer->remote, peer->refid, peer->stratum, peer->reach, offset);
	}
}

static void judge_peers(const GclkEsxiText *text, gint64 age, GclkDaemonReport *report)
{
	const GclkNtpqPeer *peer = selected_peer(text);

	report->presence = GCLK_DAEMON_ANSWERS;
	report->n_sources = text->peers->len;
	report->locked_why = trouble(peer);
	report->locked = !report->locked_why;
	tell_peers(text, report);
	if (!peer)
		return;
	report->reference = is_local(peer)      ? GCLK_REFERENCE_LOCAL
			    : peer->type == 'l' ? GCLK_REFERENCE_REFCLOCK
						: GCLK_REFERENCE_NTP;
	report->source = g_strdup(peer->remote);
	report->stratum = peer->stratum > 0 && peer->stratum < 16 ? peer->stratum + 1 : -1;
	report->has_offset = TRUE;
	report->offset = peer->offset;
	report->age = peer->when >= 0 && age >= 0 ? peer->when + age : -1;
	/* ntpq -p tells no root distance: the bound stays unknown */
	if (report->locked)
		report->locked_why = g_strdup_printf("it has selected %s", peer->remote);
}

static void read_ntp(const GclkEsxiText *text, gint64 age, gboolean ptp, GPtrArray *reports)
{
	GclkDaemonReport *report;

	if (!text->has_peers && !text->has_ntp)
		return;
	report = gclk_daemon_report_new("ntpd");
	report->steers = ptp && ptp_steers(text) ? GCLK_STEERS_NO : GCLK_STEERS_YES;
	report->steers_why =
		g_strdup(report->steers == GCLK_STEERS_YES ? "it is the NTP daemon of ESXi"
							   : "ESXi's PTP daemon does");
	if (text->ntp_servers)
		gclk_daemon_report_add_evidence(report, "servers: %s", text->ntp_servers);
	if (text->has_ntp && !text->ntp_enabled) {
		report->presence = GCLK_DAEMON_ANSWERS;
		report->steers = GCLK_STEERS_NO;
		g_free(report->steers_why);
		report->steers_why = g_strdup("it is switched off");
		report->locked_why = g_strdup("NTP is switched off");
		report->remedy = g_strdup("esxcli system ntp set --enabled=true --server=SERVER");
	} else if (text->has_peers) {
		judge_peers(text, age, report);
	} else {
		report->presence = GCLK_DAEMON_SILENT;
		report->problem =
			g_strdup("its configuration alone does not tell whether it is locked");
		report->remedy = g_strdup("give the output of ntpq -p as well");
	}
	g_ptr_array_add(reports, report);
}

/* --- both ------------------------------------------------------------------------------------- */

void gclk_esxi_read(const char *text, gsize length, gint64 now, gint64 age, GPtrArray *reports)
{
	g_auto(GclkEsxiText) parsed = { 0 };
	gboolean ptp;

	gclk_esxi_text_parse(text, length, &parsed);
	ptp = read_ptp(&parsed, now, age, reports);
	read_ntp(&parsed, age, ptp, reports);
}

static void free_report(gpointer report)
{
	gclk_daemon_report_free(report);
}

/* Nothing that could be understood is no "nothing holds it". */
static void add_garbled(GPtrArray *reports)
{
	GclkDaemonReport *report = gclk_daemon_report_new("esxi");

	report->presence = GCLK_DAEMON_GARBLED;
	report->steers = GCLK_STEERS_YES;
	report->problem = g_strdup("what it printed is neither esxcli's nor ntpq's");
	report->remedy = g_strdup("give the output of esxcli system ptp stats get, esxcli system "
				  "ntp get or ntpq -p");
	g_ptr_array_add(reports, report);
}

GclkHostSync *gclk_esxi_sync(
	const char *text, gsize length, gint64 now, gint64 age, const GclkSyncPolicy *policy)
{
	g_autoptr(GPtrArray) reports = g_ptr_array_new_with_free_func(free_report);
	const GclkKernelClock kernel = { 0 };

	gclk_esxi_read(text, length, now, age, reports);
	if (reports->len == 0)
		add_garbled(reports);
	return gclk_host_sync_decide(reports, &kernel, policy);
}
