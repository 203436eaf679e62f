/* SPDX-License-Identifier: BSD-2-Clause */
/* The NTP source against servers that the test plays: what is asked, when, and what comes of it. */
#include <errno.h>
#include <string.h>

#include "fake-platform.h"
#include "guestclock/ntp-packet.h"
#include "harness.h"
#include "source/ntp-check.h"
#include "source/ntp-poll.h"
#include "source/ntp.h"

#define S  GCLK_NS_PER_S
#define MS GCLK_NS_PER_MS

typedef struct {
	GclkFake *fake;
	GclkSource *source;
	GclkNtpHeader header;   /* what the server says; times are filled in */
	gint64 ahead;           /* of the server against REAL */
	gint64 way, back, held; /* how long packets travel and wait */
	const GclkNtpKey *key;
	/* what the source said */
	guint samples, changes;
	GclkSample last;
	void (*on_sample)(GclkSource *source);
} Rig;

static const GclkNtpSettings plain = {
	.name = "nas",
	.address = "192.0.2.1",
	.port = 123,
	.min_poll = 4,
	.max_poll = 6,
	.iburst = TRUE,
	.max_distance = 1500 * MS,
	.pivot = GCLK_FAKE_REAL,
};

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	Rig *rig = user;

	rig->samples++;
	rig->last = *sample;
	if (rig->on_sample)
		rig->on_sample(source);
}

static void on_changed(gpointer user, GclkSource *source)
{
	Rig *rig = user;

	(void)source;
	rig->changes++;
}

static void rig_init(Rig *rig, const GclkNtpSettings *settings)
{
	static const GclkSourceEvents events = { .sample = on_sample, .changed = on_changed };

	*rig = (Rig){
		.fake = gclk_fake_new(),
		.header = {
			.version = 4,
			.mode = GCLK_NTP_MODE_SERVER,
			.stratum = 2,
			.poll = 6,
			.precision = -24,
			.root_delay = 10 * MS,
			.root_dispersion = 2 * MS,
			.refid = 0xc6336401,
		},
		.way = 2 * MS,
		.back = 2 * MS,
		.held = MS,
	};
	rig->source = gclk_ntp_source_new(&rig->fake->platform, settings);
	rig->source->events = &events;
	rig->source->user = rig;
}

static void rig_clear(Rig *rig)
{
	gclk_source_free(rig->source);
	GCLK_ASSERT_INT(rig->fake->timers->len, 0);
	GCLK_ASSERT_INT(rig->fake->open, 0);
	GCLK_ASSERT_INT(rig->fake->resolve_id, 0);
	gclk_fake_free(rig->fake);
}

/* Lets time pass until the source sends its next request. FALSE: none within limit. */
static gboolean next_request(Rig *rig, gint64 limit)
{
	guint before = gclk_fake_sent(rig->fake);
	gint64 end = rig->fake->now + limit;

	while (gclk_fake_sent(rig->fake) == before) {
		gint64 next = gclk_fake_next_timer(rig->fake);

		if (next < 0 || rig->fake->now + next > end)
			return FALSE;
		gclk_fake_pass_timer(rig->fake);
	}
	return TRUE;
}

/* The server's answer to a request, as it stands in rig->header. */
static gsize make_reply(const Rig *rig, const GclkFakePacket *request, guint8 packet[256])
{
	GclkNtpHeader header = rig->header, asked;
	gint64 received = request->at.real + rig->way + rig->ahead;

	gclk_ntp_header_decode(request->data, &asked);
	header.origin = asked.transmit;
	header.receive = gclk_ntp_time_from_ns(received);
	header.transmit = gclk_ntp_time_from_ns(received + rig->held);
	header.reference = gclk_ntp_time_from_ns(received - 30 * S);
	gclk_ntp_header_encode(&header, packet);
	if (!rig->key)
		return GCLK_NTP_HEADER_SIZE;
	return gclk_ntp_mac_append(rig->key, packet, GCLK_NTP_HEADER_SIZE, 256);
}

static gboolean answer_to(Rig *rig, guint from_last)
{
	const GclkFakePacket *request = gclk_fake_packet(rig->fake, from_last);
	guint8 packet[256];
	gsize length = make_reply(rig, request, packet);

	return gclk_fake_deliver(rig->fake, request, packet, length, FALSE);
}

/* The last request is answered after its time on the way. */
static void answer(Rig *rig)
{
	gclk_fake_pass(rig->fake, rig->way + rig->held + rig->back);
	CU_ASSERT_TRUE(answer_to(rig, 0));
}

/* n requests, answered. */
static void converse(Rig *rig, guint n)
{
	for (guint i = 0; i < n; i++) {
		CU_ASSERT_TRUE(next_request(rig, 5000 * S));
		answer(rig);
	}
}

/* n requests without answer, patience included. */
static void be_silent(Rig *rig, guint n)
{
	for (guint i = 0; i < n; i++) {
		CU_ASSERT_TRUE(next_request(rig, 5000 * S));
		gclk_fake_pass(rig->fake, 1600 * MS);
	}
}

static guint64 dropped(Rig *rig, GclkNtpVerdict verdict)
{
	const GclkSourceDrop *drops;
	gsize n = rig->source->ops->drops(rig->source, &drops);

	for (gsize i = 0; i < n; i++)
		if (strcmp(drops[i].name, gclk_ntp_verdict_name(verdict)) == 0)
			return drops[i].count;
	return G_MAXUINT64;
}

