/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clocks of this guest have stopped or jumped (a pause, a restored snapshot, a migration, a
 * suspend): whoever has seen it, this is what follows. What is known of the time counts no more,
 * every source is asked, and one step either way is allowed once they have told.
 */
#include "agent-private.h"

/* For so long several witnesses may tell of one disruption: the host, a page of the hypervisor's,
   clocks that jump; VMware is asked every ten seconds only. RAW, which stands still while the
   guest does. */
#define SAME_DISRUPTION (15 * GCLK_NS_PER_S)

/* Less than this is no pause that anybody needs to be told of, ns; and a clock whose rate has
   changed seems to have jumped too, by so much from one poll to the next, ppb. */
#define PAUSE_MIN       (5 * GCLK_NS_PER_MS)
#define RATE_CHANGE_PPB 500000

/* That the host's clock was set explains a jump that shows within so much of the news, and such
   news is not listened to more often, since it proves neither its age nor its sender. RAW. */
#define HOST_SET_HOLDS    (4 * GCLK_NS_PER_S)
#define HOST_SET_INTERVAL (60 * GCLK_NS_PER_S)

void gclk_agent_disturbed(GclkAgent *agent)
{
	agent->urgent = TRUE;
	gclk_tick_watch_disturbed(agent->ticks);
	gclk_agent_burst(agent);
}

/* --- it happens ------------------------------------------------------------------------------- */

/* Nothing is known of the time now. Of the rate all that was is still the best there is, but the
   machine may be another one. */
static void forget_time(GclkAgent *agent, const GclkSlot *jumped)
{
	for (guint i = 0; i < agent->slots->len; i++) {
		GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		slot->waits = slot->contradicts;
		if (slot != jumped)
			gclk_estimator_disrupted(slot->estimator);
	}
	if (agent->estimate.frequency_sigma_ppb > 0)
		agent->estimate.frequency_sigma_ppb =
			MAX(agent->estimate.frequency_sigma_ppb, GCLK_AGENT_SIGMA_UNKNOWN_PPB);
	agent->estimate.bound = agent->bound = GCLK_BOUND_UNKNOWN;
	agent->jumped = NULL;
	gclk_agent_end_hold(agent);
	gclk_agent_doubt_claim(agent);
}

static void note(GclkDisruption *d, const GclkAgent *agent, GclkWitness witness, const char *what)
{
	g_free(d->what);
	*d = (GclkDisruption){
		.count = d->count + 1,
		.what = g_strdup(what),
		.raw = agent->now.raw,
		.boottime = agent->platform->boottime(agent->platform),
		.open = TRUE,
		.may_step = TRUE,
		.witnesses = 1U << witness,
	};
}

/* Another witness of the last one? */
static gboolean is_known(const GclkAgent *agent, GclkWitness witness)
{
	const GclkDisruption *d = &agent->disruption;

	return d->count && !(d->witnesses & 1U << witness) &&
	       agent->now.raw - d->raw < SAME_DISRUPTION;
}

/* Most likely the same was seen twice. If it is another one after all, those that know their rate
   already will notice, and the others begin anew once more. */
static void confirm(GclkAgent *agent, GclkWitness witness, const char *what)
{
	GclkEstimate e;

	g_message("another witness of the disruption: %s", what);
	for (guint i = 0; i < agent->slots->len; i++) {
		GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		if (gclk_estimator_predict(slot->estimator, agent->now.raw, &e) &&
			e.samples < GCLK_AGENT_SAMPLES_SETTLED)
			gclk_estimator_disrupted(slot->estimator);
	}
	agent->disruption.witnesses |= 1U << witness;
	agent->disruption.may_step = TRUE;
	agent->disruption.stepped = FALSE;
}

/* jumped: the source whose own samples show it, and which has begun anew by them already; or NULL.
 */
static void begin(GclkAgent *agent, GclkWitness witness, const char *what, const GclkSlot *jumped)
{
	if (is_known(agent, witness)) {
		confirm(agent, witness, what);
	} else {
		g_warning("the clocks of this guest were disrupted: %s", what);
		note(&agent->disruption, agent, witness, what);
		forget_time(agent, jumped);
		if (!jumped)
			agent->moved_raw = agent->now.raw;
	}
	/* what is under way was sent before */
	gclk_agent_tell_sources(agent, gclk_source_stepped, 0);
	gclk_agent_begin_settling(agent);
	gclk_agent_disturbed(agent);
}

void gclk_agent_begin_disruption(GclkAgent *agent, GclkWitness witness, const char *what)
{
	begin(agent, witness, what, NULL);
}

void gclk_agent_disrupted(GclkAgent *agent, GclkWitness witness, const char *what)
{
	if (!agent->running)
		return;
	gclk_agent_look(agent);
	begin(agent, witness, what, NULL);
	gclk_agent_decide(agent);
}

/* --- a source's clock has jumped -------------------------------------------------------------- */

typedef enum { UNDECIDED, REFERENCE_JUMPED, GUEST_STOOD_STILL } Verdict;

