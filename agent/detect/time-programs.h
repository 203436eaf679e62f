/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs and kernel services on this machine that deal with time, whether or not they steer
 * the clock now: time daemons, PTP daemons, and the hypervisors' guest tools.
 */
#ifndef GUESTCLOCK_TIME_PROGRAMS_H
#define GUESTCLOCK_TIME_PROGRAMS_H

#include "detect/detection.h"

typedef struct {
	const char *name; /* "chronyd", "vmtoolsd" ...; static */
	gint64 pid;       /* 0: no process (a kernel service) */
	gboolean steers;  /* sets or slews the system clock, as far as can be seen */
	char *why;        /* what shows that it does, or does not */
} GclkTimeProgram;

/* Array of GclkTimeProgram *; free with g_ptr_array_unref. Bounded work; never NULL. */
GPtrArray *gclk_time_programs_find(const GclkMachine *machine, GclkReader *reader);

#endif
