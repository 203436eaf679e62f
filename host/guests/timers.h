/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of deadlines: a binary heap of timers that stand in their owners' structs. */
#ifndef GUESTCLOCK_TIMERS_H
#define GUESTCLOCK_TIMERS_H

#include <glib.h>

typedef struct {
	gint64 deadline;
	guint place; /* in the queue, from 1; 0: it is not in it */
} GclkTimer;

typedef struct GclkTimers GclkTimers;

GclkTimers *gclk_timers_new(void);
void gclk_timers_free(GclkTimers *timers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkTimers, gclk_timers_free)

/* Puts it in, or moves it. The timer stays where it is in memory until it is taken out. */
void gclk_timers_set(GclkTimers *timers, GclkTimer *timer, gint64 deadline);
void gclk_timers_remove(GclkTimers *timers, GclkTimer *timer);

/* The one with the earliest deadline; NULL: there is none. */
GclkTimer *gclk_timers_first(const GclkTimers *timers);

#endif
