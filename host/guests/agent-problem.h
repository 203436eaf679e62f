/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a guest agent gave no time: libvirt's errors in sentences that a person can act upon. Pure.
 */
#ifndef GUESTCLOCK_AGENT_PROBLEM_H
#define GUESTCLOCK_AGENT_PROBLEM_H

#include <glib.h>

/* code: virErrorNumber; message: libvirt's, which the sentence quotes where it knows no better one;
   may be NULL. timeout: s that the agent had. Caller frees. */
char *gclk_agent_problem(int code, const char *message, gint timeout);

/* Is the agent one that does not answer, so that each question costs the whole timeout? */
gboolean gclk_agent_problem_is_slow(int code, const char *message);

#endif
