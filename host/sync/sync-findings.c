/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/sync-findings.h"

#include <string.h>

#include "guestclock/finding.h"
#include "guestclock/format.h"

typedef struct {
	GclkHostSync *sync;
	const GPtrArray *reports, *claims;
	const GclkKernelClock *kernel;
} Look;

/* Two proofs of the same thing make one finding. */
static GclkFinding *add(const Look *look, const char *id, GclkSeverity severity, const char *remedy,
	const char *format, ...) G_GNUC_PRINTF(5, 6);
static GclkFinding *add(const Look *look, const char *id, GclkSeverity severity, const char *remedy,
	const char *format, ...)
{
	g_autofree char *statement = NULL;
	va_list args;

	va_start(args, format);
	statement = g_strdup_vprintf(format, args);
	va_end(args);
	return gclk_findings_add(look->sync->findings, id, severity, statement, remedy);
}

static gboolean is_there(const Look *look, const char *id)
{
	return gclk_findings_find(look->sync->findings, id) != NULL;
}

/* --- of all reports together ------------------------------------------------------------------ */

/* One that answers, is not locked and has nothing to lock to is no master. */
static gboolean is_master(const GclkDaemonReport *report)
{
	return report->steers == GCLK_STEERS_YES && report->presence != GCLK_DAEMON_ABSENT &&
	       (report->presence != GCLK_DAEMON_ANSWERS || report->locked ||
		       (report->n_sources > 0 && report->reference != GCLK_REFERENCE_LOCAL));
}

static void find_masters(const Look *look)
{
	g_autoptr(GString) names = g_string_new(NULL);
	g_autoptr(GPtrArray) masters = g_ptr_array_new();
	GclkFinding *finding;

	for (guint i = 0; i < look->reports->len; i++) {
		const GclkDaemonReport *report = look->reports->pdata[i];
		const GclkDaemonReport *last =
			masters->len ? masters->pdata[masters->len - 1] : NULL;

		if (!is_master(report) || gclk_claims_let_go(look->claims, report) ||
			(last && report->pid && last->pid == report->pid))
			continue;
		g_string_append_printf(names, "%s%s", names->len ? " and " : "", report->daemon);
		g_ptr_array_add(masters, (gpointer)report);
	}
	if (masters->len < 2)
		return;
	finding = add(look, "two-masters", GCLK_SEVERITY_WARNING,
		"let one of them alone steer it: stop the other, or start chronyd with -x",
		"%s steer the system clock at the same time", names->str);
	for (guint i = 0; i < masters->len; i++) {
		const GclkDaemonReport *report = masters->pdata[i];

		gclk_finding_add_evidence(finding, "%s (process %" G_GINT64_FORMAT "): %s",
			report->daemon, report->pid,
			report->steers_why ? report->steers_why : "steers the system clock");
	}
}

/* Everybody's TAI minus UTC. */
static void find_tai(const Look *look)
{
	const GclkDaemonReport *first = NULL;
	gint kernel = look->kernel->known ? look->kernel->tai_offset : 0;

	for (guint i = 0; i < look->reports->len; i++) {
		const GclkDaemonReport *report = look->reports->pdata[i];

		if (report->tai_offset == 0 || report->presence != GCLK_DAEMON_ANSWERS)
			continue;
		if (kernel && report->tai_offset != kernel) {
			add(look, "tai-offset", GCLK_SEVERITY_WARNING,
				"check the grandmaster's UTC offset, and the table of leap seconds "
				"(package tzdata)",
				"%s has TAI %d s ahead of UTC, the kernel %d s", report->daemon,
				report->tai_offset, kernel);
			return;
		}
		if (first && report->tai_offset != first->tai_offset) {
			add(look, "tai-offset", GCLK_SEVERITY_WARNING,
				"check the grandmaster's UTC offset, and the table of leap seconds "
				"(package tzdata)",
				"%s has TAI %d s ahead of UTC, %s %d s", first->daemon,
				first->tai_offset, report->daemon, report->tai_offset);
			return;
		}
		first = first ? first : report;
	}
}

/* --- of claims -------------------------------------------------------------------------------- */

