/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/link.h"

#include <string.h>

#include "harness.h"

/* Written by hand after doc/link.md. */
static const guint8 answer_of_a_host[] = {
	'G', 'C', 0x00, 0x4c,                           /* 76 bytes */
	0x24, 0x03, 0x04, 0xe9,                         /* leap 0, version 4, mode 4; -23 */
	0x00, 0x00, 0x80, 0x00,                         /* root delay 0.5 s */
	0x00, 0x01, 0x40, 0x00,                         /* root dispersion 1.25 s */
	0xc0, 0x00, 0x02, 0x07,                         /* 192.0.2.7 */
	0xec, 0xfe, 0x18, 0x80, 0x00, 0x00, 0x00, 0x00, /* reference */
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, /* origin: the nonce */
	0xec, 0xfe, 0x18, 0x90, 0x80, 0x00, 0x00, 0x00, /* receive */
	0xec, 0xfe, 0x18, 0x90, 0xc0, 0x00, 0x00, 0x01, /* transmit */
	0xf6, 0xc1, 0x00, 0x1c,                         /* the host's field, 28 bytes */
	0x01, 0x04, 0x03, 0x01,                         /* ptp, synchronised, fallback, leap 1 */
	0x00, 0x25, 0x00, 0x00,                         /* TAI - UTC = 37 s */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xe2, 0x40, /* 123456 ns */
	0x00, 0x00, 0x01, 0x02,                         /* 258 disruptions */
	0x00, 0x00, 0x00, 0x00,                         /* reserved */
};

static const guint8 answer_of_a_guest[] = {
	'G', 'C', 0x00, 0x84,                           /* 132 bytes */
	0xe4, 0x10, 0x00, 0x20,                         /* leap 3, version 4, mode 4, stratum 16 */
	0x00, 0x00, 0x00, 0x00,                         /* */
	0x00, 0x00, 0x00, 0x00,                         /* */
	0x00, 0x00, 0x00, 0x00,                         /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* */
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, /* origin */
	0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, /* receive: 1 s into an era */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* transmit: the end of one */
	0xf6, 0xc2, 0x00, 0x54,                         /* the guest's field, 84 bytes */
	0x01, 0x02, 0x01, 0x03,                         /* holdover, steers, NTP */
	0x00, 0x00, 0x00, 0x05,                         /* 5 steps */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, /* offset -2 ns */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* bound not known */
	0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, /* up for 2^32 + 2 s */
	'n', 't', 'p', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'n', 'e', 't', 0, /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,                               /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,                               /* */
	'1', '.', '2', '.', '3', 0, 0, 0,                                             /* version */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,                               /* */
};

static const guint8 event_of_a_host[] = {
	'G', 'C', 0x00, 0x4c,                           /* 76 bytes */
	0x25, 0x03, 0x00, 0xe9,                         /* mode 5 */
	0x00, 0x00, 0x00, 0x00,                         /* */
	0x00, 0x00, 0x00, 0x00,                         /* */
	0x00, 0x00, 0x00, 0x00,                         /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* */
	0xec, 0xfe, 0x18, 0x90, 0xc0, 0x00, 0x00, 0x01, /* transmit */
	0xf6, 0xc3, 0x00, 0x1c,                         /* the event, 28 bytes */
	0x01, 0x03, 0x00, 0x00,                         /* migrated */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00, 0x00,                         /* */
};

/* Offsets of the fields' values in these frames. */
#define VALUE (GCLK_LINK_HEADER_SIZE + GCLK_NTP_HEADER_SIZE + 4)

static gboolean decode(const guint8 *frame, gsize size, GclkLinkPacket *out)
{
	return gclk_link_packet_decode(
		frame + GCLK_LINK_HEADER_SIZE, size - GCLK_LINK_HEADER_SIZE, out);
}

