/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changes around a running daemon: rivals come and go, precision clocks appear, a DHCP lease
 * brings servers, and the doctor's checks find something. Looked for every now and then, and at
 * once when there is a reason to.
 */
#ifndef GUESTCLOCK_LOOKOUT_H
#define GUESTCLOCK_LOOKOUT_H

#include "agent.h"
#include "checkup.h"
#include "mastery.h"
#include "platform/privileged.h"
#include "source/vmclock-witness.h"

typedef struct {
	GclkPlatform *platform;
	GclkAgent *agent;
	GclkConfig *config; /* the one in force: servers that are discovered are put into it */
	const GclkEnvironment *environment;
	GclkPrivileged *privileged;  /* NULL: there is no such process */
	GclkCheckup *checkup;        /* NULL: no checks are made */
	GclkVmclockWitness *vmclock; /* NULL: nobody looks for one */
	guint timer;
	gint64 looked; /* boot time of the last look at all processes; 0: it is due */
} GclkLookout;

/* May the clock be steered, with these rivals around? reason is the caller's. */
GclkMastery gclk_lookout_mastery(const GclkLookout *lookout, const GPtrArray *rivals);

/* Shows the rival as a finding, or takes that back. */
void gclk_lookout_note_rival(const GclkLookout *lookout, const GclkMastery *mastery);

/* Looks now, and from then on again and again. */
void gclk_lookout_look(GclkLookout *lookout);
/* Looks as soon as the loop turns: for callers in the middle of something. */
void gclk_lookout_look_soon(GclkLookout *lookout);
void gclk_lookout_stop(GclkLookout *lookout);

/* A configuration that is about to replace the one in force: where the servers come from a place
   that root could read and this process cannot, they are handed on, since it could not find them
   again. */
void gclk_lookout_keep_hidden(GclkLookout *lookout, GclkConfig *config);

/* Around when are we? The latest of what cannot be too late, ns since 1970: the build, the time
   remembered, the RTC (design, conduct 10). What lies further ahead than a build can be old is a
   fault of theirs. */
gint64 gclk_lookout_era_pivot(const GclkLookout *lookout);

#endif
