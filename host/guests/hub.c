/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <time.h>

#include "guests/hub-private.h"
#include "guests/table.h"

GclkMoment gclk_hub_now(void)
{
	struct timespec real, boottime;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	return (GclkMoment){ real.tv_sec * GCLK_NS_PER_S + real.tv_nsec,
		boottime.tv_sec * GCLK_NS_PER_S + boottime.tv_nsec };
}

/* --- rows ------------------------------------------------------------------------------------- */

static void free_row(gpointer data)
{
	GclkHubRow *row = data;

	gclk_guest_free(row->guest);
	g_free(row->channel_problem);
	g_free(row->vsock);
	g_free(row->agent_problem);
	g_free(row);
}

GclkHubRow *gclk_hub_find(GclkHub *hub, const char *id)
{
	return g_hash_table_lookup(hub->rows, id);
}

/* A burst may fail now and then. */
static gint64 patience(const GclkHub *hub)
{
	return MAX(GCLK_GUEST_PATIENCE_MIN, 3 * hub->interval);
}

GclkHubRow *gclk_hub_row(GclkHub *hub, const char *id, const char *name)
{
	GclkHubRow *row = gclk_hub_find(hub, id);

	if (row)
		return row;
	if (g_hash_table_size(hub->rows) >= GCLK_HUB_ROWS_MAX)
		return NULL;
	row = g_new0(GclkHubRow, 1);
	row->guest = gclk_guest_new(id, name);
	row->guest->patience = patience(hub);
	g_hash_table_insert(hub->rows, row->guest->id, row);
	return row;
}

const char *gclk_hub_row_stream(const GclkHubRow *row)
{
	if (row->vsock)
		return row->vsock;
	return row->attached ? row->guest->id : NULL;
}

void gclk_hub_drop(GclkHub *hub, const char *id)
{
	g_hash_table_remove(hub->rows, id);
}

/* --- every second ----------------------------------------------------------------------------- */

static void drop_those_who_left(GclkHub *hub, gint64 now)
{
	GHashTableIter iter;
	gpointer value;

	hub->kept = 0;
	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const GclkHubRow *row = value;

		if (row->left && now - row->left > GCLK_HUB_LEFT_KEPT)
			g_hash_table_iter_remove(&iter);
		else if (row->left)
			hub->kept++;
	}
}

static gboolean tick(gpointer user)
{
	GclkHub *hub = user;
	gint64 now = gclk_hub_now().boottime;

	if (hub->sync && now - hub->sync_at > GCLK_HUB_SYNC_MAX_AGE)
		gclk_hub_take_sync(hub, NULL);
	drop_those_who_left(hub, now);
	gclk_hub_ask(hub, now);
	return G_SOURCE_CONTINUE;
}

/* --- put together ----------------------------------------------------------------------------- */

static void ask_reopen(gpointer user, const char *uuid)
{
	gclk_inventory_reopen(user, uuid);
}

static void ask_agent(gpointer user, const char *uuid)
{
	gclk_inventory_ask_agent(user, uuid);
}

static void ask_who_holds(gpointer user, const char *uuid)
{
	gclk_inventory_who_holds(user, uuid);
}

static gboolean listen_all(GclkHub *hub, const GclkHubSettings *settings, GError **error)
{
	for (gsize i = 0; settings->listen && settings->listen[i]; i++)
		if (!gclk_server_listen(
			    hub->server, settings->listen[i], settings->socket_group, error))
			return FALSE;
	return TRUE;
}

static GclkServerSettings server_settings(const GclkHub *hub)
{
	GclkServerSettings settings = gclk_server_settings_default;

	settings.interval = hub->interval;
	settings.burst = (guint)hub->config->burst;
	return settings;
}

GclkHub *gclk_hub_new_bare(GMainContext *context, const GclkHostConfig *config,
	const GclkHubSettings *settings, GError **error)
{
	g_autoptr(GclkHub) hub = g_new0(GclkHub, 1);
	GclkServerSettings server;

	hub->context = context ? g_main_context_ref(context) : NULL;
	hub->config = config;
	hub->interval = settings->interval;
	hub->served = settings->records;
	hub->began = gclk_hub_now();
	hub->rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_row);
	hub->vsocks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	server = server_settings(hub);
	hub->server = gclk_server_new(context, &server, &gclk_hub_server_events, hub, error);
	if (!hub->server || !listen_all(hub, settings, error))
		return NULL;
	hub->tick = g_timeout_source_new_seconds(1);
	g_source_set_callback(hub->tick, tick, hub, NULL);
	g_source_attach(hub->tick, context);
	return g_steal_pointer(&hub);
}

static void start_inventory(GclkHub *hub, const char *uri)
{
	const gint64 timeout = hub->config->agent_timeout / GCLK_NS_PER_S;

	hub->has_libvirt = TRUE;
	hub->inventory = gclk_inventory_new(
		hub->context, uri, (gint)MAX(timeout, 1), &gclk_hub_inventory_events, hub);
	hub->asks = (GclkHubAsks){ ask_reopen, ask_agent, ask_who_holds };
	hub->asks_user = hub->inventory;
}

GclkHub *gclk_hub_new(GMainContext *context, const GclkHostConfig *config,
	const GclkHubSettings *settings, GError **error)
{
	const GclkProbePlaces places = gclk_host_config_places(config);
	const GclkSyncPolicy policy = gclk_host_config_policy(config);
	GclkHub *hub = gclk_hub_new_bare(context, config, settings, error);

	if (!hub)
		return NULL;
	if (settings->records)
		hub->recorder = gclk_recorder_new(NULL);
	hub->sync_watch = gclk_sync_watch_new(
		context, &places, &policy, GCLK_HUB_SYNC_INTERVAL, gclk_hub_take_sync, hub);
	if (g_strcmp0(settings->uri, "none") != 0)
		start_inventory(hub, settings->uri);
	return hub;
}

void gclk_hub_configure(GclkHub *hub, const GclkHostConfig *config, const GclkHubSettings *settings)
{
	const GclkProbePlaces places = gclk_host_config_places(config);
	const GclkSyncPolicy policy = gclk_host_config_policy(config);
	GclkServerSettings server;
	GHashTableIter iter;
	gpointer row;

	hub->config = config;
	hub->interval = settings->interval;
	server = server_settings(hub);
	gclk_server_set_settings(hub->server, &server);
	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		((GclkHubRow *)row)->guest->patience = patience(hub);
	if (hub->sync_watch)
		gclk_sync_watch_configure(hub->sync_watch, &places, &policy);
}

void gclk_hub_free(GclkHub *hub)
{
	if (!hub)
		return;
	gclk_inventory_free(hub->inventory);
	gclk_sync_watch_free(hub->sync_watch);
	gclk_server_free(hub->server);
	if (hub->tick) {
		g_source_destroy(hub->tick);
		g_source_unref(hub->tick);
	}
	gclk_recorder_free(hub->recorder);
	g_hash_table_unref(hub->rows);
	g_hash_table_unref(hub->vsocks);
	gclk_host_sync_free(hub->sync);
	g_free(hub->libvirt_problem);
	g_clear_pointer(&hub->context, g_main_context_unref);
	g_free(hub);
}

/* --- a look ----------------------------------------------------------------------------------- */

gboolean gclk_hub_settled(const GclkHub *hub)
{
	const gint64 now = gclk_hub_now().boottime;
	GHashTableIter iter;
	gpointer row;

	if ((hub->has_libvirt && !hub->looked) || !hub->sync_at)
		return FALSE;
	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		if (!gclk_hub_row_settled(hub, row, now))
			return FALSE;
	return TRUE;
}
