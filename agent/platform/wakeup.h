/* SPDX-License-Identifier: BSD-2-Clause */
/* A descriptor that a signal handler makes readable: eventfd on Linux (a simulator that knows no
   wake-ups takes it for a clock that never rings), a pipe elsewhere. */
#ifndef GUESTCLOCK_WAKEUP_H
#define GUESTCLOCK_WAKEUP_H

#include <glib.h>

gboolean gclk_wakeup_open(int fds[2]); /* read end, write end; FALSE: both -1 */
void gclk_wakeup_close(int fds[2]);
void gclk_wakeup_signal(int write_fd); /* async-signal-safe, never blocks */
void gclk_wakeup_clear(int read_fd);   /* only when readable */

#endif
