/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent-private.h"

#include "discipline/servo.h"
#include "report/table.h"
#include "source/ptp-reading.h"

/* Samples by which a source has had its say. */
#define SETTLED_SAMPLES 4
/* Without a sample for so many of its polls, and this much, a source is stale. */
#define STALE_POLLS 8
#define STALE_EXTRA (4 * GCLK_NS_PER_S)
/* A leap second is known by its length, as far as other corrections do not blur it. */
#define LEAP_TOLERANCE (20 * GCLK_NS_PER_MS)
#define SAVE_INTERVAL (600 * GCLK_NS_PER_S)

/* --- the clocks ------------------------------------------------------------------------------- */

void gclk_agent_tell_sources(GclkAgent *agent, void (*tell)(GclkSource *, gint64), gint64 value)
{
	for (guint i = 0; i < agent->slots->len; i++)
		tell(((GclkSlot *) g_ptr_array_index(agent->slots, i))->source, value);
}

/* Did the kernel do the leap second that it was told to? Then every reference did one too. */
static gboolean was_leap(GclkAgent *agent, gint64 jump)
{
	gint64 leap = agent->actuator.leap == GCLK_LEAP_INSERT	 ? -GCLK_NS_PER_S
		      : agent->actuator.leap == GCLK_LEAP_DELETE ? GCLK_NS_PER_S
								 : 0;

	if (!leap || ABS(jump - leap) > LEAP_TOLERANCE)
		return FALSE;
	for (guint i = 0; i < agent->slots->len; i++)
		gclk_estimator_shift(
			((GclkSlot *) g_ptr_array_index(agent->slots, i))->estimator, leap);
	agent->actuator.leap = GCLK_LEAP_NONE;
	g_message("leap second");
	return TRUE;
}

/* Somebody set the clock, or the machine slept: what was known of it counts no more, until samples
   taken since then say what it is now. */
static void note_move(GclkAgent *agent, gint64 jump)
{
	char text[32];

	gclk_format_offset(jump, text);
	g_warning("the clock was moved by %s, not by guestclockd", text);
	agent->moved_raw = agent->now.raw;
	agent->urgent = TRUE;
	gclk_agent_burst(agent);
}

/* TRUE: REAL has been moved since the last look. */
static gboolean look_at_clocks(GclkAgent *agent)
{
	double rate = agent->actuator.frequency_ppb + agent->actuator.tick_ppb;
	gint64 jump;

	agent->platform->read_pair(agent->platform, &agent->now);
	jump = gclk_clock_watch_look(&agent->watch, &agent->now, rate);
	if (!jump)
		return FALSE;
	gclk_agent_tell_sources(agent, gclk_source_stepped, jump);
	if (!was_leap(agent, jump))
		note_move(agent, jump);
	return TRUE;
}

