/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte streams to the host: sockets, and virtio-serial ports, which outlive whoever is at the other
   end. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/channel.h"
#include "platform/posix.h"

#define PIECE_MAX 4096
#define SEND_MAX  4096
/* Pieces that are read in one turn of the loop: others have their turn too. */
#define PIECES_MAX 16
/* Where changes of a port cannot be waited for, one without anybody is looked at so often. */
#define LOOK_AGAIN_US G_USEC_PER_SEC
/* Linux tells of bytes by an interrupt and of who opened the host's side by a work queue, so bytes
   may come first. What nobody has opened the port for by then was left by somebody before. */
#define DROP_AFTER_US (20 * G_TIME_SPAN_MILLISECOND)

struct GclkStream {
	GSource source;
	GclkPosix *posix;
	GclkStreamKind kind;
	int fd;
	int watch;    /* descriptor that tells of changes; -1: fd itself */
	gpointer tag; /* of fd or watch in the loop; NULL: asleep, or dead */
	const GclkStreamEvents *events;
	gpointer user;
	gboolean connected;
	gint64 drop_at; /* g_get_monotonic_time: when unread bytes of a hung up port go; 0: never */
	guint8 rest[SEND_MAX]; /* of what was sent and did not fit */
	gsize rest_length;
};

static gboolean closed(const GclkStream *stream)
{
	return g_source_is_destroyed((GSource *)&stream->source);
}

/* --- what the loop waits for ------------------------------------------------------------------ */

static void wait_for_events(GclkStream *stream)
{
	const gboolean out = stream->rest_length > 0 ||
			     (stream->kind == GCLK_STREAM_SOCKET && !stream->connected);
	GIOCondition condition = out && stream->watch < 0 ? G_IO_IN | G_IO_OUT : G_IO_IN;
	int fd = stream->watch < 0 ? stream->fd : stream->watch;

	if (stream->tag)
		g_source_modify_unix_fd(&stream->source, stream->tag, condition);
	else
		stream->tag = g_source_add_unix_fd(&stream->source, fd, condition);
}

static void wait_for_nothing(GclkStream *stream)
{
	if (stream->tag)
		g_source_remove_unix_fd(&stream->source, stream->tag);
	stream->tag = NULL;
}

/* --- what has happened ------------------------------------------------------------------------ */

static void fail(GclkStream *stream, int error)
{
	wait_for_nothing(stream);
	stream->connected = FALSE;
	stream->rest_length = 0;
	stream->events->failed(stream->user, error);
}

