/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux: is the counter that time is read from the right one for this hypervisor? */
#include <string.h>

#include "detect/clocksource-table.h"
#include "doctor/command-line.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

#define SYSFS "/sys/devices/system/clocksource/clocksource0/"

/* 24 bits at 3.579545 MHz (ACPI specification, section 4.8.2.1). */
#define ACPI_PM_WRAPS "acpi_pm wraps every 4.7 s: a longer stop of this machine loses time"

typedef struct {
	const GclkSurvey *survey;
	GPtrArray *findings;
	GclkKernelAge age;
	const GclkClocksourceRow *row; /* or NULL: nothing known */
	const char *current;
	GPtrArray *parameters;
	const GclkParameter *forced; /* by the command line, or NULL */
	const char *best;            /* the one to switch to, or NULL: none that is better */
} Look;

/* --- the TSC ---------------------------------------------------------------------------------- */

/* "tsc-early" is the same counter before it is calibrated. */
static gboolean is_tsc(const char *clocksource)
{
	return g_strcmp0(clocksource, "tsc") == 0 || g_strcmp0(clocksource, "tsc-early") == 0;
}

static gboolean tsc_was_blamed(const GclkKernelLog *log)
{
	const GclkKernelEvent *unstable = gclk_kernel_log_event(log, GCLK_KLOG_UNSTABLE);

	return gclk_kernel_log_event(log, GCLK_KLOG_TSC_UNSTABLE) ||
	       gclk_kernel_log_event(log, GCLK_KLOG_TSC_WARP) ||
	       (unstable && is_tsc(unstable->subject));
}

/* A watchdog that counts ticks loses some, and then blames the TSC for it. Its name, or NULL. */
static const char *wrong_watchdog(const GclkKernelLog *log)
{
	const GclkKernelEvent *skew = gclk_kernel_log_event(log, GCLK_KLOG_SKEW);
	const GclkKernelEvent *by = gclk_kernel_log_event(log, GCLK_KLOG_WATCHDOG_NSEC);
	const char *watchdog = skew ? skew->other : by ? by->subject : NULL;

	return watchdog && gclk_clocksource_judge(NULL, watchdog) == GCLK_CLOCKSOURCE_LOSES
		       ? watchdog
		       : NULL;
}

static gboolean tsc_is_known_bad(const GclkKernelLog *log)
{
	return gclk_kernel_log_event(log, GCLK_KLOG_TSC_WARP) ||
	       (tsc_was_blamed(log) && !wrong_watchdog(log));
}

static void add_event(GclkFinding *finding, const GclkKernelLog *log, GclkKernelLogKind kind)
{
	const GclkKernelEvent *event = gclk_kernel_log_event(log, kind);

	if (event)
		gclk_finding_add_evidence(finding, "kernel log: %s", event->line);
}

static void add_tsc_events(GclkFinding *finding, const GclkKernelLog *log)
{
	static const GclkKernelLogKind kinds[] = { GCLK_KLOG_UNSTABLE, GCLK_KLOG_TSC_UNSTABLE,
		GCLK_KLOG_TSC_WARP };
	gint64 skew, interval;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		add_event(finding, log, kinds[i]);
	if (gclk_kernel_log_skew(log, &skew, &interval))
		gclk_finding_add_evidence(finding,
			"the watchdog found it off by %.3f ms in %.0f ms (%.0f ppm)",
			(double)skew / 1e6, (double)interval / 1e6,
			(double)skew / (double)interval * 1e6);
	if (wrong_watchdog(log))
		gclk_finding_add_evidence(finding,
			"the watchdog was %s, which counts ticks: it may have lost some, and the "
			"TSC be good",
			wrong_watchdog(log));
}