static void expect_same_bytes(const GclkLinkPacket *packet, const guint8 *frame, gsize size)
{
	guint8 again[GCLK_LINK_FRAME_MAX];

	memset(again, 0xee, sizeof(again));
	GCLK_ASSERT_INT(gclk_link_packet_encode(packet, again), size);
	GCLK_ASSERT_INT(memcmp(again, frame, size), 0);
}

static void test_host(void)
{
	GclkLinkPacket p;

	CU_ASSERT_TRUE_FATAL(decode(answer_of_a_host, sizeof(answer_of_a_host), &p));
	GCLK_ASSERT_INT(p.header.mode, GCLK_NTP_MODE_SERVER);
	GCLK_ASSERT_INT(p.header.stratum, 3);
	GCLK_ASSERT_INT(p.header.origin, G_GUINT64_CONSTANT(0x0123456789abcdef));
	CU_ASSERT_TRUE(p.has_host);
	CU_ASSERT_FALSE(p.has_guest);
	CU_ASSERT_FALSE(p.has_event);
	GCLK_ASSERT_INT(p.host.protocol, GCLK_PROTOCOL_PTP);
	CU_ASSERT_TRUE(p.host.synchronised);
	CU_ASSERT_TRUE(p.host.fallback);
	GCLK_ASSERT_INT(p.host.leap, GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(p.host.tai_offset, 37);
	GCLK_ASSERT_INT(p.host.bound, 123456);
	GCLK_ASSERT_INT(p.host.disruptions, 258);
	expect_same_bytes(&p, answer_of_a_host, sizeof(answer_of_a_host));
}

static void test_guest(void)
{
	GclkLinkPacket p;

	CU_ASSERT_TRUE_FATAL(decode(answer_of_a_guest, sizeof(answer_of_a_guest), &p));
	GCLK_ASSERT_INT(p.header.leap, GCLK_LEAP_UNSYNC);
	CU_ASSERT_TRUE(p.has_guest);
	CU_ASSERT_FALSE(p.has_host);
	GCLK_ASSERT_INT(p.guest.state, GCLK_STATE_HOLDOVER);
	CU_ASSERT_TRUE(p.guest.steers);
	GCLK_ASSERT_INT(p.guest.source_kind, GCLK_LINK_SOURCE_NTP);
	GCLK_ASSERT_INT(p.guest.steps, 5);
	GCLK_ASSERT_INT(p.guest.offset, -2);
	GCLK_ASSERT_INT(p.guest.bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(p.guest.uptime, G_GINT64_CONSTANT(4294967298));
	GCLK_ASSERT_STR(p.guest.source, "ntp.example.net");
	GCLK_ASSERT_STR(p.guest.version, "1.2.3");
	expect_same_bytes(&p, answer_of_a_guest, sizeof(answer_of_a_guest));
}

static void test_event(void)
{
	GclkLinkPacket p;

	CU_ASSERT_TRUE_FATAL(decode(event_of_a_host, sizeof(event_of_a_host), &p));
	GCLK_ASSERT_INT(p.header.mode, GCLK_NTP_MODE_BROADCAST);
	CU_ASSERT_TRUE(p.has_event);
	GCLK_ASSERT_INT(p.event, GCLK_LINK_EVENT_MIGRATED);
	expect_same_bytes(&p, event_of_a_host, sizeof(event_of_a_host));
}

/* Reads back what was written. */
static void there_and_back(const GclkLinkPacket *packet, GclkLinkPacket *out)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);

	CU_ASSERT_TRUE(length <= sizeof(frame));
	CU_ASSERT_TRUE(decode(frame, length, out));
}

static GclkLinkPacket full_packet(void)
{
	GclkLinkPacket p = { .has_host = TRUE, .has_guest = TRUE, .has_event = TRUE };

	p.header.version = GCLK_NTP_VERSION;
	p.header.mode = GCLK_NTP_MODE_SERVER;
	return p;
}

