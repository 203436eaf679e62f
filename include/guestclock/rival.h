/* SPDX-License-Identifier: BSD-2-Clause */
/* Other programs that steer the same clock. Pure: from what the
   kernel shows of a process. */
#ifndef GUESTCLOCK_RIVAL_H
#define GUESTCLOCK_RIVAL_H

#include <glib.h>

/* Of a program with this comm (as in /proc/PID/comm, at most 15 bytes), is it one of the time
   daemons? Gives its full name, or NULL. */
const char *gclk_rival_name(const char *comm);

/* Would it steer the system clock, by its command line (as in /proc/PID/cmdline: arguments ended by
   NUL)? TRUE when the arguments say nothing against it. name: from gclk_rival_name. */
gboolean gclk_rival_steers(const char *name, const char *cmdline, gsize length);

/* Has the process with this /proc/PID/status the effective capability CAP_SYS_TIME, and is it
   alive? TRUE when the text does not tell. */
gboolean gclk_rival_able(const char *status);

#endif