/* CPUID leaf 0x80000007, EDX bit 8 (AMD64 manual, volume 3, appendix E.4.7). FALSE: not known. */
static gboolean tsc_is_variable(const GclkMachine *machine)
{
	guint32 registers[4] = { 0 };

	if (!machine || !machine->cpuid)
		return FALSE;
	machine->cpuid(0x80000000u, registers);
	if (registers[0] < 0x80000007u || registers[0] > 0x8000ffffu)
		return FALSE;
	machine->cpuid(0x80000007u, registers);
	return !(registers[3] & (1u << 8));
}

/* --- what every finding has ------------------------------------------------------------------- */

static void add_situation(const Look *look, GclkFinding *finding)
{
	gclk_finding_add_evidence(finding, SYSFS "current_clocksource: %s", look->current);
	if (look->survey->clocksources) {
		g_autofree char *all = g_strjoinv(" ", look->survey->clocksources);

		gclk_finding_add_evidence(
			finding, SYSFS "available_clocksource: %s", g_strstrip(all));
	}
	if (look->forced)
		gclk_finding_add_evidence(finding, "/proc/cmdline: %s", look->forced->text);
}

static gboolean is_forced_wrongly(const Look *look)
{
	return look->forced && g_strcmp0(gclk_parameter_clocksource(look->forced), look->best) != 0;
}

/* How to get to the best one; NULL: there is none. */
static char *advise_switch(const Look *look)
{
	g_autofree char *removal = NULL;

	if (!look->best)
		return NULL;
	if (!is_forced_wrongly(look))
		return g_strdup_printf("switch to %s: echo %s >" SYSFS "current_clocksource",
			look->best, look->best);
	removal = gclk_parameter_advise_removal(look->forced->text, look->age.age);
	return g_strdup_printf("switch to %s: echo %s >" SYSFS "current_clocksource; then %s",
		look->best, look->best, removal);
}

/* A contained process sees the machine's clocksource and may not touch it. */
static void add_fixes(const Look *look, GclkFinding *finding)
{
	if (!look->best || !look->survey->detection->owns_clock)
		return;
	gclk_finding_add_fix(finding, GCLK_FIX_CLOCKSOURCE, look->best, NULL);
	if (is_forced_wrongly(look))
		gclk_finding_add_fix(finding, GCLK_FIX_BOOT_PARAMETER, "clocksource", look->best);
}

static GclkFinding *report(const Look *look, const char *id, GclkSeverity severity,
	const char *statement, const char *otherwise)
{
	g_autofree char *remedy = advise_switch(look);
	GclkFinding *finding = gclk_findings_add(
		look->findings, id, severity, statement, remedy ? remedy : otherwise);

	add_situation(look, finding);
	add_fixes(look, finding);
	return finding;
}

/* --- the verdicts ----------------------------------------------------------------------------- */

static gboolean is_virtual(const Look *look)
{
	return strcmp(look->survey->detection->hypervisor, "none") != 0;
}

static const char *hypervisor(const Look *look)
{
	return look->survey->detection->hypervisor;
}

static const char *hypervisor_name(const Look *look)
{
	return gclk_hypervisor_name(hypervisor(look));
}

static void report_loss(const Look *look)
{
	g_autofree char *statement = g_strdup_printf(
		"clocksource %s counts timer ticks: every tick that is lost is time lost",
		look->current);

	GclkFinding *finding = report(look, "clocksource-loses-time",
		is_virtual(look) ? GCLK_SEVERITY_CRITICAL : GCLK_SEVERITY_WARNING, statement,
		look->row && look->row->otherwise
			? look->row->otherwise
			: "no better clocksource is available: give this machine an HPET or an "
			  "ACPI timer, or let the host expose an invariant TSC");

	if (look->best && gclk_clocksource_judge(look->row, look->best) == GCLK_CLOCKSOURCE_BAD)
		gclk_finding_add_evidence(finding,
			"%s is slow, but loses nothing; something better is for the host to give",
			look->best);
}

