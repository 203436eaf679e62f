/* SPDX-License-Identifier: BSD-2-Clause */
/* Who agrees, who is best: from sources and estimators to the one that is followed. */
#include "agent-private.h"

#include "guestclock/ptp-reading.h"

/* Without a sample for so many of its polls, and this much, a source is stale. */
#define STALE_POLLS 8
#define STALE_EXTRA (4 * GCLK_NS_PER_S)

gint64 gclk_agent_poll_interval(const GclkSlot *slot)
{
	gint poll = slot->source->detail.poll;

	return poll >= 0 ? GCLK_NS_PER_S << poll : GCLK_NS_PER_S >> -poll;
}

static gboolean is_stale(const GclkSlot *slot, gint64 raw, gint64 last)
{
	return raw - last > STALE_POLLS * gclk_agent_poll_interval(slot) + STALE_EXTRA;
}

gboolean gclk_agent_is_stale(const GclkAgent *agent, const GclkSlot *slot)
{
	return is_stale(slot, agent->now.raw, slot->last.raw);
}

gint64 gclk_agent_offset(const GclkAgent *agent, const GclkEstimate *estimate)
{
	return estimate->offset - (agent->now.real - agent->now.raw);
}

/* What stands against a source that itself has nothing to complain of. */
static void object(const GclkAgent *agent, const GclkSlot *slot, GclkCandidate *c)
{
	const char *refusal = gclk_agent_claim_refusal(agent, slot);

	if (c->condition != GCLK_SOURCE_OK)
		return;
	if (refusal) {
		c->condition = GCLK_SOURCE_REFUSED;
		c->condition_reason = refusal;
	} else if (gclk_agent_awaits_claim(agent, slot)) {
		c->condition = GCLK_SOURCE_WAITING;
		c->condition_reason = "the host is asked first whether its clock is right";
	} else if (slot->waits) {
		c->condition = GCLK_SOURCE_WAITING;
		c->condition_reason = "it contradicted the others before the clocks were "
				      "disrupted; they are heard first";
	}
}

static GclkCandidate candidate(const GclkAgent *agent, const GclkSlot *slot)
{
	GclkCandidate c = {
		.name = slot->source->name,
		.origin = slot->source->origin,
		.kind = slot->source->kind,
		.condition = slot->source->condition,
		.condition_reason = slot->source->reason,
		/* what a source notes of itself is that it has only its own clock to serve */
		.lesser = slot->source->detail.note != NULL,
	};
	GclkEstimate e;

	c.estimated = gclk_estimator_predict(slot->estimator, agent->now.raw, &e);
	if (c.estimated) {
		c.stale = is_stale(slot, agent->now.raw, e.last_raw);
		c.offset = gclk_agent_offset(agent, &e);
		c.bound = e.bound;
		c.quality = e.tightest;
		c.assumed = e.assumed;
		c.unsettled = e.suspects > 0 || e.samples < GCLK_AGENT_SAMPLES_SETTLED;
	}
	c.strayed = slot->strayed;
	object(agent, slot, &c);
	return c;
}

/* A precision clock that differs from the others by just the leap seconds keeps TAI, whatever its
   driver says. */
static void explain_tai(GclkCandidate *c, const GclkCandidate *best, gint tai_offset)
{
	if (c->standing != GCLK_STANDING_FALSETICKER || c->kind != GCLK_SOURCE_PTP ||
		!gclk_timescale_looks_tai(c->offset - best->offset, tai_offset))
		return;
	g_free(c->reason);
	c->reason = g_strdup_printf("off by %d whole seconds: it keeps TAI, not UTC; if so, set "
				    "timescale=tai in [ptp]",
		tai_offset);
}

static void note_standing(GclkSlot *slot, GclkCandidate *c)
{
	if (slot->standing != c->standing || g_strcmp0(slot->reason, c->reason) != 0) {
		slot->agent->urgent = TRUE;
		if (c->standing == GCLK_STANDING_FALSETICKER && slot->standing != c->standing)
			g_warning("%s: not used: %s", slot->source->name, c->reason);
	}
	slot->standing = c->standing;
	if (c->standing == GCLK_STANDING_AGREES || c->standing == GCLK_STANDING_SELECTED)
		slot->strayed = FALSE;
	if (c->estimated && !c->unsettled)
		slot->contradicts = c->standing == GCLK_STANDING_FALSETICKER;
	g_free(slot->reason);
	slot->reason = g_steal_pointer(&c->reason);
}

static void note_selection(GclkAgent *agent, GclkSlot *selected, const char *reason)
{
	if (selected != agent->selected) {
		if (selected)
			g_message("selected %s", selected->source->name);
		else if (!agent->disruption.open)
			g_warning("no source selected: %s", reason);
		agent->urgent = TRUE;
	}
	agent->selected = selected;
	if (selected)
		agent->leap_ahead = selected->last.leap;
}

void gclk_agent_select(GclkAgent *agent, char **reason)
{
	guint n = agent->slots->len, current = 0;
	g_autofree GclkCandidate *all = g_new0(GclkCandidate, n + 1);
	gint tai = gclk_leap_table_latest(agent->leap);
	GclkSelection s;

	gclk_agent_end_waits(agent);
	for (guint i = 0; i < n; i++)
		all[i] = candidate(agent, g_ptr_array_index(agent->slots, i));
	s = gclk_selection_run(all, n,
		agent->selected && g_ptr_array_find(agent->slots, agent->selected, &current)
			? (gint)current
			: -1);
	for (guint i = 0; i < n; i++) {
		if (s.selected >= 0)
			explain_tai(&all[i], &all[s.selected], tai);
		note_standing(g_ptr_array_index(agent->slots, i), &all[i]);
	}
	/* They have begun to contradict each other: something has happened to somebody. */
	if (s.selected < 0 && s.origins > 0 && agent->selected)
		gclk_agent_burst(agent);
	agent->single = s.single;
	agent->origins = s.origins;
	note_selection(agent,
		s.selected < 0 ? NULL : g_ptr_array_index(agent->slots, (guint)s.selected),
		s.reason);
	*reason = s.reason;
}
