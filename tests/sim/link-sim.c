/* SPDX-License-Identifier: BSD-2-Clause */
/* The host at the other end of a simulated guest's link: it answers, and tells what happens. */
#include <string.h>

#include "platform-sim.h"

struct GclkStream {
	SimWorld *world;
	GclkPlatform *platform;
	const GclkStreamEvents *events;
	gpointer user;
	guint greeting;           /* event: the host's end is there */
	GclkLinkReader reader;    /* of the host */
	GPtrArray *under_way;     /* of Flight: forgotten when the stream closes */
	gint64 last_out, last_in; /* a stream keeps its order: when the last one arrives */
};

/* A frame on its way, either way. */
typedef struct {
	GclkStream *stream;
	guint event;
	gint64 due; /* true time of its arrival, which no stop of the guest delays */
	gsize length;
	guint8 frame[GCLK_LINK_FRAME_MAX];
} Flight;

/* --- the host's clock ------------------------------------------------------------------------- */

static gint64 clock_error(const SimHost *host, gint64 now)
{
	return host->offset + (gint64)((double)(now - host->since) * host->frequency_ppm * 1e-6);
}

gint64 sim_host_error(const SimWorld *world)
{
	return clock_error(&world->host, sim_now(world->vm));
}

void sim_host_rate(SimWorld *world, double frequency_ppm)
{
	world->host.offset = sim_host_error(world);
	world->host.since = sim_now(world->vm);
	world->host.frequency_ppm = frequency_ppm;
}

static void say(const SimHost *host, GclkLinkPacket *packet)
{
	packet->header.leap = host->synchronised ? host->leap : GCLK_LEAP_UNSYNC;
	packet->header.stratum = host->synchronised ? 2 : 16;
	packet->header.precision = -25;
	packet->header.root_dispersion =
		host->bound == GCLK_BOUND_UNKNOWN ? GCLK_NS_PER_MS : host->bound;
	packet->header.refid = gclk_ntp_refid("HOST");
	packet->has_host = !host->mute;
	packet->host = (GclkLinkHost){
		.protocol = host->protocol,
		.synchronised = host->synchronised,
		.leap = host->leap,
		.bound = host->synchronised ? host->bound : GCLK_BOUND_UNKNOWN,
		.disruptions = host->disruptions,
	};
}

/* --- frames on their way ---------------------------------------------------------------------- */

static void flight_free(gpointer data)
{
	Flight *flight = data;

	sim_cancel(flight->stream->world->vm, flight->event);
	g_free(flight);
}

static gint64 travel(const GclkStream *stream)
{
	const SimHost *host = &stream->world->host;

	return host->delay +
	       (gint64)((double)host->delay_noise * sim_exponential(stream->world->vm));
}

static void send_off(Flight *flight, SimFunc func, gint64 *last)
{
	SimVm *vm = flight->stream->world->vm;

	flight->due = *last = MAX(flight->due + travel(flight->stream), *last + 1);
	flight->event = sim_at(vm, flight->due - sim_now(vm), func, flight);
}

static Flight *flight_new(GclkStream *stream)
{
	Flight *flight = g_new0(Flight, 1);

	flight->stream = stream;
	flight->due = sim_now(stream->world->vm);
	g_ptr_array_add(stream->under_way, flight);
	return flight;
}

static void arrive(gpointer user)
{
	Flight *flight = user;
	GclkStream *stream = flight->stream;
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = flight->length;
	GclkClockPair arrival;

	memcpy(frame, flight->frame, length);
	g_ptr_array_remove_fast(stream->under_way, flight);
	stream->platform->read_pair(stream->platform, &arrival);
	stream->events->received(stream->user, frame, length, &arrival);
}

/* --- the host --------------------------------------------------------------------------------- */

