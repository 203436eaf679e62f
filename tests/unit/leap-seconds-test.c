/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "guestclock/leap-seconds.h"
#include "harness.h"

/* Three entries and a hash as in the real file; the hash is over the digits without blanks. */
#define THREE                                                                                      \
	"#\tcomment\n"                                                                             \
	"#$\t3960835200\n"                                                                         \
	"#@\t3991593600\n"                                                                         \
	"2272060800\t10\t# 1 Jan 1972\n"                                                           \
	"2287785600\t11\t# 1 Jul 1972\n"                                                           \
	"2303683200\t12\t# 1 Jan 1973\n"

static gint64 utc(gint year, gint month, gint day, gint hour, gint minute, gdouble second)
{
	g_autoptr(GDateTime) date = g_date_time_new_utc(year, month, day, hour, minute, second);

	return g_date_time_to_unix(date) * GCLK_NS_PER_S;
}

static GclkLeapTable *parse(const char *text)
{
	return gclk_leap_table_parse(text, strlen(text), NULL);
}

static char *sha1_line(const char *digits)
{
	g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA1, digits, -1);

	return g_strdup_printf(
		"#h\t%.8s %.8s %.8s %.8s %.8s\n", hex, hex + 8, hex + 16, hex + 24, hex + 32);
}

static void lookup(void)
{
	g_autoptr(GclkLeapTable) table = parse(THREE);

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, 0), 0);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(1971, 12, 31, 23, 59, 59)), 0);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(1972, 1, 1, 0, 0, 0)), 10);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(1972, 7, 1, 0, 0, 0) - 1), 10);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(1972, 7, 1, 0, 0, 0)), 11);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(2100, 1, 1, 0, 0, 0)), 12);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, G_MAXINT64), 12);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, G_MININT64), 0);
	GCLK_ASSERT_INT(gclk_leap_table_latest(table), 12);
}

static void lookup_by_tai(void)
{
	/* 10 from 1972-01-01, 11 from 1972-07-01, 12 from 1973-01-01, 11 (deleted) from 1973-07-01
	 */
	g_autoptr(GclkLeapTable) table = parse(THREE "2319321600 11\n");
	g_autoptr(GclkLeapTable) builtin = gclk_leap_table_builtin();
	gint64 inserted =
		utc(1972, 7, 1, 0, 0, 0) + 10 * GCLK_NS_PER_S; /* TAI when 23:59:60 begins */
	gint64 deleted = utc(1973, 6, 30, 23, 59, 59) + 12 * GCLK_NS_PER_S; /* instead: 00:00:00 */

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, 0), 0);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, utc(1972, 1, 1, 0, 0, 10) - 1), 0);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, utc(1972, 1, 1, 0, 0, 10)), 10);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, inserted - 1), 10);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, inserted), 11);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, deleted - 1), 12);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, deleted), 11);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, G_MAXINT64), 11);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(table, G_MININT64), 0);
	GCLK_ASSERT_INT(gclk_leap_table_offset_of_tai(builtin, utc(2026, 1, 1, 0, 0, 0)), 37);
}

static void expiry(void)
{
	g_autoptr(GclkLeapTable) table = parse(THREE);
	g_autoptr(GclkLeapTable) without = parse("2272060800 10\n");
	gint64 end = utc(2026, 6, 28, 0, 0, 0); /* 3991593600 - 2208988800 */

	GCLK_ASSERT_INT(gclk_leap_table_expiry(table), end);
	CU_ASSERT_FALSE(gclk_leap_table_expired(table, end - 1));
	CU_ASSERT_TRUE(gclk_leap_table_expired(table, end));
	GCLK_ASSERT_INT(gclk_leap_table_expiry(without), 0);
	CU_ASSERT_FALSE(gclk_leap_table_expired(without, G_MAXINT64));
}

static void builtin(void)
{
	g_autoptr(GclkLeapTable) table = gclk_leap_table_builtin();

	GCLK_ASSERT_INT(gclk_leap_table_latest(table), 37);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(2017, 1, 1, 0, 0, 0)), 37);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(2016, 12, 31, 23, 59, 59)), 0);
	GCLK_ASSERT_INT(gclk_leap_table_expiry(table), 0);
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(2016, 12, 31, 12, 0, 0)), GCLK_LEAP_NONE);
}

static void announced(void)
{
	/* a deletion, which has never happened, in 1973 */
	g_autoptr(GclkLeapTable) table = parse(THREE "2319321600 11\n");

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(1972, 6, 29, 23, 59, 59)), GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(1972, 6, 30, 0, 0, 0)), GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(
		gclk_leap_table_leap(table, utc(1972, 6, 30, 23, 59, 59)), GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(1972, 7, 1, 0, 0, 0)), GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(1973, 6, 30, 12, 0, 0)), GCLK_LEAP_DELETE);
	/* the first entry is where the table begins, not a leap second */
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(1971, 12, 31, 12, 0, 0)), GCLK_LEAP_NONE);
}