static void find_leap_mistake(const Look *look, const GclkClaim *claim)
{
	if (claim->whole_seconds == 0 || is_there(look, "leap-mistake"))
		return;
	gclk_finding_add_evidence(add(look, "leap-mistake", GCLK_SEVERITY_CRITICAL, claim->remedy,
					  "%s", claim->trouble),
		"measured by hostclock; %s: %s", claim->lock->daemon,
		claim->lock->locked_why ? claim->lock->locked_why : "");
}

static void find_idle_ptp(const Look *look, const GclkClaim *claim)
{
	if (claim->protocol != GCLK_PROTOCOL_PTP || !claim->locked ||
		claim->steers != GCLK_STEERS_NO || look->sync->effective == GCLK_PROTOCOL_PTP ||
		is_there(look, "ptp-not-steering"))
		return;
	if (look->sync->effective == GCLK_PROTOCOL_NTP)
		add(look, "ptp-not-steering", GCLK_SEVERITY_WARNING,
			"start phc2sys (phc2sys -a -r) and let the NTP daemon leave the clock "
			"alone, "
			"or give chronyd the PTP clock as a refclock",
			"PTP is present (%s), but the system clock follows NTP", claim->name);
	else
		add(look, "ptp-not-steering", GCLK_SEVERITY_WARNING, claim->lock->remedy,
			"PTP is present (%s), but it does not steer the system clock: %s",
			claim->name, claim->why_not_steers);
}

static void find_idle_ntp(const Look *look, const GclkClaim *claim)
{
	if (claim->protocol != GCLK_PROTOCOL_NTP || !claim->locked ||
		claim->steers != GCLK_STEERS_NO || is_there(look, "steers-nothing"))
		return;
	add(look, "steers-nothing",
		look->sync->synchronised ? GCLK_SEVERITY_NOTE : GCLK_SEVERITY_WARNING,
		"start it so that it steers the system clock, or stop it",
		"%s is locked and steers nothing: %s", claim->name, claim->why_not_steers);
}

/* --- of single reports ------------------------------------------------------------------------ */

static void find_fallback(const Look *look, const GclkDaemonReport *report)
{
	if (!look->sync->fallback || !gclk_report_is_ptp(report) || report->locked ||
		report->reference == GCLK_REFERENCE_LOCAL || is_there(look, "fallback"))
		return;
	add(look, "fallback", GCLK_SEVERITY_WARNING, report->remedy,
		"NTP stands in for PTP, which does not work: %s: %s", report->daemon,
		report->locked_why ? report->locked_why : "not locked");
}

static void find_dead_reference(const Look *look, const GclkDaemonReport *report)
{
	if (report->locked || gclk_report_is_ptp(report) || gclk_report_is(report, "phc2sys"))
		return;
	if (report->reference == GCLK_REFERENCE_PHC ||
		report->reference == GCLK_REFERENCE_REFCLOCK ||
		report->reference == GCLK_REFERENCE_HOST)
		add(look, "dead-reference", GCLK_SEVERITY_WARNING,
			"restart what feeds it (phc2sys, ptp4l, gpsd)",
			"%s still names %s as its reference, which is dead: %s", report->daemon,
			report->source ? report->source : "a reference clock",
			report->locked_why ? report->locked_why : "it does not answer");
}

static void find_local(const Look *look, const GclkDaemonReport *report)
{
	if (report->reference == GCLK_REFERENCE_LOCAL && gclk_report_is_ntp(report))
		add(look, "local-clock", GCLK_SEVERITY_WARNING,
			"give it servers, and remove \"local\" or 127.127.1.0 from its "
			"configuration",
			"%s follows its own clock and tells others that it is synchronised",
			report->daemon);
}

static void find_single(const Look *look, const GclkDaemonReport *report)
{
	if (gclk_report_is_ntp(report) && report->locked && report->n_sources == 1 &&
		report->reference == GCLK_REFERENCE_NTP)
		add(look, "single-source", GCLK_SEVERITY_NOTE,
			"give it four servers, or at least one that you trust beside this one",
			"%s has one server only: if that is wrong, nothing notices",
			report->daemon);
}

static void find_host(const Look *look, const GclkDaemonReport *report)
{
	if (report->reference == GCLK_REFERENCE_HOST && !is_there(look, "host-is-guest"))
		add(look, "host-is-guest", GCLK_SEVERITY_NOTE,
			"ask the outer host for its own state",
			"this host is itself a guest, and %s takes the time from the machine "
			"around "
			"it (%s)",
			report->daemon,
			report->device   ? report->device
			: report->source ? report->source
					 : "its host's clock");
}

