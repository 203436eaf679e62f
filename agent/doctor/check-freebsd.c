/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's own knobs. Time there is read from a timecounter since 5.0, so that a lost tick loses
 * no time unless the timecounter is the i8254, which wraps at every tick; since 9.0 timers are
 * one-shot (eventtimers(4)), so that the cure of old, kern.hz=100, has little left to cure.
 * Severity and advice follow that.
 */
#include <string.h>

#include "detect/freebsd-clock-facts.h"
#include "detect/time-programs.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

typedef struct {
	const GclkSurvey *survey;
	GclkFreebsdClock *clock;
	gboolean is_virtual;
	GPtrArray *findings;
} Case;

static GclkFinding *add(const Case *c, const char *id, GclkSeverity severity, const char *statement,
	const char *remedy)
{
	return gclk_findings_add(c->findings, id, severity, statement, remedy);
}

static gboolean runs_on(const Case *c, const char *hypervisor)
{
	return strcmp(c->survey->detection->hypervisor, hypervisor) == 0;
}

static void show_number(const Case *c, GclkFinding *finding, GclkFreebsdNumber number)
{
	gclk_finding_add_evidence(finding, "%s: %d", gclk_freebsd_number_name(number),
		(gint)c->clock->numbers[number].value);
}

static void show_machine(const Case *c, GclkFinding *finding)
{
	gclk_finding_add_evidence(finding, "kern.vm_guest: %s; %s",
		c->clock->vm_guest ? c->clock->vm_guest : "(none)",
		c->survey->detection->hypervisor_why);
}

static void show_choice(GclkFinding *finding, const char *name, const GArray *choice)
{
	g_autoptr(GString) line = g_string_new(name);

	g_string_append_c(line, ':');
	for (guint i = 0; i < choice->len; i++) {
		const GclkFreebsdTimer *timer = &g_array_index(choice, GclkFreebsdTimer, i);

		g_string_append_printf(line, " %s(%d)", timer->name, timer->quality);
	}
	gclk_finding_add_evidence(finding, "%s", line->str);
}

/* --- ticks ------------------------------------------------------------------------------------ */

#define HZ_VIRTUAL 100 /* what FreeBSD takes by itself where it knows that it is a guest: hz(9) */

/* Does every tick interrupt, busy or not? Without one-shot event timers (9.0) it always does. */
static gboolean ticks_always(const Case *c)
{
	return gclk_freebsd_is(c->clock, GCLK_FREEBSD_PERIODIC, 1) ||
	       (c->clock->major && !gclk_freebsd_since(c->clock, 9, 0));
}

static void check_fast_ticks(const Case *c)
{
	gboolean unnoticed = g_strcmp0(c->clock->vm_guest, "none") == 0 || !c->clock->vm_guest;
	gboolean old = c->clock->major && !gclk_freebsd_since(c->clock, 9, 0);
	GclkFinding *finding = add(c, "freebsd-hz",
		unnoticed || ticks_always(c) ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE,
		unnoticed ? "FreeBSD has not noticed that it is a guest, and asks for more timer "
			    "interrupts than a hypervisor delivers in time."
			  : "kern.hz is set by hand to more timer interrupts than a guest needs.",
		old ? "Put kern.hz=100 into /boot/loader.conf and reboot."
		    : "Put kern.hz=100 into /boot/loader.conf and reboot: fewer interrupts. It "
		      "does "
		      "not make the clock any better: since FreeBSD 9 that is not kept by ticks.");

	show_number(c, finding, GCLK_FREEBSD_HZ);
	show_machine(c, finding);
	if (c->clock->loader_hz)
		gclk_finding_add_evidence(
			finding, "the loader was told kern.hz=\"%s\"", c->clock->loader_hz);
	gclk_finding_add_fix(finding, GCLK_FIX_LOADER, "kern.hz", "100");
}

/* The cure of ten years ago, still taken. */
static void check_old_cure(const Case *c)
{
	GclkFinding *finding;

	if (!gclk_freebsd_since(c->clock, 9, 0) || g_strcmp0(c->clock->vm_guest, "none") == 0)
		return;
	finding = add(c, "freebsd-hz-obsolete", GCLK_SEVERITY_NOTE,
		"kern.hz=100 in /boot/loader.conf is a cure of old that does nothing any more.",
		"The line may go: a guest has 100 ticks a second by itself now, and its clock is "
		"not "
		"kept by them. If this clock drifts, the cause is another one.");
	gclk_finding_add_evidence(
		finding, "the loader was told kern.hz=\"%s\"", c->clock->loader_hz);
	show_machine(c, finding);
}

