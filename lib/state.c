/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/state.h"

static const char *const names[] = {
	[GCLK_STATE_STARTING] = "starting",
	[GCLK_STATE_SYNCHRONISED] = "synchronised",
	[GCLK_STATE_HOLDOVER] = "holdover",
	[GCLK_STATE_UNSYNCHRONISED] = "unsynchronised",
	[GCLK_STATE_DISRUPTED] = "disrupted",
};

const char *gclk_state_name(GclkState state)
{
	return (gsize)state < G_N_ELEMENTS(names) ? names[state] : "unknown";
}

gint gclk_state_from_name(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i], name))
			return (gint)i;
	return -1;
}
