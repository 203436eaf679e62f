/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's own knobs. Time there is read from a timecounter since 5.0, so that a lost tick loses
 * no time unless the timecounter is the i8254, which wraps at every tick; since 9.0 timers are
 * one-shot (eventtimers(4)), so that the cure of old, kern.hz=100, has little left to cure.
 * Severity and advice follow that.
 */
#include <string.h>

#include "detect/time-programs.h"
#include "doctor/freebsd-case.h"

static GclkFinding *add(const GclkFreebsdCase *c, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy)
{
	return gclk_findings_add(c->findings, id, severity, statement, remedy);
}

static void show_number(const GclkFreebsdCase *c, GclkFinding *finding, GclkFreebsdNumber number)
{
	gclk_finding_add_evidence(finding, "%s: %d", gclk_freebsd_number_name(number),
		(gint)c->clock->numbers[number].value);
}

static void show_machine(const GclkFreebsdCase *c, GclkFinding *finding)
{
	gclk_finding_add_evidence(finding, "kern.vm_guest: %s; %s",
		c->clock->vm_guest ? c->clock->vm_guest : "(none)",
		c->survey->detection->hypervisor_why);
}

/* --- ticks ------------------------------------------------------------------------------------ */

#define HZ_VIRTUAL 100 /* what FreeBSD takes by itself where it knows that it is a guest: hz(9) */

/* Does every tick interrupt, busy or not? Without one-shot event timers (9.0) it always does. */
static gboolean ticks_always(const GclkFreebsdCase *c)
{
	return gclk_freebsd_is(c->clock, GCLK_FREEBSD_PERIODIC, 1) ||
	       (c->clock->major && !gclk_freebsd_since(c->clock, 9, 0));
}

static void check_fast_ticks(const GclkFreebsdCase *c)
{
	gboolean unnoticed = g_strcmp0(c->clock->vm_guest, "none") == 0 || !c->clock->vm_guest;
	gboolean old = c->clock->major && !gclk_freebsd_since(c->clock, 9, 0);
	GclkFinding *finding = add(c, "freebsd-hz",
		unnoticed || ticks_always(c) ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE,
		unnoticed ? "FreeBSD has not noticed that it is a guest, and asks for more timer "
			    "interrupts than a hypervisor delivers in time"
			  : "kern.hz is set by hand to more timer interrupts than a guest needs",
		old ? "put kern.hz=100 into /boot/loader.conf and reboot"
		    : "put kern.hz=100 into /boot/loader.conf and reboot, for fewer interrupts; "
		      "do not hope for a better clock: that is not kept by ticks any more");

	show_number(c, finding, GCLK_FREEBSD_HZ);
	show_machine(c, finding);
	if (c->clock->loader_hz)
		gclk_finding_add_evidence(
			finding, "the loader was told kern.hz=\"%s\"", c->clock->loader_hz);
	gclk_finding_add_fix(finding, GCLK_FIX_LOADER, "kern.hz", "100");
}

/* The cure of ten years ago, still taken. */
static void check_old_cure(const GclkFreebsdCase *c)
{
	GclkFinding *finding;

	if (!gclk_freebsd_since(c->clock, 9, 0) || g_strcmp0(c->clock->vm_guest, "none") == 0)
		return;
	finding = add(c, "freebsd-hz-obsolete", GCLK_SEVERITY_NOTE,
		"kern.hz=100 in /boot/loader.conf is a cure of old that does nothing any more",
		"the line may go: a guest has 100 ticks a second by itself now, and ticks do not "
		"keep its clock; if that drifts, look for another cause");
	gclk_finding_add_evidence(
		finding, "the loader was told kern.hz=\"%s\"", c->clock->loader_hz);
	show_machine(c, finding);
}

static void check_ticks(const GclkFreebsdCase *c)
{
	if (!c->is_virtual || !c->clock->numbers[GCLK_FREEBSD_HZ].known)
		return;
	if (c->clock->numbers[GCLK_FREEBSD_HZ].value > HZ_VIRTUAL)
		check_fast_ticks(c);
	else if (g_strcmp0(c->clock->loader_hz, "100") == 0)
		check_old_cure(c);
}

/* --- knobs ------------------------------------------------------------------------------------ */

static gboolean is_virtual(const GclkFreebsdCase *c)
{
	return c->is_virtual;
}

static gboolean reads_tsc(const GclkFreebsdCase *c)
{
	return c->is_virtual && c->clock->timecounter && gclk_freebsd_is_tsc(c->clock->timecounter);
}

/* Where a TSC would be no good there is nothing to say. */
static gboolean may_have_tsc(const GclkFreebsdCase *c)
{
	return c->is_virtual && !gclk_freebsd_runs_on(c, "oracle");
}

