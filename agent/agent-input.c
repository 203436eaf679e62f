/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes in: the clocks are looked at, sources speak. */
#include "agent-private.h"

#include "guestclock/format.h"

/* A leap second is known by its length, as far as other corrections do not blur it. */
#define LEAP_TOLERANCE (20 * GCLK_NS_PER_MS)

/* Samples of a clock that counts ticks before its rate is known well enough. */
#define COARSE_SAMPLES 8

/* --- the clocks ------------------------------------------------------------------------------- */

void gclk_agent_tell_sources(GclkAgent *agent, void (*tell)(GclkSource *, gint64), gint64 value)
{
	for (guint i = 0; i < agent->slots->len; i++)
		tell(((GclkSlot *)g_ptr_array_index(agent->slots, i))->source, value);
}

/* Did the kernel do the leap second that it was told to? Then every reference did one too. */
static gboolean was_leap(GclkAgent *agent, gint64 jump)
{
	gint64 leap = agent->actuator.leap == GCLK_LEAP_INSERT   ? -GCLK_NS_PER_S
		      : agent->actuator.leap == GCLK_LEAP_DELETE ? GCLK_NS_PER_S
								 : 0;

	if (!leap || ABS(jump - leap) > LEAP_TOLERANCE)
		return FALSE;
	for (guint i = 0; i < agent->slots->len; i++)
		gclk_estimator_shift(
			((GclkSlot *)g_ptr_array_index(agent->slots, i))->estimator, leap);
	agent->actuator.leap = GCLK_LEAP_NONE;
	g_message("leap second");
	return TRUE;
}

/* Somebody set the clock: it counts no more, until samples taken since then say what it is now. */
static void note_move(GclkAgent *agent, gint64 jump)
{
	char text[32];

	gclk_format_offset(jump, text);
	g_warning("the clock was moved by %s, not by guestclockd", text);
	agent->moved_raw = agent->now.raw;
	gclk_agent_disturbed(agent);
	if (agent->events->moved)
		agent->events->moved(agent->user, agent);
}

/* The time since boot goes on while the machine sleeps, and the kernel moves REAL on by as much. */
static gint64 look_at_sleep(GclkAgent *agent, double rate)
{
	const GclkClockPair boot = {
		.real = agent->platform->boottime(agent->platform),
		.raw = agent->now.raw,
		.width = agent->now.width,
	};

	return gclk_clock_watch_look(&agent->sleep, &boot, rate);
}

static gboolean was_sleep(gint64 jump, gint64 slept)
{
	return slept > 0 && ABS(jump - slept) <= slept / 8;
}

gboolean gclk_agent_look(GclkAgent *agent)
{
	double rate = agent->actuator.frequency_ppb + agent->actuator.tick_ppb;
	gint64 jump, slept;

	agent->platform->read_pair(agent->platform, &agent->now);
	slept = look_at_sleep(agent, rate);
	jump = gclk_clock_watch_look(&agent->watch, &agent->now, rate);
	if (!jump)
		return FALSE;
	gclk_agent_tell_sources(agent, gclk_source_stepped, jump);
	if (was_sleep(jump, slept))
		gclk_agent_begin_disruption(
			agent, GCLK_WITNESS_SLEEP, "this machine was suspended");
	else if (!was_leap(agent, jump))
		note_move(agent, jump);
	return TRUE;
}

/* --- sources speak ---------------------------------------------------------------------------- */

/* A clock that loses ticks is never well enough known to be left alone for longer; and as it is
   noisy, the first few samples do not tell its rate. */
static void tune(GclkSlot *slot)
{
	gboolean coarse = slot->agent->platform->coarseness > 0;
	GclkEstimate e;

	slot->source->ops->tune(slot->source, coarse ? -1 : 1);
	if (coarse && gclk_estimator_predict(slot->estimator, 0, &e) && e.samples < COARSE_SAMPLES)
		gclk_source_burst(slot->source);
}

/* An odd sample: what was it? More of the same tell, and so does the host, which costs next to
   nothing to ask and may have something to say. A clock that counts ticks is odd all the time. */
static void ask_what_happened(const GclkSlot *slot)
{
	const GPtrArray *slots = slot->agent->slots;

	gclk_source_burst(slot->source);
	for (guint i = 0; i < slots->len && !slot->agent->platform->coarseness; i++) {
		GclkSource *source = ((GclkSlot *)g_ptr_array_index(slots, i))->source;

		if (g_str_equal(source->origin, GCLK_ORIGIN_HOST))
			gclk_source_burst(source);
	}
}

static void on_sample(gpointer user, GclkSource *source, const GclkSample *measured)
{
	static const char *const words[] = { "accepted", "suspect", "jumped" };
	GclkSlot *slot = user;
	GclkSample sample = *measured;
	GclkEstimatorResult result;

	/* A measurement across a jump of REAL measures nothing. */
	if (gclk_agent_look(slot->agent)) {
		gclk_agent_decide(slot->agent);
		return;
	}
	gclk_agent_bind_claim(slot->agent, slot, &sample);
	result = gclk_estimator_add(slot->estimator, &sample);
	slot->last = sample;
	slot->sampled = TRUE;
	g_debug("%s: offset %+" G_GINT64_FORMAT " ns, delay %" G_GINT64_FORMAT " ns: %s",
		source->name, sample.offset, sample.delay, words[result]);
	switch (result) {
	case GCLK_ESTIMATOR_ACCEPTED:
		tune(slot);
		break;
	case GCLK_ESTIMATOR_SUSPECT:
		source->ops->tune(source, -1);
		ask_what_happened(slot);
		break;
	case GCLK_ESTIMATOR_JUMPED:
		g_message("%s: the time has jumped, four samples agree; measuring anew",
			source->name);
		source->ops->tune(source, -1);
		gclk_agent_note_jump(slot->agent, slot);
		break;
	}
	gclk_agent_decide(slot->agent);
}

static void on_changed(gpointer user, GclkSource *source)
{
	GclkSlot *slot = user;

	if (source->reason)
		g_message("%s: %s: %s", source->name, gclk_source_condition_name(source->condition),
			source->reason);
	else
		g_message("%s: %s", source->name, gclk_source_condition_name(source->condition));
	slot->agent->urgent = TRUE;
	gclk_agent_decide(slot->agent);
}

static void on_disrupted(gpointer user, GclkSource *source, const char *what)
{
	(void)source;
	gclk_agent_disrupted(((GclkSlot *)user)->agent, GCLK_WITNESS_HOST, what);
}

static void on_reference_jumped(gpointer user, GclkSource *source)
{
	GclkSlot *slot = user;

	if (g_str_equal(source->origin, GCLK_ORIGIN_HOST))
		gclk_agent_note_host_set(slot->agent);
}

static void on_claimed(gpointer user, GclkSource *source, const GclkLinkHost *claim, gint64 raw)
{
	GclkSlot *slot = user;

	(void)source;
	gclk_agent_take_claim(slot->agent, slot, claim, raw);
	gclk_agent_decide(slot->agent);
}

const GclkSourceEvents gclk_agent_source_events = {
	.sample = on_sample,
	.changed = on_changed,
	.disrupted = on_disrupted,
	.reference_jumped = on_reference_jumped,
	.claimed = on_claimed,
};
