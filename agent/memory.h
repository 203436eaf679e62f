/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon remembers across restarts, in <state-directory>/memory: the learned frequency,
   and the time, which keeps NTP eras right where there is no RTC. */
#ifndef GUESTCLOCK_MEMORY_H
#define GUESTCLOCK_MEMORY_H

#include "platform/platform.h"

typedef struct {
	gboolean known;       /* frequency and sigma are valid */
	double frequency_ppb; /* what RAW lacks */
	double sigma_ppb;     /* how far it is to be trusted now */
	gint64 saved;         /* REAL when it was saved, ns; 0: never */
	gboolean same_boot;   /* saved since this machine booted */
} GclkMemory;

/* A missing file is an empty memory; a damaged one too, with an error. boot_id (may be NULL): after
   a reboot the kernel has calibrated RAW anew, and the frequency is trusted less. */
gboolean gclk_memory_load(GclkPlatform *platform, const char *directory, const char *boot_id,
	GclkMemory *out, GError **error);

gboolean gclk_memory_save(GclkPlatform *platform, const char *directory, const char *boot_id,
	const GclkMemory *memory, GError **error);

#endif