static guint64 all_drops(Rig *rig)
{
	const GclkSourceDrop *drops;
	gsize n = rig->source->ops->drops(rig->source, &drops);
	guint64 sum = 0;

	for (gsize i = 0; i < n; i++)
		sum += drops[i].count;
	return sum;
}

#define ASSERT_CONDITION(rig, expected)                                                            \
	GCLK_ASSERT_STR(gclk_source_condition_name((rig)->source->condition),                      \
		gclk_source_condition_name(expected))

/* --- request and sample ----------------------------------------------------------------------- */

static void test_request(void)
{
	static const guint8 zeros[36] = { 0 };
	const GclkFakePacket *packet;
	Rig rig;

	rig_init(&rig, &plain);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_WAITING);
	GCLK_ASSERT_STR(rig.source->name, "nas");
	GCLK_ASSERT_STR(rig.source->origin, "192.0.2.1");
	GCLK_ASSERT_INT(rig.source->detail.poll, 4);
	gclk_source_start(rig.source);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 0); /* never from within the call */
	CU_ASSERT_TRUE(next_request(&rig, 200 * MS));
	packet = gclk_fake_packet(rig.fake, 0);
	GCLK_ASSERT_INT(packet->length, GCLK_NTP_HEADER_SIZE);
	GCLK_ASSERT_INT(packet->peer.port, 123);
	GCLK_ASSERT_INT(packet->data[0], 4 << 3 | 3);
	/* nothing of us but the poll interval is told */
	GCLK_ASSERT_INT(packet->data[1], 0);
	GCLK_ASSERT_INT(packet->data[2], 4);
	GCLK_ASSERT_INT(packet->data[3], 32);
	CU_ASSERT_EQUAL(memcmp(packet->data + 4, zeros, 36), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(packet->data + 40, zeros, 8), 0);
	rig_clear(&rig);
}

/* Each request has a nonce and a socket, thus a port, of its own. */
static void test_nonces(void)
{
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	for (guint i = 0; i < 50; i++) {
		converse(&rig, 1);
		CU_ASSERT_TRUE(g_hash_table_add(
			seen, g_memdup2(gclk_fake_packet(rig.fake, 0)->data + 40, 8)));
		GCLK_ASSERT_INT(gclk_fake_packet(rig.fake, 0)->socket, i);
		GCLK_ASSERT_INT(rig.fake->open, 1);
	}
	rig_clear(&rig);
}

static void test_sample(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.ahead = 3600 * S;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	CU_ASSERT_PTR_NULL(rig.source->reason);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(rig.last.offset, 3600 * S);
	GCLK_ASSERT_INT(rig.last.delay, 4 * MS);
	/* in the middle of the exchange of 5 ms, which ends now */
	GCLK_ASSERT_INT(rig.last.real, GCLK_FAKE_REAL + rig.fake->now - 2500000);
	GCLK_ASSERT_INT(rig.last.raw, GCLK_FAKE_RAW + rig.fake->now - 2500000);
	GCLK_ASSERT_NEAR((double)rig.last.reference_bound, 7e6, 31000);
	GCLK_ASSERT_INT(rig.last.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(rig.last.timescale, GCLK_TIMESCALE_UTC);
	GCLK_ASSERT_INT(rig.last.flags, 0);
	GCLK_ASSERT_STR(rig.source->detail.method, "user-space stamps");
	GCLK_ASSERT_STR(rig.source->detail.address, "192.0.2.1");
	GCLK_ASSERT_STR(rig.source->detail.identity, "198.51.100.1");
	GCLK_ASSERT_INT(rig.source->detail.stratum, 2);
	GCLK_ASSERT_INT(rig.source->detail.reach, 1);
	GCLK_ASSERT_INT(rig.source->detail.poll, 4);
	GCLK_ASSERT_NEAR((double)rig.source->detail.root_delay, 10e6, 16000);
	GCLK_ASSERT_NEAR((double)rig.source->detail.root_dispersion, 2e6, 16000);
	GCLK_ASSERT_INT(rig.source->detail.requests, 1);
	GCLK_ASSERT_INT(rig.source->detail.replies, 1);
	CU_ASSERT_PTR_NULL(rig.source->detail.note);
	GCLK_ASSERT_INT(all_drops(&rig), 0);
	rig_clear(&rig);
}

static void test_behind(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.ahead = -40 * S;
	rig.header.leap = GCLK_LEAP_DELETE;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	GCLK_ASSERT_INT(rig.last.offset, -40 * S);
	GCLK_ASSERT_INT(rig.last.leap, GCLK_LEAP_DELETE);
	rig_clear(&rig);
}

/* The kernel says that the request left 1 ms later than we thought: T1 moves, so does the middle.
 */
static void test_kernel_stamps(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.fake->departure_stamp = MS;
	rig.fake->arrival_stamp = TRUE;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	GCLK_ASSERT_INT(rig.last.delay, 3 * MS);
	GCLK_ASSERT_INT(rig.last.offset, -500000);
	GCLK_ASSERT_INT(rig.last.real, GCLK_FAKE_REAL + rig.fake->now - 2 * MS);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_KERNEL_RX | GCLK_SAMPLE_KERNEL_TX);
	GCLK_ASSERT_STR(rig.source->detail.method, "kernel stamps");
	/* a stamp from after the arrival cannot be that of this request */
	rig.fake->departure_stamp = S;
	converse(&rig, 1);
	GCLK_ASSERT_INT(rig.last.delay, 4 * MS);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_KERNEL_RX);
	GCLK_ASSERT_STR(rig.source->detail.method, "kernel receive stamps");
	rig_clear(&rig);
}

