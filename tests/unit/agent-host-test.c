/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent and a host that speaks: disruptions, claims, rates; and what the host is told. */
#include <string.h>

#include "agent-bed.h"
#include "guestclock/ptp-table.h"
#include "harness.h"

#define US GCLK_NS_PER_US
#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S

static GclkStatus *status_of(Bed *bed, GclkStatus **status)
{
	g_clear_pointer(status, gclk_status_free);
	*status = gclk_agent_status(bed->agent);
	return *status;
}

static void add_ptp(Bed *bed)
{
	bed->world.has_ptp = TRUE;
	bed->world.ptp = (SimPtp){ .bracket = 2 * US, .bracket_noise = 100 };
}

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
	gclk_agent_disrupted(bed.agent, "the VM was thrown about");
	CU_ASSERT_TRUE(bed.urgent > urgent);
	status_of(&bed, &status);
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
	GCLK_ASSERT_INT(status_of(&bed, &status)->state, GCLK_STATE_DISRUPTED);
	bed.world.servers[0].down = FALSE;
	bed_run(&bed, 60);
	GCLK_ASSERT_INT(status_of(&bed, &status)->state, GCLK_STATE_SYNCHRONISED);
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
	gclk_agent_disrupted(bed.agent, "the VM was resumed");
	GCLK_ASSERT_INT(status_of(&bed, &status)->disruptions, 0);
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
	gclk_agent_disrupted(bed.agent, "one");
	bed_run(&bed, 3);
	gclk_agent_disrupted(bed.agent, "two");
	GCLK_ASSERT_INT(status_of(&bed, &status)->disruptions, 1);
	GCLK_ASSERT_STR(status->last_disruption, "one");
	bed_run(&bed, 60);
	GCLK_ASSERT_INT(status_of(&bed, &status)->state, GCLK_STATE_SYNCHRONISED);
	gclk_agent_disrupted(bed.agent, "three");
	GCLK_ASSERT_INT(status_of(&bed, &status)->disruptions, 2);
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
		gclk_agent_disrupted(bed.agent, "the VM was restored");
		bed_run(&bed, 30);
		GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
		status_of(&bed, &status);
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
	gclk_agent_disrupted(bed.agent, "the VM was resumed");
	bed_run(&bed, 60);
	sim_real_step(bed.world.vm, 10 * S);
	bed_run(&bed, 60);
	status_of(&bed, &status);
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
	status_of(&bed, &status);
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
	add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 100);
	sim_pause(bed.world.vm, 7200 * S);
	bed_run(&bed, 3);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
	status_of(&bed, &status);
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
		status_of(&bed, &status);
		GCLK_ASSERT_INT(status->disruptions, 0);
		GCLK_ASSERT_INT(status->steps, 0);
		GCLK_ASSERT_STR(status->selected, "192.0.2.1");
		GCLK_ASSERT_INT(
			bed_source(status, SIM_CHANNEL)->standing, GCLK_STANDING_FALSETICKER);
		GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
		/* it is right again: its vote counts again */
		bed.world.host.offset = 0;
		bed_run(&bed, 400);
		GCLK_ASSERT_STR(status_of(&bed, &status)->selected, SIM_CHANNEL);
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
	status_of(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_HAS(bed_source(status, SIM_CHANNEL)->reason, "contradicted");
	bed_run(&bed, 20);
	status_of(&bed, &status);
	GCLK_ASSERT_INT(status->steps, 1);
	GCLK_ASSERT_NEAR((double)bed_error(&bed), 0, 1e5);
	gclk_status_free(status);
	bed_clear(&bed);
}

/* --- claims ----------------------------------------------------------------------------------- */

static void claim_binds(void)
{
	Bed bed;
	GclkStatus *status = NULL;

	bed_init(&bed, 0, 0);
	bed_add_link(&bed);
	add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	status_of(&bed, &status);
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
	status_of(&bed, &status);
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
	add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	bed.world.host.synchronised = FALSE;
	bed_run(&bed, 40);
	status_of(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_HOLDOVER);
	GCLK_ASSERT_INT(bed_source(status, "ptp_kvm")->standing, GCLK_STANDING_REFUSED);
	GCLK_ASSERT_HAS(bed_source(status, "ptp_kvm")->reason, "the host says");
	/* what was learned is better than the clock of a host that is adrift */
	CU_ASSERT_PTR_NULL(strstr(status->reason, "held by the host"));
	gclk_status_free(status);
	bed_clear(&bed);
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
	heard = status_of(&bed, &status)->host.known;
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
	add_ptp(&bed);
	bed.world.host.leap = GCLK_LEAP_INSERT;
	bed_start(&bed, TRUE);
	bed_run(&bed, 100);
	GCLK_ASSERT_STR(status_of(&bed, &status)->selected, "ptp_kvm");
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
	add_ptp(&bed);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	bed.world.host.synchronised = FALSE;
	bed.world.host.offset = 900 * S;
	bed.world.host.delay = 200 * MS; /* the device is read in no time */
	gclk_agent_disrupted(bed.agent, "the VM was migrated");
	bed_run(&bed, 5);
	status_of(&bed, &status);
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
	status_of(&bed, &status);
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
	gclk_agent_disrupted(bed.agent, "the VM was resumed");
	bed_run(&bed, 600);
	status_of(&bed, &status);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 30000, 500);
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
		{ "the claim sets the bound", claim_binds },
		{ "the claim refuses the host's clock", claim_refuses },
		{ "claims come by the link and nothing else", claims_come_by_the_link },
		{ "the claim announces a leap second", claim_announces },
		{ "after a disruption the claim comes first", claim_is_asked_first },
		{ "the rate of a host without the time", rate_of_a_host_without_time },
		{ "the rate that was learned is kept", learned_rate_is_kept },
		{ NULL, NULL },
	};

	return gclk_test_main("agent-host", cases);
}
