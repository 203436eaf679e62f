/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux: parameters on the kernel's command line that once cured a clock, or never did. What cured
 * a kernel that counts ticks harms one that reads a counter, and the other way round.
 */
#include <string.h>

#include "detect/clocksource-table.h"
#include "doctor/command-line.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

/* When a row speaks. */
typedef enum {
	ANYWHERE = 0,
	VIRTUAL = 1 << 0,      /* in virtual machines only */
	WRONG_HERE = 1 << 1,   /* the clocksource that it forces is wrong for this hypervisor */
	TSC_WANTED = 1 << 2,   /* this hypervisor's guests want the TSC */
	LESS_IF_GOOD = 1 << 3, /* a note, where the clocksource is right all the same */
} When;

typedef struct {
	const char *name;       /* "-" as "_" */
	const char *values;     /* those meant, blanks between them; NULL: any, or none */
	guint ages;             /* GclkAge bits */
	const char *hypervisor; /* words, blanks between them; NULL: any */
	guint when;
	GclkSeverity severity;
	const char *id;
	const char *statement; /* NULL: it is right there */
} Row;

#define PARAVIRTUAL "kvm amazon google oracle parallels"

/*
 * The first row that fits a parameter counts. Sources: Documentation/admin-guide/kernel-parameters
 * of Linux 6.12 and of 2.6.18, arch/x86/kernel/{tsc,kvmclock}.c, kernel/time/clocksource.c
 * (clock=), VMware KB 1006427; divider= is in Red Hat's kernels only.
 */