static void find_mute(const Look *look, const GclkDaemonReport *report)
{
	static const struct {
		GclkDaemonPresence presence;
		const char *id, *words;
	} table[] = {
		{ GCLK_DAEMON_FORBIDDEN, "needs-rights",
			"runs, and needs more rights to be asked" },
		{ GCLK_DAEMON_SILENT, "no-answer", "runs, and does not answer" },
		{ GCLK_DAEMON_GARBLED, "garbled", "gave answers that cannot be understood" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (report->presence == table[i].presence)
			add(look, table[i].id, GCLK_SEVERITY_WARNING, report->remedy, "%s %s: %s",
				report->daemon, table[i].words,
				report->problem ? report->problem : "no reason given");
}

/* --- all -------------------------------------------------------------------------------------- */

void gclk_sync_find(GclkHostSync *sync, const GPtrArray *reports, const GPtrArray *claims,
	const GclkKernelClock *kernel)
{
	const Look look = { sync, reports, claims, kernel };

	for (guint i = 0; i < claims->len; i++) {
		find_leap_mistake(&look, claims->pdata[i]);
		find_idle_ptp(&look, claims->pdata[i]);
		find_idle_ntp(&look, claims->pdata[i]);
	}
	find_masters(&look);
	find_tai(&look);
	for (guint i = 0; i < reports->len; i++) {
		find_mute(&look, reports->pdata[i]);
		if (((const GclkDaemonReport *)reports->pdata[i])->presence != GCLK_DAEMON_ANSWERS)
			continue;
		find_fallback(&look, reports->pdata[i]);
		find_dead_reference(&look, reports->pdata[i]);
		find_local(&look, reports->pdata[i]);
		find_single(&look, reports->pdata[i]);
		find_host(&look, reports->pdata[i]);
	}
	gclk_findings_sort(sync->findings);
}

/* --- evidence --------------------------------------------------------------------------------- */

static void keep(GclkHostSync *sync, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void keep(GclkHostSync *sync, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(sync->evidence, g_strdup_vprintf(format, args));
	va_end(args);
}

static const char *steering(const GclkDaemonReport *report, const GPtrArray *claims)
{
	if (report->steers == GCLK_STEERS_NO)
		return "does not steer the system clock";
	if (report->steers == GCLK_STEERS_UNKNOWN)
		return "may or may not steer the system clock";
	return gclk_claims_let_go(claims, report)
		       ? "does not steer the system clock while ptp4l has no master"
		       : "steers the system clock";
}

static void keep_proofs(GclkHostSync *sync, const GclkDaemonReport *report, const GPtrArray *claims)
{
	if (report->problem)
		keep(sync, "%s: %s", report->daemon, report->problem);
	if (report->presence == GCLK_DAEMON_ANSWERS && report->locked_why)
		keep(sync, "%s: %s: %s", report->daemon, report->locked ? "locked" : "not locked",
			report->locked_why);
	if (report->steers_why)
		keep(sync, "%s: %s: %s", report->daemon, steering(report, claims),
			report->steers_why);
}

static void keep_details(GclkHostSync *sync, const GclkDaemonReport *report)
{
	for (guint i = 0; i < report->evidence->len; i++)
		keep(sync, "%s: %s", report->daemon, (char *)report->evidence->pdata[i]);
}

static void keep_kernel(GclkHostSync *sync, const GclkKernelClock *kernel)
{
	char error[32];

	if (!kernel->known)
		return;
	gclk_format_bound(kernel->max_error, error);
	keep(sync, "kernel: calls its clock %s, maximum error %s, TAI offset %d s (proves nothing)",
		kernel->unsynchronised ? "unsynchronised" : "synchronised", error,
		kernel->tai_offset);
}

void gclk_sync_keep_evidence(GclkHostSync *sync, const GPtrArray *reports, const GPtrArray *claims,
	const GclkKernelClock *kernel)
{
	for (gint details = 0; details <= 1; details++)
		for (guint i = 0; i < reports->len; i++) {
			const GclkDaemonReport *report = reports->pdata[i];

			if (report->presence == GCLK_DAEMON_ABSENT)
				continue;
			if (details)
				keep_details(sync, report);
			else
				keep_proofs(sync, report, claims);
		}
	keep_kernel(sync, kernel);
}
