/* SPDX-License-Identifier: BSD-2-Clause */
/* The link source's rounds against a host that the test plays: what is asked, and what comes of it.
 */
#include <errno.h>
#include <string.h>

#include "harness.h"
#include "link-rig.h"

#define S  GCLK_NS_PER_S
#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US

/* A round that is not answered. */
static void be_silent(GclkLinkRig *rig)
{
	CU_ASSERT_TRUE(gclk_link_rig_next(rig, 100 * S));
	gclk_fake_pass(rig->fake, 2 * S);
}

/* --- rounds ----------------------------------------------------------------------------------- */

static void test_request(void)
{
	GclkLinkPacket request, next;
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	GCLK_ASSERT_INT(rig.fake->stream_opens, 0); /* never from within the call */
	GCLK_ASSERT_STR(rig.source->name, GCLK_RIG_CHANNEL);
	GCLK_ASSERT_STR(rig.source->origin, "host");
	GCLK_ASSERT_STR(gclk_source_kind_name(rig.source->kind), "host");
	GCLK_ASSERT_STR(rig.source->detail.method, "link");
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_STR(rig.fake->channel, GCLK_RIG_CHANNEL);
	GCLK_ASSERT_INT(rig.fake->written->len, 0); /* nobody is there yet */
	gclk_fake_connect(rig.fake, TRUE);
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_INT(rig.fake->written->len, 1);
	CU_ASSERT_TRUE(gclk_link_rig_request(&rig, 0, &request));
	GCLK_ASSERT_INT(request.header.poll, 4);
	CU_ASSERT_NOT_EQUAL(request.header.transmit, 0);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_WAITING);
	/* one at a time, and each with a nonce of its own */
	gclk_fake_pass(rig.fake, 999 * MS);
	GCLK_ASSERT_INT(rig.fake->written->len, 1);
	gclk_fake_pass(rig.fake, MS);
	GCLK_ASSERT_INT(rig.fake->written->len, 2);
	CU_ASSERT_TRUE(gclk_link_rig_request(&rig, 0, &next));
	CU_ASSERT_NOT_EQUAL(request.header.transmit, next.header.transmit);
	gclk_link_rig_clear(&rig);
}

static void test_round(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND - 1);
	GCLK_ASSERT_INT(rig.samples, 0);
	gclk_link_rig_reply(&rig);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.fake->written->len, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.source->detail.requests, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.source->detail.replies, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.source->detail.reach, 1);
	GCLK_ASSERT_INT(rig.source->detail.stratum, 1);
	GCLK_ASSERT_STR(rig.source->detail.identity, "ptp");
	gclk_link_rig_clear(&rig);
}

/* Four rounds in quick succession at first, then one every 16 s. */
static void test_rhythm(void)
{
	gint64 began;
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	gclk_link_rig_connect(&rig);
	began = rig.fake->now;
	for (gint i = 0; i < 4; i++) {
		GCLK_ASSERT_INT(rig.fake->now - began, i * 250 * MS);
		gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
		CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 20 * S));
	}
	GCLK_ASSERT_INT(rig.samples, 4);
	GCLK_ASSERT_INT(rig.fake->now - began, 3 * 250 * MS + 16 * S);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 20 * S));
	GCLK_ASSERT_INT(rig.fake->now - began, 3 * 250 * MS + 32 * S);
	gclk_link_rig_clear(&rig);
}

static void test_sign(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.ahead = 3 * S + 5;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	/* positive: the local clock is behind */
	CU_ASSERT_TRUE(ABS(rig.last.offset - rig.ahead) <= 2);
	CU_ASSERT_TRUE(ABS(rig.last.delay - 4 * MS) <= 2);
	GCLK_ASSERT_INT(rig.last.reference_bound, 10 * US);
	GCLK_ASSERT_INT(rig.last.flags, 0);
	GCLK_ASSERT_INT(rig.last.timescale, GCLK_TIMESCALE_UTC);
	/* it belongs to the middle of the exchange */
	CU_ASSERT_TRUE(ABS(rig.last.raw - (gclk_fake_written(rig.fake, GCLK_RIG_ROUND - 1)->at.raw +
						  2050 * US)) <= 1);
	GCLK_ASSERT_INT(rig.last.real - rig.last.raw, GCLK_FAKE_REAL - GCLK_FAKE_RAW);
	gclk_link_rig_clear(&rig);
}

static void test_sign_ahead(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.ahead = -40 * MS;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	CU_ASSERT_TRUE(ABS(rig.last.offset + 40 * MS) <= 2);
	gclk_link_rig_clear(&rig);
}

/* A late packet's offset is off by half of what it was late. */
static void test_least_round_trip(void)
{
	static const gint64 backs[GCLK_RIG_ROUND] = { 9, 7, 12, 3, 8, 5, 30, 4 };
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	gclk_link_rig_connect(&rig);
	for (gint i = 0; i < GCLK_RIG_ROUND; i++) {
		rig.back = backs[i] * MS;
		gclk_link_rig_reply(&rig);
	}
	GCLK_ASSERT_INT(rig.samples, 1);
	CU_ASSERT_TRUE(ABS(rig.last.delay - 5 * MS) <= 2);
	CU_ASSERT_TRUE(ABS(rig.last.offset + MS / 2) <= 2);
	gclk_link_rig_clear(&rig);
}

