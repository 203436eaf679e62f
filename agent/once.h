/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclockd --once: measure every source, print the table and the choice, touch nothing. */
#ifndef GUESTCLOCK_ONCE_H
#define GUESTCLOCK_ONCE_H

#include "agent.h"

/* Runs until every source has had its say or the time for that is over. Returns the exit status: 0
   a source was chosen, 1 none. */
int gclk_once(GclkAgent *agent, GclkPlatform *platform, GMainContext *context);

#endif
