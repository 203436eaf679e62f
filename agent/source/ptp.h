/* SPDX-License-Identifier: BSD-2-Clause */
/* Precision clocks: /dev/ptp* devices, found by the name that the driver gives them. */
#ifndef GUESTCLOCK_PTP_SOURCE_H
#define GUESTCLOCK_PTP_SOURCE_H

#include "guestclock/leap-seconds.h"
#include "source/source.h"

typedef struct {
	const char *device;      /* "/dev/ptp3", or NULL: the best one of the table */
	gint poll;               /* log2 s, -3 .. 6 */
	gint64 assumed_error;    /* ns, or -1: as the table has it for this driver */
	GclkTimescale timescale; /* UNKNOWN: as the driver states */
	gint tai_offset;         /* TAI minus UTC now, s, for devices that keep TAI; 0: not known */
	/* If there, it is asked for tai_offset by the device's own time, so that neither a wrong
	   local clock nor a leap second to come misleads. Not owned, outlives the source. */
	const GclkLeapTable *leap;
} GclkPtpSettings;

/*
 * Copies the settings. A device that is missing or goes away is looked for again, every poll at
 * first, then every 16 s; it may come back under another number. With device NULL and no candidate
 * on this machine returns NULL, and *reason says what was seen (owned by caller).
 *
 * The source's name is the device as configured, or the driver's ("ptp_kvm"). Its origin is
 * GCLK_ORIGIN_HOST for a clock of the hypervisor, else the device. Samples whose scale nothing
 * states have timescale UNKNOWN and are taken as UTC: see gclk_timescale_looks_tai.
 */
GclkSource *gclk_ptp_source_new(
	GclkPlatform *platform, const GclkPtpSettings *settings, char **reason);

/* Is there a clock that would be chosen unnamed? If not, *reason says what was seen. reason may be
   NULL. Cheap enough to ask every minute. */
gboolean gclk_ptp_source_candidate(GclkPlatform *platform, char **reason);

#endif
