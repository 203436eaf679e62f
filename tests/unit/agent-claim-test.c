/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent and what a host says of its clock: bounds, refusals, the rate of one without the time.
 */
#include <string.h>

#include "agent-bed.h"
#include "guestclock/ptp-table.h"
#include "harness.h"

#define US GCLK_NS_PER_US
#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S

/* --- claims ----------------------------------------------------------------------------------- */

static void claim_binds(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_link(&bed);
	bed_add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	bed_status(&bed, &status);
	CU_ASSERT_TRUE_FATAL(status->host.known);
	CU_ASSERT_TRUE(status->host.synchronised);
	GCLK_ASSERT_INT(status->host.protocol, GCLK_PROTOCOL_NTP);
	GCLK_ASSERT_INT(status->host.bound, 100 * US);
	CU_ASSERT_TRUE(status->host.age < 17 * S);
	GCLK_ASSERT_STR(status->selected, "ptp_kvm");
	CU_ASSERT_FALSE(status->assumed);
	CU_ASSERT_TRUE(status->error_bound >= 100 * US && status->error_bound < 1 * MS);
	CU_ASSERT_TRUE(status->single);
	/* the host falls silent: its word holds for a while, and then the assumption again */
	sim_host_gone(&bed.world, TRUE);
	bed_run(&bed, 200);
	bed_status(&bed, &status);
	CU_ASSERT_FALSE(status->host.known);
	CU_ASSERT_TRUE(status->assumed);
	gclk_status_free(status);
	bed_clear(&bed);
}

static void claim_refuses(void)
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
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_HOLDOVER);
	GCLK_ASSERT_INT(bed_source(status, "ptp_kvm")->standing, GCLK_STANDING_REFUSED);
	GCLK_ASSERT_HAS(bed_source(status, "ptp_kvm")->reason, "the host says");
	/* what was learned is better than the clock of a host that is adrift */
	CU_ASSERT_PTR_NULL(strstr(status->reason, "held by the host"));
	gclk_status_free(status);
	bed_clear(&bed);
}

/* A pause of 30 s that nobody tells of, while somebody goes on saying that the host's clock was
   set: that explains the first jump at most, and never takes away what follows a disruption. */
static void stale_word_of_a_set_clock(void)
{
	const gint64 before[] = { 20, 2 }; /* s between the words, the last of which is stale */

	for (guint k = 0; k < G_N_ELEMENTS(before); k++) {
		Bed bed;
		GclkStatus *status = NULL;

		bed_init(&bed, 0, 0);
		bed_add_link(&bed);
		bed.world.host.mute = TRUE;
		bed_start(&bed, TRUE);
		bed_run(&bed, 200);
		for (gint64 i = 0; i < 40; i += before[k]) {
			sim_host_tells(&bed.world, GCLK_LINK_EVENT_HOST_CLOCK);
			bed_run(&bed, before[k]);
		}
		sim_pause(bed.world.vm, 30 * S);
		bed_run(&bed, 40);
		bed_status(&bed, &status);
		GCLK_ASSERT_INT(status->disruptions, 1);
		CU_ASSERT_TRUE(ABS(bed_error(&bed)) < 1 * MS);
		gclk_status_free(status);
		bed_clear(&bed);
	}
}

/* The word comes with the jump: it was the host's clock, and no disruption. */
static void word_of_a_set_clock(void)
{
	const gint64 by[] = { 5 * S, 3000 * S };

	for (guint k = 0; k < G_N_ELEMENTS(by); k++) {
		Bed bed;
		GclkStatus *status = NULL;

		bed_init(&bed, 0, 0);
		bed_add_link(&bed);
		bed_start(&bed, TRUE);
		bed_run(&bed, 200);
		bed.world.host.offset += by[k];
		sim_host_tells(&bed.world, GCLK_LINK_EVENT_HOST_CLOCK);
		bed_run(&bed, 40);
		bed_status(&bed, &status);
		GCLK_ASSERT_INT(status->disruptions, 0);
		/* as far as max-step, but no further */
		CU_ASSERT_TRUE(ABS(bed_error(&bed) + (k == 0 ? by[k] : 0)) < 1 * MS);
		GCLK_ASSERT_INT(status->state,
			k == 0 ? GCLK_STATE_SYNCHRONISED : GCLK_STATE_UNSYNCHRONISED);
		gclk_status_free(status);
		bed_clear(&bed);
	}
}

static void nothing(GclkSource *source)
{
	(void)source;
}

static void no_step(GclkSource *source, gint64 delta)
{
	(void)source;
	(void)delta;
}

static void no_tune(GclkSource *source, gint quality)
{
	(void)source;
	(void)quality;
}

static gsize no_drops(GclkSource *source, const GclkSourceDrop **out)
{
	(void)source;
	(void)out;
	return 0;
}

