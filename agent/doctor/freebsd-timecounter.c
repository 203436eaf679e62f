/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of FreeBSD's timecounters is right here, and is that the one in use? timecounters(4). */
#include <string.h>

#include "doctor/freebsd-case.h"

/*
 * How good it is here: the kernel's quality, but in a guest HPET comes after ACPI-fast (900): a
 * read of either leaves the virtual machine, and HPET's is the slower way (golang/go issue 50947
 * has figures).
 */
static gint worth(const GclkFreebsdCase *c, const GclkFreebsdTimer *timer)
{
	return c->is_virtual && strcmp(timer->name, "HPET") == 0 ? MIN(timer->quality, 899)
								 : timer->quality;
}

/* The best one that may be used, NULL if there is none; not if its name begins with avoid. */
static const GclkFreebsdTimer *best_counter(const GclkFreebsdCase *c, const char *avoid)
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

/* best NULL: there is nothing to switch to; more, what else helps, or NULL. */
static void add_counter(const GclkFreebsdCase *c, const char *id, GclkSeverity severity,
	const char *statement, const GclkFreebsdTimer *best, const char *more)
{
	g_autofree char *remedy =
		best ? g_strdup_printf("sysctl kern.timecounter.hardware=%s, now and in "
				       "/etc/sysctl.conf%s%s",
			       best->name, more ? "; " : "", more ? more : "")
		     : g_strdup(more ? more : "give the machine ACPI, an HPET or an invariant TSC");
	GclkFinding *finding = gclk_findings_add(c->findings, id, severity, statement, remedy);

	gclk_finding_add_evidence(finding, "kern.timecounter.hardware: %s", c->clock->timecounter);
	gclk_freebsd_show_choice(finding, "kern.timecounter.choice", c->clock->choice);
	if (best)
		gclk_finding_add_fix(
			finding, GCLK_FIX_SYSCTL, "kern.timecounter.hardware", best->name);
}

static const GclkFreebsdTimer *current_counter(const GclkFreebsdCase *c)
{
	return gclk_freebsd_timer_find(c->clock->choice, c->clock->timecounter);
}

/* A rule says TRUE when it has found the fault of this timecounter. */

static gboolean rule_broken(const GclkFreebsdCase *c)
{
	if (current_counter(c)->quality >= 0)
		return FALSE;
	add_counter(c, "freebsd-timecounter-broken", GCLK_SEVERITY_CRITICAL,
		"time is read from a counter that the kernel itself calls broken",
		best_counter(c, NULL),
		"find who has chosen it: /etc/sysctl.conf, /boot/loader.conf");
	return TRUE;
}

/* tsc.c (test_tsc) gives the TSC quality 0 in VirtualBox with several CPUs: sleeps missed their
   wake-up. With one it stays the kernel's choice. */
static gboolean rule_virtualbox(const GclkFreebsdCase *c)
{
	const GclkFreebsdTimer *now = current_counter(c);

	if (!gclk_freebsd_runs_on(c, "oracle") || !gclk_freebsd_is_tsc(now->name) ||
		now->quality > 0)
		return FALSE;
	add_counter(c, "freebsd-tsc-forced", GCLK_SEVERITY_WARNING,
		"the TSC was chosen by hand in VirtualBox, where programs then miss their wake-ups",
		best_counter(c, "TSC"), "do not force the TSC in VirtualBox");
	return TRUE;
}

/* QEMU on Windows shows Hyper-V's signature and QEMU's DMI; a real Hyper-V or KVM says so. */
static gboolean rule_whpx(const GclkFreebsdCase *c)
{
	if (!gclk_freebsd_runs_on(c, "qemu") ||
		!g_str_has_prefix(current_counter(c)->name, "Hyper-V"))
		return FALSE;
	add_counter(c, "freebsd-timecounter-whpx", GCLK_SEVERITY_WARNING,
		"this is QEMU on Windows, whose Hyper-V time page is not right: programs written "
		"in Go die of it (SIGFPE)",
		best_counter(c, "Hyper-V"), NULL);
	return TRUE;
}

/* i8254: 16 bits that wrap at every tick, so a tick that comes too late is lost time. */
static gboolean rule_i8254(const GclkFreebsdCase *c)
{
	if (strcmp(current_counter(c)->name, "i8254") != 0)
		return FALSE;
	add_counter(c, "freebsd-timecounter-i8254",
		c->is_virtual ? GCLK_SEVERITY_CRITICAL : GCLK_SEVERITY_WARNING,
		"time is counted by the i8254, which loses time with every timer interrupt that "
		"comes late",
		best_counter(c, NULL), NULL);
	return TRUE;
}

/* Why a guest on KVM sits on the HPET, and what helps. kvmclock(4) is there since 13.1. */
static const char *hpet_advice(const GclkFreebsdCase *c)
{
	if (!gclk_freebsd_runs_on(c, "kvm"))
		return NULL;
	if (gclk_freebsd_timer_find(c->clock->choice, "kvmclock"))
		return NULL;
	if (!gclk_freebsd_since(c->clock, 13, 1))
		return "better: FreeBSD 13.1 or later, which knows kvmclock";
	return "better: let the host show kvmclock, or an invariant TSC";
}

static gboolean rule_better(const GclkFreebsdCase *c)
{
	const GclkFreebsdTimer *now = current_counter(c), *best = best_counter(c, NULL);
	const GclkFreebsdTimer *tsc = gclk_freebsd_timer_find(c->clock->choice, "TSC-low");
	gboolean hpet = strcmp(now->name, "HPET") == 0;

	if (!best || worth(c, best) <= worth(c, now))
		return FALSE;
	if (c->is_virtual && hpet && tsc && tsc->quality < 0)
		add_counter(c, "freebsd-tsc-out-of-step", GCLK_SEVERITY_WARNING,
			"the TSCs of the virtual CPUs do not agree, and the HPET in their place "
			"makes every reading of the clock slow",
			best, hpet_advice(c));
	else
		add_counter(c, "freebsd-timecounter",
			c->is_virtual ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE,
			"a better timecounter than the one in use is there", best,
			hpet ? hpet_advice(c) : NULL);
	return TRUE;
}

void gclk_freebsd_check_timecounter(const GclkFreebsdCase *c)
{
	static gboolean (*const rules[])(const GclkFreebsdCase *c) = {
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
