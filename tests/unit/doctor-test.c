/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the doctor says is compared with files that people can look at: tests/data/doctor/NAME.txt.
 * To write them anew: GUESTCLOCK_WRITE_GOLDEN=1 tests/unit/doctor-test; then read the difference.
 */
#include "doctor/doctor.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "guestclock/finding-report.h"
#include "guestclock/text.h"
#include "harness.h"
#include "status-samples.h"

static char *golden_path(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".txt", NULL);
	const char *source = g_getenv("srcdir");

	return g_build_filename(source ? source : ".", "tests/data/doctor", file, NULL);
}

static void check_golden(const char *name, const char *text)
{
	g_autofree char *path = golden_path(name);
	g_autofree char *golden = NULL;

	if (g_getenv("GUESTCLOCK_WRITE_GOLDEN"))
		g_file_set_contents(path, text, -1, NULL);
	g_file_get_contents(path, &golden, NULL, NULL);
	GCLK_ASSERT_STR(text, golden);
}

/* --- composed machines ---------------------------------------------------------------------------
 */

static void add_fine(GPtrArray *findings)
{
	gclk_findings_add(findings, "clocksource", GCLK_SEVERITY_OK,
		"clocksource kvm-clock, as is right for kvm", NULL);
	gclk_findings_add(findings, "kernel-parameters", GCLK_SEVERITY_OK,
		"no kernel parameter stands in the clock's way", NULL);
}

static void make_slow(GPtrArray *findings, GPtrArray *unreadable)
{
	GclkFinding *finding;

	add_fine(findings);
	gclk_findings_add(findings, "rtc-local", GCLK_SEVERITY_NOTE,
		"the RTC is kept in local time", "timedatectl set-local-rtc 0");
	finding = gclk_findings_add(findings, "ticks-losing", GCLK_SEVERITY_CRITICAL,
		"this clock loses 20.1 % of its time, 12 min in an hour: lost timer ticks are lost "
		"time with the clocksource jiffies",
		"switch to the clocksource tsc, now and at each boot");
	gclk_finding_add_evidence(finding, "clocksource jiffies (available: tsc jiffies)");
	gclk_finding_add_evidence(finding,
		"measured for 5.0 s against the RTC: -201000 ppm, +/- 900 ppm, certain to 99 %%");
	gclk_finding_add_fix(finding, GCLK_FIX_CLOCKSOURCE, "tsc", NULL);
	gclk_finding_add_fix(finding, GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc");
	finding = gclk_findings_add(findings, "clock-offset", GCLK_SEVERITY_CRITICAL,
		"the clock is behind by 2412.000 s (40 min): 2 NTP servers agree",
		"systemctl enable --now guestclockd: it sets the clock at its start");
	gclk_finding_add_evidence(finding, "nas.example: +2412.000 s, give or take 5.00 ms");
	gclk_findings_add(findings, "rival", GCLK_SEVERITY_WARNING,
		"vmtoolsd and ntpd (pid 812) both set this clock",
		"stop one of the two: vmware-toolbox-cmd timesync disable");
	gclk_facts_add(unreadable, "/dev/kmsg", "operation not permitted");
	gclk_facts_add(unreadable, "told", "by a finding");
	gclk_finding_add_evidence(gclk_findings_add(findings, "log", GCLK_SEVERITY_NOTE,
					  "something cannot be read", NULL),
		"told: by a finding");
	gclk_findings_sort(findings);
}

static void make_well(GPtrArray *findings, GPtrArray *unreadable)
{
	(void)unreadable;
	add_fine(findings);
}

static void make_notes(GPtrArray *findings, GPtrArray *unreadable)
{
	(void)unreadable;
	gclk_findings_add(findings, "no-rtc", GCLK_SEVERITY_NOTE, "this machine has no RTC", NULL);
}

static void make_nothing(GPtrArray *findings, GPtrArray *unreadable)
{
	(void)findings;
	(void)unreadable;
}

/* Names from outside that would steer a terminal, and far too long ones. */
static void make_hostile(GPtrArray *findings, GPtrArray *unreadable)
{
	GclkFinding *finding = gclk_findings_add(findings, "x", GCLK_SEVERITY_WARNING,
		"the server \033[2J\033[31mevil\nOK        all is well", "run \007this\r");

	gclk_finding_add_evidence(finding, "%0120d", 7);
	for (guint i = 0; i < 40; i++)
		gclk_facts_add(unreadable,
			"/sys/\033x/very/long/path/that/goes/on/and/on/and/on/"
			"and/on/and/on/and/on",
			"permission denied");
}

static const struct {
	const char *name;
	void (*make)(GPtrArray *findings, GPtrArray *unreadable);
	gboolean is_root, may_fix;
} machines[] = {
	{ "slow", make_slow, FALSE, TRUE },
	{ "well", make_well, TRUE, TRUE },
	{ "notes", make_notes, TRUE, TRUE },
	{ "nothing", make_nothing, TRUE, FALSE },
	{ "hostile", make_hostile, TRUE, TRUE },
};

static char *text_of(gsize i, gboolean color)
{
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GPtrArray) unreadable = gclk_facts_new();
	const GclkDoctorReport report = {
		.findings = findings,
		.unreadable = unreadable,
		.is_root = machines[i].is_root,
		.may_fix = machines[i].may_fix,
	};

	machines[i].make(findings, unreadable);
	return gclk_doctor_text(&report, color);
}

