/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables are compared with files that people can look at: tests/data/table/NAME.txt. To write
 * them anew: GUESTCLOCK_WRITE_GOLDEN=1 tests/unit/table-test; then read the difference.
 */
#include <string.h>

#include "guestclock/format.h"
#include "harness.h"
#include "report/table.h"
#include "guestclock/text.h"
#include "status-samples.h"

static char *golden_path(const char *name, const char *ending)
{
	g_autofree char *file = g_strconcat(name, ending, NULL);
	const char *source = g_getenv("srcdir");

	return g_build_filename(source ? source : ".", "tests/data/table", file, NULL);
}

static void check_golden(const char *name, const char *ending, const char *text)
{
	g_autofree char *path = golden_path(name, ending);
	g_autofree char *golden = NULL;

	if (g_getenv("GUESTCLOCK_WRITE_GOLDEN"))
		g_file_set_contents(path, text, -1, NULL);
	g_file_get_contents(path, &golden, NULL, NULL);
	GCLK_ASSERT_STR(text, golden);
}

static char *both_tables(const GclkStatus *status, gboolean color)
{
	g_autofree char *head = gclk_table_status(status, color);
	g_autofree char *sources = gclk_table_sources(status, color);

	return g_strconcat(head, "\n", sources, NULL);
}

static void test_golden(void)
{
	for (const GclkStatusSample *s = gclk_status_samples; s->name; s++) {
		g_autoptr(GclkStatus) status = s->make();
		g_autofree char *text = both_tables(status, FALSE);

		check_golden(s->name, ".txt", text);
	}
}

static void test_width_and_characters(void)
{
	for (const GclkStatusSample *s = gclk_status_samples; s->name; s++) {
		g_autoptr(GclkStatus) status = s->make();
		g_autofree char *text = both_tables(status, FALSE);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		CU_ASSERT_TRUE(g_utf8_validate(text, -1, NULL));
		CU_ASSERT_PTR_NULL(strchr(text, '\033'));
		CU_ASSERT_PTR_NULL(strchr(text, '\007'));
		for (gsize i = 0; lines[i]; i++) {
			if (gclk_text_width(lines[i]) > 80)
				GCLK_ASSERT_STR(lines[i], "at most 80 columns");
			if (g_str_has_suffix(lines[i], " "))
				GCLK_ASSERT_STR(lines[i], "no blanks at the end");
		}
	}
}

