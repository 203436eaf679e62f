/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells when this host's CLOCK_REALTIME was set by a step, and when the host comes back from a
 * suspend: a timer far in the future that the kernel cancels then (timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET).
 */
#ifndef GUESTCLOCK_CLOCK_STEP_H
#define GUESTCLOCK_CLOCK_STEP_H

#include "guests/reactor.h"

typedef struct GclkClockStep GclkClockStep;

/* slept: the host was suspended, and all its guests with it; else its clock was set. */
typedef void (*GclkClockStepFunc)(gpointer user, gboolean slept);

/* NULL where the kernel has no such timer. */
GclkClockStep *gclk_clock_step_new(GclkReactor *reactor, GclkClockStepFunc stepped, gpointer user);
void gclk_clock_step_free(GclkClockStep *step);

#endif
