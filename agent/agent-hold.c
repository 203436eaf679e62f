/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody tells the time, but the host's clock goes on, and not by the oscillator that fails here.
 * Where the rate of RAW is not known well enough, as when it loses ticks, the host's clock carries
 * the time on: by what lay between the two when the time was last known. It never steps the clock.
 */
#include "agent-private.h"

/* A clock that nothing steers is a crystal: how far it may be off its nominal rate, ppb. */
#define CRYSTAL_PPB 100000.0
/* Where a daemon is about to steer it, or nothing is known of it: MAXFREQ of the kernel, which is
   also the fastest that it slews for adjtime(3). */
#define STEERED_PPB 500000.0

/* Samples until the rate against the host's clock is known. */
#define SAMPLES_KNOWN 8

/* What is learned of a clock that counts ticks holds from one sample to the next; the noise that
   was seen is taken this often, as the estimator does. */
#define NOISE_SIGMAS 4

void gclk_agent_end_hold(GclkAgent *agent)
{
	agent->hold = (GclkHold){ 0 };
	agent->held = FALSE;
}

/* The host's clock as far as it may serve: what it says now. */
static const GclkSlot *find(const GclkAgent *agent, GclkEstimate *host)
{
	for (guint i = 0; i < agent->slots->len; i++) {
		const GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		if (g_str_equal(slot->source->origin, GCLK_ORIGIN_HOST) && slot->sampled &&
			(slot->last.flags & GCLK_SAMPLE_RATE_ONLY) &&
			!gclk_agent_is_stale(agent, slot) &&
			gclk_estimator_predict(slot->estimator, agent->now.raw, host) &&
			host->samples >= SAMPLES_KNOWN)
			return slot;
	}
	return NULL;
}

static double host_drift(const GclkAgent *agent)
{
	GclkProtocol protocol = agent->claim.host.protocol;
	gboolean alone = gclk_host_claim_holds(&agent->claim, agent->now.raw) &&
			 (protocol == GCLK_PROTOCOL_NONE || protocol == GCLK_PROTOCOL_LOCAL);

	return alone ? CRYSTAL_PPB : STEERED_PPB;
}

/* How fast the clock may leave the time when it is left to what was learned, ppb. */
static double own_drift(const GclkAgent *agent)
{
	GclkEstimate e = agent->estimate;

	if (agent->platform->coarseness && e.samples == 0)
		return G_MAXDOUBLE;
	if (e.frequency_sigma_ppb == 0)
		e.frequency_sigma_ppb = GCLK_AGENT_SIGMA_UNKNOWN_PPB;
	return gclk_estimate_drift(&e);
}

static gboolean is_better(const GclkAgent *agent, const GclkEstimate *host)
{
	return host_drift(agent) + 3 * host->frequency_sigma_ppb < own_drift(agent);
}

void gclk_agent_tell_hold(const GclkAgent *agent, char **reason)
{
	g_autofree char *why = *reason;

	*reason = agent->held ? g_strdup_printf("%s; its rate is held by the host's clock", why)
			      : g_steal_pointer(&why);
}

void gclk_agent_note_hold(GclkAgent *agent)
{
	GclkEstimate host;
	const GclkSlot *slot;

	agent->held = FALSE;
	if (agent->estimate.last_raw == agent->hold.last_raw)
		return;
	slot = find(agent, &host);
	agent->hold = (GclkHold){ .slot = slot, .last_raw = agent->estimate.last_raw };
	if (!slot)
		return;
	agent->hold.raw = agent->now.raw;
	agent->hold.jump_raw = gclk_estimator_jump(slot->estimator).raw;
	agent->hold.ahead = agent->estimate.offset - host.offset;
	agent->hold.bound = gclk_bound_add(
		agent->estimate.bound, slot->last.delay / 2 + (gint64)(NOISE_SIGMAS * host.jitter));
}

/* Has the host's clock gone on evenly since the time was known? */
static gboolean is_even(const GclkAgent *agent, const GclkSlot *slot, const GclkEstimate *host)
{
	return agent->hold.slot == slot && agent->estimate.samples && !host->suspects &&
	       agent->hold.jump_raw == gclk_estimator_jump(slot->estimator).raw;
}

/* By the host's clock and what lay between, or else by its rate alone. */
static void carry(GclkAgent *agent, const GclkSlot *slot, const GclkEstimate *host)
{
	const GclkHold *hold = &agent->hold;
	GclkEstimate *e = &agent->estimate;
	double drift = host_drift(agent) * (double)(agent->now.raw - hold->raw) * 1e-9;

	if (is_even(agent, slot, host)) {
		e->offset = hold->ahead + host->offset;
		e->bound = gclk_bound_add(gclk_bound_add(hold->bound, (gint64)drift),
			slot->last.delay / 2 + (gint64)(NOISE_SIGMAS * host->jitter));
		e->raw = agent->now.raw;
	} else {
		gclk_estimate_carry(e, agent->now.raw);
	}
	e->frequency_ppb = host->frequency_ppb;
	e->last_raw = host->last_raw;
}

gboolean gclk_agent_hold(GclkAgent *agent)
{
	GclkEstimate host;
	const GclkSlot *slot;

	slot = find(agent, &host);
	if (!slot || (!agent->held && !is_better(agent, &host))) {
		agent->held = FALSE;
		return FALSE;
	}
	if (!agent->held)
		g_message("%s: the host's clock holds the rate", slot->source->name);
	agent->held = TRUE;
	agent->holder = slot;
	carry(agent, slot, &host);
	return TRUE;
}