static void check_ticks(const Case *c)
{
	if (!c->is_virtual || !c->clock->numbers[GCLK_FREEBSD_HZ].known)
		return;
	if (c->clock->numbers[GCLK_FREEBSD_HZ].value > HZ_VIRTUAL)
		check_fast_ticks(c);
	else if (g_strcmp0(c->clock->loader_hz, "100") == 0)
		check_old_cure(c);
}

/* --- timecounters ----------------------------------------------------------------------------- */

static gboolean is_tsc(const char *name)
{
	return g_str_has_prefix(name, "TSC");
}

/*
 * How good it is here: the kernel's quality, but in a guest HPET comes after ACPI-fast (900): a
 * read of either leaves the virtual machine, and HPET's is the slower way (golang/go issue 50947
 * has figures).
 */
static gint worth(const Case *c, const GclkFreebsdTimer *timer)
{
	return c->is_virtual && strcmp(timer->name, "HPET") == 0 ? MIN(timer->quality, 899)
								 : timer->quality;
}

/* The best one that may be used, NULL if there is none; not if its name begins with avoid. */
static const GclkFreebsdTimer *best_counter(const Case *c, const char *avoid)
{
	const GclkFreebsdTimer *best = NULL;

	for (guint i = 0; i < c->clock->choice->len; i++) {
		const GclkFreebsdTimer *timer =
			&g_array_index(c->clock->choice, GclkFreebsdTimer, i);

		if (timer->quality <= 0 || (avoid && g_str_has_prefix(timer->name, avoid)))
			continue;
		if (!best || worth(c, timer) > worth(c, best))
			best = timer;
	}
	return best;
}

/* best NULL: there is nothing to switch to. */
static void add_counter(const Case *c, const char *id, GclkSeverity severity, const char *statement,
	const GclkFreebsdTimer *best, const char *otherwise)
{
	g_autofree char *remedy =
		best ? g_strdup_printf("sysctl kern.timecounter.hardware=%s, now and in "
				       "/etc/sysctl.conf.%s%s",
			       best->name, otherwise ? " " : "", otherwise ? otherwise : "")
		     : g_strdup(otherwise);
	GclkFinding *finding = add(c, id, severity, statement, remedy);

	gclk_finding_add_evidence(finding, "kern.timecounter.hardware: %s", c->clock->timecounter);
	show_choice(finding, "kern.timecounter.choice", c->clock->choice);
	if (best)
		gclk_finding_add_fix(
			finding, GCLK_FIX_SYSCTL, "kern.timecounter.hardware", best->name);
}

static const GclkFreebsdTimer *current_counter(const Case *c)
{
	return gclk_freebsd_timer_find(c->clock->choice, c->clock->timecounter);
}

/* A rule says TRUE when it has found the fault of this timecounter. */

static gboolean rule_broken(const Case *c)
{
	const GclkFreebsdTimer *now = current_counter(c);

	if (now->quality >= 0)
		return FALSE;
	add_counter(c, "freebsd-timecounter-broken", GCLK_SEVERITY_CRITICAL,
		"Time is read from a counter that the kernel itself calls broken.",
		best_counter(c, NULL),
		"Find who has chosen it: /etc/sysctl.conf, /boot/loader.conf.");
	return TRUE;
}

/* tsc.c (test_tsc) gives the TSC quality 0 in VirtualBox with several CPUs: sleeps missed their
   wake-up. With one it stays the kernel's choice. */
static gboolean rule_virtualbox(const Case *c)
{
	const GclkFreebsdTimer *now = current_counter(c);

	if (!runs_on(c, "oracle") || !is_tsc(now->name) || now->quality > 0)
		return FALSE;
	add_counter(c, "freebsd-tsc-forced", GCLK_SEVERITY_WARNING,
		"The TSC is chosen by hand in VirtualBox, where programs then miss their wake-ups.",
		best_counter(c, "TSC"), "Do not force the TSC in VirtualBox.");
	return TRUE;
}

/* QEMU on Windows shows Hyper-V's signature and QEMU's DMI; a real Hyper-V or KVM says so. */
static gboolean rule_whpx(const Case *c)
{
	if (!runs_on(c, "qemu") || !g_str_has_prefix(current_counter(c)->name, "Hyper-V"))
		return FALSE;
	add_counter(c, "freebsd-timecounter-whpx", GCLK_SEVERITY_WARNING,
		"This is QEMU on Windows, whose Hyper-V time page is not right: programs written "
		"in "
		"Go die of it (SIGFPE).",
		best_counter(c, "Hyper-V"), NULL);
	return TRUE;
}

