/* SPDX-License-Identifier: BSD-2-Clause */
/* Going to the background the old way: the caller of guestclockd comes back when it is ready. */
#ifndef GUESTCLOCK_DETACH_H
#define GUESTCLOCK_DETACH_H

#include <glib.h>

/*
 * Forks. The parent waits until the child calls gclk_detach_ready and then exits with 0, or with
 * the child's status if it ends before. Returns in the child only, which leads its own session; the
 * result is for gclk_detach_ready. -1: it could not be done (errno).
 */
int gclk_detach(void);

/* Lets the parent go and puts /dev/null in the place of standard input, output and error. */
void gclk_detach_ready(int handle);

#endif
