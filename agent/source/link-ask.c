/* SPDX-License-Identifier: BSD-2-Clause */
/* What the link source asks, and what it makes of a round of answers. */
#include "source/link-private.h"

/* Rounds in a row with answers of which none can be used, of a kind that may pass. */
#define USELESS_LIMIT 3
/* From the beginning of a round that is made void to that of the next: a host whose every answer
   tells of another disruption shall not keep this machine busy. */
#define AGAIN_INTERVAL (50 * GCLK_NS_PER_MS)

/* --- the end of a round ----------------------------------------------------------------------- */

static void end_silent_round(GclkLink *self)
{
	if (self->round.silent < GCLK_LINK_ROUND_SILENT)
		return;
	gclk_link_unclaim(self);
	gclk_link_set_trouble(self, self->deaf   ? GCLK_LINK_DEAF
				    : self->late ? GCLK_LINK_SLOW
						 : GCLK_LINK_SILENT);
}

/* There were answers, and none can be used. */
static void end_useless_round(GclkLink *self, gint rounds)
{
	gboolean passing = gclk_ntp_verdict_class(self->reply.verdict) == GCLK_NTP_CLASS_TRANSIENT;
	g_autofree char *reason = gclk_ntp_reply_reason(&self->reply);

	if (passing && rounds < USELESS_LIMIT)
		return;
	gclk_source_set_condition(
		&self->base, GCLK_SOURCE_REFUSED, "the host's answers cannot be used: %s", reason);
}

static void end_good_round(GclkLink *self, const GclkSample *sample)
{
	g_autofree char *reason = NULL;

	if (sample->flags & GCLK_SAMPLE_RATE_ONLY) {
		reason = gclk_link_unfit_reason(
			&self->reply, self->distance, self->has_host ? &self->host : NULL);
		gclk_source_set_condition(&self->base, GCLK_SOURCE_REFUSED, "%s", reason);
	} else {
		gclk_source_set_condition(&self->base, GCLK_SOURCE_OK, NULL);
	}
	gclk_source_emit(&self->base, sample);
}

static void tell_claim(GclkLink *self)
{
	const GclkLinkHost host = self->host;

	if (!self->has_host) {
		gclk_link_unclaim(self);
		return;
	}
	self->claimed = TRUE;
	gclk_source_claim(&self->base, &host, self->heard);
}

/* The next one is arranged first: whoever listens may ask for a burst. */
static void end_round(GclkLink *self)
{
	gint64 wait = gclk_link_round_end(&self->round, gclk_link_now(self), self->settings.poll);
	const GclkLinkRound ended = self->round;

	gclk_link_set_timer(self, wait, gclk_link_begin_round);
	self->base.detail.reach = ended.reach;
	if (ended.answered == 0) {
		end_silent_round(self);
		return;
	}
	tell_claim(self);
	if (ended.sampled)
		end_good_round(self, &ended.best);
	else
		end_useless_round(self, ended.useless);
}

/* --- requests --------------------------------------------------------------------------------- */

static void lose_patience(gpointer user)
{
	GclkLink *self = user;

	self->timer = 0;
	gclk_ntp_exchange_give_up(&self->exchange);
	gclk_link_round_missed(&self->round);
	gclk_link_proceed(self);
}

/* Nothing that waits unread is added to: the round is over. */
static void stay_unheard(GclkLink *self)
{
	self->deaf = TRUE;
	while (!gclk_link_round_over(&self->round))
		gclk_link_round_missed(&self->round);
	end_round(self);
}

static void ask(GclkLink *self)
{
	GclkPlatform *platform = self->base.platform;
	guint64 nonce = gclk_ntp_exchange_nonce(&self->exchange, platform);
	guint8 frame[GCLK_LINK_FRAME_MAX];
	g_autoptr(GError) error = NULL;
	GclkClockPair departure;
	GclkLinkPacket packet;
	gsize length;

	gclk_link_request(&packet, nonce, self->settings.poll);
	length = gclk_link_packet_encode(&packet, frame);
	if (platform->stream_send(platform, self->stream, frame, length, &departure, &error)) {
		gclk_ntp_exchange_sent(&self->exchange, nonce, &departure);
		self->base.detail.requests++;
		gclk_link_set_timer(self, GCLK_LINK_ROUND_PATIENCE, lose_patience);
	} else if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN)) {
		stay_unheard(self);
	} else {
		gclk_link_close(self);
		gclk_source_set_condition(
			&self->base, GCLK_SOURCE_UNREACHABLE, "%s", error->message);
	}
}

void gclk_link_proceed(GclkLink *self)
{
	if (gclk_link_round_over(&self->round))
		end_round(self);
	else
		ask(self);
}

void gclk_link_begin_round(gpointer user)
{
	GclkLink *self = user;

	self->timer = 0;
	self->late = self->deaf = FALSE;
	gclk_link_round_begin(&self->round, gclk_link_now(self));
	ask(self);
}

void gclk_link_begin_again(GclkLink *self)
{
	if (!self->connected)
		return;
	gclk_ntp_exchange_void(&self->exchange);
	self->round.running = FALSE;
	gclk_link_set_timer(self, self->round.began + AGAIN_INTERVAL - gclk_link_now(self),
		gclk_link_begin_round);
}
