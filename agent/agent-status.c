/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent says of itself: findings, and the status as a plain struct. */
#include "agent-private.h"

#include <string.h>
#include <unistd.h>

/* The status is written anew within this, or the daemon is taken for dead (heartbeat in
   agent-life.c plus room for a busy machine). */
#define STATUS_INTERVAL (40 * GCLK_NS_PER_S)

/* Mostly it is written anew within this, or two samples (publisher.c). */
#define RENEWED (12 * GCLK_NS_PER_S)

/* --- findings --------------------------------------------------------------------------------- */

static gboolean find_finding(const GclkAgent *agent, const char *id, guint *index)
{
	for (*index = 0; *index < agent->findings->len; (*index)++)
		if (g_str_equal(
			    ((GclkFinding *)g_ptr_array_index(agent->findings, *index))->id, id))
			return TRUE;
	return FALSE;
}

static void log_finding(GclkSeverity severity, const char *statement)
{
	static const GLogLevelFlags levels[] = {
		[GCLK_SEVERITY_OK] = G_LOG_LEVEL_MESSAGE,
		[GCLK_SEVERITY_NOTE] = G_LOG_LEVEL_MESSAGE,
		[GCLK_SEVERITY_WARNING] = G_LOG_LEVEL_WARNING,
		[GCLK_SEVERITY_CRITICAL] = G_LOG_LEVEL_CRITICAL,
	};

	g_log(G_LOG_DOMAIN, levels[severity], "%s", statement);
}

void gclk_agent_set_finding(GclkAgent *agent, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy)
{
	guint i;

	if (find_finding(agent, id, &i)) {
		const GclkFinding *old = g_ptr_array_index(agent->findings, i);

		if (old->severity == severity && g_str_equal(old->statement, statement))
			return;
		g_ptr_array_remove_index(agent->findings, i);
	}
	log_finding(severity, statement);
	g_ptr_array_add(agent->findings, gclk_finding_new(id, severity, statement, remedy));
	agent->urgent = TRUE;
}

void gclk_agent_refresh_finding(GclkAgent *agent, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy)
{
	guint i;

	if (find_finding(agent, id, &i) &&
		((GclkFinding *)g_ptr_array_index(agent->findings, i))->severity == severity) {
		g_ptr_array_remove_index(agent->findings, i);
		g_ptr_array_add(agent->findings, gclk_finding_new(id, severity, statement, remedy));
	} else {
		gclk_agent_set_finding(agent, id, severity, statement, remedy);
	}
}

gboolean gclk_agent_has_finding(const GclkAgent *agent, const char *id)
{
	guint i;

	return find_finding(agent, id, &i);
}

void gclk_agent_clear_finding(GclkAgent *agent, const char *id)
{
	guint i;

	if (!find_finding(agent, id, &i))
		return;
	g_message(
		"no longer: %s", ((GclkFinding *)g_ptr_array_index(agent->findings, i))->statement);
	g_ptr_array_remove_index(agent->findings, i);
	agent->urgent = TRUE;
}

/* --- sources ---------------------------------------------------------------------------------- */

static const char *timescale_name(GclkTimescale timescale)
{
	static const char *const names[] = {
		[GCLK_TIMESCALE_UNKNOWN] = "unknown",
		[GCLK_TIMESCALE_UTC] = "utc",
		[GCLK_TIMESCALE_TAI] = "tai",
		[GCLK_TIMESCALE_MONOTONIC] = "monotonic",
		[GCLK_TIMESCALE_SMEARED] = "smeared",
	};

	return names[timescale];
}

static void tell_drops(GclkSourceStatus *out, GclkSource *source)
{
	const GclkSourceDrop *drops = NULL;
	gsize n = source->ops->drops(source, &drops);

	for (gsize i = 0; i < n; i++) {
		GclkStatusCount count = { drops[i].name, drops[i].count };

		if (count.count)
			g_array_append_val(out->drops, count);
	}
}

static void tell_estimate(GclkSourceStatus *out, const GclkAgent *agent, const GclkSlot *slot)
{
	GclkEstimate e;

	if (!gclk_estimator_predict(slot->estimator, agent->now.raw, &e))
		return;
	out->offset = e.offset - (agent->now.real - agent->now.raw);
	out->error_bound = e.bound;
	out->assumed = e.assumed;
	out->frequency_ppb = e.frequency_ppb;
	out->jitter = (gint64)e.jitter;
}

