/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has somebody else set the clock? REAL may move against RAW only as fast as its frequency and the
 * slew limit let it; what goes beyond was a step that was not ours. Pure.
 */
#ifndef GUESTCLOCK_CLOCK_WATCH_H
#define GUESTCLOCK_CLOCK_WATCH_H

#include "guestclock/sample.h"

typedef struct {
	GclkClockPair last; /* raw 0: not yet */
	gboolean coarse;    /* the clocks count ticks, and are slewed ten times as fast */
} GclkClockWatch;

/* rate_ppb: REAL against RAW as set in the kernel. Returns the unexplained jump of REAL since the
   last look, ns (+ forward), or 0. */
gint64 gclk_clock_watch_look(GclkClockWatch *watch, const GclkClockPair *now, double rate_ppb);

/* We stepped REAL ourselves by so much. */
void gclk_clock_watch_stepped(GclkClockWatch *watch, gint64 delta);

#endif
