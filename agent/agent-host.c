/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host is told of this guest's clock when it asks. */
#include "build-config.h"

#include "agent-private.h"

static GclkLinkSource source_kind(const GclkSlot *selected)
{
	static const GclkLinkSource kinds[] = {
		[GCLK_SOURCE_PTP] = GCLK_LINK_SOURCE_PTP,
		[GCLK_SOURCE_HOST] = GCLK_LINK_SOURCE_HOST,
		[GCLK_SOURCE_NTP] = GCLK_LINK_SOURCE_NTP,
	};

	return selected ? kinds[selected->source->kind] : GCLK_LINK_SOURCE_NONE;
}

void gclk_agent_tell_host(GclkAgent *agent, GclkLinkGuest *out)
{
	agent->platform->read_pair(agent->platform, &agent->now);
	gclk_agent_estimate(agent);
	*out = (GclkLinkGuest){
		.state = agent->state,
		.steers = agent->actuator.steers,
		.source_kind = source_kind(agent->selected),
		.offset = agent->offset,
		.bound = gclk_agent_error_bound(agent),
		.steps = (guint32)MIN(agent->steps, G_MAXUINT32),
		.uptime =
			(guint64)MAX(agent->platform->boottime(agent->platform), 0) / GCLK_NS_PER_S,
	};
	if (agent->selected)
		g_strlcpy(out->source, agent->selected->source->name, sizeof out->source);
	g_strlcpy(out->version, PACKAGE_VERSION, sizeof out->version);
}
