/* SPDX-License-Identifier: BSD-2-Clause */
/* Who steers this clock: one, several against each other, or nobody. */
#include <string.h>

#include "detect/time-programs.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

/* --- words ------------------------------------------------------------------------------------ */

static char *program_text(const GclkTimeProgram *program)
{
	return program->pid ? g_strdup_printf(
				      "%s (pid %" G_GINT64_FORMAT ")", program->name, program->pid)
			    : g_strdup(program->name);
}

/* "a, b and c" */
static char *list_text(const GPtrArray *programs)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < programs->len; i++) {
		g_autofree char *text = program_text(programs->pdata[i]);

		if (i > 0)
			g_string_append(out, i + 1 == programs->len ? " and " : ", ");
		g_string_append(out, text);
	}
	return g_string_free(out, FALSE);
}

static void add_evidence(GclkFinding *finding, const GPtrArray *programs)
{
	for (guint i = 0; i < programs->len; i++) {
		const GclkTimeProgram *program = programs->pdata[i];
		g_autofree char *text = program_text(program);

		if (program->pid)
			gclk_finding_add_evidence(finding,
				"/proc/%" G_GINT64_FORMAT ": %s %s the clock: %s", program->pid,
				program->name, program->steers ? "steers" : "does not steer",
				program->why);
		else
			gclk_finding_add_evidence(finding, "%s: %s", text, program->why);
	}
}

/* --- who does --------------------------------------------------------------------------------- */

/* Those of a kind that steer; borrowed. Free with g_ptr_array_unref. */
static GPtrArray *those_that_steer(const GclkSurvey *survey, GclkProgramKind kind)
{
	GPtrArray *out = g_ptr_array_new();

	for (guint i = 0; i < survey->programs->len; i++) {
		GclkTimeProgram *program = survey->programs->pdata[i];

		if (program->steers && program->program->kind == kind)
			g_ptr_array_add(out, program);
	}
	return out;
}

/* The one to keep: guestclockd, who was asked for advice; else the first. */
static guint keep(const GPtrArray *daemons)
{
	for (guint i = 0; i < daemons->len; i++)
		if (strcmp(((const GclkTimeProgram *)daemons->pdata[i])->name, "guestclockd") == 0)
			return i;
	return 0;
}

static void add_two_masters(const GPtrArray *daemons, GPtrArray *findings)
{
	static const char *const numbers[] = { "no", "one", "two", "three", "four" };
	const GclkTimeProgram *kept = daemons->pdata[keep(daemons)];
	g_autofree char *list = list_text(daemons);
	g_autofree char *statement = g_strdup_printf("%s programs steer the same clock: %s",
		daemons->len < G_N_ELEMENTS(numbers) ? numbers[daemons->len] : "many", list);
	GString *remedy = g_string_new(NULL);
	GclkFinding *finding;

	g_string_printf(remedy, "keep one; to keep %s:", kept->name);
	for (guint i = 0, n = 0; i < daemons->len; i++) {
		const GclkTimeProgram *program = daemons->pdata[i];

		if (program != kept)
			g_string_append_printf(remedy, "%s %s", n++ ? ";" : "", program->stop);
	}
	finding = gclk_findings_add(
		findings, "two-masters", GCLK_SEVERITY_CRITICAL, statement, remedy->str);
	add_evidence(finding, daemons);
	for (guint i = 0; i < daemons->len; i++) {
		const GclkTimeProgram *program = daemons->pdata[i];

		if (program != kept && program->program->beside)
			gclk_finding_add_evidence(finding, "%s may stay otherwise: %s",
				program->name, program->program->beside);
	}
	g_string_free(remedy, TRUE);
}

