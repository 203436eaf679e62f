/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link source: opens its channel and keeps it open, asks in rounds, and sorts what comes:
 * answers (mode 4), the host's questions (mode 3), its news (mode 5). Only what carries the nonce
 * of the request under way is believed; all else on the stream may be left over from somebody
 * before us.
 */
#include "source/link.h"

#include "build-config.h"
#include "guestclock/ptp-table.h"
#include "source/link-private.h"

#define LOOK_LONGEST (16 * GCLK_NS_PER_S)
/* How long an opened channel may take until somebody is at its other end. */
#define CONNECT_PATIENCE (2 * GCLK_NS_PER_S)

static const char *const drop_names[GCLK_LINK_DROPS - GCLK_NTP_VERDICTS] = {
	"noise-bytes",
	"cut-frames",
	"questions-too-often",
	"answers-unsent",
	"events-repeated",
};

static void open_channel(gpointer user);

void gclk_link_set_timer(GclkLink *self, gint64 delay, GclkTimerFunc func)
{
	GclkPlatform *platform = self->base.platform;

	platform->timer_stop(platform, self->timer);
	self->timer = func ? platform->timer_start(platform, MAX(delay, 0), func, self) : 0;
}

void gclk_link_set_trouble(GclkLink *self, GclkLinkTrouble trouble)
{
	gclk_source_set_condition(&self->base, GCLK_SOURCE_UNREACHABLE, "%s",
		gclk_link_trouble_reason(trouble, self->channel));
}

void gclk_link_unclaim(GclkLink *self)
{
	if (!self->claimed)
		return;
	self->claimed = FALSE;
	gclk_source_claim(&self->base, NULL, 0);
}

/* --- the channel ------------------------------------------------------------------------------ */

static void set_cut(GclkLink *self, GclkTimerFunc func)
{
	GclkPlatform *platform = self->base.platform;

	platform->timer_stop(platform, self->cut);
	self->cut = func ? platform->timer_start(platform, GCLK_LINK_PATIENCE, func, self) : 0;
}

static void cut_half(gpointer user)
{
	GclkLink *self = user;

	self->cut = 0;
	gclk_link_reader_cut(&self->reader);
}

/* What was under way is lost, and what is known of the host holds no more. */
static void forget_host(GclkLink *self)
{
	self->connected = FALSE;
	self->has_host = FALSE;
	set_cut(self, NULL);
	gclk_link_reader_cut(&self->reader);
	gclk_ntp_exchange_forget_server(&self->exchange);
	gclk_link_round_abandon(&self->round);
	gclk_link_news_forget(&self->news);
	gclk_link_unclaim(self);
}

void gclk_link_close(GclkLink *self)
{
	self->base.platform->stream_close(self->base.platform, self->stream);
	self->stream = NULL;
	gclk_link_set_timer(self, self->look, open_channel);
	self->look = MIN(2 * self->look, LOOK_LONGEST);
	forget_host(self);
}

static void lose_connection_patience(gpointer user)
{
	GclkLink *self = user;

	self->timer = 0;
	gclk_link_set_trouble(self, GCLK_LINK_UNATTENDED);
}

static void take_bytes(
	gpointer user, const guint8 *data, gsize length, const GclkClockPair *arrival)
{
	GclkLink *self = user;

	gclk_link_take(self, data, length, arrival);
	if (self->stream)
		set_cut(self, gclk_link_reader_half(&self->reader) ? cut_half : NULL);
}

static void take_connection(gpointer user, gboolean connected)
{
	GclkLink *self = user;

	forget_host(self);
	self->connected = connected;
	if (!connected) {
		gclk_link_set_timer(self, 0, NULL);
		gclk_link_set_trouble(self, GCLK_LINK_UNATTENDED);
		return;
	}
	gclk_link_round_burst(&self->round);
	gclk_link_set_timer(self, 0, gclk_link_begin_round);
}

static void take_failure(gpointer user, int error)
{
	GclkLink *self = user;
	g_autofree char *reason = gclk_link_failure_reason(error, self->channel);

	gclk_link_close(self);
	gclk_source_set_condition(&self->base, GCLK_SOURCE_UNREACHABLE, "%s", reason);
}

static const GclkStreamEvents stream_events = {
	.received = take_bytes,
	.connected = take_connection,
	.failed = take_failure,
};

