/* SPDX-License-Identifier: BSD-2-Clause */
/* Precision clocks: /dev/ptp* devices, found by the name that the driver gives them. */
#ifndef GUESTCLOCK_PTP_SOURCE_H
#define GUESTCLOCK_PTP_SOURCE_H

#include "source/source.h"

typedef struct {
	const char *device;     /* "/dev/ptp3", or NULL: the best one of the table */
	gint poll;              /* log2 s, -3 .. 6 */
	gint64 assumed_error;   /* ns, or -1: as the table has it for this driver */
	GclkTimescale timescale; /* UNKNOWN: as the driver states */
	gint tai_offset;        /* TAI minus UTC now, s, for devices that keep TAI */
} GclkPtpSettings;

/* Copies the settings. A device that is missing or goes away is looked for again. With device NULL
   and no candidate on this machine returns NULL, and *reason says what was seen (owned by caller). */
GclkSource *gclk_ptp_source_new(GclkPlatform *platform, const GclkPtpSettings *settings,
	char **reason);

#endif
