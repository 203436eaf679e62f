/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link source at work: the input is what happens to it, above all what arrives on its stream. No
 * sample may come of anything but an answer with the nonce of one of its requests, and it may not
 * be made to write more than its rates allow.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "fake-platform.h"
#include "source/link-serve.h"
#include "source/link.h"

#define STEPS_MAX 400

typedef struct {
	GclkFake *fake;
	GclkSource *source;
	GByteArray *fed;
	const uint8_t *data;
	size_t size;
} Run;

static guint8 take_byte(Run *run)
{
	if (run->size == 0)
		return 0;
	run->size--;
	return *run->data++;
}

static const guint8 *nonce_of(const GclkFakeWrite *written)
{
	return written->data + GCLK_LINK_HEADER_SIZE + 40;
}

static gboolean was_fed(const Run *run, const guint8 *nonce)
{
	for (guint i = 0; i + 8 <= run->fed->len; i++)
		if (memcmp(run->fed->data + i, nonce, 8) == 0)
			return TRUE;
	return FALSE;
}

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	Run *run = user;
	gboolean known = FALSE;

	(void)source;
	for (guint i = 0; !known && i < run->fake->written->len; i++)
		known = was_fed(run, nonce_of(gclk_fake_written(run->fake, i)));
	g_assert_true(known);
	g_assert_true(sample->delay > 0 && sample->reference_bound > 0);
}

static void on_disrupted(gpointer user, GclkSource *source, const char *what)
{
	(void)user;
	g_assert_nonnull(what);
	gclk_source_burst(source);
}

static void tell(gpointer user, GclkLinkGuest *out)
{
	(void)user;
	*out = (GclkLinkGuest){ .state = GCLK_STATE_SYNCHRONISED, .bound = GCLK_NS_PER_MS };
}

static void feed(Run *run, const guint8 *bytes, gsize length)
{
	g_byte_array_append(run->fed, bytes, (guint)length);
	gclk_fake_feed(run->fake, bytes, length);
}

/* The next bytes as a frame; with blessed an answer to the last request. */
static void feed_frame(Run *run, gsize length, gboolean blessed)
{
	guint8 frame[GCLK_LINK_FRAME_MAX] = { 'G', 'C' };

	length = CLAMP(length, GCLK_LINK_PACKET_MIN, GCLK_LINK_PACKET_MAX) & ~(gsize)3;
	frame[2] = (guint8)(length >> 8);
	frame[3] = (guint8)length;
	for (gsize i = 0; i < length; i++)
		frame[GCLK_LINK_HEADER_SIZE + i] = take_byte(run);
	if (blessed && run->fake->written->len) {
		guint8 *packet = frame + GCLK_LINK_HEADER_SIZE;

		packet[0] =
			(guint8)((packet[0] & 0xc0) | GCLK_NTP_VERSION << 3 | GCLK_NTP_MODE_SERVER);
		memcpy(packet + 24, nonce_of(gclk_fake_written(run->fake, 0)), 8);
	}
	feed(run, frame, GCLK_LINK_HEADER_SIZE + length);
}

static void feed_bytes(Run *run, gsize length)
{
	guint8 bytes[256];

	for (gsize i = 0; i < length; i++)
		bytes[i] = take_byte(run);
	feed(run, bytes, length);
}

static void act(Run *run)
{
	guint8 word = take_byte(run);

	switch (word % 10) {
	case 0:
		feed_bytes(run, take_byte(run));
		break;
	case 1:
	case 2:
		feed_frame(run, take_byte(run), FALSE);
		break;
	case 3:
	case 4:
		feed_frame(run, take_byte(run), TRUE);
		break;
	case 5:
		gclk_fake_pass(run->fake, take_byte(run) * 10 * GCLK_NS_PER_MS);
		break;
	case 6:
		if (run->fake->stream)
			gclk_fake_connect(run->fake, word < 200);
		break;
	case 7:
		if (run->fake->stream && word > 200)
			gclk_fake_break(run->fake, take_byte(run) % 40);
		gclk_fake_pass(run->fake, GCLK_NS_PER_MS);
		break;
	case 8:
		run->fake->stream_send_error = word < 60 ? EAGAIN : word < 90 ? EPIPE : 0;
		break;
	case 9:
		gclk_source_stepped(run->source, GCLK_NS_PER_S);
		gclk_source_burst(run->source);
		break;
	}
}

/* Requests: one needs an answer, a millisecond or a new connection at least. */
static void check_rate(const Run *run, guint steps)
{
	gint64 seconds = run->fake->now / GCLK_NS_PER_S + 2;

	g_assert_true(
		run->fake->written->len <= seconds * (GCLK_LINK_SERVE_RATE + 40) + steps * 10);
}

static void read_drops(GclkSource *source)
{
	const GclkSourceDrop *drops;
	gsize n = source->ops->drops(source, &drops);

	for (gsize i = 0; i < n; i++)
		g_assert_nonnull(drops[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const GclkSourceEvents events = { .sample = on_sample, .disrupted = on_disrupted };
	const GclkLinkSettings settings = {
		.channel = "virtio:org.guestclock.0",
		.assumed_error = GCLK_NS_PER_MS,
		.max_distance = 1500 * GCLK_NS_PER_MS,
		.pivot = GCLK_FAKE_REAL,
		.tell = tell,
	};
	Run run = { .data = data, .size = size };
	guint steps;

	run.fake = gclk_fake_new();
	run.fed = g_byte_array_new();
	run.source = gclk_link_source_new(&run.fake->platform, &settings);
	run.source->events = &events;
	run.source->user = &run;
	gclk_source_start(run.source);
	gclk_fake_pass(run.fake, 0);
	gclk_fake_connect(run.fake, TRUE);
	gclk_fake_pass(run.fake, 0);
	for (steps = 0; run.size > 0 && steps < STEPS_MAX; steps++)
		act(&run);
	check_rate(&run, steps);
	read_drops(run.source);
	gclk_source_free(run.source);
	g_assert_cmpuint(run.fake->timers->len, ==, 0);
	g_assert_null(run.fake->stream);
	g_byte_array_unref(run.fed);
	gclk_fake_free(run.fake);
	return 0;
}