/* Only the i8254 needs it: it cannot do otherwise (attimer(4)). */
static gboolean has_one_shot_timer(const GclkFreebsdCase *c)
{
	return c->is_virtual && g_strcmp0(c->clock->event_timer, "i8254") != 0;
}

/* A knob that stands at value, where it matters. */
static const struct {
	GclkFreebsdNumber number;
	gint64 value;
	gboolean (*applies)(const GclkFreebsdCase *c);
	const char *id;
	GclkSeverity severity;
	const char *statement, *remedy;
	GclkFixKind fix;
	const char *better;
} knobs[] = {
	{ GCLK_FREEBSD_STEPWARNINGS, 0, is_virtual, "freebsd-stepwarnings", GCLK_SEVERITY_NOTE,
		"the kernel does not log who steps the clock",
		"sysctl kern.timecounter.stepwarnings=1: each step is logged, with the time before "
		"and after",
		GCLK_FIX_SYSCTL, "1" },
	{ GCLK_FREEBSD_SMP_TSC, 1, reads_tsc, "freebsd-smp-tsc", GCLK_SEVERITY_WARNING,
		"the TSC is trusted on all CPUs because somebody said so; after a migration time "
		"may "
		"jump when a program changes its CPU",
		"take kern.timecounter.smp_tsc out of /boot/loader.conf, unless the host "
		"guarantees "
		"TSCs that agree",
		GCLK_FIX_LOADER, "0" },
	{ GCLK_FREEBSD_DISABLE_TSC, 1, may_have_tsc, "freebsd-tsc-disabled", GCLK_SEVERITY_NOTE,
		"the TSC is switched off by hand: every reading of the clock is slower",
		"take machdep.disable_tsc out of /boot/loader.conf: today the kernel tests the "
		"TSC, "
		"and uses it only where it is good",
		GCLK_FIX_LOADER, "0" },
	{ GCLK_FREEBSD_PERIODIC, 1, has_one_shot_timer, "freebsd-periodic", GCLK_SEVERITY_NOTE,
		"the timer interrupts at every tick, idle or not; a hypervisor delivers those late "
		"or "
		"in bunches",
		"sysctl kern.eventtimer.periodic=0", GCLK_FIX_SYSCTL, "0" },
};

static void check_knobs(const GclkFreebsdCase *c)
{
	for (gsize i = 0; i < G_N_ELEMENTS(knobs); i++) {
		GclkFinding *finding;

		if (!gclk_freebsd_is(c->clock, knobs[i].number, knobs[i].value) ||
			!knobs[i].applies(c))
			continue;
		finding =
			add(c, knobs[i].id, knobs[i].severity, knobs[i].statement, knobs[i].remedy);
		show_number(c, finding, knobs[i].number);
		gclk_finding_add_fix(finding, knobs[i].fix,
			gclk_freebsd_number_name(knobs[i].number), knobs[i].better);
	}
}

/* Event timers of old: one for all CPUs, and far away. Qualities do not decide alone: on Hyper-V
   the kernel takes LAPIC(100) and leaves Hyper-V(1000). */
static void check_event_timer(const GclkFreebsdCase *c)
{
	const GclkFreebsdTimer *best = NULL;
	GclkFinding *finding;

	if (!c->is_virtual || (g_strcmp0(c->clock->event_timer, "i8254") != 0 &&
				      g_strcmp0(c->clock->event_timer, "RTC") != 0))
		return;
	for (guint i = 0; i < c->clock->event_choice->len; i++) {
		const GclkFreebsdTimer *timer =
			&g_array_index(c->clock->event_choice, GclkFreebsdTimer, i);

		if (strcmp(timer->name, "i8254") != 0 && timer->quality > 0 &&
			(!best || timer->quality > best->quality))
			best = timer;
	}
	finding = add(c, "freebsd-event-timer", GCLK_SEVERITY_NOTE,
		"timers are driven by a device of old, which a hypervisor emulates badly",
		best ? "let the kernel choose: take kern.eventtimer.timer out of /boot/loader.conf "
		       "and "
		       "/etc/sysctl.conf"
		     : "give the virtual machine a local APIC (and do not set "
		       "hint.apic.0.disabled).");
	gclk_finding_add_evidence(finding, "kern.eventtimer.timer: %s", c->clock->event_timer);
	gclk_freebsd_show_choice(finding, "kern.eventtimer.choice", c->clock->event_choice);
	if (best)
		gclk_finding_add_fix(finding, GCLK_FIX_SYSCTL, "kern.eventtimer.timer", best->name);
}

