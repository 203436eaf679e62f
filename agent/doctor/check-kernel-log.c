/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's log says about its clocks, and what it means. */
#include <string.h>

#include "detect/kernel-age.h"
#include "detect/reader.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"
#include "guestclock/format.h"

/* What the worst figure of these events is. */
static const struct {
	GclkKernelLogKind kind;
	double unit;
	const char *what;
} figures[] = {
	{ GCLK_KLOG_LOST_TICKS, 1, "ticks at once" },
	{ GCLK_KLOG_READ_BACK, 1e-9, "s to read the watchdog" },
	{ GCLK_KLOG_LONG_READOUT, 1e-9, "s since the watchdog was last read" },
	{ GCLK_KLOG_TIMER_LATE, 1e-9, "s in one timer interrupt" },
	{ GCLK_KLOG_SOFT_LOCKUP, 1, "s in which a CPU did nothing" },
	{ GCLK_KLOG_HYPERV_STALE, 1e-9, "s old" },
};

#define KINDS_MAX 3
#define END       GCLK_KLOG_KINDS

typedef struct {
	GclkKernelLogKind kinds[KINDS_MAX + 1]; /* any of them; ended by END */
	const char *id;
	GclkSeverity severity;
	guint graver;         /* GclkAge bits of kernels where it is critical */
	gboolean guests_only; /* the remedy is for virtual machines; bare ones get a note */
	gboolean passes;      /* what happened long ago is worth a note only */
	const char *told;     /* not when this finding is there already, or NULL */
	const char *statement;
	const char *remedy;
} Row;

static const Row rows[] = {
	{ { GCLK_KLOG_LOST_TICKS, END }, "log-lost-ticks", GCLK_SEVERITY_WARNING,
		GCLK_AGE_COUNTS_TICKS, FALSE, FALSE, NULL,
		"timer ticks were lost, and this kernel counts them: the clock runs slow, or fast "
		"when it makes up for them twice",
		"update the kernel" },
	{ { GCLK_KLOG_BACKWARDS, END }, "log-time-went-backwards", GCLK_SEVERITY_WARNING, 0, FALSE,
		FALSE, NULL,
		"the kernel has seen time go backwards: its clocksource is faulty here",
		"update the kernel; under Xen, boot with clocksource=tsc if the host's TSC is "
		"known to be good" },
	{ { GCLK_KLOG_UNSTABLE, GCLK_KLOG_TSC_UNSTABLE, GCLK_KLOG_TSC_WARP, END },
		"log-clocksource-unstable", GCLK_SEVERITY_WARNING, 0, TRUE, FALSE,
		"tsc-unavailable", "the kernel has given up a clocksource that it found unstable",
		"use what the hypervisor offers (kvm-clock, xen, hyperv_clocksource_tsc_page); "
		"tsc=reliable only if every host's TSC is known to be good" },
	{ { GCLK_KLOG_OVERRIDE_REFUSED, END }, "log-clocksource-refused", GCLK_SEVERITY_WARNING, 0,
		FALSE, FALSE, NULL,
		"the kernel has refused the clocksource that somebody asked for",
		"leave the choice to the kernel: remove clocksource= from its command line, and "
		"write nothing into current_clocksource" },
	{ { GCLK_KLOG_READ_BACK, END }, "log-watchdog-slow", GCLK_SEVERITY_NOTE, 0, TRUE, FALSE,
		NULL,
		"reading the clocksource watchdog took too long: the vCPU was held up meanwhile, "
		"the clocksource itself is probably good",
		"give this machine its CPU time (a reservation, fewer vCPUs on the host)" },
	{ { GCLK_KLOG_LONG_READOUT, END }, "log-machine-stopped", GCLK_SEVERITY_NOTE, 0, TRUE,
		FALSE, NULL,
		"the clocksource watchdog came late: this machine was stopped, paused or starved "
		"for a while",
		"look at the host for pauses, migrations, snapshots and overcommitted CPUs" },
	{ { GCLK_KLOG_TIMER_LATE, END }, "log-timer-late", GCLK_SEVERITY_NOTE, 0, TRUE, FALSE, NULL,
		"a timer interrupt took very long: the vCPU was not running meanwhile, and timers "
		"were late",
		"give this machine its CPU time (a reservation, fewer vCPUs on the host)" },
	{ { GCLK_KLOG_SOFT_LOCKUP, GCLK_KLOG_STALL, END }, "log-cpu-starved", GCLK_SEVERITY_WARNING,
		0, TRUE, TRUE, NULL,
		"CPUs of this machine stood still for many seconds: that is starvation, not a "
		"fault of the clock",
		"give this machine its CPU time (a reservation, fewer vCPUs on the host), and look "
		"at the host for pauses and migrations" },
	{ { GCLK_KLOG_ADJUSTING, END }, "log-slew-too-large", GCLK_SEVERITY_WARNING, 0, FALSE, TRUE,
		NULL,
		"somebody slewed the clock by more than 11 %: the clocksource's rate is wrong, or "
		"a step was due",
		"set the clock once with guestclock step, then let one program steer it" },
	{ { GCLK_KLOG_RESTORED, END }, "log-restored", GCLK_SEVERITY_NOTE, 0, FALSE, FALSE, NULL,
		"this machine was restored from a snapshot, or cloned, while it ran: its clock was "
		"behind then, until somebody moved it",
		NULL },
	{ { GCLK_KLOG_HYPERV_STALE, END }, "log-hyperv-stale", GCLK_SEVERITY_WARNING, 0, FALSE,
		TRUE, NULL,
		"the Hyper-V host has sent no time for a while: its time synchronization is off, "
		"or hangs",
		"on the host: Enable-VMIntegrationService -VMName NAME -Name 'Time "
		"Synchronization'" },
	{ { GCLK_KLOG_STEPPED, END }, "log-clock-stepped", GCLK_SEVERITY_NOTE, 0, FALSE, FALSE,
		NULL, "somebody has set the clock since the machine booted", NULL },
	{ { GCLK_KLOG_CALCRU, END }, "log-calcru", GCLK_SEVERITY_NOTE, 0, FALSE, FALSE, NULL,
		"a process's run time went backwards: the CPU's counter changed its rate, as after "
		"a migration",
		"choose another timecounter (sysctl kern.timecounter.choice lists them)" },
	{ { GCLK_KLOG_SMP_TSC_FAILED, END }, "log-tsc-not-synchronous", GCLK_SEVERITY_NOTE, 0,
		FALSE, FALSE, NULL,
		"the CPUs' TSCs differ, so the kernel does not keep time by them", NULL },
};

