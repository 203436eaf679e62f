/* SPDX-License-Identifier: BSD-2-Clause */
/* Readings of a precision clock, and from them to a sample: arithmetic only, but for
   gclk_ptp_device_read. */
#ifndef GUESTCLOCK_PTP_READING_H
#define GUESTCLOCK_PTP_READING_H

#include "guestclock/sample.h"

/* In the order in which they are tried. */
typedef enum {
	GCLK_PTP_PRECISE,  /* PTP_SYS_OFFSET_PRECISE: cross timestamp by hardware */
	GCLK_PTP_EXTENDED, /* PTP_SYS_OFFSET_EXTENDED: tight brackets taken in the driver */
	GCLK_PTP_PLAIN,    /* PTP_SYS_OFFSET: brackets taken in the ioctl */
	GCLK_PTP_METHODS,
} GclkPtpMethod;

#define GCLK_PTP_READINGS_MAX 25 /* PTP_MAX_SAMPLES, linux/ptp_clock.h */

/* One reading of the device between two of REAL. With PRECISE before == after. */
typedef struct {
	gint64 before, after; /* REAL, ns */
	gint64 device;        /* the device's own time, ns since its epoch */
} GclkPtpReading;

/*
 * Takes readings of the device behind fd: n (1 .. GCLK_PTP_READINGS_MAX), or one with PRECISE, into
 * out. Only Linux has it. *raw, if raw is given, gets RAW of the very moment with PRECISE, and is
 * left alone else. Returns the number of readings, or -errno (EOPNOTSUPP, ENOTTY, EINVAL: this
 * method is not there).
 */
gint gclk_ptp_device_read(int fd, GclkPtpMethod method, guint n, GclkPtpReading *out, gint64 *raw);

/* A read that took longer than this was interrupted by something that moves clocks: a pause. */
#define GCLK_PTP_BRACKET_MAX GCLK_NS_PER_S

/* The reading with the narrowest bracket (after - before); the first of equals. NULL: none is
   usable (n <= 0, or REAL ran backwards in each, or each took over GCLK_PTP_BRACKET_MAX). */
const GclkPtpReading *gclk_ptp_reading_best(const GclkPtpReading *readings, gint n);

/* Can this be the time of day? From 2000-01-01 to 2200-01-01. A card's clock that nobody has set
   counts from 1970. */
gboolean gclk_ptp_time_plausible(gint64 device);

/*
 * Fills in real, raw, offset and delay of a sample. The offset is device minus the middle of the
 * bracket, less ahead_s seconds by which the device's scale is ahead of UTC (TAI: TAI minus UTC).
 * FALSE: REAL jumped between the reading and pair, which was read beside it.
 */
gboolean gclk_ptp_reading_to_sample(
	const GclkPtpReading *reading, const GclkClockPair *pair, gint ahead_s, GclkSample *out);

/*
 * Is a device ahead of another reference by just TAI minus UTC? offset_difference: the device's
 * offset less the other's, ns. TRUE when it is within half a second of +tai_offset seconds (0: not
 * known, never TRUE): then the device keeps TAI and is taken for UTC. One that is behind by as much
 * does not: TAI is ahead of UTC.
 */
gboolean gclk_timescale_looks_tai(gint64 offset_difference, gint tai_offset);

#endif
