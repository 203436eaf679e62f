/* SPDX-License-Identifier: BSD-2-Clause */
/* One look at a precision clock: can it be read, and how far is the system clock from it? */
#ifndef GUESTCLOCK_HOST_CLOCK_H
#define GUESTCLOCK_HOST_CLOCK_H

#include "source/ptp-scan.h"

typedef struct {
	gboolean tried; /* FALSE: there was nobody to read it by; the rest says nothing */
	gboolean readable;
	gboolean forbidden;  /* it is there, and not for this user */
	char *why;           /* not readable: goes on after "/dev/ptp0 (hyperv) "; or NULL */
	gboolean has_offset; /* FALSE: its scale, or TAI minus UTC, is not known */
	gint64 offset;       /* ns: the host's time minus the system clock's */
	gint64 bracket;      /* ns that the reading took */
} GclkHostClock;

/* release: of the kernel, or NULL. tai_offset: TAI minus UTC, s; 0: not known. Free with
   gclk_host_clock_clear. */
void gclk_host_clock_read(GclkPlatform *platform, const GclkPtpDevice *device, const char *release,
	gint tai_offset, GclkHostClock *out);
void gclk_host_clock_clear(GclkHostClock *clock);

#endif
