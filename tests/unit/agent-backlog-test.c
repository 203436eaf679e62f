/* SPDX-License-Identifier: BSD-2-Clause */
/* A hypervisor with a backlog of ticks is told to drop it after a step of ours, and then only. */
#include "agent.h"

#include "harness.h"
#include "sources.h"
#include "world.h"

#define EPOCH (1795219200 * GCLK_NS_PER_S)

typedef struct {
	SimWorld world;
	GclkPlatform *platform;
	GclkConfig *config;
	GclkEnvironment environment;
	GclkAgent *agent;
} Bed;

static gboolean read_host(const GclkHostReader *reader, GclkHostTime *out)
{
	(void)reader;
	(void)out;
	return FALSE;
}

static void drop_backlog(const GclkHostReader *reader)
{
	++*(guint *)reader->user;
}

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	(void)user;
	(void)agent;
	(void)urgent;
}

static const GclkAgentEvents events = { .report = on_report };

static void bed_init(Bed *bed, gboolean steers, guint *drops)
{
	const GclkHostReader reader = {
		.read = read_host, .drop_backlog = drop_backlog, .user = drops
	};
	const SimOscillator oscillator = { .frequency_ppm = 5 };
	GclkServerConfig *server = gclk_server_config_new("192.0.2.1", "192.0.2.1");

	*bed = (Bed){ .environment = { .boot_id = (char *)"b", .hypervisor = (char *)"vmware" } };
	*drops = 0;
	bed->world.vm = sim_vm_new(3, EPOCH, &oscillator);
	bed->world.n_servers = 1;
	bed->world.servers[0] = (SimServer){ .delay = 100 * GCLK_NS_PER_US, .stratum = 1 };
	bed->config = gclk_config_new();
	bed->config->vmware_backdoor = FALSE; /* the reader is there for the backlog alone */
	server->min_poll = server->max_poll = 4;
	g_ptr_array_add(bed->config->servers, server);
	bed->platform = sim_platform_new(&bed->world);
	bed->agent = gclk_agent_new(
		bed->platform, bed->config, &bed->environment, steers, NULL, &events, bed);
	gclk_agent_use_host_time(bed->agent, &reader);
	gclk_sources_apply(bed->agent, bed->platform, bed->config, EPOCH);
}

static void bed_start(Bed *bed)
{
	CU_ASSERT_TRUE_FATAL(gclk_agent_start(bed->agent, NULL));
}

static void bed_run(Bed *bed, gint64 seconds)
{
	sim_run(bed->world.vm, sim_now(bed->world.vm) + seconds * GCLK_NS_PER_S);
}

static void bed_clear(Bed *bed)
{
	gclk_agent_free(bed->agent);
	gclk_config_free(bed->config);
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
}

static guint64 steps(Bed *bed)
{
	g_autoptr(GclkStatus) status = gclk_agent_status(bed->agent);

	return status->steps;
}

static void test_ours(void)
{
	guint drops;
	Bed bed;

	bed_init(&bed, TRUE, &drops);
	sim_real_set(bed.world.vm, 10 * GCLK_NS_PER_S);
	bed_start(&bed);
	bed_run(&bed, 100);
	GCLK_ASSERT_INT(steps(&bed), 1);
	GCLK_ASSERT_INT(drops, 1);
	/* small errors are slewed */
	bed_run(&bed, 1000);
	GCLK_ASSERT_INT(drops, 1);
	bed_clear(&bed);
}

/* Somebody else sets the clock: that is no step of ours. What we do about it is. */
static void test_theirs(void)
{
	guint drops;
	Bed bed;

	bed_init(&bed, TRUE, &drops);
	bed_start(&bed);
	bed_run(&bed, 200);
	GCLK_ASSERT_INT(drops, 0);
	sim_real_step(bed.world.vm, -5 * GCLK_NS_PER_S);
	bed_run(&bed, 200);
	GCLK_ASSERT_INT(drops, steps(&bed));
	CU_ASSERT_TRUE(drops > 0);
	bed_clear(&bed);
}

static void test_measures_only(void)
{
	guint drops;
	Bed bed;

	bed_init(&bed, FALSE, &drops);
	bed_start(&bed);
	bed_run(&bed, 100);
	sim_real_step(bed.world.vm, -5 * GCLK_NS_PER_S);
	bed_run(&bed, 200);
	GCLK_ASSERT_INT(drops, 0);
	bed_clear(&bed);
}

static void test_no_longer(void)
{
	guint drops;
	Bed bed;

	bed_init(&bed, TRUE, &drops);
	CU_ASSERT_PTR_NOT_NULL(gclk_agent_host_time(bed.agent));
	gclk_agent_use_host_time(bed.agent, NULL);
	CU_ASSERT_PTR_NULL(gclk_agent_host_time(bed.agent));
	sim_real_set(bed.world.vm, 10 * GCLK_NS_PER_S);
	bed_start(&bed);
	bed_run(&bed, 100);
	GCLK_ASSERT_INT(steps(&bed), 1);
	GCLK_ASSERT_INT(drops, 0);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a step of ours", test_ours },
		{ "a step of somebody else's", test_theirs },
		{ "measures only", test_measures_only },
		{ "the hypervisor is not to be asked", test_no_longer },
		{ 0 },
	};

	return gclk_test_main("agent-backlog", cases);
}