static GclkSourceStatus *tell_source(const GclkAgent *agent, const GclkSlot *slot)
{
	const GclkSourceDetail *detail = &slot->source->detail;
	GclkSourceStatus *out = gclk_source_status_new();

	out->name = g_strdup(slot->source->name);
	out->kind = g_strdup(gclk_source_kind_name(slot->source->kind));
	out->origin = g_strdup(slot->source->origin);
	out->address = g_strdup(detail->address);
	out->identity = g_strdup(detail->identity);
	out->method = g_strdup(detail->method);
	out->standing = slot->standing;
	out->reason = g_strdup(slot->reason);
	out->note = g_strdup(detail->note);
	out->stratum = detail->stratum;
	out->poll = detail->poll;
	out->reach = detail->reach;
	out->requests = detail->requests;
	out->replies = detail->replies;
	out->error_bound = GCLK_BOUND_UNKNOWN;
	out->timescale = timescale_name(GCLK_TIMESCALE_UNKNOWN);
	tell_drops(out, slot->source);
	out->has_sample = slot->sampled;
	if (slot->sampled) {
		out->last_offset = slot->last.offset;
		out->delay = slot->last.delay;
		out->age = agent->now.raw - slot->last.raw;
		out->timescale = timescale_name(slot->last.timescale);
		tell_estimate(out, agent, slot);
	}
	return out;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* A clock that cannot be kept is already worse when somebody reads this: how much, ns, until it is
   written again. */
static gint64 runs_away(const GclkAgent *agent)
{
	double lacking = agent->estimate.frequency_ppb -
			 (agent->actuator.frequency_ppb + agent->actuator.tick_ppb);
	gint64 poll = agent->selected ? gclk_agent_poll_interval(agent->selected) : 0;

	if (!agent->beyond_reach)
		return 0;
	return (gint64)(ABS(lacking) * 1e-9 * (double)MAX(2 * poll, RENEWED));
}

gint64 gclk_agent_error_bound(const GclkAgent *agent)
{
	return gclk_bound_add(gclk_bound_add(ABS(agent->offset), agent->bound), runs_away(agent));
}

static void tell_clock(GclkStatus *out, const GclkAgent *agent)
{
	GclkDiscipline d = { 0 };

	out->offset = agent->offset;
	out->error_bound = gclk_agent_error_bound(agent);
	out->assumed = agent->estimate.assumed;
	out->frequency_ppb = agent->actuator.steers
				     ? agent->actuator.frequency_ppb + agent->actuator.tick_ppb
				     : agent->estimate.frequency_ppb;
	out->frequency_error_ppb = agent->estimate.frequency_sigma_ppb;
	if (agent->platform->get_discipline(agent->platform, &d, NULL)) {
		out->slew_left = agent->actuator.steers ? d.phase : 0;
		out->tai_offset = d.tai_offset;
	}
	out->leap = agent->leap_ahead;
	out->steps = agent->steps;
	out->last_step = agent->last_step;
	out->last_step_boottime = agent->last_step_boottime;
	out->last_step_reason = g_strdup(agent->last_step_reason);
	out->disruptions = agent->disruption.count;
	out->last_disruption_boottime = agent->disruption.boottime;
	out->last_disruption = g_strdup(agent->disruption.what);
}

static void tell_claim(GclkStatus *out, const GclkAgent *agent)
{
	const GclkHostClaim *claim = &agent->claim;

	if (!gclk_host_claim_holds(claim, agent->now.raw))
		return;
	out->host = (GclkHostStatus){
		.known = TRUE,
		.protocol = claim->host.protocol,
		.synchronised = claim->host.synchronised,
		.fallback = claim->host.fallback,
		.bound = claim->host.bound,
		.leap = claim->host.leap,
		.tai_offset = claim->host.tai_offset,
		.age = agent->now.raw - claim->raw,
	};
}

static void tell_ticks(GclkStatus *out, const GclkAgent *agent)
{
	const GclkTickHealth *ticks = gclk_agent_ticks(agent);

	out->ticks = (GclkTickStatus){
		.verdict = g_strdup(gclk_tick_verdict_name(ticks->verdict)),
		.reference = g_strdup(ticks->reference),
		.lost_ppm = ticks->lost_ppm,
		.lost_error_ppm = ticks->lost_error_ppm,
		.confidence = ticks->confidence,
		.steal_share = ticks->steal_share,
		.hz = ticks->hz,
	};
}

static void tell_writer(GclkStatus *out, const GclkAgent *agent)
{
	const GclkEnvironment *environment = agent->environment;

	out->pid = getpid();
	out->boot_id = g_strdup(environment->boot_id);
	out->boottime = agent->platform->boottime(agent->platform);
	out->realtime = agent->now.real;
	out->interval = STATUS_INTERVAL;
	out->started_boottime = agent->started;
	out->hypervisor = g_strdup(environment->hypervisor);
	out->container = g_strdup(environment->container);
	out->clocksource =
		g_strdup(agent->clocksource ? agent->clocksource : environment->clocksource);
	out->servers_from = g_strdup(agent->config->servers_from);
}

GclkState gclk_agent_state(const GclkAgent *agent)
{
	return agent->state;
}

GclkStatus *gclk_agent_status(GclkAgent *agent)
{
	GclkStatus *out = gclk_status_new();

	agent->platform->read_pair(agent->platform, &agent->now);
	gclk_agent_estimate(agent);
	out->state = agent->state;
	out->reason = g_strdup(agent->reason);
	out->control = agent->actuator.steers ? "kernel" : "none";
	out->control_reason = g_strdup(agent->control_reason);
	out->selected = agent->selected ? g_strdup(agent->selected->source->name) : NULL;
	out->single = agent->single;
	tell_clock(out, agent);
	tell_writer(out, agent);
	tell_ticks(out, agent);
	tell_claim(out, agent);
	for (guint i = 0; i < agent->slots->len; i++)
		g_ptr_array_add(
			out->sources, tell_source(agent, g_ptr_array_index(agent->slots, i)));
	gclk_findings_sort(agent->findings);
	for (guint i = 0; i < agent->findings->len; i++) {
		g_ptr_array_add(
			out->findings, gclk_finding_copy(g_ptr_array_index(agent->findings, i)));
	}
	return out;
}
