/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ntp-poll.h"

#include "guestclock/ntp-packet.h"

/* Servers with a limit allow one request in so much on average (ntpd's "discard average 3",
   chronyd's "ratelimit interval 3"). */
#define SERVERS_AVERAGE (8 * GCLK_NS_PER_S)
/* Between the requests of a burst: BTIME of RFC 5905. */
#define BURST_SPACING (2 * GCLK_NS_PER_S)
/* An answer that takes longer could hardly be used: half of it is the error. */
#define PATIENCE (1500 * GCLK_NS_PER_MS)
#define HOLD     (3600 * GCLK_NS_PER_S)
/* Beyond max poll, while there is no answer. */
#define BACK_OFF_MAX 2
/* Longest interval to which RATE may drive us, unless max poll is longer: 1024 s, the customary
   default maximum; else a forged RATE could silence a server for a day. */
#define RATE_POLL_MAX   10
#define TUNE_LIMIT      8
#define TUNE_WEIGHT_BAD 4
#define SPREAD_PERCENT  2

static gint lowest(const GclkNtpPoll *poll)
{
	return MAX(poll->min, poll->floor);
}

static gint highest(const GclkNtpPoll *poll)
{
	return MAX(poll->max, poll->floor);
}

static gint64 seconds_of(gint poll)
{
	return gclk_ntp_log2_to_ns(CLAMP(poll, 0, GCLK_NTP_POLL_MAX));
}

gint64 gclk_ntp_poll_spacing(const GclkNtpPoll *poll)
{
	return MIN(BURST_SPACING, seconds_of(lowest(poll)));
}

void gclk_ntp_poll_init(GclkNtpPoll *poll, gint min, gint max)
{
	min = CLAMP(min, 0, GCLK_NTP_POLL_MAX);
	*poll = (GclkNtpPoll){
		.min = min,
		.max = CLAMP(max, min, GCLK_NTP_POLL_MAX),
		.poll = min,
	};
}

/* What a request costs. Polls of 16 s and more so repay what a burst ran up. */
static gint64 price(const GclkNtpPoll *poll)
{
	return MIN(seconds_of(lowest(poll)), SERVERS_AVERAGE);
}

static gint64 debt_at(const GclkNtpPoll *poll, gint64 now)
{
	return MAX(poll->debt - MAX(now - poll->spent, 0), 0);
}

gboolean gclk_ntp_poll_burst(GclkNtpPoll *poll, gint64 now)
{
	gint64 cost = GCLK_NTP_BURST_GOOD * price(poll);

	if (poll->burst_left > 0 || poll->held > now || poll->floor > 0)
		return FALSE;
	if (debt_at(poll, now) + cost > GCLK_NTP_BURST_TOTAL * price(poll))
		return FALSE;
	poll->burst_left = GCLK_NTP_BURST_TOTAL;
	poll->burst_good = GCLK_NTP_BURST_GOOD;
	return TRUE;
}

void gclk_ntp_poll_sent(GclkNtpPoll *poll, gint64 now)
{
	poll->debt = debt_at(poll, now) + price(poll);
	poll->spent = now;
	poll->reach = (guint8)(poll->reach << 1);
	if (poll->burst_left > 0)
		poll->burst_left--;
}

static void count_miss(GclkNtpPoll *poll)
{
	poll->misses = MIN(poll->misses + 1, G_MAXINT16);
	poll->score = 0;
	if (gclk_ntp_poll_unreachable(poll))
		poll->poll = lowest(poll);
}

void gclk_ntp_poll_unsent(GclkNtpPoll *poll)
{
	poll->reach = (guint8)(poll->reach << 1);
	count_miss(poll);
	if (poll->burst_left > 0)
		poll->burst_left--;
}

gboolean gclk_ntp_poll_answered(GclkNtpPoll *poll, gboolean good)
{
	gboolean back = gclk_ntp_poll_unreachable(poll);

	poll->reach |= 1;
	poll->misses = 0;
	poll->back_off = 0;
	if (good && poll->burst_left > 0 && --poll->burst_good == 0)
		poll->burst_left = 0;
	return back;
}

void gclk_ntp_poll_missed(GclkNtpPoll *poll)
{
	gint reserve = highest(poll) - lowest(poll) + BACK_OFF_MAX;

	count_miss(poll);
	if (poll->misses > GCLK_NTP_UNREACHABLE_MISSES && poll->burst_left == 0 &&
		poll->misses % 2 == 0)
		poll->back_off = MIN(poll->back_off + 1, reserve);
}

void gclk_ntp_poll_voided(GclkNtpPoll *poll)
{
	poll->reach >>= 1;
	if (poll->burst_left > 0)
		poll->burst_left = MIN(poll->burst_left + 1, GCLK_NTP_BURST_TOTAL);
}

void gclk_ntp_poll_rate(GclkNtpPoll *poll, gint asked)
{
	gint limit = MAX(poll->max, RATE_POLL_MAX);

	poll->floor = MIN(MAX(MAX(poll->poll, lowest(poll)) + 1, asked), limit);
	poll->poll = lowest(poll);
	poll->score = 0;
	poll->burst_left = 0;
}

void gclk_ntp_poll_denied(GclkNtpPoll *poll, gint64 now)
{
	poll->held = now + HOLD;
	poll->burst_left = 0;
}

void gclk_ntp_poll_tune(GclkNtpPoll *poll, gint quality)
{
	gint step = 0;

	if (quality > 0)
		poll->score += MIN(quality, TUNE_LIMIT);
	else if (quality < 0)
		poll->score = MIN(poll->score, 0) + MAX(quality, -TUNE_LIMIT) * TUNE_WEIGHT_BAD;
	if (ABS(poll->score) >= TUNE_LIMIT) {
		step = poll->score > 0 ? 1 : -1;
		poll->score = 0;
	}
	poll->poll = CLAMP(poll->poll + step, lowest(poll), highest(poll));
}

gboolean gclk_ntp_poll_unreachable(const GclkNtpPoll *poll)
{
	return poll->misses >= GCLK_NTP_UNREACHABLE_MISSES;
}

gint64 gclk_ntp_poll_patience(const GclkNtpPoll *poll)
{
	return MIN(PATIENCE, gclk_ntp_poll_spacing(poll) * 3 / 4);
}

gint64 gclk_ntp_poll_interval(const GclkNtpPoll *poll, gint64 now, guint32 random)
{
	gint64 base, part;

	if (poll->held > now)
		base = poll->held - now;
	else if (poll->burst_left > 0)
		base = gclk_ntp_poll_spacing(poll);
	else /* A request that went unanswered is soon repeated; the longer it lasts, the less. */
		base = seconds_of(poll->misses > 0 ? lowest(poll) + poll->back_off : poll->poll);
	part = base / 100 * SPREAD_PERCENT;
	/* Spacing within a burst and the hour of a hold are least times: only upwards. */
	if (poll->held > now || poll->burst_left > 0)
		return base + (gint64)((double)part * random / G_MAXUINT32);
	return base - part + (gint64)(2.0 * (double)part * random / G_MAXUINT32);
}