/* i8254: 16 bits that wrap at every tick, so a tick that comes too late is lost time. */
static gboolean rule_i8254(const Case *c)
{
	if (strcmp(current_counter(c)->name, "i8254") != 0)
		return FALSE;
	add_counter(c, "freebsd-timecounter-i8254",
		c->is_virtual ? GCLK_SEVERITY_CRITICAL : GCLK_SEVERITY_WARNING,
		"Time is counted by the i8254, which loses time with every timer interrupt that "
		"comes "
		"late.",
		best_counter(c, NULL),
		best_counter(c, NULL)
			? NULL
			: "Give the virtual machine ACPI, an HPET or an invariant TSC.");
	return TRUE;
}

/* Why a guest on KVM sits on the HPET, and what helps. kvmclock(4) is there since 13.1. */
static const char *hpet_advice(const Case *c)
{
	if (!runs_on(c, "kvm"))
		return NULL;
	if (!gclk_freebsd_since(c->clock, 13, 1))
		return "Better: FreeBSD 13.1 or later, which knows kvmclock.";
	return "Better: let the host show kvmclock, or an invariant TSC.";
}

static gboolean rule_better(const Case *c)
{
	const GclkFreebsdTimer *now = current_counter(c), *best = best_counter(c, NULL);
	const GclkFreebsdTimer *tsc = gclk_freebsd_timer_find(c->clock->choice, "TSC-low");
	gboolean hpet = strcmp(now->name, "HPET") == 0;

	if (!best || worth(c, best) <= worth(c, now))
		return FALSE;
	if (c->is_virtual && hpet && tsc && tsc->quality < 0)
		add_counter(c, "freebsd-tsc-out-of-step", GCLK_SEVERITY_WARNING,
			"The TSCs of the virtual CPUs do not agree, and the HPET in their place "
			"makes "
			"every reading of the clock slow.",
			best, hpet_advice(c));
	else
		add_counter(c, "freebsd-timecounter",
			c->is_virtual ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE,
			"A better timecounter than the one in use is there.", best,
			hpet ? hpet_advice(c) : NULL);
	return TRUE;
}

static void check_timecounter(const Case *c)
{
	static gboolean (*const rules[])(const Case *c) = {
		rule_broken,
		rule_virtualbox,
		rule_whpx,
		rule_i8254,
		rule_better,
	};

	for (gsize i = 0; current_counter(c) && i < G_N_ELEMENTS(rules); i++)
		if (rules[i](c))
			return;
}

/* --- knobs ------------------------------------------------------------------------------------ */

static gboolean is_virtual(const Case *c)
{
	return c->is_virtual;
}

static gboolean reads_tsc(const Case *c)
{
	return c->is_virtual && c->clock->timecounter && is_tsc(c->clock->timecounter);
}

/* Where a TSC would be no good there is nothing to say. */
static gboolean may_have_tsc(const Case *c)
{
	return c->is_virtual && !runs_on(c, "oracle");
}

/* Only the i8254 needs it: it cannot do otherwise (attimer(4)). */
static gboolean has_one_shot_timer(const Case *c)
{
	return c->is_virtual && g_strcmp0(c->clock->event_timer, "i8254") != 0;
}

/* A knob that stands at value, where it matters. */
static const struct {
	GclkFreebsdNumber number;
	gint64 value;
	gboolean (*applies)(const Case *c);
	const char *id;
	GclkSeverity severity;
	const char *statement, *remedy;
	GclkFixKind fix;
	const char *better;
} knobs[] = {
	{ GCLK_FREEBSD_STEPWARNINGS, 0, is_virtual, "freebsd-stepwarnings", GCLK_SEVERITY_NOTE,
		"The kernel does not log who steps the clock.",
		"sysctl kern.timecounter.stepwarnings=1: each step is logged, with the time before "
		"and after.",
		GCLK_FIX_SYSCTL, "1" },
	{ GCLK_FREEBSD_SMP_TSC, 1, reads_tsc, "freebsd-smp-tsc", GCLK_SEVERITY_WARNING,
		"The TSC is trusted on all CPUs because somebody said so; after a migration time "
		"may "
		"jump when a program changes its CPU.",
		"Take kern.timecounter.smp_tsc out of /boot/loader.conf, unless the host "
		"guarantees "
		"TSCs that agree.",
		GCLK_FIX_LOADER, "0" },
	{ GCLK_FREEBSD_DISABLE_TSC, 1, may_have_tsc, "freebsd-tsc-disabled", GCLK_SEVERITY_NOTE,
		"The TSC is switched off by hand: every reading of the clock is slower.",
		"Take machdep.disable_tsc out of /boot/loader.conf: today the kernel tests the "
		"TSC, "
		"and uses it only where it is good.",
		GCLK_FIX_LOADER, "0" },
	{ GCLK_FREEBSD_PERIODIC, 1, has_one_shot_timer, "freebsd-periodic", GCLK_SEVERITY_NOTE,
		"The timer interrupts at every tick, idle or not; a hypervisor delivers those late "
		"or "
		"in bunches.",
		"sysctl kern.eventtimer.periodic=0", GCLK_FIX_SYSCTL, "0" },
};

