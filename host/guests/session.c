/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/session.h"

/* After two questions without an answer there is nobody: one question an interval will do. */
#define SILENT 2
/* A guest that was disrupted heals within seconds: it is looked at again then. */
#define AGAIN (2 * GCLK_NS_PER_S)
/* REALTIME may be slewed against MONOTONIC_RAW (500 ppm of adjtimex(2), as much of adjtime(3));
   what differs by more was stepped, or its two readings are too far apart to tell. */
#define STEP_MIN          (100 * GCLK_NS_PER_US)
#define SLEW_MAX_FRACTION 500
/* About 60 ns: what reading the clock takes. */
#define PRECISION (-24)

static const GclkBucketSize request_size = { GCLK_NS_PER_S / GCLK_SESSION_REQUESTS,
	GCLK_SESSION_BURST };
static const GclkBucketSize byte_size = { GCLK_NS_PER_S / GCLK_SESSION_BYTES,
	GCLK_SESSION_BYTES_BURST };

/* --- what the host says of itself ------------------------------------------------------------- */

static void add_claim(const GclkSession *session, GclkLinkPacket *out)
{
	out->has_host = TRUE;
	out->host = session->host->clock.claim;
	out->host.disruptions = session->disruptions;
}

/* The header of a server; an unknown bound is the longest distance there is (RFC 5905, MAXDISP). */
static void add_clock(const GclkSession *session, GclkNtpHeader *out)
{
	const GclkServerClock *clock = &session->host->clock;
	gboolean good = clock->claim.synchronised;

	out->version = GCLK_NTP_VERSION;
	out->leap = good ? clock->claim.leap : GCLK_LEAP_UNSYNC;
	out->stratum = good ? clock->stratum : GCLK_NTP_STRATUM_MAX;
	out->refid = good ? clock->refid : 0;
	out->reference = good ? session->host->reference : 0;
	out->precision = PRECISION;
	out->root_dispersion = MIN(clock->claim.bound, GCLK_NTP_MAXDISP);
}

static gboolean send_packet(
	GclkSession *session, GclkSessionFrame kind, const GclkLinkPacket *packet, GclkStamp *sent)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);
	gboolean done = session->host->port.send(session->user, kind, frame, length, sent);

	if (!done)
		session->guest.refused++;
	return done;
}

/* --- the guest's questions -------------------------------------------------------------------- */

static void answer(GclkSession *session, const GclkLinkPacket *request, const GclkStamp *stamp)
{
	GclkLinkPacket out = { .has_guest = FALSE };
	GclkStamp sent;

	add_clock(session, &out.header);
	add_claim(session, &out);
	gclk_link_answer(&out, &request->header, gclk_ntp_time_from_ns(stamp->utc));
	if (send_packet(session, GCLK_SESSION_ANSWER, &out, &sent))
		session->guest.served++;
}

/* --- our questions ---------------------------------------------------------------------------- */

static gint64 random_below(const GclkSession *session, gint64 limit)
{
	guint64 number = session->host->port.random(session->user);

	return limit > 0 ? (gint64)(number % (guint64)limit) : 0;
}

static guint burst_size(const GclkSession *session)
{
	return session->guest.silent >= SILENT ? 1 : session->host->settings.burst;
}

static void drop_burst(GclkSession *session)
{
	session->nonce = 0;
	session->left = 0;
	session->has_best = FALSE;
}

/* The least round trip of the burst is what counts. */
static void end_burst(GclkSession *session, gint64 now)
{
	gint64 interval = session->host->settings.interval;
	GclkServerGuest *guest = &session->guest;

	if (session->has_best) {
		guest->has_offset = TRUE;
		guest->offset = session->best_offset;
		guest->uncertainty = session->best_uncertainty;
		guest->measured = now;
	}
	drop_burst(session);
	session->news = TRUE;
	if (session->again)
		interval = MIN(interval, AGAIN);
	session->again = FALSE;
	/* Guests that came together shall not be asked together for ever. */
	session->due = now + interval - interval / 10 + random_below(session, interval / 5);
}