/* All three at once, with the largest values. */
static void test_largest(void)
{
	GclkLinkPacket p = full_packet(), q;

	p.host = (GclkLinkHost){ GCLK_PROTOCOL_PTP, TRUE, TRUE, GCLK_LEAP_DELETE,
		GCLK_BOUND_UNKNOWN - 1, 255, G_MAXUINT32 };
	p.guest = (GclkLinkGuest){ .state = GCLK_STATE_DISRUPTED,
		.steers = TRUE,
		.source_kind = GCLK_LINK_SOURCE_NTP,
		.offset = G_MININT64,
		.bound = GCLK_BOUND_UNKNOWN - 1,
		.steps = G_MAXUINT32,
		.uptime = G_MAXUINT64 };
	memset(p.guest.source, 'a', sizeof(p.guest.source) - 1);
	memset(p.guest.version, 'z', sizeof(p.guest.version) - 1);
	p.event = GCLK_LINK_EVENT_HOST_CLOCK;
	there_and_back(&p, &q);
	GCLK_ASSERT_INT(q.host.bound, GCLK_BOUND_UNKNOWN - 1);
	GCLK_ASSERT_INT(q.host.tai_offset, 255);
	GCLK_ASSERT_INT(q.host.leap, GCLK_LEAP_DELETE);
	GCLK_ASSERT_INT(q.host.disruptions, G_MAXUINT32);
	GCLK_ASSERT_INT(q.guest.offset, G_MININT64);
	GCLK_ASSERT_INT(q.guest.bound, GCLK_BOUND_UNKNOWN - 1);
	GCLK_ASSERT_INT(q.guest.steps, G_MAXUINT32);
	CU_ASSERT_EQUAL(q.guest.uptime, G_MAXUINT64);
	GCLK_ASSERT_INT(strlen(q.guest.source), GCLK_LINK_NAME_MAX - 1);
	GCLK_ASSERT_INT(strlen(q.guest.version), GCLK_LINK_TEXT_MAX - 1);
	GCLK_ASSERT_INT(q.event, GCLK_LINK_EVENT_HOST_CLOCK);
}

