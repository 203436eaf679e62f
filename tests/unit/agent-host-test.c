/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent and a host that speaks: disruptions, and what the host is told. */
#include <string.h>

#include "agent-bed.h"
#include "harness.h"

#define US GCLK_NS_PER_US
#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S

/* --- what the host is told -------------------------------------------------------------------- */

static void tells_the_host(void)
{
	GclkLinkGuest told;
	Bed bed;

	bed_init(&bed, 1, 0);
	sim_real_set(bed.world.vm, 10 * S);
	bed_start(&bed, TRUE);
	gclk_agent_tell_host(bed.agent, &told);
	GCLK_ASSERT_INT(told.state, GCLK_STATE_STARTING);
	GCLK_ASSERT_INT(told.source_kind, GCLK_LINK_SOURCE_NONE);
	CU_ASSERT_TRUE(told.bound == GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_STR(told.source, "");
	bed_run(&bed, 100);
	gclk_agent_tell_host(bed.agent, &told);
	GCLK_ASSERT_INT(told.state, GCLK_STATE_SYNCHRONISED);
	CU_ASSERT_TRUE(told.steers);
	GCLK_ASSERT_INT(told.source_kind, GCLK_LINK_SOURCE_NTP);
	GCLK_ASSERT_STR(told.source, "192.0.2.1");
	GCLK_ASSERT_INT(told.steps, 1);
	CU_ASSERT_TRUE(told.bound >= ABS(told.offset) && told.bound < 10 * MS);
	CU_ASSERT_TRUE(strlen(told.version) > 0);
	bed_clear(&bed);
}

static void tells_the_kind(void)
{
	GclkLinkGuest told;
	Bed bed;

	bed_init(&bed, 1, 0);
	bed_add_link(&bed);
	bed_start(&bed, FALSE);
	bed_run(&bed, 200);
	gclk_agent_tell_host(bed.agent, &told);
	GCLK_ASSERT_INT(told.source_kind, GCLK_LINK_SOURCE_HOST);
	CU_ASSERT_FALSE(told.steers);
	bed_clear(&bed);
}

/* --- disruptions ------------------------------------------------------------------------------ */

static void says_that_it_was_disrupted(void)
{
	Bed bed;
	GclkStatus *status = NULL;
	guint urgent;

	bed_init(&bed, 1, -30);
	bed_start(&bed, TRUE);
	bed_run(&bed, 1000);
	bed.world.servers[0].down = TRUE;
	urgent = bed.urgent;
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was thrown about");
	CU_ASSERT_TRUE(bed.urgent > urgent);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_HAS(status->reason, "the VM was thrown about");
	GCLK_ASSERT_HAS(status->reason, "no source has yet told");
	CU_ASSERT_TRUE(status->error_bound == GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(status->disruptions, 1);
	GCLK_ASSERT_STR(status->last_disruption, "the VM was thrown about");
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	/* the rate in force stays, and nothing but a source ends it */
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 30000, 500);
	bed_run(&bed, 200);
	GCLK_ASSERT_INT(bed_status(&bed, &status)->state, GCLK_STATE_DISRUPTED);
	bed.world.servers[0].down = FALSE;
	bed_run(&bed, 60);
	GCLK_ASSERT_INT(bed_status(&bed, &status)->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_INT(status->steps, 0);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e6);
	gclk_status_free(status);
	bed_clear(&bed);
}

/* Before the daemon runs, and after, there is nothing to disrupt. */
static void only_while_it_runs(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 60);
	gclk_agent_stop(bed.agent);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was resumed");
	GCLK_ASSERT_INT(bed_status(&bed, &status)->disruptions, 0);
	gclk_status_free(status);
	bed_clear(&bed);
}

static void witnesses_of_one(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "one");
	bed_run(&bed, 3);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_HOST, "two");
	GCLK_ASSERT_INT(bed_status(&bed, &status)->disruptions, 1);
	GCLK_ASSERT_STR(status->last_disruption, "one");
	bed_run(&bed, 60);
	GCLK_ASSERT_INT(bed_status(&bed, &status)->state, GCLK_STATE_SYNCHRONISED);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "three");
	GCLK_ASSERT_INT(bed_status(&bed, &status)->disruptions, 2);
	GCLK_ASSERT_STR(status->last_disruption, "three");
	gclk_status_free(status);
	bed_clear(&bed);
}

