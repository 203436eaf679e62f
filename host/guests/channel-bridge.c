/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/channel-bridge.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WOULD_BLOCK (-2) /* virStreamSend, virStreamRecv */

/* One way: what was read from one end, and not yet written to the other. */
typedef struct {
	char bytes[4096];
	gsize start, length;
} Way;

struct GclkChannelBridge {
	const GclkLibvirt *api;
	GMainContext *loop;
	virStreamPtr stream; /* or NULL: it has ended */
	gboolean watched;    /* by libvirt's loop */
	int fd;              /* our end of the pair */
	GSource *source;     /* of fd, or NULL */
	Way to_guest, to_host;
};

static void drop_source(GclkChannelBridge *bridge)
{
	if (!bridge->source)
		return;
	g_source_destroy(bridge->source);
	g_clear_pointer(&bridge->source, g_source_unref);
}

static void end(GclkChannelBridge *bridge)
{
	const GclkLibvirt *api = bridge->api;

	drop_source(bridge);
	if (bridge->fd >= 0)
		close(bridge->fd);
	bridge->fd = -1;
	if (!bridge->stream)
		return;
	if (bridge->watched)
		api->stream_event_remove(bridge->stream);
	api->stream_abort(bridge->stream);
	api->stream_free(bridge->stream);
	bridge->stream = NULL;
}

void gclk_channel_bridge_free(GclkChannelBridge *bridge)
{
	if (!bridge)
		return;
	end(bridge);
	g_free(bridge);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* All four: FALSE: the other side has ended. */

static gboolean read_stream(GclkChannelBridge *bridge)
{
	Way *way = &bridge->to_host;
	int n = bridge->api->stream_recv(bridge->stream, way->bytes, sizeof(way->bytes));

	way->start = 0;
	way->length = (gsize)MAX(n, 0);
	return n > 0 || n == WOULD_BLOCK;
}

static gboolean write_stream(GclkChannelBridge *bridge)
{
	Way *way = &bridge->to_guest;
	int n = bridge->api->stream_send(bridge->stream, way->bytes + way->start, way->length);

	if (n > 0) {
		way->start += (gsize)n;
		way->length -= (gsize)n;
	}
	return n >= 0 || n == WOULD_BLOCK;
}

static gboolean read_socket(GclkChannelBridge *bridge)
{
	Way *way = &bridge->to_guest;
	gssize n = recv(bridge->fd, way->bytes, sizeof(way->bytes), MSG_DONTWAIT);

	way->start = 0;
	way->length = (gsize)MAX(n, 0);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static gboolean write_socket(GclkChannelBridge *bridge)
{
	Way *way = &bridge->to_host;
	gssize n =
		send(bridge->fd, way->bytes + way->start, way->length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0) {
		way->start += (gsize)n;
		way->length -= (gsize)n;
	}
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void wait_more(GclkChannelBridge *bridge);

static gboolean on_socket(gint fd, GIOCondition condition, gpointer user)
{
	GclkChannelBridge *bridge = user;
	/* nobody is there any more who would send to a guest that does not read */
	gboolean good = !(condition & G_IO_HUP && bridge->to_guest.length > 0);

	(void)fd;
	if (good && condition & G_IO_OUT)
		good = write_socket(bridge);
	if (good && condition & (G_IO_IN | G_IO_HUP | G_IO_ERR) && bridge->to_guest.length == 0)
		good = read_socket(bridge);
	if (good && bridge->to_guest.length > 0)
		good = write_stream(bridge);
	if (good)
		wait_more(bridge);
	else
		end(bridge);
	return G_SOURCE_CONTINUE; /* a source that was replaced ends all the same */
}

static void on_stream(virStreamPtr stream, int events, void *user)
{
	GclkChannelBridge *bridge = user;
	gboolean good = (events & VIR_STREAM_EVENT_ERROR) == 0;

	if (stream != bridge->stream)
		return;
	if (good && events & VIR_STREAM_EVENT_WRITABLE && bridge->to_guest.length > 0)
		good = write_stream(bridge);
	if (good && events & (VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_HANGUP) &&
		bridge->to_host.length == 0)
		good = read_stream(bridge);
	if (good && bridge->to_host.length > 0)
		good = write_socket(bridge);
	if (good)
		wait_more(bridge);
	else
		end(bridge);
}

static void wait_more(GclkChannelBridge *bridge)
{
	GIOCondition condition = (bridge->to_guest.length == 0 ? G_IO_IN : 0) |
				 (bridge->to_host.length > 0 ? G_IO_OUT : 0);
	int events = (bridge->to_host.length == 0 ? VIR_STREAM_EVENT_READABLE : 0) |
		     (bridge->to_guest.length > 0 ? VIR_STREAM_EVENT_WRITABLE : 0) |
		     VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP;

	bridge->api->stream_event_update(bridge->stream, events);
	drop_source(bridge);
	bridge->source = g_unix_fd_source_new(bridge->fd, condition);
	g_source_set_callback(bridge->source, G_SOURCE_FUNC(on_socket), bridge, NULL);
	g_source_attach(bridge->source, bridge->loop);
}

/* --- opening ---------------------------------------------------------------------------------- */

static gboolean fail(const GclkChannelBridge *bridge, GError **error)
{
	g_set_error_literal(error, GCLK_LIBVIRT_ERROR, bridge->api->get_last_error_code(),
		bridge->api->get_last_error_message());
	return FALSE;
}

static gboolean open_stream(GclkChannelBridge *bridge, virConnectPtr connection,
	virDomainPtr domain, const char *name, GError **error)
{
	const GclkLibvirt *api = bridge->api;

	bridge->stream = api->stream_new(connection, VIR_STREAM_NONBLOCK);
	if (!bridge->stream || api->domain_open_channel(domain, name, bridge->stream, 0) < 0)
		return fail(bridge, error);
	if (api->stream_event_add(
		    bridge->stream, VIR_STREAM_EVENT_READABLE, on_stream, bridge, NULL) < 0)
		return fail(bridge, error);
	bridge->watched = TRUE;
	return TRUE;
}

static gboolean open_pair(GclkChannelBridge *bridge, int *fd, GError **error)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		g_set_error(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED,
			"no pair of sockets: %s", g_strerror(errno));
		return FALSE;
	}
	bridge->fd = pair[0];
	*fd = pair[1];
	return TRUE;
}

GclkChannelBridge *gclk_channel_bridge_open(const GclkLibvirt *api, GMainContext *loop,
	virConnectPtr connection, virDomainPtr domain, const char *name, int *fd, GError **error)
{
	GclkChannelBridge *bridge = g_new0(GclkChannelBridge, 1);

	bridge->api = api;
	bridge->loop = loop;
	bridge->fd = -1;
	if (!open_stream(bridge, connection, domain, name, error) ||
		!open_pair(bridge, fd, error)) {
		gclk_channel_bridge_free(bridge);
		return NULL;
	}
	wait_more(bridge);
	return bridge;
}
