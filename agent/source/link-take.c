/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes over the link: answers, the host's questions, its news, and what is none of these. */
#include "source/link-private.h"

/* A frame while it is looked at. */
typedef struct {
	GclkLink *link;
	const GclkClockPair *arrival;
} Arrival;

/* --- answers ---------------------------------------------------------------------------------- */

static void describe(GclkLink *self, const GclkLinkPacket *packet)
{
	GclkSourceDetail *detail = &self->base.detail;
	gboolean local = self->reply.local_clock ||
			 (packet->has_host && packet->host.protocol == GCLK_PROTOCOL_LOCAL);

	detail->stratum = packet->header.stratum;
	detail->root_delay = packet->header.root_delay;
	detail->root_dispersion = packet->header.root_dispersion;
	detail->note =
		local && self->reply.unfit == GCLK_NTP_GOOD ? GCLK_NTP_LOCAL_CLOCK_NOTE : NULL;
	g_strlcpy(detail->identity,
		gclk_link_host_identity(packet->has_host ? &packet->host : NULL),
		sizeof detail->identity);
	detail->replies++;
	self->has_host = packet->has_host;
	self->host = packet->host;
	/* nobody is never off: whoever says so has not looked */
	if (self->host.bound == 0)
		self->host.bound = GCLK_BOUND_UNKNOWN;
}

/* The header's root distance is the longest there is (MAXDISP) where the host has no bound to tell.
 */
static gboolean header_knows(const GclkNtpHeader *header)
{
	return header->root_delay / 2 + header->root_dispersion < GCLK_NTP_MAXDISP;
}

/* How far the host may be off: its own word counts before the header. Where it has none, what is
   configured stands in, unless the header knows of more. */
static void judge_bound(GclkLink *self, GclkSample *sample)
{
	gint64 header = sample->reference_bound;

	sample->reference_bound = self->host.bound;
	if (self->host.bound != GCLK_BOUND_UNKNOWN)
		return;
	sample->flags |= GCLK_SAMPLE_ASSUMED;
	sample->reference_bound = self->settings.assumed_error;
	if (header_knows(&self->reply.header))
		sample->reference_bound = MAX(header, self->settings.assumed_error);
}

/* What the host states of its clock, and how much of that may be believed. */
static void judge(GclkLink *self, GclkSample *sample)
{
	GclkNtpReply *reply = &self->reply;
	gboolean knows = reply->unfit == GCLK_NTP_GOOD || reply->unfit == GCLK_NTP_ROOT_DISTANCE;

	if (knows && self->has_host)
		judge_bound(self, sample);
	else if (!knows)
		/* Who does not know the time does not know by its header how far it is off. */
		sample->reference_bound = self->has_host ? self->host.bound : GCLK_BOUND_UNKNOWN;
	self->distance = gclk_sample_bound(sample);
	if (knows)
		reply->unfit = self->distance > self->settings.max_distance ? GCLK_NTP_ROOT_DISTANCE
									    : GCLK_NTP_GOOD;
	if (reply->unfit != GCLK_NTP_GOOD)
		sample->flags |= GCLK_SAMPLE_RATE_ONLY;
}

static void take_disruption(GclkLink *self, const char *what)
{
	gclk_link_begin_again(self);
	gclk_source_disrupted(&self->base, what);
}

static void take_answer(GclkLink *self, const GclkLinkPacket *packet, const GclkDatagram *datagram)
{
	GclkSample sample = { 0 };
	GclkNtpReply reply;
	const char *what;

	gclk_ntp_exchange_take(&self->exchange, self->base.platform, datagram, &reply, &sample);
	self->drops[reply.verdict].count++;
	if (gclk_ntp_verdict_class(reply.verdict) == GCLK_NTP_CLASS_DROP) {
		self->late = self->late || reply.verdict == GCLK_NTP_LATE;
		return;
	}
	self->look = GCLK_LINK_LOOK_FIRST;
	self->reply = reply;
	self->heard = datagram->arrival.raw;
	describe(self, packet);
	what = packet->has_host ? gclk_link_news_count(&self->news, packet->host.disruptions,
					  gclk_link_now(self))
				: NULL;
	if (what) {
		take_disruption(self, what);
		return;
	}
	if (reply.verdict == GCLK_NTP_GOOD)
		judge(self, &sample);
	gclk_link_round_answered(&self->round, reply.verdict == GCLK_NTP_GOOD ? &sample : NULL);
	gclk_link_proceed(self);
}

