/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-health.h"

const char *gclk_tick_verdict_name(GclkTickVerdict verdict)
{
	static const char *const names[] = {
		[GCLK_TICKS_UNKNOWN] = "unknown",
		[GCLK_TICKS_HEALTHY] = "healthy",
		[GCLK_TICKS_STARVED] = "starved",
		[GCLK_TICKS_LOSING] = "losing-time",
	};

	return (gsize)verdict < G_N_ELEMENTS(names) ? names[verdict] : "unknown";
}