static void report_bad(const Look *look)
{
	g_auto(GStrv) names = g_strsplit(look->row->wanted, " ", -1);
	g_autofree char *wanted = g_strjoinv(" or ", names);
	g_autofree char *statement =
		g_strdup_printf("clocksource %s is wrong for %s, where %s is right: %s",
			look->current, hypervisor_name(look), wanted, look->row->why_bad);
	GclkFinding *finding = report(
		look, "clocksource-slow", GCLK_SEVERITY_WARNING, statement, look->row->otherwise);

	if (strcmp(look->current, "acpi_pm") == 0)
		gclk_finding_add_evidence(finding, ACPI_PM_WRAPS);
}

static void report_good(Look *look)
{
	g_autofree char *statement = g_strdup_printf(
		"clocksource %s, as is right for %s", look->current, hypervisor_name(look));

	look->best = NULL;
	report(look, "clocksource-ok", GCLK_SEVERITY_OK, statement, NULL);
}

static void report_accepted(Look *look)
{
	g_autofree char *statement = g_strdup_printf(
		"clocksource %s will do on %s", look->current, hypervisor_name(look));

	if (look->best && strcmp(look->best, look->current) != 0 &&
		gclk_clocksource_wants(look->row, look->best)) {
		g_autofree char *better =
			g_strdup_printf("%s; %s is better", statement, look->best);

		report(look, "clocksource-better", GCLK_SEVERITY_NOTE, better, NULL);
		return;
	}
	look->best = NULL;
	report(look, "clocksource-ok", GCLK_SEVERITY_OK, statement, NULL);
}

/* KVM lets the kernel choose kvm-clock where the TSC's rate may change; somebody overruled it. */
static gboolean report_variable(Look *look)
{
	char *const *available = look->survey->clocksources;

	if (strcmp(hypervisor(look), "kvm") != 0 || strcmp(look->current, "tsc") != 0 ||
		!available || !g_strv_contains((const gchar *const *)available, "kvm-clock") ||
		!tsc_is_variable(look->survey->machine))
		return FALSE;
	look->best = "kvm-clock";
	report(look, "clocksource-tsc-variable", GCLK_SEVERITY_WARNING,
		"clocksource tsc, but this TSC is not invariant: its rate may change when the "
		"machine moves to another host",
		NULL);
	return TRUE;
}

/* --- a TSC that is missing -------------------------------------------------------------------- */

static gboolean has_available(const Look *look, const char *name)
{
	return g_strv_contains((const gchar *const *)look->survey->clocksources, name);
}

static const GclkParameter *tsc_forbidden(const Look *look)
{
	const GclkParameter *tsc = gclk_parameters_find(look->parameters, "tsc");

	if (tsc && g_strcmp0(tsc->value, "unstable") == 0)
		return tsc;
	return gclk_parameters_find(look->parameters, "notsc");
}

static void report_missing_tsc(const Look *look, gboolean current_is_right)
{
	const GclkKernelLog *log = look->survey->log;
	const GclkParameter *forbidden = tsc_forbidden(look);
	g_autofree char *removal = NULL;
	/* what to do stands with what it has led to */
	const gboolean is_told = current_is_right ||
				 gclk_findings_find(look->findings, "clocksource-slow") ||
				 gclk_findings_find(look->findings, "clocksource-loses-time");
	GclkFinding *finding;

	if (forbidden)
		removal = gclk_parameter_advise_removal(forbidden->text, look->age.age);
	finding = gclk_findings_add(look->findings, "tsc-unavailable",
		is_told ? GCLK_SEVERITY_NOTE : GCLK_SEVERITY_WARNING,
		forbidden             ? "the command line forbids the TSC"
		: tsc_was_blamed(log) ? "the kernel has given up the TSC: it found it unstable"
				      : "the kernel has no TSC to keep time by",
		removal   ? removal
		: is_told ? NULL
			  : look->row->otherwise);
	gclk_finding_add_evidence(finding, SYSFS "available_clocksource: no tsc");
	if (forbidden)
		gclk_finding_add_evidence(finding, "/proc/cmdline: %s", forbidden->text);
	add_tsc_events(finding, log);
	if (!forbidden && !tsc_was_blamed(log))
		gclk_finding_add_evidence(finding, log ? "the kernel's log does not say why"
						       : "the kernel's log cannot be read");
}

