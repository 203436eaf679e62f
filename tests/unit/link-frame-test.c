/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/link.h"

#include <string.h>

#include "harness.h"

/* What a reader has handed on. */
typedef struct {
	GByteArray *payloads; /* one after the other */
	guint calls;
	gsize last_length;
	guint stop_at;         /* the call that stops the reader; 0: none */
	GclkLinkReader *owned; /* freed by the call that stops */
} Sink;

static gboolean take(gpointer user, const guint8 *payload, gsize length)
{
	Sink *sink = user;

	sink->calls++;
	sink->last_length = length;
	if (sink->calls == sink->stop_at && sink->owned)
		g_clear_pointer(&sink->owned, g_free);
	g_byte_array_append(sink->payloads, payload, (guint)length);
	return sink->calls != sink->stop_at;
}

/* A frame of that length whose payload counts up from first. */
static void append_frame(GByteArray *stream, gsize length, guint8 first)
{
	const guint8 header[] = { 'G', 'C', (guint8)(length >> 8), (guint8)length };

	g_byte_array_append(stream, header, sizeof(header));
	for (gsize i = 0; i < length; i++) {
		guint8 byte = (guint8)(first + i);

		g_byte_array_append(stream, &byte, 1);
	}
}

static void append_text(GByteArray *stream, const char *text)
{
	g_byte_array_append(stream, (const guint8 *)text, (guint)strlen(text));
}

/* Feeds the stream in pieces of that size, expects so many frames and bytes of noise. */
static void expect(const GByteArray *stream, gsize piece, guint frames, guint64 noise)
{
	g_autoptr(GByteArray) payloads = g_byte_array_new();
	Sink sink = { .payloads = payloads };
	GclkLinkReader reader = { .have = 0 };

	for (gsize at = 0; at < stream->len; at += piece)
		CU_ASSERT_TRUE(gclk_link_reader_feed(
			&reader, stream->data + at, MIN(piece, stream->len - at), take, &sink));
	GCLK_ASSERT_INT(sink.calls, frames);
	GCLK_ASSERT_INT(reader.frames, frames);
	GCLK_ASSERT_INT(reader.noise, noise);
	GCLK_ASSERT_INT(reader.have, 0);
	GCLK_ASSERT_INT(reader.cut, 0);
}

static void expect_any_piece(const GByteArray *stream, guint frames, guint64 noise)
{
	static const gsize pieces[] = { 1, 2, 3, 4, 5, 47, 52, 53, 1000, G_MAXINT16 };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
		expect(stream, pieces[i], frames, noise);
}

static void test_frames(void)
{
	g_autoptr(GByteArray) stream = g_byte_array_new();
	g_autoptr(GByteArray) payloads = g_byte_array_new();
	GclkLinkReader reader = { .have = 0 };
	Sink sink = { .payloads = payloads };

	append_frame(stream, 48, 0);
	append_frame(stream, 256, 7);
	append_frame(stream, 52, 100);
	expect_any_piece(stream, 3, 0);
	CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, stream->data, stream->len, take, &sink));
	GCLK_ASSERT_INT(payloads->len, 48 + 256 + 52);
	GCLK_ASSERT_INT(memcmp(payloads->data, stream->data + 4, 48), 0);
	GCLK_ASSERT_INT(memcmp(payloads->data + 48, stream->data + 4 + 48 + 4, 256), 0);
	GCLK_ASSERT_INT(memcmp(payloads->data + 304, stream->data + 4 + 48 + 4 + 256 + 4, 52), 0);
	GCLK_ASSERT_INT(sink.last_length, 52);
}

/* Nothing, and a feed of nothing. */
static void test_nothing(void)
{
	GclkLinkReader reader = { .have = 0 };

	CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, NULL, 0, NULL, NULL));
	CU_ASSERT_FALSE(gclk_link_reader_half(&reader));
	gclk_link_reader_cut(&reader);
	GCLK_ASSERT_INT(reader.cut, 0);
}

