/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ntp-poll.h"

#include "harness.h"

#define S      GCLK_NS_PER_S
#define MIDDLE (G_MAXUINT32 / 2) /* of the random numbers: no spread */

static GclkNtpPoll poll_of(gint min, gint max)
{
	GclkNtpPoll poll;

	gclk_ntp_poll_init(&poll, min, max);
	return poll;
}

/* The interval without its spread, in ms. */
static gint64 interval_ms(const GclkNtpPoll *poll)
{
	return (gclk_ntp_poll_interval(poll, 0, MIDDLE) + GCLK_NS_PER_MS / 2) / GCLK_NS_PER_MS;
}

static void miss(GclkNtpPoll *poll, gint n)
{
	for (; n > 0; n--) {
		gclk_ntp_poll_sent(poll, 0);
		gclk_ntp_poll_missed(poll);
	}
}

static void test_init(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	GCLK_ASSERT_INT(poll.poll, 4);
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
	poll = poll_of(8, 5);
	GCLK_ASSERT_INT(poll.max, 8);
	poll = poll_of(-3, 40);
	GCLK_ASSERT_INT(poll.min, 0);
	GCLK_ASSERT_INT(poll.max, 17);
	poll = poll_of(17, 17);
	GCLK_ASSERT_INT(interval_ms(&poll), 131072000);
}

