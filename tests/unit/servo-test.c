/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/servo.h"

#include <math.h>

#include "harness.h"

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US
#define S  GCLK_NS_PER_S

static const GclkServoPolicy policy = {
	.step_threshold = 100 * MS,
	.max_step = 1000 * S,
};

static GclkServoOutput run(gint64 offset, gboolean first, guint samples, guint origins)
{
	const GclkServoInput input = {
		.offset = offset,
		.samples = samples,
		.origins = origins,
		.first = first,
		.fresh = first,
		.interval = 16 * S,
	};

	return gclk_servo_run(&policy, &input);
}

static void first_correction(void)
{
	GCLK_ASSERT_INT(run(3600 * S, TRUE, 3, 1).action, GCLK_SERVO_WAIT);
	GCLK_ASSERT_INT(run(3600 * S, TRUE, 4, 1).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run(3600 * S, TRUE, 4, 1).step, 3600 * S);
	/* the one time that the clock may be stepped back */
	GCLK_ASSERT_INT(run(-40 * S, TRUE, 4, 1).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run(-40 * S, TRUE, 4, 1).step, -40 * S);
	GCLK_ASSERT_INT(run(300 * MS, TRUE, 4, 1).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run(MS, TRUE, 4, 1).action, GCLK_SERVO_SLEW);
	GCLK_ASSERT_INT(run(-MS, TRUE, 4, 1).action, GCLK_SERVO_SLEW);
}

static void later_steps(void)
{
	GCLK_ASSERT_INT(run(100 * MS, FALSE, 9, 1).action, GCLK_SERVO_SLEW);
	GCLK_ASSERT_INT(run(101 * MS, FALSE, 9, 1).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run(101 * MS, FALSE, 3, 1).action, GCLK_SERVO_WAIT);
	GCLK_ASSERT_INT(run(1000 * S, FALSE, 9, 1).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run(1000 * S + 1, FALSE, 9, 1).action, GCLK_SERVO_REFUSE);
	GCLK_ASSERT_INT(run(1000 * S + 1, FALSE, 9, 2).action, GCLK_SERVO_STEP);
}

static void never_back(void)
{
	const gint64 an_hour = 3600 * 500 * US; /* of slewing at 500 ppm */

	GCLK_ASSERT_INT(run(-101 * MS, FALSE, 9, 3).action, GCLK_SERVO_SLEW);
	GCLK_ASSERT_INT(run(-an_hour, FALSE, 9, 3).action, GCLK_SERVO_SLEW);
	GCLK_ASSERT_INT(run(-an_hour - 1, FALSE, 9, 3).action, GCLK_SERVO_REFUSE);
	CU_ASSERT_PTR_NOT_NULL(run(-an_hour - 1, FALSE, 9, 3).reason);
}

/* In any second the kernel corrects phase / 2^(2+tc): never more than 500 us. */
static void slew_is_bounded(void)
{
	const gint64 offsets[] = { 1, 999, 10 * US, MS, 2 * MS, 3 * MS, 30 * MS, 99 * MS, -99 * MS,
		-1700 * MS };
	const gint64 intervals[] = { S / 8, S, 16 * S, 64 * S, 1024 * S };

	for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
		for (guint j = 0; j < G_N_ELEMENTS(intervals); j++) {
			const GclkServoInput input = { .offset = offsets[i],
				.samples = 9,
				.origins = 1,
				.interval = intervals[j] };
			GclkServoOutput out = gclk_servo_run(&policy, &input);
			gint64 first_second = ABS(out.phase) >> (2 + out.phase_tc);

			GCLK_ASSERT_INT(out.action, GCLK_SERVO_SLEW);
			CU_ASSERT_TRUE(out.phase != 0 && (out.phase > 0) == (offsets[i] > 0));
			CU_ASSERT_TRUE(ABS(out.phase) <= ABS(offsets[i]));
			CU_ASSERT_TRUE(ABS(out.phase) <= GCLK_PHASE_LIMIT);
			CU_ASSERT_TRUE(first_second <= 500 * US);
			CU_ASSERT_TRUE(out.phase_tc <= GCLK_PHASE_TC_MAX);
		}
}

