/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/duration.h"
#include "harness.h"

static void test_good(void)
{
	static const struct {
		const char *text;
		gint64 ns;
	} cases[] = {
		{ "0s", 0 },
		{ "1ns", 1 },
		{ "7us", 7000 },
		{ "100ms", 100000000 },
		{ "1s", 1000000000 },
		{ "2min", G_GINT64_CONSTANT(120000000000) },
		{ "1h", G_GINT64_CONSTANT(3600000000000) },
		{ "1.5 s", 1500000000 },
		{ "  1.5\ts  ", 1500000000 },
		{ "0.25min", G_GINT64_CONSTANT(15000000000) },
		{ "0.000000001s", 1 },
		{ "1.000000001s", 1000000001 },
		{ "1.5000000000000000000000000s", 1500000000 },
		{ "0.0000000000025h", 9 }, /* exact, though no decimal digit of an hour is a ns */
		{ "007s", G_GINT64_CONSTANT(7000000000) },
		{ "9223372036854775807ns", G_MAXINT64 },
		{ "9223372036.854775807s", G_MAXINT64 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gint64 ns = -1;

		if (!gclk_duration_parse(cases[i].text, &ns, &error))
			GCLK_ASSERT_STR(error->message, cases[i].text);
		GCLK_ASSERT_INT(ns, cases[i].ns);
	}
}

static void test_bad(void)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "", "not a number" },
		{ "s", "not a number" },
		{ "-1s", "not a number" },
		{ "+1s", "not a number" },
		{ ".5s", "not a number" },
		{ "1.s", "not a number" },
		{ "1..5s", "not a number" },
		{ "1,5s", "not a number" },
		{ "1s 2s", "unknown unit" },
		{ "inf", "not a number" },
		{ "0x10s", "unknown unit" },
		{ "1e3s", "unknown unit" },
		{ "5", "unit is missing" },
		{ "0", "unit is missing" },
		{ "5 ", "unit is missing" },
		{ "5m", "minutes or milliseconds" },
		{ "5S", "unknown unit" },
		{ "5MS", "unknown unit" },
		{ "5sec", "unknown unit" },
		{ "5d", "unknown unit" },
		{ "5\xc2\xb5s", "not a number" },
		{ "0.5ns", "finer than a nanosecond" },
		{ "1.0000000001s", "finer than a nanosecond" },
		{ "0.1000000001s", "finer than a nanosecond" },
		{ "9223372036854775808ns", "292 years" },
		{ "9223372036.854775808s", "292 years" },
		{ "9223372037s", "292 years" },
		{ "99999999999999999999999h", "292 years" },
		{ "2562048h", "292 years" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gint64 ns = -77;

		if (gclk_duration_parse(cases[i].text, &ns, &error))
			GCLK_ASSERT_STR(cases[i].text, "an error");
		else
			GCLK_ASSERT_HAS(error->message, cases[i].reason);
		GCLK_ASSERT_INT(ns, -77);
		CU_ASSERT_FALSE(gclk_duration_parse(cases[i].text, &ns, NULL));
	}
}

static void test_codes(void)
{
	g_autoptr(GError) invalid = NULL;
	g_autoptr(GError) large = NULL;
	gint64 ns;

	gclk_duration_parse("x", &ns, &invalid);
	gclk_duration_parse("9999999999h", &ns, &large);
	CU_ASSERT_TRUE(
		g_error_matches(invalid, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_INVALID));
	CU_ASSERT_TRUE(
		g_error_matches(large, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS));
}

static void test_format(void)
{
	static const struct {
		gint64 ns;
		const char *text;
	} cases[] = {
		{ 0, "0ns" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1000, "1us" },
		{ 1050, "1.05us" },
		{ 100000000, "100ms" },
		{ 1500000000, "1.5s" },
		{ G_GINT64_CONSTANT(60000000000), "1min" },
		{ G_GINT64_CONSTANT(61000000000), "61s" },
		{ G_GINT64_CONSTANT(1000000000000), "1000s" },
		{ G_GINT64_CONSTANT(3600000000000), "1h" },
		{ G_GINT64_CONSTANT(5400000000000), "1.5h" },
		{ G_MAXINT64, "9223372036.854775807s" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char text[GCLK_DURATION_TEXT_MAX];

		GCLK_ASSERT_STR(gclk_duration_format(cases[i].ns, text), cases[i].text);
	}
}

static void check_round_trip(gint64 ns)
{
	char text[GCLK_DURATION_TEXT_MAX];
	gint64 back = -1;

	gclk_duration_format(ns, text);
	if (!gclk_duration_parse(text, &back, NULL))
		GCLK_ASSERT_STR(text, "a duration");
	GCLK_ASSERT_INT(back, ns);
}

static void test_round_trip(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	for (int i = 0; i < 20000; i++) {
		guint64 value = (guint64)g_rand_int(random) << 32 | g_rand_int(random);

		check_round_trip((gint64)(value >> (1 + g_rand_int_range(random, 0, 62))));
		check_round_trip((gint64)g_rand_int_range(random, 0, 1000000) * 1000000);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "durations", test_good },
		{ "what is none", test_bad },
		{ "error codes", test_codes },
		{ "shortest form", test_format },
		{ "there and back", test_round_trip },
		{ NULL, NULL },
	};

	return gclk_test_main("duration", cases);
}
