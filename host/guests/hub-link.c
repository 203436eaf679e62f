/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server tells of the guests at its streams. */
#include "guests/hub-private.h"

/* Its number in the id is its own, not one of a connection. */
static gboolean has_lasting_id(const char *id)
{
	return g_str_has_prefix(id, "vsock:");
}

static void take(GclkHubRow *row, const GclkServerGuest *seen)
{
	GclkGuest *guest = row->guest;

	row->silent = seen->silent;
	row->linked = MAX(row->linked, seen->seen);
	guest->seen = MAX(guest->seen, seen->seen);
	if (seen->has_offset && seen->measured >= guest->measured) {
		guest->has_offset = TRUE;
		guest->offset = seen->offset;
		guest->uncertainty = seen->uncertainty;
		guest->measured = seen->measured;
	}
	if (seen->has_report) {
		guest->has_report = TRUE;
		guest->report = seen->report;
		guest->reported = seen->reported;
	}
	guest->asked = seen->questions;
	guest->answered = seen->answers;
	guest->stale = seen->stale;
	guest->noise = seen->noise;
	guest->refused = seen->refused;
}

void gclk_hub_row_look(const GclkHub *hub, GclkHubRow *row)
{
	const GclkServerGuest *seen =
		row->attached ? gclk_server_look(hub->server, row->guest->id) : NULL;

	if (seen)
		take(row, seen);
}

static void on_joined(gpointer user, const char *id)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_row(hub, id, id);
	const GclkMoment now = gclk_hub_now();

	if (!row)
		return;
	row->attached = TRUE;
	row->attached_at = row->began = now.boottime;
	row->left = 0;
	row->guest->running = TRUE;
	row->guest->has_channel = TRUE;
	gclk_hub_judge(hub, row, now);
}

static void on_heard(gpointer user, const char *id, const GclkServerGuest *seen)
{
	GclkHubRow *row = gclk_hub_find(user, id);

	if (!row)
		return;
	take(row, seen);
	g_clear_pointer(&row->channel_problem, g_free);
}

static void on_left(gpointer user, const char *id, int error)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_find(hub, id);

	if (!row)
		return;
	row->attached = FALSE;
	if (row->guest->listed) {
		g_free(row->channel_problem);
		row->channel_problem = g_strdup_printf("its channel has closed%s%s",
			error ? ": " : "", error ? g_strerror(error) : "");
		if (hub->asks_user)
			hub->asks.reopen(hub->asks_user, id);
	} else if (has_lasting_id(id)) {
		row->left = gclk_hub_now().boottime;
	} else {
		gclk_hub_drop(hub, id);
	}
}

const GclkServerEvents gclk_hub_server_events = {
	.joined = on_joined,
	.heard = on_heard,
	.left = on_left,
};
