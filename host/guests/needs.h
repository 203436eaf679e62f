/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit trail: when did a VM run without the host clock that it needs? The gate looks at the
 * start alone; this looks all the time. Unknown is not yes, but a daemon that is restarted cannot
 * be asked for some seconds: so long, an unknown verdict is waited out. A paused VM may go on at
 * any moment, and is watched like one that runs. Pure.
 */
#ifndef GUESTCLOCK_NEEDS_H
#define GUESTCLOCK_NEEDS_H

#include "gate/verdict.h"

/* A verdict that is unknown for longer counts as a lapse, from its beginning. */
#define GCLK_NEED_GRACE (30 * GCLK_NS_PER_S)
/* More of a guest are forgotten, oldest first; the journal has them all. */
#define GCLK_NEED_LAPSES_MAX 16

/* The wall clock is the one that was lost; CLOCK_BOOTTIME is not affected. */
typedef struct {
	gint64 real;     /* CLOCK_REALTIME, ns since 1970; 0: never */
	gint64 boottime; /* CLOCK_BOOTTIME, ns */
} GclkMoment;

/* The host did not meet a running guest's need, from lost to back. */
typedef struct {
	GclkMoment met;       /* the last look that saw it met; 0: none */
	GclkMoment lost;      /* the first look that did not, or the start of the VM */
	GclkMoment back;      /* 0: it is still so */
	gboolean earlier;     /* it ran already when the watch began: lost then, or before */
	gboolean stopped;     /* it ended because the VM did */
	GclkVerdictKind kind; /* INCOMPATIBLE, or UNKNOWN all the time */
	char *reason;         /* the verdict's when it was the gravest */
} GclkNeedLapse;

/* An array of GclkNeedLapse *; free with g_ptr_array_unref. */
GPtrArray *gclk_need_lapses_new(void);
GclkNeedLapse *gclk_need_lapses_add(GPtrArray *lapses);
/* The one that is not over, or NULL. */
GclkNeedLapse *gclk_need_lapses_open(const GPtrArray *lapses);
/* How long it has lasted, ns. */
gint64 gclk_need_lapse_duration(const GclkNeedLapse *lapse, gint64 now_boottime);

/* One guest's; all zero while it does not run. */
typedef struct {
	gboolean watching;
	gboolean earlier;   /* it ran before the watch began */
	GclkMoment met;     /* the last look that saw the need met */
	GclkMoment unknown; /* since when it is unknown, while that is waited out */
} GclkNeedWatch;

typedef enum {
	GCLK_NEED_SAME,
	GCLK_NEED_LOST,    /* a lapse has begun */
	GCLK_NEED_WORSE,   /* it was unknown, and now is surely not met */
	GCLK_NEED_BACK,    /* it is over */
	GCLK_NEED_STOPPED, /* it is over because the VM has stopped */
} GclkNeedEvent;

/* Looks once more at a guest that runs. earlier: did it run already when the watch on this host
   began (looked at with the first call)? On LOST, WORSE and BACK the last of lapses is meant. */
GclkNeedEvent gclk_need_watch_see(GclkNeedWatch *watch, GPtrArray *lapses,
	const GclkVerdict *verdict, gboolean earlier, GclkMoment now);
/* It runs no more. */
GclkNeedEvent gclk_need_watch_stop(GclkNeedWatch *watch, GPtrArray *lapses, GclkMoment now);

/* "2026-11-21T11:12:13Z". Caller frees. */
char *gclk_moment_text(GclkMoment moment);

#endif
