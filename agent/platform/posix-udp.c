/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "platform/departure.h"
#include "platform/posix.h"

/* No NTP packet with any known extension is longer. */
#define DATAGRAM_MAX 2048
#define CONTROL_MAX  1024

/* An older arrival stamp is not used: RAW at that moment is found by going back from now at REAL's
   rate, which may differ by 500 ppm and more, and REAL may have been stepped. The time of reading
   then makes a long delay, and so an honest bound. */
#define ARRIVAL_AGE_MAX (100 * GCLK_NS_PER_MS)

struct GclkSocket {
	GclkPlatform *platform;
	int fd;
	GSource *source;
	const GclkSocketEvents *events;
	gpointer user;
	gboolean told_departures; /* departures come through the error queue */
	GclkDeparture departure;
	int error;         /* one that waits to be told from the loop */
	guint error_timer; /* does that; 0: none waits */
};

typedef struct {
	_Alignas(struct cmsghdr) char control[CONTROL_MAX];
	guint8 data[DATAGRAM_MAX];
	struct iovec vector;
	struct msghdr header;
	ssize_t length;
	GclkStamps stamps;
} Message;

static gboolean receive(int fd, int flags, Message *message)
{
	struct msghdr *header = &message->header;

	message->vector = (struct iovec){ .iov_base = message->data, .iov_len = DATAGRAM_MAX };
	memset(header, 0, sizeof(*header));
	header->msg_iov = &message->vector;
	header->msg_iovlen = 1;
	header->msg_control = message->control;
	header->msg_controllen = sizeof(message->control);
	do {
		message->length = recvmsg(fd, header, flags | MSG_DONTWAIT);
	} while (message->length < 0 && errno == EINTR);
	if (message->length < 0)
		return FALSE;
	gclk_stamps_read(header, &message->stamps);
	return TRUE;
}

/* --- what comes in ---------------------------------------------------------------------------- */

static void deliver(GclkSocket *socket, const Message *message)
{
	GclkDatagram datagram = {
		.data = message->data,
		.length = (gsize)message->length,
		.truncated = (message->header.msg_flags & MSG_TRUNC) != 0,
		.departure = socket->departure.real,
		.departure_kernel_stamp = socket->departure.kernel,
	};
	gint64 age;

	socket->platform->read_pair(socket->platform, &datagram.arrival);
	age = datagram.arrival.real - message->stamps.arrival;
	if (message->stamps.has_arrival && age >= 0 && age <= ARRIVAL_AGE_MAX) {
		datagram.arrival.real -= age;
		datagram.arrival.raw -= age;
		datagram.kernel_stamp = TRUE;
	}
	socket->events->received(socket->user, &datagram);
}

typedef enum { NOTHING, DEPARTURE, NETWORK_ERROR, DATAGRAM } Fetched;

/* Reads the queue of departures and errors. In simulators an ordinary datagram may come instead. */
static Fetched fetch_queued(GclkSocket *socket, Message *message)
{
	if (!gclk_stamps_queue() || !receive(socket->fd, gclk_stamps_queue(), message))
		return NOTHING;
	if (!(message->header.msg_flags & gclk_stamps_queue()))
		return DATAGRAM;
	if (message->stamps.error)
		return NETWORK_ERROR;
	if (message->stamps.has_departure)
		gclk_departure_stamp(&socket->departure, message->stamps.departure,
			message->stamps.has_id, message->stamps.departure_id);
	return DEPARTURE;
}

static int take_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ? errno : error;
}

/* At most one callback a call, and nothing after it: the listener may close the socket in it. */
static gboolean ready(gint fd, GIOCondition condition, gpointer user)
{
	GclkSocket *socket = user;
	Fetched fetched = NOTHING;
	Message message;
	int error = 0;

	/* the stamp of a request comes before its reply, and is wanted with it */
	if (condition & (G_IO_PRI | G_IO_ERR))
		fetched = fetch_queued(socket, &message);
	if (fetched == NETWORK_ERROR) {
		error = message.stamps.error;
	} else if (fetched != DATAGRAM && condition & G_IO_IN) {
		if (receive(fd, 0, &message))
			fetched = DATAGRAM;
		else
			error = errno;
	} else if (fetched == NOTHING && condition & (G_IO_ERR | G_IO_HUP)) {
		error = take_error(fd);
	}
	if (fetched == DATAGRAM)
		deliver(socket, &message);
	else if (error && error != EAGAIN && error != EWOULDBLOCK)
		socket->events->failed(socket->user, error);
	return G_SOURCE_CONTINUE;
}