/* What another clock says of the jump of this one. */
static Verdict ask(const GclkAgent *agent, const GclkSlot *slot, GclkJump jump)
{
	gint64 margin = 2 * gclk_agent_poll_interval(agent->jumped);
	GclkJump own = gclk_estimator_jump(slot->estimator);
	GclkEstimate e;

	if (!gclk_estimator_predict(slot->estimator, agent->now.raw, &e))
		return UNDECIDED;
	if (own.raw && own.raw > jump.raw - margin)
		return GUEST_STOOD_STILL;
	if (e.suspects)
		return e.bound >= ABS(jump.size) / 2 ? GUEST_STOOD_STILL : UNDECIDED;
	return e.last_raw > jump.raw ? REFERENCE_JUMPED : UNDECIDED;
}

static gboolean can_tell(const GclkAgent *agent, const GclkSlot *slot)
{
	return slot->source->condition == GCLK_SOURCE_OK && slot->sampled &&
	       !gclk_agent_is_stale(agent, slot) &&
	       !g_str_equal(slot->source->origin, agent->jumped->source->origin);
}

void gclk_agent_note_host_set(GclkAgent *agent)
{
	GclkClockPair now;

	agent->platform->read_pair(agent->platform, &now);
	if (agent->host_set_raw && now.raw - agent->host_set_raw < HOST_SET_INTERVAL)
		return;
	g_message("the host says that its clock was set or has changed");
	agent->host_set_raw = MAX(now.raw, 1);
}

/* Nobody else can tell. A guest that stood still is behind, and a clock that jumps back was set;
   so was one whose host has just said so. */
static Verdict explain_alone(const GclkAgent *agent, GclkJump jump)
{
	gint64 since = jump.raw - agent->host_set_raw;

	if (agent->host_set_raw && ABS(since) < HOST_SET_HOLDS)
		return REFERENCE_JUMPED;
	return jump.size > 0 ? GUEST_STOOD_STILL : REFERENCE_JUMPED;
}

/* The first clock of another origin that has something to say of it decides. */
static Verdict explain(const GclkAgent *agent)
{
	GclkJump jump = gclk_estimator_jump(agent->jumped->estimator);
	gboolean alone = TRUE;

	for (guint i = 0; i < agent->slots->len; i++) {
		const GclkSlot *slot = g_ptr_array_index(agent->slots, i);
		Verdict verdict;

		if (!can_tell(agent, slot))
			continue;
		alone = FALSE;
		verdict = ask(agent, slot, jump);
		if (verdict != UNDECIDED)
			return verdict;
	}
	if (!alone)
		return UNDECIDED;
	return explain_alone(agent, jump);
}

void gclk_agent_look_at_jump(GclkAgent *agent)
{
	GclkSlot *slot = agent->jumped;
	Verdict verdict;
	gint64 size;

	if (!slot)
		return;
	verdict = explain(agent);
	if (verdict == UNDECIDED)
		return;
	agent->jumped = NULL;
	size = gclk_estimator_jump(slot->estimator).size;
	slot->strayed = verdict == REFERENCE_JUMPED;
	if (slot->strayed)
		g_warning("%s: this clock was set, and the clocks of this guest went on",
			slot->source->name);
	else
		begin(agent, GCLK_WITNESS_JUMP,
			size > 0 ? "the host's clock went on while this guest stood still"
				 : "the clocks of this guest ran ahead of all others",
			slot);
}

static gboolean is_jump(const GclkSlot *slot)
{
	gint64 by_rate = gclk_agent_poll_interval(slot) / GCLK_NS_PER_MS * RATE_CHANGE_PPB / 1000;

	return ABS(gclk_estimator_jump(slot->estimator).size) > PAUSE_MIN + by_rate;
}

void gclk_agent_note_jump(GclkAgent *agent, GclkSlot *slot)
{
	/* A clock that loses ticks stands still all the time. */
	if (!g_str_equal(slot->source->origin, GCLK_ORIGIN_HOST) || agent->platform->coarseness ||
		!is_jump(slot))
		return;
	agent->jumped = slot;
	gclk_agent_burst(agent);
}

/* --- it is over ------------------------------------------------------------------------------- */

gboolean gclk_agent_all_heard(const GclkAgent *agent)
{
	return agent->settling == 0 || gclk_agent_settled(agent);
}

/* Who contradicted the others before, is heard after them. A host that has said nothing until now
   may never do so. */
void gclk_agent_end_waits(GclkAgent *agent)
{
	if (!gclk_agent_all_heard(agent))
		return;
	agent->claim_awaited = FALSE;
	for (guint i = 0; i < agent->slots->len; i++)
		((GclkSlot *)g_ptr_array_index(agent->slots, i))->waits = FALSE;
}

void gclk_agent_note_correction(GclkAgent *agent, GclkServoAction action)
{
	GclkDisruption *d = &agent->disruption;

	if (action == GCLK_SERVO_WAIT || !agent->selected)
		return;
	d->open = FALSE;
	d->stepped = d->stepped || action == GCLK_SERVO_STEP;
	/* A source that comes later may contradict the first one. */
	if (gclk_agent_all_heard(agent))
		d->may_step = FALSE;
}

char *gclk_agent_disruption_reason(const GclkAgent *agent)
{
	return g_strdup_printf(
		"%s; no source has yet told what the time is now", agent->disruption.what);
}
