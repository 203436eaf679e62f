/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's life: sources come and go, it starts, remembers and stops. What it does: agent.c. */
#include "agent-private.h"

#include "guestclock/format.h"
#include "memory.h"

/* After so long without a decision one is made all the same: sources may have fallen silent. */
#define HEARTBEAT (20 * GCLK_NS_PER_S)
/* A daemon that is killed soon shall have learned something too. */
#define FIRST_SAVE (60 * GCLK_NS_PER_S)
/* At the start, so long is waited for sources that have not yet spoken: an iburst and a name. */
#define SETTLE_TIME (12 * GCLK_NS_PER_S)

/* --- memory ----------------------------------------------------------------------------------- */

void gclk_agent_remember(GclkAgent *agent)
{
	const GclkMemory memory = {
		.known = TRUE,
		.frequency_ppb = agent->estimate.frequency_ppb,
		.saved = agent->now.real,
	};
	g_autoptr(GError) error = NULL;

	agent->saved_raw = agent->now.raw;
	/* How many ticks are lost now says nothing of the next boot. */
	if (agent->state != GCLK_STATE_SYNCHRONISED || agent->platform->coarseness)
		return;
	if (gclk_memory_save(agent->platform, agent->config->state_directory,
		    agent->environment->boot_id, &memory, &error))
		gclk_agent_clear_finding(agent, "state-directory");
	else
		gclk_agent_set_finding(agent, "state-directory", GCLK_SEVERITY_WARNING,
			error->message,
			"the clock is kept; the learned frequency is lost at a restart");
}

/* --- timers ---------------------------------------------------------------------------------- */

static void on_heartbeat(gpointer user)
{
	GclkAgent *agent = user;
	GclkClockPair now;

	agent->heartbeat = 0;
	agent->platform->read_pair(agent->platform, &now);
	gclk_tick_watch_late(agent->ticks, MAX(now.raw - agent->now.raw - HEARTBEAT, 0));
	gclk_agent_decide(agent);
}

void gclk_agent_await(GclkAgent *agent)
{
	agent->platform->timer_stop(agent->platform, agent->heartbeat);
	agent->heartbeat =
		agent->platform->timer_start(agent->platform, HEARTBEAT, on_heartbeat, agent);
}

static void on_settle_time(gpointer user)
{
	GclkAgent *agent = user;

	agent->settling = 0;
	gclk_agent_decide(agent);
}

void gclk_agent_begin_settling(GclkAgent *agent)
{
	agent->platform->timer_stop(agent->platform, agent->settling);
	agent->settling =
		agent->platform->timer_start(agent->platform, SETTLE_TIME, on_settle_time, agent);
}

void gclk_agent_settle(GclkAgent *agent)
{
	agent->platform->timer_stop(agent->platform, agent->settling);
	on_settle_time(agent);
}

static void slot_free(gpointer data)
{
	GclkSlot *slot = data;

	gclk_source_free(slot->source);
	gclk_estimator_free(slot->estimator);
	g_free(slot->key);
	g_free(slot->reason);
	g_free(slot);
}

/* The machine's leap second table, or the one built in. */
static GclkLeapTable *load_leap_table(GclkPlatform *platform)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	GclkLeapTable *table = NULL;
	gsize length = 0;

	text = platform->read_file(
		platform, GCLK_LEAP_SECONDS_FILE, GCLK_LEAP_SECONDS_FILE_MAX, &length, &error);
	if (text)
		table = gclk_leap_table_parse(text, length, &error);
	if (!table)
		g_debug("leap seconds as built in: %s", error->message);
	return table ? table : gclk_leap_table_builtin();
}

gint gclk_agent_tai_offset(const GclkAgent *agent)
{
	return gclk_leap_table_latest(agent->leap);
}

const GclkLeapTable *gclk_agent_leap_table(const GclkAgent *agent)
{
	return agent->leap;
}

GclkAgent *gclk_agent_new(GclkPlatform *platform, const GclkConfig *config,
	const GclkEnvironment *environment, gboolean steers, const char *control_reason,
	const GclkAgentEvents *events, gpointer user)
{
	GclkAgent *agent = g_new0(GclkAgent, 1);

	agent->platform = platform;
	agent->config = config;
	agent->environment = environment;
	agent->events = events;
	agent->user = user;
	agent->control_reason = g_strdup(control_reason);
	agent->leap = load_leap_table(platform);
	agent->slots = g_ptr_array_new_with_free_func(slot_free);
	agent->findings = gclk_findings_new();
	agent->ticks = gclk_tick_watch_new(platform, NULL, NULL);
	agent->actuator.steers = steers;
	agent->bound = GCLK_BOUND_UNKNOWN;
	agent->first = agent->fresh = TRUE;
	return agent;
}