static void tell_error(gpointer user)
{
	GclkSocket *socket = user;
	int error = socket->error;

	socket->error_timer = 0;
	socket->events->failed(socket->user, error);
}

/* Mostly the stamp is there as soon as the datagram has gone; this saves a turn of the loop. What
   else is in the queue has to wait for the loop. */
static void fetch_at_once(GclkSocket *socket)
{
	Message message;

	if (!socket->told_departures || fetch_queued(socket, &message) != NETWORK_ERROR)
		return;
	socket->error = message.stamps.error;
	if (!socket->error_timer)
		socket->error_timer =
			socket->platform->timer_start(socket->platform, 0, tell_error, socket);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Simulators and old systems refuse flags in the type. */
static int open_datagram(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 || errno != EINVAL)
		return fd;
	fd = socket(family, SOCK_DGRAM, 0);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* The kernel picks a random source port when a socket is connected. */
static int open_connected(const GclkAddress *peer)
{
	struct sockaddr_storage address;
	socklen_t length = gclk_posix_to_sockaddr(peer, &address);
	int fd, error;

	if (length == 0)
		return -EAFNOSUPPORT;
	fd = open_datagram(address.ss_family);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, length) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* Linux stamps arrivals only while some socket wants that, and begins a while after the first one
   said so (net_enable_timestamp works through a queue). Sockets come and go with every request, so
   one that is never used keeps it going. */
static void keep_stamps(GclkPosix *posix, guint8 family)
{
	if (posix->stamp_keeper >= 0)
		return;
	posix->stamp_keeper = open_datagram(family == 6 ? AF_INET6 : AF_INET);
	if (posix->stamp_keeper >= 0)
		gclk_stamps_enable(posix->stamp_keeper, family);
}

void gclk_posix_udp_clear(GclkPosix *posix)
{
	if (posix->stamp_keeper >= 0)
		close(posix->stamp_keeper);
	posix->stamp_keeper = -1;
}

GclkSocket *gclk_posix_udp_open(GclkPlatform *platform, const GclkAddress *peer,
	const GclkSocketEvents *events, gpointer user, GError **error)
{
	char text[GCLK_ADDRESS_TEXT_MAX];
	int fd = open_connected(peer);
	GclkSocket *socket;

	if (fd < 0) {
		gclk_posix_error(
			error, -fd, "%s port %u", gclk_address_format(peer, text), peer->port);
		return NULL;
	}
	keep_stamps((GclkPosix *)platform, peer->family);
	socket = g_new0(GclkSocket, 1);
	socket->platform = platform;
	socket->fd = fd;
	socket->events = events;
	socket->user = user;
	socket->told_departures = gclk_stamps_enable(fd, peer->family);
	socket->source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_PRI);
	g_source_set_callback(socket->source, G_SOURCE_FUNC(ready), socket, NULL);
	g_source_attach(socket->source, ((GclkPosix *)platform)->context);
	return socket;
}

gboolean gclk_posix_udp_send(GclkPlatform *platform, GclkSocket *socket, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error)
{
	ssize_t n = -1;

	/* An error that an earlier datagram brought home fails the first try, which then sends
	 * nothing. */
	for (int try = 0; n < 0 && try < 2; try++) {
		platform->read_pair(platform, departure);
		n = send(socket->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	if (n < 0) {
		gclk_posix_error(error, errno, "cannot send");
		return FALSE;
	}
	gclk_departure_sent(&socket->departure, departure->real);
	fetch_at_once(socket);
	return TRUE;
}

gboolean gclk_posix_udp_local(GclkPlatform *platform, GclkSocket *socket, GclkAddress *out)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	(void)platform;
	memset(&address, 0, sizeof(address));
	memset(out, 0, sizeof(*out));
	if (getsockname(socket->fd, (struct sockaddr *)&address, &length) ||
		!gclk_posix_from_sockaddr((struct sockaddr *)&address, out))
		return FALSE;
	out->port = 0;
	return TRUE;
}

void gclk_posix_udp_close(GclkPlatform *platform, GclkSocket *socket)
{
	if (!socket)
		return;
	platform->timer_stop(platform, socket->error_timer);
	g_source_destroy(socket->source);
	g_source_unref(socket->source);
	close(socket->fd);
	g_free(socket);
}
