/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

/* The kernel doubles it and counts its own book-keeping: some ten frames. */
#define SEND_BUFFER 4096

static gint64 read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (gint64)t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

gboolean gclk_stream_init(GclkStream *stream, int fd, GError **error)
{
	const int size = SEND_BUFFER;
	int type = 0, flags;
	socklen_t length = sizeof(type);

	*stream = (GclkStream){ .fd = fd };
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			"the channel is no stream socket");
		return FALSE;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
		return TRUE;
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "the channel: %s",
		g_strerror(errno));
	return FALSE;
}

gssize gclk_stream_read(GclkStream *stream, guint8 *bytes, gsize size, GclkStamp *stamp)
{
	gssize n = recv(stream->fd, bytes, size, MSG_DONTWAIT);

	stamp->utc = read_clock(CLOCK_REALTIME);
	stamp->raw = read_clock(CLOCK_MONOTONIC_RAW);
	stamp->now = read_clock(CLOCK_BOOTTIME);
	return n;
}

static gboolean is_passing(int code)
{
	return code == EAGAIN || code == EINTR || code == ENOBUFS;
}

static gssize write_some(GclkStream *stream, const guint8 *bytes, gsize length)
{
	gssize n = send(stream->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || is_passing(errno))
		return MAX(n, 0);
	stream->broken = TRUE;
	stream->error = errno;
	return 0;
}

gboolean gclk_stream_send(GclkStream *stream, GclkSessionFrame kind,
	guint8 frame[GCLK_LINK_FRAME_MAX], gsize length, GclkStamp *sent)
{
	gsize n;

	if (stream->broken || stream->rest_length > 0)
		return FALSE;
	sent->now = read_clock(CLOCK_BOOTTIME);
	sent->raw = read_clock(CLOCK_MONOTONIC_RAW);
	sent->utc = read_clock(CLOCK_REALTIME);
	if (kind != GCLK_SESSION_QUESTION)
		gclk_link_stamp(frame, gclk_ntp_time_from_ns(sent->utc));
	n = (gsize)write_some(stream, frame, length);
	if (n == 0)
		return FALSE;
	stream->rest_length = length - n;
	memcpy(stream->rest, frame + n, stream->rest_length);
	return TRUE;
}

void gclk_stream_flush(GclkStream *stream)
{
	gsize n;

	if (stream->broken || stream->rest_length == 0)
		return;
	n = (gsize)write_some(stream, stream->rest, stream->rest_length);
	stream->rest_length -= n;
	memmove(stream->rest, stream->rest + n, stream->rest_length);
}

gboolean gclk_stream_unread(const GclkStream *stream)
{
	int unread = 0;

	return ioctl(stream->fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}