static const Row rows[] = {
	{ "divider", NULL, GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE, GCLK_SEVERITY_NOTE,
		"kernel-parameter-divider",
		"divider= was for Red Hat's kernels that count ticks (RHEL 4, 5.1 to 5.3); this "
		"kernel does not know it" },
	{ "clocksource", "acpi_pm", GCLK_AGE_COMPENSATES, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-clocksource",
		"clocksource=acpi_pm was for RHEL 5.0 to 5.3; since 5.4 no parameter is needed" },
	{ "clocksource", "acpi_pm", GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL | WRONG_HERE,
		GCLK_SEVERITY_WARNING, "kernel-parameter-clocksource",
		"clocksource=acpi_pm cured kernels that count ticks (RHEL 5.0 to 5.3) and harms "
		"this one: each reading leaves the virtual machine, and it wraps in 4.7 s" },
	{ "clocksource", "hpet", GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL | WRONG_HERE,
		GCLK_SEVERITY_WARNING, "kernel-parameter-clocksource",
		"clocksource=hpet forces a slow clock: each reading leaves the virtual machine" },
	{ "clocksource", "jiffies refined-jiffies pit", GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE,
		GCLK_SEVERITY_CRITICAL, "kernel-parameter-clocksource",
		"clocksource= forces one that counts ticks: every tick that is lost is time "
		"lost" },
	{ "clock", "pmtmr acpi_pm hpet", GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL | WRONG_HERE,
		GCLK_SEVERITY_WARNING, "kernel-parameter-clock",
		"clock= cured RHEL 4 and harms this kernel: it is the old name of clocksource=, "
		"and forces a slow one" },
	{ "clock", "jiffies pit", GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE, GCLK_SEVERITY_CRITICAL,
		"kernel-parameter-clock",
		"clock= forces a clocksource that counts ticks: every tick that is lost is time "
		"lost" },
	{ "clock", NULL, GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE, GCLK_SEVERITY_NOTE,
		"kernel-parameter-clock", "clock= is the old name of clocksource=" },
	{ "notsc", NULL, GCLK_AGE_CLOCKSOURCE, NULL, TSC_WANTED | LESS_IF_GOOD,
		GCLK_SEVERITY_WARNING, "kernel-parameter-notsc",
		"notsc helped kernels that count ticks (RHEL 5); it takes this one's best clock "
		"away" },
	{ "tsc", "unstable", GCLK_AGE_CLOCKSOURCE, NULL, TSC_WANTED | LESS_IF_GOOD,
		GCLK_SEVERITY_WARNING, "kernel-parameter-tsc",
		"tsc=unstable makes the kernel distrust the clock that is best here" },
	{ "tsc", "reliable", GCLK_AGE_TICKLESS, "vmware", ANYWHERE, GCLK_SEVERITY_OK, NULL, NULL },
	{ "tsc", "reliable nowatchdog", GCLK_AGE_MODERN, "vmware", ANYWHERE, GCLK_SEVERITY_NOTE,
		"kernel-parameter-tsc",
		"tsc=reliable and tsc=nowatchdog are not needed: this kernel trusts VMware's TSC "
		"by itself" },
	{ "tsc", "reliable nowatchdog", GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-tsc",
		"nothing watches the TSC (tsc=reliable, nowatchdog): right only if every host's is "
		"known to be good" },
	{ "no_kvmclock", NULL, GCLK_AGE_CLOCKSOURCE, PARAVIRTUAL, LESS_IF_GOOD,
		GCLK_SEVERITY_WARNING, "kernel-parameter-no-kvmclock",
		"no-kvmclock takes the clock away that the hypervisor offers" },
	{ "nopv", NULL, GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL | LESS_IF_GOOD, GCLK_SEVERITY_WARNING,
		"kernel-parameter-nopv",
		"nopv makes the kernel ignore the hypervisor, and with it the clock that it "
		"offers" },
	{ "xen_nopv", NULL, GCLK_AGE_CLOCKSOURCE, "xen", LESS_IF_GOOD, GCLK_SEVERITY_WARNING,
		"kernel-parameter-nopv", "xen_nopv makes the kernel ignore Xen and its clock" },
	{ "nohz", "off", GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-nohz",
		"nohz=off keeps idle CPUs ticking: the host pays for it, and the clock gains "
		"nothing" },
	{ "highres", "off", GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE, GCLK_SEVERITY_NOTE,
		"kernel-parameter-highres",
		"highres=off makes every timer as coarse as the tick, and lets the kernel use "
		"clocksources that it has given up" },
	{ "nolapic_timer", NULL, GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_WARNING,
		"kernel-parameter-nolapic-timer",
		"nolapic_timer leaves the PIT or HPET to wake this machine, which the hypervisor "
		"has to emulate" },
	{ "lpj", NULL, GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-lpj",
		"lpj= fixes the length of delay loops, which is another one on every host" },
	{ "hpet", "disable", GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-hpet",
		"hpet=disable was for RHEL 4; this kernel does not read the HPET where it has "
		"something better" },
	{ "report_lost_ticks", NULL, GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE, GCLK_SEVERITY_NOTE,
		"kernel-parameter-report-lost-ticks",
		"report_lost_ticks was for kernels that count ticks (until 2.6.20); this one does "
		"not know it" },
	{ "independent_wallclock", NULL, GCLK_AGE_CLOCKSOURCE, NULL, ANYWHERE, GCLK_SEVERITY_NOTE,
		"kernel-parameter-independent-wallclock",
		"independent_wallclock was for Xen's own kernels (2.6.18); this one does not know "
		"it" },
	{ "processor.max_cstate", NULL, GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-max-cstate",
		"processor.max_cstate= was for processors whose TSC stops in sleep: in a virtual "
		"machine sleep is the host's affair" },
	{ "intel_idle.max_cstate", NULL, GCLK_AGE_CLOCKSOURCE, NULL, VIRTUAL, GCLK_SEVERITY_NOTE,
		"kernel-parameter-max-cstate",
		"intel_idle.max_cstate= was for processors whose TSC stops in sleep: in a virtual "
		"machine sleep is the host's affair" },
};

typedef struct {
	const GclkSurvey *survey;
	GPtrArray *findings;
	GclkKernelAge age;
	const GclkClocksourceRow *clocksources; /* or NULL: nothing known */
	GPtrArray *parameters;
	guint found; /* findings of ours */
} Look;

static gboolean is_virtual(const Look *look)
{
	return strcmp(look->survey->detection->hypervisor, "none") != 0;
}

static gboolean has_word(const char *words, const char *word)
{
	g_auto(GStrv) all = g_strsplit(words, " ", -1);

	return g_strv_contains((const gchar *const *)all, word);
}

static gboolean clocksource_is_right(const Look *look)
{
	return gclk_survey_judge_clocksource(look->survey) == GCLK_CLOCKSOURCE_WANTED;
}

