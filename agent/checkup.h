/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doctor's checks, made by the daemon: at the start, then seldom, and when the verdict on the
 * ticks changes. What they find wrong (warnings and worse; notes are for who asks the doctor)
 * becomes findings of the agent, logged once when they come and once when they go.
 *
 * Left out is what the daemon knows better, since it is its own doing: whether the clock is right
 * and who steers it.
 */
#ifndef GUESTCLOCK_CHECKUP_H
#define GUESTCLOCK_CHECKUP_H

#include "agent.h"
#include "detect/detection.h"
#include "detect/kernel-log.h"

typedef struct {
	const GclkMachine *machine;
	GclkKernelLog *log; /* as it was when this process could still read it, or NULL */
	GPtrArray *ids;     /* char *: the agent's findings that came from here */
	gint64 made;        /* boottime of the last one, ns; 0: never */
} GclkCheckup;

/* machine is borrowed. The kernel's log is read here, while that is allowed. */
GclkCheckup *gclk_checkup_new(const GclkMachine *machine);
void gclk_checkup_free(GclkCheckup *checkup); /* NULL is ignored */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkCheckup, gclk_checkup_free)

/* The next look is to find something new: something has changed. */
void gclk_checkup_expire(GclkCheckup *checkup);

/* Makes the checks if the last time was long ago; some tens of ms of work, then. It is now,
   boottime, ns. */
void gclk_checkup_look(GclkCheckup *checkup, GclkAgent *agent, gint64 now);

#endif