/* What it makes of a request: the flight turns round. */
static gboolean answer(gpointer user, const guint8 *payload, gsize length)
{
	Flight *flight = user;
	SimWorld *world = flight->stream->world;
	gint64 leaps = sim_utc(world->vm) - sim_now(world->vm);
	guint64 stamp =
		gclk_ntp_time_from_ns(flight->due + leaps + clock_error(&world->host, flight->due));
	GclkLinkPacket request, reply = { 0 };

	if (!gclk_link_packet_decode(payload, length, &request) ||
		request.header.mode != GCLK_NTP_MODE_CLIENT)
		return TRUE;
	say(&world->host, &reply);
	reply.header.reference = stamp;
	gclk_link_answer(&reply, &request.header, stamp);
	flight->length = gclk_link_packet_encode(&reply, flight->frame);
	gclk_link_stamp(flight->frame, stamp);
	return TRUE;
}

static void reach_host(gpointer user)
{
	Flight *flight = user;
	GclkStream *stream = flight->stream;
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = flight->length;

	memcpy(frame, flight->frame, length);
	flight->length = 0;
	if (!stream->world->host.gone)
		gclk_link_reader_feed(&stream->reader, frame, length, answer, flight);
	if (flight->length)
		send_off(flight, arrive, &stream->last_in);
	else
		g_ptr_array_remove_fast(stream->under_way, flight);
}

void sim_host_tells(SimWorld *world, GclkLinkEvent event)
{
	GclkLinkPacket news = {
		.header = { .version = 4, .mode = GCLK_NTP_MODE_BROADCAST },
		.has_event = TRUE,
		.event = event,
	};
	Flight *flight;

	if (gclk_link_event_disrupts(event))
		world->host.disruptions++;
	if (!world->stream || world->host.gone || world->host.loses_news)
		return;
	say(&world->host, &news);
	flight = flight_new(world->stream);
	flight->length = gclk_link_packet_encode(&news, flight->frame);
	send_off(flight, arrive, &world->stream->last_in);
}

/* --- the guest's end -------------------------------------------------------------------------- */

static void greet(gpointer user)
{
	GclkStream *stream = user;

	stream->greeting = 0;
	stream->events->connected(stream->user, TRUE);
}

void sim_host_gone(SimWorld *world, gboolean gone)
{
	world->host.gone = gone;
	if (world->stream)
		world->stream->events->connected(world->stream->user, !gone);
}

static GclkStream *stream_open(GclkPlatform *platform, const char *channel,
	const GclkStreamEvents *events, gpointer user, GError **error)
{
	SimWorld *world = sim_platform_world(platform);
	GclkStream *stream;

	if (!world->has_link || world->stream || !g_str_equal(channel, SIM_CHANNEL)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such port", channel);
		return NULL;
	}
	stream = g_new0(GclkStream, 1);
	*stream = (GclkStream){ .world = world,
		.platform = platform,
		.events = events,
		.user = user,
		.under_way = g_ptr_array_new_with_free_func(flight_free) };
	if (!world->host.gone)
		stream->greeting = sim_at(world->vm, 0, greet, stream);
	world->stream = stream;
	return stream;
}

static gboolean stream_send(GclkPlatform *platform, GclkStream *stream, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error)
{
	GclkClockPair now;
	Flight *flight;

	(void)error;
	platform->read_pair(platform, &now);
	if (departure)
		*departure = now;
	g_return_val_if_fail(length <= GCLK_LINK_FRAME_MAX, FALSE);
	stream->world->packets++;
	flight = flight_new(stream);
	flight->length = length;
	memcpy(flight->frame, data, length);
	send_off(flight, reach_host, &stream->last_out);
	return TRUE;
}

static void stream_close(GclkPlatform *platform, GclkStream *stream)
{
	(void)platform;
	if (!stream)
		return;
	sim_cancel(stream->world->vm, stream->greeting);
	stream->world->stream = NULL;
	g_ptr_array_unref(stream->under_way);
	g_free(stream);
}

void sim_platform_add_streams(GclkPlatform *platform)
{
	platform->stream_open = stream_open;
	platform->stream_send = stream_send;
	platform->stream_close = stream_close;
}
