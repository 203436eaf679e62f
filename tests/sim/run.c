/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a scenario: the daemon's own pipeline on a simulated platform, watched from outside. */
#include <math.h>
#include <stdio.h>

#include "agent.h"
#include "scenario.h"
#include "sources.h"

#define EPOCH          1795219200 /* 2026-11-21 */
#define WATCH_INTERVAL GCLK_NS_PER_S

gboolean sim_verbose;

typedef struct {
	const SimScenario *scenario;
	SimWorld world;
	GclkPlatform *platform;
	GclkConfig *config;
	GclkEnvironment environment;
	GclkAgent *agent;
	GArray *happenings; /* of Happening: the user data of events */
	gint64 epoch;
	SimResult *result;
	gint64 settled_now, settled_raw; /* both clocks when statistics began; 0: not yet */
	double square_sum;
	guint64 watched;
	double last_bad, last_bad_recovering; /* when |error| was last above the limit, s */
	guint64 steps_before;                 /* of agents that were killed */
} Run;

typedef struct {
	Run *run;
	SimEvent event;
} Happening;

static gint64 ns(double seconds)
{
	return (gint64)llround(seconds * 1e9);
}

static double elapsed(const Run *run)
{
	return (double)(sim_now(run->world.vm) - run->epoch) / 1e9;
}

/* --- the daemon ------------------------------------------------------------------------------- */

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	(void)user;
	(void)agent;
	(void)urgent;
}

static const GclkAgentEvents agent_events = { .report = on_report };

static void start_agent(Run *run)
{
	run->agent = gclk_agent_new(
		run->platform, run->config, &run->environment, TRUE, NULL, &agent_events, run);
	gclk_sources_apply(run->agent, run->platform, run->config, run->epoch);
	if (!gclk_agent_start(run->agent, NULL))
		g_error("the agent does not start in the simulator");
}

static void kill_agent(Run *run)
{
	g_autoptr(GclkStatus) status = NULL;

	if (!run->agent)
		return;
	status = gclk_agent_status(run->agent);
	run->steps_before += status->steps;
	g_clear_pointer(&run->agent, gclk_agent_free);
}

static GclkConfig *make_config(const SimScenario *scenario)
{
	GclkConfig *config = gclk_config_new();

	config->ptp_poll = scenario->ptp_poll;
	config->link_channel = g_strdup(scenario->has_link ? SIM_CHANNEL : "none");
	config->link_poll = scenario->link_poll;
	config->discover = FALSE;
	for (guint i = 0; i < scenario->n_servers; i++) {
		g_autofree char *address = g_strdup_printf("192.0.2.%u", i + 1);
		GclkServerConfig *server = gclk_server_config_new(address, address);

		server->min_poll = scenario->min_poll;
		server->max_poll = scenario->max_poll;
		g_ptr_array_add(config->servers, server);
	}
	return config;
}

/* --- what happens ----------------------------------------------------------------------------- */

static void set_stops(SimWorld *world, double share)
{
	const SimStops stops = { share, 30 * GCLK_NS_PER_MS, 48 * GCLK_NS_PER_MS };

	sim_set_stops(world->vm, &stops);
}

/* The machine stands still, and the host tells so where there is a link. */
static void pause_by_host(SimWorld *world, double seconds, GclkLinkEvent event)
{
	sim_pause(world->vm, ns(seconds));
	if (world->has_link)
		sim_host_tells(world, event);
}

/* The new host has not yet disrupted this guest, but this once. */
static void migrate(SimWorld *world, double ppm)
{
	sim_host_gone(world, TRUE);
	sim_frequency_add(world->vm, ppm);
	sim_pause(world->vm, 200 * GCLK_NS_PER_MS);
	world->host.disruptions = 0;
	sim_host_gone(world, FALSE);
	sim_host_tells(world, GCLK_LINK_EVENT_MIGRATED);
}

static void on_host_happening(SimWorld *world, const SimEvent *event)
{
	SimHost *host = &world->host;

	switch (event->what) {
	case SIM_HOST_STEP:
		host->offset += ns(event->value);
		break;
	case SIM_HOST_SET:
		host->offset += ns(event->value);
		sim_host_tells(world, GCLK_LINK_EVENT_HOST_CLOCK);
		break;
	case SIM_HOST_RATE:
		sim_host_rate(world, event->value);
		break;
	case SIM_HOST_LOST:
		host->synchronised = FALSE;
		break;
	case SIM_HOST_FOUND:
		host->synchronised = TRUE;
		host->offset = 0;
		host->frequency_ppm = 0;
		break;
	case SIM_HOST_GONE:
	case SIM_HOST_BACK:
		sim_host_gone(world, event->what == SIM_HOST_GONE);
		break;
	default:
		break;
	}
}

