/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/inventory-parts.h"

#define KEEP_ALIVE_S     5
#define KEEP_ALIVE_COUNT 3
#define PATIENCE_S       4 /* less than hostclock guests waits for a look of its own */

void gclk_inventory_command_free(GclkInventoryCommand *command)
{
	g_free(command->uuid);
	g_free(command);
}

gboolean gclk_inventory_quits(GclkInventory *inventory)
{
	return g_atomic_int_get(&inventory->quit);
}

static void inventory_unref(GclkInventory *inventory)
{
	if (!g_atomic_int_dec_and_test(&inventory->references))
		return;
	gclk_inventory_mail_free(inventory->mail);
	g_async_queue_unref(inventory->commands);
	g_async_queue_unref(inventory->questions);
	g_hash_table_unref(inventory->asked);
	g_mutex_clear(&inventory->lock);
	g_cond_clear(&inventory->ended);
	g_free(inventory->uri);
	g_free(inventory);
}

/* --- a libvirt that hangs --------------------------------------------------------------------- */

/* It takes the connection and says nothing; libvirt waits for it for ever. */
static gboolean on_impatience(gpointer user)
{
	GclkInventory *inventory = user;
	g_autofree char *problem = NULL;

	if (g_atomic_int_get(&inventory->told))
		return G_SOURCE_REMOVE;
	problem = g_strdup_printf("libvirt (%s) has not answered for %d s",
		inventory->uri ? inventory->uri : "its default URI", PATIENCE_S);
	gclk_inventory_post_connection(inventory->mail, problem);
	return G_SOURCE_REMOVE;
}

static void start_patience(GclkInventory *inventory, GMainContext *context)
{
	inventory->patience = g_timeout_source_new_seconds(PATIENCE_S);
	g_source_set_callback(inventory->patience, on_impatience, inventory, NULL);
	g_source_attach(inventory->patience, context);
}

static void end_patience(GclkInventory *inventory)
{
	g_source_destroy(inventory->patience);
	g_clear_pointer(&inventory->patience, g_source_unref);
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef struct {
	GclkInventory *inventory;
	GThreadFunc func;
} Start;

static gpointer run(gpointer user)
{
	g_autofree Start *start = user;
	GclkInventory *inventory = start->inventory;

	start->func(inventory);
	g_mutex_lock(&inventory->lock);
	inventory->running--;
	g_cond_signal(&inventory->ended);
	g_mutex_unlock(&inventory->lock);
	inventory_unref(inventory);
	return NULL;
}

static void start_thread(GclkInventory *inventory, const char *name, GThreadFunc func)
{
	Start *start = g_new0(Start, 1);

	start->inventory = inventory;
	start->func = func;
	g_atomic_int_inc(&inventory->references);
	inventory->running++;
	g_thread_unref(g_thread_new(name, run, start));
}

GclkInventory *gclk_inventory_new(GMainContext *context, const char *uri, gint agent_timeout,
	const GclkInventoryEvents *events, gpointer user)
{
	GclkInventory *inventory = g_new0(GclkInventory, 1);

	inventory->references = 1;
	inventory->uri = g_strdup(gclk_libvirt_uri(uri));
	inventory->agent_timeout = MAX(agent_timeout, 1);
	inventory->mail = gclk_inventory_mail_new(context, events, user);
	inventory->commands = g_async_queue_new_full((GDestroyNotify)gclk_inventory_command_free);
	inventory->questions = g_async_queue_new_full(g_free);
	inventory->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_mutex_init(&inventory->lock);
	g_cond_init(&inventory->ended);
	start_patience(inventory, context);
	g_mutex_lock(&inventory->lock);
	start_thread(inventory, "libvirt", gclk_inventory_thread_run);
	start_thread(inventory, "guest-agents", gclk_inventory_agent_run);
	g_mutex_unlock(&inventory->lock);
	return inventory;
}

static void wake_up(GclkInventory *inventory)
{
	GMainContext *loop = g_atomic_pointer_get(&inventory->loop);

	if (loop)
		g_main_context_wakeup(loop);
}

/* A thread that waits for a libvirt that hangs is left behind; it frees what is its own when, if
   ever, it comes back. */
static void wait_for_threads(GclkInventory *inventory)
{
	const gint64 end = g_get_monotonic_time() + (inventory->agent_timeout + 1) * G_USEC_PER_SEC;
	gboolean waiting = TRUE;

	g_mutex_lock(&inventory->lock);
	while (inventory->running > 0 && waiting)
		waiting = g_cond_wait_until(&inventory->ended, &inventory->lock, end);
	g_mutex_unlock(&inventory->lock);
}

void gclk_inventory_free(GclkInventory *inventory)
{
	if (!inventory)
		return;
	end_patience(inventory);
	gclk_inventory_mail_close(inventory->mail);
	g_atomic_int_set(&inventory->quit, TRUE);
	g_async_queue_push(inventory->questions, g_strdup(""));
	wake_up(inventory);
	wait_for_threads(inventory);
	inventory_unref(inventory);
}

/* --- wishes ----------------------------------------------------------------------------------- */

static void command(GclkInventory *inventory, GclkInventoryWish wish, const char *uuid)
{
	GclkInventoryCommand *order = g_new0(GclkInventoryCommand, 1);

	order->wish = wish;
	order->uuid = g_strdup(uuid);
	g_async_queue_push(inventory->commands, order);
	wake_up(inventory);
}

void gclk_inventory_reopen(GclkInventory *inventory, const char *uuid)
{
	command(inventory, GCLK_INVENTORY_REOPEN, uuid);
}

void gclk_inventory_who_holds(GclkInventory *inventory, const char *uuid)
{
	command(inventory, GCLK_INVENTORY_WHO_HOLDS, uuid);
}

void gclk_inventory_ask_agent(GclkInventory *inventory, const char *uuid)
{
	gboolean is_new;

	g_mutex_lock(&inventory->lock);
	is_new = g_hash_table_add(inventory->asked, g_strdup(uuid));
	g_mutex_unlock(&inventory->lock);
	if (is_new)
		g_async_queue_push(inventory->questions, g_strdup(uuid));
}

/* --- connections ------------------------------------------------------------------------------ */

/* libvirt prints errors by itself unless told otherwise. */
static void be_silent(void *user, virErrorPtr error)
{
	(void)user;
	(void)error;
}

static virConnectPtr keep_alive(const GclkLibvirt *api, virConnectPtr connection)
{
	if (connection) /* a driver within the process has nothing to keep alive */
		api->connect_set_keep_alive(connection, KEEP_ALIVE_S, KEEP_ALIVE_COUNT);
	return connection;
}

virConnectPtr gclk_inventory_connect(
	const GclkLibvirt *api, const char *uri, gboolean *read_only, char **problem)
{
	virConnectPtr connection;

	api->set_error_func(NULL, be_silent);
	connection = api->connect_open(uri);
	if (read_only)
		*read_only = !connection;
	if (!connection)
		*problem = g_strdup_printf("libvirt (%s): %s", uri ? uri : "its default URI",
			api->get_last_error_message());
	if (!connection && read_only)
		connection = api->connect_open_read_only(uri);
	return keep_alive(api, connection);
}
