/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "guests/inventory-parts.h"
#include "guests/libvirt-loop.h"

#define RETRY_S     1
#define RETRY_S_MAX 30

/* Of a host with more, the first ones; libvirt itself lists no more over its wire. */
#define DOMAINS_MAX 16384

/* --- what libvirt reports --------------------------------------------------------------------- */

/* To be read anew, once, whatever happened to it how often. */
static void note(GclkInventoryThread *thread, const char *uuid, GclkLinkEvent event)
{
	gpointer before;

	if (g_hash_table_lookup_extended(thread->due, uuid, NULL, &before))
		event = gclk_inventory_merge_events((GclkLinkEvent)GPOINTER_TO_INT(before), event);
	else
		g_queue_push_tail(&thread->order, g_strdup(uuid));
	g_hash_table_insert(thread->due, g_strdup(uuid), GINT_TO_POINTER(event));
}

static void note_domain(GclkInventoryThread *thread, virDomainPtr domain, GclkLinkEvent event)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (thread->api->domain_get_uuid(domain, uuid) == 0)
		note(thread, uuid, event);
}

/* libvirt-domain.h: virDomainEventType and the details of each. */
static const struct {
	int event, detail;
	GclkLinkEvent happened;
} happenings[] = {
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED, GCLK_LINK_EVENT_MIGRATED },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED, GCLK_LINK_EVENT_RESTORED },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT,
		GCLK_LINK_EVENT_RESTORED },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP, GCLK_LINK_EVENT_RESUMED },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED, GCLK_LINK_EVENT_RESUMED },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED, GCLK_LINK_EVENT_MIGRATED },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT,
		GCLK_LINK_EVENT_RESTORED },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY, GCLK_LINK_EVENT_MIGRATED },
};

static int on_lifecycle(
	virConnectPtr connection, virDomainPtr domain, int event, int detail, void *user)
{
	GclkLinkEvent happened = GCLK_LINK_EVENT_OTHER;

	(void)connection;
	for (gsize i = 0; i < G_N_ELEMENTS(happenings); i++)
		if (happenings[i].event == event && happenings[i].detail == detail)
			happened = happenings[i].happened;
	note_domain(user, domain, happened);
	return 0;
}

static void on_agent(
	virConnectPtr connection, virDomainPtr domain, int state, int reason, void *user)
{
	(void)connection;
	(void)state;
	(void)reason;
	note_domain(user, domain, GCLK_LINK_EVENT_OTHER);
}

static void on_metadata(
	virConnectPtr connection, virDomainPtr domain, int type, const char *uri, void *user)
{
	(void)connection;
	(void)type;
	(void)uri;
	note_domain(user, domain, GCLK_LINK_EVENT_OTHER);
}

static void on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *user)
{
	(void)connection;
	(void)alias;
	note_domain(user, domain, GCLK_LINK_EVENT_OTHER);
}

static const struct {
	int id;
	virConnectDomainEventGenericCallback func;
} subscriptions[GCLK_INVENTORY_CALLBACKS] = {
	{ VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle) },
	{ VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_agent) },
	{ VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata) },
	{ VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device) },
	{ VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_device) },
};

/* --- the table -------------------------------------------------------------------------------- */

static void work_off(GclkInventoryThread *thread)
{
	char *uuid;

	while (!thread->lost && thread->connection && (uuid = g_queue_pop_head(&thread->order))) {
		GclkLinkEvent event =
			(GclkLinkEvent)GPOINTER_TO_INT(g_hash_table_lookup(thread->due, uuid));

		g_hash_table_remove(thread->due, uuid);
		gclk_inventory_read(thread, uuid, event);
		g_free(uuid);
	}
}

static void note_listed(GclkInventoryThread *thread, GHashTable *there)
{
	virDomainPtr *list = NULL;
	int n = thread->api->connect_list_all_domains(thread->connection, &list, 0);
	char uuid[VIR_UUID_STRING_BUFLEN];

	for (int i = 0; i < n; i++) {
		if (i < DOMAINS_MAX && thread->api->domain_get_uuid(list[i], uuid) == 0) {
			note(thread, uuid, GCLK_LINK_EVENT_OTHER);
			g_hash_table_add(there, g_strdup(uuid));
		}
		thread->api->domain_free(list[i]);
	}
	free(list);
	thread->lost = n < 0;
}

/* All that are there, and those that were: what happened while nobody looked is seen by it. */
static void note_all(GclkInventoryThread *thread)
{
	g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer uuid;

	note_listed(thread, there);
	g_hash_table_iter_init(&iter, thread->domains);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		if (!g_hash_table_contains(there, uuid))
			note(thread, uuid, GCLK_LINK_EVENT_OTHER);
}

/* --- the connection --------------------------------------------------------------------------- */

static void tell(GclkInventoryThread *thread, const char *problem)
{
	const gboolean first = !g_atomic_int_get(&thread->inventory->told);

	if (!first && g_strcmp0(thread->problem, problem) == 0)
		return;
	g_atomic_int_set(&thread->inventory->told, TRUE);
	g_free(thread->problem);
	thread->problem = g_strdup(problem);
	gclk_inventory_post_connection(thread->mail, problem);
}

static void on_close(virConnectPtr connection, int reason, void *user)
{
	GclkInventoryThread *thread = user;

	(void)connection;
	(void)reason;
	thread->lost = TRUE;
}

/* The paths in the XML are this machine's only if its own libvirt speaks, at its usual place:
   elsewhere (ssh, a container's socket) the same path may lead to another guest. */