static void leap_days(void)
{
	CU_ASSERT_FALSE(gclk_leap_day(utc(2026, 6, 29, 23, 59, 59)));
	CU_ASSERT_TRUE(gclk_leap_day(utc(2026, 6, 30, 0, 0, 0)));
	CU_ASSERT_TRUE(gclk_leap_day(utc(2026, 7, 1, 0, 0, 0) - 1));
	CU_ASSERT_FALSE(gclk_leap_day(utc(2026, 7, 1, 0, 0, 0)));
	CU_ASSERT_TRUE(gclk_leap_day(utc(2026, 12, 31, 8, 0, 0)));
	CU_ASSERT_FALSE(gclk_leap_day(utc(2028, 2, 28, 8, 0, 0)));
	CU_ASSERT_TRUE(gclk_leap_day(utc(2028, 2, 29, 8, 0, 0)));
	CU_ASSERT_TRUE(gclk_leap_day(utc(2026, 2, 28, 8, 0, 0)));
	CU_ASSERT_TRUE(gclk_leap_day(utc(2100, 2, 28, 8, 0, 0)));
	/* before 1970: rounding down, not towards zero */
	CU_ASSERT_TRUE(gclk_leap_day(-1));
	CU_ASSERT_FALSE(gclk_leap_day(0));
	CU_ASSERT_FALSE(gclk_leap_day(-GCLK_NS_PER_S * 86400 - 1));
	/* far out: no crash */
	gclk_leap_day(G_MAXINT64);
	gclk_leap_day(G_MININT64);
}

static void hash(void)
{
	g_autofree char *good =
		sha1_line("39608352003991593600227206080010228778560011230368320012");
	g_autofree char *bad =
		sha1_line("39608352003991593600227206080010228778560011230368320013");
	g_autofree char *with_good = g_strconcat(THREE, good, NULL);
	g_autofree char *with_bad = g_strconcat(THREE, bad, NULL);
	g_autoptr(GclkLeapTable) table = parse(with_good);
	g_autoptr(GError) error = NULL;

	CU_ASSERT_PTR_NOT_NULL(table);
	CU_ASSERT_PTR_NULL(gclk_leap_table_parse(with_bad, strlen(with_bad), &error));
	GCLK_ASSERT_HAS(error ? error->message : NULL, "hash");
}

/* The file of this machine, where there is one. */
static void real_file(void)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkLeapTable) table = NULL;
	gsize length;

	if (!g_file_get_contents(GCLK_LEAP_SECONDS_FILE, &text, &length, NULL))
		return;
	table = gclk_leap_table_parse(text, length, &error);
	GCLK_ASSERT_STR(error ? error->message : NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(2017, 1, 1, 0, 0, 0)), 37);
	GCLK_ASSERT_INT(gclk_leap_table_offset(table, utc(2016, 12, 31, 0, 0, 0)), 36);
	GCLK_ASSERT_INT(gclk_leap_table_leap(table, utc(2016, 12, 31, 0, 0, 0)), GCLK_LEAP_INSERT);
	CU_ASSERT_TRUE(gclk_leap_table_expiry(table) > utc(2017, 1, 1, 0, 0, 0));
}

static void bad_input(void)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "no leap second" },
		{ "# nothing but comments\n\n", "no leap second" },
		{ "2272060800\n", "line 1" },
		{ "2272060800 ten\n", "line 1" },
		{ "2272060800 10 11\n", "line 1" },
		{ "x\n", "line 1" },
		{ "-2272060800 10\n", "line 1" },
		{ "2272060801 10\n", "beginning of a day" },
		{ "2272060800 10\n2272060800 11\n", "line 2: earlier" },
		{ "2287785600 11\n2272060800 10\n", "line 2: earlier" },
		{ "2272060800 10\n2287785600 12\n", "other than a second" },
		{ "2272060800 10\n2287785600 10\n", "other than a second" },
		{ "2272060800 999\n", "line 1" },
		{ "99999999999999999999999 10\n", "line 1" },
		{ "1 10\n", "since 1970" },
		{ "#@ soon\n2272060800 10\n", "line 1" },
		{ "#@ 0\n2272060800 10\n", "line 1" },
		{ "#$ \n2272060800 10\n", "line 1" },
		{ "#h 1 2 3 4\n2272060800 10\n", "line 1" },
		{ "#h 123456789 2 3 4 5\n2272060800 10\n", "line 1" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		CU_ASSERT_PTR_NULL(
			gclk_leap_table_parse(cases[i].text, strlen(cases[i].text), &error));
		GCLK_ASSERT_HAS(error ? error->message : NULL, cases[i].error);
	}
}

static void odd_but_good(void)
{
	g_autoptr(GclkLeapTable) dos = parse("2272060800 10\r\n2287785600 11\r\n");
	g_autoptr(GclkLeapTable) no_newline = parse("2272060800 10");
	g_autoptr(GclkLeapTable) header = parse("#hello\n#\n# h\n   2272060800   10#x\n");
	g_autoptr(GString) many = g_string_new(NULL);

	CU_ASSERT_PTR_NOT_NULL(dos);
	CU_ASSERT_PTR_NOT_NULL(no_newline);
	CU_ASSERT_PTR_NOT_NULL(header);
	for (gint64 i = 0; i < 300; i++)
		g_string_append_printf(many, "%" G_GINT64_FORMAT " %d\n", 2272060800 + i * 86400,
			10 + (gint)(i % 2));
	CU_ASSERT_PTR_NULL(parse(many->str)); /* more than fit */
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "offset at a date", lookup },
		{ "offset at a time in TAI", lookup_by_tai },
		{ "expiry", expiry },
		{ "built-in value", builtin },
		{ "leap second at the end of a day", announced },
		{ "last days of months", leap_days },
		{ "hash", hash },
		{ "the file of this machine", real_file },
		{ "bad input names the line", bad_input },
		{ "odd but good input", odd_but_good },
		{ NULL, NULL },
	};

	return gclk_test_main("leap-seconds", cases);
}
