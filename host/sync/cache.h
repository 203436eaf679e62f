/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last HostSync, kept for some seconds: many VMs that start at once (autostart) ask the daemons
 * once. Only what a verdict needs; in a file that nobody but its owner can write.
 */
#ifndef GUESTCLOCK_SYNC_CACHE_H
#define GUESTCLOCK_SYNC_CACHE_H

#include "sync/sync.h"

/* What the file says, or NULL: none, damaged, of another boot, somebody else's, or older than
   max_age (ns). */
GclkHostSync *gclk_sync_cache_load(const char *directory, gint64 max_age);

/* Best effort: a host without a writable run directory simply has no cache. */
void gclk_sync_cache_save(const char *directory, const GclkHostSync *sync);

/* Pure. now: CLOCK_BOOTTIME, ns. Caller frees. */
char *gclk_sync_cache_to_text(const GclkHostSync *sync, const char *boot_id, gint64 now);
GclkHostSync *gclk_sync_cache_from_text(
	const char *text, gsize length, const char *boot_id, gint64 now, gint64 max_age);

#endif