static void on_happening(gpointer user)
{
	Happening *h = user;
	SimWorld *world = &h->run->world;
	guint which =
		h->event.value > 0 ? (guint)h->event.value : 0; /* a server, where it is one */

	switch (h->event.what) {
	case SIM_NOTHING:
		break;
	case SIM_SERVER_DOWN:
	case SIM_SERVER_UP:
		world->servers[which].down = h->event.what == SIM_SERVER_DOWN;
		break;
	case SIM_SERVER_OFFSET:
		world->servers[0].offset = ns(h->event.value);
		break;
	case SIM_PTP_GONE:
	case SIM_PTP_BACK:
		world->ptp.gone = h->event.what == SIM_PTP_GONE;
		break;
	case SIM_PAUSE:
		pause_by_host(world, h->event.value, GCLK_LINK_EVENT_RESUMED);
		break;
	case SIM_RESTORE:
		pause_by_host(world, h->event.value, GCLK_LINK_EVENT_RESTORED);
		break;
	case SIM_MIGRATION:
		migrate(world, h->event.value);
		break;
	case SIM_SUSPEND:
		sim_suspend(world->vm, ns(h->event.value));
		break;
	case SIM_LEAP_SECOND:
		sim_utc_step(world->vm, ns(h->event.value));
		for (guint i = 0; i < world->n_servers; i++)
			world->servers[i].leap = GCLK_LEAP_NONE;
		break;
	case SIM_FREQUENCY:
		sim_frequency_add(world->vm, h->event.value);
		break;
	case SIM_SET_CLOCK:
		sim_real_step(world->vm, ns(h->event.value));
		break;
	case SIM_READ_ONLY:
		world->read_only = TRUE;
		break;
	case SIM_RESTART:
		kill_agent(h->run);
		start_agent(h->run);
		break;
	case SIM_KILL:
		kill_agent(h->run);
		break;
	case SIM_STOPS:
		set_stops(world, h->event.value);
		break;
	case SIM_CURE:
		sim_set_tick(world->vm, 0);
		break;
	default:
		on_host_happening(world, &h->event);
		break;
	}
}

/* --- watched from outside --------------------------------------------------------------------- */

static double bound_ratio(Run *run, double error)
{
	g_autoptr(GclkStatus) status = NULL;

	if (!run->agent)
		return 0;
	status = gclk_agent_status(run->agent);
	if (status->state == GCLK_STATE_STARTING)
		return 0;
	return fabs(error) * 1e9 / (double)status->error_bound;
}

/* Until the next poll nobody can know what happened just now. From then on no bound may be wrong.
 */
static gboolean unforeseeable(const SimScenario *s, double t)
{
	gint log_poll = s->n_servers ? s->max_poll : s->has_link ? s->link_poll : s->ptp_poll;
	double poll = ldexp(1, log_poll) * 2.1 + 1;

	for (guint i = 0; i < SIM_EVENTS_MAX && s->events[i].what; i++) {
		const SimEvent *event = &s->events[i];
		gboolean pause = event->what == SIM_PAUSE || event->what == SIM_RESTORE;
		double end = event->at + poll + (pause ? event->value : 0);

		if (t >= event->at && t <= end)
			return TRUE;
	}
	return FALSE;
}

static void on_watch(gpointer user)
{
	Run *run = user;
	const SimScenario *s = run->scenario;
	double t = elapsed(run);
	double error = (double)(sim_utc(run->world.vm) - sim_real(run->world.vm)) / 1e9;
	gboolean bad = fabs(error) > s->converge_limit;

	if (bad && t <= s->settled)
		run->last_bad = t;
	if (bad && t >= s->recover_from)
		run->last_bad_recovering = t;
	if (t >= s->settled && run->settled_now == 0) {
		run->settled_now = sim_now(run->world.vm);
		run->settled_raw = sim_raw(run->world.vm);
	}
	if (t >= s->settled) {
		run->square_sum += error * error;
		run->watched++;
		run->result->max = MAX(run->result->max, fabs(error));
	}
	if (sim_verbose && !unforeseeable(s, t) && bound_ratio(run, error) > 1)
		printf("# %10.3f s  error %+.9f s is %.2f times the stated bound\n", t, error,
			bound_ratio(run, error));
	if (!unforeseeable(s, t))
		run->result->worst_bound_ratio =
			MAX(run->result->worst_bound_ratio, bound_ratio(run, error));
	sim_at(run->world.vm, WATCH_INTERVAL, on_watch, run);
}

