/* SPDX-License-Identifier: BSD-2-Clause */
/* RAW made from MONOTONIC, against a model of a steered clock. */
#include "platform/raw-clock.h"

#include <math.h>

#include "harness.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

static void test_start(void)
{
	GclkRawClock clock = { 0 };

	/* what was in force before is not ours to undo */
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 5 * SECOND, 250000, 12345), 5 * SECOND);
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 5 * SECOND, 250000, 12345), 5 * SECOND);
}

static void test_unsteered(void)
{
	GclkRawClock clock = { 0 };

	gclk_raw_clock_advance(&clock, 1000, 0, 0);
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 7 * SECOND, 0, 0), 7 * SECOND);
}

/* A clock made faster shows too much time; the raw one shows less. */
static void test_frequency(void)
{
	GclkRawClock clock = { 0 };

	gclk_raw_clock_advance(&clock, 0, 100000, 0); /* +100 ppm from here */
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 1000 * SECOND + SECOND / 10, -100000, 0),
		1000 * SECOND);
	/* and from here -100 ppm: the frequency of the interval is that of its beginning */
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 2000 * SECOND, 0, 0), 2000 * SECOND);
}

static void test_phase(void)
{
	GclkRawClock clock = { 0 };

	gclk_raw_clock_advance(&clock, 0, 0, 0);
	/* 1 ms to be added: nothing of it done yet */
	gclk_raw_clock_set_phase(&clock, 1000000);
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, SECOND, 0, 1000000), SECOND);
	/* 400 us of it done in a second */
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 2 * SECOND + 400000, 0, 600000), 2 * SECOND);
	/* replaced by one of the other sign, which is done whole */
	gclk_raw_clock_set_phase(&clock, -300000);
	GCLK_ASSERT_INT(gclk_raw_clock_advance(&clock, 3 * SECOND + 100000, 0, 0), 3 * SECOND);
}

/* Fractions of ns do not get lost over many short intervals. */
static void test_fractions(void)
{
	GclkRawClock clock = { 0 };
	gint64 raw = 0;

	gclk_raw_clock_advance(&clock, 0, 333, 0);
	for (gint64 i = 1; i <= 1000000; i++)
		raw = gclk_raw_clock_advance(&clock, i * 1000, 333, 0);
	/* 1 s of MONOTONIC at +0.333 ppm */
	GCLK_ASSERT_NEAR((double)(raw - SECOND), -333, 1.01);
}

/* A year at the limit, in one go: no precision is lost to floating point. */
static void test_long_interval(void)
{
	const gint64 year = 31557600 * SECOND;
	GclkRawClock clock = { 0 };

	gclk_raw_clock_advance(&clock, 0, 500000, 0);
	GCLK_ASSERT_NEAR(
		(double)(gclk_raw_clock_advance(&clock, year + year / 2000, 0, 0) - year), 0, 10);
}

/* A kernel that is steered every few seconds: the raw clock stays with the oscillator. */
static void test_steered(void)
{
	GclkRawClock clock = { 0 };
	GRand *random = g_rand_new_with_seed(7);
	double monotonic = 0, frequency = 0, phase = 0, worst = 0;
	gint64 real_raw = 0;

	gclk_raw_clock_advance(&clock, 0, 0, 0);
	for (int i = 0; i < 20000; i++) {
		double done = phase / 4;
		gint64 raw;

		real_raw += SECOND;
		monotonic += 1e9 * (1 + frequency * 1e-9) + done;
		phase -= done;
		raw = gclk_raw_clock_advance(
			&clock, (gint64)round(monotonic), frequency, (gint64)round(phase));
		worst = fmax(worst, fabs((double)(raw - real_raw)));
		if (i % 3 == 0) {
			frequency = g_rand_double_range(random, -400000, 400000);
			gclk_raw_clock_advance(
				&clock, (gint64)round(monotonic), frequency, (gint64)round(phase));
		}
		if (i % 5 == 0) {
			phase = round(g_rand_double_range(random, -1e6, 1e6));
			gclk_raw_clock_set_phase(&clock, (gint64)phase);
		}
	}
	CU_ASSERT(worst < 2000); /* 2 us after 20,000 s: roundings of the phase */
	g_rand_free(random);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "start", test_start },
		{ "unsteered", test_unsteered },
		{ "frequency", test_frequency },
		{ "phase", test_phase },
		{ "fractions", test_fractions },
		{ "long interval", test_long_interval },
		{ "steered", test_steered },
		{ NULL, NULL },
	};

	return gclk_test_main("raw-clock", cases);
}
