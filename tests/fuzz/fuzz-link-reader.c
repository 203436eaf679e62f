/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream with frames and noise: in one piece and in many, it reads the same. The first byte says
   how long the pieces are. */
#include "fuzz.h"

#include <string.h>

#include "guestclock/link.h"

typedef struct {
	guint64 frames, bytes, sum;
	guint64 stop_at;
} Sink;

static gboolean take(gpointer user, const guint8 *payload, gsize length)
{
	Sink *sink = user;

	g_assert_true(length >= GCLK_LINK_PACKET_MIN && length <= GCLK_LINK_PACKET_MAX);
	g_assert_true(length % 4 == 0);
	sink->frames++;
	sink->bytes += length;
	for (gsize i = 0; i < length; i++)
		sink->sum = sink->sum * 31 + payload[i];
	return sink->frames != sink->stop_at;
}

static void check(const GclkLinkReader *reader, const Sink *sink, gsize size)
{
	g_assert_true(reader->have < GCLK_LINK_FRAME_MAX);
	g_assert_true(reader->frames == sink->frames);
	g_assert_true(
		reader->noise + reader->have + sink->bytes + sink->frames * GCLK_LINK_HEADER_SIZE ==
		size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GclkLinkReader whole = { .have = 0 }, pieces = { .have = 0 }, stopped = { .have = 0 };
	Sink of_whole = { 0 }, of_pieces = { 0 }, of_stopped = { .stop_at = 1 };
	gsize piece;

	if (size == 0)
		return 0;
	piece = (gsize)data[0] + 1;
	data++;
	size--;
	g_assert_true(gclk_link_reader_feed(&whole, data, size, take, &of_whole));
	for (gsize at = 0; at < size; at += piece)
		g_assert_true(gclk_link_reader_feed(
			&pieces, data + at, MIN(piece, size - at), take, &of_pieces));
	check(&whole, &of_whole, size);
	check(&pieces, &of_pieces, size);
	g_assert_true(of_whole.sum == of_pieces.sum && whole.have == pieces.have);
	g_assert_true(gclk_link_reader_feed(&stopped, data, size, take, &of_stopped) ==
		      (of_whole.frames == 0));
	gclk_link_reader_cut(&whole);
	g_assert_false(gclk_link_reader_half(&whole));
	return 0;
}
