/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent in a small simulated world: what it does to the kernel's clock, and what it says. */
#include "agent-bed.h"

#include <math.h>
#include <string.h>

#include "harness.h"
#include "sources.h"

/* A clock that is behind (+) is brought right, and the kernel's flags are honest before and after.
 */
static void steers(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, -30);
	sim_real_set(bed.world.vm, 3600 * GCLK_NS_PER_S);
	bed_start(&bed, TRUE);
	bed_run(&bed, 3);
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	bed_run(&bed, 597);
	GCLK_ASSERT_NEAR((double)(sim_now(bed.world.vm) - sim_real(bed.world.vm)), 0, 50000);
	/* RAW is slow by 30 ppm: the frequency word is positive */
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 30000, 500);
	CU_ASSERT_FALSE(sim_discipline(bed.world.vm)->unsynchronised);
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->max_error < 20 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(sim_discipline(bed.world.vm)->tai_offset, 37);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_STR(status->control, "kernel");
	GCLK_ASSERT_STR(status->selected, "192.0.2.1");
	CU_ASSERT_TRUE(status->single);
	GCLK_ASSERT_INT(status->steps, 1);
	GCLK_ASSERT_NEAR((double)status->last_step, 3600e9, 1e9);
	CU_ASSERT_TRUE(bed.reports > bed.urgent && bed.urgent > 0);
	bed_clear(&bed);
}

/* control=none: the kernel is told nothing at all, and the offset is shown. */
static void measures_only(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, -30);
	sim_real_set(bed.world.vm, -40 * GCLK_NS_PER_S);
	bed_start(&bed, FALSE);
	bed_run(&bed, 600);
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 0, 0);
	GCLK_ASSERT_INT(sim_discipline(bed.world.vm)->tai_offset, 0);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->steps, 0);
	/* 600 s at -30 ppm took 18 ms off the 40 s */
	GCLK_ASSERT_NEAR((double)status->offset, -40e9 + 18e6, 1e6);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_HAS(status->reason, "max-error");
	CU_ASSERT_PTR_NULL(bed_finding(status, "clock-off"));
	bed_clear(&bed);
}

static void loses_its_server(void)
{
	Bed bed;
	g_autoptr(GclkStatus) soon = NULL, late = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 600);
	bed.world.servers[0].down = TRUE;
	bed_run(&bed, 400);
	soon = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(soon->state, GCLK_STATE_HOLDOVER);
	GCLK_ASSERT_INT(bed_source(soon, "192.0.2.1")->standing, GCLK_STANDING_UNREACHABLE);
	CU_ASSERT_FALSE(sim_discipline(bed.world.vm)->unsynchronised);
	/* 15 ppm are 1 s in 18.5 hours: max-error */
	bed_run(&bed, 20 * 3600);
	late = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(late->state, GCLK_STATE_UNSYNCHRONISED);
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	bed_clear(&bed);
}

static void says_why_it_does_not_step(void)
{
	Bed bed;
	g_autofree char *reason = NULL;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 100);
	sim_real_step(bed.world.vm, 10 * GCLK_NS_PER_S);
	bed_run(&bed, 100);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed_finding(status, "clock-off"));
	GCLK_ASSERT_INT(bed_finding(status, "clock-off")->severity, GCLK_SEVERITY_CRITICAL);
	GCLK_ASSERT_HAS(bed_finding(status, "clock-off")->remedy, "guestclock step");
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	/* by hand */
	CU_ASSERT_TRUE(gclk_agent_step(bed.agent, &reason));
	GCLK_ASSERT_HAS(reason, "stepped by -10.000 s");
	GCLK_ASSERT_NEAR((double)(sim_now(bed.world.vm) - sim_real(bed.world.vm)), 0, 100000);
	g_clear_pointer(&status, gclk_status_free);
	status = gclk_agent_status(bed.agent);
	CU_ASSERT_PTR_NULL(bed_finding(status, "clock-off"));
	bed_clear(&bed);
}

static void step_needs_the_right(void)
{
	Bed bed;
	g_autofree char *reason = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, FALSE);
	bed_run(&bed, 30);
	CU_ASSERT_FALSE(gclk_agent_step(bed.agent, &reason));
	GCLK_ASSERT_HAS(reason, "not steered");
	bed_clear(&bed);
}

static void tai_is_explained(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 2, 0);
	bed.world.has_ptp = TRUE;
	bed.world.ptp.offset = 37 * GCLK_NS_PER_S;
	bed_start(&bed, TRUE);
	bed_run(&bed, 100);
	status = gclk_agent_status(bed.agent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed_source(status, "ptp_kvm"));
	GCLK_ASSERT_INT(bed_source(status, "ptp_kvm")->standing, GCLK_STANDING_FALSETICKER);
	GCLK_ASSERT_HAS(bed_source(status, "ptp_kvm")->reason, "timescale=tai");
	GCLK_ASSERT_NEAR((double)(sim_now(bed.world.vm) - sim_real(bed.world.vm)), 0, 100000);
	bed_clear(&bed);
}

