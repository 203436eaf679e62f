/* SPDX-License-Identifier: BSD-2-Clause */
#include "once.h"

#include <stdio.h>
#include <unistd.h>

#include "report/table.h"

/* Four exchanges two seconds apart, a name, and a second try of a silent server. */
#define PATIENCE      (20 * GCLK_NS_PER_S)
#define LOOK_INTERVAL (GCLK_NS_PER_S / 4)

typedef struct {
	GclkAgent *agent;
	GclkPlatform *platform;
	gint64 deadline; /* boottime, ns */
	gboolean done;
} Once;

static void on_look(gpointer user)
{
	Once *once = user;

	once->done = gclk_agent_settled(once->agent) ||
		     once->platform->boottime(once->platform) >= once->deadline;
	if (!once->done)
		once->platform->timer_start(once->platform, LOOK_INTERVAL, on_look, once);
}

int gclk_once(GclkAgent *agent, GclkPlatform *platform, GMainContext *context)
{
	Once once = { agent, platform, platform->boottime(platform) + PATIENCE, FALSE };
	gboolean color = isatty(1) && !g_getenv("NO_COLOR");
	g_autoptr(GclkStatus) status = NULL;
	g_autofree char *head = NULL, *table = NULL;

	platform->timer_start(platform, 0, on_look, &once);
	while (!once.done)
		g_main_context_iteration(context, TRUE);
	gclk_agent_settle(agent);
	status = gclk_agent_status(agent);
	head = gclk_table_status(status, color);
	table = gclk_table_sources(status, color);
	printf("%s\n%s", head, table);
	return status->selected ? 0 : 1;
}