/* The first request after a connection may get lost; the round goes on. */
static void test_lost_request(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	gclk_link_rig_connect(&rig);
	gclk_fake_pass(rig.fake, S);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND - 1);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	gclk_link_rig_clear(&rig);
}

static void test_silence(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, FALSE));
	GCLK_ASSERT_INT(rig.unclaims, 0);
	be_silent(&rig);
	be_silent(&rig);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	be_silent(&rig);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "the host's end is open, and nobody answers");
	GCLK_ASSERT_HAS(rig.source->reason, "hostclock serve");
	GCLK_ASSERT_INT(rig.unclaims, 1);
	GCLK_ASSERT_INT(rig.source->detail.reach & 7, 0);
	be_silent(&rig);
	GCLK_ASSERT_INT(rig.unclaims, 1);
	/* and back */
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 100 * S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.samples, 5);
	gclk_link_rig_clear(&rig);
}

/* A host that asks us lives, and is asked at once. */
static void test_life(void)
{
	GclkLinkPacket question;
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, FALSE));
	for (gint i = 0; i < 4; i++)
		be_silent(&rig);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	gclk_fake_pass(rig.fake, S);
	gclk_link_request(&question, 77, 4);
	gclk_link_rig_feed(&rig, &question);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, MS));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	gclk_link_rig_clear(&rig);
}

static void test_slow(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	gclk_link_rig_connect(&rig);
	for (gint i = 0; i < 6; i++) {
		guint8 frame[GCLK_LINK_FRAME_MAX];
		gsize length = gclk_link_rig_answer(&rig, 0, frame);

		gclk_fake_pass(rig.fake, 1100 * MS);
		gclk_fake_feed(rig.fake, frame, length);
		if (i % 2 == 1)
			gclk_fake_pass(rig.fake, S);
	}
	CU_ASSERT_TRUE(gclk_link_rig_dropped(&rig, "late") > 3);
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "later than a second");
	gclk_link_rig_clear(&rig);
}

static void test_burst(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, FALSE));
	gclk_source_burst(rig.source);
	gclk_source_burst(rig.source);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, 4 * GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 8);
	CU_ASSERT_FALSE(gclk_link_rig_next(&rig, 15 * S));
	gclk_link_rig_clear(&rig);
}

/* The listener steps the clock and asks for a burst: from within the call. */
static void step_and_ask(GclkSource *source)
{
	gclk_source_stepped(source, S);
	gclk_source_burst(source);
}

static void test_reentrance(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, FALSE));
	rig.on_sample = step_and_ask;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 100 * S));
	gclk_link_rig_converse(&rig, 5 * GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 9);
	gclk_link_rig_clear(&rig);
}

/* REAL jumps in the middle of a round: what was measured before is void, so is the answer. */
static void test_step(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, FALSE));
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 20 * S));
	gclk_link_rig_converse(&rig, 3);
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_fake_step(rig.fake, S);
	rig.ahead = -S;
	gclk_source_stepped(rig.source, S);
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "stepped"), 1);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 5);
	CU_ASSERT_TRUE(ABS(rig.last.offset + S) <= 2);
	gclk_link_rig_clear(&rig);
}

/* Nobody told us of the jump: the two clocks of this machine do. */
static void test_unseen_step(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, FALSE));
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 20 * S));
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_fake_pass(rig.fake, 4 * MS);
	gclk_fake_step(rig.fake, S);
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "local-step"), 1);
	rig.ahead = -S;
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND - 1);
	GCLK_ASSERT_INT(rig.samples, 5);
	CU_ASSERT_TRUE(ABS(rig.last.offset + S) <= 2);
	gclk_link_rig_clear(&rig);
}

/* --- what the host says of its clock ---------------------------------------------------------- */

static void test_claims(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.host.host.leap = GCLK_LEAP_INSERT;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.claims, 1);
	GCLK_ASSERT_INT(rig.claim.protocol, GCLK_PROTOCOL_PTP);
	CU_ASSERT_TRUE(rig.claim.synchronised);
	GCLK_ASSERT_INT(rig.claim.bound, 10 * US);
	GCLK_ASSERT_INT(rig.claim.tai_offset, 37);
	GCLK_ASSERT_INT(rig.claim.leap, GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(rig.claim_raw, GCLK_FAKE_RAW + rig.fake->now);
	/* PTP was lost there */
	rig.host.host.protocol = GCLK_PROTOCOL_NTP;
	rig.host.host.fallback = TRUE;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.claims, 2);
	CU_ASSERT_TRUE(rig.claim.fallback);
	GCLK_ASSERT_STR(rig.source->detail.identity, "ntp, in place of ptp");
	/* a host that speaks plain NTP from now on */
	rig.host.has_host = FALSE;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.claims, 2);
	GCLK_ASSERT_INT(rig.unclaims, 1);
	gclk_link_rig_clear(&rig);
}

