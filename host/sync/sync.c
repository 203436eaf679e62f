/* SPDX-License-Identifier: BSD-2-Clause */
/* The decision: of all claims, which holds the clock; what its rivals make of it; what to say. */
#include "sync/sync.h"

#include <string.h>

#include "guestclock/finding.h"
#include "guestclock/format.h"
#include "sync/sync-claim.h"
#include "sync/sync-findings.h"

const GclkSyncPolicy gclk_sync_policy_default = {
	.ptp_offset_max = 100 * GCLK_NS_PER_US,
	.ntp_bound_max = GCLK_NS_PER_S,
	.clock_class_max = 127,
	.accept_local_reference = FALSE,
};

typedef struct {
	const GPtrArray *reports;
	const GclkKernelClock *kernel;
	const GclkSyncPolicy *policy;
	GPtrArray *claims;
	GclkHostSync *sync;
} Decision;

void gclk_host_sync_free(GclkHostSync *sync)
{
	if (!sync)
		return;
	g_free(sync->daemon);
	g_free(sync->source);
	g_free(sync->summary);
	g_free(sync->reason);
	g_free(sync->remedy);
	g_clear_pointer(&sync->evidence, g_ptr_array_unref);
	g_clear_pointer(&sync->findings, g_ptr_array_unref);
	g_free(sync);
}

/* --- the best claim --------------------------------------------------------------------------- */

/* In this order: what is proven, what holds the clock badly, what may hold it, what is locked and
   holds nothing, the rest. Among equals PTP, then NTP, then the smaller bound. */
static gint rank(const GclkClaim *claim)
{
	gint rank = 0;

	if (gclk_claim_proven(claim))
		rank = 4;
	else if (gclk_claim_holds(claim))
		rank = 3;
	else if (claim->locked && claim->steers == GCLK_STEERS_UNKNOWN)
		rank = 2;
	else if (claim->locked)
		rank = 1;
	return rank * 8 + (gint)claim->protocol;
}

static const GclkClaim *best_claim(const GPtrArray *claims)
{
	const GclkClaim *best = NULL;

	for (guint i = 0; i < claims->len; i++) {
		const GclkClaim *claim = claims->pdata[i];

		if (!best || rank(claim) > rank(best) ||
			(rank(claim) == rank(best) && claim->bound < best->bound))
			best = claim;
	}
	return best;
}

/* --- what is said ----------------------------------------------------------------------------- */

/* "ptp4l+phc2sys, clockClass 6, 6a0a5b.fffe.155865" */
static char *who(const GclkHostSync *sync)
{
	GString *out = g_string_new(sync->daemon);

	if (sync->clock_class >= 0)
		g_string_append_printf(out, ", clockClass %d", sync->clock_class);
	else if (sync->stratum >= 0)
		g_string_append_printf(out, ", stratum %d", sync->stratum);
	if (sync->source)
		g_string_append_printf(out, ", %s", sync->source);
	return g_string_free(out, FALSE);
}

static const char *protocol_word(const GclkHostSync *sync)
{
	if (sync->effective == GCLK_PROTOCOL_PTP)
		return sync->clock_class >= 0 ? "PTP" : "a local receiver";
	return sync->fallback ? "NTP instead of PTP" : "NTP";
}

static void summarise(GclkHostSync *sync)
{
	gboolean held =
		sync->effective == GCLK_PROTOCOL_NTP || sync->effective == GCLK_PROTOCOL_PTP;
	g_autofree char *whose = sync->daemon ? who(sync) : NULL;

	g_free(sync->summary);
	if (sync->synchronised)
		sync->summary =
			g_strdup_printf("synchronised by %s (%s)", protocol_word(sync), whose);
	else if (sync->effective == GCLK_PROTOCOL_UNKNOWN)
		sync->summary = g_strdup("not known to be synchronised");
	else if (held && whose)
		sync->summary = g_strdup_printf(
			"not synchronised, though held by %s (%s)", protocol_word(sync), whose);
	else
		sync->summary = g_strdup("not synchronised");
}

