/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of guests: written as JSON, read back, and shown; bad input on every way. */
#include "guests/report.h"

#include <string.h>

#include "guestclock/finding.h"
#include "harness.h"

#define S   GCLK_NS_PER_S
#define US  GCLK_NS_PER_US
#define NOW (5000 * S)

/* --- a table ---------------------------------------------------------------------------------- */

typedef struct {
	GPtrArray *guests, *evidence, *findings;
	GclkHostSync sync;
	GclkTable table;
} Bed;

static void free_guest(gpointer guest)
{
	gclk_guest_free(guest);
}

static void bed_open(Bed *bed)
{
	*bed = (Bed){
		.guests = g_ptr_array_new_with_free_func(free_guest),
		.evidence = g_ptr_array_new(),
		.findings = gclk_findings_new(),
	};
	bed->sync = (GclkHostSync){ .configured = GCLK_PROTOCOL_NTP,
		.effective = GCLK_PROTOCOL_NTP,
		.synchronised = TRUE,
		.stratum = 3,
		.clock_class = -1,
		.bound = 900 * US,
		.summary = (char *)"synchronised by NTP (chronyd, stratum 3, 10.0.0.1)",
		.evidence = bed->evidence,
		.findings = bed->findings };
	bed->table = (GclkTable){ .served = TRUE,
		.since = NOW - 3600 * S,
		.now = { 1795262754 * S, NOW },
		.sync = &bed->sync };
}

static void bed_close(Bed *bed)
{
	g_ptr_array_unref(bed->guests);
	g_ptr_array_unref(bed->evidence);
	g_ptr_array_unref(bed->findings);
}

static GclkGuest *add(Bed *bed, const char *name)
{
	GclkGuest *guest = gclk_guest_new("11111111-2222-3333-4444-555555555555", name);

	guest->listed = guest->running = TRUE;
	guest->verdict.kind = GCLK_VERDICT_COMPATIBLE;
	g_ptr_array_add(bed->guests, guest);
	return guest;
}

static GclkGuest *add_linked(Bed *bed, const char *name)
{
	GclkGuest *guest = add(bed, name);

	guest->by = GCLK_GUEST_BY_LINK;
	guest->has_channel = guest->has_offset = guest->has_report = TRUE;
	guest->seen = guest->measured = guest->reported = NOW - 3 * S;
	guest->offset = -12300;
	guest->uncertainty = 98 * US;
	guest->host_bound = 900 * US;
	guest->report = (GclkLinkGuest){ .state = GCLK_STATE_SYNCHRONISED,
		.steers = TRUE,
		.source_kind = GCLK_LINK_SOURCE_PTP,
		.offset = 400,
		.bound = 1200,
		.steps = 2,
		.uptime = 86400,
		.source = "ptp0",
		.version = "0.9" };
	guest->asked = 81;
	guest->answered = 80;
	guest->stale = 1;
	return guest;
}

static char *write_table(const Bed *bed)
{
	GclkJson *json = gclk_json_new();

	gclk_table_begin(json, &bed->table);
	for (guint i = 0; i < bed->guests->len; i++)
		gclk_table_add(json, bed->guests->pdata[i], NOW);
	return gclk_table_end(json);
}

