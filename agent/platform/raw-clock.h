/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A clock that nobody steers, made from one that the kernel does steer, for systems without
 * CLOCK_MONOTONIC_RAW: what the discipline added to CLOCK_MONOTONIC is taken off again. Pure.
 *
 * It is as good as what is known of the discipline. FreeBSD applies a new frequency and the next
 * part of the phase from the next full second on (ntp_update_second in sys/kern/kern_ntptime.c), so
 * for up to a second the result is off by the change of the rate, and by that second's part of the
 * phase. Both vanish: the errors do not add up, except when another program changes the frequency
 * between two advances.
 */
#ifndef GUESTCLOCK_RAW_CLOCK_H
#define GUESTCLOCK_RAW_CLOCK_H

#include <glib.h>

typedef struct {
	gboolean started;
	gint64 monotonic; /* ns, at the last advance */
	gint64 raw;       /* ns */
	double fraction;  /* of a ns, -0.5 .. 0.5 */
	double frequency_ppb;
	gint64 phase;
} GclkRawClock;

/*
 * Goes on to the moment when CLOCK_MONOTONIC reads monotonic and returns the raw time, ns. The
 * frequency and the phase left are those in force at that moment; between two advances the
 * frequency was that of the first, and as much of the phase was done as became less. The first
 * advance starts at the monotonic time.
 */
gint64 gclk_raw_clock_advance(
	GclkRawClock *clock, gint64 monotonic, double frequency_ppb, gint64 phase);

/* The phase left was replaced by this one, right after an advance: that was not done. */
void gclk_raw_clock_set_phase(GclkRawClock *clock, gint64 phase);

#endif