/* --- findings --------------------------------------------------------------------------------- */

static void add_worst(GclkFinding *finding, GclkKernelLogKind kind, gint64 worst)
{
	for (gsize i = 0; i < G_N_ELEMENTS(figures); i++)
		if (figures[i].kind == kind && worst != GCLK_KLOG_NO_FIGURE)
			gclk_finding_add_evidence(finding, "worst: %.4g %s",
				(double)worst * figures[i].unit, figures[i].what);
}

static void add_event(GclkFinding *finding, const GclkKernelLog *log, GclkKernelLogKind kind)
{
	const GclkKernelEvent *event = gclk_kernel_log_event(log, kind);
	gint64 skew, interval;

	if (!event)
		return;
	if (event->count > 1)
		gclk_finding_add_evidence(finding, "%s log, %u times, last: %s",
			gclk_kernel_log_origin(log), event->count, event->line);
	else
		gclk_finding_add_evidence(
			finding, "%s log: %s", gclk_kernel_log_origin(log), event->line);
	add_worst(finding, kind, event->worst);
	if (kind == GCLK_KLOG_UNSTABLE && gclk_kernel_log_skew(log, &skew, &interval))
		gclk_finding_add_evidence(finding, "off by %.3f ms in %.0f ms", (double)skew / 1e6,
			(double)interval / 1e6);
}

static gboolean has_any(const Row *row, const GclkKernelLog *log)
{
	for (gsize i = 0; row->kinds[i] != END; i++)
		if (gclk_kernel_log_event(log, row->kinds[i]) &&
			!(row->kinds[i] == GCLK_KLOG_TSC_UNSTABLE &&
				gclk_kernel_log_tsc_is_unused_by_design(log)))
			return TRUE;
	return FALSE;
}

static gboolean is_virtual(const GclkSurvey *survey)
{
	return strcmp(survey->detection->hypervisor, "none") != 0;
}

/* Lost ticks have cures that are known for some kernels. */
static char *remedy_of(const Row *row, const GclkSurvey *survey)
{
	const GclkKernelAge age = gclk_kernel_age(survey->release);
	g_autofree char *cures = g_strjoinv(" ", (char **)age.cures);

	if (row->guests_only && !is_virtual(survey))
		return NULL;
	if (row->kinds[0] != GCLK_KLOG_LOST_TICKS || !age.cures[0] || !is_virtual(survey))
		return g_strdup(row->remedy);
	return g_strdup_printf("boot with %s, which %s needs in a virtual machine, or update the "
			       "kernel",
		cures, age.distribution);
}