/* A tool's loop beside a daemon: each undoes what the other does. */
static void add_tools(const GPtrArray *daemons, const GPtrArray *tools, GPtrArray *findings)
{
	const GclkTimeProgram *first = tools->pdata[0];
	g_autofree char *masters = list_text(daemons);
	g_autofree char *list = list_text(tools);
	g_autofree char *statement = g_strdup_printf(
		"%s %s, beside %s: each undoes what the other does", list,
		tools->len == 1 ? first->program->does : "set the clock after the host's", masters);
	GString *remedy = g_string_new(NULL);
	GclkFinding *finding;

	for (guint i = 0; i < tools->len; i++)
		g_string_append_printf(remedy, "%s%s", i ? "; " : "",
			((const GclkTimeProgram *)tools->pdata[i])->stop);
	finding = gclk_findings_add(
		findings, "tools-beside-daemon", GCLK_SEVERITY_WARNING, statement, remedy->str);
	add_evidence(finding, tools);
	for (guint i = 0; i < tools->len; i++) {
		const GclkProgram *program = ((const GclkTimeProgram *)tools->pdata[i])->program;

		if (program->beside)
			gclk_finding_add_evidence(
				finding, "%s: %s", program->name, program->beside);
	}
	g_string_free(remedy, TRUE);
}

/* --- nobody ----------------------------------------------------------------------------------- */

/* A daemon that runs without steering is what should be looked at first. */
static const GclkTimeProgram *idle_daemon(const GclkSurvey *survey)
{
	for (guint i = 0; i < survey->programs->len; i++) {
		const GclkTimeProgram *program = survey->programs->pdata[i];

		if (program->program->kind == GCLK_PROGRAM_DAEMON)
			return program;
	}
	return NULL;
}

static void add_nobody(const GclkSurvey *survey, GPtrArray *findings)
{
	const GclkTimeProgram *idle = idle_daemon(survey);
	g_autofree char *text = idle ? program_text(idle) : NULL;
	g_autofree char *statement =
		idle ? g_strdup_printf(
			       "no program steers this clock: %s runs, but %s", text, idle->why)
		     : g_strdup("no program steers this clock: it drifts, and stays wrong after "
				"each pause");
	GclkFinding *finding =
		gclk_findings_add(findings, "nobody-steers", GCLK_SEVERITY_WARNING, statement,
			gclk_time_programs_systemd(survey->machine->platform)
				? "systemctl enable --now guestclockd"
				: "start guestclockd, now and at each boot");

	if (survey->programs->len > 0)
		add_evidence(finding, survey->programs);
	else
		gclk_finding_add_evidence(
			finding, "/proc: none of the known time programs is running");
}

/* --- all of it -------------------------------------------------------------------------------- */

static void add_one(const GPtrArray *masters, GPtrArray *findings)
{
	const GclkTimeProgram *master = masters->pdata[0];
	g_autofree char *text = program_text(master);
	g_autofree char *statement = g_strdup_printf("%s %s, and nothing else does", text,
		strcmp(master->name, "guestclockd") == 0 ? "steers this clock"
							 : master->program->does);
	GclkFinding *finding =
		gclk_findings_add(findings, "one-master", GCLK_SEVERITY_OK, statement, NULL);

	add_evidence(finding, masters);
}

void gclk_check_programs(const GclkSurvey *survey, GPtrArray *findings)
{
	g_autoptr(GPtrArray) daemons = those_that_steer(survey, GCLK_PROGRAM_DAEMON);
	g_autoptr(GPtrArray) tools = those_that_steer(survey, GCLK_PROGRAM_TOOLS);

	/* in a container the clock's master is on the host, and not to be seen */
	if (!survey->detection->owns_clock)
		return;
	if (daemons->len > 1)
		add_two_masters(daemons, findings);
	if (daemons->len > 0 && tools->len > 0)
		add_tools(daemons, tools, findings);
	if (daemons->len == 1 && tools->len == 0)
		add_one(daemons, findings);
	if (daemons->len > 0)
		return;
	if (tools->len > 0)
		add_one(tools, findings);
	else if (survey->os == GCLK_OS_LINUX && gclk_time_programs_visible(survey->reader))
		add_nobody(survey, findings);
}