static void open_channel(gpointer user)
{
	GclkLink *self = user;
	GclkPlatform *platform = self->base.platform;
	g_autoptr(GError) error = NULL;
	g_autofree char *reason = NULL;
	GclkSourceCondition condition;

	self->timer = 0;
	if (!platform->stream_open) {
		gclk_source_set_condition(&self->base, GCLK_SOURCE_FAILED,
			"guestclockd knows no channels to the host on this system");
		return;
	}
	self->stream = platform->stream_open(platform, self->channel, &stream_events, self, &error);
	if (self->stream) {
		gclk_link_set_timer(self, CONNECT_PATIENCE, lose_connection_patience);
		return;
	}
	gclk_link_set_timer(self, self->look, open_channel);
	self->look = MIN(2 * self->look, LOOK_LONGEST);
	reason = gclk_link_open_reason(error, self->channel, &condition);
	gclk_source_set_condition(&self->base, condition, "%s", reason);
}

/* --- the source ------------------------------------------------------------------------------- */

static void link_start(GclkSource *source)
{
	gclk_link_set_timer((GclkLink *)source, 0, open_channel);
}

static void link_burst(GclkSource *source)
{
	GclkLink *self = (GclkLink *)source;

	if (!self->stream && self->timer != 0) {
		self->look = GCLK_LINK_LOOK_FIRST;
		gclk_link_set_timer(self, 0, open_channel);
	}
	if (!self->connected || !gclk_link_round_burst(&self->round) || self->round.running)
		return;
	gclk_link_set_timer(self, 0, gclk_link_begin_round);
}

/* The round is void: half of it is told in another time. */
static void link_stepped(GclkSource *source, gint64 delta)
{
	GclkLink *self = (GclkLink *)source;

	(void)delta;
	if (self->round.running)
		gclk_link_begin_again(self);
}

/* An exchange costs the host next to nothing: the configured interval stays. */
static void link_tune(GclkSource *source, gint quality)
{
	(void)source;
	(void)quality;
}

static gsize link_drops(GclkSource *source, const GclkSourceDrop **out)
{
	GclkLink *self = (GclkLink *)source;

	self->drops[GCLK_LINK_DROP_NOISE].count = self->reader.noise;
	self->drops[GCLK_LINK_DROP_CUT].count = self->reader.cut;
	/* All but the first: GCLK_NTP_GOOD is none. */
	*out = self->drops + 1;
	return GCLK_LINK_DROPS - 1;
}

static void link_free(GclkSource *source)
{
	GclkLink *self = (GclkLink *)source;
	GclkPlatform *platform = source->platform;

	platform->timer_stop(platform, self->timer);
	platform->timer_stop(platform, self->cut);
	if (platform->stream_close)
		platform->stream_close(platform, self->stream);
	g_free(self->channel);
	g_free(self);
}

static const GclkSourceOps link_ops = {
	.start = link_start,
	.burst = link_burst,
	.stepped = link_stepped,
	.tune = link_tune,
	.drops = link_drops,
	.free = link_free,
};

GclkSource *gclk_link_source_new(GclkPlatform *platform, const GclkLinkSettings *settings)
{
	GclkLink *self = g_new0(GclkLink, 1);
	GclkNtpContext *context = &self->exchange.context;

	gclk_source_init(&self->base, &link_ops, GCLK_SOURCE_HOST, platform, settings->channel,
		GCLK_ORIGIN_HOST);
	self->channel = g_strdup(settings->channel);
	self->settings = *settings;
	self->settings.channel = self->channel;
	self->settings.poll = CLAMP(settings->poll, 0, 10);
	self->look = GCLK_LINK_LOOK_FIRST;
	context->pivot = settings->pivot ? settings->pivot : GCLK_BUILD_TIME * GCLK_NS_PER_S;
	context->max_distance = settings->max_distance;
	context->link = TRUE;
	self->base.detail.poll = self->settings.poll;
	g_strlcpy(self->base.detail.address, settings->channel, sizeof self->base.detail.address);
	g_strlcpy(self->base.detail.method, "link", sizeof self->base.detail.method);
	for (gint i = 0; i < GCLK_LINK_DROPS; i++)
		self->drops[i].name = i < GCLK_NTP_VERDICTS
					      ? gclk_ntp_verdict_name((GclkNtpVerdict)i)
					      : drop_names[i - GCLK_NTP_VERDICTS];
	return &self->base;
}