/* --- rows ------------------------------------------------------------------------------------- */

static gboolean forces_wrongly(const Look *look, const GclkParameter *parameter)
{
	return gclk_clocksource_judge(look->clocksources, gclk_parameter_clocksource(parameter)) ==
	       GCLK_CLOCKSOURCE_BAD;
}

static gboolean fits(const Look *look, const Row *row, const GclkParameter *parameter)
{
	if (strcmp(row->name, parameter->name) != 0 || !(row->ages & look->age.age))
		return FALSE;
	if (row->values && (!parameter->value || !has_word(row->values, parameter->value)))
		return FALSE;
	if (row->hypervisor && !has_word(row->hypervisor, look->survey->detection->hypervisor))
		return FALSE;
	if ((row->when & VIRTUAL) && !is_virtual(look))
		return FALSE;
	if ((row->when & TSC_WANTED) && !gclk_clocksource_wants(look->clocksources, "tsc"))
		return FALSE;
	return !(row->when & WRONG_HERE) || forces_wrongly(look, parameter);
}

static const Row *find_row(const Look *look, const GclkParameter *parameter)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (fits(look, &rows[i], parameter))
			return &rows[i];
	return NULL;
}

/* A forced clocksource that is in use, and a TSC that is missing, were told with what they do. */
static gboolean is_told(const Look *look, const GclkParameter *parameter)
{
	static const char *const forcing[] = { "clocksource", "clock", NULL };
	static const char *const forbidding[] = { "notsc", "tsc", NULL };

	if (g_strv_contains(forbidding, parameter->name) &&
		(!parameter->value || strcmp(parameter->value, "unstable") == 0))
		return gclk_findings_find(look->findings, "tsc-unavailable") != NULL;
	return g_strv_contains(forcing, parameter->name) && parameter->value &&
	       g_strcmp0(gclk_parameter_clocksource(parameter), look->survey->clocksource) == 0 &&
	       (gclk_findings_find(look->findings, "clocksource-slow") ||
		       gclk_findings_find(look->findings, "clocksource-loses-time"));
}

/* The last clocksource= wins: at the next boot the one that is right now. */
static void add_fix(const Look *look, GclkFinding *finding, const GclkParameter *parameter)
{
	if (parameter == gclk_parameters_forced_clocksource(look->parameters) &&
		clocksource_is_right(look) && look->survey->detection->owns_clock &&
		strcmp(gclk_parameter_clocksource(parameter), look->survey->clocksource) != 0)
		gclk_finding_add_fix(
			finding, GCLK_FIX_BOOT_PARAMETER, "clocksource", look->survey->clocksource);
}

static void check_parameter(Look *look, const GclkParameter *parameter)
{
	const Row *row = find_row(look, parameter);
	g_autofree char *remedy = NULL;
	GclkFinding *finding;

	if (!row || !row->statement)
		return;
	look->found++;
	if (is_told(look, parameter) || gclk_findings_find(look->findings, row->id))
		return;
	remedy = gclk_parameter_advise_removal(parameter->text, look->age.age);
	finding = gclk_findings_add(look->findings, row->id,
		(row->when & LESS_IF_GOOD) && clocksource_is_right(look) ? GCLK_SEVERITY_NOTE
									 : row->severity,
		row->statement, remedy);
	gclk_finding_add_evidence(finding, "/proc/cmdline: %s", parameter->text);
	gclk_finding_add_evidence(finding, "kernel: %s", look->survey->release);
	add_fix(look, finding, parameter);
}

/* --- kernels that count ticks ----------------------------------------------------------------- */

static gboolean has_cure(const Look *look, const char *cure)
{
	const gsize n = strcspn(cure, "=");
	g_autofree char *name = g_strndup(cure, n);
	const GclkParameter *parameter = gclk_parameters_find(look->parameters, name);

	return parameter && g_strcmp0(parameter->value, cure + n + 1) == 0;
}