static GclkTableView *travel(const Bed *bed)
{
	g_autofree char *json = write_table(bed);
	g_autoptr(GError) error = NULL;
	GclkTableView *view = gclk_table_parse(json, strlen(json), &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(view);
	return view;
}

static char *table_text(const Bed *bed)
{
	g_autoptr(GclkTableView) view = travel(bed);

	return gclk_guests_text(view, view->rows, FALSE);
}

static char *guest_text(const Bed *bed)
{
	g_autoptr(GclkTableView) view = travel(bed);

	return gclk_guest_text(view->rows->pdata[0], FALSE);
}

/* No line is wider than 80 columns, and nothing but newlines is a control character. */
static void check_plain(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	CU_ASSERT_TRUE(g_utf8_validate(text, -1, NULL));
	for (guint i = 0; lines[i]; i++) {
		CU_ASSERT_TRUE(gclk_text_width(lines[i]) <= 80);
		for (const char *p = lines[i]; *p; p++)
			CU_ASSERT_TRUE((guchar)*p >= ' ' && *p != 127);
	}
}

/* --- travelling ------------------------------------------------------------------------------- */

static void test_travel(void)
{
	Bed bed;
	g_autoptr(GclkTableView) view = NULL;
	const GclkTableRow *row;
	const GclkGuest *guest;

	bed_open(&bed);
	add_linked(&bed, "db01");
	view = travel(&bed);
	CU_ASSERT_TRUE(view->served);
	GCLK_ASSERT_INT(view->watched_for, 3600 * S);
	GCLK_ASSERT_STR(view->host, "synchronised by NTP (chronyd, stratum 3, 10.0.0.1)");
	CU_ASSERT_TRUE(view->host_synchronised);
	CU_ASSERT_PTR_NULL(view->libvirt);
	GCLK_ASSERT_INT(view->rows->len, 1);
	row = view->rows->pdata[0];
	guest = row->guest;
	GCLK_ASSERT_STR(row->state, "synchronised");
	GCLK_ASSERT_INT(row->exit_code, 0);
	GCLK_ASSERT_STR(guest->name, "db01");
	GCLK_ASSERT_INT(guest->by, GCLK_GUEST_BY_LINK);
	GCLK_ASSERT_INT(guest->offset, -12300);
	GCLK_ASSERT_INT(guest->uncertainty, 98 * US);
	GCLK_ASSERT_INT(guest->seen, GCLK_TABLE_NOW - 3 * S);
	GCLK_ASSERT_INT(guest->report.offset, 400);
	GCLK_ASSERT_INT(guest->report.bound, 1200);
	GCLK_ASSERT_INT(guest->report.steps, 2);
	GCLK_ASSERT_INT(guest->report.uptime, 86400);
	GCLK_ASSERT_INT(guest->report.source_kind, GCLK_LINK_SOURCE_PTP);
	GCLK_ASSERT_STR(guest->report.source, "ptp0");
	GCLK_ASSERT_STR(guest->report.version, "0.9");
	GCLK_ASSERT_INT(guest->stale, 1);
	bed_close(&bed);
}

/* What is not known does not come out as 0. */
static void test_unknown(void)
{
	Bed bed;
	GclkGuest *guest;
	g_autoptr(GclkTableView) view = NULL;
	const GclkTableRow *row;

	bed_open(&bed);
	guest = add_linked(&bed, "db01");
	guest->has_offset = FALSE;
	guest->seen = 0;
	guest->report.bound = GCLK_BOUND_UNKNOWN;
	bed.table.sync = NULL;
	view = travel(&bed);
	row = view->rows->pdata[0];
	CU_ASSERT_FALSE(row->guest->has_offset);
	GCLK_ASSERT_INT(row->guest->seen, 0);
	GCLK_ASSERT_INT(row->guest->report.bound, GCLK_BOUND_UNKNOWN);
	CU_ASSERT_PTR_NULL(view->host);
	CU_ASSERT_FALSE(view->host_synchronised);
	bed_close(&bed);
}

static void test_lapses_travel(void)
{
	Bed bed;
	GclkGuest *guest;
	GclkNeedLapse *lapse;
	g_autoptr(GclkTableView) view = NULL;
	const GclkTableRow *row;

	bed_open(&bed);
	guest = add_linked(&bed, "db01");
	lapse = gclk_need_lapses_add(guest->lapses);
	lapse->lost = (GclkMoment){ 1795262000 * S, NOW - 754 * S };
	lapse->kind = GCLK_VERDICT_UNKNOWN;
	lapse->earlier = TRUE;
	lapse->reason = g_strdup("why");
	guest->lapses_total = 7;
	view = travel(&bed);
	row = view->rows->pdata[0];
	GCLK_ASSERT_INT(row->guest->lapses_total, 7);
	GCLK_ASSERT_INT(row->guest->lapses->len, 1);
	lapse = row->guest->lapses->pdata[0];
	GCLK_ASSERT_INT(lapse->lost.real, 1795262000 * S);
	GCLK_ASSERT_INT(gclk_need_lapse_duration(lapse, GCLK_TABLE_NOW), 754 * S);
	CU_ASSERT_PTR_EQUAL(gclk_need_lapses_open(row->guest->lapses), lapse);
	GCLK_ASSERT_INT(lapse->kind, GCLK_VERDICT_UNKNOWN);
	GCLK_ASSERT_INT(lapse->met.boottime, 0);
	CU_ASSERT_TRUE(lapse->earlier);
	GCLK_ASSERT_STR(lapse->reason, "why");
	bed_close(&bed);
}

/* --- bad JSON --------------------------------------------------------------------------------- */

static void test_no_table(void)
{
	static const char *const texts[] = { "", "{", "[]", "null", "7", "{}", "{\"guests\":{}}",
		"{\"guests\":null}", "{\"guests\":[", "\xff\xfe" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GclkTableView) view =
			gclk_table_parse(texts[i], strlen(texts[i]), &error);

		CU_ASSERT_PTR_NULL(view);
		CU_ASSERT_PTR_NOT_NULL(error);
	}
}

