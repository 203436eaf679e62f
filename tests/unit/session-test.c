/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's end of the link with one guest: questions and answers, signs and bounds, bad input,
   limits. */
#include <string.h>

#include "harness.h"
#include "session-bed.h"

#define US  GCLK_NS_PER_US
#define MS  GCLK_NS_PER_MS
#define SEC GCLK_NS_PER_S

static const GclkServerGuest *guest_of(const GclkSessionBed *bed)
{
	return &bed->session.guest;
}

/* --- the guest asks --------------------------------------------------------------------------- */

static void test_answers(void)
{
	GclkSessionBed bed;
	const GclkLinkPacket *answer;

	gclk_session_bed_init(&bed);
	bed.session.disruptions = 5;
	gclk_session_bed_request(&bed, 0x1122334455667788);
	GCLK_ASSERT_INT(bed.n_frames, 1);
	GCLK_ASSERT_INT(bed.kinds[0], GCLK_SESSION_ANSWER);
	answer = gclk_session_bed_last(&bed);
	GCLK_ASSERT_INT(answer->header.mode, GCLK_NTP_MODE_SERVER);
	GCLK_ASSERT_INT(answer->header.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(answer->header.stratum, 3);
	GCLK_ASSERT_INT(answer->header.origin, 0x1122334455667788);
	GCLK_ASSERT_INT(answer->header.receive, gclk_ntp_time_from_ns(bed.stamp.utc));
	GCLK_ASSERT_INT(answer->header.transmit, gclk_ntp_time_from_ns(bed.stamp.utc));
	GCLK_ASSERT_INT(answer->header.reference, 77);
	GCLK_ASSERT_NEAR(answer->header.root_dispersion, 3 * MS, 20 * US);
	CU_ASSERT_TRUE(answer->has_host);
	GCLK_ASSERT_INT(answer->host.protocol, GCLK_PROTOCOL_NTP);
	GCLK_ASSERT_INT(answer->host.bound, 3 * MS);
	GCLK_ASSERT_INT(answer->host.tai_offset, 37);
	GCLK_ASSERT_INT(answer->host.disruptions, 5);
	GCLK_ASSERT_INT(guest_of(&bed)->served, 1);
	GCLK_ASSERT_INT(guest_of(&bed)->seen, bed.stamp.now);
}

/* It answers all the same: its rate and its jumps are good. */
static void test_unsynchronised_host(void)
{
	GclkSessionBed bed;
	const GclkLinkPacket *answer;

	gclk_session_bed_init(&bed);
	bed.host.clock.claim.synchronised = FALSE;
	bed.host.clock.claim.bound = GCLK_BOUND_UNKNOWN;
	gclk_session_bed_request(&bed, 1);
	answer = gclk_session_bed_last(&bed);
	GCLK_ASSERT_INT(answer->header.leap, GCLK_LEAP_UNSYNC);
	GCLK_ASSERT_INT(answer->header.stratum, GCLK_NTP_STRATUM_MAX);
	GCLK_ASSERT_INT(answer->header.reference, 0);
	GCLK_ASSERT_INT(answer->header.root_dispersion, GCLK_NTP_MAXDISP);
	CU_ASSERT_FALSE(answer->host.synchronised);
	GCLK_ASSERT_INT(answer->host.bound, GCLK_BOUND_UNKNOWN);
}

/* --- the host asks ---------------------------------------------------------------------------- */

static void test_offset_sign(void)
{
	static const gint64 behind[] = { 0, 250 * MS, -250 * MS, 3600 * SEC, -86400 * SEC,
		G_GINT64_CONSTANT(1000000000) * SEC };

	for (gsize i = 0; i < G_N_ELEMENTS(behind); i++) {
		GclkSessionBed bed;

		gclk_session_bed_init(&bed);
		bed.guest_behind = behind[i];
		gclk_session_bed_pass(&bed, 0);
		GCLK_ASSERT_INT(bed.n_frames, 1);
		GCLK_ASSERT_INT(bed.frames[0].header.mode, GCLK_NTP_MODE_CLIENT);
		CU_ASSERT_TRUE(bed.frames[0].has_host);
		for (gint k = 0; k < 8; k++)
			gclk_session_bed_answer(&bed, 300 * US, 20 * US, 300 * US, NULL);
		CU_ASSERT_TRUE(guest_of(&bed)->has_offset);
		GCLK_ASSERT_NEAR(guest_of(&bed)->offset, behind[i], 3);
		GCLK_ASSERT_NEAR(guest_of(&bed)->uncertainty, 300 * US, 3);
		GCLK_ASSERT_INT(guest_of(&bed)->measured, bed.stamp.now);
	}
}

/* A way that is longer in one direction only is within the uncertainty. */
static void test_asymmetry(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	bed.guest_behind = 40 * MS;
	gclk_session_bed_pass(&bed, 0);
	for (gint k = 0; k < 8; k++)
		gclk_session_bed_answer(&bed, 900 * US, 0, 0, NULL);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, 40 * MS - 450 * US, 3);
	CU_ASSERT_TRUE(guest_of(&bed)->uncertainty >= 450 * US);
}