static void remembers_the_frequency(void)
{
	Bed bed;

	bed_init(&bed, 1, -30);
	bed_start(&bed, TRUE);
	bed_run(&bed, 2000);
	gclk_agent_stop(bed.agent);
	gclk_agent_free(bed.agent);
	/* somebody has left another frequency and a slew */
	sim_discipline(bed.world.vm)->frequency_ppb = -200000;
	sim_phase_set(bed.world.vm, 100 * GCLK_NS_PER_MS, 4);
	bed.world.servers[0].down = TRUE;
	bed_start(&bed, TRUE);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 30000, 200);
	GCLK_ASSERT_INT(sim_discipline(bed.world.vm)->phase, 0);
	bed_clear(&bed);
}

static void cannot_write(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, -30);
	bed.world.read_only = TRUE;
	bed_start(&bed, TRUE);
	bed_run(&bed, 1500);
	status = gclk_agent_status(bed.agent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed_finding(status, "state-directory"));
	GCLK_ASSERT_HAS(bed_finding(status, "state-directory")->statement, "read-only");
	GCLK_ASSERT_NEAR((double)(sim_now(bed.world.vm) - sim_real(bed.world.vm)), 0, 50000);
	bed_clear(&bed);
}

/* A reload keeps what stays the same, with all that was learned. */
static void reload(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 2, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 600);
	g_ptr_array_remove_index(bed.config->servers, 0);
	gclk_sources_apply(bed.agent, bed.platform, bed.config, BED_EPOCH);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->sources->len, 1);
	CU_ASSERT_TRUE(bed_source(status, "192.0.2.2")->requests > 30);
	bed_add_server(&bed, 1);
	gclk_sources_apply(bed.agent, bed.platform, bed.config, BED_EPOCH);
	bed_run(&bed, 60);
	g_clear_pointer(&status, gclk_status_free);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->sources->len, 2);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_INT(status->steps, 0);
	bed_clear(&bed);
}

/* The only server is replaced by one with other polls, and is away just then: nothing is lost. */
static void reload_in_holdover(void)
{
	Bed bed;
	GclkServerConfig *server;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, -30);
	bed_start(&bed, TRUE);
	bed_run(&bed, 1000);
	bed.world.servers[0].down = TRUE;
	server = g_ptr_array_index(bed.config->servers, 0);
	server->max_poll = 6;
	gclk_sources_apply(bed.agent, bed.platform, bed.config, BED_EPOCH);
	bed_run(&bed, 30);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_HOLDOVER);
	CU_ASSERT_TRUE(status->error_bound < 10 * GCLK_NS_PER_MS);
	CU_ASSERT_FALSE(sim_discipline(bed.world.vm)->unsynchronised);
	bed.world.servers[0].down = FALSE;
	bed_run(&bed, 60);
	g_clear_pointer(&status, gclk_status_free);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_INT(status->steps, 0);
	bed_clear(&bed);
}

/* A guest that was paused says so at the first sample, not at the fourth. */
static void says_at_once_that_it_jumped(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 1000);
	sim_pause(bed.world.vm, 60 * GCLK_NS_PER_S);
	for (guint i = 0; i < 40 && (!status || status->state == GCLK_STATE_SYNCHRONISED); i++) {
		bed_run(&bed, 1);
		g_clear_pointer(&status, gclk_status_free);
		status = gclk_agent_status(bed.agent);
	}
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_HAS(status->reason, "jumped");
	CU_ASSERT_TRUE(status->error_bound >= 59 * GCLK_NS_PER_S);
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	GCLK_ASSERT_INT(status->steps, 0);
	bed_run(&bed, 30);
	g_clear_pointer(&status, gclk_status_free);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_INT(status->steps, 1);
	CU_ASSERT_FALSE(sim_discipline(bed.world.vm)->unsynchronised);
	bed_clear(&bed);
}

/* A restart since boot slews what the first start would have stepped. */
static void restart_does_not_step_back(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 1000);
	gclk_agent_stop(bed.agent);
	gclk_agent_free(bed.agent);
	sim_real_step(bed.world.vm, 50 * GCLK_NS_PER_MS);
	bed_start(&bed, TRUE);
	bed_run(&bed, 30);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->steps, 0);
	CU_ASSERT_TRUE(status->slew_left < 0);
	bed_clear(&bed);
}

static void gives_way(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, -30);
	bed_start(&bed, TRUE);
	bed_run(&bed, 300);
	CU_ASSERT_TRUE(gclk_agent_set_control(bed.agent, FALSE, "chronyd (pid 7) steers it", NULL));
	sim_discipline(bed.world.vm)->frequency_ppb = 12345;
	bed_run(&bed, 300);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 12345, 0);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_STR(status->control, "none");
	GCLK_ASSERT_HAS(status->control_reason, "chronyd");
	CU_ASSERT_TRUE(gclk_agent_set_control(bed.agent, TRUE, NULL, NULL));
	bed_run(&bed, 300);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 30000, 1000);
	bed_clear(&bed);
}

