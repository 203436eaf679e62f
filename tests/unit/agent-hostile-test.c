/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent and a host that is unlucky, mistaken or hostile. */
#include "agent-bed.h"
#include "harness.h"
#include "sources.h"

#define US GCLK_NS_PER_US
#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S

/* --- its word --------------------------------------------------------------------------------- */

/* Whoever takes the link out of the configuration does not want to hear what the host said. */
static void claim_goes_with_its_source(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_link(&bed);
	bed_add_ptp(&bed);
	bed.world.host.synchronised = FALSE;
	bed_start(&bed, TRUE);
	bed_run(&bed, 60);
	CU_ASSERT_PTR_NULL(bed_status(&bed, &status)->selected);
	g_free(bed.config->link_channel);
	bed.config->link_channel = g_strdup("none");
	gclk_sources_apply(bed.agent, bed.platform, bed.config, BED_EPOCH);
	bed_run(&bed, 10);
	bed_status(&bed, &status);
	CU_ASSERT_FALSE(status->host.known);
	GCLK_ASSERT_STR(status->selected, "ptp_kvm");
	gclk_status_free(status);
	bed_clear(&bed);
}

/* The service on the host is started anew: that makes no clock right which was wrong before. */
static void refusal_outlives_a_restart(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_link(&bed);
	bed_add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	bed.world.host.synchronised = FALSE;
	bed_run(&bed, 40);
	sim_host_gone(&bed.world, TRUE);
	bed_run(&bed, 20);
	bed_status(&bed, &status);
	CU_ASSERT_PTR_NULL(status->selected);
	/* not for ever: nobody may ever come back */
	bed_run(&bed, 200);
	GCLK_ASSERT_STR(bed_status(&bed, &status)->selected, "ptp_kvm");
	gclk_status_free(status);
	bed_clear(&bed);
}

/* The host has not yet said anything since the first disruption when there is another one. */
static void claim_is_awaited_still(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_link(&bed);
	bed_add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	bed.world.host.synchronised = FALSE;
	bed.world.host.offset = 900 * S;
	bed.world.host.delay = 200 * MS;
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was migrated");
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was migrated again");
	bed_run(&bed, 5);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->disruptions, 2);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_INT(status->steps, 0);
	gclk_status_free(status);
	bed_clear(&bed);
}

/* --- its rate --------------------------------------------------------------------------------- */

/* The last server falls silent, and the host says at the same time that it has lost the time: what
   is told of the error must go on to be true, and the host's clock hold the rate. */
static void sudden_hold(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 1, 0);
	sim_set_tick(bed.world.vm, 4 * MS);
	sim_tick_loss(bed.world.vm, 0.02);
	bed_add_link(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 600);
	bed.world.servers[0].down = TRUE;
	bed.world.host.synchronised = FALSE;
	bed.world.host.protocol = GCLK_PROTOCOL_NONE;
	sim_host_rate(&bed.world, 90);
	for (gint i = 0; i < 40; i++) {
		bed_run(&bed, 50);
		bed_status(&bed, &status);
		CU_ASSERT_TRUE(status->error_bound >= ABS(bed_error(&bed)));
	}
	GCLK_ASSERT_HAS(status->reason, "held by the host's clock");
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 4e8); /* 90 ppm, and what was lost first */
	gclk_status_free(status);
	bed_clear(&bed);
}

/* --- its disruptions -------------------------------------------------------------------------- */

/* The guest has not run for ten seconds since the first pause when the second one comes. */
static void pause_after_pause(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, -30);
	bed_add_link(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	for (guint i = 1; i <= 4; i++) {
		sim_pause(bed.world.vm, 60 * S);
		sim_host_tells(&bed.world, GCLK_LINK_EVENT_RESUMED);
		bed_run(&bed, 3);
		GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e6);
		bed_status(&bed, &status);
		GCLK_ASSERT_INT(status->disruptions, i);
		GCLK_ASSERT_INT(status->steps, i);
		GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	}
	gclk_status_free(status);
	bed_clear(&bed);
}

/* VMware's session is looked at every ten seconds: it tells of what others have told before. */
static void late_witness(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_SLEEP, "suspended");
	bed_run(&bed, 11);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMWARE, "moved");
	GCLK_ASSERT_INT(bed_status(&bed, &status)->disruptions, 1);
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMWARE, "moved again");
	GCLK_ASSERT_INT(bed_status(&bed, &status)->disruptions, 2);
	gclk_status_free(status);
	bed_clear(&bed);
}

static void count_up(gpointer user)
{
	Bed *bed = user;

	bed->world.host.disruptions++;
	sim_at(bed->world.vm, 20 * MS, count_up, bed);
}

/* A host that counts another disruption with each answer is not believed for ever, and neither the
   servers nor this machine pay for it. */
static void storm(void)
{
	Bed bed;
	GclkStatus *status = NULL;
	guint64 requests;

	bed_init(&bed, 2, 0);
	bed_add_link(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 500);
	count_up(&bed);
	bed_run(&bed, 300);
	bed_status(&bed, &status);
	requests = bed_source(status, "192.0.2.1")->requests;
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	bed_run(&bed, 300);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	printf("disruptions %u requests %u reports %u link %u\n", (guint)status->disruptions,
		(guint)(bed_source(status, "192.0.2.1")->requests - requests), bed.reports,
		(guint)bed_source(status, SIM_CHANNEL)->requests);
	CU_ASSERT_TRUE(bed_source(status, "192.0.2.1")->requests - requests < 60);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e6);
	gclk_status_free(status);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a claim goes with its source", claim_goes_with_its_source },
		{ "a refusal outlives a restart of the service", refusal_outlives_a_restart },
		{ "a claim is awaited still", claim_is_awaited_still },
		{ "a sudden hold", sudden_hold },
		{ "a pause soon after a pause", pause_after_pause },
		{ "a witness that comes late", late_witness },
		{ "disruptions all the time", storm },
		{ NULL, NULL },
	};

	return gclk_test_main("agent-hostile", cases);
}
