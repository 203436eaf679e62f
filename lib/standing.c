/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/standing.h"

static const char *const names[] = {
	[GCLK_STANDING_WAITING] = "waiting",
	[GCLK_STANDING_SELECTED] = "selected",
	[GCLK_STANDING_AGREES] = "agrees",
	[GCLK_STANDING_FALSETICKER] = "falseticker",
	[GCLK_STANDING_REFUSED] = "refused",
	[GCLK_STANDING_UNREACHABLE] = "unreachable",
	[GCLK_STANDING_FAILED] = "failed",
};

const char *gclk_standing_name(GclkStanding standing)
{
	return (gsize)standing < G_N_ELEMENTS(names) ? names[standing] : "unknown";
}

gint gclk_standing_from_name(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i], name))
			return (gint)i;
	return -1;
}
