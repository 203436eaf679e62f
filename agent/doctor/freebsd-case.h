/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of gclk_check_freebsd share. */
#ifndef GUESTCLOCK_FREEBSD_CASE_H
#define GUESTCLOCK_FREEBSD_CASE_H

#include "detect/freebsd-clock-facts.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

typedef struct {
	const GclkSurvey *survey;
	GclkFreebsdClock *clock;
	gboolean is_virtual;
	GPtrArray *findings;
} GclkFreebsdCase;

/* Is this the verdict on the hypervisor: "kvm", "oracle" ...? */
gboolean gclk_freebsd_runs_on(const GclkFreebsdCase *c, const char *hypervisor);

/* Is this the time stamp counter ("TSC", "TSC-low")? */
gboolean gclk_freebsd_is_tsc(const char *timecounter);

/* Adds "NAME: TSC-low(1000) ACPI-fast(900)" to the evidence. */
void gclk_freebsd_show_choice(GclkFinding *finding, const char *name, const GArray *choice);

/* At most one finding: the gravest fault of the timecounter in use. */
void gclk_freebsd_check_timecounter(const GclkFreebsdCase *c);

#endif
