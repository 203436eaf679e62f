/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's end of the link with one guest that sends what it likes, when it likes, while the host
   has events and clocks of its own. The input is a list of moves, a byte each with what belongs to
   it. */
#include "fuzz.h"

#include <string.h>

#include "guests/session.h"

#define DAY (86400 * GCLK_NS_PER_S)

typedef struct {
	const uint8_t *data;
	size_t size;
} Input;

typedef struct {
	GclkSessionHost host;
	GclkSession session;
	GclkStamp stamp;
	gboolean full;
	guint64 random;
	GclkLinkPacket question; /* the last one */
	guint64 sent, first;     /* frames; the moment it began */
	gboolean may_measure;    /* an answer with the right nonce was sent */
} Bed;

static gboolean on_send(gpointer user, GclkSessionFrame kind, guint8 frame[GCLK_LINK_FRAME_MAX],
	gsize length, GclkStamp *sent)
{
	Bed *bed = user;
	GclkLinkPacket packet;

	g_assert_true(length <= GCLK_LINK_FRAME_MAX);
	g_assert_true(gclk_link_packet_decode(
		frame + GCLK_LINK_HEADER_SIZE, length - GCLK_LINK_HEADER_SIZE, &packet));
	*sent = bed->stamp;
	if (bed->full)
		return FALSE;
	bed->sent++;
	if (kind == GCLK_SESSION_QUESTION)
		bed->question = packet;
	return TRUE;
}

/* Out of reach of a guest: none of its bytes is a nonce by chance. */
static guint64 on_random(gpointer user)
{
	Bed *bed = user;

	bed->random = bed->random * G_GUINT64_CONSTANT(6364136223846793005) +
		      G_GUINT64_CONSTANT(1442695040888963407);
	return bed->random;
}

static guint8 next(Input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

static void turn(Bed *bed, gint64 ns)
{
	bed->stamp.utc += ns;
	bed->stamp.raw += ns;
	bed->stamp.now += ns;
}

static void feed(Bed *bed, Input *input)
{
	gsize wanted = (gsize)next(input) * 4;
	gsize length = MIN(wanted, input->size);
	/* A copy of its own size, for the sanitizers. */
	g_autofree guint8 *bytes = g_memdup2(input->data, length);

	input->data += length;
	input->size -= length;
	if (length > 0 && !bed->session.paused)
		gclk_session_take(&bed->session, bytes, length, &bed->stamp);
}

/* An answer with the right nonce and stamps of the fuzzer's choice. */
static void answer(Bed *bed, Input *input)
{
	GclkLinkPacket packet = { .header = { .stratum = 1 } };
	guint8 frame[GCLK_LINK_FRAME_MAX];
	guint64 there = gclk_ntp_time_from_ns(bed->stamp.utc) + ((guint64)next(input) << 56);

	turn(bed, next(input) * GCLK_NS_PER_MS);
	gclk_link_answer(&packet, &bed->question.header, there);
	packet.header.transmit = there + ((guint64)next(input) << (next(input) & 63));
	bed->may_measure = TRUE;
	if (!bed->session.paused)
		gclk_session_take(
			&bed->session, frame, gclk_link_packet_encode(&packet, frame), &bed->stamp);
}

static void move(Bed *bed, Input *input)
{
	switch (next(input) & 7) {
	case 0:
	case 1:
		feed(bed, input);
		break;
	case 2:
		answer(bed, input);
		break;
	case 3:
		turn(bed, (gint64)next(input) * next(input) * 10 * GCLK_NS_PER_MS);
		break;
	case 4:
		bed->stamp.utc += ((gint64)next(input) - 128) * DAY;
		break;
	case 5:
		gclk_session_event(&bed->session, next(input) % GCLK_LINK_EVENTS, bed->stamp.now,
			next(input) * GCLK_NS_PER_MS);
		break;
	case 6:
		bed->full = next(input) & 1;
		break;
	case 7:
		gclk_session_ask(&bed->session, bed->stamp.now);
		break;
	}
}

/* Runs what is due: it comes to rest, and its promises hold. */
static void settle(Bed *bed)
{
	const GclkServerGuest *guest = &bed->session.guest;
	guint runs = 0;

	while (gclk_session_deadline(&bed->session) <= bed->stamp.now) {
		gclk_session_run(&bed->session, bed->stamp.now);
		g_assert_true(++runs < 8);
	}
	gclk_session_news(&bed->session);
	g_assert_true(bed->session.reader.have <= GCLK_LINK_FRAME_MAX);
	g_assert_true(guest->answers <= guest->questions);
	g_assert_true(!guest->has_offset || bed->may_measure);
	g_assert_true(!guest->has_offset || guest->uncertainty > 0);
	g_assert_true(guest->measured <= bed->stamp.now && guest->seen <= bed->stamp.now);
	for (gsize i = 0; i < GCLK_LINK_NAME_MAX && guest->report.source[i]; i++)
		g_assert_true(g_ascii_isprint(guest->report.source[i]));
}

/* However much comes in, so much goes out at most. */
static void check_rate(const Bed *bed)
{
	guint64 seconds = (guint64)(bed->stamp.now / GCLK_NS_PER_S) - bed->first + 1;

	g_assert_true(
		bed->session.guest.served <= GCLK_SESSION_BURST + seconds * GCLK_SESSION_REQUESTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input input = { data, size };
	Bed bed = {
		.host = {
			.port = { on_send, on_random },
			.settings = { 10 * GCLK_NS_PER_S, 8 },
			.clock = { .claim = { .protocol = GCLK_PROTOCOL_PTP, .bound = 1000 } },
		},
		.stamp = { G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S, DAY, 2 * DAY },
		.random = 88172645463325252,
	};

	bed.first = (guint64)(bed.stamp.now / GCLK_NS_PER_S);
	gclk_session_init(&bed.session, &bed.host, &bed, 0, bed.stamp.now, GCLK_NS_PER_S);
	while (input.size > 0) {
		move(&bed, &input);
		settle(&bed);
	}
	check_rate(&bed);
	return 0;
}