static void test_noise(void)
{
	static const char *const noises[] = { "x", "xyz", "CG", "C", "GGGG", "G", "GC", "GCGC",
		"GCx", "GGC", "GCG", "login: ", "GCGCGCGCGCGCG" };

	for (gsize i = 0; i < G_N_ELEMENTS(noises); i++) {
		g_autoptr(GByteArray) stream = g_byte_array_new();
		gsize length = strlen(noises[i]);

		append_text(stream, noises[i]);
		append_frame(stream, 48, 3);
		append_text(stream, noises[i]);
		append_frame(stream, 60, 3);
		expect_any_piece(stream, 2, 2 * length);
	}
}

/* A mark with a length that none of ours has is no mark. */
static void test_lengths(void)
{
	static const guint lengths[] = { 0, 1, 4, 44, 47, 49, 50, 51, 255, 257, 258, 260, 512, 1072,
		0x4743, 65532, 65535 };

	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autoptr(GByteArray) stream = g_byte_array_new();
		const guint8 header[] = { 'G', 'C', (guint8)(lengths[i] >> 8), (guint8)lengths[i] };

		g_byte_array_append(stream, header, sizeof(header));
		append_frame(stream, 48, 3);
		expect_any_piece(stream, 1, 4);
	}
	for (gsize length = 48; length <= 256; length += 4) {
		g_autoptr(GByteArray) stream = g_byte_array_new();

		append_frame(stream, length, (guint8)length);
		expect_any_piece(stream, 1, 0);
	}
}

/* A frame's own mark right behind a false one whose length is cut short by it. */
static void test_mark_within_header(void)
{
	static const guint8 false_marks[][3] = { { 'G', 'C', 0 }, { 'G', 'C', 'G' },
		{ 'G', 'G', 'C' } };

	for (gsize i = 0; i < G_N_ELEMENTS(false_marks); i++) {
		g_autoptr(GByteArray) stream = g_byte_array_new();

		g_byte_array_append(stream, false_marks[i], 3);
		append_frame(stream, 48, 9);
		expect_any_piece(stream, 1, 3);
	}
}

/* Payloads may contain the mark: only at the edges of frames is one looked for. */
static void test_mark_in_payload(void)
{
	g_autoptr(GByteArray) stream = g_byte_array_new();

	append_frame(stream, 48, 0);
	memcpy(stream->data + 20, "GC\0\60GC", 6);
	append_frame(stream, 48, 0);
	memcpy(stream->data + stream->len - 2, "GC", 2);
	append_frame(stream, 48, 0);
	expect_any_piece(stream, 3, 0);
}

/* Half a frame of a dead client: cut, the next one is whole; not cut, it takes the beginning of the
   next one with it, and the one after that is whole. */
static void test_half(void)
{
	for (gsize half = 1; half < 52; half++) {
		g_autoptr(GByteArray) payloads = g_byte_array_new();
		g_autoptr(GByteArray) stream = g_byte_array_new();
		Sink sink = { .payloads = payloads };
		GclkLinkReader reader = { .have = 0 };

		append_frame(stream, 48, 0);
		CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, stream->data, half, take, &sink));
		CU_ASSERT_TRUE(gclk_link_reader_half(&reader));
		gclk_link_reader_cut(&reader);
		CU_ASSERT_FALSE(gclk_link_reader_half(&reader));
		GCLK_ASSERT_INT(reader.cut, 1);
		CU_ASSERT_TRUE(
			gclk_link_reader_feed(&reader, stream->data, stream->len, take, &sink));
		GCLK_ASSERT_INT(sink.calls, 1);
		GCLK_ASSERT_INT(memcmp(payloads->data, stream->data + 4, 48), 0);

		g_byte_array_set_size(payloads, 0);
		sink.calls = 0;
		CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, stream->data, half, take, &sink));
		for (guint i = 0; i < 2; i++)
			CU_ASSERT_TRUE(gclk_link_reader_feed(
				&reader, stream->data, stream->len, take, &sink));
		/* less than a header is no frame yet, and holds nothing up */
		GCLK_ASSERT_INT(sink.calls, 2);
		GCLK_ASSERT_INT(reader.noise, half);
		GCLK_ASSERT_INT(
			memcmp(payloads->data + payloads->len - 48, stream->data + 4, 48), 0);
		GCLK_ASSERT_INT(reader.have, 0);
	}
}

