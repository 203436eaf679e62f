/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that the checks look at, read once: the machine, its kernel, its clocks, the programs
 * that deal with time. Collecting is the work of the modules in detect/; here it is put together.
 */
#ifndef GUESTCLOCK_SURVEY_H
#define GUESTCLOCK_SURVEY_H

#include "detect/clocksource-table.h"
#include "detect/detection.h"
#include "detect/kernel-log.h"
#include "detect/tick-health.h"
#include "platform/platform.h"

typedef enum {
	GCLK_OS_LINUX,
	GCLK_OS_FREEBSD,
} GclkOs;

typedef struct {
	GclkDetection
		*detection; /* hypervisor, container, facts, what was unreadable; never NULL */
	GclkOs os;
	char *release;       /* of the kernel, as uname -r has it, or NULL */
	char *command_line;  /* the kernel's (/proc/cmdline), or NULL */
	char *clocksource;   /* the current one; FreeBSD: the timecounter; or NULL */
	char **clocksources; /* the available ones (Linux), or NULL */
	GclkKernelLog *log;  /* or NULL: unreadable, and detection->unreadable says why */
	GPtrArray *programs; /* GclkTimeProgram *; never NULL */
	gboolean has_discipline;
	GclkDiscipline discipline; /* the kernel's clock discipline (adjtimex) */
	gboolean may_steer;
	char *may_not_why; /* or NULL */
	gint64 uptime;     /* s since boot; 0: not known */
	/* borrowed, for what only one check asks for */
	const GclkMachine *machine;
	GclkReader *reader; /* notes in detection->unreadable */
	/* set by the caller; NULL: not measured */
	const GclkTickHealth *ticks;
} GclkSurvey;

/* Bounded work, at most some tens of ms; never fails. machine outlives it. */
GclkSurvey *gclk_survey_new(const GclkMachine *machine);
void gclk_survey_free(GclkSurvey *survey);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkSurvey, gclk_survey_free)

/* What the table has for the present clocksource under this hypervisor and kernel. */
GclkClocksourceVerdict gclk_survey_judge_clocksource(const GclkSurvey *survey);

/* --- the checks: each adds what it finds (GclkFinding *) -----------------------------------------
 * Some look at what those before them, in the order below, have found: one cause is told once.
 */

typedef void (*GclkCheck)(const GclkSurvey *survey, GPtrArray *findings);

void gclk_check_clocksource(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_kernel_parameters(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_ticks(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_kernel_log(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_offers(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_programs(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_clock(const GclkSurvey *survey, GPtrArray *findings);
void gclk_check_freebsd(const GclkSurvey *survey, GPtrArray *findings);

/* Runs all of them. Array of GclkFinding *, the gravest first; free with g_ptr_array_unref. */
GPtrArray *gclk_survey_check(const GclkSurvey *survey);

#endif