void gclk_agent_free(GclkAgent *agent)
{
	if (!agent)
		return;
	agent->platform->timer_stop(agent->platform, agent->heartbeat);
	agent->platform->timer_stop(agent->platform, agent->settling);
	gclk_agent_unwatch_clocksource(agent);
	g_ptr_array_unref(agent->slots);
	g_ptr_array_unref(agent->findings);
	gclk_leap_table_free(agent->leap);
	gclk_tick_watch_free(agent->ticks);
	g_free(agent->control_reason);
	g_free(agent->reason);
	g_free(agent->clocksource);
	g_free(agent->beyond_reach);
	g_free(agent->last_step_reason);
	g_free(agent->disruption.what);
	g_free(agent);
}

/* --- settling ----------------------------------------------------------------------------------
 */

static gboolean slot_settled(const GclkSlot *slot)
{
	GclkEstimate e;

	if (slot->source->condition != GCLK_SOURCE_WAITING &&
		slot->source->condition != GCLK_SOURCE_OK)
		return TRUE;
	return gclk_estimator_predict(slot->estimator, 0, &e) && e.samples >= GCLK_SERVO_SAMPLES;
}

gboolean gclk_agent_settled(const GclkAgent *agent)
{
	for (guint i = 0; i < agent->slots->len; i++)
		if (!slot_settled(g_ptr_array_index(agent->slots, i)))
			return FALSE;
	return TRUE;
}

/* --- sources come and go ------------------------------------------------------------------------
 */

/* What is believed of the frequency: what was learned, or what the kernel was left with. */
static void prime(const GclkAgent *agent, GclkSlot *slot)
{
	gclk_estimator_set_coarseness(slot->estimator, agent->platform->coarseness);
	if (agent->estimate.samples)
		gclk_estimator_start(slot->estimator, agent->estimate.frequency_ppb,
			agent->estimate.frequency_sigma_ppb);
	else
		gclk_estimator_start(slot->estimator, agent->estimate.frequency_ppb,
			agent->estimate.frequency_sigma_ppb ? agent->estimate.frequency_sigma_ppb
							    : GCLK_AGENT_SIGMA_UNKNOWN_PPB);
}

/* A source that takes the place of another one of the same name, with other polls or keys, knows
   what that one had learned. */
static void inherit(const GclkAgent *agent, GclkSlot *heir)
{
	for (guint i = 0; i < agent->slots->len; i++) {
		const GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		if (slot != heir && slot->source->kind == heir->source->kind &&
			g_str_equal(slot->source->name, heir->source->name))
			gclk_estimator_copy(heir->estimator, slot->estimator);
	}
}

void gclk_agent_add_source(GclkAgent *agent, GclkSource *source, const char *key)
{
	GclkSlot *slot = g_new0(GclkSlot, 1);

	slot->agent = agent;
	slot->source = source;
	slot->estimator = gclk_estimator_new();
	slot->key = g_strdup(key);
	source->events = &gclk_agent_source_events;
	source->user = slot;
	g_ptr_array_add(agent->slots, slot);
	if (agent->running) {
		prime(agent, slot);
		inherit(agent, slot);
		gclk_source_start(source);
	}
}

gboolean gclk_agent_has_source(const GclkAgent *agent, const char *key)
{
	for (guint i = 0; i < agent->slots->len; i++)
		if (g_str_equal(((GclkSlot *)g_ptr_array_index(agent->slots, i))->key, key))
			return TRUE;
	return FALSE;
}

/* It is about to go. */
static void forget_slot(GclkAgent *agent, const GclkSlot *slot)
{
	if (agent->selected == slot)
		agent->selected = NULL;
	if (agent->jumped == slot)
		agent->jumped = NULL;
	if (agent->holder == slot || agent->hold.slot == slot)
		gclk_agent_end_hold(agent);
	gclk_agent_forget_claim(agent, slot);
}

void gclk_agent_keep_sources(GclkAgent *agent, const char *const *keys)
{
	for (guint i = agent->slots->len; i-- > 0;) {
		GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		if (g_strv_contains(keys, slot->key))
			continue;
		forget_slot(agent, slot);
		g_ptr_array_remove_index(agent->slots, i);
	}
}