static void take_time(Bed *bed, double share)
{
	const SimStops stops = { share, 30 * GCLK_NS_PER_MS, 48 * GCLK_NS_PER_MS };

	sim_set_stops(bed->world.vm, &stops);
}

/* No slew can follow: it says so, and why, and the kernel knows. */
static void loses_too_many_ticks(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;
	const GclkFinding *f;

	bed_init(&bed, 1, 0);
	sim_set_tick(bed.world.vm, 4 * GCLK_NS_PER_MS);
	take_time(&bed, 0.3);
	bed_start(&bed, TRUE);
	bed_run(&bed, 200);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_HAS(status->reason, "jiffies loses time");
	GCLK_ASSERT_STR(status->clocksource, "jiffies");
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->tick_ppb, GCLK_TICK_LIMIT_PPB, 0);
	f = bed_finding(status, "rate-beyond-reach");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	GCLK_ASSERT_INT(f->severity, GCLK_SEVERITY_CRITICAL);
	GCLK_ASSERT_HAS(f->remedy, "doctor --fix");
	/* the first correction, and no other before its time */
	GCLK_ASSERT_INT(status->steps, 1);
	bed_clear(&bed);
}

/* Another clocksource, while the tick makes up for the old one: the clock must not run on fast. */
static void clocksource_is_changed(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;
	gint64 before;

	bed_init(&bed, 1, 0);
	sim_set_tick(bed.world.vm, 4 * GCLK_NS_PER_MS);
	take_time(&bed, 0.05);
	bed_start(&bed, TRUE);
	bed_run(&bed, 300);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	CU_ASSERT_PTR_NOT_NULL(bed_finding(status, "rate-by-tick"));
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->tick_ppb, 52.6e6, 2e6);
	sim_set_tick(bed.world.vm, 0);
	bed_run(&bed, 2);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->tick_ppb, 0, 0);
	before = sim_real(bed.world.vm) - sim_utc(bed.world.vm);
	CU_ASSERT_TRUE(before < 120 * GCLK_NS_PER_MS);
	bed_run(&bed, 300);
	g_clear_pointer(&status, gclk_status_free);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	GCLK_ASSERT_STR(status->clocksource, "tsc");
	CU_ASSERT_PTR_NULL(bed_finding(status, "rate-by-tick"));
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 0, 2000);
	bed_clear(&bed);
}

/* From one good clocksource to another what was learned stays in force. */
static void calibration_is_refined(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 1, -40);
	bed_start(&bed, TRUE);
	bed_run(&bed, 1000);
	bed.world.clocksource = "tsc-early";
	gclk_agent_look_at_clocksource(bed.agent);
	GCLK_ASSERT_NEAR(sim_discipline(bed.world.vm)->frequency_ppb, 40000, 1000);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_STR(status->clocksource, "tsc-early");
	GCLK_ASSERT_INT(status->state, GCLK_STATE_SYNCHRONISED);
	bed_clear(&bed);
}

/* The share of ticks lost now says nothing of the next boot: it is not kept. */
static void lost_ticks_are_not_learned(void)
{
	Bed bed;
	g_autofree char *text = NULL;

	bed_init(&bed, 1, 0);
	sim_set_tick(bed.world.vm, 4 * GCLK_NS_PER_MS);
	take_time(&bed, 0.05);
	bed_start(&bed, TRUE);
	bed_run(&bed, 1000);
	gclk_agent_stop(bed.agent);
	text = bed.platform->read_file(
		bed.platform, "/var/lib/guestclock/memory", 4096, NULL, NULL);
	CU_ASSERT_PTR_NULL(text);
	bed_clear(&bed);
}

static void no_source(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed, 0, 0);
	bed_start(&bed, TRUE);
	bed_run(&bed, 60);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_HAS(status->reason, "no source");
	CU_ASSERT_TRUE(status->error_bound == GCLK_BOUND_UNKNOWN);
	CU_ASSERT_TRUE(sim_discipline(bed.world.vm)->unsynchronised);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "steers, and keeps the kernel's flags honest", steers },
		{ "control=none touches nothing", measures_only },
		{ "holdover, then unsynchronised", loses_its_server },
		{ "a clock far ahead is left to a person", says_why_it_does_not_step },
		{ "a step by hand needs the right to steer", step_needs_the_right },
		{ "a precision clock that keeps TAI unsaid", tai_is_explained },
		{ "the learned frequency is restored", remembers_the_frequency },
		{ "a read-only state directory is a finding", cannot_write },
		{ "a reload keeps what stays", reload },
		{ "a reload replaces the only server while it is away", reload_in_holdover },
		{ "says at once that something happened", says_at_once_that_it_jumped },
		{ "a restart does not step back", restart_does_not_step_back },
		{ "gives way to a rival and comes back", gives_way },
		{ "too many lost ticks are told", loses_too_many_ticks },
		{ "another clocksource is measured anew", clocksource_is_changed },
		{ "a refined calibration is no news", calibration_is_refined },
		{ "lost ticks are not learned", lost_ticks_are_not_learned },
		{ "no source at all", no_source },
		{ NULL, NULL },
	};

	return gclk_test_main("agent", cases);
}
