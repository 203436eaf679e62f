/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/sync-claim.h"

#include <string.h>

#include "guestclock/format.h"
#include "sync/phc.h"

/* --- roles ------------------------------------------------------------------------------------ */

gboolean gclk_report_is(const GclkDaemonReport *report, const char *daemon)
{
	return strcmp(report->daemon, daemon) == 0;
}

gboolean gclk_report_is_ptp(const GclkDaemonReport *report)
{
	return gclk_report_is(report, "ptp4l") || gclk_report_is(report, "ptpd");
}

gboolean gclk_report_is_ntp(const GclkDaemonReport *report)
{
	return !gclk_report_is_ptp(report) && !gclk_report_is(report, "phc2sys") &&
	       !gclk_report_is(report, "timemaster");
}

gboolean gclk_claim_holds(const GclkClaim *claim)
{
	return claim->locked && claim->steers == GCLK_STEERS_YES;
}

gboolean gclk_claim_proven(const GclkClaim *claim)
{
	return gclk_claim_holds(claim) && !claim->trouble;
}

static gboolean is_by(const GclkClaim *claim, const GclkDaemonReport *steer)
{
	return claim->steer == steer ||
	       (claim->steer && steer->pid && claim->steer->pid == steer->pid);
}

gboolean gclk_claims_let_go(const GPtrArray *claims, const GclkDaemonReport *steer)
{
	gboolean lost = FALSE;

	for (guint i = 0; steer->automatic && i < claims->len; i++) {
		const GclkClaim *claim = claims->pdata[i];

		if (!is_by(claim, steer))
			continue;
		if (!gclk_report_is_ptp(claim->lock) ||
			claim->lock->reference == GCLK_REFERENCE_PTP)
			return FALSE;
		lost = TRUE;
	}
	return lost;
}

static void free_claim(gpointer data)
{
	GclkClaim *claim = data;

	g_free(claim->name);
	g_free(claim->why_not_steers);
	g_free(claim->trouble);
	g_free(claim->remedy);
	g_free(claim);
}

/* --- making one ------------------------------------------------------------------------------- */

typedef struct {
	const GPtrArray *reports;
	const GclkSyncPolicy *policy;
	GPtrArray *claims;
} Maker;

static GclkClaim *add_claim(Maker *maker, GclkProtocol protocol, const GclkDaemonReport *lock,
	const GclkDaemonReport *steer)
{
	GclkClaim *claim = g_new0(GclkClaim, 1);

	claim->protocol = protocol;
	claim->lock = lock;
	claim->steer = steer;
	claim->locked = lock->locked;
	claim->steers = steer ? steer->steers : GCLK_STEERS_NO;
	claim->name = steer && steer != lock ? g_strdup_printf("%s+%s", lock->daemon, steer->daemon)
					     : g_strdup(lock->daemon);
	claim->has_offset = lock->has_offset;
	claim->offset = lock->offset;
	claim->bound = lock->bound;
	if (claim->steers != GCLK_STEERS_YES)
		claim->why_not_steers =
			g_strdup(steer && steer->steers_why ? steer->steers_why
				 : lock->steers_why         ? lock->steers_why
							    : "what it steers is not known");
	g_ptr_array_add(maker->claims, claim);
	return claim;
}

/* The first trouble stays. */
static void add_trouble(GclkClaim *claim, char *trouble, const char *remedy)
{
	if (claim->trouble) {
		g_free(trouble);
		return;
	}
	claim->trouble = trouble;
	claim->remedy = g_strdup(remedy);
}

static gint64 magnitude(gint64 ns)
{
	return ns == G_MININT64 ? G_MAXINT64 : ABS(ns);
}

static void check_offset(GclkClaim *claim, gint64 offset, gint64 limit, const char *what)
{
	char is[32], may[32];

	if (magnitude(offset) <= limit)
		return;
	gclk_format_bound(MIN(magnitude(offset), G_MAXINT64 - 1), is);
	gclk_format_bound(limit, may);
	add_trouble(claim, g_strdup_printf("%s is %s off, more than the %s allowed", what, is, may),
		"wait until it has settled; if it stays so, see what its daemon logs");
}