/* Eight questions one after the other; the least round trip counts; then the interval. */
static void test_burst(void)
{
	GclkSessionBed bed;
	gint64 end;

	gclk_session_bed_init(&bed);
	bed.guest_behind = 7 * MS;
	gclk_session_bed_pass(&bed, 0);
	for (gint k = 0; k < 8; k++) {
		GCLK_ASSERT_INT(bed.n_frames, k + 1);
		CU_ASSERT_FALSE(guest_of(&bed)->has_offset);
		gclk_session_bed_answer(&bed, (k == 5 ? 50 : 400 + k) * US, 10 * US, 50 * US, NULL);
	}
	GCLK_ASSERT_INT(bed.n_frames, 8);
	GCLK_ASSERT_NEAR(guest_of(&bed)->uncertainty, 50 * US, 3);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, 7 * MS, 3);
	GCLK_ASSERT_INT(guest_of(&bed)->questions, 8);
	GCLK_ASSERT_INT(guest_of(&bed)->answers, 8);
	CU_ASSERT_TRUE(gclk_session_news(&bed.session));
	CU_ASSERT_FALSE(gclk_session_news(&bed.session));
	end = bed.stamp.now;
	CU_ASSERT_TRUE(gclk_session_deadline(&bed.session) >= end + 9 * SEC);
	CU_ASSERT_TRUE(gclk_session_deadline(&bed.session) <= end + 11 * SEC);
}

/* What came before is not mixed with what comes now, and is not lost when nothing comes. */
static void test_bursts_are_apart(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	for (gint k = 0; k < 8; k++)
		gclk_session_bed_answer(&bed, 10 * US, 0, 10 * US, NULL);
	bed.guest_behind = 5 * SEC;
	gclk_session_bed_pass(&bed, 11 * SEC);
	for (gint k = 0; k < 8; k++)
		gclk_session_bed_answer(&bed, 200 * US, 0, 200 * US, NULL);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, 5 * SEC, 3);
	GCLK_ASSERT_NEAR(guest_of(&bed)->uncertainty, 200 * US, 3);
	gclk_session_bed_pass(&bed, 60 * SEC);
	CU_ASSERT_TRUE(guest_of(&bed)->has_offset);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, 5 * SEC, 3);
	CU_ASSERT_TRUE(guest_of(&bed)->measured < bed.stamp.now - 40 * SEC);
}