/* --- sources speak ---------------------------------------------------------------------------- */

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	static const char *const words[] = { "accepted", "suspect", "jumped" };
	GclkSlot *slot = user;
	GclkEstimatorResult result;

	/* A measurement across a jump of REAL measures nothing. */
	if (look_at_clocks(slot->agent)) {
		gclk_agent_decide(slot->agent);
		return;
	}
	result = gclk_estimator_add(slot->estimator, sample);
	slot->last = *sample;
	slot->sampled = TRUE;
	g_debug("%s: offset %+" G_GINT64_FORMAT " ns, delay %" G_GINT64_FORMAT " ns: %s",
		source->name, sample->offset, sample->delay, words[result]);
	switch (result) {
	case GCLK_ESTIMATOR_ACCEPTED:
		source->ops->tune(source, 1);
		break;
	case GCLK_ESTIMATOR_SUSPECT:
		source->ops->tune(source, -1);
		gclk_source_burst(source);
		break;
	case GCLK_ESTIMATOR_JUMPED:
		g_message("%s: the time has jumped, four samples agree; measuring anew", source->name);
		source->ops->tune(source, -1);
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

const GclkSourceEvents gclk_agent_source_events = { .sample = on_sample, .changed = on_changed };

/* --- who agrees, who is best ------------------------------------------------------------------ */

static gint64 poll_interval(const GclkSlot *slot)
{
	gint poll = slot->source->detail.poll;

	return poll >= 0 ? GCLK_NS_PER_S << poll : GCLK_NS_PER_S >> -poll;
}

static gboolean is_stale(const GclkSlot *slot, gint64 raw, gint64 last)
{
	return raw - last > STALE_POLLS * poll_interval(slot) + STALE_EXTRA;
}

/* reference minus REAL from reference minus RAW */
static gint64 offset_now(const GclkAgent *agent, const GclkEstimate *estimate)
{
	return estimate->offset - (agent->now.real - agent->now.raw);
}

static GclkCandidate candidate(const GclkAgent *agent, const GclkSlot *slot)
{
	GclkCandidate c = {
		.name = slot->source->name,
		.origin = slot->source->origin,
		.kind = slot->source->kind,
		.condition = slot->source->condition,
		.condition_reason = slot->source->reason,
	};
	GclkEstimate e;

	c.estimated = gclk_estimator_predict(slot->estimator, agent->now.raw, &e);
	if (c.estimated) {
		c.stale = is_stale(slot, agent->now.raw, e.last_raw);
		c.offset = offset_now(agent, &e);
		c.bound = e.bound;
		c.quality = e.tightest;
		c.assumed = e.assumed;
	}
	return c;
}

/* A precision clock that differs from the others by just the leap seconds keeps TAI, whatever its
   driver says. */
static void explain_tai(GclkCandidate *c, const GclkCandidate *best, gint tai_offset)
{
	if (c->verdict != GCLK_VERDICT_FALSETICKER || c->kind != GCLK_SOURCE_PTP ||
		!gclk_timescale_looks_tai(c->offset - best->offset, tai_offset))
		return;
	g_free(c->reason);
	c->reason = g_strdup_printf("off by %d whole seconds: it keeps TAI, not UTC; if so, set "
				    "timescale=tai in [ptp]", tai_offset);
}

static void note_verdict(GclkSlot *slot, GclkCandidate *c)
{
	if (slot->verdict != c->verdict || g_strcmp0(slot->reason, c->reason) != 0) {
		slot->agent->urgent = TRUE;
		if (c->verdict == GCLK_VERDICT_FALSETICKER && slot->verdict != c->verdict)
			g_warning("%s: not used: %s", slot->source->name, c->reason);
	}
	slot->verdict = c->verdict;
	g_free(slot->reason);
	slot->reason = g_steal_pointer(&c->reason);
}

static void note_selection(GclkAgent *agent, GclkSlot *selected, const char *reason)
{
	if (selected != agent->selected) {
		if (selected)
			g_message("selected %s", selected->source->name);
		else
			g_warning("no source selected: %s", reason);
		agent->urgent = TRUE;
	}
	agent->selected = selected;
	if (selected)
		agent->lately = selected;
}

static void select_source(GclkAgent *agent, char **reason)
{
	guint n = agent->slots->len, current = 0;
	g_autofree GclkCandidate *all = g_new0(GclkCandidate, n + 1);
	gint tai = gclk_leap_table_latest(agent->leap);
	GclkSelection s;

	for (guint i = 0; i < n; i++)
		all[i] = candidate(agent, g_ptr_array_index(agent->slots, i));
	s = gclk_selection_run(all, n,
		agent->selected && g_ptr_array_find(agent->slots, agent->selected, &current)
			? (gint) current
			: -1);
	for (guint i = 0; i < n; i++) {
		if (s.selected >= 0)
			explain_tai(&all[i], &all[s.selected], tai);
		note_verdict(g_ptr_array_index(agent->slots, i), &all[i]);
	}
	agent->single = s.single;
	agent->origins = s.origins;
	note_selection(agent,
		s.selected < 0 ? NULL : g_ptr_array_index(agent->slots, (guint) s.selected), s.reason);
	*reason = s.reason;
}

/* --- what to do to the clock ------------------------------------------------------------------ */

static gboolean slot_settled(const GclkSlot *slot)
{
	GclkEstimate e;

	if (slot->source->condition != GCLK_SOURCE_WAITING &&
		slot->source->condition != GCLK_SOURCE_OK)
		return TRUE;
	return gclk_estimator_predict(slot->estimator, 0, &e) && e.samples >= SETTLED_SAMPLES;
}

gboolean gclk_agent_settled(const GclkAgent *agent)
{
	for (guint i = 0; i < agent->slots->len; i++)
		if (!slot_settled(g_ptr_array_index(agent->slots, i)))
			return FALSE;
	return TRUE;
}

static void note_step(GclkAgent *agent, const GclkServoOutput *out)
{
	char text[32];

	gclk_format_offset(out->step, text);
	g_message("clock stepped by %s: %s", text, out->reason);
	agent->steps++;
	agent->last_step = out->step;
	agent->last_step_boottime = agent->platform->boottime(agent->platform);
	g_free(agent->last_step_reason);
	agent->last_step_reason = g_strdup(out->reason);
	gclk_clock_watch_stepped(&agent->watch, out->step);
	gclk_agent_tell_sources(agent, gclk_source_stepped, out->step);
	agent->offset -= out->step;
	agent->urgent = TRUE;
}

static void note_failure(GclkAgent *agent, GError *error)
{
	gclk_agent_set_finding(agent, "clock-control", GCLK_SEVERITY_CRITICAL, error->message,
		"run guestclockd with CAP_SYS_TIME, or set control=none");
	g_error_free(error);
}

static GclkServoOutput run_servo(const GclkAgent *agent)
{
	const GclkServoPolicy policy = {
		.step_threshold = agent->config->step_threshold,
		.max_step = agent->config->max_step,
		.max_error = agent->config->max_error,
	};
	const GclkServoInput input = {
		.offset = agent->offset,
		.bound = agent->bound,
		.frequency_ppb = agent->estimate.frequency_ppb,
		.samples = agent->estimate.samples,
		.origins = agent->origins,
		.first = agent->first,
		.interval = poll_interval(agent->selected),
		.tick_ppb = agent->actuator.tick_ppb,
	};

	return gclk_servo_run(&policy, &input);
}

static void note_servo(GclkAgent *agent, const GclkServoOutput *out)
{
	if (out->action == GCLK_SERVO_REFUSE)
		gclk_agent_set_finding(agent, "clock-off", GCLK_SEVERITY_CRITICAL, out->reason,
			"guestclock step");
	else
		gclk_agent_clear_finding(agent, "clock-off");
	if (out->beyond_reach)
		gclk_agent_set_finding(agent, "rate-beyond-reach", GCLK_SEVERITY_CRITICAL,
			"the clock's rate is off by more than the kernel can correct",
			"check the clocksource: see the manual, guestclockd(8)");
	else
		gclk_agent_clear_finding(agent, "rate-beyond-reach");
}

/* Lets the servo decide and the actuator do it; returns what was decided. */
static GclkServoAction steer(GclkAgent *agent)
{
	GclkServoOutput out;
	GError *error = NULL;

	if (!agent->actuator.steers)
		return GCLK_SERVO_SLEW; /* whoever steers does what is needed */
	if (agent->moved_raw && agent->estimate.last_raw <= agent->moved_raw)
		return GCLK_SERVO_WAIT;
	out = run_servo(agent);
	note_servo(agent, &out);
	if (!gclk_actuator_apply(&agent->actuator, &out, &error)) {
		note_failure(agent, error);
		return GCLK_SERVO_REFUSE;
	}
	gclk_agent_clear_finding(agent, "clock-control");
	if (out.action == GCLK_SERVO_STEP)
		note_step(agent, &out);
	if (out.action == GCLK_SERVO_STEP || out.action == GCLK_SERVO_SLEW)
		agent->first = FALSE;
	return out.action;
}

/* --- what to say of it ------------------------------------------------------------------------ */

static void set_state(GclkAgent *agent, GclkState state, const char *reason)
{
	if (state != agent->state) {
		if (reason)
			g_message("%s: %s", gclk_state_name(state), reason);
		else
			g_message("%s", gclk_state_name(state));
		agent->urgent = TRUE;
	}
	agent->state = state;
	g_free(agent->reason);
	agent->reason = g_strdup(reason);
}

static gboolean within_limit(const GclkAgent *agent)
{
	gint64 error = gclk_bound_add(ABS(agent->offset), agent->bound);

	return error <= agent->config->max_error;
}

static void judge_state(GclkAgent *agent, GclkServoAction action, const char *no_source)
{
	gboolean was_good = agent->state == GCLK_STATE_SYNCHRONISED ||
			    agent->state == GCLK_STATE_HOLDOVER;

	if (agent->selected && action == GCLK_SERVO_WAIT && agent->first)
		set_state(agent, GCLK_STATE_STARTING, "measuring");
	else if (agent->selected && within_limit(agent) && action != GCLK_SERVO_REFUSE)
		set_state(agent, GCLK_STATE_SYNCHRONISED, NULL);
	else if (agent->selected)
		set_state(agent, GCLK_STATE_UNSYNCHRONISED, "the clock is off by more than max-error");
	else if (was_good && within_limit(agent))
		set_state(agent, GCLK_STATE_HOLDOVER, no_source);
	else if (agent->state != GCLK_STATE_STARTING || agent->settling == 0)
		set_state(agent, GCLK_STATE_UNSYNCHRONISED, no_source);
}

/* What the source announces, or the table of this machine knows. The kernel acts at the end of the
   day on which it is told, so it is told on that day only. */
static GclkLeap leap_today(const GclkAgent *agent)
{
	GclkLeap leap = agent->lately ? agent->lately->last.leap : GCLK_LEAP_NONE;

	if (!gclk_leap_day(agent->now.real) || leap == GCLK_LEAP_UNSYNC)
		return GCLK_LEAP_NONE;
	return leap ? leap : gclk_leap_table_leap(agent->leap, agent->now.real);
}

static void tell_kernel(GclkAgent *agent)
{
	gboolean good = agent->state == GCLK_STATE_SYNCHRONISED ||
			agent->state == GCLK_STATE_HOLDOVER;
	const GclkHonesty honesty = {
		.synchronised = good,
		.bound = gclk_bound_add(ABS(agent->offset), agent->bound),
		.leap = leap_today(agent),
		.tai_offset = good ? gclk_leap_table_offset(agent->leap, agent->now.real) : 0,
	};
	GError *error = NULL;

	if (!gclk_actuator_tell(&agent->actuator, agent->now.raw, &honesty, &error))
		note_failure(agent, error);
}

static void report(GclkAgent *agent)
{
	gboolean urgent = agent->urgent;

	agent->urgent = FALSE;
	agent->events->report(agent->user, agent, urgent);
}

/* --- the pipeline on one screen --------------------------------------------------------------- */

static void estimate_now(GclkAgent *agent)
{
	const GclkSlot *slot = agent->selected ? agent->selected : agent->lately;

	if (!slot || !gclk_estimator_predict(slot->estimator, agent->now.raw, &agent->estimate)) {
		agent->bound = GCLK_BOUND_UNKNOWN;
		return;
	}
	agent->offset = offset_now(agent, &agent->estimate);
	agent->bound = agent->estimate.bound;
}

void gclk_agent_decide(GclkAgent *agent)
{
	GclkServoAction action = GCLK_SERVO_WAIT;
	g_autofree char *no_source = NULL;

	if (!agent->running)
		return;
	gclk_agent_await(agent);
	look_at_clocks(agent);
	select_source(agent, &no_source);
	estimate_now(agent);
	/* The first correction may go either way and far: every source is heard before it. */
	if (agent->selected && (!agent->first || agent->settling == 0 || gclk_agent_settled(agent)))
		action = steer(agent);
	judge_state(agent, action, no_source);
	tell_kernel(agent);
	if (agent->now.raw - agent->saved_raw >= SAVE_INTERVAL)
		gclk_agent_remember(agent);
	report(agent);
}