static void test_golden(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		g_autofree char *text = text_of(i, FALSE);

		check_golden(machines[i].name, text);
	}
}

static void test_width_and_characters(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		g_autofree char *text = text_of(i, FALSE);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		for (const char *p = text; *p; p++)
			CU_ASSERT_TRUE(*p == '\n' || (*p >= ' ' && *p < 0x7f));
		for (char **line = lines; *line; line++) {
			if (gclk_text_width(*line) > 80)
				GCLK_ASSERT_STR(*line, "at most 80 columns");
			if (g_str_has_suffix(*line, " "))
				GCLK_ASSERT_STR(*line, "no blanks at the end");
		}
	}
}

static void test_color(void)
{
	g_autofree char *slow = text_of(0, TRUE);
	g_autofree char *well = text_of(1, TRUE);

	CU_ASSERT_TRUE(g_str_has_prefix(slow, "\033[1;31mCRITICAL\033[0m  "));
	CU_ASSERT_TRUE(g_str_has_prefix(well, "\033[32mOK\033[0m        "));
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static JsonObject *object_of(const GclkDoctorReport *report, JsonParser *parser)
{
	GclkJson *json = gclk_json_new();
	g_autofree char *text = NULL;

	gclk_json_begin_object(json, NULL);
	gclk_doctor_json(report, json);
	gclk_json_end_object(json);
	text = gclk_json_finish(json);
	CU_ASSERT_TRUE_FATAL(json_parser_load_from_data(parser, text, -1, NULL));
	return json_node_get_object(json_parser_get_root(parser));
}

static void test_json(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GPtrArray) unreadable = gclk_facts_new();
	const GclkTickHealth ticks = {
		.verdict = GCLK_TICKS_LOSING,
		.lost_ppm = 201000,
		.lost_error_ppm = INFINITY,
		.reference = "rtc",
		.steal_share = -1,
		.backlog = 2500000,
	};
	const GclkDoctorReport report = {
		.findings = findings, .unreadable = unreadable, .ticks = &ticks
	};
	JsonObject *object, *finding, *part;

	make_slow(findings, unreadable);
	object = object_of(&report, parser);
	GCLK_ASSERT_STR(json_object_get_string_member(object, "severity"), "critical");
	finding =
		json_array_get_object_element(json_object_get_array_member(object, "findings"), 0);
	GCLK_ASSERT_STR(json_object_get_string_member(finding, "id"), "ticks-losing");
	GCLK_ASSERT_STR(json_object_get_string_member(finding, "severity"), "critical");
	GCLK_ASSERT_INT(
		json_array_get_length(json_object_get_array_member(finding, "evidence")), 2);
	part = json_array_get_object_element(json_object_get_array_member(finding, "fixes"), 1);
	GCLK_ASSERT_STR(json_object_get_string_member(part, "kind"), "boot-parameter");
	GCLK_ASSERT_STR(json_object_get_string_member(part, "name"), "clocksource");
	GCLK_ASSERT_STR(json_object_get_string_member(part, "value"), "tsc");
	part = json_object_get_object_member(object, "ticks");
	GCLK_ASSERT_STR(json_object_get_string_member(part, "verdict"), "losing-time");
	CU_ASSERT_TRUE(json_object_get_null_member(part, "lost_error_ppm"));
	CU_ASSERT_TRUE(json_object_get_null_member(part, "steal_share"));
	GCLK_ASSERT_INT(json_object_get_int_member(part, "backlog_ns"), 2500000);
	part = json_array_get_object_element(json_object_get_array_member(object, "unreadable"), 0);
	GCLK_ASSERT_STR(json_object_get_string_member(part, "path"), "/dev/kmsg");
}

static void test_json_empty(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	const GclkDoctorReport report = { .findings = findings };
	JsonObject *object = object_of(&report, parser);

	GCLK_ASSERT_STR(json_object_get_string_member(object, "severity"), "ok");
	CU_ASSERT_TRUE(json_object_get_null_member(object, "ticks"));
}

/* What the daemon has found is told once. */
static void test_status(void)
{
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GclkStatus) status = gclk_status_new();

	gclk_findings_add(findings, "rival", GCLK_SEVERITY_WARNING, "seen here", NULL);
	g_ptr_array_add(status->findings,
		gclk_finding_new("rival", GCLK_SEVERITY_WARNING, "seen there", NULL));
	g_ptr_array_add(status->findings,
		gclk_finding_new("helper", GCLK_SEVERITY_WARNING, "helper", "restart"));
	gclk_doctor_add_status(findings, status);
	GCLK_ASSERT_INT(findings->len, 2);
	GCLK_ASSERT_STR(gclk_findings_find(findings, "rival")->statement, "seen here");
	GCLK_ASSERT_STR(gclk_findings_find(findings, "helper")->remedy, "restart");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "what it says looks as it should", test_golden },
		{ "at most 80 columns of ASCII", test_width_and_characters },
		{ "colour", test_color },
		{ "JSON", test_json },
		{ "JSON without anything", test_json_empty },
		{ "what the daemon has found", test_status },
		{ NULL, NULL },
	};

	return gclk_test_main("doctor", cases);
}
