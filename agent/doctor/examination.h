/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole examination: the survey, the timer ticks, the NTP servers, and the findings of all. */
#ifndef GUESTCLOCK_EXAMINATION_H
#define GUESTCLOCK_EXAMINATION_H

#include "config.h"
#include "doctor/doctor.h"

typedef struct {
	/* What is being done, for a progress line; done of total ns, total 0: not known. */
	void (*progress)(gpointer user, const char *what, gint64 done, gint64 total);
	gpointer user;
	gint64 ticks;             /* ns to measure them; 0: not at all */
	gboolean network;         /* ask the NTP servers, unless the daemon has */
	const GclkStatus *status; /* of a daemon that lives and reports, or NULL */
	const char *silent;       /* there is a status, but it is old: why, a sentence; or NULL */
} GclkExaminationWishes;

typedef struct {
	GclkSurvey *survey;
	GPtrArray *findings; /* sorted */
	GclkTickHealth ticks;
	gboolean has_ticks;
} GclkExamination;

/* machine outlives the examination. config: servers are added to it when none is configured.
   context is the platform's loop. Never fails; blocks for some seconds. */
void gclk_examine(GclkExamination *out, const GclkMachine *machine, GclkConfig *config,
	GMainContext *context, const GclkExaminationWishes *wishes);
void gclk_examination_clear(GclkExamination *examination);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkExamination, gclk_examination_clear)

#endif
