/* SPDX-License-Identifier: BSD-2-Clause */
/* An NTP packet: header, extension fields, MAC; and every timestamp in it against some pivots. */
#include "fuzz.h"

#include <string.h>

#include "guestclock/ntp-packet.h"

#define HALF_ERA (G_GINT64_CONSTANT(2147483648) * GCLK_NS_PER_S)

static void check_time(guint64 time)
{
	static const gint64 pivots[] = { 0, 1800000000 * GCLK_NS_PER_S,
		G_GINT64_CONSTANT(2085978496) * GCLK_NS_PER_S,
		G_GINT64_CONSTANT(6900000000) * GCLK_NS_PER_S };

	for (gsize i = 0; i < G_N_ELEMENTS(pivots); i++) {
		gint64 ns = gclk_ntp_time_to_ns(time, pivots[i]);
		guint64 again = gclk_ntp_time_from_ns(ns);

		g_assert_true(ns >= pivots[i] - HALF_ERA && ns <= pivots[i] + HALF_ERA);
		/* half a nanosecond is 2.1 units of 2^-32 s */
		g_assert_true(again - time + 3 <= 6);
	}
	gclk_ntp_time_to_ns(time, (gint64)time);
	gclk_ntp_time_from_ns((gint64)time);
}

static void check_header(const guint8 *data)
{
	char refid[GCLK_NTP_REFID_TEXT_MAX];
	guint8 again[GCLK_NTP_HEADER_SIZE];
	GclkNtpHeader header;

	gclk_ntp_header_decode(data, &header);
	gclk_ntp_header_encode(&header, again);
	g_assert_true(memcmp(data, again, sizeof(again)) == 0);
	gclk_ntp_refid_format(header.refid, header.stratum, refid);
	g_assert_true(g_utf8_validate(refid, -1, NULL) && strlen(refid) < sizeof(refid));
	gclk_ntp_refid_is_local(header.refid, header.stratum);
	g_assert_true(gclk_ntp_log2_to_ns(header.poll) > 0);
	check_time(header.reference);
	check_time(header.origin);
	check_time(header.receive);
	check_time(header.transmit);
	gclk_ntp_time_diff(header.transmit, header.receive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GclkNtpLayout layout;
	GclkNtpField field;
	gsize offset = GCLK_NTP_HEADER_SIZE, fields = 0;
	gsize sum = 0; /* makes every byte be read */

	if (size >= GCLK_NTP_HEADER_SIZE)
		check_header(data);
	if (!gclk_ntp_layout_parse(data, size, &layout))
		return 0;
	g_assert_true(layout.fields_end <= size);
	for (; gclk_ntp_field_next(data, layout.fields_end, &offset, &field); fields++)
		sum += field.value[0] + field.value[field.length - 1];
	g_assert_true(fields == layout.fields && offset == layout.fields_end);
	for (gsize i = 0; i < layout.mac_length; i++)
		sum += layout.mac[i];
	g_assert_true(layout.fields_end + (layout.mac ? 4 : 0) + layout.mac_length == size);
	g_assert_true(sum <= 255 * (size + 2 * fields));
	return 0;
}
