/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Detection and the doctor on whole machines: each folder of tests/data/machines is one
 * (tests/data/machines/README.md tells what is in it). To add a machine, add a folder.
 */
#include <stdio.h>
#include <string.h>

#include "detect/environment.h"
#include "doctor/survey.h"
#include "guestclock/finding-report.h"
#include "harness.h"
#include "recorded-machine.h"

/* --- what is expected of detection ------------------------------------------------------------ */

typedef struct {
	const GclkDetection *detection;
	const GPtrArray *findings;
} Seen;

static gboolean has_fact(const GPtrArray *facts, const char *name, const char *part)
{
	for (guint i = 0; i < facts->len; i++) {
		const GclkFact *fact = facts->pdata[i];

		if (strcmp(fact->name, name) == 0 && strstr(fact->value, part))
			return TRUE;
	}
	return FALSE;
}

/* Each takes what follows the word, and that again in two halves around " = ", NULL where it has
   none. */
typedef gboolean (*Expectation)(const Seen *seen, const char *rest, char **halves);

static gboolean expect_hypervisor(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return strcmp(seen->detection->hypervisor, rest) == 0;
}

static gboolean expect_container(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return strcmp(seen->detection->container, rest) == 0;
}

static gboolean expect_owns_clock(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return strcmp(seen->detection->owns_clock ? "yes" : "no", rest) == 0;
}

static gboolean expect_why(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return strstr(seen->detection->hypervisor_why, rest) != NULL;
}

static gboolean expect_container_why(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return strstr(seen->detection->container_why, rest) != NULL;
}

static gboolean expect_fact(const Seen *seen, const char *rest, char **halves)
{
	(void)rest;
	return halves && has_fact(seen->detection->facts, halves[0], halves[1]);
}

static gboolean expect_no_fact(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return !has_fact(seen->detection->facts, rest, "");
}

static gboolean expect_unreadable(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return has_fact(seen->detection->unreadable, rest, "");
}

/* --- what is expected of the doctor ----------------------------------------------------------- */

/* "ID SEVERITY" */
static gboolean expect_finding(const Seen *seen, const char *rest, char **halves)
{
	g_auto(GStrv) words = g_strsplit(rest, " ", 2);
	const GclkFinding *finding = gclk_findings_find(seen->findings, words[0]);

	(void)halves;
	return finding && words[1] && (gint)finding->severity == gclk_severity_from_name(words[1]);
}

static gboolean expect_no_finding(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return !gclk_findings_find(seen->findings, rest);
}

static gboolean expect_remedy(const Seen *seen, const char *rest, char **halves)
{
	const GclkFinding *finding = halves ? gclk_findings_find(seen->findings, halves[0]) : NULL;

	(void)rest;
	return finding && finding->remedy && strstr(finding->remedy, halves[1]);
}

static gboolean expect_evidence(const Seen *seen, const char *rest, char **halves)
{
	const GclkFinding *finding = halves ? gclk_findings_find(seen->findings, halves[0]) : NULL;

	(void)rest;
	for (guint i = 0; finding && finding->evidence && i < finding->evidence->len; i++)
		if (strstr(finding->evidence->pdata[i], halves[1]))
			return TRUE;
	return FALSE;
}

/* "KIND NAME", "KIND NAME=VALUE" */
static char *describe_fix(const GclkFix *fix)
{
	return g_strdup_printf("%s %s%s%s", gclk_fix_kind_name(fix->kind), fix->name,
		fix->value ? "=" : "", fix->value ? fix->value : "");
}