/* Without its colours, the coloured table is the plain one. */
static char *strip_color(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text; text++) {
		if (*text == '\033')
			text = strchr(text, 'm');
		else
			g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

static void test_color(void)
{
	for (const GclkStatusSample *s = gclk_status_samples; s->name; s++) {
		g_autoptr(GclkStatus) status = s->make();
		g_autofree char *plain = both_tables(status, FALSE);
		g_autofree char *colored = both_tables(status, TRUE);
		g_autofree char *stripped = strip_color(colored);

		CU_ASSERT_PTR_NOT_NULL(strchr(colored, '\033'));
		GCLK_ASSERT_STR(stripped, plain);
	}
}

static void test_color_of_headline(void)
{
	g_autoptr(GclkStatus) good = gclk_status_samples[0].make();
	g_autoptr(GclkStatus) bad = gclk_status_samples[2].make();
	g_autofree char *a = gclk_table_status(good, TRUE);
	g_autofree char *b = gclk_table_status(bad, TRUE);

	CU_ASSERT_TRUE(g_str_has_prefix(a, "\033[32m"));
	CU_ASSERT_TRUE(g_str_has_prefix(b, "\033[1;31m"));
}

/* The words must follow the sign: positive means that the clock is behind. */
static void test_sign_in_words(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();
	g_autofree char *behind = NULL;
	g_autofree char *ahead = NULL;

	status->offset = 5 * GCLK_NS_PER_MS;
	behind = gclk_table_status(status, FALSE);
	GCLK_ASSERT_HAS(behind, "+5.00 ms (the clock is behind)");
	status->offset = -5 * GCLK_NS_PER_MS;
	ahead = gclk_table_status(status, FALSE);
	GCLK_ASSERT_HAS(ahead, "-5.00 ms (the clock is ahead)");
}

static void test_unknown_bound_is_never_small(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();
	g_autofree char *text = NULL;

	status->error_bound = GCLK_BOUND_UNKNOWN;
	text = gclk_table_status(status, FALSE);
	GCLK_ASSERT_HAS(text, "but how far it may be off is unknown");
	GCLK_ASSERT_HAS(text, "offset       unknown");
}

static GclkSourceStatus *source_of(GclkStatus *status, guint i)
{
	return g_ptr_array_index(status->sources, i);
}

static void check_status_has(const GclkStatus *status, const char *part)
{
	g_autofree char *text = gclk_table_status(status, FALSE);

	GCLK_ASSERT_HAS(text, part);
}

static void check_status_lacks(const GclkStatus *status, const char *part)
{
	g_autofree char *text = gclk_table_status(status, FALSE);

	if (strstr(text, part))
		GCLK_ASSERT_STR(text, part);
}

static void check_sources_has(const GclkStatus *status, const char *part)
{
	g_autofree char *text = gclk_table_sources(status, FALSE);

	GCLK_ASSERT_HAS(text, part);
}

/* Lines that stand there only if they say something. */
static void test_lines_on_demand(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();

	check_status_has(status, "  frequency    -12.346 ppm, +/- 0.0");
	status->frequency_ppb = 0;
	check_status_has(status, "  frequency    +0.000 ppm, +/- 0.0");
	status->frequency_error_ppb = 0;
	check_status_lacks(status, "frequency");
	g_free(status->selected);
	status->selected = g_strdup("ntp2.example"); /* not the first of the list */
	check_status_has(
		status, "  source       ntp2.example (ntp, stratum 3, 192.0.2.78, kernel stamps)");
	g_clear_pointer(&source_of(status, 2)->method, g_free);
	g_free(source_of(status, 2)->identity);
	source_of(status, 2)->identity = g_strdup("");
	check_status_has(status, "  source       ntp2.example (ntp, stratum 3)\n");
	check_status_has(status, "  sources      1 selected, 2 agree\n");
	g_ptr_array_set_size(status->sources, 1);
	check_status_lacks(status, "  sources ");
	status->single = TRUE;
	check_status_has(status, "  sources      1 selected; single origin");
}

static void test_cells(void)
{
	static const struct {
		gint poll;
		const char *text;
	} polls[] = { { -3, " 1/8 s" }, { -1, " 1/2 s" }, { 0, "   1 s" }, { 9, " 512 s" },
		{ 10, " 17min" }, { 12, " 68min" }, { 13, "   2 h" }, { 17, "  36 h" } };
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();

	for (gsize i = 0; i < G_N_ELEMENTS(polls); i++) {
		g_autofree char *cells = g_strdup_printf("selected     -%s   377", polls[i].text);

		source_of(status, 0)->poll = polls[i].poll;
		check_sources_has(status, cells);
	}
	source_of(status, 1)->error_bound = 100 * GCLK_NS_PER_S;
	check_sources_has(status, " >=100 s\n");
	source_of(status, 1)->error_bound = 100 * GCLK_NS_PER_S - GCLK_NS_PER_MS / 2;
	check_sources_has(status, " >=100 s\n");
	source_of(status, 1)->error_bound = 100 * GCLK_NS_PER_S - GCLK_NS_PER_MS / 2 - 1;
	check_sources_has(status, " 99.999 s\n");
	source_of(status, 1)->error_bound = 100 * GCLK_NS_PER_S - GCLK_NS_PER_MS;
	check_sources_has(status, " 99.999 s\n");
	g_free(source_of(status, 1)->name);
	source_of(status, 1)->name = g_strdup("a23456789012345678901234"); /* fits to the column */
	check_sources_has(status, "\na23456789012345678901234 agrees ");
	g_free(source_of(status, 1)->name);
	source_of(status, 1)->name = g_strdup("a234567890123456789012345");
	check_sources_has(status, "\na234567890123456789012345\n                         agrees ");
}

/* The widest of everything in one row. */
static void test_widest_row(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();
	GclkSourceStatus *source = source_of(status, 1);
	g_autofree char *text = NULL;

	g_free(source->name);
	source->name = g_strdup("a23456789012345678901234");
	source->standing = GCLK_STANDING_FALSETICKER;
	source->stratum = 255;
	source->poll = -32;
	source->offset = G_GINT64_CONSTANT(-9999999000000);
	source->age = 5999 * GCLK_NS_PER_S;
	source->error_bound = 99999 * GCLK_NS_PER_MS;
	source->assumed = TRUE;
	text = gclk_table_sources(status, FALSE);
	GCLK_ASSERT_HAS(text, "\na23456789012345678901234 falseticker 99 1/8 s   377 99 min "
			      "-9999.999 s ~99.999 s\n");
}

/* Times that only a damaged file can hold. */
static void test_impossible_times(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();

	status->boottime = G_MAXINT64;
	status->started_boottime = G_MININT64;
	status->last_step_boottime = G_MININT64;
	status->last_step = G_MININT64;
	check_status_has(status, "up 0 s");
	status->boottime = G_MININT64;
	status->started_boottime = G_MAXINT64;
	check_status_has(status, "up 0 s");
}

/* Only the word of the state is coloured in a row. */
static void test_color_of_rows(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[1].make();
	g_autofree char *text = gclk_table_sources(status, TRUE);

	GCLK_ASSERT_HAS(text,
		"\n192.0.2.1                \033[32mselected\033[0m     1  16 s   377    5 s ");
	GCLK_ASSERT_HAS(text, "\n192.0.2.3                \033[1;31mfalseticker\033[0m  2 ");
	CU_ASSERT_TRUE(g_str_has_prefix(text, "\033[1mSource "));
}

static void test_format_offset(void)
{
	static const struct {
		gint64 ns;
		const char *text;
	} cases[] = {
		{ 0, "+0 ns" },
		{ 1, "+1 ns" },
		{ -999, "-999 ns" },
		{ 1000, "+1.00 us" },
		{ 9994, "+9.99 us" },
		{ 9995, "+10.0 us" },
		{ 12345, "+12.3 us" },
		{ 99949, "+99.9 us" },
		{ 99951, "+100 us" },
		{ 999499, "+999 us" },
		{ 999500, "+1.00 ms" },
		{ -1000000, "-1.00 ms" },
		{ 300 * GCLK_NS_PER_MS, "+300 ms" },
		{ 999499999, "+999 ms" },
		{ 999500000, "+1.000 s" },
		{ -40 * GCLK_NS_PER_S, "-40.000 s" },
		{ 3600 * GCLK_NS_PER_S, "+3600.000 s" },
		{ G_GINT64_CONSTANT(9999999499999), "+9999.999 s" },
		{ G_GINT64_CONSTANT(9999999500000), "+2.778 h" },
		{ -9 * 3600 * GCLK_NS_PER_S, "-9.000 h" },
		{ 40 * 86400 * GCLK_NS_PER_S, "+40.00 d" },
		{ G_MAXINT64, "+292.3 yr" },
		{ G_MININT64, "-292.3 yr" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char text[32];

		gclk_format_offset(cases[i].ns, text);
		GCLK_ASSERT_STR(text, cases[i].text);
	}
}

static void test_format_bound(void)
{
	char text[32];

	gclk_format_bound(GCLK_BOUND_UNKNOWN, text);
	GCLK_ASSERT_STR(text, "unknown");
	gclk_format_bound(-1, text); /* a bound cannot be negative: then it says nothing */
	GCLK_ASSERT_STR(text, "unknown");
	gclk_format_bound(0, text);
	GCLK_ASSERT_STR(text, "0 ns");
	gclk_format_bound(1250, text);
	GCLK_ASSERT_STR(text, "1.25 us");
	gclk_format_bound(1500 * GCLK_NS_PER_MS, text);
	GCLK_ASSERT_STR(text, "1.500 s");
}

static void test_format_age(void)
{
	static const struct {
		gint64 s;
		const char *text;
	} cases[] = { { -5, "0 s" }, { 0, "0 s" }, { 119, "119 s" }, { 120, "2 min" },
		{ 5999, "99 min" }, { 6000, "1.6 h" }, { 7199, "1.9 h" }, { 7200, "2.0 h" },
		{ 35999, "9.9 h" }, { 36000, "10 h" }, { 48 * 3600 - 1, "47 h" },
		{ 48 * 3600, "2 d" }, { 86400 * 729, "729 d" }, { 86400 * 731, "2 yr" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char text[32];

		gclk_format_age(cases[i].s * GCLK_NS_PER_S, text);
		CU_ASSERT_TRUE(strlen(text) <= 6);
		GCLK_ASSERT_STR(text, cases[i].text);
	}
}

static void test_text_clean(void)
{
	g_autofree char *a = gclk_text_clean("a\033[0mb\tc\nd\x7f");
	g_autofree char *b = gclk_text_clean("x\xff");
	g_autofree char *c = gclk_text_clean(NULL);
	g_autofree char *d = gclk_text_clean("\xc2\x9b"
					     "31m"); /* CSI as one C1 character */
	g_autofree char *e = gclk_text_clean("a\xe2\x80\xa8"
					     "b\xe2\x80\xae"); /* line separator, RLO */

	GCLK_ASSERT_STR(a, "a?[0mb?c?d?");
	GCLK_ASSERT_STR(b, "x\xef\xbf\xbd");
	GCLK_ASSERT_STR(c, "");
	GCLK_ASSERT_STR(d, "?31m");
	GCLK_ASSERT_STR(e, "a?b?");
}

static void test_text_shorten(void)
{
	g_autofree char *same = gclk_text_shorten("abcdefghij", 10);
	g_autofree char *cut = gclk_text_shorten("abcdefghijk", 10);
	g_autofree char *small = gclk_text_shorten("abcdefghijk", 5);
	g_autofree char *wide =
		gclk_text_shorten("\xe6\x99\x82\xe6\x99\x82\xe6\x99\x82\xe6\x99\x82", 7);

	GCLK_ASSERT_STR(same, "abcdefghij");
	GCLK_ASSERT_STR(cut, "abcd...ijk");
	GCLK_ASSERT_STR(small, "a...k");
	GCLK_ASSERT_INT(gclk_text_width(wide) <= 7, TRUE);
}

static void check_wrap(const char *text, guint at, guint indent, guint width, const char *expected)
{
	g_autoptr(GString) out = g_string_new(NULL);

	gclk_text_wrap(out, text, at, indent, width);
	GCLK_ASSERT_STR(out->str, expected);
}

static void test_text_wrap(void)
{
	check_wrap("", 0, 2, 10, "\n");
	check_wrap("one two", 0, 2, 10, "one two\n");
	check_wrap("one two three", 0, 2, 10, "one two\n  three\n");
	check_wrap("one two 34", 0, 2, 10, "one two 34\n");
	check_wrap("one two 345", 0, 2, 10, "one two\n  345\n");
	check_wrap("one two", 5, 2, 10, "one\n  two\n");
	check_wrap("  a   b  ", 0, 0, 10, "a b\n");
	check_wrap("abcdefghijklmnopqrst", 0, 2, 10, "abcdefghij\n  klmnopqr\n  st\n");
	check_wrap("x abcdefghijklm", 0, 2, 10, "x\n  abcdefgh\n  ijklm\n");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the tables look as they should", test_golden },
		{ "at most 80 columns, nothing that steers a terminal", test_width_and_characters },
		{ "colour changes no text", test_color },
		{ "colour of the headline", test_color_of_headline },
		{ "behind and ahead", test_sign_in_words },
		{ "an unknown bound is said", test_unknown_bound_is_never_small },
		{ "lines on demand", test_lines_on_demand },
		{ "cells", test_cells },
		{ "widest row", test_widest_row },
		{ "impossible times", test_impossible_times },
		{ "colour of the rows", test_color_of_rows },
		{ "offsets", test_format_offset },
		{ "bounds", test_format_bound },
		{ "ages", test_format_age },
		{ "clean text", test_text_clean },
		{ "shortened text", test_text_shorten },
		{ "wrapped text", test_text_wrap },
		{ NULL, NULL },
	};

	return gclk_test_main("table", cases);
}
