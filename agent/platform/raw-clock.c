/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/raw-clock.h"

#include <math.h>

gint64 gclk_raw_clock_advance(
	GclkRawClock *clock, gint64 monotonic, double frequency_ppb, gint64 phase)
{
	/* Only the small part goes through floating point: a gint64 of years in ns would not fit.
	 */
	gint64 elapsed = clock->started ? monotonic - clock->monotonic : 0;
	gint64 unsteered = elapsed - (clock->started ? clock->phase - phase : 0);
	double rate = clock->frequency_ppb * 1e-9;
	double added = (double)unsteered * rate / (1.0 + rate) - clock->fraction;
	double whole = round(added);

	if (!clock->started) {
		clock->started = TRUE;
		clock->raw = monotonic;
	} else {
		clock->raw += unsteered - (gint64)whole;
		clock->fraction = whole - added;
	}
	clock->monotonic = monotonic;
	clock->frequency_ppb = frequency_ppb;
	clock->phase = phase;
	return clock->raw;
}

void gclk_raw_clock_set_phase(GclkRawClock *clock, gint64 phase)
{
	clock->phase = phase;
}