/* The first question after connecting may be lost: the burst goes on. */
static void test_first_is_lost(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	bed.guest_behind = -2 * MS;
	gclk_session_bed_pass(&bed, 0);
	gclk_session_bed_pass(&bed, GCLK_SESSION_TIMEOUT);
	GCLK_ASSERT_INT(bed.n_frames, 2);
	GCLK_ASSERT_INT(guest_of(&bed)->silent, 1);
	CU_ASSERT_TRUE(bed.frames[0].header.transmit != bed.frames[1].header.transmit);
	for (gint k = 0; k < 7; k++)
		gclk_session_bed_answer(&bed, 50 * US, 0, 50 * US, NULL);
	GCLK_ASSERT_INT(guest_of(&bed)->silent, 0);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, -2 * MS, 3);
	GCLK_ASSERT_INT(bed.n_frames, 8);
}

/* Nobody there: one question an interval, and nothing that grows. */
static void test_nobody(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 100 * SEC);
	CU_ASSERT_TRUE(bed.n_frames >= 10 && bed.n_frames <= 12);
	GCLK_ASSERT_INT(guest_of(&bed)->silent + (bed.session.nonce != 0), bed.n_frames);
	CU_ASSERT_FALSE(guest_of(&bed)->has_offset);
	GCLK_ASSERT_INT(guest_of(&bed)->seen, 0);
}

/* Somebody who was silent answers: a whole burst. One who asks is there: he is asked. */
static void test_comes_back(void)
{
	GclkSessionBed bed;
	guint before;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 30 * SEC);
	gclk_session_bed_pass(&bed, MAX(gclk_session_deadline(&bed.session) - bed.stamp.now, 0));
	while (bed.session.nonce != 0) /* up to the end of a question */
		gclk_session_bed_pass(&bed, SEC);
	before = bed.n_frames;
	gclk_session_bed_request(&bed, 9);
	gclk_session_bed_pass(&bed, 0);
	GCLK_ASSERT_INT(bed.n_frames, before + 2);
	GCLK_ASSERT_INT(bed.kinds[before + 1], GCLK_SESSION_QUESTION);
	for (gint k = 0; k < 8; k++) {
		CU_ASSERT_FALSE(guest_of(&bed)->has_offset);
		gclk_session_bed_answer(&bed, 50 * US, 0, 50 * US, NULL);
	}
	CU_ASSERT_TRUE(guest_of(&bed)->has_offset);
}

/* --- answers that must not count -------------------------------------------------------------- */

static void other_nonce(GclkLinkPacket *answer)
{
	answer->header.origin ^= 1;
}

static void test_stale(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	bed.guest_behind = 9 * MS;
	/* An answer to somebody else, before anything was asked, and in place of ours. */
	bed.frames[0].header.transmit = 4711;
	bed.n_frames = 1;
	gclk_session_bed_answer(&bed, 1, 0, 1, NULL);
	GCLK_ASSERT_INT(guest_of(&bed)->stale, 1);
	gclk_session_bed_pass(&bed, 0);
	gclk_session_bed_answer(&bed, 1, 0, 1, other_nonce);
	GCLK_ASSERT_INT(guest_of(&bed)->stale, 2);
	GCLK_ASSERT_INT(guest_of(&bed)->answers, 0);
	GCLK_ASSERT_INT(guest_of(&bed)->seen, 0);
	/* Ours still counts. */
	gclk_session_bed_answer(&bed, 100 * US, 0, 100 * US, NULL);
	GCLK_ASSERT_INT(guest_of(&bed)->answers, 1);
	/* The same once more: it has been used. */
	bed.frames[bed.n_frames - 1] = bed.frames[bed.n_frames - 2];
	gclk_session_bed_answer(&bed, 1, 0, 1, NULL);
	GCLK_ASSERT_INT(guest_of(&bed)->stale, 3);
	GCLK_ASSERT_INT(guest_of(&bed)->answers, 1);
}

/* An answer that comes after the timeout is that of nobody. */
static void test_late(void)
{
	GclkSessionBed bed;
	GclkLinkPacket first;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	first = *gclk_session_bed_last(&bed);
	gclk_session_bed_pass(&bed, GCLK_SESSION_TIMEOUT);
	bed.frames[bed.n_frames - 1] = first;
	gclk_session_bed_answer(&bed, 1, 0, 1, NULL);
	GCLK_ASSERT_INT(guest_of(&bed)->stale, 1);
	CU_ASSERT_FALSE(bed.session.has_best);
}

