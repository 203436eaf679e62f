/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/clock-watch.h"

#include "harness.h"

#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S

static gint64 look(GclkClockWatch *watch, gint64 real, gint64 raw, double rate)
{
	const GclkClockPair pair = { real, raw, 100 };

	return gclk_clock_watch_look(watch, &pair, rate);
}

static void quiet(void)
{
	GclkClockWatch watch = { 0 };

	GCLK_ASSERT_INT(look(&watch, 1000 * S, 5 * S, 0), 0); /* the first look sees nothing */
	GCLK_ASSERT_INT(look(&watch, 1016 * S, 21 * S, 0), 0);
	/* 50 ppm for 1,000 s is 50 ms, and known */
	GCLK_ASSERT_INT(look(&watch, 2016 * S + 50 * MS, 1021 * S, 50000), 0);
	/* a slew of 500 ppm on top is none of our business either */
	GCLK_ASSERT_INT(look(&watch, 2116 * S + 100 * MS, 1121 * S, 0), 0);
}

static void steps(void)
{
	GclkClockWatch watch = { 0 };

	look(&watch, 1000 * S, 5 * S, 0);
	GCLK_ASSERT_INT(look(&watch, 1001 * S + 100 * MS, 6 * S, 0), 100 * MS);
	GCLK_ASSERT_INT(look(&watch, 1002 * S + 100 * MS, 7 * S, 0), 0);
	GCLK_ASSERT_INT(look(&watch, 1003 * S - 3600 * S, 8 * S, 0), -3600 * S - 100 * MS);
}

/* A clock of ticks is slewed by up to 5,000 ppm. */
static void coarse(void)
{
	GclkClockWatch watch = { .coarse = TRUE };

	look(&watch, 1000 * S, 5 * S, 0);
	GCLK_ASSERT_INT(look(&watch, 1016 * S + 80 * MS, 21 * S, 0), 0);
	GCLK_ASSERT_INT(look(&watch, 1016 * S + 480 * MS, 21 * S, 0), 400 * MS);
	watch.coarse = FALSE;
	GCLK_ASSERT_INT(look(&watch, 1032 * S + 560 * MS, 37 * S, 0), 80 * MS);
}

static void our_own(void)
{
	GclkClockWatch watch = { 0 };

	look(&watch, 1000 * S, 5 * S, 0);
	gclk_clock_watch_stepped(&watch, 60 * S);
	GCLK_ASSERT_INT(look(&watch, 1061 * S, 6 * S, 0), 0);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "rates and slews are no steps", quiet },
		{ "somebody else's steps", steps },
		{ "a fast slew of a clock of ticks is no step", coarse },
		{ "our own steps are known", our_own },
		{ NULL, NULL },
	};

	return gclk_test_main("clock-watch", cases);
}