/* --- questions and news ----------------------------------------------------------------------- */

static void answer(GclkLink *self, const GclkLinkPacket *packet, const GclkClockPair *arrival)
{
	static const guint drops[] = {
		[GCLK_LINK_SERVE_SENT] = GCLK_NTP_GOOD,
		[GCLK_LINK_SERVE_NOT_ASKED] = GCLK_NTP_MALFORMED,
		[GCLK_LINK_SERVE_TOO_OFTEN] = GCLK_LINK_DROP_FLOOD,
		[GCLK_LINK_SERVE_UNSENT] = GCLK_LINK_DROP_UNSENT,
	};
	g_autoptr(GError) error = NULL;
	GclkLinkServeResult result = gclk_link_serve(&self->serve, self->base.platform,
		self->stream, &self->settings, &packet->header, arrival, &error);

	self->drops[drops[result]].count++;
}

/* An event proves neither its age nor its sender, so what it claims of the clock is not passed
   on. */
static void take_event(GclkLink *self, const GclkLinkPacket *packet)
{
	const char *what;

	if (!gclk_link_news_event(&self->news, packet, gclk_link_now(self), &what)) {
		self->drops[GCLK_LINK_DROP_EVENT].count++;
		return;
	}
	if (what) {
		take_disruption(self, what);
		return;
	}
	gclk_link_begin_again(self);
	if (packet->has_event && packet->event == GCLK_LINK_EVENT_HOST_CLOCK)
		gclk_source_reference_jumped(&self->base);
}

/* Whoever speaks while we have given up on answers may answer now. */
static void notice_life(GclkLink *self)
{
	if (self->round.silent == 0 || self->round.running)
		return;
	if (gclk_link_now(self) - self->round.began >= GCLK_LINK_ROUND_PATIENCE)
		gclk_link_set_timer(self, 0, gclk_link_begin_round);
}

static void drop_foreign(GclkLink *self, const guint8 *payload)
{
	GclkNtpHeader header;

	gclk_ntp_header_decode(payload, &header);
	if (header.version != GCLK_NTP_VERSION)
		self->drops[GCLK_NTP_VERSION_UNKNOWN].count++;
	else if (header.mode < GCLK_NTP_MODE_CLIENT || header.mode > GCLK_NTP_MODE_BROADCAST)
		self->drops[GCLK_NTP_MODE_WRONG].count++;
	else
		self->drops[GCLK_NTP_MALFORMED].count++;
}

static gboolean take_packet(gpointer user, const guint8 *payload, gsize length)
{
	const Arrival *arrival = user;
	GclkLink *self = arrival->link;
	const GclkDatagram datagram = {
		.data = payload,
		.length = length,
		.arrival = *arrival->arrival,
	};
	GclkLinkPacket packet;

	if (!gclk_link_packet_decode(payload, length, &packet)) {
		drop_foreign(self, payload);
		return TRUE;
	}
	if (packet.header.mode == GCLK_NTP_MODE_SERVER) {
		take_answer(self, &packet, &datagram);
	} else {
		notice_life(self);
		if (packet.header.mode == GCLK_NTP_MODE_CLIENT)
			answer(self, &packet, arrival->arrival);
		else
			take_event(self, &packet);
	}
	return self->stream != NULL;
}

void gclk_link_take(GclkLink *self, const guint8 *data, gsize length, const GclkClockPair *arrival)
{
	Arrival of = { self, arrival };

	gclk_link_reader_feed(&self->reader, data, length, take_packet, &of);
}