static void no_stamps(GclkLinkPacket *answer)
{
	answer->header.receive = 0;
}

static void no_transmit(GclkLinkPacket *answer)
{
	answer->header.transmit = 0;
}

static void held_backwards(GclkLinkPacket *answer)
{
	answer->header.transmit = answer->header.receive - 1000;
}

static void held_for_ever(GclkLinkPacket *answer)
{
	answer->header.transmit = answer->header.receive + ((guint64)1 << 32);
}

/* Stamps that cannot be true give no offset; the guest is there all the same. */
static void test_impossible_stamps(void)
{
	static void (*const edits[])(
		GclkLinkPacket *) = { no_stamps, no_transmit, held_backwards, held_for_ever };

	for (gsize i = 0; i < G_N_ELEMENTS(edits); i++) {
		GclkSessionBed bed;

		gclk_session_bed_init(&bed);
		gclk_session_bed_pass(&bed, 0);
		for (gint k = 0; k < 8; k++)
			gclk_session_bed_answer(&bed, 50 * US, 5 * US, 50 * US, edits[i]);
		CU_ASSERT_FALSE(guest_of(&bed)->has_offset);
		GCLK_ASSERT_INT(guest_of(&bed)->answers, 8);
		GCLK_ASSERT_INT(guest_of(&bed)->silent, 0);
	}
}

/* A step of the host's own clock between question and answer gives no offset, either way. */
static void test_host_stepped(void)
{
	static const gint64 steps[] = { 3600 * SEC, -3600 * SEC, 500 * US, -500 * US };

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		GclkSessionBed bed;

		gclk_session_bed_init(&bed);
		gclk_session_bed_pass(&bed, 0);
		for (gint k = 0; k < 8; k++) {
			gclk_session_bed_step(&bed, steps[i]);
			gclk_session_bed_answer(&bed, 100 * US, 5 * US, 100 * US, NULL);
		}
		CU_ASSERT_FALSE(guest_of(&bed)->has_offset);
		GCLK_ASSERT_INT(guest_of(&bed)->answers, 8);
	}
}

/* A slew does, and the uncertainty knows of it. */
static void test_host_slews(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	bed.guest_behind = MS;
	gclk_session_bed_pass(&bed, 0);
	for (gint k = 0; k < 8; k++) {
		gclk_session_bed_step(&bed, 400); /* in 200 us */
		gclk_session_bed_answer(&bed, 100 * US, 0, 100 * US, NULL);
	}
	CU_ASSERT_TRUE(guest_of(&bed)->has_offset);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, MS, 400);
	CU_ASSERT_TRUE(guest_of(&bed)->uncertainty >= 100 * US + 400);
}

/* --- reports ---------------------------------------------------------------------------------- */

static void report(GclkLinkPacket *answer)
{
	answer->has_guest = TRUE;
	answer->guest = (GclkLinkGuest){ .state = GCLK_STATE_HOLDOVER,
		.steers = TRUE,
		.source_kind = GCLK_LINK_SOURCE_PTP,
		.offset = -42,
		.bound = 99,
		.steps = 3,
		.uptime = 1000,
		.source = "kvm",
		.version = "1.0" };
}

static void stale_report(GclkLinkPacket *answer)
{
	report(answer);
	other_nonce(answer);
}

