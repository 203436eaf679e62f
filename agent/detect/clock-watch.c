/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/clock-watch.h"

/* A step below this is left to the servo. */
#define JUMP_MIN (5 * GCLK_NS_PER_MS)
/* Phase correction under way (500 ppm) and a rate that changed since the last look, ppb. */
#define RATE_SLACK_PPB        2000000.0
#define RATE_SLACK_COARSE_PPB 20000000.0

gint64 gclk_clock_watch_look(GclkClockWatch *watch, const GclkClockPair *now, double rate_ppb)
{
	GclkClockPair then = watch->last;
	gint64 elapsed = now->raw - then.raw;
	double slack = watch->coarse ? RATE_SLACK_COARSE_PPB : RATE_SLACK_PPB;
	gint64 moved, unexplained, allowed;

	watch->last = *now;
	if (then.raw == 0 || elapsed < 0)
		return 0;
	moved = (now->real - now->raw) - (then.real - then.raw);
	unexplained = moved - (gint64)((double)elapsed * rate_ppb * 1e-9);
	allowed = JUMP_MIN + now->width + (gint64)((double)elapsed * slack * 1e-9);
	return ABS(unexplained) > allowed ? unexplained : 0;
}

void gclk_clock_watch_stepped(GclkClockWatch *watch, gint64 delta)
{
	watch->last.real += delta;
}
