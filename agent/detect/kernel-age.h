/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How old a kernel is in the way it keeps time, from its release (uname -r). What cured one
 * generation harms another, so every piece of advice names those that it is for. Pure.
 */
#ifndef GUESTCLOCK_KERNEL_AGE_H
#define GUESTCLOCK_KERNEL_AGE_H

#include <glib.h>

/* Bits, so that a table's row can name several. */
typedef enum {
	GCLK_AGE_UNKNOWN = 0,
	/* Linux until 2.6.20: time is the number of ticks, lost ones are guessed at: RHEL 4, 5.0 to
	   5.3. (On i386 a counter is read from 2.6.18 on, beneath a tick that never pauses.) */
	GCLK_AGE_COUNTS_TICKS = 1 << 0,
	/* RHEL 5.4 and later 5: it counts, and makes up for what was lost in a virtual machine */
	GCLK_AGE_COMPENSATES = 1 << 1,
	/* from 2.6.21 on: time is read from a clocksource, the tick pauses when idle */
	GCLK_AGE_TICKLESS = 1 << 2,
	/* from 3.10 on, RHEL 7: likewise, and it knows today's hypervisors */
	GCLK_AGE_MODERN = 1 << 3,
	/* until 8.4: periodic timers, the tick's rate matters */
	GCLK_AGE_FREEBSD_TICKS = 1 << 4,
	/* from 9.0 on: event timers */
	GCLK_AGE_FREEBSD = 1 << 5,
} GclkAge;

#define GCLK_AGE_TICKS       (GCLK_AGE_COUNTS_TICKS | GCLK_AGE_COMPENSATES)
#define GCLK_AGE_CLOCKSOURCE (GCLK_AGE_TICKLESS | GCLK_AGE_MODERN)

#define GCLK_KERNEL_CURES_MAX 3

typedef struct {
	GclkAge age;
	guint major, minor, patch; /* 2.6.18; FreeBSD: patch is 0 */
	guint build;               /* a distribution's: 398 of 2.6.18-398.el5; 0: none */
	gboolean wsl;
	const char *distribution; /* static: "Red Hat Enterprise Linux 5.1 to 5.3"; NULL: not known
				   */
	/* The parameters with which this one keeps time in a virtual machine, "divider=10"; static,
	   ended by NULL; none: it needs none, or they are not known. */
	const char *cures[GCLK_KERNEL_CURES_MAX + 1];
} GclkKernelAge;

/* release may be NULL or nonsense: GCLK_AGE_UNKNOWN. */
GclkKernelAge gclk_kernel_age(const char *release);

#endif
