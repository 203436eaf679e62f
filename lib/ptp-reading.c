/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/ptp-reading.h"

#define PLAUSIBLE_FROM  (G_GINT64_CONSTANT(946684800) * GCLK_NS_PER_S)  /* 2000-01-01 */
#define PLAUSIBLE_UNTIL (G_GINT64_CONSTANT(7258118400) * GCLK_NS_PER_S) /* 2200-01-01 */

static gint64 bracket(const GclkPtpReading *reading)
{
	gint64 width;

	if (__builtin_sub_overflow(reading->after, reading->before, &width))
		return -1;
	return width;
}

const GclkPtpReading *gclk_ptp_reading_best(const GclkPtpReading *readings, gint n)
{
	const GclkPtpReading *best = NULL;

	for (gint i = 0; i < n; i++) {
		gint64 width = bracket(&readings[i]);

		if (width < 0 || width > GCLK_PTP_BRACKET_MAX)
			continue;
		if (!best || width < bracket(best))
			best = &readings[i];
	}
	return best;
}

gboolean gclk_ptp_time_plausible(gint64 device)
{
	return device >= PLAUSIBLE_FROM && device < PLAUSIBLE_UNTIL;
}

gboolean gclk_ptp_reading_to_sample(
	const GclkPtpReading *reading, const GclkClockPair *pair, gint ahead_s, GclkSample *out)
{
	gint64 width = bracket(reading);
	gint64 middle = reading->before + width / 2;
	gint64 from_pair, reference;

	if (width < 0 || __builtin_sub_overflow(middle, pair->real, &from_pair) ||
		ABS(from_pair) > GCLK_PTP_BRACKET_MAX)
		return FALSE;
	if (__builtin_sub_overflow(reading->device, ahead_s * GCLK_NS_PER_S, &reference) ||
		__builtin_sub_overflow(reference, middle, &out->offset))
		return FALSE;
	out->real = middle;
	out->raw = pair->raw + from_pair;
	out->delay = width;
	return TRUE;
}

gboolean gclk_timescale_looks_tai(gint64 offset_difference, gint tai_offset)
{
	gint64 shift = (gint64)tai_offset * GCLK_NS_PER_S;

	return shift != 0 && offset_difference >= shift - GCLK_NS_PER_S / 2 &&
	       offset_difference <= shift + GCLK_NS_PER_S / 2;
}