static void test_own_clock_of_server(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.header.refid = 0x7f7f0101;
	rig.header.stratum = 10;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_STR(rig.source->detail.note, "serves its own clock (local)");
	rig.header.refid = 0xc6336401;
	converse(&rig, 1);
	CU_ASSERT_PTR_NULL(rig.source->detail.note);
	rig_clear(&rig);
}

static void test_ipv6(void)
{
	GclkNtpSettings settings = plain;
	Rig rig;

	settings.address = "2001:db8::1";
	settings.port = 10123;
	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	converse(&rig, 1);
	GCLK_ASSERT_INT(gclk_fake_packet(rig.fake, 0)->peer.family, 6);
	GCLK_ASSERT_INT(gclk_fake_packet(rig.fake, 0)->peer.port, 10123);
	GCLK_ASSERT_STR(rig.source->origin, "2001:db8::1");
	rig_clear(&rig);
}

/* --- intervals -------------------------------------------------------------------------------- */

static gint64 gap(const Rig *rig)
{
	return gclk_fake_packet(rig->fake, 0)->at.raw - gclk_fake_packet(rig->fake, 1)->at.raw;
}

#define ASSERT_GAP(rig, seconds)                                                                   \
	GCLK_ASSERT_NEAR((double)gap(rig) / 1e9, (seconds), 0.021 * (seconds))

static void test_iburst(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 1);
	for (gint i = 0; i < 3; i++) {
		converse(&rig, 1);
		ASSERT_GAP(&rig, 2.0);
		CU_ASSERT_TRUE(gap(&rig) >= 2 * S);
	}
	converse(&rig, 1);
	ASSERT_GAP(&rig, 16.0);
	rig_clear(&rig);
}

static void test_no_iburst(void)
{
	GclkNtpSettings settings = plain;
	Rig rig;

	settings.iburst = FALSE;
	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	converse(&rig, 2);
	ASSERT_GAP(&rig, 16.0);
	rig_clear(&rig);
}

static void test_burst(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_burst(rig.source); /* before start: nothing */
	CU_ASSERT_FALSE(next_request(&rig, 100 * S));
	gclk_source_start(rig.source);
	converse(&rig, 10);
	gclk_fake_pass(rig.fake, 5 * S);
	gclk_source_burst(rig.source);
	for (gint i = 0; i < 4; i++) {
		gint64 before = rig.fake->now;

		gclk_source_burst(rig.source); /* not restarted */
		CU_ASSERT_TRUE(next_request(&rig, 2100 * MS));
		if (i == 0)
			CU_ASSERT_TRUE(rig.fake->now - before < MS); /* soon */
		answer(&rig);
	}
	GCLK_ASSERT_INT(rig.samples, 14);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 16.0);
	rig_clear(&rig);
}

/* Asked for in the middle of an exchange: follows it, 2 s after the last request. */
static void test_burst_while_waiting(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 10);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	gclk_source_burst(rig.source);
	answer(&rig);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 2.0);
	rig_clear(&rig);
}

/* The listener asks for a burst while it is handed a sample. */
static void test_burst_from_listener(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 10);
	rig.on_sample = gclk_source_burst;
	converse(&rig, 2);
	ASSERT_GAP(&rig, 2.0);
	CU_ASSERT_TRUE(gap(&rig) >= 2 * S);
	rig_clear(&rig);
}

static void test_tune(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 5);
	for (gint i = 0; i < 8; i++)
		rig.source->ops->tune(rig.source, 1);
	GCLK_ASSERT_INT(rig.source->detail.poll, 5);
	converse(&rig, 2);
	ASSERT_GAP(&rig, 32.0);
	GCLK_ASSERT_INT(gclk_fake_packet(rig.fake, 0)->data[2], 5);
	rig_clear(&rig);
}

/* --- what must not count ---------------------------------------------------------------------- */

static void test_replay(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 1);
	CU_ASSERT_TRUE(answer_to(&rig, 0));
	CU_ASSERT_TRUE(answer_to(&rig, 0));
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_DUPLICATE), 2);
	GCLK_ASSERT_INT(rig.source->detail.replies, 1);
	converse(&rig, 1);
	GCLK_ASSERT_INT(rig.samples, 2);
	rig_clear(&rig);
}