#define LONG_AGO (24 * 3600) /* s */

/* When the newest of the row's events was, s ago; -1: not known. */
static gint64 age_of(const Row *row, const GclkSurvey *survey)
{
	gint64 newest = -1;

	for (gsize i = 0; row->kinds[i] != END; i++) {
		const GclkKernelEvent *event = gclk_kernel_log_event(survey->log, row->kinds[i]);

		if (event && event->at < 0)
			return -1;
		newest = event ? MAX(newest, event->at) : newest;
	}
	return newest >= 0 && survey->uptime >= newest ? survey->uptime - newest : -1;
}

/* Given up, and time is kept by another one that is right here. */
static gboolean is_replaced(const Row *row, const GclkSurvey *survey)
{
	const GclkClocksourceVerdict verdict = gclk_survey_judge_clocksource(survey);

	return row->kinds[0] == GCLK_KLOG_UNSTABLE &&
	       (verdict == GCLK_CLOCKSOURCE_WANTED || verdict == GCLK_CLOCKSOURCE_ACCEPTED);
}

/* Without a host that could do something about it, it is worth a note. */
static GclkSeverity severity_of(const Row *row, const GclkSurvey *survey)
{
	if (is_replaced(row, survey) || (row->passes && age_of(row, survey) > LONG_AGO))
		return GCLK_SEVERITY_NOTE;
	if (!is_virtual(survey))
		return row->guests_only ? GCLK_SEVERITY_NOTE : row->severity;
	return row->graver & gclk_kernel_age(survey->release).age ? GCLK_SEVERITY_CRITICAL
								  : row->severity;
}

static void add_age(const Row *row, const GclkSurvey *survey, GclkFinding *finding)
{
	const gint64 age = age_of(row, survey);
	char text[32];

	if (!row->passes || age < 0)
		return;
	gclk_format_age(age * GCLK_NS_PER_S, text);
	gclk_finding_add_evidence(finding, "the last time %s ago", text);
}

static void check_row(const Row *row, const GclkSurvey *survey, GPtrArray *findings)
{
	g_autofree char *remedy = remedy_of(row, survey);
	GclkFinding *finding;

	if (row->told && gclk_findings_find(findings, row->told))
		return;
	finding = gclk_findings_add(
		findings, row->id, severity_of(row, survey), row->statement, remedy);
	for (gsize i = 0; row->kinds[i] != END; i++)
		add_event(finding, survey->log, row->kinds[i]);
	add_age(row, survey, finding);
}

/* --- nothing there ---------------------------------------------------------------------------- */

static void report_unreadable(const GclkSurvey *survey, GPtrArray *findings)
{
	const char *why = gclk_facts_find(survey->detection->unreadable, GCLK_KERNEL_LOG_FACT);
	GclkFinding *finding;

	if (!why)
		return;
	finding = gclk_findings_add(findings, "log-unreadable", GCLK_SEVERITY_NOTE,
		"the kernel's log cannot be read, so what it says about clocks is not known",
		"run guestclock doctor as root");
	gclk_finding_add_evidence(finding, "kernel log: %s", why);
}

/* FreeBSD's kern_resource.c says calcru only where there is no hypervisor. */
static void report_silence(const GclkSurvey *survey, GPtrArray *findings)
{
	GclkFinding *finding = gclk_findings_add(findings, "log-ok", GCLK_SEVERITY_OK,
		"the kernel's log has no complaint about clocks", NULL);

	gclk_finding_add_evidence(finding, "%s log", gclk_kernel_log_origin(survey->log));
	if (survey->os == GCLK_OS_LINUX && !gclk_kernel_log_release(survey->log))
		gclk_finding_add_evidence(
			finding, "what it said when this machine booted is no longer in it");
	if (survey->os == GCLK_OS_FREEBSD && is_virtual(survey))
		gclk_finding_add_evidence(finding,
			"which proves little: in a virtual machine newer kernels keep silent about "
			"run times that go backwards (calcru)");
}

void gclk_check_kernel_log(const GclkSurvey *survey, GPtrArray *findings)
{
	gboolean silent = TRUE;

	if (!survey->log) {
		report_unreadable(survey, findings);
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!has_any(&rows[i], survey->log))
			continue;
		check_row(&rows[i], survey, findings);
		silent = FALSE;
	}
	if (silent)
		report_silence(survey, findings);
}
