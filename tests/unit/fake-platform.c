/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake-platform.h"

#include <stdarg.h>
#include <string.h>

typedef struct {
	guint id;
	gint64 due;
	GclkTimerFunc func;
	gpointer user;
} Timer;

struct GclkSocket {
	GclkAddress peer;
	gsize number;
	gboolean open;
	const GclkSocketEvents *events;
	gpointer user;
	gint64 departure;
};

struct GclkStream {
	const GclkStreamEvents *events;
	gpointer user;
};

static GclkFake *fake_of(GclkPlatform *platform)
{
	return (GclkFake *)platform;
}

/* --- clocks ----------------------------------------------------------------------------------- */

static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	const GclkFake *fake = fake_of(platform);

	out->real = fake->now + fake->real;
	out->raw = GCLK_FAKE_RAW + fake->now;
	out->width = fake->width;
}

static gint64 boottime(GclkPlatform *platform)
{
	return GCLK_FAKE_RAW + fake_of(platform)->now;
}

void gclk_fake_step(GclkFake *fake, gint64 delta)
{
	fake->real += delta;
}

/* --- timers ----------------------------------------------------------------------------------- */

static guint timer_start(GclkPlatform *platform, gint64 delay, GclkTimerFunc func, gpointer user)
{
	GclkFake *fake = fake_of(platform);
	const Timer timer = {
		.id = ++fake->last_id,
		.due = fake->now + MAX(delay, 0),
		.func = func,
		.user = user,
	};

	g_array_append_val(fake->timers, timer);
	return timer.id;
}

static void timer_stop(GclkPlatform *platform, guint id)
{
	GclkFake *fake = fake_of(platform);

	for (guint i = 0; i < fake->timers->len; i++) {
		if (g_array_index(fake->timers, Timer, i).id == id) {
			g_array_remove_index(fake->timers, i);
			return;
		}
	}
}

/* Index of the timer that is due first, of equal ones the older; -1: none. */
static gint first_timer(const GclkFake *fake)
{
	gint first = -1;

	for (guint i = 0; i < fake->timers->len; i++)
		if (first < 0 || g_array_index(fake->timers, Timer, i).due <
					 g_array_index(fake->timers, Timer, (guint)first).due)
			first = (gint)i;
	return first;
}

gint64 gclk_fake_next_timer(const GclkFake *fake)
{
	gint first = first_timer(fake);

	return first < 0 ? -1 : g_array_index(fake->timers, Timer, (guint)first).due - fake->now;
}

gboolean gclk_fake_pass_timer(GclkFake *fake)
{
	gint first = first_timer(fake);
	Timer timer;

	if (first < 0)
		return FALSE;
	timer = g_array_index(fake->timers, Timer, (guint)first);
	g_array_remove_index(fake->timers, (guint)first);
	fake->now = MAX(fake->now, timer.due);
	timer.func(timer.user);
	return TRUE;
}

void gclk_fake_pass(GclkFake *fake, gint64 ns)
{
	gint64 end = fake->now + ns;
	gint64 next = gclk_fake_next_timer(fake);

	while (next >= 0 && fake->now + next <= end) {
		gclk_fake_pass_timer(fake);
		next = gclk_fake_next_timer(fake);
	}
	fake->now = end;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static GclkSocket *udp_open(GclkPlatform *platform, const GclkAddress *peer,
	const GclkSocketEvents *events, gpointer user, GError **error)
{
	GclkFake *fake = fake_of(platform);
	GclkSocket *socket;

	if (fake->open_error) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "fake: %s",
			g_strerror(fake->open_error));
		return NULL;
	}
	socket = g_new0(GclkSocket, 1);
	socket->peer = *peer;
	socket->number = fake->sockets->len;
	socket->open = TRUE;
	socket->events = events;
	socket->user = user;
	g_ptr_array_add(fake->sockets, socket);
	fake->open++;
	return socket;
}

static gboolean udp_send(GclkPlatform *platform, GclkSocket *socket, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error)
{
	GclkFake *fake = fake_of(platform);
	GclkFakePacket packet = { .peer = socket->peer, .socket = socket->number };

	g_assert_true(socket->open && length <= sizeof(packet.data));
	if (fake->send_error) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "fake: %s",
			g_strerror(fake->send_error));
		return FALSE;
	}
	read_pair(platform, departure);
	packet.at = *departure;
	packet.length = length;
	memcpy(packet.data, data, length);
	g_array_append_val(fake->sent, packet);
	socket->departure = departure->real;
	return TRUE;
}

