/* SPDX-License-Identifier: BSD-2-Clause */
/* Who holds the clock: situations of a host, and what must be made of them. */
#include <string.h>

#include "guestclock/finding.h"
#include "harness.h"
#include "sync-situations.h"
#include "sync/phc.h"
#include "sync/phc2sys.h"
#include "sync/sync-report.h"

/* The situation of that name. */
static const GclkSituation *find(const char *name)
{
	const GclkSituation *situation = gclk_situations;

	while (situation->name && strcmp(situation->name, name) != 0)
		situation++;
	CU_ASSERT_PTR_NOT_NULL_FATAL(situation->name);
	return situation;
}

static GclkHostSync *decide_named(const char *name)
{
	return gclk_situation_decide(find(name), FALSE);
}

static char *ids(const GclkHostSync *sync)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < sync->findings->len; i++)
		g_string_append_printf(
			out, "%s ", ((const GclkFinding *)sync->findings->pdata[i])->id);
	return g_string_free(out, FALSE);
}

static void check(const GclkSituation *situation)
{
	g_autoptr(GclkHostSync) sync = gclk_situation_decide(situation, FALSE);
	g_autofree char *found = ids(sync);
	g_autofree char *says = g_strdup_printf("%s%s%s", sync->summary, sync->reason ? ": " : "",
		sync->reason ? sync->reason : "");
	guint before = CU_get_number_of_failures();

	GCLK_ASSERT_STR(
		gclk_protocol_name(sync->configured), gclk_protocol_name(situation->configured));
	GCLK_ASSERT_STR(
		gclk_protocol_name(sync->effective), gclk_protocol_name(situation->effective));
	GCLK_ASSERT_INT(sync->synchronised, situation->synchronised);
	GCLK_ASSERT_INT(sync->fallback, situation->fallback);
	GCLK_ASSERT_STR(sync->daemon, situation->daemon);
	GCLK_ASSERT_STR(found, situation->findings);
	GCLK_ASSERT_HAS(says, situation->says);
	CU_ASSERT_EQUAL(sync->reason == NULL, sync->synchronised);
	CU_ASSERT_TRUE(sync->evidence->len > 0 || situation->kernel == SAYS_NOTHING);
	if (CU_get_number_of_failures() > before)
		printf("\n    in \"%s\": %s", situation->name, says);
}

static void test_situations(void)
{
	for (gsize i = 0; gclk_situations[i].name; i++)
		check(&gclk_situations[i]);
}

static void test_order(void)
{
	for (gsize i = 0; gclk_situations[i].name; i++) {
		g_autoptr(GclkHostSync) forth = gclk_situation_decide(&gclk_situations[i], FALSE);
		g_autoptr(GclkHostSync) back = gclk_situation_decide(&gclk_situations[i], TRUE);

		GCLK_ASSERT_INT(back->effective, forth->effective);
		GCLK_ASSERT_INT(back->configured, forth->configured);
		GCLK_ASSERT_INT(back->synchronised, forth->synchronised);
		GCLK_ASSERT_INT(back->fallback, forth->fallback);
		GCLK_ASSERT_STR(back->summary, forth->summary);
		GCLK_ASSERT_STR(back->daemon, forth->daemon);
	}
}

/* --- single figures --------------------------------------------------------------------------- */

static void test_figures(void)
{
	g_autoptr(GclkHostSync) sync = decide_named("PTP by phc2sys");

	/* reference minus card, and card minus system clock */
	GCLK_ASSERT_INT(sync->has_offset, TRUE);
	GCLK_ASSERT_INT(sync->offset, -100 + 200);
	GCLK_ASSERT_INT(sync->bound, 5 * US + 1 * US + 200);
	GCLK_ASSERT_INT(sync->clock_class, 6);
	GCLK_ASSERT_INT(sync->stratum, -1);
	GCLK_ASSERT_INT(sync->age, S);
	GCLK_ASSERT_INT(sync->tai_offset, 37);
	GCLK_ASSERT_STR(sync->source, "6a0a5b.fffe.155865");
}

static void test_evidence(void)
{
	GclkSituation situation = *find("NTP holds, ptp4l needs root");
	g_autoptr(GclkHostSync) sync = NULL;

	situation.kernel = SAYS_SYNCED;
	sync = gclk_situation_decide(&situation, FALSE);

	GCLK_ASSERT_STR(sync->evidence->pdata[0], "chronyd: locked: locked");
	GCLK_ASSERT_STR(sync->evidence->pdata[1], "chronyd: steers the system clock: told so");
	GCLK_ASSERT_STR(sync->evidence->pdata[2], "ptp4l: a problem");
	GCLK_ASSERT_HAS(sync->evidence->pdata[sync->evidence->len - 1], "proves nothing");
}