/* Some other clock of x86 is there; elsewhere nobody has a TSC to miss. */
static gboolean is_x86(const Look *look)
{
	for (gsize i = 0; look->survey->clocksources[i]; i++) {
		const char *name = look->survey->clocksources[i];

		if (gclk_clocksource_judge(NULL, name) == GCLK_CLOCKSOURCE_UNKNOWN &&
			gclk_clocksource_judge(look->row, name) != GCLK_CLOCKSOURCE_UNKNOWN)
			return TRUE;
	}
	return FALSE;
}

static void check_tsc(const Look *look, gboolean current_is_right)
{
	if (!look->survey->clocksources || !gclk_clocksource_prefers(look->row, "tsc") ||
		has_available(look, "tsc") || !is_x86(look) ||
		gclk_kernel_log_tsc_is_unused_by_design(look->survey->log))
		return;
	report_missing_tsc(look, current_is_right);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* One whose rate may change, where kvm-clock, which is told of that, is there in its place. */
static gboolean tsc_is_second(const GclkSurvey *survey)
{
	return g_strv_contains((const gchar *const *)survey->clocksources, "kvm-clock") &&
	       tsc_is_variable(survey->machine);
}

/* Those that may be switched to: not a TSC that is known to be bad. */
static char **usable(const GclkSurvey *survey)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (gsize i = 0; survey->clocksources && survey->clocksources[i]; i++)
		if (strcmp(survey->clocksources[i], "tsc") != 0 ||
			!(tsc_is_known_bad(survey->log) || tsc_is_second(survey)))
			g_ptr_array_add(names, survey->clocksources[i]);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* From one that loses time to a slow one that does not, where there is nothing better. */
static const char *slow_one(const Look *look, char *const *names)
{
	for (gsize i = 0; names[i]; i++)
		if (gclk_clocksource_judge(look->row, names[i]) == GCLK_CLOCKSOURCE_BAD)
			return names[i];
	return NULL;
}

static void judge(Look *look)
{
	const GclkClocksourceVerdict verdict = gclk_clocksource_judge(look->row, look->current);

	switch (verdict) {
	case GCLK_CLOCKSOURCE_LOSES:
		report_loss(look);
		break;
	case GCLK_CLOCKSOURCE_BAD:
		report_bad(look);
		break;
	case GCLK_CLOCKSOURCE_ACCEPTED:
		report_accepted(look);
		break;
	case GCLK_CLOCKSOURCE_WANTED:
		if (!report_variable(look) && is_virtual(look))
			report_good(look);
		break;
	default:
		break;
	}
	check_tsc(look, verdict == GCLK_CLOCKSOURCE_WANTED);
}

void gclk_check_clocksource(const GclkSurvey *survey, GPtrArray *findings)
{
	g_autofree char **names = NULL; /* borrowed strings */
	g_autoptr(GPtrArray) parameters = NULL;
	Look look = { .survey = survey, .findings = findings, .current = survey->clocksource };

	if (survey->os != GCLK_OS_LINUX || !survey->clocksource)
		return;
	look.age = gclk_kernel_age(survey->release);
	look.row = gclk_clocksource_row(survey->detection->hypervisor, look.age.age);
	parameters = gclk_parameters_parse(survey->command_line);
	look.parameters = parameters;
	look.forced = gclk_parameters_forced_clocksource(parameters);
	names = usable(survey);
	look.best = gclk_clocksource_best(look.row, names);
	if (!look.best && gclk_clocksource_judge(look.row, look.current) == GCLK_CLOCKSOURCE_LOSES)
		look.best = slow_one(&look, names);
	judge(&look);
}