static gboolean udp_local(GclkPlatform *platform, GclkSocket *socket, GclkAddress *out)
{
	(void)socket;
	return gclk_address_parse(fake_of(platform)->local, 0, out);
}

static void udp_close(GclkPlatform *platform, GclkSocket *socket)
{
	if (!socket)
		return;
	g_assert_true(socket->open);
	socket->open = FALSE;
	fake_of(platform)->open--;
}

guint gclk_fake_sent(const GclkFake *fake)
{
	return fake->sent->len;
}

const GclkFakePacket *gclk_fake_packet(const GclkFake *fake, guint from_last)
{
	g_assert_true(from_last < fake->sent->len);
	return &g_array_index(fake->sent, GclkFakePacket, fake->sent->len - 1 - from_last);
}

gboolean gclk_fake_deliver(GclkFake *fake, const GclkFakePacket *packet, const guint8 *data,
	gsize length, gboolean truncated)
{
	GclkSocket *socket = g_ptr_array_index(fake->sockets, packet->socket);
	g_autofree guint8 *copy = g_memdup2(data, length);
	GclkDatagram datagram = {
		.data = copy,
		.length = length,
		.truncated = truncated,
		.kernel_stamp = fake->arrival_stamp,
		.departure = socket->departure + MAX(fake->departure_stamp, 0),
		.departure_kernel_stamp = fake->departure_stamp >= 0,
	};

	if (!socket->open)
		return FALSE;
	read_pair(&fake->platform, &datagram.arrival);
	socket->events->received(socket->user, &datagram);
	return TRUE;
}

gboolean gclk_fake_fail(GclkFake *fake, const GclkFakePacket *packet, gint error)
{
	GclkSocket *socket = g_ptr_array_index(fake->sockets, packet->socket);

	if (!socket->open)
		return FALSE;
	socket->events->failed(socket->user, error);
	return TRUE;
}

/* --- streams ---------------------------------------------------------------------------------- */

static GclkStream *stream_open(GclkPlatform *platform, const char *channel,
	const GclkStreamEvents *events, gpointer user, GError **error)
{
	GclkFake *fake = fake_of(platform);
	GclkStream *stream;

	g_assert_null(fake->stream);
	fake->stream_opens++;
	g_free(fake->channel);
	fake->channel = g_strdup(channel);
	if (fake->stream_error) {
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fake->stream_error),
			"%s: fake: %s", channel, g_strerror(fake->stream_error));
		return NULL;
	}
	stream = g_new0(GclkStream, 1);
	stream->events = events;
	stream->user = user;
	fake->stream = stream;
	return stream;
}

static gboolean stream_send(GclkPlatform *platform, GclkStream *stream, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error)
{
	GclkFake *fake = fake_of(platform);
	GclkFakeWrite written = { .length = length };

	g_assert_true(stream == fake->stream && length <= sizeof(written.data));
	if (fake->stream_send_error) {
		g_set_error(error, G_FILE_ERROR,
			(gint)g_file_error_from_errno(fake->stream_send_error), "fake: %s",
			g_strerror(fake->stream_send_error));
		return FALSE;
	}
	read_pair(platform, &written.at);
	if (departure)
		*departure = written.at;
	memcpy(written.data, data, length);
	g_array_append_val(fake->written, written);
	return TRUE;
}

static void stream_close(GclkPlatform *platform, GclkStream *stream)
{
	GclkFake *fake = fake_of(platform);

	if (!stream)
		return;
	g_assert_true(stream == fake->stream);
	g_clear_pointer(&fake->stream, g_free);
}

void gclk_fake_connect(GclkFake *fake, gboolean connected)
{
	g_assert_nonnull(fake->stream);
	fake->stream->events->connected(fake->stream->user, connected);
}

gboolean gclk_fake_feed(GclkFake *fake, const guint8 *data, gsize length)
{
	g_autofree guint8 *copy = g_memdup2(data, length);
	GclkClockPair arrival;

	if (!fake->stream)
		return FALSE;
	read_pair(&fake->platform, &arrival);
	fake->stream->events->received(fake->stream->user, copy, length, &arrival);
	return TRUE;
}

