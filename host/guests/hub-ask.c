/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is asked how: by the link if there is a channel and the guest answers, else by the QEMU guest
   agent, seldom, else not at all. The server asks by itself; here is the rest. */
#include "guests/hub-private.h"

/* So many questions in a row without an answer: nobody is there. The first after an opening may be
   lost (a half frame of a client before us swallows it). */
#define SILENT_ENOUGH 2

static gboolean link_is_fresh(const GclkHubRow *row, gint64 now)
{
	return gclk_guest_is_fresh(row->guest, row->linked, now);
}

static gboolean agent_is_fresh(const GclkHubRow *row, gint64 now)
{
	return gclk_guest_is_fresh(row->guest, row->agent_measured, now);
}

/* A stream is there, and nobody answers at its other end. */
static gboolean is_deaf(const GclkHubRow *row, gint64 now)
{
	return gclk_hub_row_stream(row) && !link_is_fresh(row, now) && row->silent >= SILENT_ENOUGH;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void ask_agent(GclkHub *hub, GclkHubRow *row, gint64 now)
{
	if (!row->guest->running || !row->guest->has_agent || now < row->agent_due ||
		row->agent_asked || link_is_fresh(row, now))
		return;
	row->agent_asked = TRUE;
	row->agent_due = now + GCLK_HUB_AGENT_INTERVAL;
	row->guest->asked++;
	hub->asks.ask_agent(hub->asks_user, row->guest->id);
}

static void ask_who_holds(GclkHub *hub, GclkHubRow *row, gint64 now)
{
	if (!row->guest->listed || !row->guest->running || !is_deaf(row, now) ||
		(row->holder_asked && now - row->holder_asked < GCLK_HUB_HOLDER_INTERVAL))
		return;
	row->holder_asked = now;
	g_clear_pointer(&row->channel_problem, g_free); /* who held it may have gone */
	hub->asks.who_holds(hub->asks_user, row->guest->id);
}

void gclk_hub_row_ask(GclkHub *hub, GclkHubRow *row, gint64 now)
{
	if (!hub->asks_user)
		return;
	gclk_hub_row_look(hub, row);
	/* a question that was dropped (another was under way) is asked again */
	if (row->agent_asked && now >= row->agent_due)
		row->agent_asked = FALSE;
	ask_agent(hub, row, now);
	ask_who_holds(hub, row, now);
}

void gclk_hub_ask(GclkHub *hub, gint64 now)
{
	GHashTableIter iter;
	gpointer row;

	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		gclk_hub_row_ask(hub, row, now);
}

gboolean gclk_hub_row_settled(const GclkHub *hub, const GclkHubRow *row, gint64 now)
{
	const GclkGuest *guest = row->guest;

	if (!guest->running || (link_is_fresh(row, now) && guest->has_offset))
		return TRUE;
	if (guest->has_agent && hub->asks_user)
		return row->agent_answered;
	return !guest->has_channel || row->channel_problem || is_deaf(row, now);
}

/* --- what there is to say --------------------------------------------------------------------- */

static GclkGuestBy seen_by(const GclkHubRow *row, gint64 now)
{
	if (link_is_fresh(row, now))
		return GCLK_GUEST_BY_LINK;
	if (agent_is_fresh(row, now))
		return GCLK_GUEST_BY_AGENT;
	if (row->guest->has_channel || gclk_hub_row_stream(row))
		return GCLK_GUEST_BY_LINK;
	return row->guest->has_agent ? GCLK_GUEST_BY_AGENT : GCLK_GUEST_BY_NONE;
}

static const char *link_problem(const GclkHubRow *row, gint64 now)
{
	if (row->left)
		return "it has hung up";
	if (link_is_fresh(row, now) || !row->guest->has_channel)
		return NULL;
	if (row->channel_problem)
		return row->channel_problem;
	if (!gclk_hub_row_stream(row))
		return "its channel is not open yet";
	return is_deaf(row, now) ? "its channel is there, but nobody in the guest answers: is "
				   "guestclockd installed and running there?"
				 : NULL;
}

static const char *agent_problem(const GclkHubRow *row, gint64 now)
{
	return link_is_fresh(row, now) || !row->guest->has_agent ? NULL : row->agent_problem;
}

void gclk_hub_row_view(GclkHub *hub, GclkHubRow *row, gint64 now)
{
	GclkGuest *guest = row->guest;
	const char *by_link, *by_agent;

	gclk_hub_row_look(hub, row);
	guest->by = seen_by(row, now);
	by_link = guest->running ? link_problem(row, now) : NULL;
	by_agent = guest->running ? agent_problem(row, now) : NULL;
	g_free(guest->problem);
	guest->problem = by_link && by_agent
				 ? g_strdup_printf("%s; guest agent: %s", by_link, by_agent)
				 : g_strdup(by_link ? by_link : by_agent);
}