/* Forged packets arrive first; the true answer still counts. */
static void test_forgeries(void)
{
	static const guint8 noise[2000] = { 0x24, 2 };
	GclkNtpHeader header;
	guint8 packet[256];
	const GclkFakePacket *request;
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	CU_ASSERT_TRUE(next_request(&rig, S));
	gclk_fake_pass(rig.fake, 5 * MS);
	request = gclk_fake_packet(rig.fake, 0);
	make_reply(&rig, request, packet);
	gclk_ntp_header_decode(packet, &header);
	header.origin ^= 1;
	gclk_ntp_header_encode(&header, packet);
	gclk_fake_deliver(rig.fake, request, packet, 48, FALSE);
	gclk_fake_deliver(rig.fake, request, noise, 0, FALSE);
	gclk_fake_deliver(rig.fake, request, noise, 47, FALSE);
	gclk_fake_deliver(rig.fake, request, noise, 1073, FALSE);
	gclk_fake_deliver(rig.fake, request, noise, 2000, TRUE);
	gclk_fake_deliver(rig.fake, request, noise, 100, FALSE);
	gclk_fake_deliver(rig.fake, request, request->data, 48, FALSE);
	GCLK_ASSERT_INT(rig.samples, 0);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_WAITING);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_BAD_ORIGIN), 1);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_SHORT), 2);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_OVERSIZED), 2);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_MALFORMED), 1);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_MODE_WRONG), 1);
	CU_ASSERT_TRUE(answer_to(&rig, 0));
	GCLK_ASSERT_INT(rig.samples, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	/* nothing is under way: not even one with origin 0 */
	header.origin = 0;
	gclk_ntp_header_encode(&header, packet);
	gclk_fake_deliver(rig.fake, request, packet, 48, FALSE);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_UNSOLICITED), 1);
	GCLK_ASSERT_INT(rig.samples, 1);
	rig_clear(&rig);
}

static void test_late(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	CU_ASSERT_TRUE(next_request(&rig, S));
	gclk_fake_pass(rig.fake, 1600 * MS);
	CU_ASSERT_TRUE(answer_to(&rig, 0));
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_LATE), 1);
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(rig.source->detail.reach, 0);
	/* the next request is answered in time */
	converse(&rig, 1);
	GCLK_ASSERT_INT(rig.samples, 1);
	rig_clear(&rig);
}

/* A server that always answers too late is not called silent. */
static void test_always_late(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	for (gint i = 0; i < 6; i++) {
		be_silent(&rig, 1);
		answer_to(&rig, 0);
	}
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "too late");
	rig_clear(&rig);
}

static void test_step_voids(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 6);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	gclk_fake_step(rig.fake, 3600 * S);
	gclk_source_stepped(rig.source, 3600 * S);
	gclk_fake_pass(rig.fake, 5 * MS);
	CU_ASSERT_TRUE(answer_to(&rig, 0));
	GCLK_ASSERT_INT(rig.samples, 6);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_STEPPED), 1);
	GCLK_ASSERT_INT(rig.source->detail.reach, 0x3f);
	/* asked again soon, and the reach does not show it */
	converse(&rig, 1);
	ASSERT_GAP(&rig, 2.0);
	GCLK_ASSERT_INT(rig.samples, 7);
	GCLK_ASSERT_INT(rig.source->detail.reach, 0x7f);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

/* A step between two exchanges voids nothing. */
static void test_step_between(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 6);
	gclk_fake_step(rig.fake, -40 * S);
	gclk_source_stepped(rig.source, -40 * S);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 16.0);
	GCLK_ASSERT_INT(rig.samples, 7);
	GCLK_ASSERT_INT(all_drops(&rig), 0);
	rig_clear(&rig);
}

/* Somebody else steps the clock in the middle: RAW tells. */
static void test_foreign_step(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 1);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	gclk_fake_step(rig.fake, -300 * MS);
	answer(&rig);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_LOCAL_STEP), 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK); /* may pass */
	rig_clear(&rig);
}

/* --- keys ------------------------------------------------------------------------------------- */

static const GclkNtpKey secret = {
	.id = 7,
	.type = GCLK_NTP_KEY_AES128,
	.bytes = "sixteencharacter",
	.length = 16,
};

static void test_key(void)
{
	GclkNtpSettings settings = plain;
	GclkNtpKey key = secret;
	const GclkFakePacket *request;
	Rig rig;

	settings.key_id = 7;
	settings.key = &key;
	rig_init(&rig, &settings);
	memset(&key, 0, sizeof(key)); /* the source has its own copy */
	rig.key = &secret;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	request = gclk_fake_packet(rig.fake, 0);
	GCLK_ASSERT_INT(request->length, 48 + 4 + 16);
	CU_ASSERT_TRUE(gclk_ntp_mac_check(&secret, request->data, 48, request->data + 52, 16));
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_AUTHENTIC);
	rig_clear(&rig);
}

static void test_wrong_key(void)
{
	GclkNtpSettings settings = plain;
	GclkNtpKey other = secret;
	Rig rig;

	settings.key_id = 7;
	settings.key = &secret;
	other.bytes[0] ^= 1;
	rig_init(&rig, &settings);
	rig.key = &other;
	gclk_source_start(rig.source);
	for (gint i = 0; i < 2; i++) {
		ASSERT_CONDITION(&rig, GCLK_SOURCE_WAITING);
		CU_ASSERT_TRUE(next_request(&rig, 20 * S));
		answer(&rig);
		gclk_fake_pass(rig.fake, 1600 * MS);
	}
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_BAD_MAC), 2);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "the two keys differ");
	/* mended there: good at once */
	rig.key = &secret;
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

static void test_missing_key(void)
{
	GclkNtpSettings settings = plain;
	Rig rig;

	settings.key_id = 7;
	settings.key_reason = "key 7 is not in /etc/guestclock/keys";
	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_FAILED);
	GCLK_ASSERT_STR(rig.source->reason, "key 7 is not in /etc/guestclock/keys");
	gclk_source_burst(rig.source);
	gclk_source_stepped(rig.source, S);
	CU_ASSERT_FALSE(next_request(&rig, 10000 * S));
	rig_clear(&rig);
}

