/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet of the link: what was understood of it is within its ranges, and comes back the same
   when it is written and read again. */
#include "fuzz.h"

#include <string.h>

#include "guestclock/link.h"

static void check_text(const char *text, gsize size)
{
	g_assert_true(strnlen(text, size) < size);
	for (; *text != '\0'; text++)
		g_assert_true(g_ascii_isprint(*text));
}

static void check_ranges(const GclkLinkPacket *p)
{
	g_assert_true(p->header.version == GCLK_NTP_VERSION);
	g_assert_true(p->host.protocol <= GCLK_PROTOCOL_PTP);
	g_assert_true(p->host.leap < GCLK_LEAP_UNSYNC);
	g_assert_true(p->host.bound >= 0 && p->guest.bound >= 0);
	g_assert_true(p->host.tai_offset >= 0 && p->host.tai_offset <= 255);
	g_assert_true(p->guest.state < GCLK_STATES);
	g_assert_true(p->guest.source_kind <= GCLK_LINK_SOURCE_NTP);
	g_assert_true(p->event < GCLK_LINK_EVENTS);
	check_text(p->guest.source, sizeof(p->guest.source));
	check_text(p->guest.version, sizeof(p->guest.version));
	g_assert_nonnull(gclk_link_event_name(p->event));
	g_assert_nonnull(gclk_link_source_name(p->guest.source_kind));
}

static gboolean keep(gpointer user, const guint8 *payload, gsize length)
{
	g_assert_true(gclk_link_packet_decode(payload, length, user));
	return TRUE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	guint8 frame[GCLK_LINK_FRAME_MAX], again[GCLK_LINK_FRAME_MAX];
	GclkLinkReader reader = { .have = 0 };
	GclkLinkPacket packet, second;
	gsize length;

	if (!gclk_link_packet_decode(data, size, &packet))
		return 0;
	check_ranges(&packet);
	length = gclk_link_packet_encode(&packet, frame);
	g_assert_true(gclk_link_reader_feed(&reader, frame, length, keep, &second));
	g_assert_true(reader.frames == 1 && reader.noise == 0 && reader.have == 0);
	g_assert_true(gclk_link_packet_encode(&second, again) == length);
	g_assert_true(memcmp(frame, again, length) == 0);
	g_assert_true(memcmp(frame + GCLK_LINK_HEADER_SIZE, data, GCLK_NTP_HEADER_SIZE) == 0);
	return 0;
}
