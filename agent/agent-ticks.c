/* SPDX-License-Identifier: BSD-2-Clause */
/* The health of ticks as the agent goes along: what it knows anyway is shown to the watch. */
#include "agent-private.h"

/* A rate from fewer samples may still be a guess. */
#define SAMPLES_MIN 8

void gclk_agent_use_counters(GclkAgent *agent, const GclkTickSystem *system, const GclkTsc *tsc)
{
	gclk_tick_watch_free(agent->ticks);
	agent->ticks = gclk_tick_watch_new(agent->platform, system, tsc);
	gclk_tick_watch_use_host(agent->ticks, gclk_agent_host_time(agent));
}

void gclk_agent_use_host_time(GclkAgent *agent, const GclkHostReader *reader)
{
	agent->host = reader ? *reader : (GclkHostReader){ 0 };
	gclk_tick_watch_use_host(agent->ticks, gclk_agent_host_time(agent));
}

const GclkHostReader *gclk_agent_host_time(const GclkAgent *agent)
{
	return agent->host.read ? &agent->host : NULL;
}

/* Time that was left out of the step, as it was on its way, is lost now: measured at once. */
void gclk_agent_drop_backlog(GclkAgent *agent)
{
	if (!agent->host.drop_backlog)
		return;
	agent->host.drop_backlog(&agent->host);
	if (agent->platform->coarseness)
		gclk_agent_burst(agent);
}

const GclkTickHealth *gclk_agent_ticks(const GclkAgent *agent)
{
	return gclk_tick_watch_health(agent->ticks);
}

static gboolean take_reference(const GclkAgent *agent, GclkTickReference *out)
{
	const GclkEstimate *e = &agent->estimate;
	const GclkSlot *slot = agent->held ? agent->holder : agent->selected;

	if (!slot || (!agent->held && (e->samples < SAMPLES_MIN || e->suspects)))
		return FALSE;
	*out = (GclkTickReference){
		.name = gclk_source_kind_name(slot->source->kind),
		.frequency_ppb = e->frequency_ppb,
		.sigma_ppb = e->frequency_sigma_ppb,
	};
	return TRUE;
}

void gclk_agent_look_at_ticks(GclkAgent *agent)
{
	GclkTickReference reference;
	gboolean known = take_reference(agent, &reference);

	if (!gclk_tick_watch_look(
		    agent->ticks, agent->now.raw, agent->clocksource, known ? &reference : NULL))
		return;
	g_debug("ticks: %s", gclk_tick_verdict_name(gclk_agent_ticks(agent)->verdict));
	agent->urgent = TRUE;
	if (agent->events->ticks)
		agent->events->ticks(agent->user, agent);
}