/* --- PTP -------------------------------------------------------------------------------------- */

/* IEEE 1588-2008, table 5: 6 and 13 are locked to a primary reference, 7 and 14 hold over from one,
   52, 187 and up are degraded, 248 is the default of a clock that has none. */
static void check_grandmaster(Maker *maker, GclkClaim *claim)
{
	const GclkDaemonReport *ptp = claim->lock;

	if (ptp->clock_class < 0)
		add_trouble(
			claim, g_strdup("the clockClass of the grandmaster is not known"), NULL);
	else if (ptp->clock_class > maker->policy->clock_class_max)
		add_trouble(claim,
			g_strdup_printf("the grandmaster is itself not locked to a good reference "
					"(clockClass %d, at most %d is accepted)",
				ptp->clock_class, maker->policy->clock_class_max),
			"give the grandmaster its reference (GPS), or accept its class: "
			"clock-class-max in hostclock.conf");
	if (!ptp->has_offset)
		add_trouble(claim, g_strdup("its offset from the grandmaster is not known"), NULL);
	else
		check_offset(claim, ptp->offset, maker->policy->ptp_offset_max, "its clock");
}

typedef enum { MATCH_NO, MATCH_PERHAPS, MATCH_YES } Match;

/* Do two daemons deal with the same precision clock? */
static Match match_devices(const char *a, const char *b)
{
	gboolean known =
		a && b && g_str_has_prefix(a, "/dev/ptp") && g_str_has_prefix(b, "/dev/ptp");

	if (a && b && strcmp(a, b) == 0)
		return MATCH_YES;
	return known ? MATCH_NO : MATCH_PERHAPS;
}

/* The system clock against the precision clock, as phc2sys's report has measured it: that takes it
   for one that keeps TAI. With an arbitrary timescale it keeps what the master has, in practice
   UTC. */
static void take_measurement(
	Maker *maker, GclkClaim *claim, const GclkDaemonReport *ptp, const GclkDaemonReport *sys)
{
	gboolean utc =
		ptp->timescale == GCLK_TIMESCALE_UTC && sys->timescale == GCLK_TIMESCALE_UNKNOWN;
	gint64 rest;

	claim->whole_seconds = gclk_phc_judge(sys->offset, utc ? -sys->tai_offset : 0, &rest);
	if (claim->whole_seconds)
		add_trouble(claim,
			g_strdup_printf("the system clock is %d s %s of the PTP clock %s: a wrong "
					"count of leap seconds",
				ABS(claim->whole_seconds),
				claim->whole_seconds < 0 ? "ahead" : "behind",
				sys->device ? sys->device : ""),
			"start phc2sys with -w, so that it takes the UTC offset from ptp4l (3.1.1 "
			"loses it with -a: use a newer one), and check the grandmaster's UTC "
			"offset");
	check_offset(claim, rest, maker->policy->ptp_offset_max,
		"the system clock, measured against the PTP clock,");
	if (__builtin_add_overflow(ptp->offset, rest, &claim->offset))
		claim->offset = rest;
	claim->bound = gclk_bound_add(gclk_bound_add(ptp->bound, sys->bound), magnitude(rest));
}