static gboolean is_local(GclkInventoryThread *thread)
{
	char *uri = thread->api->connect_get_uri(thread->connection);
	gboolean local = uri && strstr(uri, ":///") && !strstr(uri, "socket=");

	free(uri);
	return local;
}

static gboolean on_retry(gpointer user)
{
	GclkInventoryThread *thread = user;

	g_clear_pointer(&thread->retry, g_source_unref);
	return G_SOURCE_REMOVE;
}

static void retry_later(GclkInventoryThread *thread)
{
	guint delay = MIN(RETRY_S << MIN(thread->failures, 10), RETRY_S_MAX);

	thread->failures++;
	thread->retry = g_timeout_source_new_seconds(delay);
	g_source_set_callback(thread->retry, on_retry, thread, NULL);
	g_source_attach(thread->retry, thread->loop);
}

static void subscribe(GclkInventoryThread *thread)
{
	for (gsize i = 0; i < G_N_ELEMENTS(subscriptions); i++)
		thread->callbacks[i] = thread->api->connect_event_register(thread->connection, NULL,
			subscriptions[i].id, subscriptions[i].func, thread, NULL);
}

static void unsubscribe(GclkInventoryThread *thread)
{
	for (gsize i = 0; i < G_N_ELEMENTS(subscriptions); i++)
		if (thread->callbacks[i] >= 0)
			thread->api->connect_event_deregister(
				thread->connection, thread->callbacks[i]);
}

static void drop_bridges(GclkInventoryThread *thread)
{
	GHashTableIter iter;
	gpointer row;

	g_hash_table_iter_init(&iter, thread->domains);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		if (((GclkInventoryRow *)row)->bridge)
			gclk_inventory_close_channel(row);
}

static void disconnect(GclkInventoryThread *thread)
{
	if (!thread->connection)
		return;
	drop_bridges(thread);
	unsubscribe(thread);
	thread->api->connect_unregister_close(thread->connection, on_close);
	thread->api->connect_close(thread->connection);
	thread->connection = NULL;
	thread->lost = FALSE;
}

static void connect_now(GclkInventoryThread *thread)
{
	g_autofree char *problem = NULL;

	thread->lost = FALSE;
	thread->connection = gclk_inventory_connect(
		thread->api, thread->inventory->uri, &thread->read_only, &problem);
	if (!thread->connection) {
		tell(thread, problem);
		retry_later(thread);
		return;
	}
	thread->failures = 0;
	thread->local = is_local(thread);
	thread->api->connect_register_close(thread->connection, on_close, thread, NULL);
	subscribe(thread);
	note_all(thread);
	work_off(thread);
	if (!thread->lost)
		tell(thread, NULL);
}

static void check_connection(GclkInventoryThread *thread)
{
	if (thread->connection &&
		(thread->lost || thread->api->connect_is_alive(thread->connection) == 0)) {
		disconnect(thread);
		tell(thread, "libvirt's daemon has closed the connection");
		retry_later(thread);
	}
	if (!thread->connection && !thread->retry)
		connect_now(thread);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void obey(GclkInventoryThread *thread)
{
	GclkInventoryCommand *command;

	while ((command = g_async_queue_try_pop(thread->inventory->commands))) {
		GclkInventoryRow *row = g_hash_table_lookup(thread->domains, command->uuid);

		if (row && command->wish == GCLK_INVENTORY_REOPEN && !row->retry)
			gclk_inventory_retry_channel(row);
		else if (row && command->wish == GCLK_INVENTORY_WHO_HOLDS)
			gclk_inventory_tell_holder(row);
		gclk_inventory_command_free(command);
	}
}

static void run(GclkInventoryThread *thread)
{
	while (!gclk_inventory_quits(thread->inventory)) {
		obey(thread);
		check_connection(thread);
		work_off(thread);
		/* what has come meanwhile wakes it up at once */
		if (!thread->lost)
			g_main_context_iteration(thread->loop, TRUE);
	}
	disconnect(thread);
}

static void thread_clear(GclkInventoryThread *thread)
{
	if (thread->retry) {
		g_source_destroy(thread->retry);
		g_source_unref(thread->retry);
	}
	g_hash_table_unref(thread->domains);
	g_hash_table_unref(thread->due);
	g_queue_clear_full(&thread->order, g_free);
	g_free(thread->problem);
}

static void run_loop(GclkInventory *inventory, const GclkLibvirt *api, GMainContext *loop)
{
	GclkInventoryThread thread = {
		.inventory = inventory,
		.api = api,
		.mail = inventory->mail,
		.loop = loop,
		.domains = g_hash_table_new_full(
			g_str_hash, g_str_equal, NULL, (GDestroyNotify)gclk_inventory_row_free),
		.due = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};

	g_queue_init(&thread.order);
	g_atomic_pointer_set(&inventory->loop, loop);
	run(&thread);
	g_atomic_pointer_set(&inventory->loop, NULL);
	thread_clear(&thread);
}

gpointer gclk_inventory_thread_run(gpointer user)
{
	GclkInventory *inventory = user;
	g_autoptr(GError) error = NULL;
	GMainContext *loop;
	GclkLibvirt api;

	if (!gclk_libvirt_load(&api, &error)) {
		gclk_inventory_post_connection(inventory->mail, error->message);
		return NULL;
	}
	loop = gclk_libvirt_loop_take(&api);
	if (!loop) {
		gclk_inventory_post_connection(
			inventory->mail, "libvirt's events are watched already in this process");
		return NULL;
	}
	run_loop(inventory, &api, loop);
	gclk_libvirt_loop_give_back(loop);
	return NULL;
}
