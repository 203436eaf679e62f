/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server tells of the guests at its streams. */
#include <string.h>

#include "guests/hub-private.h"

/* What it comes by is its own, not a number of the connection. name: or NULL. */
static gboolean has_lasting_id(const char *id, const char *name)
{
	return g_str_has_prefix(id, "vsock:") ||
	       (name && strlen(id) > strlen(name) && g_str_has_suffix(id, name) &&
		       id[strlen(id) - strlen(name) - 1] == '@');
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
	const char *stream = gclk_hub_row_stream(row);
	const GclkServerGuest *seen = stream ? gclk_server_look(hub->server, stream) : NULL;

	if (seen)
		take(row, seen);
}

/* --- domains that come by vsock --------------------------------------------------------------- */

/* The row of the guest at that stream. A CID is the domain's own and cannot be feigned: who comes
   by it is the domain. */
static GclkHubRow *find_by_stream(GclkHub *hub, const char *stream)
{
	const char *id = g_hash_table_lookup(hub->vsocks, stream);

	return gclk_hub_find(hub, id ? id : stream);
}

static void domain_joined(GclkHubRow *row, const char *stream)
{
	g_free(row->vsock);
	row->vsock = g_strdup(stream);
	row->silent = 0;
	row->guest->has_channel = TRUE;
	g_clear_pointer(&row->channel_problem, g_free);
}

/* It was here before libvirt told of the domain. */
static void adopt(GclkHub *hub, GclkHubRow *row, const char *stream)
{
	const GclkHubRow *other = gclk_hub_find(hub, stream);
	const gboolean there = other && other->attached;

	gclk_hub_drop(hub, stream);
	if (there)
		domain_joined(row, stream);
}

void gclk_hub_row_set_cid(GclkHub *hub, GclkHubRow *row, guint32 cid)
{
	g_autofree char *old = g_strdup_printf("vsock:%u", row->cid);
	g_autofree char *stream = g_strdup_printf("vsock:%u", cid);

	if (cid == row->cid)
		return;
	if (g_strcmp0(g_hash_table_lookup(hub->vsocks, old), row->guest->id) == 0)
		g_hash_table_remove(hub->vsocks, old);
	g_clear_pointer(&row->vsock, g_free);
	row->cid = cid;
	if (!cid)
		return;
	g_hash_table_insert(hub->vsocks, g_strdup(stream), g_strdup(row->guest->id));
	adopt(hub, row, stream);
}

/* --- what the server tells -------------------------------------------------------------------- */

static void on_joined(gpointer user, const char *id)
{
	GclkHub *hub = user;
	GclkHubRow *row = find_by_stream(hub, id);
	const GclkServerGuest *seen = gclk_server_look(hub->server, id);
	const char *name = seen ? seen->name : NULL;
	const GclkMoment now = gclk_hub_now();

	if (row && row->guest->listed) {
		domain_joined(row, id);
		return;
	}
	/* the socket alone tells nobody which guest it is; what its monitor calls it does */
	row = gclk_hub_row(hub, id, name ? name : id);
	if (!row)
		return;
	row->lasting = has_lasting_id(id, name);
	row->attached = TRUE;
	row->began = now.boottime;
	row->left = 0;
	row->guest->running = TRUE;
	row->guest->has_channel = TRUE;
	gclk_hub_judge(hub, row, now);
}

static void on_heard(gpointer user, const char *id, const GclkServerGuest *seen)
{
	GclkHubRow *row = find_by_stream(user, id);

	if (!row)
		return;
	take(row, seen);
	if (seen->silent == 0) /* else who holds the channel stays true */
		g_clear_pointer(&row->channel_problem, g_free);
}

static void domain_left(GclkHub *hub, GclkHubRow *row, const char *stream, int error)
{
	const gboolean by_vsock = g_strcmp0(row->vsock, stream) == 0;

	g_free(row->channel_problem);
	row->channel_problem =
		g_strdup_printf("its %s has closed%s%s", by_vsock ? "vsock connection" : "channel",
			error ? ": " : "", error ? g_strerror(error) : "");
	if (by_vsock)
		g_clear_pointer(&row->vsock, g_free);
	else
		row->attached = FALSE;
	if (!by_vsock && hub->asks_user)
		hub->asks.reopen(hub->asks_user, row->guest->id);
}

static void on_left(gpointer user, const char *id, int error)
{
	GclkHub *hub = user;
	GclkHubRow *row = find_by_stream(hub, id);

	if (!row)
		return;
	if (row->guest->listed) {
		domain_left(hub, row, id, error);
		return;
	}
	row->attached = FALSE;
	if (row->lasting && hub->kept < GCLK_HUB_KEPT_MAX) {
		hub->kept++;
		row->left = gclk_hub_now().boottime;
	} else {
		gclk_hub_drop(hub, id);
	}
}

/* Also what the guest agents said, and what they are saying now. */
static void on_stepped(gpointer user)
{
	GclkHub *hub = user;
	GHashTableIter iter;
	gpointer row;

	hub->stepped = gclk_hub_now().boottime;
	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		gclk_hub_row_forget_offset(row);
}

const GclkServerEvents gclk_hub_server_events = {
	.joined = on_joined,
	.heard = on_heard,
	.left = on_left,
	.stepped = on_stepped,
};
