/* SPDX-License-Identifier: BSD-2-Clause */
/* The link source's stream: what is on it beside answers to us, and what becomes of it. */
#include <string.h>

#include "harness.h"
#include "link-rig.h"
#include "source/link-serve.h"

#define S  GCLK_NS_PER_S
#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US

static void feed_text(GclkLinkRig *rig, const char *bytes, gsize length)
{
	CU_ASSERT_TRUE(gclk_fake_feed(rig->fake, (const guint8 *)bytes, length));
}

/* The rest of the round is answered: nothing that came before it has done any harm. */
static void assert_unharmed(GclkLinkRig *rig)
{
	guint samples = rig->samples;

	gclk_link_rig_converse(rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig->samples, samples + 1);
	CU_ASSERT_TRUE(ABS(rig->last.offset - rig->ahead) <= 2);
	GCLK_RIG_ASSERT_CONDITION(rig, GCLK_SOURCE_OK);
}

/* --- bytes of somebody else ------------------------------------------------------------------- */

/* Answers to a client before us: "RTT 42 us", and an offset wrong by ms if they were believed. */
static void test_stale_answers(void)
{
	GclkLinkPacket answer, request;
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	answer = rig.host;
	gclk_link_rig_connect(&rig);
	for (guint i = 0; i < 3; i++) {
		gclk_link_request(&request, 0x1111 + i, 4);
		gclk_link_answer(&answer, &request.header,
			gclk_ntp_time_from_ns(GCLK_FAKE_REAL - 9600 * US));
		answer.header.transmit = answer.header.receive;
		gclk_link_rig_feed(&rig, &answer);
	}
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "bad-origin"), 3);
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(rig.source->detail.replies, 0);
	GCLK_ASSERT_INT(rig.claims, 0);
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

static void test_duplicates(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_link_rig_reply(&rig);
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "duplicate"), 1);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND - 1);
	GCLK_ASSERT_INT(rig.samples, 5);
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "unsolicited"), 1);
	GCLK_ASSERT_INT(rig.samples, 5);
	gclk_link_rig_clear(&rig);
}

/* A frame in pieces, after noise, with another frame before it. */
static void test_pieces(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkPacket question;
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_fake_pass(rig.fake, 4100 * US);
	feed_text(&rig, "noise G GC", 9);
	gclk_link_request(&question, 5, 4);
	gclk_link_rig_feed(&rig, &question);
	for (gsize i = 0; i < length; i++)
		gclk_fake_feed(rig.fake, frame + i, 1);
	GCLK_ASSERT_INT(rig.tells, 1);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND - 1);
	GCLK_ASSERT_INT(rig.samples, 5);
	CU_ASSERT_TRUE(gclk_link_rig_dropped(&rig, "noise-bytes") >= 8);
	gclk_link_rig_clear(&rig);
}

/* Half a frame of a dead client is dropped after a pause, so that the next one is read. */
static void test_half(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	rig.way = 150 * MS;
	rig.back = 150 * MS;
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_fake_feed(rig.fake, frame, length / 2);
	gclk_fake_pass(rig.fake, 199 * MS);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "cut-frames"), 0);
	gclk_fake_pass(rig.fake, MS);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "cut-frames"), 1);
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

static void test_half_at_hang_up(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_fake_feed(rig.fake, frame, length / 2);
	gclk_fake_connect(rig.fake, TRUE); /* the next one came at once */
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "cut-frames"), 1);
	gclk_fake_pass(rig.fake, 0);
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

static void test_bad_frames(void)
{
	static const struct {
		const char *bytes;
		gsize length;
	} frames[] = {
		{ "GC\0\0", 4 },
		{ "GC\0\57", 4 },
		{ "GC\377\377", 4 },
		{ "GC\0\62xx", 6 },
		{ "GCGCGCGC", 8 },
	};
	g_autofree char *rest = g_strnfill(70000, 'G');
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	for (gsize i = 0; i < G_N_ELEMENTS(frames); i++)
		feed_text(&rig, frames[i].bytes, frames[i].length);
	feed_text(&rig, rest, 70000);
	GCLK_ASSERT_INT(rig.samples, 4);
	assert_unharmed(&rig);
	CU_ASSERT_TRUE(gclk_link_rig_dropped(&rig, "noise-bytes") > 70000);
	gclk_link_rig_clear(&rig);
}

/* The right nonce does not help a packet that is no answer. */
static void test_wrong_packets(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	length = gclk_link_rig_answer(&rig, 0, frame);
	frame[4] = 3 << 3 | 4;
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "version"), 1);
	frame[4] = 4 << 3 | 6;
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "mode"), 1);
	frame[4] = 4 << 3 | 4;
	frame[4 + 48 + 3] = 200; /* a field that overruns the packet */
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "malformed"), 1);
	GCLK_ASSERT_INT(rig.source->detail.replies, 4 * GCLK_RIG_ROUND);
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

/* --- the guest as server ---------------------------------------------------------------------- */

