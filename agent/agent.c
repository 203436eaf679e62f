/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipeline: gclk_agent_decide, at the end, reads like section 3 of the design. What comes in
 * is in agent-input.c, who is believed in agent-select.c, what is told in agent-status.c.
 */
#include "agent-private.h"

#include "discipline/servo.h"
#include "guestclock/format.h"

/* --- what to do to the clock ------------------------------------------------------------------ */

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
	gclk_agent_drop_backlog(agent);
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
	};
	const GclkServoInput input = {
		.offset = agent->offset,
		.frequency_ppb = agent->estimate.frequency_ppb,
		/* while it is open what an odd one means, they do not agree */
		.samples = agent->estimate.suspects ? 0 : agent->estimate.samples,
		.origins = agent->origins,
		.first = agent->first,
		.fresh = agent->fresh,
		.disrupted = agent->disruption.may_step,
		.stepped = agent->disruption.stepped,
		.heard = gclk_agent_all_heard(agent),
		.held = agent->held,
		.interval = gclk_agent_poll_interval(agent->held ? agent->holder : agent->selected),
		.tick_ppb = agent->actuator.tick_ppb,
		.coarse = agent->platform->coarseness > 0,
		.beyond_reach = agent->beyond_reach != NULL,
		.since_step = agent->steps ? agent->platform->boottime(agent->platform) -
						     agent->last_step_boottime
					   : G_MAXINT64,
	};

	return gclk_servo_run(&policy, &input);
}

static void note_servo(GclkAgent *agent, const GclkServoOutput *out)
{
	if (out->action == GCLK_SERVO_REFUSE)
		gclk_agent_set_finding(
			agent, "clock-off", GCLK_SEVERITY_CRITICAL, out->reason, "guestclock step");
	else
		gclk_agent_clear_finding(agent, "clock-off");
	if (out->action != GCLK_SERVO_WAIT)
		gclk_agent_note_rate(agent, out);
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
	gclk_agent_watch_clocksource(agent);
	if (out.action == GCLK_SERVO_STEP)
		note_step(agent, &out);
	if (out.action == GCLK_SERVO_STEP || (out.action == GCLK_SERVO_SLEW && !agent->held))
		agent->first = FALSE;
	return out.action;
}

/* The first correction may go either way and far: every source is heard before it. */
static gboolean may_correct(const GclkAgent *agent)
{
	return agent->held || (agent->selected && (!agent->first || gclk_agent_all_heard(agent)));
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

/* A clock that runs away from where it is put is not kept, however near it is just now. */
static gboolean within_limit(const GclkAgent *agent)
{
	gint64 error = gclk_bound_add(ABS(agent->offset), agent->bound);

	return !agent->beyond_reach && error <= agent->config->max_error;
}

/* Why a clock with a source is not synchronised. */
static const char *why_not(const GclkAgent *agent)
{
	if (agent->beyond_reach)
		return agent->beyond_reach;
	if (agent->estimate.suspects)
		return "its source has just jumped: further samples will tell what happened";
	if (ABS(agent->offset) > agent->config->max_error)
		return "the clock is off by more than max-error";
	return "the clock may be off by more than max-error";
}

static void judge_state(GclkAgent *agent, GclkServoAction action, const char *no_source)
{
	g_autofree char *disrupted = gclk_agent_disruption_reason(agent);
	gboolean was_good =
		agent->state == GCLK_STATE_SYNCHRONISED || agent->state == GCLK_STATE_HOLDOVER;

	if (agent->disruption.open)
		set_state(agent, GCLK_STATE_DISRUPTED, disrupted);
	else if (agent->selected && action == GCLK_SERVO_WAIT && agent->first)
		set_state(agent, GCLK_STATE_STARTING, "measuring");
	else if (agent->selected && within_limit(agent) && action != GCLK_SERVO_REFUSE)
		set_state(agent, GCLK_STATE_SYNCHRONISED, NULL);
	else if (agent->selected)
		set_state(agent, GCLK_STATE_UNSYNCHRONISED, why_not(agent));
	else if ((was_good || agent->held) && within_limit(agent))
		set_state(agent, GCLK_STATE_HOLDOVER, no_source);
	else if (agent->state != GCLK_STATE_STARTING || agent->settling == 0)
		set_state(agent, GCLK_STATE_UNSYNCHRONISED, no_source);
}

/* What the source announces, or the table of this machine knows. The kernel acts at the end of the
   day on which it is told, so it is told on that day only. */
static GclkLeap leap_today(const GclkAgent *agent)
{
	GclkLeap leap = agent->leap_ahead;

	if (!gclk_leap_day(agent->now.real) || leap == GCLK_LEAP_UNSYNC)
		return GCLK_LEAP_NONE;
	return leap ? leap : gclk_leap_table_leap(agent->leap, agent->now.real);
}

static void tell_kernel(GclkAgent *agent)
{
	gboolean good =
		agent->state == GCLK_STATE_SYNCHRONISED || agent->state == GCLK_STATE_HOLDOVER;
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

void gclk_agent_estimate(GclkAgent *agent)
{
	if (agent->selected && gclk_estimator_predict(agent->selected->estimator, agent->now.raw,
				       &agent->estimate))
		gclk_agent_note_hold(agent);
	else
		gclk_agent_hold(agent);
	if (agent->estimate.samples == 0)
		return;
	agent->offset = gclk_agent_offset(agent, &agent->estimate);
	agent->bound = agent->estimate.bound;
}

void gclk_agent_decide(GclkAgent *agent)
{
	GclkServoAction action = GCLK_SERVO_WAIT;
	g_autofree char *no_source = NULL;

	if (!agent->running)
		return;
	gclk_agent_await(agent);
	gclk_agent_look(agent);
	gclk_agent_look_at_jump(agent);
	gclk_agent_select(agent, &no_source);
	gclk_agent_estimate(agent);
	gclk_agent_tell_hold(agent, &no_source);
	if (may_correct(agent))
		action = steer(agent);
	gclk_agent_note_correction(agent, action);
	gclk_agent_look_at_ticks(agent);
	judge_state(agent, action, no_source);
	tell_kernel(agent);
	if (agent->now.raw - agent->saved_raw >= GCLK_AGENT_SAVE_INTERVAL)
		gclk_agent_remember(agent);
	report(agent);
}