/* The daemon's log with the simulated time. */
static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
	const Run *run = user;

	(void)domain;
	if (level & (G_LOG_FLAG_FATAL) || sim_verbose)
		printf("# %10.3f s  error %+.9f s  %s\n", elapsed(run),
			(double)(sim_utc(run->world.vm) - sim_real(run->world.vm)) / 1e9, message);
}

/* --- the run ---------------------------------------------------------------------------------- */

static void make_world(Run *run, guint64 seed)
{
	const SimScenario *s = run->scenario;

	run->world.vm = sim_vm_new(seed, run->epoch, &s->oscillator);
	sim_real_set(run->world.vm, ns(s->start_offset));
	set_stops(&run->world, s->stops);
	run->world.n_servers = s->n_servers;
	for (guint i = 0; i < s->n_servers; i++)
		run->world.servers[i] = s->server;
	if (s->liar != 0)
		run->world.servers[s->n_servers - 1].offset = ns(s->liar);
	run->world.has_ptp = s->has_ptp;
	run->world.ptp = s->ptp;
	run->world.has_link = s->has_link;
	run->world.host = s->host;
	run->world.host.since = run->epoch;
	for (guint i = 0; i < SIM_EVENTS_MAX && s->events[i].what; i++) {
		Happening h = { run, s->events[i] };

		g_array_append_val(run->happenings, h);
	}
	for (guint i = 0; i < run->happenings->len; i++) {
		Happening *h = &g_array_index(run->happenings, Happening, i);

		sim_at(run->world.vm, ns(h->event.at), on_happening, h);
	}
	sim_at(run->world.vm, WATCH_INTERVAL, on_watch, run);
}

static double lost_ppm(const Run *run)
{
	double elapsed = (double)(sim_now(run->world.vm) - run->settled_now);
	double counted = (double)(sim_raw(run->world.vm) - run->settled_raw);

	return run->settled_now ? (elapsed - counted) / elapsed * 1e6 : 0;
}

static char *tell_findings(const GclkStatus *status)
{
	GString *out = g_string_new(" ");

	for (guint i = 0; status && i < status->findings->len; i++)
		g_string_append_printf(
			out, "%s ", ((GclkFinding *)g_ptr_array_index(status->findings, i))->id);
	return g_string_free(out, FALSE);
}

static void conclude(Run *run)
{
	SimResult *r = run->result;
	g_autoptr(GclkStatus) status = run->agent ? gclk_agent_status(run->agent) : NULL;
	double end = elapsed(run);

	r->rms = run->watched ? sqrt(run->square_sum / (double)run->watched) : 0;
	r->converged = run->last_bad + 1 >= run->scenario->settled ? -1 : run->last_bad;
	r->recovered = run->last_bad_recovering + 1 >= end
			       ? -1
			       : MAX(run->last_bad_recovering - run->scenario->recover_from, 0);
	r->rate_ppb = sim_real_rate_ppb(run->world.vm);
	r->packets = run->world.packets;
	r->steps = run->steps_before + (status ? status->steps : 0);
	r->state = g_strdup(status ? gclk_state_name(status->state) : "killed");
	r->reason = g_strdup(status ? status->reason : NULL);
	r->disruptions = status ? status->disruptions : 0;
	r->selected = g_strdup(status ? status->selected : NULL);
	r->findings = tell_findings(status);
	r->ticks = g_strdup(status ? status->ticks.verdict : "unknown");
	r->told_ppm = status ? status->ticks.lost_ppm : 0;
	r->lost_ppm = lost_ppm(run);
}

void sim_scenario_run(const SimScenario *scenario, guint64 seed, SimResult *result)
{
	Run run = {
		.scenario = scenario,
		.epoch = (scenario->epoch ? scenario->epoch : EPOCH) * GCLK_NS_PER_S,
		.environment = { .hypervisor = (char *)"kvm",
			.container = (char *)"none",
			.boot_id = (char *)"simulated" },
		.happenings = g_array_new(FALSE, TRUE, sizeof(Happening)),
		.result = result,
	};

	*result = (SimResult){ 0 };
	make_world(&run, seed);
	g_log_set_default_handler(on_log, &run);
	run.platform = sim_platform_new(&run.world);
	run.config = make_config(scenario);
	start_agent(&run);
	sim_run(run.world.vm, run.epoch + ns(scenario->length));
	conclude(&run);
	g_clear_pointer(&run.agent, gclk_agent_free);
	gclk_config_free(run.config);
	run.platform->free(run.platform);
	g_log_set_default_handler(g_log_default_handler, NULL);
	sim_vm_free(run.world.vm);
	g_array_unref(run.happenings);
}

void sim_result_clear(SimResult *result)
{
	g_free(result->state);
	g_free(result->reason);
	g_free(result->selected);
	g_free(result->findings);
	g_free(result->ticks);
	*result = (SimResult){ 0 };
}