static gboolean answer_of(const GclkLinkRig *rig, GclkLinkPacket *out)
{
	const GclkFakeWrite *written = gclk_fake_written(rig->fake, 0);

	return gclk_link_packet_decode(written->data + GCLK_LINK_HEADER_SIZE,
		       written->length - GCLK_LINK_HEADER_SIZE, out) &&
	       out->header.mode == GCLK_NTP_MODE_SERVER;
}

static void test_question(void)
{
	GclkLinkPacket question, answer;
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	rig.guest.source_kind = GCLK_LINK_SOURCE_HOST;
	rig.guest.offset = -17;
	gclk_link_request(&question, 0xfeedbeef, 3);
	gclk_fake_pass(rig.fake, 5 * MS);
	gclk_link_rig_feed(&rig, &question);
	CU_ASSERT_TRUE_FATAL(answer_of(&rig, &answer));
	CU_ASSERT_EQUAL(answer.header.origin, 0xfeedbeef);
	CU_ASSERT_EQUAL(
		answer.header.receive, gclk_ntp_time_from_ns(rig.fake->now + GCLK_FAKE_REAL));
	CU_ASSERT_EQUAL(answer.header.transmit, answer.header.receive);
	GCLK_ASSERT_INT(answer.header.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(answer.header.poll, 3);
	CU_ASSERT_TRUE(answer.header.stratum > 0 && answer.header.stratum < 16);
	CU_ASSERT_TRUE(answer.header.root_dispersion >= 50 * US &&
		       answer.header.root_dispersion < 80 * US);
	CU_ASSERT_TRUE(answer.has_guest && !answer.has_host);
	GCLK_ASSERT_INT(answer.guest.offset, -17);
	GCLK_ASSERT_INT(answer.guest.source_kind, GCLK_LINK_SOURCE_HOST);
	gclk_link_rig_clear(&rig);
}

static void test_question_unsynchronised(void)
{
	GclkLinkPacket question, answer;
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	rig.guest = (GclkLinkGuest){ .state = GCLK_STATE_DISRUPTED, .bound = GCLK_BOUND_UNKNOWN };
	gclk_link_request(&question, 1, 3);
	gclk_link_rig_feed(&rig, &question);
	CU_ASSERT_TRUE_FATAL(answer_of(&rig, &answer));
	GCLK_ASSERT_INT(answer.header.leap, GCLK_LEAP_UNSYNC);
	GCLK_ASSERT_INT(answer.header.stratum, 16);
	GCLK_ASSERT_INT(answer.guest.state, GCLK_STATE_DISRUPTED);
	/* no nonce: nobody asks */
	question.header.transmit = 0;
	gclk_link_rig_feed(&rig, &question);
	GCLK_ASSERT_INT(rig.tells, 1);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "malformed"), 1);
	gclk_link_rig_clear(&rig);
}

/* While a request of our own is under way, and between its sending and its answer. */
static void test_questions_mixed_in(void)
{
	GclkLinkPacket question;
	guint8 frames[2 * GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_request(&question, 9, 4);
	length = gclk_link_packet_encode(&question, frames);
	length += gclk_link_rig_answer(&rig, 0, frames + length);
	gclk_fake_pass(rig.fake, 4100 * US);
	gclk_fake_feed(rig.fake, frames, length);
	GCLK_ASSERT_INT(rig.tells, 1);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND - 1);
	GCLK_ASSERT_INT(rig.samples, 5);
	CU_ASSERT_TRUE(ABS(rig.last.offset) <= 2);
	gclk_link_rig_clear(&rig);
}

static void test_flood(void)
{
	GclkLinkPacket question;
	GclkLinkRig rig;
	guint before;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	gclk_fake_pass(rig.fake, S - (GCLK_FAKE_RAW + rig.fake->now) % S);
	before = rig.fake->written->len;
	for (guint64 i = 1; i <= 1000; i++) {
		gclk_link_request(&question, i, 4);
		gclk_link_rig_feed(&rig, &question);
	}
	GCLK_ASSERT_INT(rig.fake->written->len - before, GCLK_LINK_SERVE_RATE);
	GCLK_ASSERT_INT(
		gclk_link_rig_dropped(&rig, "questions-too-often"), 1000 - GCLK_LINK_SERVE_RATE);
	gclk_fake_pass(rig.fake, S);
	gclk_link_rig_feed(&rig, &question);
	GCLK_ASSERT_INT(rig.fake->written->len - before, GCLK_LINK_SERVE_RATE + 1);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 20 * S));
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "stale answers", test_stale_answers },
		{ "duplicates", test_duplicates },
		{ "pieces", test_pieces },
		{ "half a frame", test_half },
		{ "half a frame at the hang-up", test_half_at_hang_up },
		{ "bad frames", test_bad_frames },
		{ "wrong packets", test_wrong_packets },
		{ "question", test_question },
		{ "question to an unsynchronised guest", test_question_unsynchronised },
		{ "questions mixed in", test_questions_mixed_in },
		{ "flood of questions", test_flood },
		{ NULL, NULL },
	};

	return gclk_test_main("link stream", cases);
}