/* --- precision clocks ------------------------------------------------------------------------- */

/* What decides comes first: one screen does not hold all. */
static void test_evidence_order(void)
{
	g_autoptr(GclkHostSync) sync = decide_named("fallback while phc2sys -a has let go");
	static const char *const first[] = {
		"chronyd: locked: ",
		"chronyd: steers the system clock: ",
		"ptp4l: not locked: ",
		"ptp4l: does not steer the system clock: ",
		"phc2sys: locked: ",
		"phc2sys: does not steer the system clock while ptp4l has no master: ",
	};

	CU_ASSERT_TRUE_FATAL(sync->evidence->len >= G_N_ELEMENTS(first));
	for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
		GCLK_ASSERT_HAS(sync->evidence->pdata[i], first[i]);
}

static void test_leap_judgement(void)
{
	static const struct {
		gint64 difference;
		gint ahead, whole;
		gint64 offset;
	} cases[] = {
		{ 37 * S, 37, 0, 0 },
		{ 37 * S - 250, 37, 0, -250 },
		{ 0, 37, -37, -37 * S }, /* both keep the same scale */
		{ 74 * S + 5, 37, 37, 37 * S + 5 },
		{ 38 * S, 37, 1, S },
		{ 36 * S, 37, -1, -S },
		{ 37 * S + 450 * MS, 37, 0, 450 * MS }, /* half a second is no leap */
		{ 37 * S + 850 * MS, 37, 0, 850 * MS },
		{ 37 * S + 900 * MS, 37, 1, 900 * MS },
		{ 200 * S, 37, 0, 163 * S }, /* simply wrong */
		{ G_MININT64, 37, 0, G_MININT64 },
		{ G_MAXINT64, -37, 0, G_MAXINT64 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 offset;

		GCLK_ASSERT_INT(gclk_phc_judge(cases[i].difference, cases[i].ahead, &offset),
			cases[i].whole);
		GCLK_ASSERT_INT(offset, cases[i].offset);
	}
}

static void test_phc2sys(void)
{
	GclkPhc2sysSettings settings = { .source = (char *)"eth0", .system_clock = TRUE };
	GclkPhcReading reading = { 1795213101 * S, 37 * S + 120, 800 };
	GclkPhc2sysView view = { .settings = &settings,
		.able = TRUE,
		.device = "/dev/ptp0",
		.kind = GCLK_REFERENCE_PHC,
		.clock_name = "ice",
		.tai_offset = 37,
		.read = &reading };
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("phc2sys");
	g_autoptr(GclkDaemonReport) unset = gclk_daemon_report_new("phc2sys");
	g_autoptr(GclkDaemonReport) barred = gclk_daemon_report_new("phc2sys");
	g_autoptr(GclkDaemonReport) host = gclk_daemon_report_new("phc2sys");
	g_autoptr(GError) error = g_error_new(G_FILE_ERROR, G_FILE_ERROR_ACCES, "no");

	gclk_phc2sys_judge(&view, report);
	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_YES);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->offset, 120);
	GCLK_ASSERT_INT(report->bound, 800);
	view.kind = GCLK_REFERENCE_HOST;
	view.timescale = GCLK_TIMESCALE_UTC;
	reading.difference = -5000;
	gclk_phc2sys_judge(&view, host);
	GCLK_ASSERT_INT(host->offset, -5000);
	GCLK_ASSERT_INT(host->reference, GCLK_REFERENCE_HOST);
	reading.time = 500 * S; /* nobody has set it */
	view.able = FALSE;
	gclk_phc2sys_judge(&view, unset);
	GCLK_ASSERT_INT(unset->locked, FALSE);
	GCLK_ASSERT_INT(unset->steers, GCLK_STEERS_NO);
	view.read = NULL;
	view.error = error;
	gclk_phc2sys_judge(&view, barred);
	GCLK_ASSERT_INT(barred->presence, GCLK_DAEMON_FORBIDDEN);
	GCLK_ASSERT_INT(barred->locked, FALSE);
}

/* --- reports ---------------------------------------------------------------------------------- */