static void test_spread(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	GCLK_ASSERT_INT(gclk_ntp_poll_interval(&poll, 0, 0), 15680 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(gclk_ntp_poll_interval(&poll, 0, G_MAXUINT32), 16320 * GCLK_NS_PER_MS);
	/* in a burst never less than the least */
	gclk_ntp_poll_burst(&poll, 0);
	GCLK_ASSERT_INT(gclk_ntp_poll_interval(&poll, 0, 0), 2 * S);
	GCLK_ASSERT_INT(gclk_ntp_poll_interval(&poll, 0, G_MAXUINT32), 2040 * GCLK_NS_PER_MS);
}

static void test_burst_ends_when_good(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	CU_ASSERT_TRUE(gclk_ntp_poll_burst(&poll, 0));
	CU_ASSERT_FALSE(gclk_ntp_poll_burst(&poll, 0)); /* under way */
	for (gint i = 0; i < 4; i++) {
		GCLK_ASSERT_INT(interval_ms(&poll), 2020);
		gclk_ntp_poll_sent(&poll, 2 * i * S);
		CU_ASSERT_FALSE(gclk_ntp_poll_answered(&poll, TRUE));
	}
	GCLK_ASSERT_INT(poll.burst_left, 0);
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
	GCLK_ASSERT_INT(poll.reach, 0x0f);
}

static void test_burst_ends_when_spent(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	gclk_ntp_poll_burst(&poll, 0);
	for (gint i = 0; i < 8; i++) {
		GCLK_ASSERT_INT(interval_ms(&poll), 2020);
		gclk_ntp_poll_sent(&poll, 0);
		gclk_ntp_poll_answered(&poll, FALSE);
	}
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
}

/* Two bursts at once are allowed, a third one only when time has paid for it. */
static void test_burst_manners(void)
{
	GclkNtpPoll poll = poll_of(4, 6);
	gint64 now = 0;
	gint sent = 0;

	for (gint burst = 0; burst < 3; burst++) {
		if (!gclk_ntp_poll_burst(&poll, now))
			break;
		for (; poll.burst_left > 0; sent++, now += 2 * S) {
			gclk_ntp_poll_sent(&poll, now);
			gclk_ntp_poll_answered(&poll, TRUE);
		}
	}
	GCLK_ASSERT_INT(sent, 8);
	CU_ASSERT_FALSE(gclk_ntp_poll_burst(&poll, now));
	CU_ASSERT_FALSE(gclk_ntp_poll_burst(&poll, now + 12 * S));
	CU_ASSERT_TRUE(gclk_ntp_poll_burst(&poll, now + 20 * S));
	/* a clock that goes backwards pays nothing */
	poll.burst_left = 0;
	CU_ASSERT_FALSE(gclk_ntp_poll_burst(&poll, now - 1000 * S));
}

/* At a steady pace the debt does not grow: a burst stays possible. */
static void test_burst_after_steady(void)
{
	GclkNtpPoll poll = poll_of(4, 6);
	gint64 now = 0;

	for (gint i = 0; i < 1000; i++, now += 16 * S) {
		gclk_ntp_poll_sent(&poll, now);
		gclk_ntp_poll_answered(&poll, TRUE);
	}
	CU_ASSERT_TRUE(gclk_ntp_poll_burst(&poll, now));
}

static void test_fast_polls(void)
{
	GclkNtpPoll poll = poll_of(0, 2);

	gclk_ntp_poll_burst(&poll, 0);
	GCLK_ASSERT_INT(gclk_ntp_poll_spacing(&poll), S);
	CU_ASSERT_TRUE(gclk_ntp_poll_patience(&poll) < S);
	poll = poll_of(4, 6);
	GCLK_ASSERT_INT(gclk_ntp_poll_spacing(&poll), 2 * S);
	GCLK_ASSERT_INT(gclk_ntp_poll_patience(&poll), 1500 * GCLK_NS_PER_MS);
}

static void test_tune(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	for (gint i = 0; i < 7; i++)
		gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(poll.poll, 4);
	gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(poll.poll, 5);
	for (gint i = 0; i < 100; i++)
		gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(poll.poll, 6);
	GCLK_ASSERT_INT(interval_ms(&poll), 64000);
	gclk_ntp_poll_tune(&poll, 0);
	GCLK_ASSERT_INT(poll.poll, 6);
	for (gint i = 0; i < 4; i++)
		gclk_ntp_poll_tune(&poll, -1);
	GCLK_ASSERT_INT(poll.poll, 4);
	gclk_ntp_poll_tune(&poll, G_MININT);
	gclk_ntp_poll_tune(&poll, G_MININT);
	GCLK_ASSERT_INT(poll.poll, 4);
	gclk_ntp_poll_tune(&poll, G_MAXINT);
	GCLK_ASSERT_INT(poll.poll, 5);
}

static void test_tune_words(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	poll.poll = 6;
	gclk_ntp_poll_tune(&poll, -1);
	GCLK_ASSERT_INT(poll.poll, 6);
	gclk_ntp_poll_tune(&poll, -1);
	GCLK_ASSERT_INT(poll.poll, 5);
	/* a bad word, and a loss, take back the good ones before */
	for (gint i = 0; i < 7; i++)
		gclk_ntp_poll_tune(&poll, 1);
	gclk_ntp_poll_tune(&poll, -1);
	for (gint i = 0; i < 7; i++)
		gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(poll.poll, 5);
	miss(&poll, 1);
	for (gint i = 0; i < 7; i++)
		gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(poll.poll, 5);
	gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(poll.poll, 6);
}

/* One packet lost: asked again at the shortest interval, and the long one comes back. */
static void test_single_loss(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	poll.poll = 6;
	miss(&poll, 1);
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
	gclk_ntp_poll_sent(&poll, 0);
	CU_ASSERT_FALSE(gclk_ntp_poll_answered(&poll, TRUE));
	GCLK_ASSERT_INT(interval_ms(&poll), 64000);
	GCLK_ASSERT_INT(poll.reach, 0x01);
}

static void test_back_off(void)
{
	GclkNtpPoll poll = poll_of(4, 6);
	gint64 last = 0;

	poll.poll = 6;
	miss(&poll, GCLK_NTP_UNREACHABLE_MISSES - 1);
	CU_ASSERT_FALSE(gclk_ntp_poll_unreachable(&poll));
	miss(&poll, 1);
	CU_ASSERT_TRUE(gclk_ntp_poll_unreachable(&poll));
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
	for (gint i = 0; i < 50; i++) {
		miss(&poll, 1);
		CU_ASSERT_TRUE(interval_ms(&poll) >= last);
		last = interval_ms(&poll);
	}
	GCLK_ASSERT_INT(last, 256000); /* max poll + 2 */
	GCLK_ASSERT_INT(poll.reach, 0);
	miss(&poll, 5000);
	GCLK_ASSERT_INT(interval_ms(&poll), 256000);
	/* back at once */
	gclk_ntp_poll_sent(&poll, 0);
	CU_ASSERT_TRUE(gclk_ntp_poll_answered(&poll, TRUE));
	CU_ASSERT_FALSE(gclk_ntp_poll_unreachable(&poll));
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
	miss(&poll, 1);
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
}

/* What cannot be sent disturbs nobody: no back-off. */
static void test_unsent(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	for (gint i = 0; i < 100; i++)
		gclk_ntp_poll_unsent(&poll);
	CU_ASSERT_TRUE(gclk_ntp_poll_unreachable(&poll));
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
	CU_ASSERT_TRUE(gclk_ntp_poll_burst(&poll, 0));
	/* it shows in the reach, and ends a burst all the same */
	poll.reach = 0xff;
	gclk_ntp_poll_unsent(&poll);
	GCLK_ASSERT_INT(poll.reach, 0xfe);
	for (gint i = 0; i < 7; i++)
		gclk_ntp_poll_unsent(&poll);
	GCLK_ASSERT_INT(interval_ms(&poll), 16000);
}

static void test_void(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	gclk_ntp_poll_burst(&poll, 0);
	gclk_ntp_poll_sent(&poll, 0);
	gclk_ntp_poll_answered(&poll, TRUE);
	gclk_ntp_poll_sent(&poll, 0);
	gclk_ntp_poll_voided(&poll);
	GCLK_ASSERT_INT(poll.reach, 0x01);
	GCLK_ASSERT_INT(poll.misses, 0);
	GCLK_ASSERT_INT(poll.burst_left, 7);
	poll.burst_left = 0;
	gclk_ntp_poll_sent(&poll, 0);
	gclk_ntp_poll_voided(&poll);
	GCLK_ASSERT_INT(poll.burst_left, 0);
}

static void test_rate(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	gclk_ntp_poll_burst(&poll, 0);
	gclk_ntp_poll_sent(&poll, 0);
	gclk_ntp_poll_rate(&poll, 4);
	GCLK_ASSERT_INT(interval_ms(&poll), 32000); /* at least doubled, no burst */
	for (gint i = 0; i < 20; i++)
		gclk_ntp_poll_tune(&poll, -1);
	GCLK_ASSERT_INT(interval_ms(&poll), 32000); /* for good */
	CU_ASSERT_FALSE(gclk_ntp_poll_burst(&poll, 100000 * S));
	/* from the interval that it is at */
	for (gint i = 0; i < 20; i++)
		gclk_ntp_poll_tune(&poll, 1);
	GCLK_ASSERT_INT(interval_ms(&poll), 64000);
	gclk_ntp_poll_rate(&poll, 0);
	GCLK_ASSERT_INT(interval_ms(&poll), 128000);
	/* as the server wishes, within reason */
	gclk_ntp_poll_rate(&poll, 9);
	GCLK_ASSERT_INT(interval_ms(&poll), 512000);
	gclk_ntp_poll_rate(&poll, 127);
	GCLK_ASSERT_INT(interval_ms(&poll), 1024000);
	gclk_ntp_poll_rate(&poll, -128);
	GCLK_ASSERT_INT(interval_ms(&poll), 1024000);
	poll = poll_of(4, 12);
	gclk_ntp_poll_rate(&poll, 17);
	GCLK_ASSERT_INT(interval_ms(&poll), 4096000);
}

static void test_denied(void)
{
	GclkNtpPoll poll = poll_of(4, 6);

	gclk_ntp_poll_burst(&poll, 0);
	gclk_ntp_poll_denied(&poll, 100 * S);
	CU_ASSERT_TRUE(gclk_ntp_poll_interval(&poll, 100 * S, 0) == 3600 * S);
	CU_ASSERT_FALSE(gclk_ntp_poll_burst(&poll, 200 * S));
	GCLK_ASSERT_NEAR((double)gclk_ntp_poll_interval(&poll, 3700 * S, MIDDLE), 16e9, 1e3);
	gclk_ntp_poll_sent(&poll, 3700 * S);
	GCLK_ASSERT_NEAR((double)gclk_ntp_poll_interval(&poll, 3700 * S, MIDDLE), 16e9, 1e3);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "range", test_init },
		{ "spread", test_spread },
		{ "a burst ends with four good ones", test_burst_ends_when_good },
		{ "a burst ends after eight", test_burst_ends_when_spent },
		{ "bursts are rationed", test_burst_manners },
		{ "a burst after steady polling", test_burst_after_steady },
		{ "spacing and patience", test_fast_polls },
		{ "tune", test_tune },
		{ "good and bad words", test_tune_words },
		{ "one loss", test_single_loss },
		{ "back-off", test_back_off },
		{ "what cannot be sent", test_unsent },
		{ "voided", test_void },
		{ "RATE", test_rate },
		{ "DENY", test_denied },
		{ NULL, NULL },
	};

	return gclk_test_main("ntp-poll", cases);
}