void gclk_fake_break(GclkFake *fake, gint error)
{
	g_assert_nonnull(fake->stream);
	fake->stream->events->failed(fake->stream->user, error);
}

const GclkFakeWrite *gclk_fake_written(const GclkFake *fake, guint from_last)
{
	g_assert_true(from_last < fake->written->len);
	return &g_array_index(fake->written, GclkFakeWrite, fake->written->len - 1 - from_last);
}

/* --- names ------------------------------------------------------------------------------------ */

static guint resolve(
	GclkPlatform *platform, const char *name, guint16 port, GclkResolveFunc func, gpointer user)
{
	GclkFake *fake = fake_of(platform);

	g_assert_cmpuint(fake->resolve_id, ==, 0);
	g_free(fake->resolve_name);
	fake->resolve_name = g_strdup(name);
	fake->resolve_port = port;
	fake->resolve_func = func;
	fake->resolve_user = user;
	fake->resolves++;
	fake->resolve_id = ++fake->last_id;
	return fake->resolve_id;
}

static void resolve_cancel(GclkPlatform *platform, guint id)
{
	GclkFake *fake = fake_of(platform);

	if (id == 0)
		return;
	g_assert_cmpuint(fake->resolve_id, ==, id);
	fake->resolve_id = 0;
	fake->cancels++;
}

void gclk_fake_resolve(GclkFake *fake, const char *reason, ...)
{
	GclkAddress addresses[16];
	const char *text;
	gsize n = 0;
	va_list arguments;

	g_assert_cmpuint(fake->resolve_id, !=, 0);
	va_start(arguments, reason);
	while ((text = va_arg(arguments, const char *)) != NULL)
		g_assert_true(gclk_address_parse(text, fake->resolve_port, &addresses[n++]));
	va_end(arguments);
	fake->resolve_id = 0;
	fake->resolve_func(fake->resolve_user, addresses, n, n ? NULL : reason);
}

static gboolean is_own_refid(GclkPlatform *platform, guint32 refid)
{
	const GclkFake *fake = fake_of(platform);

	return fake->own_refid != 0 && refid == fake->own_refid;
}

/* --- the rest --------------------------------------------------------------------------------- */

/* splitmix64: the same bytes in every run. */
static void fill_random(GclkPlatform *platform, gpointer bytes, gsize length)
{
	GclkFake *fake = fake_of(platform);

	for (gsize i = 0; i < length; i++) {
		guint64 z = fake->random += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
		((guint8 *)bytes)[i] = (guint8)(z >> 56);
	}
}

GclkFake *gclk_fake_new(void)
{
	GclkFake *fake = g_new0(GclkFake, 1);

	fake->platform = (GclkPlatform){
		.name = "fake",
		.read_pair = read_pair,
		.boottime = boottime,
		.timer_start = timer_start,
		.timer_stop = timer_stop,
		.udp_open = udp_open,
		.udp_send = udp_send,
		.udp_local = udp_local,
		.udp_close = udp_close,
		.stream_open = stream_open,
		.stream_send = stream_send,
		.stream_close = stream_close,
		.resolve = resolve,
		.resolve_cancel = resolve_cancel,
		.is_own_refid = is_own_refid,
		.random = fill_random,
	};
	fake->real = GCLK_FAKE_REAL;
	fake->width = 100;
	fake->departure_stamp = -1;
	fake->local = "198.51.100.7";
	fake->timers = g_array_new(FALSE, FALSE, sizeof(Timer));
	fake->written = g_array_new(FALSE, FALSE, sizeof(GclkFakeWrite));
	fake->sent = g_array_new(FALSE, FALSE, sizeof(GclkFakePacket));
	fake->sockets = g_ptr_array_new_with_free_func(g_free);
	return fake;
}

void gclk_fake_free(GclkFake *fake)
{
	g_array_unref(fake->timers);
	g_array_unref(fake->sent);
	g_array_unref(fake->written);
	g_free(fake->channel);
	g_ptr_array_unref(fake->sockets);
	g_free(fake->resolve_name);
	g_free(fake);
}
