/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HostSync, refreshed on its own: the probes may take 200 ms, so they run on a thread, and what
 * they find comes to the main context.
 */
#ifndef GUESTCLOCK_SYNC_WATCH_H
#define GUESTCLOCK_SYNC_WATCH_H

#include "sync/sync.h"

typedef struct GclkSyncWatch GclkSyncWatch;

/* sync is the callee's. */
typedef void (*GclkSyncWatchFunc)(gpointer user, GclkHostSync *sync);

/* Asks now and then every interval ns. The texts of places are copied. */
GclkSyncWatch *gclk_sync_watch_new(GMainContext *context, const GclkProbePlaces *places,
	const GclkSyncPolicy *policy, gint64 interval, GclkSyncWatchFunc func, gpointer user);
/* Asks at other places, by another policy: at once, and from now on. */
void gclk_sync_watch_configure(
	GclkSyncWatch *watch, const GclkProbePlaces *places, const GclkSyncPolicy *policy);
void gclk_sync_watch_free(GclkSyncWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkSyncWatch, gclk_sync_watch_free)

#endif