/* --- Hyper-V's time synchronisation ------------------------------------------------------------
 */

/* Does somebody else hold the clock: a program that steers, or a discipline that is in step? */
static gboolean is_held(const GclkFreebsdCase *c)
{
	for (guint i = 0; i < c->survey->programs->len; i++)
		if (((const GclkTimeProgram *)c->survey->programs->pdata[i])->steers)
			return TRUE;
	return c->survey->has_discipline && !c->survey->discipline.unsynchronised;
}

static void add_hvtimesync(const GclkFreebsdCase *c, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy, const char *threshold)
{
	GclkFinding *finding = add(c, id, severity, statement, remedy);

	show_number(c, finding, GCLK_FREEBSD_HV_THRESHOLD);
	if (c->survey->has_discipline)
		gclk_finding_add_evidence(finding, "the kernel's discipline is %s",
			c->survey->discipline.unsynchronised ? "not synchronised" : "synchronised");
	gclk_finding_add_fix(finding, GCLK_FIX_SYSCTL,
		gclk_freebsd_number_name(GCLK_FREEBSD_HV_THRESHOLD), threshold);
}

/*
 * hw.hvtimesync.sample_thresh, ms (dev/hyperv/utilities/vmbus_timesync.c): the clock is stepped
 * when the host's sample, about one a minute, differs by more. Its description says that 0 switches
 * that off; the code does so below 0 only, and 0 steps at every sample.
 */
static void check_hvtimesync(const GclkFreebsdCase *c)
{
	gint64 threshold = c->clock->numbers[GCLK_FREEBSD_HV_THRESHOLD].value;
	gboolean held = is_held(c);

	if (!c->clock->numbers[GCLK_FREEBSD_HV_THRESHOLD].known)
		return;
	if (threshold == 0)
		add_hvtimesync(c, "freebsd-hvtimesync-every-sample", GCLK_SEVERITY_WARNING,
			"Hyper-V's samples step the clock each time, however small the difference: "
			"0 "
			"does not switch them off, whatever their description says",
			held ? "sysctl hw.hvtimesync.sample_thresh=-1: an NTP daemon holds the "
			       "clock"
			     : "sysctl hw.hvtimesync.sample_thresh=100, or -1 with an NTP daemon",
			held ? "-1" : "100");
	else if (threshold > 0 && held)
		add_hvtimesync(c, "freebsd-hvtimesync-rival", GCLK_SEVERITY_WARNING,
			"two steer this clock: an NTP daemon, and Hyper-V's samples, which step "
			"it",
			"sysctl hw.hvtimesync.sample_thresh=-1: the daemon holds the clock, and "
			"Hyper-V "
			"sets it after a resume only",
			"-1");
	else if (threshold < 0 && !held && c->survey->has_discipline)
		add_hvtimesync(c, "freebsd-hvtimesync-off", GCLK_SEVERITY_WARNING,
			"nobody holds this clock: Hyper-V's samples are switched off, and the "
			"kernel's "
			"discipline is not in step with anything",
			"start an NTP daemon, or sysctl hw.hvtimesync.sample_thresh=100", "100");
}

static void check_resume(const GclkFreebsdCase *c)
{
	GclkFinding *finding;

	if (!gclk_freebsd_is(c->clock, GCLK_FREEBSD_HV_IGNORE_SYNC, 1))
		return;
	finding = add(c, "freebsd-hvtimesync-deaf", GCLK_SEVERITY_NOTE,
		"after a resume Hyper-V tells the time, and this kernel is told not to listen",
		"sysctl hw.hvtimesync.ignore_sync=0, unless something else steps the clock after a "
		"resume");
	show_number(c, finding, GCLK_FREEBSD_HV_IGNORE_SYNC);
	gclk_finding_add_fix(finding, GCLK_FIX_SYSCTL,
		gclk_freebsd_number_name(GCLK_FREEBSD_HV_IGNORE_SYNC), "0");
}

void gclk_check_freebsd(const GclkSurvey *survey, GPtrArray *findings)
{
	const GclkMachine *machine = survey->machine;
	g_autoptr(GclkFreebsdClock) clock = NULL;
	GclkFreebsdCase c = { .survey = survey, .findings = findings };

	if (survey->os != GCLK_OS_FREEBSD || !machine->sysctl)
		return;
	clock = gclk_freebsd_clock_new(machine->sysctl, machine->sysctl_user);
	c.clock = clock;
	c.is_virtual = strcmp(survey->detection->hypervisor, "none") != 0;
	check_ticks(&c);
	gclk_freebsd_check_timecounter(&c);
	check_knobs(&c);
	check_event_timer(&c);
	check_hvtimesync(&c);
	check_resume(&c);
}
