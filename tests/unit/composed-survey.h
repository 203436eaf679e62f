/* SPDX-License-Identifier: BSD-2-Clause */
/* A survey put together from a few words, for the tests of one check. */
#ifndef GUESTCLOCK_COMPOSED_SURVEY_H
#define GUESTCLOCK_COMPOSED_SURVEY_H

#include "doctor/survey.h"
#include "guestclock/finding.h"

/* What is NULL is not known. clocksources: names with blanks between them. */
typedef struct {
	const char *hypervisor, *release, *command_line, *clocksource, *clocksources, *log;
	GclkOs os;
	gboolean contained; /* the clock is not ours */
	GclkCpuid cpuid;
	const char *log_unreadable; /* why */
	const GclkTickHealth *ticks;
	gint64 uptime; /* s */
} GclkComposition;

/* The usual ones, to begin an initializer with: { GCLK_GUEST(...), .os = ... }. */
#define GCLK_GUEST(hypervisor_, release_, command_line_, clocksource_, clocksources_, log_)        \
	.hypervisor = (hypervisor_), .release = (release_), .command_line = (command_line_),       \
	.clocksource = (clocksource_), .clocksources = (clocksources_), .log = (log_)

/* Runs the checks (ended by NULL) upon it. What they found; free with g_ptr_array_unref. */
GPtrArray *gclk_composed_check(const GclkComposition *composition, const GclkCheck *checks);

/* All evidence of a finding in one text, a line each; "" for none. Caller frees. */
char *gclk_composed_evidence(const GclkFinding *finding);
/* Its fixes likewise: "clocksource tsc", "boot clocksource=tsc". Caller frees. */
char *gclk_composed_fixes(const GclkFinding *finding);
/* The ids of all findings with blanks between them. Caller frees. */
char *gclk_composed_ids(const GPtrArray *findings);

#endif
