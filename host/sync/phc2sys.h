/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * phc2sys cannot be asked. What it was told stands on its command line; whether the system clock
 * really is where its precision clock is, is measured. Pure.
 */
#ifndef GUESTCLOCK_PHC2SYS_H
#define GUESTCLOCK_PHC2SYS_H

#include "sync/phc.h"
#include "sync/ptp4l-settings.h"

typedef struct {
	const GclkPhc2sysSettings *settings;
	gboolean able;           /* to set the system clock */
	const char *device;      /* "/dev/ptp0"; NULL: it cannot be told which one it uses */
	GclkReferenceKind kind;  /* gclk_phc_reference */
	const char *clock_name;  /* or NULL */
	GclkTimescale timescale; /* of a clock that the driver is known to keep in one; UNKNOWN: a
				    network card's */
	gint tai_offset;         /* TAI minus UTC by the table of leap seconds, s */
	const GclkPhcReading *read; /* NULL: it could not be read */
	const GError *error;        /* then: why */
} GclkPhc2sysView;

/*
 * The offset is the precision clock minus the system clock when the former keeps TAI (or UTC, where
 * the driver is known to); locked means no more than that it was measured and both are the time of
 * day. What holds the precision clock is another daemon's report.
 */
void gclk_phc2sys_judge(const GclkPhc2sysView *view, GclkDaemonReport *report);

#endif