static void test_report(void)
{
	GclkSessionBed bed;
	GclkLinkPacket request;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	gclk_session_bed_answer(&bed, 1, 1, 1, stale_report);
	CU_ASSERT_FALSE(guest_of(&bed)->has_report);
	gclk_session_bed_answer(&bed, 1, 1, 1, report);
	CU_ASSERT_TRUE(guest_of(&bed)->has_report);
	GCLK_ASSERT_INT(guest_of(&bed)->report.state, GCLK_STATE_HOLDOVER);
	GCLK_ASSERT_INT(guest_of(&bed)->report.offset, -42);
	GCLK_ASSERT_STR(guest_of(&bed)->report.source, "kvm");
	GCLK_ASSERT_INT(guest_of(&bed)->reported, bed.stamp.now);
	CU_ASSERT_TRUE(gclk_session_news(&bed.session));
	gclk_link_request(&request, 5, 0);
	report(&request);
	request.guest.state = GCLK_STATE_SYNCHRONISED;
	gclk_session_bed_send(&bed, &request);
	GCLK_ASSERT_INT(guest_of(&bed)->report.state, GCLK_STATE_SYNCHRONISED);
}

/* --- events ----------------------------------------------------------------------------------- */

static void test_event(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	for (gint k = 0; k < 8; k++)
		gclk_session_bed_answer(&bed, 50 * US, 0, 50 * US, NULL);
	gclk_session_event(&bed.session, GCLK_LINK_EVENT_RESUMED, bed.stamp.now, 0);
	GCLK_ASSERT_INT(bed.n_frames, 9);
	GCLK_ASSERT_INT(bed.kinds[8], GCLK_SESSION_EVENT);
	GCLK_ASSERT_INT(gclk_session_bed_last(&bed)->header.mode, GCLK_NTP_MODE_BROADCAST);
	CU_ASSERT_TRUE(gclk_session_bed_last(&bed)->has_event);
	GCLK_ASSERT_INT(gclk_session_bed_last(&bed)->event, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(gclk_session_bed_last(&bed)->host.disruptions, 1);
	GCLK_ASSERT_INT(
		gclk_session_bed_last(&bed)->header.transmit, gclk_ntp_time_from_ns(bed.stamp.utc));
	CU_ASSERT_FALSE(guest_of(&bed)->has_offset); /* it was that of before */
	bed.guest_behind = 30 * SEC;
	gclk_session_bed_pass(&bed, 0);
	for (gint k = 0; k < 8; k++)
		gclk_session_bed_answer(&bed, 50 * US, 0, 50 * US, NULL);
	GCLK_ASSERT_NEAR(guest_of(&bed)->offset, 30 * SEC, 3);
	/* And again soon, to see it healed; then as usual. */
	CU_ASSERT_TRUE(gclk_session_deadline(&bed.session) - bed.stamp.now < 3 * SEC);
	gclk_session_bed_pass(&bed, 3 * SEC);
	for (gint k = 0; k < 8; k++)
		gclk_session_bed_answer(&bed, 50 * US, 0, 50 * US, NULL);
	CU_ASSERT_TRUE(gclk_session_deadline(&bed.session) - bed.stamp.now > 8 * SEC);
}

/* A question under way when it happened: its answer mixes before and after. */
static void test_event_meanwhile(void)
{
	GclkSessionBed bed;
	GclkLinkPacket old;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	gclk_session_bed_answer(&bed, 50 * US, 0, 50 * US, NULL);
	old = *gclk_session_bed_last(&bed);
	gclk_session_event(&bed.session, GCLK_LINK_EVENT_MIGRATED, bed.stamp.now, 0);
	bed.frames[bed.n_frames - 1] = old;
	gclk_session_bed_answer(&bed, 1, 0, 1, NULL);
	GCLK_ASSERT_INT(guest_of(&bed)->stale, 1);
	CU_ASSERT_FALSE(bed.session.has_best);
}

static void test_host_clock_event(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	gclk_session_event(&bed.session, GCLK_LINK_EVENT_HOST_CLOCK, bed.stamp.now, 0);
	GCLK_ASSERT_INT(gclk_session_bed_last(&bed)->host.disruptions, 0);
	GCLK_ASSERT_INT(gclk_session_bed_last(&bed)->event, GCLK_LINK_EVENT_HOST_CLOCK);
}

/* --- bad input -------------------------------------------------------------------------------- */

static void feed(GclkSessionBed *bed, const char *bytes, gsize length)
{
	gclk_session_take(&bed->session, (const guint8 *)bytes, length, &bed->stamp);
}

/* Lengths of 0, 47, 65535, one that is no multiple of 4, noise: what follows them is understood. */
static void test_bad_frames(void)
{
	GclkSessionBed bed;
	static const char bad[] = "GC\0\0GC\0\x2fGC\xff\xffGC\0\x31noise G GGC";

	gclk_session_bed_init(&bed);
	feed(&bed, bad, sizeof(bad) - 1);
	gclk_session_bed_request(&bed, 3);
	GCLK_ASSERT_INT(guest_of(&bed)->served, 1);
	GCLK_ASSERT_INT(guest_of(&bed)->noise, sizeof(bad) - 1);
	CU_ASSERT_FALSE(guest_of(&bed)->has_offset);
}

/* Half a frame of a dead client is cut after the time of patience, not before. */
static void test_half_frame(void)
{
	GclkSessionBed bed;
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkPacket request;
	gsize length;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0); /* the question is under way */
	gclk_link_request(&request, 8, 0);
	length = gclk_link_packet_encode(&request, frame);
	gclk_session_take(&bed.session, frame, 20, &bed.stamp);
	GCLK_ASSERT_INT(gclk_session_deadline(&bed.session), bed.stamp.now + GCLK_LINK_PATIENCE);
	gclk_session_bed_pass(&bed, GCLK_LINK_PATIENCE - 1);
	gclk_session_take(&bed.session, frame + 20, length - 20, &bed.stamp);
	GCLK_ASSERT_INT(guest_of(&bed)->served, 1);
	gclk_session_take(&bed.session, frame, 20, &bed.stamp);
	gclk_session_bed_pass(&bed, GCLK_LINK_PATIENCE);
	GCLK_ASSERT_INT(bed.session.reader.cut, 1);
	gclk_session_bed_request(&bed, 9);
	GCLK_ASSERT_INT(guest_of(&bed)->served, 2);
}

