/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include "guestclock/format.h"

#define HOUR 3600.0
#define DAY  (24 * HOUR)
#define YEAR (365.25 * DAY)

/* Below a second three digits; from there on milliseconds, since seconds are compared with watches;
   from two hours on the units in which clocks are wrong when somebody set them wrong. */
static void format_magnitude(guint64 ns, const char *sign, char buffer[32])
{
	static const struct {
		double ns;
		const char *unit;
	} small[] = { { 1e3, "us" }, { 1e6, "ms" } };
	double s = (double)ns / 1e9;

	if (ns < 1000) {
		g_snprintf(buffer, 32, "%s%u ns", sign, (guint)ns);
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(small); i++) {
		double value = (double)ns / small[i].ns;

		if (value < 999.5) {
			int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

			g_snprintf(buffer, 32, "%s%.*f %s", sign, decimals, value, small[i].unit);
			return;
		}
	}
	if (s < 9999.9995)
		g_snprintf(buffer, 32, "%s%.3f s", sign, s);
	else if (s < 3 * DAY)
		g_snprintf(buffer, 32, "%s%.3f h", sign, s / HOUR);
	else if (s < 3 * YEAR)
		g_snprintf(buffer, 32, "%s%.2f d", sign, s / DAY);
	else
		g_snprintf(buffer, 32, "%s%.1f yr", sign, s / YEAR);
}

void gclk_format_offset(gint64 ns, char buffer[32])
{
	guint64 magnitude = ns < 0 ? -(guint64)ns : (guint64)ns;

	format_magnitude(magnitude, ns < 0 ? "-" : "+", buffer);
}

void gclk_format_bound(gint64 ns, char buffer[32])
{
	if (ns == GCLK_BOUND_UNKNOWN || ns < 0)
		g_strlcpy(buffer, "unknown", 32);
	else
		format_magnitude((guint64)ns, "", buffer);
}

void gclk_format_age(gint64 ns, char buffer[32])
{
	gint64 s = MAX(ns, 0) / GCLK_NS_PER_S;

	if (s < 120)
		g_snprintf(buffer, 32, "%d s", (int)s);
	else if (s < 100 * 60)
		g_snprintf(buffer, 32, "%d min", (int)(s / 60));
	else if (s < 10 * 3600)
		g_snprintf(buffer, 32, "%d.%d h", (int)(s / 3600), (int)(s % 3600 / 360));
	else if (s < 48 * 3600)
		g_snprintf(buffer, 32, "%d h", (int)(s / 3600));
	else if (s < 730 * 86400)
		g_snprintf(buffer, 32, "%d d", (int)(s / 86400));
	else
		g_snprintf(buffer, 32, "%d yr", (int)((double)s / YEAR));
}
