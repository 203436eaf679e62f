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
			host->samples >= (agent->held ? 1 : GCLK_AGENT_SAMPLES_SETTLED))
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

/*
 * Is that better than to go on by what was learned? For a clock that counts ticks, always: what was
 * learned of it may be wrong a second later. Else only where nothing was learned: the host's clock
 * is driven by the same counter as ours, so that its rate tells what its kernel was told, and no
 * more.
 */
static gboolean is_better(const GclkAgent *agent, const GclkEstimate *host)
{
	const GclkEstimate nothing = { .frequency_sigma_ppb = GCLK_AGENT_SIGMA_UNKNOWN_PPB };

	if (agent->platform->coarseness)
		return TRUE;
	return agent->estimate.samples == 0 && agent->estimate.frequency_sigma_ppb == 0 &&
	       host_drift(agent) + 3 * host->frequency_sigma_ppb < gclk_estimate_drift(&nothing);
}

void gclk_agent_tell_hold(const GclkAgent *agent, char **reason)
{
	g_autofree char *why = *reason;

	*reason = agent->held ? g_strdup_printf("%s; its rate is held by the host's clock", why)
			      : g_steal_pointer(&why);
}

/* From now on what lies between the time as it is known and this clock counts. */
static void tie(GclkAgent *agent, const GclkSlot *slot, const GclkEstimate *host)
{
	GclkHold *hold = &agent->hold;

	hold->slot = slot;
	hold->raw = agent->now.raw;
	hold->jump_raw = gclk_estimator_jump(slot->estimator).raw;
	hold->ahead = agent->estimate.offset - host->offset;
	hold->bound = gclk_bound_add(agent->estimate.bound,
		slot->last.delay / 2 + (gint64)(NOISE_SIGMAS * host->jitter));
}

void gclk_agent_note_hold(GclkAgent *agent)
{
	GclkEstimate host;
	const GclkSlot *slot;

	agent->held = FALSE;
	if (agent->estimate.last_raw == agent->hold.last_raw)
		return;
	agent->hold.last_raw = agent->estimate.last_raw;
	slot = find(agent, &host);
	if (slot && !host.suspects)
		tie(agent, slot, &host);
}

/* What the last sample says beyond the host's line, while it is open what that means, ns. */
static gint64 oddness(const GclkSlot *slot, const GclkEstimate *host)
{
	const GclkSample *s = &slot->last;
	double since = (double)(host->raw - s->raw) * 1e-9;

	if (!host->suspects)
		return 0;
	return ABS(s->offset + (s->real - s->raw) - host->offset +
		   (gint64)(host->frequency_ppb * since));
}

/* Was it the host's clock that jumped, or ticks of this one that were lost at once? Both may be. */
static void take_jump(GclkHold *hold, const GclkSlot *slot)
{
	GclkJump jump = gclk_estimator_jump(slot->estimator);

	if (jump.raw == hold->jump_raw)
		return;
	hold->jump_raw = jump.raw;
	hold->bound = gclk_bound_add(hold->bound, ABS(jump.size));
}

/* Where ticks are lost, and who knows how many soon: none, or twice as many. */
static void carry_alone(GclkAgent *agent)
{
	GclkEstimate *e = &agent->estimate;

	if (agent->platform->coarseness)
		e->frequency_sigma_ppb = MAX(e->frequency_sigma_ppb, ABS(e->frequency_ppb) / 3);
	gclk_estimate_carry(e, agent->now.raw);
}

/* By the host's clock and what lay between; where the time was never known, by its rate. */
static void carry_by_host(GclkAgent *agent, const GclkSlot *slot, const GclkEstimate *host)
{
	GclkHold *hold = &agent->hold;
	GclkEstimate *e = &agent->estimate;
	double drift = host_drift(agent) + 3 * host->frequency_sigma_ppb;

	/* it could not be foreseen that this clock would be needed, as when its host has only just
	   lost the time: what was learned leads up to now */
	if (e->samples && hold->slot != slot) {
		carry_alone(agent);
		tie(agent, slot, host);
	}
	take_jump(hold, slot);
	if (e->samples) {
		double since = (double)(agent->now.raw - hold->raw) * 1e-9;

		e->raw = agent->now.raw;
		e->offset = hold->ahead + host->offset;
		e->bound = gclk_bound_add(gclk_bound_add(hold->bound, oddness(slot, host)),
			slot->last.delay / 2 + (gint64)(NOISE_SIGMAS * host->jitter) +
				(gint64)(host_drift(agent) * since));
	}
	if (host->samples >= GCLK_AGENT_SAMPLES_SETTLED) {
		e->frequency_ppb = host->frequency_ppb;
		e->frequency_sigma_ppb = drift / 3;
	}
	e->last_raw = host->last_raw;
}

void gclk_agent_hold(GclkAgent *agent)
{
	GclkEstimate host;
	const GclkSlot *slot;

	slot = find(agent, &host);
	if (!slot || (!agent->held && !is_better(agent, &host))) {
		agent->held = FALSE;
		carry_alone(agent);
		return;
	}
	if (!agent->held)
		g_message("%s: the host's clock holds the rate", slot->source->name);
	agent->held = TRUE;
	agent->holder = slot;
	carry_by_host(agent, slot, &host);
}