/* A request without its MAC must never leave. */
static void test_key_of_unknown_type(void)
{
	const GclkNtpKey odd = { .id = 7, .type = GCLK_NTP_KEY_UNKNOWN };
	GclkNtpSettings settings = plain;
	Rig rig;

	settings.key_id = 7;
	settings.key = &odd;
	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_FAILED);
	GCLK_ASSERT_HAS(rig.source->reason, "key 7 has a type that is not known here");
	gclk_source_burst(rig.source);
	CU_ASSERT_FALSE(next_request(&rig, 10000 * S));
	rig_clear(&rig);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void test_unsynchronised_server(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.header.leap = GCLK_LEAP_UNSYNC;
	rig.header.stratum = 0;
	rig.header.refid = gclk_ntp_refid("INIT");
	gclk_source_start(rig.source);
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "is itself not synchronised");
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(rig.changes, 1);
	GCLK_ASSERT_INT(rig.source->detail.reach, 1);
	converse(&rig, 30);
	GCLK_ASSERT_INT(rig.changes, 1); /* said once */
	ASSERT_GAP(&rig, 64.0);          /* it need not be asked often for that */
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_UNSYNCHRONISED), 31);
	GCLK_ASSERT_INT(rig.source->detail.reach, 0xff);
	/* it finds the time: four samples follow at once */
	rig.header.leap = GCLK_LEAP_NONE;
	rig.header.stratum = 3;
	rig.header.refid = 0xc6336401;
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 2.0);
	converse(&rig, 4);
	ASSERT_GAP(&rig, 16.0);
	/* and loses it */
	rig.header.stratum = 16;
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	rig_clear(&rig);
}

static void test_loop(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.fake->own_refid = rig.header.refid;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "this very machine");
	rig_clear(&rig);
}

/* Our own address as server: nothing is asked, until the address is another machine's. */
static void test_own_address(void)
{
	static const char *const own[] = { "192.0.2.1", "2001:db8::7" };

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
		GclkNtpSettings settings = plain;
		Rig rig;

		settings.address = own[i];
		rig_init(&rig, &settings);
		rig.fake->local = own[i];
		gclk_source_start(rig.source);
		CU_ASSERT_FALSE(next_request(&rig, 3600 * S));
		ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
		GCLK_ASSERT_HAS(rig.source->reason, own[i]);
		GCLK_ASSERT_HAS(rig.source->reason, "this machine's own address");
		GCLK_ASSERT_INT(rig.source->detail.requests, 0);
		rig.fake->local = i == 0 ? "192.0.2.10" : "2001:db8::70";
		converse(&rig, 1);
		ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
		GCLK_ASSERT_INT(rig.samples, 1);
		rig_clear(&rig);
	}
}

/* A server on this machine that is named as such: a test, or a gateway to another clock. */
static void test_loopback(void)
{
	static const char *const addresses[] = { "127.0.0.1", "::1" };

	for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
		GclkNtpSettings settings = plain;
		Rig rig;

		settings.address = addresses[i];
		rig_init(&rig, &settings);
		rig.fake->local = addresses[i];
		gclk_source_start(rig.source);
		converse(&rig, 1);
		ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
		rig_clear(&rig);
	}
}

static void test_root_distance(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.header.root_dispersion = 2 * S;
	gclk_source_start(rig.source);
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "limit 1.500 s");
	rig_clear(&rig);
}

static void test_frozen(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 1);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	/* the server's clock still shows what it showed in the first answer */
	rig.ahead = gclk_fake_packet(rig.fake, 1)->at.real - gclk_fake_packet(rig.fake, 0)->at.real;
	answer(&rig);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_FROZEN), 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	rig_clear(&rig);
}

/* One bad answer among good ones is let pass, three in a row are not. */
static void test_passing_trouble(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 2);
	rig.held = 8 * MS; /* of an exchange that takes 5 ms */
	for (gint i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(next_request(&rig, 20 * S));
		gclk_fake_pass(rig.fake, 5 * MS);
		answer_to(&rig, 0);
	}
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_NEGATIVE_DELAY), 2);
	rig.held = MS;
	converse(&rig, 1);
	rig.held = 8 * MS;
	for (gint i = 0; i < 3; i++) {
		ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
		CU_ASSERT_TRUE(next_request(&rig, 20 * S));
		gclk_fake_pass(rig.fake, 5 * MS);
		answer_to(&rig, 0);
	}
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	rig_clear(&rig);
}

static void kiss(Rig *rig, const char *code)
{
	rig->header.leap = GCLK_LEAP_UNSYNC;
	rig->header.stratum = 0;
	rig->header.refid = gclk_ntp_refid(code);
}

static void be_nice(Rig *rig)
{
	rig->header.leap = GCLK_LEAP_NONE;
	rig->header.stratum = 2;
	rig->header.refid = 0xc6336401;
}

static void test_rate(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	converse(&rig, 2);
	kiss(&rig, "RATE");
	rig.header.poll = 4;
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK); /* it works, we just ask too often */
	be_nice(&rig);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 32.0); /* the burst is over */
	GCLK_ASSERT_INT(rig.source->detail.poll, 5);
	gclk_source_burst(rig.source);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 32.0);
	rig_clear(&rig);
}