static void test_bounds(void)
{
	static const struct {
		gint64 written, read;
	} cases[] = {
		{ 0, 0 },
		{ 1, 1 },
		{ G_MAXINT64 - 1, G_MAXINT64 - 1 },
		{ GCLK_BOUND_UNKNOWN, GCLK_BOUND_UNKNOWN },
		{ -1, GCLK_BOUND_UNKNOWN }, /* no bound at all; never small */
		{ G_MININT64, GCLK_BOUND_UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkLinkPacket p = full_packet(), q;

		p.host.bound = p.guest.bound = cases[i].written;
		there_and_back(&p, &q);
		GCLK_ASSERT_INT(q.host.bound, cases[i].read);
		GCLK_ASSERT_INT(q.guest.bound, cases[i].read);
	}
}

/* Bounds that no gint64 holds. */
static void test_bounds_beyond(void)
{
	static const guint8 beyond[][8] = {
		{ 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 0x80, 0, 0, 0, 0, 0, 0, 0 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(beyond); i++) {
		guint8 frame[sizeof(answer_of_a_host)];
		GclkLinkPacket p;

		memcpy(frame, answer_of_a_host, sizeof(frame));
		memcpy(frame + VALUE + 8, beyond[i], 8);
		CU_ASSERT_TRUE(decode(frame, sizeof(frame), &p));
		GCLK_ASSERT_INT(p.host.bound, GCLK_BOUND_UNKNOWN);
	}
}

static void test_offsets(void)
{
	static const gint64 offsets[] = { 0, 1, -1, 1500000000, -1500000000, G_MAXINT64,
		G_MININT64 };

	for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
		GclkLinkPacket p = full_packet(), q;

		p.guest.offset = offsets[i];
		there_and_back(&p, &q);
		GCLK_ASSERT_INT(q.guest.offset, offsets[i]);
	}
}

/* What is written of values that cannot be. */
static void test_never_written(void)
{
	GclkLinkPacket p = full_packet(), q;

	p.host.leap = GCLK_LEAP_UNSYNC;
	p.host.tai_offset = -1;
	there_and_back(&p, &q);
	GCLK_ASSERT_INT(q.host.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(q.host.tai_offset, 0);
	p.host.tai_offset = 256;
	there_and_back(&p, &q);
	GCLK_ASSERT_INT(q.host.tai_offset, 0);
}

/* Numbers of a later implementation. */
static void test_out_of_range(void)
{
	guint8 host[sizeof(answer_of_a_host)], guest[sizeof(answer_of_a_guest)];
	guint8 event[sizeof(event_of_a_host)];
	GclkLinkPacket p;

	memcpy(host, answer_of_a_host, sizeof(host));
	host[VALUE + 1] = 5;
	host[VALUE + 2] = 0xfc; /* flags that nobody knows */
	host[VALUE + 3] = 3;
	host[VALUE + 4] = 1;
	CU_ASSERT_TRUE(decode(host, sizeof(host), &p));
	GCLK_ASSERT_INT(p.host.protocol, GCLK_PROTOCOL_UNKNOWN);
	CU_ASSERT_FALSE(p.host.synchronised);
	CU_ASSERT_FALSE(p.host.fallback);
	GCLK_ASSERT_INT(p.host.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(p.host.tai_offset, 0);

	memcpy(guest, answer_of_a_guest, sizeof(guest));
	guest[VALUE + 1] = GCLK_STATES;
	guest[VALUE + 2] = 0xfe;
	guest[VALUE + 3] = 4;
	CU_ASSERT_TRUE(decode(guest, sizeof(guest), &p));
	GCLK_ASSERT_INT(p.guest.state, GCLK_STATE_UNSYNCHRONISED);
	CU_ASSERT_FALSE(p.guest.steers);
	GCLK_ASSERT_INT(p.guest.source_kind, GCLK_LINK_SOURCE_NONE);

	memcpy(event, event_of_a_host, sizeof(event));
	event[VALUE + 1] = GCLK_LINK_EVENTS;
	CU_ASSERT_TRUE(decode(event, sizeof(event), &p));
	CU_ASSERT_TRUE(p.has_event);
	GCLK_ASSERT_INT(p.event, GCLK_LINK_EVENT_OTHER);
}

static void test_texts(void)
{
	static const char hostile[] = "a\x1b[2J\n\xc3\xa9\x7f\"\\ z";
	guint8 frame[sizeof(answer_of_a_guest)];
	GclkLinkPacket p = full_packet(), q;

	memcpy(p.guest.source, hostile, sizeof(hostile));
	there_and_back(&p, &q);
	GCLK_ASSERT_STR(q.guest.source, "a?[2J????\"\\ z");

	memcpy(frame, answer_of_a_guest, sizeof(frame));
	memcpy(frame + VALUE + 32, hostile, sizeof(hostile));
	memset(frame + VALUE + 64, 'v', 16); /* no end */
	CU_ASSERT_TRUE(decode(frame, sizeof(frame), &q));
	GCLK_ASSERT_STR(q.guest.source, "a?[2J????\"\\ z");
	GCLK_ASSERT_STR(q.guest.version, "vvvvvvvvvvvvvvv");

	memset(frame + VALUE + 32, 'n', 32);
	CU_ASSERT_TRUE(decode(frame, sizeof(frame), &q));
	GCLK_ASSERT_INT(strlen(q.guest.source), 31);
	memset(frame + VALUE + 32, 0, 32);
	CU_ASSERT_TRUE(decode(frame, sizeof(frame), &q));
	GCLK_ASSERT_STR(q.guest.source, "");
}

/* --- bad packets ------------------------------------------------------------------------------ */

static void test_header(void)
{
	guint8 frame[sizeof(answer_of_a_host)];
	GclkLinkPacket p;

	memcpy(frame, answer_of_a_host, sizeof(frame));
	for (guint mode = 0; mode < 8; mode++) {
		frame[4] = (guint8)(0x20 | mode);
		GCLK_ASSERT_INT(decode(frame, sizeof(frame), &p), mode >= 3 && mode <= 5);
	}
	for (guint version = 0; version < 8; version++) {
		frame[4] = (guint8)(version << 3 | GCLK_NTP_MODE_SERVER);
		GCLK_ASSERT_INT(decode(frame, sizeof(frame), &p), version == 4);
	}
	for (guint leap = 0; leap < 4; leap++) {
		frame[4] = (guint8)(leap << 6 | 0x24);
		CU_ASSERT_TRUE(decode(frame, sizeof(frame), &p));
		GCLK_ASSERT_INT(p.header.leap, leap);
	}
}

/* Every length but the whole one: the header alone is a packet, too. */
static void test_cut_short(void)
{
	for (gsize length = 0; length < sizeof(answer_of_a_guest) - 4; length++) {
		/* on the heap, where the memory checker sees a reader that goes too far */
		g_autofree guint8 *payload =
			length ? g_memdup2(answer_of_a_guest + 4, length) : NULL;
		GclkLinkPacket p;
		gboolean good = gclk_link_packet_decode(payload, length, &p);

		/* 20 and 24 bytes behind the header look like a MAC, 4 like none of our business */
		if (length == 48 || length == 68 || length == 72)
			CU_ASSERT_TRUE(good && !p.has_guest)
		else
			CU_ASSERT_FALSE(good);
	}
}

static void test_too_long(void)
{
	g_autofree guint8 *payload = g_malloc0(GCLK_NTP_PACKET_MAX);
	GclkLinkPacket p;

	memcpy(payload, answer_of_a_host + 4, 48);
	for (gsize at = 48; at < GCLK_NTP_PACKET_MAX; at += 104) {
		payload[at] = 0xf0;
		payload[at + 3] = 104;
	}
	CU_ASSERT_TRUE(gclk_link_packet_decode(payload, 48 + 2 * 104, &p));
	CU_ASSERT_FALSE(gclk_link_packet_decode(payload, 48 + 3 * 104, &p));
}

static void test_overrun(void)
{
	static const struct {
		guint8 high, low;
		gboolean good;
	} lengths[] = { { 0, 0, FALSE }, { 0, 4, FALSE }, { 0, 12, FALSE }, { 0, 27, FALSE },
		{ 0, 28, TRUE }, { 0, 29, FALSE }, { 0, 32, FALSE }, { 0xff, 0xff, FALSE },
		{ 0xff, 0xfc, FALSE } };

	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree guint8 *payload =
			g_memdup2(answer_of_a_host + 4, sizeof(answer_of_a_host) - 4);
		GclkLinkPacket p;

		payload[50] = lengths[i].high;
		payload[51] = lengths[i].low;
		GCLK_ASSERT_INT(gclk_link_packet_decode(payload, sizeof(answer_of_a_host) - 4, &p),
			lengths[i].good);
	}
}

/* --- fields that are passed over -------------------------------------------------------------- */

static gsize add_field(guint8 *payload, gsize length, guint16 type, guint8 version, guint8 second,
	gsize value_length)
{
	guint8 value[128] = { version, second };

	return gclk_ntp_field_append(
		payload, length, GCLK_LINK_PACKET_MAX, type, value, value_length);
}

static void test_passed_over(void)
{
	guint8 payload[GCLK_LINK_PACKET_MAX] = { 0x24 };
	gsize length = GCLK_NTP_HEADER_SIZE;
	GclkLinkPacket p;

	length = add_field(payload, length, 0x0104, 1, 4, 24);                /* somebody else's */
	length = add_field(payload, length, GCLK_LINK_FIELD_HOST, 2, 4, 24);  /* a later one */
	length = add_field(payload, length, GCLK_LINK_FIELD_HOST, 0, 4, 24);  /* never given out */
	length = add_field(payload, length, GCLK_LINK_FIELD_GUEST, 1, 4, 24); /* too short */
	CU_ASSERT_TRUE(gclk_link_packet_decode(payload, length, &p));
	CU_ASSERT_FALSE(p.has_host);
	CU_ASSERT_FALSE(p.has_guest);

	length = add_field(payload, length, GCLK_LINK_FIELD_HOST, 1, GCLK_PROTOCOL_NTP, 24);
	CU_ASSERT_TRUE(gclk_link_packet_decode(payload, length, &p));
	CU_ASSERT_TRUE(p.has_host);
	GCLK_ASSERT_INT(p.host.protocol, GCLK_PROTOCOL_NTP);
}

static void test_twice(void)
{
	guint8 payload[GCLK_LINK_PACKET_MAX] = { 0x25 };
	gsize length = GCLK_NTP_HEADER_SIZE;
	GclkLinkPacket p;

	length = add_field(payload, length, GCLK_LINK_FIELD_EVENT, 1, 1, 4);
	length = add_field(payload, length, GCLK_LINK_FIELD_EVENT, 1, 3, 4);
	length = add_field(payload, length, GCLK_LINK_FIELD_HOST, 1, GCLK_PROTOCOL_NTP, 24);
	length = add_field(payload, length, GCLK_LINK_FIELD_HOST, 1, GCLK_PROTOCOL_PTP, 24);
	CU_ASSERT_TRUE(gclk_link_packet_decode(payload, length, &p));
	GCLK_ASSERT_INT(p.event, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(p.host.protocol, GCLK_PROTOCOL_NTP);
}

/* A field of this version may have grown: what stands behind is for others. */
static void test_grown(void)
{
	guint8 payload[GCLK_LINK_PACKET_MAX] = { 0x24 };
	gsize length = add_field(payload, GCLK_NTP_HEADER_SIZE, GCLK_LINK_FIELD_GUEST, 1,
		GCLK_STATE_SYNCHRONISED, 120);
	GclkLinkPacket p;

	CU_ASSERT_TRUE(gclk_link_packet_decode(payload, length, &p));
	CU_ASSERT_TRUE(p.has_guest);
	GCLK_ASSERT_INT(p.guest.state, GCLK_STATE_SYNCHRONISED);
}

/* --- an exchange ------------------------------------------------------------------------------ */

static void test_exchange(void)
{
	const guint64 nonce = G_GUINT64_CONSTANT(0xfedcba9876543210);
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkPacket request, seen, answer = { .has_host = TRUE };

	memset(&request, 0xff, sizeof(request));
	gclk_link_request(&request, nonce, 4);
	GCLK_ASSERT_INT(gclk_link_packet_encode(&request, frame), 52);
	/* nothing is told of the asking end but the poll interval */
	CU_ASSERT_EQUAL(memcmp(frame, "GC\0\60\x23\0\4\x20", 8), 0);
	for (gsize i = 8; i < 44; i++)
		GCLK_ASSERT_INT(frame[i], 0);
	CU_ASSERT_TRUE(decode(frame, 52, &seen));
	CU_ASSERT_EQUAL(seen.header.transmit, nonce);

	answer.header = (GclkNtpHeader){ .leap = GCLK_LEAP_UNSYNC,
		.stratum = 16,
		.precision = -20,
		.reference = 77,
		.mode = 7,
		.root_delay = GCLK_NS_PER_S,
		.origin = 1,
		.receive = 2 };
	gclk_link_answer(&answer, &seen.header, 0x1122334455667788);
	gclk_link_stamp(frame, 0); /* of no use before it is encoded */
	gclk_link_packet_encode(&answer, frame);
	gclk_link_stamp(frame, 0x1122334455667799);
	CU_ASSERT_TRUE(decode(frame, 80, &seen));
	GCLK_ASSERT_INT(seen.header.mode, GCLK_NTP_MODE_SERVER);
	GCLK_ASSERT_INT(seen.header.version, 4);
	GCLK_ASSERT_INT(seen.header.poll, 4);
	GCLK_ASSERT_INT(seen.header.leap, GCLK_LEAP_UNSYNC);
	GCLK_ASSERT_INT(seen.header.stratum, 16);
	GCLK_ASSERT_INT(seen.header.precision, -20);
	GCLK_ASSERT_INT(seen.header.reference, 77);
	GCLK_ASSERT_INT(seen.header.root_delay, GCLK_NS_PER_S);
	CU_ASSERT_EQUAL(seen.header.origin, nonce);
	GCLK_ASSERT_INT(seen.header.receive, 0x1122334455667788);
	GCLK_ASSERT_INT(seen.header.transmit, 0x1122334455667799);
}

static void test_names(void)
{
	GCLK_ASSERT_STR(gclk_link_event_name(GCLK_LINK_EVENT_OTHER), "something happened");
	GCLK_ASSERT_STR(gclk_link_event_name(GCLK_LINK_EVENT_RESUMED), "resumed");
	GCLK_ASSERT_STR(gclk_link_event_name(GCLK_LINK_EVENT_RESTORED), "restored");
	GCLK_ASSERT_STR(gclk_link_event_name(GCLK_LINK_EVENT_MIGRATED), "migrated");
	GCLK_ASSERT_STR(
		gclk_link_event_name(GCLK_LINK_EVENT_HOST_CLOCK), "the host's clock changed");
	GCLK_ASSERT_STR(gclk_link_event_name(GCLK_LINK_EVENTS), "something happened");
	CU_ASSERT_TRUE(gclk_link_event_disrupts(GCLK_LINK_EVENT_RESUMED));
	CU_ASSERT_TRUE(gclk_link_event_disrupts(GCLK_LINK_EVENT_RESTORED));
	CU_ASSERT_TRUE(gclk_link_event_disrupts(GCLK_LINK_EVENT_MIGRATED));
	CU_ASSERT_FALSE(gclk_link_event_disrupts(GCLK_LINK_EVENT_OTHER));
	CU_ASSERT_FALSE(gclk_link_event_disrupts(GCLK_LINK_EVENT_HOST_CLOCK));
	CU_ASSERT_FALSE(gclk_link_event_disrupts(GCLK_LINK_EVENTS));
	GCLK_ASSERT_STR(gclk_link_source_name(GCLK_LINK_SOURCE_NONE), "none");
	GCLK_ASSERT_STR(gclk_link_source_name(GCLK_LINK_SOURCE_PTP), "ptp");
	GCLK_ASSERT_STR(gclk_link_source_name(GCLK_LINK_SOURCE_HOST), "host");
	GCLK_ASSERT_STR(gclk_link_source_name(GCLK_LINK_SOURCE_NTP), "ntp");
	GCLK_ASSERT_STR(gclk_link_source_name((GclkLinkSource)99), "none");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the host's field, byte for byte", test_host },
		{ "the guest's field, byte for byte", test_guest },
		{ "the event field, byte for byte", test_event },
		{ "the largest of everything", test_largest },
		{ "bounds", test_bounds },
		{ "bounds that do not fit", test_bounds_beyond },
		{ "offsets have a sign", test_offsets },
		{ "values that are not written", test_never_written },
		{ "values of a later implementation", test_out_of_range },
		{ "texts", test_texts },
		{ "header: version, mode, leap", test_header },
		{ "cut short", test_cut_short },
		{ "too long", test_too_long },
		{ "a field that overruns", test_overrun },
		{ "fields that are passed over", test_passed_over },
		{ "fields that stand twice", test_twice },
		{ "a field that has grown", test_grown },
		{ "request, answer, stamp", test_exchange },
		{ "names", test_names },
		{ NULL, NULL },
	};

	return gclk_test_main("link-packet", cases);
}