static void set_reason(GclkHostSync *sync, const char *remedy, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
static void set_reason(GclkHostSync *sync, const char *remedy, const char *format, ...)
{
	va_list args;

	g_free(sync->reason);
	g_free(sync->remedy);
	va_start(args, format);
	sync->reason = g_strdup_vprintf(format, args);
	va_end(args);
	sync->remedy = g_strdup(remedy);
}

/* The figures of whoever is nearest to holding the clock. */
static void take_figures(GclkHostSync *sync, const GclkClaim *claim)
{
	g_free(sync->daemon);
	g_free(sync->source);
	sync->daemon = g_strdup(claim->name);
	sync->source = g_strdup(claim->lock->source);
	sync->stratum = claim->lock->stratum;
	sync->clock_class = claim->lock->clock_class;
	sync->has_offset = claim->has_offset;
	sync->offset = claim->has_offset ? claim->offset : 0;
	sync->bound = claim->bound;
	sync->age = claim->lock->age;
	sync->leap = claim->lock->leap;
	sync->tai_offset = claim->lock->tai_offset;
}

/* --- what follows from a claim ---------------------------------------------------------------- */

static void decide_held(Decision *decision, const GclkClaim *claim)
{
	GclkHostSync *sync = decision->sync;

	take_figures(sync, claim);
	sync->effective = claim->protocol;
	sync->synchronised = gclk_claim_proven(claim) && claim->protocol >= GCLK_PROTOCOL_NTP;
	if (claim->trouble)
		set_reason(sync, claim->remedy, "%s", claim->trouble);
}

/* A remedy for trouble is of no use to one that does not steer. */
static const char *locked_remedy(const GclkClaim *claim)
{
	if (claim->remedy && !claim->trouble)
		return claim->remedy;
	if (claim->steers == GCLK_STEERS_UNKNOWN)
		return "run hostclock on the host itself, as root";
	return claim->lock->remedy ? claim->lock->remedy
				   : "start it so that it steers the system clock";
}

static void decide_locked(Decision *decision, const GclkClaim *claim)
{
	gboolean unknown = claim->steers == GCLK_STEERS_UNKNOWN;
	const char *source = claim->lock->source;

	take_figures(decision->sync, claim);
	decision->sync->bound = GCLK_BOUND_UNKNOWN;
	decision->sync->effective = unknown ? GCLK_PROTOCOL_UNKNOWN : GCLK_PROTOCOL_NONE;
	set_reason(decision->sync, locked_remedy(claim),
		unknown ? "%s is locked%s%s, but whether it steers the system clock is not known: "
			  "%s"
			: "%s is locked%s%s and does not steer the system clock: %s",
		claim->name, source ? " to " : "", source ? source : "", claim->why_not_steers);
}

/* --- when nothing is locked ------------------------------------------------------------------- */

/* The first that may steer and does not say; one that needs more rights before one that is silent.
 */
static const GclkDaemonReport *find_mute(const GPtrArray *reports)
{
	const GclkDaemonReport *found = NULL;

	for (guint i = 0; i < reports->len; i++) {
		const GclkDaemonReport *report = reports->pdata[i];

		if (report->presence == GCLK_DAEMON_ABSENT ||
			report->presence == GCLK_DAEMON_ANSWERS ||
			(report->steers == GCLK_STEERS_NO && !gclk_report_is_ptp(report)))
			continue;
		if (!found || (report->presence == GCLK_DAEMON_FORBIDDEN &&
				      found->presence != GCLK_DAEMON_FORBIDDEN))
			found = report;
	}
	return found;
}

/* The one with most to lock to; one that is locked can be of no use only because another one is
   not. */
static const GclkDaemonReport *find_answering(const GPtrArray *reports)
{
	const GclkDaemonReport *found = NULL;

	for (guint i = 0; i < reports->len; i++) {
		const GclkDaemonReport *report = reports->pdata[i];

		if (report->presence == GCLK_DAEMON_ANSWERS &&
			!gclk_report_is(report, "timemaster") &&
			(!found || report->locked < found->locked ||
				(report->locked == found->locked &&
					report->n_sources > found->n_sources)))
			found = report;
	}
	return found;
}

static const GclkDaemonReport *find_local(const GPtrArray *reports)
{
	for (guint i = 0; i < reports->len; i++) {
		const GclkDaemonReport *report = reports->pdata[i];

		if (report->presence == GCLK_DAEMON_ANSWERS &&
			report->reference == GCLK_REFERENCE_LOCAL)
			return report;
	}
	return NULL;
}

static void decide_silent(Decision *decision)
{
	if (decision->kernel->known && !decision->kernel->unsynchronised) {
		decision->sync->effective = GCLK_PROTOCOL_UNKNOWN;
		set_reason(decision->sync,
			"tell hostclock where the time daemon can be asked ([daemons] in "
			"hostclock.conf)",
			"no time daemon answers; the kernel calls its clock synchronised, which "
			"proves nothing");
		return;
	}
	if (decision->kernel->hyperv) {
		decision->sync->effective = GCLK_PROTOCOL_UNKNOWN;
		set_reason(decision->sync,
			"give this host NTP servers or PTP of its own if its VMs need them",
			"no time daemon steers this clock; Hyper-V, which it is a guest of, may, "
			"and what holds the outer host's clock cannot be seen from here");
		return;
	}
	decision->sync->effective = GCLK_PROTOCOL_NONE;
	set_reason(decision->sync, "set up a time daemon, such as chronyd",
		decision->reports->len
			? "none of its time daemons can be asked, and none may steer its clock"
			: "no time daemon is seen on this host");
}

static void decide_unheld(Decision *decision)
{
	const GclkDaemonReport *mute = find_mute(decision->reports);
	const GclkDaemonReport *local = find_local(decision->reports);
	const GclkDaemonReport *report = local ? local : find_answering(decision->reports);
	GclkHostSync *sync = decision->sync;

	if (mute) {
		sync->effective = GCLK_PROTOCOL_UNKNOWN;
		set_reason(sync, mute->remedy, "%s: %s", mute->daemon,
			mute->problem ? mute->problem : "it does not answer");
	} else if (report) {
		sync->effective = local ? GCLK_PROTOCOL_LOCAL : GCLK_PROTOCOL_NONE;
		set_reason(sync,
			local && !report->remedy ? "give it a server or a grandmaster to follow"
						 : report->remedy,
			"%s: %s", report->daemon,
			report->locked_why ? report->locked_why : "it is not locked");
	} else {
		decide_silent(decision);
	}
}

/* --- rivals ----------------------------------------------------------------------------------- */

static gboolean is_part_of(const GclkDaemonReport *report, const GclkClaim *claim)
{
	return report == claim->lock || report == claim->steer ||
	       (claim->steer && report->pid && report->pid == claim->steer->pid);
}

/* Does it steer the system clock, beside the claim, as far as can be told? One that answers and is
   not locked keeps its hands still; phc2sys with -s drags the clock along with a card that has lost
   its master. */
static gboolean is_rival(const GclkDaemonReport *report, const GclkClaim *claim)
{
	if (report->steers != GCLK_STEERS_YES || is_part_of(report, claim) ||
		report->presence == GCLK_DAEMON_ABSENT)
		return FALSE;
	return report->presence != GCLK_DAEMON_ANSWERS || report->locked;
}

static const GclkClaim *claim_of(const GPtrArray *claims, const GclkDaemonReport *steer)
{
	const GclkClaim *best = NULL;

	for (guint i = 0; i < claims->len; i++) {
		const GclkClaim *claim = claims->pdata[i];

		if (claim->steer == steer && (!best || rank(claim) > rank(best)))
			best = claim;
	}
	return best;
}

/* Two hold the clock well: the worse of both counts. */
static void yield_to_proven(Decision *decision, const GclkClaim *claim)
{
	const GclkHostSync *sync = decision->sync;

	if (claim->protocol < sync->effective ||
		(claim->protocol == sync->effective && claim->bound > sync->bound))
		decide_held(decision, claim);
}

/* Behind "... steers the system clock too, and". Caller frees. */
static char *why_not_well(const GclkDaemonReport *rival, const GclkClaim *claim)
{
	if (claim && !claim->locked && claim->lock != rival && claim->lock->locked_why)
		return g_strdup_printf("what it follows is not locked: %s: %s", claim->lock->daemon,
			claim->lock->locked_why);
	if (claim && claim->trouble)
		return g_strdup(claim->trouble);
	if (rival->presence != GCLK_DAEMON_ANSWERS)
		return g_strdup("does not say how well");
	return g_strdup(claim && !claim->locked && claim->lock->locked_why
				? claim->lock->locked_why
				: "what holds it is not known");
}

/* One that does not hold it well, or does not say how well. */
static void yield_to_other(
	Decision *decision, const GclkDaemonReport *rival, const GclkClaim *claim)
{
	GclkHostSync *sync = decision->sync;
	GclkProtocol effective = !claim          ? GCLK_PROTOCOL_UNKNOWN
				 : claim->locked ? claim->protocol
						 : GCLK_PROTOCOL_NONE;
	g_autofree char *why = NULL;

	if (!sync->synchronised && effective >= sync->effective)
		return;
	why = why_not_well(rival, claim);
	sync->synchronised = FALSE;
	sync->effective = MIN(sync->effective, effective);
	set_reason(sync, "let one daemon alone steer the system clock: stop the other one",
		"%s steers the system clock too, and %s", rival->daemon, why);
}

/* The proven ones first, so that the order of the reports does not count. */
static void heed_rivals(Decision *decision, const GclkClaim *winner)
{
	for (guint pass = 0; pass < 2 && decision->sync->synchronised; pass++)
		for (guint i = 0; i < decision->reports->len; i++) {
			const GclkDaemonReport *rival = decision->reports->pdata[i];
			const GclkClaim *claim = claim_of(decision->claims, rival);
			gboolean proven = claim && gclk_claim_proven(claim);

			if (!is_rival(rival, winner) || gclk_claims_let_go(decision->claims, rival))
				continue;
			if (pass == 0 && proven)
				yield_to_proven(decision, claim);
			else if (pass == 1 && !proven)
				yield_to_other(decision, rival, claim);
		}
}

/* --- what is set up --------------------------------------------------------------------------- */

static GclkProtocol configured_by(const GclkDaemonReport *report)
{
	if (report->presence == GCLK_DAEMON_ABSENT || gclk_report_is(report, "timemaster"))
		return GCLK_PROTOCOL_NONE;
	if (report->reference == GCLK_REFERENCE_LOCAL)
		return report->n_sources > 0 && !gclk_report_is_ptp(report) ? GCLK_PROTOCOL_NTP
									    : GCLK_PROTOCOL_LOCAL;
	if (gclk_report_is_ptp(report))
		return GCLK_PROTOCOL_PTP;
	if (gclk_report_is(report, "phc2sys"))
		return report->reference == GCLK_REFERENCE_HOST             ? GCLK_PROTOCOL_UNKNOWN
		       : report->steers == GCLK_STEERS_NO && !report->feeds ? GCLK_PROTOCOL_NONE
									    : GCLK_PROTOCOL_PTP;
	if (report->reference == GCLK_REFERENCE_HOST || report->reference == GCLK_REFERENCE_PHC)
		return GCLK_PROTOCOL_UNKNOWN;
	return report->presence != GCLK_DAEMON_ANSWERS || report->n_sources > 0 || report->locked
		       ? GCLK_PROTOCOL_NTP
		       : GCLK_PROTOCOL_NONE;
}

/* The best; what is not known is better than nothing, and no better than its own clock. */
static GclkProtocol find_configured(const Decision *decision)
{
	GclkProtocol best = GCLK_PROTOCOL_NONE;
	gboolean unknown = FALSE;

	for (guint i = 0; i < decision->reports->len; i++) {
		GclkProtocol protocol = configured_by(decision->reports->pdata[i]);

		unknown = unknown || protocol == GCLK_PROTOCOL_UNKNOWN;
		best = MAX(best, protocol);
	}
	for (guint i = 0; i < decision->claims->len; i++) {
		const GclkClaim *claim = decision->claims->pdata[i];

		best = MAX(best, claim->protocol);
	}
	return unknown && best <= GCLK_PROTOCOL_LOCAL ? GCLK_PROTOCOL_UNKNOWN : best;
}

/* PTP is set up here, says so itself, and is not locked. */
static gboolean is_broken_ptp(const GclkDaemonReport *report)
{
	return gclk_report_is_ptp(report) && report->presence == GCLK_DAEMON_ANSWERS &&
	       report->reference != GCLK_REFERENCE_LOCAL && !report->locked;
}

static gboolean is_fallback(const Decision *decision)
{
	gboolean broken = FALSE;

	for (guint i = 0; i < decision->reports->len; i++) {
		const GclkDaemonReport *report = decision->reports->pdata[i];

		if (gclk_report_is_ptp(report) && report->locked)
			return FALSE;
		broken = broken || is_broken_ptp(report);
	}
	return broken && decision->sync->effective == GCLK_PROTOCOL_NTP;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void decide(Decision *decision)
{
	const GclkClaim *best = best_claim(decision->claims);

	if (best && gclk_claim_holds(best)) {
		decide_held(decision, best);
		heed_rivals(decision, best);
	} else if (best && best->locked &&
		   (best->steers == GCLK_STEERS_UNKNOWN || !find_mute(decision->reports))) {
		decide_locked(decision, best);
	} else {
		decide_unheld(decision);
	}
}

GclkHostSync *gclk_host_sync_decide(
	const GPtrArray *reports, const GclkKernelClock *kernel, const GclkSyncPolicy *policy)
{
	g_autoptr(GPtrArray) claims = gclk_claims_make(reports, policy);
	GclkHostSync *sync = g_new0(GclkHostSync, 1);
	Decision decision = { reports, kernel, policy, claims, sync };

	sync->stratum = sync->clock_class = -1;
	sync->bound = GCLK_BOUND_UNKNOWN;
	sync->age = -1;
	sync->evidence = g_ptr_array_new_with_free_func(g_free);
	sync->findings = gclk_findings_new();
	decide(&decision);
	sync->configured = find_configured(&decision);
	sync->fallback = is_fallback(&decision);
	if (sync->tai_offset == 0)
		sync->tai_offset = kernel->known ? kernel->tai_offset : 0;
	if (!sync->synchronised && sync->effective != GCLK_PROTOCOL_NTP &&
		sync->effective != GCLK_PROTOCOL_PTP)
		sync->bound = GCLK_BOUND_UNKNOWN;
	summarise(sync);
	gclk_sync_keep_evidence(sync, reports, claims, kernel);
	gclk_sync_find(sync, reports, claims, kernel);
	return sync;
}

GclkHostSync *gclk_host_sync_ask(const GclkProbePlaces *places, const GclkSyncPolicy *policy)
{
	g_autoptr(GclkProcesses) processes = gclk_processes_read("");
	g_autoptr(GPtrArray) reports = gclk_probes_run(places, processes);
	GclkKernelClock kernel;

	gclk_kernel_clock_read(&kernel);
	return gclk_host_sync_decide(reports, &kernel, policy);
}
