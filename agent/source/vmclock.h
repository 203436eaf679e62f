/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vmclock page: what a hypervisor states of its clock, read from /dev/vmclockN.
 * Layout: include/uapi/linux/vmclock-abi.h; meaning: the VMClock specification of the UAPI group.
 */
#ifndef GUESTCLOCK_VMCLOCK_H
#define GUESTCLOCK_VMCLOCK_H

#include "guestclock/sample.h"

typedef enum {
	GCLK_VMCLOCK_UNKNOWN = 0,
	GCLK_VMCLOCK_INITIALISING = 1,
	GCLK_VMCLOCK_SYNCHRONISED = 2,
	GCLK_VMCLOCK_FREE_RUNNING = 3,
	GCLK_VMCLOCK_UNRELIABLE = 4,
} GclkVmclockStatus;

/* Announced by the hypervisor: the clock is about to be disrupted, as by a migration. */
typedef enum {
	GCLK_VMCLOCK_CALM,
	GCLK_VMCLOCK_SOON,     /* within a day or so */
	GCLK_VMCLOCK_IMMINENT, /* within an hour or so */
} GclkVmclockOutlook;

typedef struct {
	GclkTimescale timescale;   /* of time; UNKNOWN: a time_type that is not defined */
	GclkVmclockStatus status;  /* values beyond the enum read as UNKNOWN */
	guint64 disruption_marker; /* changes when the counter behind the clocks was disrupted */
	GclkVmclockOutlook outlook;
	gboolean notifies; /* the hypervisor tells of every change: poll(2) waits for it */
	gboolean has_generation;
	guint64 generation;    /* changes when the VM is loaded from a snapshot */
	gint tai_offset;       /* TAI minus UTC, s, > 0; 0: not stated. See gclk_vmclock_parse. */
	GclkLeap leap;         /* announced for the end of the month */
	gboolean counts;       /* the time is kept by a counter that the page names: it is there */
	gboolean has_time;     /* the fields below are there */
	gint64 time;           /* reference point, ns since 1970 in the page's scale */
	gint64 max_error;      /* of time at the reference point, ns, or unknown */
	double max_rate_error; /* of the counter's period, a ratio; < 0: not stated */
} GclkVmclock;

/*
 * Parses the page. Error (G_FILE_ERROR_INVAL) when it is too short, has another magic or version,
 * or was caught in the middle of an update (odd sequence count); fields beyond the size that the
 * page states read as absent.
 *
 * tai_offset: the specification gives 37 as the value of its day, but ptp_vmclock.c, in every
 * version seen, adds it to TAI to get UTC, as though it were -37. Its size cannot be in doubt, so
 * only that is taken.
 */
gboolean gclk_vmclock_parse(const guint8 *bytes, gsize length, GclkVmclock *out, GError **error);

/*
 * The bound of the page's clock at utc (ns since 1970): max_error grown by the largest rate error
 * since the reference point. Unknown when the page does not state both. tai_offset: TAI minus UTC,
 * s, for pages that keep TAI.
 */
gint64 gclk_vmclock_bound(const GclkVmclock *page, gint64 utc, gint tai_offset);

/*
 * By how many times TAI minus UTC the PTP device is ahead of UTC; delivered: UTC or TAI, what
 * this kernel's driver means to deliver. Where the page keeps that scale itself, the answer is
 * plain: 0 or 1. Where the driver converts, its sign (see above) puts a specification's page two
 * TAI offsets off: 2 for a TAI page before Linux 7.0, -1 for a UTC page since; device, read beside
 * the page, tells whether it did. FALSE: the page cannot tell (no time, its reference point is
 * old).
 */
gboolean gclk_vmclock_scale(const GclkVmclock *page, GclkTimescale delivered, gint64 device,
	gint tai_offset, gint *multiple);

#endif
