/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/link.h"

static const struct {
	const char *name;
	gboolean disrupts;
} events[GCLK_LINK_EVENTS] = {
	[GCLK_LINK_EVENT_OTHER] = { "something happened", FALSE },
	[GCLK_LINK_EVENT_RESUMED] = { "resumed", TRUE },
	[GCLK_LINK_EVENT_RESTORED] = { "restored", TRUE },
	[GCLK_LINK_EVENT_MIGRATED] = { "migrated", TRUE },
	[GCLK_LINK_EVENT_HOST_CLOCK] = { "the host's clock changed", FALSE },
};

static const char *const sources[] = {
	[GCLK_LINK_SOURCE_NONE] = "none",
	[GCLK_LINK_SOURCE_PTP] = "ptp",
	[GCLK_LINK_SOURCE_HOST] = "host",
	[GCLK_LINK_SOURCE_NTP] = "ntp",
};

const char *gclk_link_event_name(GclkLinkEvent event)
{
	return events[(gsize)event < G_N_ELEMENTS(events) ? event : GCLK_LINK_EVENT_OTHER].name;
}

gboolean gclk_link_event_disrupts(GclkLinkEvent event)
{
	return (gsize)event < G_N_ELEMENTS(events) && events[event].disrupts;
}

const char *gclk_link_source_name(GclkLinkSource source)
{
	return sources[(gsize)source < G_N_ELEMENTS(sources) ? source : GCLK_LINK_SOURCE_NONE];
}