static void check_knobs(const Case *c)
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
static void check_event_timer(const Case *c)
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
		"Timers are driven by a device of old, which a hypervisor emulates badly.",
		best ? "Let the kernel choose: take kern.eventtimer.timer out of /boot/loader.conf "
		       "and "
		       "/etc/sysctl.conf."
		     : "Give the virtual machine a local APIC (and do not set "
		       "hint.apic.0.disabled).");
	gclk_finding_add_evidence(finding, "kern.eventtimer.timer: %s", c->clock->event_timer);
	show_choice(finding, "kern.eventtimer.choice", c->clock->event_choice);
	if (best)
		gclk_finding_add_fix(finding, GCLK_FIX_SYSCTL, "kern.eventtimer.timer", best->name);
}

/* --- Hyper-V's time synchronisation ------------------------------------------------------------
 */

/* Does somebody else hold the clock: a program that steers, or a discipline that is in step? */
static gboolean is_held(const Case *c)
{
	for (guint i = 0; i < c->survey->programs->len; i++)
		if (((const GclkTimeProgram *)c->survey->programs->pdata[i])->steers)
			return TRUE;
	return c->survey->has_discipline && !c->survey->discipline.unsynchronised;
}

static void add_hvtimesync(const Case *c, const char *id, GclkSeverity severity,
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
static void check_hvtimesync(const Case *c)
{
	gint64 threshold = c->clock->numbers[GCLK_FREEBSD_HV_THRESHOLD].value;
	gboolean held = is_held(c);

	if (!c->clock->numbers[GCLK_FREEBSD_HV_THRESHOLD].known)
		return;
	if (threshold == 0)
		add_hvtimesync(c, "freebsd-hvtimesync-every-sample", GCLK_SEVERITY_WARNING,
			"Hyper-V's samples step the clock each time, however small the difference: "
			"0 "
			"does not switch them off, whatever their description says.",
			held ? "sysctl hw.hvtimesync.sample_thresh=-1: an NTP daemon holds the "
			       "clock."
			     : "sysctl hw.hvtimesync.sample_thresh=100, or -1 with an NTP daemon.",
			held ? "-1" : "100");
	else if (threshold > 0 && held)
		add_hvtimesync(c, "freebsd-hvtimesync-rival", GCLK_SEVERITY_WARNING,
			"Two steer this clock: an NTP daemon, and Hyper-V's samples, which step "
			"it.",
			"sysctl hw.hvtimesync.sample_thresh=-1: the daemon holds the clock, and "
			"Hyper-V "
			"sets it after a resume only.",
			"-1");
	else if (threshold < 0 && !held && c->survey->has_discipline)
		add_hvtimesync(c, "freebsd-hvtimesync-off", GCLK_SEVERITY_WARNING,
			"Nobody holds this clock: Hyper-V's samples are switched off, and the "
			"kernel's "
			"discipline is not in step with anything.",
			"Start an NTP daemon, or sysctl hw.hvtimesync.sample_thresh=100.", "100");
}

static void check_resume(const Case *c)
{
	GclkFinding *finding;

	if (!gclk_freebsd_is(c->clock, GCLK_FREEBSD_HV_IGNORE_SYNC, 1))
		return;
	finding = add(c, "freebsd-hvtimesync-deaf", GCLK_SEVERITY_NOTE,
		"After a resume Hyper-V tells the time, and this kernel is told not to listen.",
		"sysctl hw.hvtimesync.ignore_sync=0, unless something else steps the clock after a "
		"resume.");
	show_number(c, finding, GCLK_FREEBSD_HV_IGNORE_SYNC);
	gclk_finding_add_fix(finding, GCLK_FIX_SYSCTL,
		gclk_freebsd_number_name(GCLK_FREEBSD_HV_IGNORE_SYNC), "0");
}

void gclk_check_freebsd(const GclkSurvey *survey, GPtrArray *findings)
{
	const GclkMachine *machine = survey->machine;
	g_autoptr(GclkFreebsdClock) clock = NULL;
	Case c = { .survey = survey, .findings = findings };

	if (survey->os != GCLK_OS_FREEBSD || !machine->sysctl)
		return;
	clock = gclk_freebsd_clock_new(machine->sysctl, machine->sysctl_user);
	c.clock = clock;
	c.is_virtual = strcmp(survey->detection->hypervisor, "none") != 0;
	check_ticks(&c);
	check_timecounter(&c);
	check_knobs(&c);
	check_event_timer(&c);
	check_hvtimesync(&c);
	check_resume(&c);
}