/* log2 s of the interval between two bursts. */
static gint poll_of(const GclkSession *session)
{
	gint64 seconds = session->host->settings.interval / GCLK_NS_PER_S;

	return (gint)g_bit_storage((gulong)MAX(seconds, 1)) - 1;
}

static void ask(GclkSession *session, gint64 now)
{
	GclkLinkPacket out;
	guint64 nonce;

	do
		nonce = session->host->port.random(session->user);
	while (nonce == 0);
	gclk_link_request(&out, nonce, poll_of(session));
	add_claim(session, &out);
	session->left--;
	if (!send_packet(session, GCLK_SESSION_QUESTION, &out, &session->asked)) {
		session->guest.silent++;
		end_burst(session, now);
		return;
	}
	session->nonce = nonce;
	session->guest.questions++;
}

/* After an answer, or when one did not come. */
static void go_on(GclkSession *session, gint64 now)
{
	session->nonce = 0;
	if (session->left > 0 && session->guest.silent < SILENT)
		ask(session, now);
	else
		end_burst(session, now);
}

static gboolean was_stepped(gint64 utc_elapsed, gint64 raw_elapsed)
{
	return ABS(utc_elapsed - raw_elapsed) > STEP_MIN + raw_elapsed / SLEW_MAX_FRACTION;
}

/* RFC 5905 section 8, from the host's side. FALSE: it says nothing about the guest's clock. */
static gboolean measure(const GclkSession *session, const GclkNtpHeader *header,
	const GclkStamp *stamp, gint64 *offset, gint64 *uncertainty)
{
	guint64 sent = gclk_ntp_time_from_ns(session->asked.utc);
	guint64 arrived = gclk_ntp_time_from_ns(stamp->utc);
	gint64 utc_elapsed = stamp->utc - session->asked.utc;
	gint64 raw_elapsed = stamp->raw - session->asked.raw;
	gint64 held = gclk_ntp_time_diff(header->transmit, header->receive);
	gint64 there, back;

	if (header->receive == 0 || header->transmit == 0 || held < 0 || held > raw_elapsed ||
		raw_elapsed < 0 || was_stepped(utc_elapsed, raw_elapsed))
		return FALSE;
	there = gclk_ntp_time_diff(sent, header->receive);
	back = gclk_ntp_time_diff(arrived, header->transmit);
	*offset = there / 2 + back / 2;
	*uncertainty = (raw_elapsed - held) / 2 + ABS(utc_elapsed - raw_elapsed) + 1;
	return TRUE;
}

static void take_report(GclkSession *session, const GclkLinkPacket *packet, gint64 now)
{
	session->guest.seen = now;
	if (!packet->has_guest)
		return;
	session->guest.has_report = TRUE;
	session->guest.report = packet->guest;
	session->guest.reported = now;
	session->news = TRUE;
}

static void take_answer(GclkSession *session, const GclkLinkPacket *packet, const GclkStamp *stamp)
{
	gboolean back = session->guest.silent >= SILENT;
	gint64 offset, uncertainty;

	if (session->nonce == 0 || packet->header.origin != session->nonce) {
		session->guest.stale++;
		return;
	}
	session->guest.answers++;
	session->guest.silent = 0;
	take_report(session, packet, stamp->now);
	if (measure(session, &packet->header, stamp, &offset, &uncertainty) &&
		(!session->has_best || uncertainty < session->best_uncertainty)) {
		session->has_best = TRUE;
		session->best_offset = offset;
		session->best_uncertainty = uncertainty;
	}
	if (back)
		session->left = session->host->settings.burst - 1;
	go_on(session, stamp->now);
}

/* --- what comes in ---------------------------------------------------------------------------- */

typedef struct {
	GclkSession *session;
	const GclkStamp *stamp;
} Arrival;

static void take_request(GclkSession *session, const GclkLinkPacket *packet, const GclkStamp *stamp)
{
	if (!gclk_bucket_take(&session->requests, &request_size, stamp->now)) {
		session->guest.refused++;
		return;
	}
	answer(session, packet, stamp);
	take_report(session, packet, stamp->now);
	/* It did not answer for a while, and is here now. */
	if (session->guest.silent > 0 && session->nonce == 0)
		session->due = MIN(session->due, stamp->now);
}

