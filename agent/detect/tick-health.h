/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Are timer ticks lost here, and does that lose time? Pure: from counters that were read at several
 * moments to a verdict.
 *
 * With a tick-driven clocksource (jiffies, the PIT) a lost tick is lost time. With any other one
 * time is read from a counter, and a vCPU that does not get to run is merely late: its clock is
 * right.
 */
#ifndef GUESTCLOCK_TICK_HEALTH_H
#define GUESTCLOCK_TICK_HEALTH_H

#include <glib.h>

typedef enum {
	GCLK_TICKS_UNKNOWN,
	GCLK_TICKS_HEALTHY,
	GCLK_TICKS_STARVED, /* timers are late, time is right */
	GCLK_TICKS_LOSING,  /* time itself is being lost */
} GclkTickVerdict;

/* "unknown", "healthy", "starved", "losing-time" */
const char *gclk_tick_verdict_name(GclkTickVerdict verdict);

typedef struct {
	GclkTickVerdict verdict;
	double lost_ppm; /* time that the clocksource loses against the reference counter; < 0: it
			    gains; 0 when there is nothing to compare with */
	double lost_error_ppm; /* how far that may be off; infinite: not measured */
	const char *reference; /* "rtc", "tsc", "ptp", "ntp" ..., static; NULL: none */
	double confidence;     /* 0 .. 1 that the verdict is right */
	gint64 measured;       /* ns over which it was measured */
	guint hz;              /* the kernel's ticks a second; 0: not known */
	gint64 lateness_worst; /* ns that a wake-up came too late */
	double late_share;     /* share of the time that wake-ups were late */
	double steal_share;    /* share of CPU time that was stolen; < 0: not known */
} GclkTickHealth;

#endif
