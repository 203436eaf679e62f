/* SPDX-License-Identifier: BSD-2-Clause */
#include "link-rig.h"

#include <string.h>

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	GclkLinkRig *rig = user;

	rig->samples++;
	rig->last = *sample;
	if (rig->on_sample)
		rig->on_sample(source);
}

static void on_changed(gpointer user, GclkSource *source)
{
	GclkLinkRig *rig = user;

	(void)source;
	rig->changes++;
}

static void on_reference_jumped(gpointer user, GclkSource *source)
{
	(void)source;
	((GclkLinkRig *)user)->reference_jumps++;
}

/* As the agent does: it asks for a burst. */
static void on_disrupted(gpointer user, GclkSource *source, const char *what)
{
	GclkLinkRig *rig = user;

	rig->disruptions++;
	rig->what = what;
	gclk_source_burst(source);
}

static void on_claimed(gpointer user, GclkSource *source, const GclkLinkHost *claim, gint64 raw)
{
	GclkLinkRig *rig = user;

	(void)source;
	if (!claim) {
		rig->unclaims++;
		return;
	}
	rig->claims++;
	rig->claim = *claim;
	rig->claim_raw = raw;
}

static void tell(gpointer user, GclkLinkGuest *out)
{
	GclkLinkRig *rig = user;

	rig->tells++;
	*out = rig->guest;
}

void gclk_link_rig_init(GclkLinkRig *rig, const char *channel, gint poll)
{
	static const GclkSourceEvents events = { .sample = on_sample,
		.changed = on_changed,
		.disrupted = on_disrupted,
		.reference_jumped = on_reference_jumped,
		.claimed = on_claimed };
	const GclkLinkSettings settings = {
		.channel = channel,
		.poll = poll,
		.assumed_error = MS,
		.max_distance = 1500 * MS,
		.pivot = GCLK_FAKE_REAL,
		.tell = tell,
		.user = rig,
	};

	*rig = (GclkLinkRig){
		.fake = gclk_fake_new(),
		.host = {
			.header = { .stratum = 1, .precision = -24, .root_dispersion = 5 * US },
			.has_host = TRUE,
			.host = {
				.protocol = GCLK_PROTOCOL_PTP,
				.synchronised = TRUE,
				.bound = 10 * US,
				.tai_offset = 37,
			},
		},
		.way = 2 * MS,
		.back = 2 * MS,
		.held = MS / 10,
		.guest = { .state = GCLK_STATE_SYNCHRONISED, .bound = 50 * US },
	};
	rig->source = gclk_link_source_new(&rig->fake->platform, &settings);
	rig->source->events = &events;
	rig->source->user = rig;
	gclk_source_start(rig->source);
}

void gclk_link_rig_clear(GclkLinkRig *rig)
{
	gclk_source_free(rig->source);
	g_assert_cmpuint(rig->fake->timers->len, ==, 0);
	g_assert_null(rig->fake->stream);
	gclk_fake_free(rig->fake);
}

void gclk_link_rig_connect(GclkLinkRig *rig)
{
	gclk_fake_pass(rig->fake, 0);
	gclk_fake_connect(rig->fake, TRUE);
	gclk_fake_pass(rig->fake, 0);
}

gboolean gclk_link_rig_request(const GclkLinkRig *rig, guint from_last, GclkLinkPacket *out)
{
	const GclkFakeWrite *written = gclk_fake_written(rig->fake, from_last);

	return written->length >= GCLK_LINK_HEADER_SIZE && memcmp(written->data, "GC", 2) == 0 &&
	       gclk_link_packet_decode(written->data + GCLK_LINK_HEADER_SIZE,
		       written->length - GCLK_LINK_HEADER_SIZE, out) &&
	       out->header.mode == GCLK_NTP_MODE_CLIENT;
}

gsize gclk_link_rig_answer(
	const GclkLinkRig *rig, guint from_last, guint8 frame[GCLK_LINK_FRAME_MAX])
{
	GclkLinkPacket packet = rig->host, request;
	gint64 received = gclk_fake_written(rig->fake, from_last)->at.real + rig->way + rig->ahead;
	gsize length;

	g_assert_true(gclk_link_rig_request(rig, from_last, &request));
	packet.header.reference = gclk_ntp_time_from_ns(received - GCLK_NS_PER_S);
	gclk_link_answer(&packet, &request.header, gclk_ntp_time_from_ns(received));
	length = gclk_link_packet_encode(&packet, frame);
	gclk_link_stamp(frame, gclk_ntp_time_from_ns(received + rig->held));
	return length;
}

void gclk_link_rig_reply(GclkLinkRig *rig)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_rig_answer(rig, 0, frame);

	gclk_fake_pass(rig->fake, rig->way + rig->held + rig->back);
	g_assert_true(gclk_fake_feed(rig->fake, frame, length));
}

gboolean gclk_link_rig_next(GclkLinkRig *rig, gint64 limit)
{
	guint before = rig->fake->written->len;
	gint64 end = rig->fake->now + limit;

	while (rig->fake->written->len == before) {
		gint64 next = gclk_fake_next_timer(rig->fake);

		if (next < 0 || rig->fake->now + next > end)
			return FALSE;
		gclk_fake_pass_timer(rig->fake);
	}
	return TRUE;
}

/* Is an answer to the last write awaited? */
static gboolean is_asking(const GclkLinkRig *rig, guint answered)
{
	return rig->fake->written->len > answered;
}

void gclk_link_rig_converse(GclkLinkRig *rig, guint n)
{
	for (guint i = 0; i < n; i++) {
		guint written = rig->fake->written->len;

		gclk_link_rig_reply(rig);
		if (i + 1 < n && !is_asking(rig, written))
			g_assert_true(gclk_link_rig_next(rig, 2000 * GCLK_NS_PER_S));
	}
}

void gclk_link_rig_feed(GclkLinkRig *rig, const GclkLinkPacket *packet)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);

	g_assert_true(gclk_fake_feed(rig->fake, frame, length));
}

guint64 gclk_link_rig_dropped(const GclkLinkRig *rig, const char *name)
{
	const GclkSourceDrop *drops;
	gsize n = rig->source->ops->drops(rig->source, &drops);

	for (gsize i = 0; i < n; i++)
		if (strcmp(drops[i].name, name) == 0)
			return drops[i].count;
	g_assert_not_reached();
}

gboolean gclk_link_rig_settle(GclkLinkRig *rig, gboolean asked)
{
	gclk_link_rig_init(rig, GCLK_RIG_CHANNEL, 4);
	gclk_link_rig_connect(rig);
	gclk_link_rig_converse(rig, 4 * GCLK_RIG_ROUND);
	return rig->samples == 4 && (!asked || gclk_link_rig_next(rig, 20 * GCLK_NS_PER_S));
}