static void test_wrong_packets(void)
{
	GclkSessionBed bed;
	GclkLinkPacket packet;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	bed.n_frames = 0;
	for (guint mode = 0; mode < 8; mode++)
		for (guint version = 0; version < 8; version++) {
			if (mode == GCLK_NTP_MODE_CLIENT && version == 4)
				continue;
			gclk_link_request(&packet, 6, 0);
			packet.header.mode = (guint8)mode;
			packet.header.version = (guint8)version;
			gclk_session_bed_send(&bed, &packet);
		}
	GCLK_ASSERT_INT(bed.n_frames, 0);
	GCLK_ASSERT_INT(guest_of(&bed)->stale, 1); /* mode 4 */
	GCLK_ASSERT_INT(guest_of(&bed)->noise, 62 * 52);
	GCLK_ASSERT_INT(guest_of(&bed)->seen, 0);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_request_rate(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	bed.n_frames = 0;
	for (guint i = 0; i < 300; i++)
		gclk_session_bed_request(&bed, i + 1);
	GCLK_ASSERT_INT(guest_of(&bed)->served, GCLK_SESSION_BURST);
	GCLK_ASSERT_INT(guest_of(&bed)->refused, 300 - GCLK_SESSION_BURST);
	bed.n_frames = 0;
	gclk_session_bed_pass(&bed, 500 * MS);
	for (guint i = 0; i < 300; i++)
		gclk_session_bed_request(&bed, i + 1);
	GCLK_ASSERT_NEAR(guest_of(&bed)->served, GCLK_SESSION_BURST + GCLK_SESSION_REQUESTS / 2, 1);
}

/* A flood is not read for a while; what was asked for in time goes on. */
static void test_byte_rate(void)
{
	GclkSessionBed bed;
	static const char noise[2048];
	guint64 taken = 0;

	gclk_session_bed_init(&bed);
	gclk_session_bed_pass(&bed, 0);
	for (gint64 second = 0; second < 10; second++) {
		for (gint i = 0; i < 1000 && !bed.session.paused; i++, taken += sizeof(noise))
			feed(&bed, noise, sizeof(noise));
		CU_ASSERT_TRUE(bed.session.paused);
		gclk_session_bed_pass(&bed, SEC);
		CU_ASSERT_FALSE(bed.session.paused);
	}
	CU_ASSERT_TRUE(taken <= GCLK_SESSION_BYTES_BURST + 10 * GCLK_SESSION_BYTES);
	GCLK_ASSERT_INT(guest_of(&bed)->noise, taken);
}

/* It writes and does not read: what cannot be sent is dropped and counted. */
static void test_full(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	bed.full = TRUE;
	gclk_session_bed_request(&bed, 1);
	GCLK_ASSERT_INT(guest_of(&bed)->refused, 1);
	GCLK_ASSERT_INT(guest_of(&bed)->served, 0);
	gclk_session_bed_pass(&bed, 60 * SEC);
	CU_ASSERT_TRUE(guest_of(&bed)->silent >= 5);
	GCLK_ASSERT_INT(guest_of(&bed)->questions, 0);
	GCLK_ASSERT_INT(bed.session.nonce, 0);
	gclk_session_event(&bed.session, GCLK_LINK_EVENT_RESUMED, bed.stamp.now, 0);
	bed.full = FALSE;
	gclk_session_bed_request(&bed, 2);
	GCLK_ASSERT_INT(gclk_session_bed_last(&bed)->host.disruptions, 1); /* the event was lost */
}

/* --- asking ----------------------------------------------------------------------------------- */

static void test_ask(void)
{
	GclkSessionBed bed;

	gclk_session_bed_init(&bed);
	gclk_session_ask(&bed.session, bed.stamp.now);
	gclk_session_ask(&bed.session, bed.stamp.now);
	GCLK_ASSERT_INT(bed.n_frames, 1);
	GCLK_ASSERT_INT(bed.session.left, 7);
}

static void test_spread(void)
{
	GclkSessionBed bed;
	gint64 least = G_MAXINT64, most = 0;

	gclk_session_bed_init(&bed);
	for (gint i = 0; i < 100; i++) {
		GclkSession session;
		gint64 wait;

		gclk_session_init(&session, &bed.host, &bed, 0, bed.stamp.now, SEC);
		wait = gclk_session_deadline(&session) - bed.stamp.now;
		least = MIN(least, wait);
		most = MAX(most, wait);
	}
	CU_ASSERT_TRUE(least >= 0 && least < SEC / 5);
	CU_ASSERT_TRUE(most < SEC && most > SEC * 4 / 5);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a guest is answered", test_answers },
		{ "an unsynchronised host answers and says so", test_unsynchronised_host },
		{ "signs", test_offset_sign },
		{ "asymmetry", test_asymmetry },
		{ "a burst", test_burst },
		{ "bursts are apart", test_bursts_are_apart },
		{ "the first question is lost", test_first_is_lost },
		{ "nobody is there", test_nobody },
		{ "somebody comes back", test_comes_back },
		{ "stale answers", test_stale },
		{ "late answers", test_late },
		{ "impossible stamps", test_impossible_stamps },
		{ "the host's clock is stepped", test_host_stepped },
		{ "the host's clock is slewed", test_host_slews },
		{ "reports", test_report },
		{ "events", test_event },
		{ "events in the middle of a question", test_event_meanwhile },
		{ "the host's clock as an event", test_host_clock_event },
		{ "bad frames", test_bad_frames },
		{ "half frames", test_half_frame },
		{ "wrong packets", test_wrong_packets },
		{ "rate of requests", test_request_rate },
		{ "rate of bytes", test_byte_rate },
		{ "a guest that does not read", test_full },
		{ "asking", test_ask },
		{ "spread", test_spread },
		{ NULL, NULL },
	};

	return gclk_test_main("session", cases);
}
