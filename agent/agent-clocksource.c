/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What drives RAW, what follows when somebody changes that, and what to say when its rate is wrong.
 * All that is known of a rate is known of one clocksource: the kernel goes on with the same time
 * when it takes another one, but at another pace.
 */
#include "agent-private.h"

#include "detect/environment.h"
#include "detect/tick-health.h"

/* While the tick makes up for a bad clocksource, a change to a good one would let the clock run
   wrong by up to 10 %: seen this soon, that is 0.1 s. */
#define WATCH_INTERVAL GCLK_NS_PER_S

/* --- what it is ------------------------------------------------------------------------------- */

static void take(GclkAgent *agent, char *name)
{
	g_free(agent->clocksource);
	agent->clocksource = name;
	agent->clocksource_raw = agent->now.raw;
	agent->platform->coarseness = gclk_tick_driven(name) ? agent->platform->tick : 0;
	agent->watch.coarse = agent->platform->coarseness > 0;
}

void gclk_agent_take_clocksource(GclkAgent *agent)
{
	take(agent, gclk_environment_clocksource(agent->platform));
}

/* --- it changes ------------------------------------------------------------------------------- */

/* since: ns that the clock may have run by the wrong rate. */
static void forget_rates(GclkAgent *agent, double since)
{
	double rate = agent->actuator.frequency_ppb + agent->actuator.tick_ppb;

	agent->estimate.frequency_ppb = 0;
	agent->estimate.frequency_sigma_ppb = GCLK_AGENT_SIGMA_UNKNOWN_PPB;
	agent->estimate.bound =
		gclk_bound_add(agent->estimate.bound, (gint64)(ABS(rate) * 1e-9 * since));
	for (guint i = 0; i < agent->slots->len; i++) {
		GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		gclk_estimator_set_coarseness(slot->estimator, agent->platform->coarseness);
		gclk_estimator_start(slot->estimator, 0, GCLK_AGENT_SIGMA_UNKNOWN_PPB);
	}
}

/* One of the two counts ticks, or was so wrong that the tick had to help. */
static void measure_anew(GclkAgent *agent, double since)
{
	g_autoptr(GError) error = NULL;

	forget_rates(agent, since);
	if (!gclk_actuator_forget(&agent->actuator, &error))
		g_warning("%s", error->message);
	agent->moved_raw = agent->now.raw; /* nothing is corrected until there is a new sample */
}

/* From one good clocksource to another, as when the TSC's calibration is refined after boot, the
   rate changes by no more than at a migration; the estimators follow that. */
static void note_change(GclkAgent *agent, char *name)
{
	gboolean anew = agent->platform->coarseness || agent->actuator.tick_ppb != 0;
	double since;

	g_message("the clocksource is now %s, it was %s", name, agent->clocksource);
	gclk_agent_look(agent); /* while the rate in force is what the clock has run by */
	since = (double)(agent->now.raw - agent->clocksource_raw);
	take(agent, name);
	if (anew || agent->platform->coarseness)
		measure_anew(agent, since);
	agent->urgent = TRUE;
	gclk_agent_burst(agent);
	gclk_agent_decide(agent);
}

void gclk_agent_look_at_clocksource(GclkAgent *agent)
{
	g_autofree char *name = gclk_environment_clocksource(agent->platform);

	if (!agent->running || !name || !agent->clocksource)
		return;
	if (g_str_equal(name, agent->clocksource))
		agent->clocksource_raw = agent->now.raw;
	else
		note_change(agent, g_steal_pointer(&name));
}

static void on_watch(gpointer user)
{
	GclkAgent *agent = user;

	agent->clocksource_watch = 0;
	gclk_agent_look_at_clocksource(agent);
	gclk_agent_watch_clocksource(agent);
}

void gclk_agent_watch_clocksource(GclkAgent *agent)
{
	gboolean wanted = agent->running && agent->actuator.steers && agent->actuator.tick_ppb != 0;

	if (wanted == (agent->clocksource_watch != 0))
		return;
	if (wanted)
		agent->clocksource_watch = agent->platform->timer_start(
			agent->platform, WATCH_INTERVAL, on_watch, agent);
	else
		gclk_agent_unwatch_clocksource(agent);
}

void gclk_agent_unwatch_clocksource(GclkAgent *agent)
{
	agent->platform->timer_stop(agent->platform, agent->clocksource_watch);
	agent->clocksource_watch = 0;
}

/* --- its rate is wrong -------------------------------------------------------------------------
 */

#define REMEDY "guestclock doctor tells which clocksource is right here, and doctor --fix takes it"

static char *beyond_reach(const GclkAgent *agent)
{
	if (agent->platform->coarseness)
		return g_strdup_printf(
			"the clocksource %s loses time: it counts timer ticks, and more of them "
			"are lost than the kernel can make up for (10 %%)",
			agent->clocksource);
	return g_strdup_printf("the rate of the clocksource%s%s is wrong by more than the kernel "
			       "can correct (10 %%)",
		agent->clocksource ? " " : "", agent->clocksource ? agent->clocksource : "");
}

static char *by_tick(const GclkAgent *agent)
{
	if (agent->platform->coarseness)
		return g_strdup_printf("the clocksource %s loses time: it counts timer ticks, and "
				       "some are lost; the kernel is made to count faster",
			agent->clocksource);
	return g_strdup_printf("the rate of the clocksource%s%s is wrong by more than 500 ppm; the "
			       "kernel is made to correct it",
		agent->clocksource ? " " : "", agent->clocksource ? agent->clocksource : "");
}

static void set_or_clear(GclkAgent *agent, const char *id, GclkSeverity severity, char *statement)
{
	if (statement)
		gclk_agent_set_finding(agent, id, severity, statement, REMEDY);
	else
		gclk_agent_clear_finding(agent, id);
}

void gclk_agent_note_rate(GclkAgent *agent, const GclkServoOutput *out)
{
	g_autofree char *tick = NULL;

	g_clear_pointer(&agent->beyond_reach, g_free);
	if (out->beyond_reach)
		agent->beyond_reach = beyond_reach(agent);
	else if (out->tick_ppb != 0)
		tick = by_tick(agent);
	set_or_clear(agent, "rate-beyond-reach", GCLK_SEVERITY_CRITICAL, agent->beyond_reach);
	set_or_clear(agent, "rate-by-tick", GCLK_SEVERITY_WARNING, tick);
}

void gclk_agent_forget_rate(GclkAgent *agent)
{
	const GclkServoOutput none = { .action = GCLK_SERVO_SLEW };

	g_clear_pointer(&agent->beyond_reach, g_free);
	gclk_agent_note_rate(agent, &none);
}