static void test_bounds(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	/* its own word counts before the root distance */
	rig.host.header.root_delay = 20 * MS;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.last.reference_bound, 10 * US);
	/* it does not know: what is configured stands in, and says so */
	rig.host.host.bound = GCLK_BOUND_UNKNOWN;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_ASSUMED);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	/* ... but for what the header says beyond that, if that is not the longest distance */
	CU_ASSERT_TRUE(rig.last.reference_bound > 10 * MS && rig.last.reference_bound < 11 * MS);
	rig.host.header.root_dispersion = GCLK_NTP_MAXDISP;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.last.reference_bound, MS);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_ASSUMED);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	rig.host.header.root_dispersion = 0;
	/* nor is it never off */
	rig.host.host.bound = 0;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_ASSUMED);
	CU_ASSERT_TRUE(rig.claim.bound == GCLK_BOUND_UNKNOWN);
	/* it says nothing beside the header */
	rig.host.has_host = FALSE;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 20 * S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	CU_ASSERT_TRUE(rig.last.reference_bound > 10 * MS && rig.last.reference_bound < 11 * MS);
	GCLK_ASSERT_INT(rig.last.flags, 0);
	gclk_link_rig_clear(&rig);
}

static void lose_hold(GclkLinkRig *rig)
{
	rig->host.header.leap = GCLK_LEAP_UNSYNC;
	rig->host.header.stratum = 16;
	rig->host.header.root_dispersion = 16 * S;
	rig->host.host.protocol = GCLK_PROTOCOL_NONE;
	rig->host.host.synchronised = FALSE;
	rig->host.host.bound = GCLK_BOUND_UNKNOWN;
}

static void test_unsynchronised_host(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.ahead = 7 * S;
	lose_hold(&rig);
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_STR(rig.source->reason,
		"the host says that its clock is not synchronised (protocol none): used for its "
		"rate and as a witness only");
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_RATE_ONLY);
	CU_ASSERT_TRUE(rig.last.reference_bound == GCLK_BOUND_UNKNOWN);
	CU_ASSERT_TRUE(ABS(rig.last.offset - 7 * S) <= 2);
	GCLK_ASSERT_INT(rig.claims, 1);
	CU_ASSERT_FALSE(rig.claim.synchronised);
	gclk_link_rig_clear(&rig);
}

/* In the middle of a round: the newest word counts, whatever the round trips. */
static void test_hold_comes_and_goes(void)
{
	GclkLinkPacket good;
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	good = rig.host;
	lose_hold(&rig);
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, 4);
	rig.host = good;
	rig.back = 3 * MS;
	gclk_link_rig_converse(&rig, 4);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.last.flags, 0);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, 7);
	lose_hold(&rig);
	rig.back = 50 * MS;
	gclk_link_rig_reply(&rig);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_RATE_ONLY);
	gclk_link_rig_clear(&rig);
}

static void test_distance(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.host.host.bound = 2 * S;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "may be off by 2.00");
	GCLK_ASSERT_HAS(rig.source->reason, "max-distance (1.500 s): used for its rate");
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_RATE_ONLY);
	GCLK_ASSERT_INT(rig.last.reference_bound, 2 * S);
	/* by the header alone */
	rig.host.has_host = FALSE;
	rig.host.header.root_dispersion = 20 * S;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "may be off by 20.0");
	GCLK_ASSERT_INT(rig.last.flags, GCLK_SAMPLE_RATE_ONLY);
	gclk_link_rig_clear(&rig);
}

static void test_local(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.host.host.protocol = GCLK_PROTOCOL_LOCAL;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	GCLK_ASSERT_HAS(rig.source->detail.note, "its own clock");
	gclk_link_rig_clear(&rig);
}

/* The host takes its time from this very guest. */
static void test_loop(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.host.header.stratum = 3;
	rig.host.header.refid = rig.fake->own_refid = 0x0a4d0001;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "the host's answers cannot be used: ");
	GCLK_ASSERT_INT(rig.samples, 0);
	gclk_link_rig_clear(&rig);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "request", test_request },
		{ "round", test_round },
		{ "rhythm", test_rhythm },
		{ "sign of the offset", test_sign },
		{ "sign of the offset, host behind", test_sign_ahead },
		{ "least round trip wins", test_least_round_trip },
		{ "lost request", test_lost_request },
		{ "silence", test_silence },
		{ "sign of life", test_life },
		{ "answers that come late", test_slow },
		{ "burst", test_burst },
		{ "calls from within calls", test_reentrance },
		{ "step", test_step },
		{ "step that nobody told of", test_unseen_step },
		{ "claims", test_claims },
		{ "bounds", test_bounds },
		{ "unsynchronised host", test_unsynchronised_host },
		{ "hold that comes and goes", test_hold_comes_and_goes },
		{ "distance", test_distance },
		{ "local clock", test_local },
		{ "loop", test_loop },
		{ NULL, NULL },
	};

	return gclk_test_main("link source", cases);
}
