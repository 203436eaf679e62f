/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop of a daemon that must also run where only poll(2) and plain signals work. */
#ifndef GUESTCLOCK_LOOP_H
#define GUESTCLOCK_LOOP_H

#include <glib.h>

/* Makes the context wait with poll(2). GLib >= 2.82 would call ppoll(2) by itself, which time
   simulators do not see. */
void gclk_loop_install_poll(GMainContext *context);

typedef void (*GclkSignalFunc)(gpointer user, int signo);

/*
 * Calls func from the loop after SIGTERM, SIGINT or SIGHUP (each at most once however often it came
 * in between), and ignores SIGPIPE. Returns the source, owned by the caller: g_source_destroy and
 * g_source_unref restore the default actions. One at a time in a process, since signal actions
 * belong to the process.
 */
GSource *gclk_loop_watch_signals(GMainContext *context, GclkSignalFunc func, gpointer user);

#endif
