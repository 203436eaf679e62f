/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the service manager how the daemon is: the protocol of sd_notify(3), one datagram of
 * VAR=VALUE lines (READY=1, STATUS=text, WATCHDOG=1, RELOADING=1, STOPPING=1) to the socket that
 * $NOTIFY_SOCKET names. Needs no library and keeps no state.
 */
#ifndef GUESTCLOCK_NOTIFY_H
#define GUESTCLOCK_NOTIFY_H

#include <glib.h>

/* Sends to $NOTIFY_SOCKET. FALSE: there is none, or it did not take it, which is never a reason
   for a daemon to do anything else. Does not block. */
gboolean gclk_notify(const char *message);

/* The same to an address: a path, or "@name" in the abstract name space (Linux).
   Errors: G_FILE_ERROR, as errno has it. */
gboolean gclk_notify_to(const char *address, const char *message, GError **error);

/* The message with its STATUS= line; what could begin another line in text becomes a blank.
   more: further lines ("WATCHDOG=1"), or NULL. Caller frees. */
char *gclk_notify_status(const char *text, const char *more);

/* How often the manager wants WATCHDOG=1, ns: half of $WATCHDOG_USEC if $WATCHDOG_PID is pid or not
   set; 0: not at all. Either text may be NULL. */
gint64 gclk_notify_watchdog_interval(
	const char *watchdog_usec, const char *watchdog_pid, gint64 pid);

#endif
