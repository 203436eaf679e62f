/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/protocol.h"

#include <string.h>

static const char *const names[] = {
	[GCLK_PROTOCOL_UNKNOWN] = "unknown",
	[GCLK_PROTOCOL_NONE] = "none",
	[GCLK_PROTOCOL_LOCAL] = "local",
	[GCLK_PROTOCOL_NTP] = "ntp",
	[GCLK_PROTOCOL_PTP] = "ptp",
};

const char *gclk_protocol_name(GclkProtocol protocol)
{
	return (gsize)protocol < G_N_ELEMENTS(names) ? names[protocol]
						     : names[GCLK_PROTOCOL_UNKNOWN];
}

gint gclk_protocol_from_name(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i], name) == 0)
			return (gint)i;
	return -1;
}