static void claim_by_phc2sys(
	Maker *maker, const GclkDaemonReport *ptp, const GclkDaemonReport *sys, Match match)
{
	GclkClaim *claim = add_claim(maker, GCLK_PROTOCOL_PTP, ptp, sys);

	if (claim->steers == GCLK_STEERS_YES && sys->presence != GCLK_DAEMON_ANSWERS) {
		claim->steers = GCLK_STEERS_UNKNOWN;
		claim->why_not_steers =
			g_strdup_printf("whether the system clock follows could not "
					"be measured: %s",
				sys->problem ? sys->problem : "no reason given");
		claim->remedy = g_strdup(sys->remedy);
		return;
	}
	if (claim->steers == GCLK_STEERS_YES && match == MATCH_PERHAPS) {
		claim->steers = GCLK_STEERS_UNKNOWN;
		claim->why_not_steers = g_strdup_printf(
			"whether %s, which phc2sys follows, is the clock of %s cannot be told",
			sys->device ? sys->device : "the clock",
			ptp->device ? ptp->device : "ptp4l");
	}
	if (!sys->locked)
		add_trouble(claim, g_strdup(sys->locked_why), NULL);
	take_measurement(maker, claim, ptp, sys);
	check_grandmaster(maker, claim);
}

/* With software stamps there is no precision clock to follow. */
static Match match_phc2sys(const GclkDaemonReport *ptp, const GclkDaemonReport *sys)
{
	if (ptp->steers == GCLK_STEERS_YES || sys->feeds || sys->reference == GCLK_REFERENCE_HOST)
		return MATCH_NO;
	return match_devices(ptp->device, sys->device);
}

/* chronyd or ntpd follows the precision clock, or a refclock that is fed from it. */
static Match match_refclock(
	const Maker *maker, const GclkDaemonReport *ptp, const GclkDaemonReport *ntp)
{
	if (ntp->reference != GCLK_REFERENCE_PHC)
		return MATCH_NO;
	if (ntp->device && g_str_has_prefix(ntp->device, "/dev/ptp"))
		return match_devices(ntp->device, ptp->device);
	for (guint i = 0; i < maker->reports->len; i++) {
		const GclkDaemonReport *feeder = maker->reports->pdata[i];

		if (!feeder->feeds || (feeder != ptp && gclk_report_is_ptp(feeder)))
			continue;
		if (feeder != ptp && match_devices(feeder->device, ptp->device) == MATCH_NO)
			continue;
		/* which segment ntpd reads is not known */
		if (!ntp->device || strcmp(ntp->device, feeder->feeds) == 0)
			return MATCH_YES;
	}
	return MATCH_NO;
}

static void claim_by_refclock(
	Maker *maker, const GclkDaemonReport *ptp, const GclkDaemonReport *ntp, Match match)
{
	GclkClaim *claim = add_claim(maker, GCLK_PROTOCOL_PTP, ptp, ntp);

	claim->locked = ptp->locked && ntp->locked;
	claim->has_offset = ntp->has_offset;
	claim->offset = ntp->offset;
	claim->bound = gclk_bound_add(ntp->bound, ptp->bound);
	if (match == MATCH_PERHAPS && claim->steers == GCLK_STEERS_YES) {
		claim->steers = GCLK_STEERS_UNKNOWN;
		claim->why_not_steers =
			g_strdup_printf("whether %s is the clock of %s cannot be told", ntp->device,
				ptp->device ? ptp->device : "ptp4l");
	}
	check_grandmaster(maker, claim);
	if (ntp->has_offset)
		check_offset(claim, ntp->offset, maker->policy->ptp_offset_max, "the system clock");
}

/* One that follows nobody claims nothing. */
static void claim_ptp(Maker *maker, const GclkDaemonReport *ptp)
{
	gboolean carried = FALSE;

	if (ptp->presence != GCLK_DAEMON_ANSWERS || ptp->reference == GCLK_REFERENCE_LOCAL)
		return;
	for (guint i = 0; i < maker->reports->len; i++) {
		const GclkDaemonReport *other = maker->reports->pdata[i];
		Match match;

		if (gclk_report_is(other, "phc2sys")) {
			match = match_phc2sys(ptp, other);
			if (match == MATCH_NO)
				continue;
			claim_by_phc2sys(maker, ptp, other, match);
			carried = TRUE;
		} else if (gclk_report_is_ntp(other)) {
			match = match_refclock(maker, ptp, other);
			if (match == MATCH_NO)
				continue;
			claim_by_refclock(maker, ptp, other, match);
			carried = TRUE;
		}
	}
	if (!carried)
		check_grandmaster(maker, add_claim(maker, GCLK_PROTOCOL_PTP, ptp,
						 ptp->steers == GCLK_STEERS_NO ? NULL : ptp));
}

