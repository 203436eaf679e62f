/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks of this guest have stopped or jumped: what was known of them counts no more. */
#include "agent-private.h"

void gclk_agent_disrupted(GclkAgent *agent, const char *what)
{
	g_message("the clocks of this guest were disrupted: %s", what);
	agent->moved_raw = agent->now.raw;
	agent->urgent = TRUE;
	gclk_tick_watch_disturbed(agent->ticks);
	gclk_agent_burst(agent);
}
