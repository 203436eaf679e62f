/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guestclock/link.h"
#include "guests/channel-holder.h"
#include "guests/inventory-parts.h"

#define RETRY_MS     250
#define RETRY_MS_MAX 60000
/* One that lasted so long was a good one: the next is tried soon. */
#define LASTED_US (30 * G_USEC_PER_SEC)

static void fail(GclkInventoryRow *row, const char *problem)
{
	gclk_inventory_post_channel_failed(row->thread->mail, row->uuid, problem);
	gclk_inventory_retry_channel(row);
}

/* --- who holds it ----------------------------------------------------------------------------- */

/* libvirt's daemons hold a channel for whoever opened it through them. */
static gboolean is_libvirt(const GclkChannelHolder *holder)
{
	return g_str_has_prefix(holder->name, "libvirtd") ||
	       g_str_has_prefix(holder->name, "virtqemud");
}

/* NULL: nobody else. Caller frees. */
static char *holder_text(const GclkInventoryRow *row)
{
	g_autofree char *who = NULL;
	GclkChannelHolder holder;

	if (!row->channel.path[0] || !gclk_channel_holder_find(row->channel.path, &holder) ||
		holder.pid == getpid() || (row->bridge && is_libvirt(&holder)))
		return NULL;
	who = gclk_channel_holder_text(&holder);
	return g_strdup_printf("its channel is held by %s%s", who,
		is_libvirt(&holder) ? ", for a program that opened it through libvirt" : "");
}

void gclk_inventory_tell_holder(GclkInventoryRow *row)
{
	g_autofree char *text = NULL;

	if (!row->open || (row->inode && gclk_channel_accepted(row->inode)))
		return;
	text = holder_text(row);
	if (text)
		gclk_inventory_post_channel_failed(row->thread->mail, row->uuid, text);
}

/* --- opening ---------------------------------------------------------------------------------- */

#define NO_RIGHT "its channel cannot be opened: libvirt lets us look only (run hostclock as root)"

/* -1 with errno. EAGAIN: others wait there already. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int problem;

	if (fd < 0)
		return -1;
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	problem = errno;
	close(fd);
	errno = problem;
	return -1;
}

static void hand_out(GclkInventoryRow *row, int fd)
{
	row->open = TRUE;
	row->opened = g_get_monotonic_time();
	gclk_inventory_post_channel(row->thread->mail, row->uuid, fd);
}

/* Directly, a round trip is shorter by two thirds. FALSE: libvirt may know a way. */
static gboolean open_path(GclkInventoryRow *row)
{
	g_autofree char *text = NULL;
	struct stat about;
	int fd;

	if (!row->thread->local || !row->channel.path[0])
		return FALSE;
	fd = connect_to(row->channel.path);
	if (fd >= 0) {
		row->inode = fstat(fd, &about) == 0 ? about.st_ino : 0;
		hand_out(row, fd);
		return TRUE;
	}
	if (errno != EAGAIN)
		return FALSE;
	text = holder_text(row);
	fail(row, text ? text : "its channel is held by another program");
	return TRUE;
}

/* What is not there, or not for us, is not tried again until the domain changes. */
static void tell_libvirt(GclkInventoryRow *row, const GError *error)
{
	g_autofree char *text =
		g_strdup_printf("libvirt does not open its channel: %s", error->message);

	if (g_error_matches(error, GCLK_LIBVIRT_ERROR, VIR_ERR_OPERATION_DENIED) ||
		g_error_matches(error, GCLK_LIBVIRT_ERROR, VIR_ERR_ACCESS_DENIED))
		gclk_inventory_post_channel_failed(row->thread->mail, row->uuid, NO_RIGHT);
	else if (g_error_matches(error, GCLK_LIBVIRT_ERROR, VIR_ERR_NO_SUPPORT))
		gclk_inventory_post_channel_failed(row->thread->mail, row->uuid, text);
	else
		fail(row, text);
}

static void open_bridge(GclkInventoryRow *row, virDomainPtr domain)
{
	GclkInventoryThread *thread = row->thread;
	g_autoptr(GError) error = NULL;
	int fd;

	row->bridge = gclk_channel_bridge_open(
		thread->api, thread->loop, thread->connection, domain, GCLK_LINK_PORT, &fd, &error);
	if (row->bridge)
		hand_out(row, fd);
	else
		tell_libvirt(row, error);
}

static void drop_retry(GclkInventoryRow *row)
{
	if (!row->retry)
		return;
	g_source_destroy(row->retry);
	g_clear_pointer(&row->retry, g_source_unref);
}

/* Nothing that would change by trying again. */
static gboolean is_the_other_way_round(GclkInventoryRow *row)
{
	g_autofree char *text = NULL;

	if (!row->channel.connects_to[0])
		return FALSE;
	text = g_strdup_printf("its channel does not listen but connects: run hostclock serve "
			       "--listen unix:%s",
		row->channel.connects_to);
	gclk_inventory_post_channel_failed(row->thread->mail, row->uuid, text);
	return TRUE;
}

void gclk_inventory_open_channel(GclkInventoryRow *row, virDomainPtr domain)
{
	if (!row->channel.present || row->id < 0) {
		gclk_inventory_close_channel(row);
		return;
	}
	if (row->open)
		return;
	drop_retry(row);
	if (is_the_other_way_round(row) || open_path(row))
		return;
	if (row->thread->read_only)
		gclk_inventory_post_channel_failed(row->thread->mail, row->uuid, NO_RIGHT);
	else
		open_bridge(row, domain);
}

void gclk_inventory_close_channel(GclkInventoryRow *row)
{
	drop_retry(row);
	g_clear_pointer(&row->bridge, gclk_channel_bridge_free);
	row->open = FALSE;
	row->inode = 0;
}

/* --- again ------------------------------------------------------------------------------------ */

static gboolean on_retry(gpointer user)
{
	GclkInventoryRow *row = user;
	GclkInventoryThread *thread = row->thread;
	virDomainPtr domain;

	drop_retry(row);
	if (!thread->connection)
		return G_SOURCE_REMOVE;
	domain = thread->api->domain_lookup_by_uuid(thread->connection, row->uuid);
	if (!domain)
		return G_SOURCE_REMOVE; /* an event tells what has become of it */
	gclk_inventory_open_channel(row, domain);
	thread->api->domain_free(domain);
	return G_SOURCE_REMOVE;
}

void gclk_inventory_retry_channel(GclkInventoryRow *row)
{
	gboolean lasted = row->open && g_get_monotonic_time() - row->opened > LASTED_US;
	guint delay;

	gclk_inventory_close_channel(row);
	if (!row->channel.present || row->id < 0)
		return;
	if (lasted)
		row->tries = 0;
	delay = MIN(RETRY_MS << MIN(row->tries, 10), RETRY_MS_MAX);
	row->tries++;
	row->retry = g_timeout_source_new(delay);
	g_source_set_callback(row->retry, on_retry, row, NULL);
	g_source_attach(row->retry, row->thread->loop);
}
