/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who agrees, who is best, and why the others are not taken. A pure function over candidates.
 *
 * Every candidate claims an interval, offset +- bound. The intersection that most origins share
 * (Marzullo; RFC 5905 section 11.2.1) is taken for the truth if it has the majority; whoever lies
 * outside is a falseticker. One origin has one vote however many sources it has, and bounds that
 * are merely assumed do not outvote stated ones. Among those inside, the kind decides (precision
 * clock before NTP), then the tightest bound a sample of it had.
 */
#ifndef GUESTCLOCK_SELECTION_H
#define GUESTCLOCK_SELECTION_H

#include <glib.h>

#include "guestclock/standing.h"
#include "source/source.h"

typedef struct {
	/* in */
	const char *name, *origin;
	GclkSourceKind kind;
	GclkSourceCondition condition;
	const char *condition_reason; /* of the source, when it is not OK */
	gboolean estimated;           /* offset, bound and assumed are valid */
	gboolean stale;               /* no sample for too long */
	gint64 offset;                /* reference minus REAL now, ns */
	gint64 bound;                 /* ns or unknown */
	gboolean lesser;              /* serves nothing but its own clock: others go first */
	gint64 quality;               /* the tightest bound of its samples, ns: ranks equals */
	gboolean assumed;
	/* Its last sample was odd, or it has begun anew: it agrees with too many, or its rate is
	   hardly known, and it does not take over from another one. */
	gboolean unsettled;
	gboolean strayed; /* its clock was set: it has no vote as long as others have one */
	/* out */
	GclkStanding standing;
	char *reason; /* owned by the caller; NULL when selected or nothing to say */
} GclkCandidate;

typedef struct {
	gint selected;   /* index, or -1 */
	guint origins;   /* different origins inside the majority; where there is none, that have a
			    say */
	gboolean single; /* only one origin had a say */
	char *reason;    /* why nothing is selected, or NULL; owned by the caller */
} GclkSelection;

/* current: index of the source in use, or -1. It is kept while it is of the best kind and another
   one's samples are not clearly better, so that two equals do not take turns. */
GclkSelection gclk_selection_run(GclkCandidate *candidates, guint n, gint current);

#endif