static void small_offsets_go_whole(void)
{
	GclkServoOutput out = run(5 * US, FALSE, 9, 1);

	GCLK_ASSERT_INT(out.phase, 5 * US);
	GCLK_ASSERT_INT(out.phase_tc, 0);
}

/* The rate to set is what RAW lacks, tick and frequency word together. */
static void rates(void)
{
	static const struct {
		double rate, tick_now, tick, frequency;
		gboolean within;
	} rows[] = {
		{ 0, 0, 0, 0, TRUE },
		{ 50000, 0, 0, 50000, TRUE },
		{ -50000, 0, 0, -50000, TRUE },
		{ 474000, 0, 0, 474000, TRUE },
		{ 1520000, 0, 1500000, 20000, TRUE },
		{ -1520000, 0, -1500000, -20000, TRUE },
		/* the tick stays while the word reaches, even if another tick were nearer */
		{ 1700000, 1500000, 1500000, 200000, TRUE },
		{ 400000, 500000, 500000, -100000, TRUE },
		{ 200000, 500000, 0, 200000, TRUE },
		{ 100400000, 0, 100000000, 400000, TRUE },
		{ 100600000, 0, 100000000, 500000, FALSE },
		{ -100600000, 0, -100000000, -500000, FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		double tick, frequency;

		GCLK_ASSERT_INT(gclk_servo_split(rows[i].rate, rows[i].tick_now, &tick, &frequency),
			rows[i].within);
		GCLK_ASSERT_NEAR(tick, rows[i].tick, 1e-6);
		GCLK_ASSERT_NEAR(frequency, rows[i].frequency, 1e-6);
	}
}

static void beyond_reach(void)
{
	const GclkServoInput input = { .frequency_ppb = 2e8, .samples = 9, .interval = S };
	GclkServoOutput out = gclk_servo_run(&policy, &input);

	CU_ASSERT_TRUE(out.beyond_reach);
}

/* At the border it does not go to and fro. */
static void beyond_reach_lasts(void)
{
	GclkServoInput input = { .frequency_ppb = 1.00e8, .samples = 9, .interval = S };

	CU_ASSERT_FALSE(gclk_servo_run(&policy, &input).beyond_reach);
	input.beyond_reach = TRUE;
	CU_ASSERT_TRUE(gclk_servo_run(&policy, &input).beyond_reach);
	input.frequency_ppb = -1.00e8;
	CU_ASSERT_TRUE(gclk_servo_run(&policy, &input).beyond_reach);
	input.frequency_ppb = 0.98e8;
	CU_ASSERT_FALSE(gclk_servo_run(&policy, &input).beyond_reach);
}

/* A clock that cannot be kept is stepped forward now and then, not at every sample. */
static void steps_have_a_pause(void)
{
	GclkServoInput input = { .offset = 4 * S,
		.frequency_ppb = 4e8,
		.samples = 9,
		.origins = 1,
		.interval = 16 * S,
		.since_step = GCLK_STEP_PAUSE - 1 };

	GCLK_ASSERT_INT(gclk_servo_run(&policy, &input).action, GCLK_SERVO_SLEW);
	input.since_step = GCLK_STEP_PAUSE;
	GCLK_ASSERT_INT(gclk_servo_run(&policy, &input).action, GCLK_SERVO_STEP);
	/* within reach a step mends it: no reason to wait */
	input.since_step = 0;
	input.frequency_ppb = 5e7;
	GCLK_ASSERT_INT(gclk_servo_run(&policy, &input).action, GCLK_SERVO_STEP);
}

static void coarse_clocks_are_slewed_faster(void)
{
	GclkServoInput input = {
		.offset = -90 * MS, .samples = 9, .origins = 1, .interval = 16 * S
	};
	GclkServoOutput fine = gclk_servo_run(&policy, &input), coarse;

	input.coarse = TRUE;
	coarse = gclk_servo_run(&policy, &input);
	CU_ASSERT_TRUE(ABS(fine.phase) >> (2 + fine.phase_tc) <= 500 * US);
	CU_ASSERT_TRUE(ABS(coarse.phase) >> (2 + coarse.phase_tc) <= 5000 * US);
	CU_ASSERT_TRUE(ABS(coarse.phase) >> (2 + coarse.phase_tc) > 2500 * US);
	/* so far ahead it still comes back within the hour */
	input.offset = -18 * S;
	GCLK_ASSERT_INT(gclk_servo_run(&policy, &input).action, GCLK_SERVO_SLEW);
	input.offset = -18 * S - 1;
	GCLK_ASSERT_INT(gclk_servo_run(&policy, &input).action, GCLK_SERVO_REFUSE);
}

static GclkServoOutput run_disrupted(gint64 offset, guint samples, gboolean stepped, gboolean heard)
{
	const GclkServoInput input = {
		.offset = offset,
		.samples = samples,
		.origins = 1,
		.disrupted = TRUE,
		.stepped = stepped,
		.heard = heard,
		.interval = 16 * S,
	};

	return gclk_servo_run(&policy, &input);
}

static void after_a_disruption(void)
{
	GCLK_ASSERT_INT(run_disrupted(60 * S, 3, FALSE, TRUE).action, GCLK_SERVO_WAIT);
	GCLK_ASSERT_INT(run_disrupted(60 * S, 4, FALSE, FALSE).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run_disrupted(60 * S, 4, FALSE, FALSE).step, 60 * S);
	/* far beyond max-step: a witness has confirmed it */
	GCLK_ASSERT_INT(run_disrupted(36000 * S, 4, FALSE, FALSE).action, GCLK_SERVO_STEP);
	/* forward over a gap that is there already, however small */
	GCLK_ASSERT_INT(run_disrupted(MS + 1, 4, FALSE, TRUE).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run_disrupted(MS, 4, FALSE, TRUE).action, GCLK_SERVO_SLEW);
	/* back only by much, and only when all were heard */
	GCLK_ASSERT_INT(run_disrupted(-100 * MS, 4, FALSE, TRUE).action, GCLK_SERVO_SLEW);
	GCLK_ASSERT_INT(run_disrupted(-101 * MS, 4, FALSE, FALSE).action, GCLK_SERVO_WAIT);
	GCLK_ASSERT_INT(run_disrupted(-101 * MS, 4, FALSE, TRUE).action, GCLK_SERVO_STEP);
	GCLK_ASSERT_INT(run_disrupted(-7200 * S, 4, FALSE, TRUE).step, -7200 * S);
	/* the second time it takes more */
	GCLK_ASSERT_INT(run_disrupted(100 * MS, 4, TRUE, TRUE).action, GCLK_SERVO_SLEW);
	GCLK_ASSERT_INT(run_disrupted(101 * MS, 4, TRUE, TRUE).action, GCLK_SERVO_STEP);
}

/* By a clock that does not know the time nothing is stepped, and nothing refused. */
static void held(void)
{
	static const gint64 offsets[] = { 0, 40 * MS, -40 * MS, 3600 * S, -3600 * S };

	for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
		const GclkServoInput input = {
			.offset = offsets[i],
			.frequency_ppb = 52e6,
			.samples = 1,
			.first = i % 2,
			.held = TRUE,
			.interval = 16 * S,
		};
		GclkServoOutput out = gclk_servo_run(&policy, &input);

		GCLK_ASSERT_INT(out.action, GCLK_SERVO_SLEW);
		GCLK_ASSERT_NEAR(out.tick_ppb + out.frequency_ppb, 52e6, 1);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the first correction goes either way", first_correction },
		{ "later only forward, and far only with two origins", later_steps },
		{ "never back while the system runs", never_back },
		{ "a slew is bounded", slew_is_bounded },
		{ "a small offset is corrected whole", small_offsets_go_whole },
		{ "tick and frequency word", rates },
		{ "a rate beyond reach is told", beyond_reach },
		{ "a rate beyond reach stays so until it is clearly within", beyond_reach_lasts },
		{ "a clock beyond reach is not stepped all the time", steps_have_a_pause },
		{ "a clock of ticks is slewed faster", coarse_clocks_are_slewed_faster },
		{ "after a disruption", after_a_disruption },
		{ "held by a clock without the time", held },
		{ NULL, NULL },
	};

	return gclk_test_main("servo", cases);
}