/* Ahead or behind, by seconds or by hours: once a witness was there, a step goes either way. */
static void steps_either_way(void)
{
	static const gint64 moves[] = { 40 * S, -40 * S, 7200 * S, -7200 * S };

	for (gsize i = 0; i < G_N_ELEMENTS(moves); i++) {
		Bed bed;
		GclkStatus *status = NULL;

		bed_init(&bed, 1, 0);
		bed_start(&bed, TRUE);
		bed_run(&bed, 500);
		sim_real_step(bed.world.vm, moves[i]);
		gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was restored");
		bed_run(&bed, 30);
		GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
		bed_status(&bed, &status);
		GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
		GCLK_ASSERT_INT(status->steps, 1);
		GCLK_ASSERT_HAS(status->last_step_reason, "disrupted");
		gclk_status_free(status);
		bed_clear(&bed);
	}
}

/* One step, and then the ordinary rules again. */
static void once(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was resumed");
	bed_run(&bed, 60);
	sim_real_step(bed.world.vm, 10 * S);
	bed_run(&bed, 60);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->steps, 0);
	CU_ASSERT_PTR_NOT_NULL(bed_finding(status, "clock-off"));
	gclk_status_free(status);
	bed_clear(&bed);
}

/* The host tells of a pause; within two seconds all is well. */
static void pause_is_told(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, -30);
	bed_add_link(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	sim_pause(bed.world.vm, 60 * S);
	sim_host_tells(&bed.world, GCLK_LINK_EVENT_RESUMED);
	bed_run(&bed, 2);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e6);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_STR(status->last_disruption, "the VM was resumed");
	gclk_status_free(status);
	bed_clear(&bed);
}

/* Neither news nor count: the clock itself tells. */
static void pause_is_seen(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 100);
	sim_pause(bed.world.vm, 7200 * S);
	bed_run(&bed, 3);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->disruptions, 1);
	GCLK_ASSERT_HAS(status->last_disruption, "stood still");
	gclk_status_free(status);
	bed_clear(&bed);
}

/* The host's clock is set; the server's is not, and neither did this guest stand still. */
static void host_is_set(void)
{
	static const gint64 moves[] = { 5 * S, -5 * S };

	for (gsize i = 0; i < G_N_ELEMENTS(moves); i++) {
		Bed bed;
		GclkStatus *status = NULL;

		bed_init(&bed, 1, 0);
		bed_add_link(&bed);
		bed_start(&bed, TRUE);
		bed_run(&bed, 500);
		bed.world.host.offset += moves[i];
		bed_run(&bed, 200);
		bed_status(&bed, &status);
		GCLK_ASSERT_INT(status->disruptions, 0);
		GCLK_ASSERT_INT(status->steps, 0);
		GCLK_ASSERT_STR(status->selected, "192.0.2.1");
		GCLK_ASSERT_INT(
			bed_source(status, SIM_CHANNEL)->standing, GCLK_STANDING_FALSETICKER);
		GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
		/* it is right again: its vote counts again */
		bed.world.host.offset = 0;
		bed_run(&bed, 400);
		GCLK_ASSERT_STR(bed_status(&bed, &status)->selected, SIM_CHANNEL);
		gclk_status_free(status);
		bed_clear(&bed);
	}
}

/* Who contradicted the others before does not set the clock while they have yet to speak. */
static void liar_waits(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 2, 0);
	bed_add_link(&bed);
	bed.world.host.offset = 3600 * S;
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	sim_pause(bed.world.vm, 60 * S);
	sim_host_tells(&bed.world, GCLK_LINK_EVENT_RESUMED);
	bed_run(&bed, 2);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_HAS(bed_source(status, SIM_CHANNEL)->reason, "contradicted");
	bed_run(&bed, 20);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->steps, 1);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
	gclk_status_free(status);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the host is told", tells_the_host },
		{ "the host is told what kind of source", tells_the_kind },
		{ "disrupted, until a source has spoken", says_that_it_was_disrupted },
		{ "disrupted only while it runs", only_while_it_runs },
		{ "several witnesses, one disruption", witnesses_of_one },
		{ "one step, either way", steps_either_way },
		{ "one step only", once },
		{ "a pause that the host tells of", pause_is_told },
		{ "a pause that nobody tells of", pause_is_seen },
		{ "a host that was set is no disruption", host_is_set },
		{ "a liar waits for the others", liar_waits },
		{ NULL, NULL },
	};

	return gclk_test_main("agent-host", cases);
}