/* --- everything else -------------------------------------------------------------------------- */

/* phc2sys -a has a report for each clock that it may follow, and needs but one claim. */
static gboolean has_claim(const Maker *maker, const GclkDaemonReport *steer)
{
	for (guint i = 0; i < maker->claims->len; i++)
		if (is_by(maker->claims->pdata[i], steer))
			return TRUE;
	return FALSE;
}

/* What a precision clock that no daemon here is known to hold hands on. */
static void claim_unknown(Maker *maker, const GclkDaemonReport *report)
{
	GclkClaim *claim = add_claim(maker, GCLK_PROTOCOL_UNKNOWN, report, report);
	const char *device = report->device ? report->device : report->source;

	if (report->reference == GCLK_REFERENCE_HOST)
		add_trouble(claim,
			g_strdup_printf("%s follows the machine around this one (%s), and what "
					"holds that clock cannot be seen from here",
				report->daemon, device ? device : "its host's clock"),
			"run hostclock on the outer host too; give this one NTP servers or PTP of "
			"its own if its guests need them");
	else
		add_trouble(claim,
			g_strdup_printf("%s follows %s, and what holds that is not known",
				report->daemon, device ? device : "a clock"),
			"if ptp4l feeds it, let hostclock reach ptp4l's management socket "
			"(ptp4l-sockets in hostclock.conf)");
}

static void claim_ntp(Maker *maker, const GclkDaemonReport *report)
{
	gboolean receiver = report->reference == GCLK_REFERENCE_REFCLOCK;
	GclkProtocol protocol = receiver && maker->policy->accept_local_reference
					? GCLK_PROTOCOL_PTP
					: GCLK_PROTOCOL_NTP;
	GclkClaim *claim = add_claim(maker, protocol, report, report);
	char is[32], may[32];

	if (report->bound == GCLK_BOUND_UNKNOWN || report->bound <= maker->policy->ntp_bound_max)
		return;
	gclk_format_bound(report->bound, is);
	gclk_format_bound(maker->policy->ntp_bound_max, may);
	add_trouble(claim,
		g_strdup_printf("its clock may be off by %s, more than the %s allowed", is, may),
		"wait until it has settled; if it stays so, use a server that is nearer");
}

static void claim_other(Maker *maker, const GclkDaemonReport *report)
{
	if (report->presence != GCLK_DAEMON_ANSWERS || has_claim(maker, report) || report->feeds)
		return;
	switch (report->reference) {
	case GCLK_REFERENCE_NTP:
	case GCLK_REFERENCE_REFCLOCK:
		claim_ntp(maker, report);
		break;
	case GCLK_REFERENCE_PHC:
	case GCLK_REFERENCE_HOST:
		claim_unknown(maker, report);
		break;
	case GCLK_REFERENCE_NONE:
	case GCLK_REFERENCE_LOCAL: /* nobody's claim */
	case GCLK_REFERENCE_PTP:
		break;
	}
}

GPtrArray *gclk_claims_make(const GPtrArray *reports, const GclkSyncPolicy *policy)
{
	Maker maker = { reports, policy, g_ptr_array_new_with_free_func(free_claim) };

	for (guint i = 0; i < reports->len; i++)
		if (gclk_report_is_ptp(reports->pdata[i]))
			claim_ptp(&maker, reports->pdata[i]);
	for (guint i = 0; i < reports->len; i++)
		if (!gclk_report_is_ptp(reports->pdata[i]))
			claim_other(&maker, reports->pdata[i]);
	return maker.claims;
}