void gclk_agent_set_config(GclkAgent *agent, const GclkConfig *config)
{
	agent->config = config;
}

gboolean gclk_agent_set_control(
	GclkAgent *agent, gboolean steers, const char *reason, GError **error)
{
	if (steers == agent->actuator.steers && g_strcmp0(reason, agent->control_reason) == 0)
		return TRUE;
	g_free(agent->control_reason);
	agent->control_reason = g_strdup(reason);
	agent->urgent = TRUE;
	g_message("%s%s%s", steers ? "steering the clock" : "not steering the clock",
		reason ? ": " : "", reason ? reason : "");
	/* Whoever steered in between may have left the clock anywhere: begin as at the start. */
	agent->first = agent->first || (steers && !agent->actuator.steers);
	agent->fresh = FALSE;
	if (!steers) {
		gclk_agent_clear_finding(agent, "clock-off");
		gclk_agent_forget_rate(agent);
	}
	return gclk_actuator_begin(&agent->actuator, agent->platform, steers, NULL, error);
}

static void recall(GclkAgent *agent, GclkMemory *memory)
{
	g_autoptr(GError) error = NULL;

	if (!gclk_memory_load(agent->platform, agent->config->state_directory,
		    agent->environment->boot_id, memory, &error))
		gclk_agent_set_finding(agent, "state-directory", GCLK_SEVERITY_WARNING,
			error->message, "the learned frequency is not known; it is learned again");
	agent->fresh = !memory->same_boot;
	if (memory->known) {
		agent->estimate.frequency_ppb = memory->frequency_ppb;
		agent->estimate.frequency_sigma_ppb = memory->sigma_ppb;
	}
}

gboolean gclk_agent_start(GclkAgent *agent, GError **error)
{
	GclkMemory memory;

	recall(agent, &memory);
	if (!gclk_actuator_begin(&agent->actuator, agent->platform, agent->actuator.steers,
		    memory.known ? &memory.frequency_ppb : NULL, error))
		return FALSE;
	agent->running = TRUE;
	agent->started = agent->platform->boottime(agent->platform);
	agent->platform->read_pair(agent->platform, &agent->now);
	gclk_agent_take_clocksource(agent);
	gclk_agent_watch_clocksource(agent);
	agent->saved_raw = agent->now.raw - GCLK_AGENT_SAVE_INTERVAL + FIRST_SAVE;
	gclk_agent_await(agent);
	gclk_agent_begin_settling(agent);
	for (guint i = 0; i < agent->slots->len; i++) {
		GclkSlot *slot = g_ptr_array_index(agent->slots, i);

		prime(agent, slot);
		gclk_source_start(slot->source);
	}
	return TRUE;
}

void gclk_agent_stop(GclkAgent *agent)
{
	if (!agent->running)
		return;
	agent->platform->read_pair(agent->platform, &agent->now);
	gclk_agent_remember(agent);
	agent->running = FALSE;
	gclk_agent_unwatch_clocksource(agent);
	for (guint i = 0; i < agent->slots->len; i++)
		forget_slot(agent, g_ptr_array_index(agent->slots, i));
	g_ptr_array_set_size(agent->slots, 0);
}

static void burst(GclkSource *source, gint64 unused)
{
	(void)unused;
	gclk_source_burst(source);
}

void gclk_agent_burst(GclkAgent *agent)
{
	gclk_agent_tell_sources(agent, burst, 0);
}

/* What came of a step by hand, in words. */
static char *tell_step(const GclkAgent *agent, guint64 steps_before)
{
	char text[32];

	gclk_format_offset(agent->steps > steps_before ? agent->last_step : agent->offset, text);
	if (agent->steps > steps_before)
		return g_strdup_printf("stepped by %s", text);
	if (!agent->first)
		return g_strdup_printf("the clock is off by %s only: it is slewed", text);
	return g_strdup("the clock will be stepped as soon as four samples agree");
}

gboolean gclk_agent_step(GclkAgent *agent, char **text)
{
	guint64 before = agent->steps;

	if (!agent->actuator.steers) {
		*text = g_strdup_printf("the clock is not steered here%s%s",
			agent->control_reason ? ": " : "",
			agent->control_reason ? agent->control_reason : "");
		return FALSE;
	}
	if (!agent->selected) {
		*text = g_strdup("no source is selected; see guestclock sources");
		return FALSE;
	}
	agent->first = agent->fresh = TRUE;
	gclk_agent_decide(agent);
	*text = tell_step(agent, before);
	return TRUE;
}
