/* SPDX-License-Identifier: BSD-2-Clause */
/* From readings of a precision clock to a sample: arithmetic only. */
#ifndef GUESTCLOCK_PTP_READING_H
#define GUESTCLOCK_PTP_READING_H

#include "platform/platform.h"

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
