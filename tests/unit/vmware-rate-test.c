/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/sample.h"
#include "harness.h"
#include "vmware/tools-rate.h"

#define RAW0 (500 * GCLK_NS_PER_S)

/* A reading at so many s, where the host runs faster than RAW by ppm. */
static void add(GclkToolsRate *rate, double s, double ppm, gint64 doubt)
{
	const GclkToolsReading reading = {
		.raw = RAW0 + (gint64)(s * 1e9),
		.doubt = doubt,
		.elapsed_ms = 7000000 + (guint64)(s * 1e3 * (1 + ppm / 1e6)),
		.stolen_ms = G_MAXUINT64,
	};

	gclk_tools_rate_add(rate, &reading);
}

static void test_rates(void)
{
	static const double rates[] = { 0, 20, -20, 700, -700, 47619, -100000 };

	for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
		GclkToolsRate rate = { 0 };
		double least, most;

		for (gint s = 0; s <= 320; s += 10)
			add(&rate, s, rates[i], 2 * GCLK_NS_PER_MS);
		CU_ASSERT_TRUE_FATAL(gclk_tools_rate_get(&rate, &least, &most));
		CU_ASSERT_TRUE(least <= rates[i] + 1 && most >= rates[i] - 1);
		CU_ASSERT_TRUE(most - least < 60);
	}
}

static void test_too_short(void)
{
	GclkToolsRate rate = { 0 };
	double least, most;

	CU_ASSERT_FALSE(gclk_tools_rate_get(&rate, &least, &most));
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 1), -1, 0);
	for (gint s = 0; s <= 50; s += 10)
		add(&rate, s, 900, 0);
	CU_ASSERT_FALSE(gclk_tools_rate_get(&rate, &least, &most));
	add(&rate, 60, 900, 0);
	CU_ASSERT_TRUE(gclk_tools_rate_get(&rate, &least, &most));
}

/* The VM stood still for a second while the host's time went on: that is no rate. */
static void test_pause(void)
{
	GclkToolsRate rate = { 0 };
	double least, most;

	for (gint s = 0; s <= 100; s += 10)
		add(&rate, s, 0, GCLK_NS_PER_MS);
	for (gint s = 110; s <= 200; s += 10) {
		const GclkToolsReading reading = { .raw = RAW0 + s * GCLK_NS_PER_S,
			.doubt = GCLK_NS_PER_MS,
			.elapsed_ms = 7001000 + (guint64)s * 1000,
			.stolen_ms = 0 };

		gclk_tools_rate_add(&rate, &reading);
	}
	CU_ASSERT_TRUE_FATAL(gclk_tools_rate_get(&rate, &least, &most));
	CU_ASSERT_TRUE(least <= 0 && most >= 0 && most - least < 100);
	GCLK_ASSERT_INT(rate.n, 10);
}

/* Counters that go back, rubbish, RAW that stands still. */
static void test_bad(void)
{
	GclkToolsRate rate = { 0 };
	const GclkToolsReading huge = { .raw = RAW0, .elapsed_ms = G_MAXUINT64 };
	const GclkToolsReading back = { .raw = RAW0 + 100 * GCLK_NS_PER_S, .elapsed_ms = 3 };
	const GclkToolsReading negative = { .raw = RAW0, .doubt = -1 };
	double least, most;

	gclk_tools_rate_add(&rate, &huge);
	gclk_tools_rate_add(&rate, &negative);
	GCLK_ASSERT_INT(rate.n, 0);
	for (gint s = 0; s <= 90; s += 10)
		add(&rate, s, 0, 0);
	gclk_tools_rate_add(&rate, &back); /* power on, vMotion */
	GCLK_ASSERT_INT(rate.n, 1);
	CU_ASSERT_FALSE(gclk_tools_rate_get(&rate, &least, &most));
	gclk_tools_rate_add(&rate, &back);
	GCLK_ASSERT_INT(rate.n, 1);
	gclk_tools_rate_reset(&rate);
	GCLK_ASSERT_INT(rate.n, 0);
}

static void test_stolen(void)
{
	GclkToolsRate rate = { 0 };

	for (guint i = 0; i <= 10; i++) {
		const GclkToolsReading reading = { .raw = RAW0 + 10 * i * GCLK_NS_PER_S,
			.elapsed_ms = 10000 * i,
			.stolen_ms = 5000 + 4000 * i };

		gclk_tools_rate_add(&rate, &reading);
	}
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 1), 0.4, 1e-9);
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 4), 0.1, 1e-9);
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 0), -1, 0);
	rate.readings[rate.n - 1].stolen_ms = 0;
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 1), -1, 0);
	rate.readings[rate.n - 1].stolen_ms = G_MAXUINT64;
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 1), -1, 0);
	rate.readings[rate.n - 1].stolen_ms = 1000000000;
	GCLK_ASSERT_NEAR(gclk_tools_rate_stolen(&rate, 1), 1, 0);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "rates", test_rates },
		{ "too short", test_too_short },
		{ "the VM stood still", test_pause },
		{ "bad readings", test_bad },
		{ "stolen time", test_stolen },
		{ 0 },
	};

	return gclk_test_main("vmware-rate", cases);
}
