/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/link.h"

#include <string.h>

#include "big-endian.h"

/* Can a frame begin with these? have: 1 .. GCLK_LINK_HEADER_SIZE of them. */
static gboolean may_begin(const guint8 *bytes, gsize have)
{
	guint length;

	if (bytes[0] != 'G' || (have > 1 && bytes[1] != 'C'))
		return FALSE;
	if (have < GCLK_LINK_HEADER_SIZE)
		return TRUE;
	length = gclk_get16(bytes + 2);
	return length >= GCLK_LINK_PACKET_MIN && length <= GCLK_LINK_PACKET_MAX && length % 4 == 0;
}

/* Passes over what cannot be the beginning of a frame, byte by byte: a mark may stand anywhere. */
static void find_mark(GclkLinkReader *reader)
{
	while (reader->have > 0 && !may_begin(reader->bytes, reader->have)) {
		reader->have--;
		reader->noise++;
		memmove(reader->bytes, reader->bytes + 1, reader->have);
	}
}

/* How many bytes end the header, or the frame? */
static gsize wanted(const GclkLinkReader *reader)
{
	gsize end = GCLK_LINK_HEADER_SIZE;

	if (reader->have >= GCLK_LINK_HEADER_SIZE)
		end += gclk_get16(reader->bytes + 2);
	return end - reader->have;
}

/* From a copy: func may free the reader. */
static gboolean hand_on(GclkLinkReader *reader, GclkLinkPayloadFunc func, gpointer user)
{
	guint8 payload[GCLK_LINK_PACKET_MAX];
	gsize length = reader->have - GCLK_LINK_HEADER_SIZE;

	memcpy(payload, reader->bytes + GCLK_LINK_HEADER_SIZE, length);
	reader->have = 0;
	reader->frames++;
	return func(user, payload, length);
}

gboolean gclk_link_reader_feed(GclkLinkReader *reader, const guint8 *bytes, gsize length,
	GclkLinkPayloadFunc func, gpointer user)
{
	while (length > 0) {
		gsize n = MIN(length, wanted(reader));

		memcpy(reader->bytes + reader->have, bytes, n);
		reader->have += n;
		bytes += n;
		length -= n;
		if (reader->have <= GCLK_LINK_HEADER_SIZE)
			find_mark(reader);
		else if (wanted(reader) == 0 && !hand_on(reader, func, user))
			return FALSE;
	}
	return TRUE;
}

void gclk_link_reader_cut(GclkLinkReader *reader)
{
	if (reader->have == 0)
		return;
	reader->have = 0;
	reader->cut++;
}
