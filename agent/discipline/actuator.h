/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hand on the clock. `kernel` steers through the platform, `none` only lets others see what
 * would be done. Remembers nothing but what it last set, so that the kernel is not told twice.
 */
#ifndef GUESTCLOCK_ACTUATOR_H
#define GUESTCLOCK_ACTUATOR_H

#include "discipline/servo.h"
#include "platform/platform.h"

typedef struct {
	GclkPlatform *platform;
	gboolean steers;                /* FALSE: control=none */
	double frequency_ppb, tick_ppb; /* in force, as far as known */
	gboolean unsynchronised;
	GclkLeap leap;
	gint tai_offset;
	gint64 told_raw;   /* RAW time when the kernel was last told the error, 0: never */
	gint64 told_error; /* what it was told, ns */
} GclkActuator;

/* Reads what is in force. When it steers: drops a phase correction that somebody left under way
   and, if learned is not NULL, sets that frequency (ppb; what RAW lacks). */
gboolean gclk_actuator_begin(GclkActuator *actuator, GclkPlatform *platform, gboolean steers,
	const double *learned, GError **error);

/* What was learned of the rate counts no more: the clock runs as the clocksource does, and no phase
   correction goes on. */
gboolean gclk_actuator_forget(GclkActuator *actuator, GError **error);

/* Does what the servo decided. */
gboolean gclk_actuator_apply(GclkActuator *actuator, const GclkServoOutput *output, GError **error);

typedef struct {
	gboolean synchronised;
	gint64 bound;    /* of REAL, ns or unknown */
	GclkLeap leap;   /* to arm today, or NONE */
	gint tai_offset; /* 0: leave alone */
} GclkHonesty;

/* Keeps the kernel's own flags honest: STA_UNSYNC, maxerror, leap, TAI. Programs read them, and the
   kernel writes the RTC only while the clock is said to be synchronised. */
gboolean gclk_actuator_tell(
	GclkActuator *actuator, gint64 raw, const GclkHonesty *honesty, GError **error);

#endif