static void test_json(void)
{
	g_autoptr(GclkHostSync) sync = gclk_situation_decide(&gclk_situations[0], FALSE);
	g_autofree char *json = gclk_host_sync_json(sync);
	const GclkSituation nobody = { .kernel = SAYS_UNSYNCED };
	g_autoptr(GclkHostSync) none = gclk_situation_decide(&nobody, FALSE);
	g_autofree char *empty = gclk_host_sync_json(none);

	GCLK_ASSERT_HAS(json, "\"effective\":\"ntp\"");
	GCLK_ASSERT_HAS(json, "\"synchronised\":true");
	GCLK_ASSERT_HAS(json, "\"stratum\":3");
	GCLK_ASSERT_HAS(json, "\"clock_class\":null");
	GCLK_ASSERT_HAS(json, "\"error_bound_ns\":2000000");
	GCLK_ASSERT_HAS(json, "\"tai_offset_s\":null");
	GCLK_ASSERT_HAS(json, "\"leap\":\"none\"");
	GCLK_ASSERT_HAS(json, "\"reason\":null");
	GCLK_ASSERT_HAS(empty, "\"offset_ns\":null");
	GCLK_ASSERT_HAS(empty, "\"error_bound_ns\":null");
	GCLK_ASSERT_HAS(empty, "\"age_ns\":null");
	GCLK_ASSERT_HAS(empty, "\"leap\":null");
	GCLK_ASSERT_HAS(empty, "\"daemon\":null");
}

/* Nothing is wider than a terminal, and nothing in it can steer one. */
static void test_text(void)
{
	for (gsize i = 0; gclk_situations[i].name; i++) {
		g_autoptr(GclkHostSync) sync = gclk_situation_decide(&gclk_situations[i], FALSE);
		g_autofree char *text = gclk_host_sync_text(sync, FALSE);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		CU_ASSERT_TRUE(g_str_has_prefix(text, "This host is "));
		for (char **line = lines; *line; line++)
			if (strlen(*line) > 80)
				CU_FAIL("a line is too long");
	}
}

static void test_hostile_text(void)
{
	GclkSituation situation = *find("NTP");
	g_autoptr(GclkHostSync) sync = NULL;
	g_autofree char *text = NULL;
	g_autofree char *plain = NULL;
	g_autofree char *nagios = NULL;

	situation.reports[0].source = "\033[2Jx|y\n; z";
	sync = gclk_situation_decide(&situation, FALSE);
	text = gclk_host_sync_text(sync, TRUE);
	plain = gclk_host_sync_text(sync, FALSE);
	nagios = gclk_host_sync_nagios(sync, 0);
	CU_ASSERT_PTR_NULL(strstr(text, "\033[2J"));
	CU_ASSERT_PTR_NULL(strchr(plain, '\033'));
	CU_ASSERT_PTR_EQUAL(strchr(nagios, '\n'), nagios + strlen(nagios) - 1);
	CU_ASSERT_PTR_EQUAL(strchr(nagios, '|'), strrchr(nagios, '|'));
}

static void test_nagios(void)
{
	g_autoptr(GclkHostSync) sync = gclk_situation_decide(&gclk_situations[0], FALSE);
	const GclkSituation nobody = { .kernel = SAYS_UNSYNCED };
	g_autoptr(GclkHostSync) none = gclk_situation_decide(&nobody, FALSE);
	g_autofree char *good = gclk_host_sync_nagios(sync, 0);
	g_autofree char *bad = gclk_host_sync_nagios(none, 2);
	g_autofree char *odd = gclk_host_sync_nagios(none, 77);

	GCLK_ASSERT_STR(good, "HOSTCLOCK OK - this host is synchronised by NTP (chronyd, stratum "
			      "3, 10.0.0.1)|offset=0.000000000s bound=0.002000000s;;;0 "
			      "age=1.000000000s;;;0\n");
	CU_ASSERT_TRUE(g_str_has_prefix(bad, "HOSTCLOCK CRITICAL - this host is not synchronised"));
	CU_ASSERT_PTR_NULL(strchr(bad, '|'));
	CU_ASSERT_TRUE(g_str_has_prefix(odd, "HOSTCLOCK UNKNOWN - "));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "situations", test_situations },
		{ "the order of the reports does not count", test_order },
		{ "figures", test_figures },
		{ "evidence", test_evidence },
		{ "the order of the evidence", test_evidence_order },
		{ "a wrong count of leap seconds", test_leap_judgement },
		{ "phc2sys, measured", test_phc2sys },
		{ "JSON", test_json },
		{ "text", test_text },
		{ "hostile text", test_hostile_text },
		{ "Nagios", test_nagios },
		{ NULL, NULL },
	};

	return gclk_test_main("sync", cases);
}