/* Rows of a later version, of another type, or damaged: unknown, never fine. */
static void test_odd_rows(void)
{
	static const char text[] =
		"{\"guests\":[7,null,[],{},"
		"{\"name\":3,\"id\":[],\"state\":{},\"exit_code\":\"0\",\"need\":[],\"lapses\":7,"
		"\"report\":[],\"offset_ns\":1.5,\"seen_age_ns\":-3},"
		"{\"name\":\"x\",\"exit_code\":0,\"seen_by\":\"telepathy\",\"verdict\":\"perhaps\","
		"\"seen_age_ns\":9223372036854775807,\"offset_ns\":-9223372036854775808,"
		"\"lapses\":[null,{\"lost_age_ns\":-1,\"verdict\":\"x\"}],"
		"\"report\":{\"state\":\"happy\",\"steps\":-1,\"uptime_s\":1e300,"
		"\"source\":\"0123456789012345678901234567890123456789\"}}]}";
	g_autoptr(GclkTableView) view = gclk_table_parse(text, strlen(text), NULL);
	g_autofree char *table = NULL;
	const GclkTableRow *row;

	CU_ASSERT_PTR_NOT_NULL_FATAL(view);
	GCLK_ASSERT_INT(view->rows->len, 3);
	for (guint i = 0; i < 2; i++) {
		row = view->rows->pdata[i];
		GCLK_ASSERT_INT(row->exit_code, 3);
		GCLK_ASSERT_STR(row->state, "unknown");
		CU_ASSERT_FALSE(row->guest->has_offset);
	}
	row = view->rows->pdata[2];
	GCLK_ASSERT_INT(row->guest->by, GCLK_GUEST_BY_NONE);
	GCLK_ASSERT_INT(row->guest->verdict.kind, GCLK_VERDICT_UNKNOWN);
	GCLK_ASSERT_INT(row->guest->seen, 1);
	GCLK_ASSERT_INT(row->guest->report.state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_INT(row->guest->report.bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(strlen(row->guest->report.source), GCLK_LINK_NAME_MAX - 1);
	table = gclk_guests_text(view, view->rows, FALSE);
	check_plain(table);
	for (guint i = 0; i < view->rows->len; i++) {
		g_autofree char *one = gclk_guest_text(view->rows->pdata[i], FALSE);

		check_plain(one);
	}
}

static void test_select(void)
{
	Bed bed;
	const char *const names[] = { "two", "no such", NULL };
	g_autofree char *json = NULL;
	g_autofree char *selected = NULL;
	g_autoptr(GclkTableView) view = NULL;

	bed_open(&bed);
	add(&bed, "one");
	add_linked(&bed, "two");
	add(&bed, "three");
	json = write_table(&bed);
	selected = gclk_table_select(json, strlen(json), names, NULL);
	view = gclk_table_parse(selected, strlen(selected), NULL);
	GCLK_ASSERT_INT(view->rows->len, 1);
	GCLK_ASSERT_STR(((GclkTableRow *)view->rows->pdata[0])->guest->name, "two");
	CU_ASSERT_TRUE(view->served);
	CU_ASSERT_PTR_NULL(gclk_table_select("[]", 2, names, NULL));
	bed_close(&bed);
}

/* --- the text --------------------------------------------------------------------------------- */

static void test_table(void)
{
	Bed bed;
	GclkGuest *guest;
	g_autofree char *text = NULL;

	bed_open(&bed);
	guest = add_linked(&bed, "db01");
	guest->need = (GclkNeed){ TRUE, GCLK_NEED_PTP, 0, TRUE };
	guest->verdict.kind = GCLK_VERDICT_INCOMPATIBLE;
	guest->verdict.reason = g_strdup("it needs a PTP-synchronised host; this host is not one");
	guest->verdict.remedy = g_strdup("set up ptp4l");
	guest = add(&bed, "web02");
	guest->by = GCLK_GUEST_BY_AGENT;
	guest->has_offset = guest->has_agent = TRUE;
	guest->offset = 704 * GCLK_NS_PER_MS;
	guest->uncertainty = 300 * US;
	guest->measured = guest->seen = NOW - 20 * S;
	guest->problem = g_strdup("its channel has closed");
	add(&bed, "old03");
	add(&bed, "off04")->running = FALSE;
	text = table_text(&bed);
	check_plain(text);
	GCLK_ASSERT_STR(text,
		"This host is synchronised by NTP (chronyd, stratum 3, 10.0.0.1)\n"
		"\n"
		"GUEST             STATE          NEED         HOST - GUEST          SEEN   STEPS\n"
		"db01              synchronised   ptp NOT MET  -12.3 us +-98.0 us    3 s        2\n"
		"    itself: +400 ns +-1.20 us by ptp0 (ptp)\n"
		"    need: it needs a PTP-synchronised host; this host is not one\n"
		"    -> set up ptp4l\n"
		"web02             qemu-ga        -            +704 ms +-300 us      20 s       -\n"
		"    ! its channel has closed\n"
		"old03             no agent       -            -                     -          -\n"
		"off04             shut off       -            -                     -          "
		"-\n");
	bed_close(&bed);
}

static void test_lapse_lines(void)
{
	Bed bed;
	GclkGuest *guest;
	GclkNeedLapse *lapse;
	g_autofree char *open = NULL, *over = NULL, *full = NULL;

	bed_open(&bed);
	guest = add_linked(&bed, "db01");
	guest->need = (GclkNeed){ TRUE, GCLK_NEED_PTP, 0, TRUE };
	lapse = gclk_need_lapses_add(guest->lapses);
	lapse->lost = (GclkMoment){ 1795262000 * S, NOW - 754 * S };
	lapse->kind = GCLK_VERDICT_INCOMPATIBLE;
	lapse->reason = g_strdup("it needs PTP; this host has lost it");
	lapse->earlier = TRUE;
	guest->lapses_total = 3;
	open = table_text(&bed);
	GCLK_ASSERT_HAS(open, "    need: not met since 2026-11-21T11:53:20Z or before (12 min): "
			      "it needs PTP;\n      this host has lost it\n");
	lapse->back = (GclkMoment){ 1795262180 * S, NOW - 574 * S };
	over = table_text(&bed);
	GCLK_ASSERT_HAS(over, "    need: not met from 2026-11-21T11:53:20Z or before to "
			      "2026-11-21T11:56:20Z (3\n      min), and 2 before\n");
	full = guest_text(&bed);
	GCLK_ASSERT_HAS(full, "\nWithout the host clock that it needs (the last 1 of 3; the "
			      "journal has all)\n");
	GCLK_ASSERT_HAS(full, "  not met from 2026-11-21T11:53:20Z or before to "
			      "2026-11-21T11:56:20Z (3 min):\n    it needs PTP; this");
	check_plain(open);
	check_plain(over);
	check_plain(full);
	bed_close(&bed);
}

static void test_full(void)
{
	Bed bed;
	GclkGuest *guest;
	g_autofree char *text = NULL;

	bed_open(&bed);
	guest = add_linked(&bed, "db01");
	guest->offset = -2 * S;
	guest->report.steers = FALSE;
	text = guest_text(&bed);
	check_plain(text);
	GCLK_ASSERT_HAS(text, "db01: synchronised\n");
	GCLK_ASSERT_HAS(text, "  uuid           11111111-2222-3333-4444-555555555555\n");
	GCLK_ASSERT_HAS(text, "  need           it takes any host clock (nothing is declared)\n");
	GCLK_ASSERT_HAS(text, "  host - guest   -2.000 s +-98.0 us (the guest is ahead), measured "
			      "3 s ago\n");
	GCLK_ASSERT_HAS(text, "  itself says    synchronised (it does not steer its clock), 3 s "
			      "ago\n");
	GCLK_ASSERT_HAS(text, "  its source     ptp0 (ptp), +400 ns +-1.20 us\n");
	GCLK_ASSERT_HAS(text, "  its clock      2 steps since its daemon started; up 24 h\n");
	GCLK_ASSERT_HAS(text, "  answers        80 of 81; the last 3 s ago\n");
	GCLK_ASSERT_HAS(text, "  oddities       1 answers to nobody");
	GCLK_ASSERT_HAS(text, "  contradiction  it differs from this host by more than");
	bed_close(&bed);
}

static void test_head(void)
{
	Bed bed;
	g_autofree char *text = NULL;
	g_autoptr(GclkTableView) view = NULL;

	bed_open(&bed);
	bed.table.served = FALSE;
	bed.table.libvirt = "no\033[2Jconnection";
	bed.sync.synchronised = FALSE;
	bed.sync.summary = (char *)"not synchronised";
	bed.sync.reason = (char *)"no time daemon is seen on this host";
	text = table_text(&bed);
	GCLK_ASSERT_STR(text,
		"This host is not synchronised: no time daemon is seen on this host\n"
		"(hostclock serve does not run: one look, and no watch on what guests need)\n"
		"no?[2Jconnection\n"
		"No guests.\n");
	view = travel(&bed);
	GCLK_ASSERT_INT(gclk_guests_exit_code(view, view->rows), 3);
	bed_close(&bed);
}

/* Names, reasons and sources as an attacker would choose them. */
static void test_hostile(void)
{
	static const char *const texts[] = {
		"\033[2J\033]0;title\007",
		"a\nb\rc\td",
		"\xff\xfe\x80",
		"\xe2\x80\xae\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
		"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87"
		"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87",
		"a-very-long-name-without-any-blank-that-goes-on-and-on-and-on-and-on-and-on-and-on"
		"-and-on-and-on",
		"",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		Bed bed;
		GclkGuest *guest;
		g_autofree char *table = NULL, *full = NULL;

		bed_open(&bed);
		guest = add_linked(&bed, texts[i]);
		guest->problem = g_strdup(texts[i]);
		guest->need_error = g_strdup(texts[i]);
		guest->verdict.reason = g_strdup(texts[i]);
		guest->verdict.remedy = g_strdup(texts[i]);
		gclk_need_lapses_add(guest->lapses)->reason = g_strdup(texts[i]);
		g_strlcpy(guest->report.source, texts[i], sizeof guest->report.source);
		g_strlcpy(guest->report.version, texts[i], sizeof guest->report.version);
		guest->report.steps = G_MAXUINT32;
		guest->offset = G_MININT64;
		guest->uncertainty = G_MAXINT64;
		table = table_text(&bed);
		full = guest_text(&bed);
		CU_ASSERT_PTR_NULL(strchr(table, '\033'));
		CU_ASSERT_PTR_NULL(strchr(full, '\033'));
		CU_ASSERT_TRUE(g_utf8_validate(table, -1, NULL));
		CU_ASSERT_TRUE(g_utf8_validate(full, -1, NULL));
		if (!g_str_has_prefix(texts[i], "a-very")) /* a word is never broken */
			check_plain(table);
		bed_close(&bed);
	}
}

static void test_exit_codes(void)
{
	static const struct {
		int rows[3];
		int worst;
	} cases[] = {
		{ { 0, 0, 0 }, 0 },
		{ { 0, 1, 0 }, 1 },
		{ { 1, 3, 0 }, 3 },
		{ { 3, 2, 1 }, 2 },
		{ { 2, 3, 3 }, 2 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkTableRow rows[3];
		g_autoptr(GPtrArray) list = g_ptr_array_new();
		GclkTableView view = { 0 };

		for (gsize j = 0; j < G_N_ELEMENTS(rows); j++) {
			rows[j] = (GclkTableRow){ .exit_code = cases[i].rows[j] };
			g_ptr_array_add(list, &rows[j]);
		}
		GCLK_ASSERT_INT(gclk_guests_exit_code(&view, list), cases[i].worst);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "travelling", test_travel },
		{ "unknown stays unknown", test_unknown },
		{ "lapses travel", test_lapses_travel },
		{ "no table", test_no_table },
		{ "odd rows", test_odd_rows },
		{ "select", test_select },
		{ "table", test_table },
		{ "lapses", test_lapse_lines },
		{ "one in full", test_full },
		{ "head", test_head },
		{ "hostile texts", test_hostile },
		{ "exit codes", test_exit_codes },
		{ NULL, NULL },
	};

	return gclk_test_main("guests-report", cases);
}