static void test_rate_from_the_start(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	kiss(&rig, "RATE");
	gclk_source_start(rig.source);
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "RATE");
	converse(&rig, 1);
	ASSERT_GAP(&rig, 64.0); /* poll 6 stood in the answer */
	be_nice(&rig);
	converse(&rig, 2);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	ASSERT_GAP(&rig, 128.0); /* no burst for a welcome */
	rig_clear(&rig);
}

static void test_deny(void)
{
	static const char *const codes[] = { "DENY", "RSTR" };

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
		Rig rig;

		rig_init(&rig, &plain);
		kiss(&rig, codes[i]);
		gclk_source_start(rig.source);
		converse(&rig, 1);
		ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
		GCLK_ASSERT_HAS(rig.source->reason, codes[i]);
		gclk_source_burst(rig.source);
		CU_ASSERT_FALSE(next_request(&rig, 3599 * S));
		be_nice(&rig);
		converse(&rig, 1);
		ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
		rig_clear(&rig);
	}
}

/* --- silence ---------------------------------------------------------------------------------- */

static void test_silence(void)
{
	Rig rig;
	gint64 began;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	began = rig.fake->now;
	be_silent(&rig, 4);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_WAITING);
	be_silent(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "no answer from 192.0.2.1 port 123: a firewall");
	CU_ASSERT_TRUE(rig.fake->now - began < 12 * S);
	GCLK_ASSERT_INT(rig.changes, 1);
	be_silent(&rig, 40);
	GCLK_ASSERT_INT(rig.changes, 1);
	ASSERT_GAP(&rig, 256.0);
	GCLK_ASSERT_INT(rig.source->detail.reach, 0);
	GCLK_ASSERT_INT(rig.source->detail.replies, 0);
	/* it comes back: four samples at once */
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 2.0);
	rig_clear(&rig);
}

/* What came before, or was answered before, does not explain a silence. */
static void test_silence_after_noise(void)
{
	static const guint8 noise[48] = { 0 };
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	CU_ASSERT_TRUE(next_request(&rig, S));
	gclk_fake_deliver(rig.fake, gclk_fake_packet(rig.fake, 0), noise, 48, FALSE);
	gclk_fake_pass(rig.fake, 1600 * MS);
	be_silent(&rig, 4);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	converse(&rig, 1);
	for (gint i = 0; i < 5; i++) {
		answer_to(&rig, (guint)i); /* the one answer, again and again */
		be_silent(&rig, 1);
	}
	ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "no answer");
	rig_clear(&rig);
}

/* One late answer, a good one, then silence. */
static void test_silence_after_late(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	be_silent(&rig, 1);
	answer_to(&rig, 0);
	converse(&rig, 1);
	be_silent(&rig, 5);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	rig_clear(&rig);
}

static void test_silence_with_key(void)
{
	GclkNtpSettings settings = plain;
	Rig rig;

	settings.key_id = 7;
	settings.key = &secret;
	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	be_silent(&rig, 5);
	GCLK_ASSERT_HAS(rig.source->reason, "the server lacks this key");
	rig_clear(&rig);
}

static void test_errors(void)
{
	static const struct {
		gint error;
		const char *part;
	} rows[] = {
		{ ECONNREFUSED, "nothing listens on this port" },
		{ EHOSTUNREACH, "the host cannot be reached" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Rig rig;

		rig_init(&rig, &plain);
		gclk_source_start(rig.source);
		for (gint j = 0; j < 5; j++) {
			CU_ASSERT_TRUE(next_request(&rig, 20 * S));
			CU_ASSERT_TRUE(gclk_fake_fail(
				rig.fake, gclk_fake_packet(rig.fake, 0), rows[i].error));
			gclk_fake_pass(rig.fake, 1600 * MS);
		}
		ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
		GCLK_ASSERT_HAS(rig.source->reason, rows[i].part);
		/* later the packets just vanish: the old error is forgotten, though not at once */
		be_silent(&rig, 1);
		GCLK_ASSERT_HAS(rig.source->reason, rows[i].part);
		be_silent(&rig, 1);
		GCLK_ASSERT_HAS(rig.source->reason, "a firewall");
		rig_clear(&rig);
	}
}

/* It takes 3 s until the kernel has given up finding a host on the LAN. */
static void test_slow_error(void)
{
	Rig rig;
	guint changes;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	be_silent(&rig, 10);
	for (gint i = 0; i < 2; i++) {
		gclk_fake_pass(rig.fake, 1500 * MS);
		gclk_fake_fail(rig.fake, gclk_fake_packet(rig.fake, 0), EHOSTUNREACH);
		be_silent(&rig, 1);
	}
	GCLK_ASSERT_HAS(rig.source->reason, "the host cannot be reached");
	changes = rig.changes;
	for (gint i = 0; i < 10; i++) {
		gclk_fake_pass(rig.fake, 1500 * MS);
		gclk_fake_fail(rig.fake, gclk_fake_packet(rig.fake, 0), EHOSTUNREACH);
		be_silent(&rig, 1);
	}
	GCLK_ASSERT_INT(rig.changes, changes);
	rig_clear(&rig);
}

/* A forged ICMP error does not keep the answer out. */
static void test_error_then_answer(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	gclk_source_start(rig.source);
	CU_ASSERT_TRUE(next_request(&rig, S));
	gclk_fake_fail(rig.fake, gclk_fake_packet(rig.fake, 0), ECONNREFUSED);
	answer(&rig);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.samples, 1);
	rig_clear(&rig);
}