static void free_source(GclkSource *source)
{
	g_free(source);
}

/* Does the agent listen to what such a source claims? */
static gboolean is_heard(GclkSourceKind kind, const char *origin)
{
	static const GclkSourceOps ops = { nothing, nothing, no_step, no_tune, no_drops,
		free_source };
	const GclkLinkHost claim = { .protocol = GCLK_PROTOCOL_PTP, .synchronised = TRUE };
	GclkSource *source = g_new0(GclkSource, 1);
	GclkStatus *status = NULL;
	gboolean heard;
	Bed bed;

	bed_init(&bed, 1, 0);
	gclk_source_init(source, &ops, kind, bed.platform, "somebody", origin);
	bed_start(&bed, TRUE);
	gclk_agent_add_source(bed.agent, source, "somebody");
	bed_run(&bed, 10);
	gclk_source_claim(source, &claim, sim_raw(bed.world.vm));
	heard = bed_status(&bed, &status)->host.known;
	gclk_status_free(status);
	bed_clear(&bed);
	return heard;
}

static void claims_come_by_the_link(void)
{
	CU_ASSERT_TRUE(is_heard(GCLK_SOURCE_HOST, GCLK_ORIGIN_HOST));
	CU_ASSERT_FALSE(is_heard(GCLK_SOURCE_HOST, "192.0.2.9"));
	CU_ASSERT_FALSE(is_heard(GCLK_SOURCE_NTP, "192.0.2.9"));
	CU_ASSERT_FALSE(is_heard(GCLK_SOURCE_NTP, GCLK_ORIGIN_HOST));
	CU_ASSERT_FALSE(is_heard(GCLK_SOURCE_PTP, GCLK_ORIGIN_HOST));
}

/* The leap second that the host knows of reaches the kernel although the device cannot tell it. */
static void claim_announces(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_link(&bed);
	bed_add_ptp(&bed);
	bed.world.host.leap = GCLK_LEAP_INSERT;
	bed_start(&bed, TRUE);
	bed_run(&bed, 100);
	GCLK_ASSERT_STR(bed_status(&bed, &status)->selected, "ptp_kvm");
	GCLK_ASSERT_INT(status->leap, GCLK_LEAP_INSERT);
	gclk_status_free(status);
	bed_clear(&bed);
}

/* After a disruption it may be another host: its precision clock waits for its word. */
static void claim_is_asked_first(void)
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
	bed.world.host.delay = 200 * MS; /* the device is read in no time */
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was migrated");
	bed_run(&bed, 5);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_INT(status->steps, 0);
	gclk_status_free(status);
	bed_clear(&bed);
}

/* --- its rate --------------------------------------------------------------------------------- */

/* RAW is slow by 1,500 ppm, and nobody tells the time: the host's clock tells the rate all the
 * same.
 */
static void rate_of_a_host_without_time(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, -1500);
	bed_add_link(&bed);
	bed.world.host.synchronised = FALSE;
	bed.world.host.protocol = GCLK_PROTOCOL_NONE;
	bed.world.host.offset = 77 * S;
	bed_start(&bed, TRUE);
	bed_run(&bed, 600);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_HAS(status->reason, "its rate is held by the host's clock");
	CU_ASSERT_TRUE(status->error_bound == GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(status->steps, 0);
	GCLK_ASSERT_NEAR(sim_real_rate_ppb(bed.world.vm), 0, 2000);
	gclk_status_free(status);
	bed_clear(&bed);
}

/* What was learned from a server is better than the rate of such a host, after a pause too. */
static void learned_rate_is_kept(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 1, -30);
	bed_add_link(&bed);
	bed.world.host.synchronised = FALSE;
	bed.world.host.protocol = GCLK_PROTOCOL_NONE;
	bed.world.host.frequency_ppm = 80;
	bed_start(&bed, TRUE);
	bed_run(&bed, 2000);
	bed.world.servers[0].down = TRUE;
	gclk_agent_disrupted(bed.agent, GCLK_WITNESS_VMCLOCK, "the VM was resumed");
	bed_run(&bed, 600);
	bed_status(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 30000, 500);
	gclk_status_free(status);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the claim sets the bound", claim_binds },
		{ "the claim refuses the host's clock", claim_refuses },
		{ "the host says that its clock was set", word_of_a_set_clock },
		{ "it says so too often, or too early", stale_word_of_a_set_clock },
		{ "claims come by the link and nothing else", claims_come_by_the_link },
		{ "the claim announces a leap second", claim_announces },
		{ "after a disruption the claim comes first", claim_is_asked_first },
		{ "the rate of a host without the time", rate_of_a_host_without_time },
		{ "the rate that was learned is kept", learned_rate_is_kept },
		{ NULL, NULL },
	};

	return gclk_test_main("agent-claim", cases);
}