static gboolean on_payload(gpointer user, const guint8 *payload, gsize length)
{
	const Arrival *arrival = user;
	GclkSession *session = arrival->session;
	GclkLinkPacket packet;

	if (!gclk_link_packet_decode(payload, length, &packet) ||
		packet.header.mode == GCLK_NTP_MODE_BROADCAST) {
		session->guest.noise += GCLK_LINK_HEADER_SIZE + length;
		return TRUE;
	}
	if (packet.header.mode == GCLK_NTP_MODE_SERVER) {
		take_answer(session, &packet, arrival->stamp);
		return TRUE;
	}
	take_request(session, &packet, arrival->stamp);
	return TRUE;
}

void gclk_session_take(
	GclkSession *session, const guint8 *bytes, gsize length, const GclkStamp *stamp)
{
	guint64 noise = session->reader.noise;
	Arrival arrival = { session, stamp };

	gclk_bucket_spend(&session->bytes, &byte_size, stamp->now, (gint64)length);
	session->paused = gclk_bucket_wait(&session->bytes, &byte_size, stamp->now, 0) > 0;
	gclk_link_reader_feed(&session->reader, bytes, length, on_payload, &arrival);
	session->guest.noise += session->reader.noise - noise;
	session->half_at = stamp->now + GCLK_LINK_PATIENCE;
}

/* --- time ------------------------------------------------------------------------------------- */

/* When is half of what it may send at once there again? */
static gint64 resume_at(const GclkSession *session)
{
	return session->bytes.full_at - byte_size.depth / 2 * byte_size.period;
}

void gclk_session_run(GclkSession *session, gint64 now)
{
	if (session->paused && now >= resume_at(session))
		session->paused = FALSE;
	if (gclk_link_reader_half(&session->reader) && now >= session->half_at)
		gclk_link_reader_cut(&session->reader);
	if (session->nonce != 0 && now >= session->asked.now + GCLK_SESSION_TIMEOUT) {
		session->guest.silent++;
		go_on(session, now);
	} else if (session->nonce == 0 && now >= session->due) {
		gclk_session_ask(session, now);
	}
}

gint64 gclk_session_deadline(const GclkSession *session)
{
	gint64 deadline =
		session->nonce != 0 ? session->asked.now + GCLK_SESSION_TIMEOUT : session->due;

	if (gclk_link_reader_half(&session->reader))
		deadline = MIN(deadline, session->half_at);
	if (session->paused)
		deadline = MIN(deadline, resume_at(session));
	return deadline;
}

/* --- what the host wants ---------------------------------------------------------------------- */

void gclk_session_init(GclkSession *session, const GclkSessionHost *host, gpointer user,
	guint32 disruptions, gint64 now, gint64 spread)
{
	*session = (GclkSession){
		.host = host,
		.user = user,
		.guest = { .opened = now },
		.disruptions = disruptions,
	};
	session->due = now + random_below(session, spread);
}

void gclk_session_ask(GclkSession *session, gint64 now)
{
	if (session->nonce != 0)
		return;
	session->left = burst_size(session);
	ask(session, now);
}

void gclk_session_tell(GclkSession *session, GclkLinkEvent event, gint64 now, gint64 spread)
{
	GclkLinkPacket out = {
		.header = { .mode = GCLK_NTP_MODE_BROADCAST },
		.has_event = TRUE,
		.event = event,
	};
	GclkStamp sent;

	add_clock(session, &out.header);
	add_claim(session, &out);
	send_packet(session, GCLK_SESSION_EVENT, &out, &sent);
	/* What was measured before tells nothing of the clocks as they are now. */
	drop_burst(session);
	session->guest.has_offset = FALSE;
	session->news = TRUE;
	session->again = TRUE;
	session->due = now + random_below(session, spread);
}

void gclk_session_event(GclkSession *session, GclkLinkEvent event, gint64 now, gint64 spread)
{
	if (gclk_link_event_disrupts(event))
		session->disruptions++;
	gclk_session_tell(session, event, now, spread);
}

gboolean gclk_session_news(GclkSession *session)
{
	gboolean news = session->news;

	session->news = FALSE;
	return news;
}