/* No network yet, as early in the boot: it is tried on, and works as soon as it is there. */
static void test_no_network(void)
{
	Rig rig;

	rig_init(&rig, &plain);
	rig.fake->open_error = ENETUNREACH;
	gclk_source_start(rig.source);
	gclk_fake_pass(rig.fake, 60 * S);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, g_strerror(ENETUNREACH));
	GCLK_ASSERT_INT(rig.source->detail.requests, 0);
	rig.fake->open_error = 0;
	rig.fake->send_error = EPERM;
	gclk_fake_pass(rig.fake, 60 * S);
	GCLK_ASSERT_HAS(rig.source->reason, g_strerror(EPERM));
	rig.fake->send_error = 0;
	CU_ASSERT_TRUE(next_request(&rig, 17 * S));
	answer(&rig);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	converse(&rig, 1);
	ASSERT_GAP(&rig, 2.0);
	rig_clear(&rig);
}

/* --- names ------------------------------------------------------------------------------------ */

static GclkNtpSettings named(void)
{
	GclkNtpSettings settings = plain;

	settings.address = "ntp.example";
	settings.port = 1123;
	return settings;
}

static const char *asked(const Rig *rig)
{
	static char text[GCLK_ADDRESS_TEXT_MAX];

	return gclk_address_format(&gclk_fake_packet(rig->fake, 0)->peer, text);
}

static void test_name(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	CU_ASSERT_FALSE(next_request(&rig, 100 * S)); /* waits for the answer, blocks nothing */
	GCLK_ASSERT_STR(rig.fake->resolve_name, "ntp.example");
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.2", NULL);
	converse(&rig, 1);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.1");
	GCLK_ASSERT_INT(gclk_fake_packet(rig.fake, 0)->peer.port, 1123);
	GCLK_ASSERT_STR(rig.source->origin, "192.0.2.1");
	GCLK_ASSERT_STR(rig.source->detail.address, "192.0.2.1");
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	converse(&rig, 20);
	GCLK_ASSERT_INT(rig.fake->resolves, 1);
	rig_clear(&rig);
}

static void test_name_unknown(void)
{
	GclkNtpSettings settings = named();
	gint64 before = 0;
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, "Name or service not known", NULL);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_STR(rig.source->reason,
		"the name \"ntp.example\" cannot be resolved: Name or service not known");
	for (gint i = 0; i < 10; i++) {
		before = rig.fake->now;
		CU_ASSERT_TRUE(gclk_fake_pass_timer(rig.fake));
		gclk_fake_resolve(rig.fake, "Name or service not known", NULL);
	}
	GCLK_ASSERT_INT(rig.fake->now - before, 256 * S);
	CU_ASSERT_TRUE(gclk_fake_pass_timer(rig.fake));
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", NULL);
	converse(&rig, 4);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	ASSERT_GAP(&rig, 2.0); /* iburst all the same */
	/* a later look-up begins anew with its patience */
	be_silent(&rig, 5);
	GCLK_ASSERT_INT(rig.fake->resolves, 13);
	gclk_fake_resolve(rig.fake, "server failure", NULL);
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig.fake), 4 * S);
	gclk_fake_pass(rig.fake, 4 * S);
	GCLK_ASSERT_INT(rig.fake->resolves, 14);
	rig_clear(&rig);
}

/* Freed while the name is looked up, and while it waits to be. */
static void test_name_free(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	GCLK_ASSERT_INT(rig.fake->cancels, 0);
	rig_clear(&rig);
	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, "no", NULL);
	rig_clear(&rig);
}

/* A silent address: the next one in turn, after the last one the name is looked up again. */
static void test_other_addresses(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.2", NULL);
	be_silent(&rig, 5);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.1");
	be_silent(&rig, 1);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.2");
	GCLK_ASSERT_INT(rig.fake->resolves, 1);
	be_silent(&rig, 4);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.1");
	GCLK_ASSERT_INT(rig.fake->resolves, 2);
	be_silent(&rig, 4);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.2");
	/* still the same two: it goes on where it is */
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.2", NULL);
	be_silent(&rig, 1);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.2");
	/* as long as there is another one to try, it is not asked much less */
	CU_ASSERT_TRUE(gap(&rig) < 66 * S);
	be_silent(&rig, 20);
	CU_ASSERT_TRUE(gap(&rig) < 66 * S);
	/* the server has moved */
	GCLK_ASSERT_INT(rig.fake->resolves, 3);
	gclk_fake_resolve(rig.fake, NULL, "198.51.100.9", NULL);
	CU_ASSERT_TRUE(next_request(&rig, 3 * S));
	GCLK_ASSERT_STR(asked(&rig), "198.51.100.9");
	answer(&rig);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_STR(rig.source->origin, "198.51.100.9");
	rig_clear(&rig);
}