static void set_connected(GclkStream *stream, gboolean connected)
{
	if (stream->connected == connected)
		return;
	stream->connected = connected;
	stream->rest_length = 0;
	stream->events->connected(stream->user, connected);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Nobody is at the other end of a port. */
static void hang_up(GclkStream *stream, gint64 drop_at)
{
	stream->drop_at = drop_at;
	if (stream->watch < 0) {
		/* asleep, since it would hang up in every turn */
		wait_for_nothing(stream);
		stream->drop_at = g_get_monotonic_time() + LOOK_AGAIN_US;
	}
	if (stream->drop_at > 0)
		g_source_set_ready_time(&stream->source, stream->drop_at);
	set_connected(stream, FALSE);
}

/* A read that gave nothing. EIO is a terminal's word for a hang-up. */
static void read_nothing(GclkStream *stream, int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		set_connected(stream, TRUE);
	else if (stream->kind == GCLK_STREAM_PORT && (error == 0 || error == EIO))
		hang_up(stream, 0);
	else
		fail(stream, error);
}

/* The errno of a read, 0 at the end. */
static ssize_t read_piece(const GclkStream *stream, guint8 data[PIECE_MAX], int *error)
{
	ssize_t n;

	do
		n = read(stream->fd, data, PIECE_MAX);
	while (n < 0 && errno == EINTR);
	*error = n < 0 ? errno : 0;
	return n;
}

static void read_pieces(GclkStream *stream)
{
	guint8 data[PIECE_MAX];
	GclkClockPair arrival;
	int error;

	for (guint i = 0; i < PIECES_MAX; i++) {
		ssize_t n = read_piece(stream, data, &error);

		if (n <= 0) {
			read_nothing(stream, error);
			return;
		}
		stream->posix->base.read_pair(&stream->posix->base, &arrival);
		set_connected(stream, TRUE);
		if (!closed(stream))
			stream->events->received(stream->user, data, (gsize)n, &arrival);
		if (closed(stream))
			return;
	}
	if (stream->watch >= 0)
		gclk_channel_watch_again(stream->watch, stream->fd);
}

/* FALSE: there may be more. */
static gboolean drop_pieces(const GclkStream *stream)
{
	guint8 data[PIECE_MAX];
	int error;

	for (guint i = 0; i < PIECES_MAX; i++)
		if (read_piece(stream, data, &error) <= 0)
			return TRUE;
	return FALSE;
}

/* The other end of a port is closed, or the port is gone altogether, which a read of nothing
   tells. */
static void serve_hang_up(GclkStream *stream)
{
	const gint64 now = g_get_monotonic_time();
	gint64 drop_at = stream->drop_at;
	guint8 nothing;

	if (read(stream->fd, &nothing, 0) < 0 && errno != EIO && errno != EAGAIN &&
		errno != EINTR) {
		fail(stream, errno);
		return;
	}
	if (drop_at == 0)
		drop_at = now + DROP_AFTER_US;
	else if (now >= drop_at)
		drop_at = drop_pieces(stream) ? 0 : now + DROP_AFTER_US;
	hang_up(stream, drop_at);
}

/* --- writing ---------------------------------------------------------------------------------- */

static ssize_t write_some(const GclkStream *stream, const guint8 *data, gsize length)
{
	ssize_t n;

	do
		n = stream->kind == GCLK_STREAM_SOCKET
			    ? send(stream->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL)
			    : write(stream->fd, data, length);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Errors show when it is read. */
static void write_rest(GclkStream *stream)
{
	ssize_t n =
		stream->rest_length > 0 ? write_some(stream, stream->rest, stream->rest_length) : 0;

	if (n <= 0)
		return;
	stream->rest_length -= (gsize)n;
	memmove(stream->rest, stream->rest + n, stream->rest_length);
	if (stream->rest_length == 0 && stream->tag)
		wait_for_events(stream);
}

static gboolean refuse(GError **error, int errnum)
{
	gclk_posix_error(error, errnum, "cannot send to the host");
	return FALSE;
}

gboolean gclk_posix_stream_send(GclkPlatform *platform, GclkStream *stream, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error)
{
	GclkClockPair ignored;
	ssize_t n;

	if (length > SEND_MAX)
		return refuse(error, EMSGSIZE);
	if (!stream->connected || stream->rest_length > 0)
		return refuse(error, EAGAIN);
	platform->read_pair(platform, departure ? departure : &ignored);
	n = write_some(stream, data, length);
	if (n < 0)
		return refuse(error, errno);
	/* half a frame on the wire would swallow the next: the rest of it goes first */
	stream->rest_length = length - (gsize)n;
	if (stream->rest_length > 0) {
		memcpy(stream->rest, data + n, stream->rest_length);
		wait_for_events(stream);
	}
	return TRUE;
}

/* --- the loop --------------------------------------------------------------------------------- */

static short look(const GclkStream *stream)
{
	struct pollfd now = { .fd = stream->fd, .events = POLLIN | POLLOUT };

	return poll(&now, 1, 0) < 0 ? 0 : now.revents;
}

static int connect_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ? errno : error;
}

/* FALSE: not yet connected. */
static gboolean connect_socket(GclkStream *stream, short state)
{
	int error;

	if (stream->connected)
		return TRUE;
	if (!(state & (POLLOUT | POLLERR | POLLHUP)))
		return FALSE;
	error = connect_error(stream->fd);
	if (error) {
		fail(stream, error);
		return FALSE;
	}
	stream->connected = TRUE;
	wait_for_events(stream);
	stream->events->connected(stream->user, TRUE);
	return !closed(stream) && stream->connected;
}

static void serve_port(GclkStream *stream, short state)
{
	if (state & (POLLHUP | POLLERR | POLLNVAL)) {
		serve_hang_up(stream);
		return;
	}
	stream->drop_at = 0;
	if (!stream->tag)
		wait_for_events(stream);
	write_rest(stream);
	read_pieces(stream);
}

/* Nothing after a callback that may have closed the stream. The loop keeps it in memory so long. */
static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	GclkStream *stream = (GclkStream *)source;
	short state;

	(void)callback;
	(void)user;
	g_source_set_ready_time(source, -1);
	if (stream->watch >= 0)
		gclk_channel_watch_clear(stream->watch);
	state = look(stream);
	if (stream->kind == GCLK_STREAM_PORT) {
		serve_port(stream, state);
	} else if (connect_socket(stream, state)) {
		write_rest(stream);
		read_pieces(stream);
	}
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = { .dispatch = dispatch };

/* --- life ------------------------------------------------------------------------------------- */

GclkStream *gclk_posix_stream_new(GclkPosix *posix, int fd, GclkStreamKind kind,
	int (*watch)(int fd), const GclkStreamEvents *events, gpointer user)
{
	GclkStream *stream = (GclkStream *)g_source_new(&functions, sizeof(GclkStream));

	stream->posix = posix;
	stream->kind = kind;
	stream->fd = fd;
	stream->watch = watch ? watch(fd) : -1;
	stream->events = events;
	stream->user = user;
	wait_for_events(stream);
	/* what is so from the beginning is told by the loop */
	g_source_set_ready_time(&stream->source, 0);
	g_source_attach(&stream->source, posix->context);
	return stream;
}

static void set_busy_error(GError **error, const char *channel)
{
	g_autofree char *device = gclk_channel_find_port(gclk_channel_parse(channel).name);

	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		"%s: another program has this port open (\"fuser %s\" tells which)", channel,
		device ? device : "DEVICE");
}

static void set_open_error(GError **error, const char *channel, int errnum)
{
	if (errnum == EBUSY)
		set_busy_error(error, channel);
	else if (errnum == EINVAL)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", channel,
			gclk_channel_parse(channel).problem);
	else
		gclk_posix_error(error, errnum, "%s", channel);
}

GclkStream *gclk_posix_stream_open(GclkPlatform *platform, const char *channel,
	const GclkStreamEvents *events, gpointer user, GError **error)
{
	GclkPosix *posix = (GclkPosix *)platform;
	const gboolean port = gclk_channel_parse(channel).kind == GCLK_CHANNEL_PORT;
	int fd = gclk_posix_open(posix, channel, GCLK_ACCESS_CHANNEL);

	if (fd < 0) {
		set_open_error(error, channel, -fd);
		return NULL;
	}
	return gclk_posix_stream_new(posix, fd, port ? GCLK_STREAM_PORT : GCLK_STREAM_SOCKET,
		port ? gclk_channel_watch_open : NULL, events, user);
}

void gclk_posix_stream_close(GclkPlatform *platform, GclkStream *stream)
{
	(void)platform;
	if (!stream)
		return;
	g_source_destroy(&stream->source);
	if (stream->watch >= 0)
		close(stream->watch);
	close(stream->fd);
	g_source_unref(&stream->source);
}