static void report_missing_cure(Look *look, const char *missing, const char *all)
{
	const gboolean partly = strcmp(missing, all) != 0;
	g_autofree char *statement = g_strdup_printf(
		"%s counts ticks, which a virtual machine loses unless its command line has %s; "
		"%s",
		look->age.distribution, all, partly ? "a part of that is missing" : "it has not");
	g_autofree char *advice = gclk_parameter_advise_addition(missing, look->age.age);
	g_autofree char *remedy = g_strconcat(advice,
		"; remove it again when the kernel is updated, for it harms newer ones", NULL);
	GclkFinding *finding = gclk_findings_add(look->findings, "kernel-parameter-missing",
		GCLK_SEVERITY_WARNING, statement, remedy);
	g_auto(GStrv) cures = g_strsplit(missing, " ", -1);

	gclk_finding_add_evidence(finding, "kernel: %s", look->survey->release);
	gclk_finding_add_evidence(finding, "/proc/cmdline: %s", look->survey->command_line);
	for (gsize i = 0; cures[i] && look->survey->detection->owns_clock; i++) {
		char *value = strchr(cures[i], '=');

		*value++ = '\0';
		gclk_finding_add_fix(finding, GCLK_FIX_BOOT_PARAMETER, cures[i], value);
	}
}

static void report_cured(Look *look, const char *all)
{
	g_autofree char *statement = g_strdup_printf(
		"%s: what %s needs in a virtual machine; remove it when the kernel is updated, "
		"for it harms newer ones",
		all, look->age.distribution);
	GclkFinding *finding = gclk_findings_add(
		look->findings, "kernel-parameters-ok", GCLK_SEVERITY_OK, statement, NULL);

	gclk_finding_add_evidence(finding, "/proc/cmdline: %s", look->survey->command_line);
	gclk_finding_add_evidence(finding, "kernel: %s", look->survey->release);
}

static void report_no_cure(Look *look)
{
	GclkFinding *finding = gclk_findings_add(look->findings, "kernel-counts-ticks",
		GCLK_SEVERITY_WARNING,
		"this kernel counts ticks, which a virtual machine loses, and no parameter is "
		"known that cures it",
		"update the kernel: from 2.6.21 on (Red Hat: 2.6.18-164.el5) lost ticks lose no "
		"time");

	gclk_finding_add_evidence(finding, "kernel: %s", look->survey->release);
}

/* Xen's own kernels of those years take the time from Xen. */
static gboolean counts_ticks(const Look *look)
{
	return look->age.age == GCLK_AGE_COUNTS_TICKS && is_virtual(look) &&
	       !(strcmp(look->survey->detection->hypervisor, "xen") == 0 &&
		       strstr(look->survey->release, "xen"));
}

static void check_cures(Look *look)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GString) missing = g_string_new(NULL);

	if (!counts_ticks(look))
		return;
	look->found++;
	for (gsize i = 0; look->age.cures[i]; i++) {
		const char *cure = look->age.cures[i];

		g_string_append_printf(all, "%s%s", all->len ? " " : "", cure);
		if (!has_cure(look, cure))
			g_string_append_printf(missing, "%s%s", missing->len ? " " : "", cure);
	}
	if (!all->len)
		report_no_cure(look);
	else if (missing->len)
		report_missing_cure(look, missing->str, all->str);
	else
		report_cured(look, all->str);
}

/* --- all of it -------------------------------------------------------------------------------- */

void gclk_check_kernel_parameters(const GclkSurvey *survey, GPtrArray *findings)
{
	Look look = { .survey = survey, .findings = findings };
	g_autoptr(GPtrArray) parameters = NULL;

	if (survey->os != GCLK_OS_LINUX || !survey->command_line || !survey->release)
		return;
	look.age = gclk_kernel_age(survey->release);
	look.clocksources = gclk_clocksource_row(survey->detection->hypervisor, look.age.age);
	parameters = gclk_parameters_parse(survey->command_line);
	look.parameters = parameters;
	check_cures(&look);
	for (guint i = 0; i < parameters->len; i++)
		check_parameter(&look, parameters->pdata[i]);
	if (!look.found && is_virtual(&look) && look.age.age != GCLK_AGE_UNKNOWN)
		gclk_findings_add(findings, "kernel-parameters-ok", GCLK_SEVERITY_OK,
			"no kernel parameter stands in the clock's way", NULL);
}