/* The old address is asked on while the name is looked up, and when that fails. */
static void test_lookup_fails_later(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", NULL);
	converse(&rig, 4);
	be_silent(&rig, 6);
	GCLK_ASSERT_INT(rig.fake->resolves, 2);
	be_silent(&rig, 1);
	gclk_fake_resolve(rig.fake, "server failure", NULL);
	GCLK_ASSERT_HAS(rig.source->reason, "no answer from 192.0.2.1");
	converse(&rig, 1);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

/* An answer from the address before is not taken for one of the new address. */
static void test_moved_meanwhile(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", NULL);
	be_silent(&rig, 5);
	GCLK_ASSERT_INT(rig.fake->resolves, 2);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.2", NULL);
	gclk_fake_pass(rig.fake, 5 * MS);
	CU_ASSERT_TRUE(answer_to(&rig, 0));
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(dropped(&rig, GCLK_NTP_LATE), 1);
	converse(&rig, 1);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.2");
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

static void test_unsendable_address(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	rig.fake->open_error = ENETUNREACH;
	gclk_fake_resolve(rig.fake, NULL, "2001:db8::1", "192.0.2.1", NULL);
	gclk_fake_pass(rig.fake, MS);
	rig.fake->open_error = 0;
	CU_ASSERT_TRUE(next_request(&rig, 3 * S));
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.1");
	rig_clear(&rig);
}

/* A name of several machines, of which this is one: another one is asked. */
static void test_own_address_of_name(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	rig.fake->local = "192.0.2.1";
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.2", NULL);
	gclk_fake_pass(rig.fake, MS);
	ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	converse(&rig, 2);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.2");
	ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

static void test_three_addresses(void)
{
	static const char *const order[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1" };
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.2", "192.0.2.3", NULL);
	be_silent(&rig, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		be_silent(&rig, 4);
		GCLK_ASSERT_STR(asked(&rig), order[i]);
	}
	rig_clear(&rig);
}

/* More addresses than are of use, as pools have them. */
static void test_many_addresses(void)
{
	GclkNtpSettings settings = named();
	GclkAddress addresses[40];
	Rig rig;

	rig_init(&rig, &settings);
	gclk_source_start(rig.source);
	for (guint8 i = 0; i < G_N_ELEMENTS(addresses); i++) {
		gclk_address_parse("192.0.2.1", 123, &addresses[i]);
		addresses[i].bytes[3] = i;
	}
	rig.fake->resolve_id = 0;
	rig.fake->resolve_func(rig.fake->resolve_user, addresses, G_N_ELEMENTS(addresses), NULL);
	be_silent(&rig, 5 + 15 * 4);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.15");
	be_silent(&rig, 1);
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.0");
	rig_clear(&rig);
}

static void test_denied_by_one(void)
{
	GclkNtpSettings settings = named();
	Rig rig;

	rig_init(&rig, &settings);
	kiss(&rig, "DENY");
	gclk_source_start(rig.source);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.2", NULL);
	converse(&rig, 1);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	GCLK_ASSERT_STR(asked(&rig), "192.0.2.2");
	answer(&rig);
	CU_ASSERT_FALSE(next_request(&rig, 3599 * S)); /* all have denied */
	/* both are tried again after the hour */
	converse(&rig, 1);
	CU_ASSERT_TRUE(next_request(&rig, 20 * S));
	answer(&rig);
	CU_ASSERT_FALSE(next_request(&rig, 3599 * S));
	rig_clear(&rig);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "request", test_request },
		{ "nonces and ports", test_nonces },
		{ "sample", test_sample },
		{ "server behind", test_behind },
		{ "kernel stamps", test_kernel_stamps },
		{ "server with its own clock", test_own_clock_of_server },
		{ "IPv6", test_ipv6 },
		{ "iburst", test_iburst },
		{ "no iburst", test_no_iburst },
		{ "burst", test_burst },
		{ "burst during an exchange", test_burst_while_waiting },
		{ "burst from the listener", test_burst_from_listener },
		{ "tune", test_tune },
		{ "replay", test_replay },
		{ "forgeries", test_forgeries },
		{ "late", test_late },
		{ "always late", test_always_late },
		{ "step during an exchange", test_step_voids },
		{ "step between exchanges", test_step_between },
		{ "somebody else's step", test_foreign_step },
		{ "key", test_key },
		{ "wrong key", test_wrong_key },
		{ "missing key", test_missing_key },
		{ "key of an unknown type", test_key_of_unknown_type },
		{ "unsynchronised server", test_unsynchronised_server },
		{ "loop", test_loop },
		{ "own address", test_own_address },
		{ "loopback", test_loopback },
		{ "root distance", test_root_distance },
		{ "frozen server", test_frozen },
		{ "trouble that may pass", test_passing_trouble },
		{ "RATE", test_rate },
		{ "RATE from the start", test_rate_from_the_start },
		{ "DENY and RSTR", test_deny },
		{ "silence", test_silence },
		{ "silence after noise", test_silence_after_noise },
		{ "silence after a late answer", test_silence_after_late },
		{ "silence to a key", test_silence_with_key },
		{ "errors", test_errors },
		{ "slow error", test_slow_error },
		{ "error, then answer", test_error_then_answer },
		{ "no network", test_no_network },
		{ "name", test_name },
		{ "unknown name", test_name_unknown },
		{ "freed while looking up", test_name_free },
		{ "other addresses", test_other_addresses },
		{ "look-up that fails later", test_lookup_fails_later },
		{ "moved meanwhile", test_moved_meanwhile },
		{ "address that cannot be sent to", test_unsendable_address },
		{ "own address among others", test_own_address_of_name },
		{ "three addresses", test_three_addresses },
		{ "many addresses", test_many_addresses },
		{ "denied by one address", test_denied_by_one },
		{ NULL, NULL },
	};

	return gclk_test_main("ntp-source", cases);
}