/* "ID KIND NAME=VALUE"; several fixes of one finding, several lines */
static gboolean expect_fix(const Seen *seen, const char *rest, char **halves)
{
	g_auto(GStrv) words = g_strsplit(rest, " ", 2);
	const GclkFinding *finding = gclk_findings_find(seen->findings, words[0]);

	(void)halves;
	for (guint i = 0; finding && finding->fixes && i < finding->fixes->len; i++) {
		g_autofree char *text = describe_fix(finding->fixes->pdata[i]);

		if (g_strcmp0(text, words[1]) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean expect_no_fix(const Seen *seen, const char *rest, char **halves)
{
	const GclkFinding *finding = gclk_findings_find(seen->findings, rest);

	(void)halves;
	return finding && (!finding->fixes || finding->fixes->len == 0);
}

static gboolean expect_worst(const Seen *seen, const char *rest, char **halves)
{
	(void)halves;
	return (gint)gclk_findings_worst(seen->findings) == gclk_severity_from_name(rest);
}

/* --- a line of the file "expected" ------------------------------------------------------------ */

static const struct {
	const char *word;
	Expectation is_met;
} expectations[] = {
	{ "hypervisor", expect_hypervisor },
	{ "container", expect_container },
	{ "owns_clock", expect_owns_clock },
	{ "why", expect_why },
	{ "container-why", expect_container_why },
	{ "fact", expect_fact },
	{ "no-fact", expect_no_fact },
	{ "unreadable", expect_unreadable },
	{ "finding", expect_finding },
	{ "no-finding", expect_no_finding },
	{ "remedy", expect_remedy },
	{ "evidence", expect_evidence },
	{ "fix", expect_fix },
	{ "no-fix", expect_no_fix },
	{ "worst", expect_worst },
};

static gboolean is_met(const Seen *seen, const char *word, const char *rest)
{
	g_auto(GStrv) halves = g_strsplit(rest, " = ", 2);

	for (gsize i = 0; i < G_N_ELEMENTS(expectations); i++)
		if (strcmp(expectations[i].word, word) == 0)
			return expectations[i].is_met(
				seen, rest, g_strv_length(halves) == 2 ? halves : NULL);
	return FALSE;
}

/* --- a machine -------------------------------------------------------------------------------- */

static void show(const Seen *seen)
{
	const GclkFindingStyle style = { .good = "nothing is wrong" };
	g_autofree char *detected = gclk_detection_text(seen->detection, FALSE);
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; i < seen->findings->len; i++) {
		const GclkFinding *finding = seen->findings->pdata[i];

		g_string_append_printf(found, "finding %s %s\n", finding->id,
			gclk_severity_name(finding->severity));
		for (guint j = 0; finding->fixes && j < finding->fixes->len; j++) {
			g_autofree char *fix = describe_fix(finding->fixes->pdata[j]);

			g_string_append_printf(found, "fix %s %s\n", finding->id, fix);
		}
	}
	gclk_findings_to_text(found, seen->findings, &style);
	printf("\n%s%s", detected, found->str);
}

static void compare(const char *folder, const Seen *seen, const char *expected)
{
	g_auto(GStrv) lines = g_strsplit(expected, "\n", -1);
	gboolean good = TRUE;
	guint checked = 0;

	for (guint i = 0; lines[i]; i++) {
		char *rest = strchr(lines[i], ' ');

		if (!rest)
			continue;
		*rest++ = '\0';
		checked++;
		if (is_met(seen, lines[i], rest))
			continue;
		good = FALSE;
		printf("\n%s: not met: %s %s", folder, lines[i], rest);
	}
	CU_ASSERT_TRUE(good);
	CU_ASSERT_TRUE(checked >= 3); /* both verdicts and whose the clock is */
	if (!good || g_getenv("GUESTCLOCK_SHOW_MACHINE"))
		show(seen);
}

/* The daemon's own, smaller detection must not think differently of a Linux machine. */
static void compare_environment(const GclkMachine *machine, const GclkDetection *detection)
{
	g_autoptr(GclkEnvironment) environment =
		gclk_environment_detect_with(machine->platform, machine->cpuid);

	GCLK_ASSERT_STR(environment->hypervisor, detection->hypervisor);
	GCLK_ASSERT_STR(environment->container, detection->container);
	GCLK_ASSERT_INT(environment->owns_clock, detection->owns_clock);
}

/* Two of one id are about two things, and say so. */
static void check_twins(const GPtrArray *findings, guint at)
{
	const GclkFinding *finding = findings->pdata[at];

	for (guint i = 0; i < at; i++) {
		const GclkFinding *other = findings->pdata[i];

		CU_ASSERT_FALSE(strcmp(finding->id, other->id) == 0 &&
				strcmp(finding->statement, other->statement) == 0);
	}
}

/* What every finding owes its reader. */
static void check_findings(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		CU_ASSERT_TRUE(finding->id && finding->id[0] && !strchr(finding->id, ' '));
		CU_ASSERT_TRUE(finding->statement && !strchr(finding->statement, '\n'));
		CU_ASSERT_TRUE(finding->severity <= GCLK_SEVERITY_NOTE || finding->remedy);
		CU_ASSERT_TRUE(finding->severity <= GCLK_SEVERITY_NOTE || finding->evidence);
		CU_ASSERT_TRUE(
			i == 0 || finding->severity <=
					  ((const GclkFinding *)findings->pdata[i - 1])->severity);
		check_twins(findings, i);
	}
}

static void check_machine(const char *folder)
{
	g_autoptr(GclkRecordedMachine) recorded = gclk_recorded_machine_open(folder);
	g_autoptr(GclkSurvey) survey = NULL;
	g_autoptr(GPtrArray) findings = NULL;
	Seen seen;

	CU_ASSERT_PTR_NOT_NULL_FATAL(recorded);
	CU_ASSERT_TRUE(recorded->about && (g_str_has_prefix(recorded->about, "recorded: ") ||
						  g_str_has_prefix(recorded->about, "composed: ")));
	CU_ASSERT_PTR_NOT_NULL_FATAL(recorded->expected);
	survey = gclk_survey_new(&recorded->machine);
	findings = gclk_survey_check(survey);
	seen = (Seen){ survey->detection, findings };
	check_findings(findings);
	compare(folder, &seen, recorded->expected);
	if (!recorded->sysctl)
		compare_environment(&recorded->machine, survey->detection);
}

static gboolean is_wanted(const char *folder)
{
	const char *only = g_getenv("GUESTCLOCK_SHOW_MACHINE");
	g_autofree char *name = g_path_get_basename(folder);

	return !only || strcmp(only, name) == 0;
}

static void all_machines(void)
{
	g_auto(GStrv) folders = gclk_recorded_machine_folders();

	CU_ASSERT_TRUE(g_strv_length(folders) >= 120);
	for (guint i = 0; folders[i]; i++)
		if (is_wanted(folders[i]))
			check_machine(folders[i]);
}

/* --- the comparison itself -------------------------------------------------------------------- */

static GPtrArray *a_finding(void)
{
	GPtrArray *findings = gclk_findings_new();
	GclkFinding *finding =
		gclk_findings_add(findings, "slow", GCLK_SEVERITY_WARNING, "it is slow", "wind it");

	gclk_finding_add_evidence(finding, "kern.hz: %d", 1000);
	gclk_finding_add_fix(finding, GCLK_FIX_LOADER, "kern.hz", "100");
	gclk_findings_add(findings, "bare", GCLK_SEVERITY_NOTE, "nothing to do", NULL);
	return findings;
}

/* The words that are compared must be able to fail. */
static void comparison_can_fail(void)
{
	static const char *const met[][2] = {
		{ "hypervisor", "none" },
		{ "finding", "slow warning" },
		{ "no-finding", "fast" },
		{ "remedy", "slow = wind" },
		{ "evidence", "slow = 1000" },
		{ "fix", "slow loader kern.hz=100" },
		{ "no-fix", "bare" },
		{ "worst", "warning" },
	};
	static const char *const not_met[][2] = {
		{ "hypervisor", "kvm" },
		{ "container", "docker" },
		{ "owns_clock", "no" },
		{ "why", "CPUID" },
		{ "fact", "rtc" },
		{ "fact", "no such = x" },
		{ "unreadable", "/proc/1/environ" },
		{ "nonsense", "none" },
		{ "finding", "slow" },
		{ "finding", "slow critical" },
		{ "finding", "fast warning" },
		{ "no-finding", "slow" },
		{ "remedy", "slow" },
		{ "remedy", "slow = oil" },
		{ "remedy", "bare = wind" },
		{ "remedy", "fast = wind" },
		{ "evidence", "slow = 1001" },
		{ "evidence", "bare = 1000" },
		{ "fix", "slow loader kern.hz" },
		{ "fix", "slow sysctl kern.hz=100" },
		{ "fix", "bare loader kern.hz=100" },
		{ "no-fix", "slow" },
		{ "no-fix", "fast" },
		{ "worst", "critical" },
	};
	g_autoptr(GPtrArray) findings = a_finding();
	g_autoptr(GclkDetection) detection = NULL;
	GclkMachine machine = { 0 };
	GclkTree tree;
	Seen seen;

	gclk_tree_init(&tree);
	machine.platform = &tree.platform;
	detection = gclk_detection_new(&machine);
	seen = (Seen){ detection, findings };
	for (gsize i = 0; i < G_N_ELEMENTS(met); i++)
		CU_ASSERT_TRUE(is_met(&seen, met[i][0], met[i][1]));
	for (gsize i = 0; i < G_N_ELEMENTS(not_met); i++)
		CU_ASSERT_FALSE(is_met(&seen, not_met[i][0], not_met[i][1]));
	gclk_tree_clear(&tree);
}

static const GclkTestCase cases[] = {
	{ "all machines", all_machines },
	{ "the comparison can fail", comparison_can_fail },
	{ 0 },
};

int main(void)
{
	return gclk_test_main("machines", cases);
}