/* However long the noise, the reader keeps no more than a frame, and finds the next one. */
static void test_flood(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);
	g_autoptr(GByteArray) payloads = g_byte_array_new();
	g_autoptr(GByteArray) stream = g_byte_array_new();
	GclkLinkReader reader = { .have = 0 };
	Sink sink = { .payloads = payloads };

	for (guint i = 0; i < 1000000; i++) {
		/* many marks, many lengths that fit */
		guint8 byte = (guint8) "GC\0\60x"[g_rand_int_range(rand, 0, 5)];

		g_byte_array_append(stream, &byte, 1);
	}
	CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, stream->data, stream->len, take, &sink));
	CU_ASSERT_TRUE(reader.have < GCLK_LINK_FRAME_MAX);
	CU_ASSERT_TRUE(sink.calls > 100);
	GCLK_ASSERT_INT(payloads->len + 4 * reader.frames + reader.noise + reader.have, 1000000);
	gclk_link_reader_cut(&reader);
	g_byte_array_set_size(stream, 0);
	append_frame(stream, 48, 1);
	sink.calls = 0;
	CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, stream->data, stream->len, take, &sink));
	GCLK_ASSERT_INT(sink.calls, 1);
}

static void test_stop(void)
{
	g_autoptr(GByteArray) stream = g_byte_array_new();
	g_autoptr(GByteArray) payloads = g_byte_array_new();
	GclkLinkReader reader = { .have = 0 };
	Sink sink = { .payloads = payloads, .stop_at = 2 };

	for (guint8 i = 0; i < 4; i++)
		append_frame(stream, 48, i);
	CU_ASSERT_FALSE(gclk_link_reader_feed(&reader, stream->data, stream->len, take, &sink));
	GCLK_ASSERT_INT(sink.calls, 2);
	CU_ASSERT_FALSE(gclk_link_reader_half(&reader));
	/* it can be fed again */
	CU_ASSERT_TRUE(gclk_link_reader_feed(&reader, stream->data, 52, take, &sink));
	GCLK_ASSERT_INT(sink.calls, 3);
}

/* The memory checker sees whether the reader or what it handed on is touched afterwards. */
static void test_freed_by_func(void)
{
	g_autoptr(GByteArray) stream = g_byte_array_new();
	g_autoptr(GByteArray) payloads = g_byte_array_new();
	Sink sink = { .payloads = payloads, .stop_at = 2, .owned = g_new0(GclkLinkReader, 1) };

	for (guint8 i = 0; i < 4; i++)
		append_frame(stream, 48, i);
	CU_ASSERT_FALSE(gclk_link_reader_feed(sink.owned, stream->data, stream->len, take, &sink));
	CU_ASSERT_PTR_NULL(sink.owned);
	GCLK_ASSERT_INT(payloads->len, 96);
	GCLK_ASSERT_INT(memcmp(payloads->data + 48, stream->data + 56, 48), 0);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "frames, in pieces of any size", test_frames },
		{ "nothing", test_nothing },
		{ "noise between frames", test_noise },
		{ "lengths", test_lengths },
		{ "a mark within a false header", test_mark_within_header },
		{ "a mark within a payload", test_mark_in_payload },
		{ "half a frame of a dead client", test_half },
		{ "a flood", test_flood },
		{ "stopped", test_stop },
		{ "the reader is freed by its func", test_freed_by_func },
		{ NULL, NULL },
	};

	return gclk_test_main("link-frame", cases);
}
