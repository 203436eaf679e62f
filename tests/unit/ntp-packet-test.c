/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "guestclock/ntp-packet.h"
#include "harness.h"

#define S(seconds)         (G_GINT64_CONSTANT(seconds) * GCLK_NS_PER_S)
#define YEAR_2026          S(1767225600)
#define YEAR_2036_ROLLOVER S(2085978496) /* 2036-02-07 06:28:16, the first second of era 1 */
#define YEAR_2100          S(4102444800)

/* --- header ----------------------------------------------------------------------------------- */

/* Written by hand after RFC 5905 figure 8. */
static const guint8 sample_packet[GCLK_NTP_HEADER_SIZE] = {
	0x64, 0x02, 0x06, 0xe9,                         /* leap 1, version 4, mode 4; -23 */
	0x00, 0x00, 0x80, 0x00,                         /* root delay 0.5 s */
	0x00, 0x01, 0x40, 0x00,                         /* root dispersion 1.25 s */
	0xc0, 0x00, 0x02, 0x07,                         /* 192.0.2.7 */
	0xec, 0xfe, 0x18, 0x80, 0x00, 0x00, 0x00, 0x00, /* reference */
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, /* origin */
	0xec, 0xfe, 0x18, 0x90, 0x80, 0x00, 0x00, 0x00, /* receive */
	0xec, 0xfe, 0x18, 0x90, 0xc0, 0x00, 0x00, 0x01, /* transmit */
};

static void test_decode(void)
{
	GclkNtpHeader header;

	gclk_ntp_header_decode(sample_packet, &header);
	GCLK_ASSERT_INT(header.leap, GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(header.version, 4);
	GCLK_ASSERT_INT(header.mode, GCLK_NTP_MODE_SERVER);
	GCLK_ASSERT_INT(header.stratum, 2);
	GCLK_ASSERT_INT(header.poll, 6);
	GCLK_ASSERT_INT(header.precision, -23);
	GCLK_ASSERT_INT(header.root_delay, 500 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(header.root_dispersion, 1250 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(header.refid, 0xc0000207);
	GCLK_ASSERT_INT(header.reference, G_GUINT64_CONSTANT(0xecfe188000000000));
	GCLK_ASSERT_INT(header.origin, G_GUINT64_CONSTANT(0x0123456789abcdef));
	GCLK_ASSERT_INT(header.receive, G_GUINT64_CONSTANT(0xecfe189080000000));
	GCLK_ASSERT_INT(header.transmit, G_GUINT64_CONSTANT(0xecfe1890c0000001));
}

static void test_encode(void)
{
	GclkNtpHeader header;
	guint8 bytes[GCLK_NTP_HEADER_SIZE];

	gclk_ntp_header_decode(sample_packet, &header);
	gclk_ntp_header_encode(&header, bytes);
	CU_ASSERT_EQUAL(memcmp(bytes, sample_packet, sizeof(bytes)), 0);
}

/* Every bit comes back, whatever it is. */
static void test_round_trip(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	guint8 bytes[GCLK_NTP_HEADER_SIZE], again[GCLK_NTP_HEADER_SIZE];
	GclkNtpHeader header;

	for (gint i = 0; i < 20000; i++) {
		for (gsize j = 0; j < sizeof(bytes); j++)
			bytes[j] = (guint8)g_rand_int(rand);
		gclk_ntp_header_decode(bytes, &header);
		gclk_ntp_header_encode(&header, again);
		if (memcmp(bytes, again, sizeof(bytes)) != 0) {
			GCLK_ASSERT_INT(i, -1);
			return;
		}
	}
}

static void test_encode_saturates(void)
{
	GclkNtpHeader header = {
		.version = 255,
		.mode = 255,
		.root_delay = -1,
		.root_dispersion = GCLK_BOUND_UNKNOWN,
	};
	guint8 bytes[GCLK_NTP_HEADER_SIZE];

	gclk_ntp_header_encode(&header, bytes);
	GCLK_ASSERT_INT(bytes[0], 0x3f);
	gclk_ntp_header_decode(bytes, &header);
	GCLK_ASSERT_INT(header.root_delay, 0);
	GCLK_ASSERT_INT(header.root_dispersion, gclk_ntp_short_to_ns(G_MAXUINT32));
}

/* --- layout ----------------------------------------------------------------------------------- */

static GclkNtpLayout layout;

/* Layout of a packet with a version whose bytes behind the header are rest. */
static gboolean parse(guint version, const guint8 *rest, gsize length)
{
	static guint8 packet[GCLK_NTP_PACKET_MAX];

	memset(packet, 0, sizeof(packet));
	packet[0] = (guint8)(version << 3 | GCLK_NTP_MODE_SERVER);
	if (length > 0)
		memcpy(packet + GCLK_NTP_HEADER_SIZE, rest, length);
	return gclk_ntp_layout_parse(packet, GCLK_NTP_HEADER_SIZE + length, &layout);
}

static void test_layout_plain(void)
{
	CU_ASSERT_TRUE(parse(4, NULL, 0));
	GCLK_ASSERT_INT(layout.fields, 0);
	GCLK_ASSERT_INT(layout.fields_end, GCLK_NTP_HEADER_SIZE);
	GCLK_ASSERT_INT(layout.mac_length, 0);
	CU_ASSERT_FALSE(layout.crypto_nak);
	for (gsize length = 0; length < GCLK_NTP_HEADER_SIZE; length++)
		CU_ASSERT_FALSE(gclk_ntp_layout_parse(sample_packet, length, &layout));
}

static void test_layout_mac(void)
{
	static const guint8 mac[24] = { 0x01, 0x02, 0x03, 0x04, 0xaa };

	CU_ASSERT_TRUE(parse(4, mac, 20));
	GCLK_ASSERT_INT(layout.mac_length, 16);
	GCLK_ASSERT_INT(layout.key_id, 0x01020304);
	GCLK_ASSERT_INT(layout.mac[0], 0xaa);
	CU_ASSERT_TRUE(parse(4, mac, 24));
	GCLK_ASSERT_INT(layout.mac_length, 20);
	GCLK_ASSERT_INT(layout.fields_end, GCLK_NTP_HEADER_SIZE);
}

/* Rests that are neither MAC nor field: none may be accepted. */
static void test_layout_bad_lengths(void)
{
	static const guint8 zeros[256] = { 0 };

	for (gsize length = 1; length <= sizeof(zeros); length++)
		if (length != 4 && length != 20 && length != 24)
			CU_ASSERT_FALSE(parse(4, zeros, length));
}

static void test_layout_crypto_nak(void)
{
	static const guint8 nak[4] = { 0 };
	static const guint8 key_only[4] = { 0, 0, 0, 1 };

	CU_ASSERT_TRUE(parse(4, nak, 4));
	CU_ASSERT_TRUE(layout.crypto_nak);
	GCLK_ASSERT_INT(layout.mac_length, 0);
	CU_ASSERT_TRUE(parse(3, nak, 4));
	CU_ASSERT_TRUE(layout.crypto_nak);
	CU_ASSERT_FALSE(parse(4, key_only, 4));
}

/* Version 3 has no fields: 72 bytes there are key id and SHA-512. */
static void test_layout_version_3(void)
{
	static const guint8 rest[68] = { 0, 0, 0, 9 };

	CU_ASSERT_TRUE(parse(3, rest, 68));
	GCLK_ASSERT_INT(layout.mac_length, 64);
	GCLK_ASSERT_INT(layout.key_id, 9);
	CU_ASSERT_FALSE(parse(4, rest, 68));
}

static void test_fields(void)
{
	guint8 packet[GCLK_NTP_PACKET_MAX];
	guint8 value[40];
	gsize length = GCLK_NTP_HEADER_SIZE, offset = GCLK_NTP_HEADER_SIZE;
	GclkNtpField field;

	memset(packet, 0xff, sizeof(packet)); /* padding is zeroed all the same */
	packet[0] = 4 << 3 | GCLK_NTP_MODE_SERVER;
	memset(value, 0x5a, sizeof(value));
	length = gclk_ntp_field_append(packet, length, sizeof(packet), 0xf001, value, 5);
	GCLK_ASSERT_INT(length, 48 + 28);
	length = gclk_ntp_field_append(packet, length, sizeof(packet), 0xf002, value, 38);
	GCLK_ASSERT_INT(length, 48 + 28 + 44);
	memset(packet + length, 0x11, 20);
	CU_ASSERT_TRUE(gclk_ntp_layout_parse(packet, length, &layout));
	GCLK_ASSERT_INT(layout.fields, 2);
	GCLK_ASSERT_INT(layout.fields_end, length);
	GCLK_ASSERT_INT(layout.mac_length, 0);
	CU_ASSERT_TRUE(gclk_ntp_layout_parse(packet, length + 20, &layout));
	GCLK_ASSERT_INT(layout.fields, 2);
	GCLK_ASSERT_INT(layout.fields_end, length);
	GCLK_ASSERT_INT(layout.mac_length, 16);

	CU_ASSERT_TRUE(gclk_ntp_field_next(packet, length, &offset, &field));
	GCLK_ASSERT_INT(field.type, 0xf001);
	GCLK_ASSERT_INT(field.length, 24);
	GCLK_ASSERT_INT(field.value[4], 0x5a);
	GCLK_ASSERT_INT(field.value[5], 0);
	CU_ASSERT_TRUE(gclk_ntp_field_next(packet, length, &offset, &field));
	GCLK_ASSERT_INT(field.type, 0xf002);
	GCLK_ASSERT_INT(field.length, 40);
	CU_ASSERT_FALSE(gclk_ntp_field_next(packet, length, &offset, &field));
	GCLK_ASSERT_INT(offset, length);
}

static void test_field_bad(void)
{
	guint8 packet[128] = { 4 << 3 | GCLK_NTP_MODE_SERVER };
	GclkNtpField field;
	gsize offset;
	static const guint16 sizes[] = { 0, 4, 12, 17, 30, 84, 0xffff };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		packet[50] = (guint8)(sizes[i] >> 8);
		packet[51] = (guint8)sizes[i];
		offset = GCLK_NTP_HEADER_SIZE;
		CU_ASSERT_FALSE(gclk_ntp_field_next(packet, 128, &offset, &field));
		CU_ASSERT_FALSE(gclk_ntp_layout_parse(packet, 128, &layout));
	}
	packet[51] = 80;
	offset = GCLK_NTP_HEADER_SIZE;
	packet[50] = 0;
	CU_ASSERT_TRUE(gclk_ntp_field_next(packet, 128, &offset, &field));
	offset = 200;
	CU_ASSERT_FALSE(gclk_ntp_field_next(packet, 128, &offset, &field));
	/* the least: 16 bytes, to the very end */
	packet[51] = 16;
	offset = GCLK_NTP_HEADER_SIZE;
	CU_ASSERT_FALSE(gclk_ntp_field_next(packet, 63, &offset, &field));
	CU_ASSERT_TRUE(gclk_ntp_field_next(packet, 64, &offset, &field));
	GCLK_ASSERT_INT(field.length, 12);
	CU_ASSERT_FALSE(gclk_ntp_field_next(packet, 64, &offset, &field));
}

static void test_field_append_limits(void)
{
	guint8 packet[100] = { 0 };
	static const guint8 value[70000] = { 0 };
	static guint8 large[70000];

	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 48, 100, 1, value, 48), 100);
	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 48, 100, 1, value, 49), 0);
	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 80, 100, 1, value, 1), 0);
	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 101, 100, 1, value, 1), 0);
	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 48, 100, 1, value, 70000), 0);
	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 48, 100, 1, NULL, 0), 76);
	GCLK_ASSERT_INT(gclk_ntp_field_append(packet, 100, 100, 1, NULL, 0), 0);
	/* the length field has 16 bits and counts in fours */
	GCLK_ASSERT_INT(
		gclk_ntp_field_append(large, 48, sizeof(large), 1, value, 65528), 48 + 65532);
	GCLK_ASSERT_INT(large[50] << 8 | large[51], 65532);
	GCLK_ASSERT_INT(gclk_ntp_field_append(large, 48, sizeof(large), 1, value, 65529), 0);
}

static void test_field_count(void)
{
	guint8 packet[GCLK_NTP_PACKET_MAX] = { 4 << 3 | GCLK_NTP_MODE_SERVER };
	gsize length = GCLK_NTP_HEADER_SIZE;

	for (gint i = 0; i < GCLK_NTP_FIELDS_MAX; i++)
		length = gclk_ntp_field_append(packet, length, sizeof(packet), 1, NULL, 0);
	CU_ASSERT_TRUE(gclk_ntp_layout_parse(packet, length, &layout));
	GCLK_ASSERT_INT(layout.fields, GCLK_NTP_FIELDS_MAX);
	length = gclk_ntp_field_append(packet, length, sizeof(packet), 1, NULL, 0);
	CU_ASSERT_FALSE(gclk_ntp_layout_parse(packet, length, &layout));
}

/* --- times ------------------------------------------------------------------------------------ */

static void test_time_known(void)
{
	/* RFC 5905 figure 4: 1970-01-01 is second 2,208,988,800 of era 0 */
	GCLK_ASSERT_INT(gclk_ntp_time_from_ns(0), G_GUINT64_CONSTANT(2208988800) << 32);
	GCLK_ASSERT_INT(gclk_ntp_time_from_ns(500 * GCLK_NS_PER_MS),
		(G_GUINT64_CONSTANT(2208988800) << 32) | 0x80000000U);
	GCLK_ASSERT_INT(gclk_ntp_time_from_ns(-1), G_GUINT64_CONSTANT(0x83aa7e7ffffffffc));
	GCLK_ASSERT_INT(gclk_ntp_time_to_ns(G_GUINT64_CONSTANT(2208988800) << 32, YEAR_2026), 0);
	GCLK_ASSERT_INT(gclk_ntp_time_to_ns(gclk_ntp_time_from_ns(-1), YEAR_2026), -1);
}

static void test_time_never_zero(void)
{
	GCLK_ASSERT_INT(gclk_ntp_time_from_ns(YEAR_2036_ROLLOVER), 1);
	GCLK_ASSERT_INT(gclk_ntp_time_to_ns(1, YEAR_2026), YEAR_2036_ROLLOVER);
	GCLK_ASSERT_INT(
		gclk_ntp_time_from_ns(YEAR_2036_ROLLOVER + S(1)), G_GUINT64_CONSTANT(1) << 32);
}

static void test_rollover_2036(void)
{
	static const gint64 around[] = { -S(1), -1, 0, 1, S(1), S(86400) };

	for (gsize i = 0; i < G_N_ELEMENTS(around); i++) {
		gint64 ns = YEAR_2036_ROLLOVER + around[i];
		guint64 time = gclk_ntp_time_from_ns(ns);

		GCLK_ASSERT_INT(gclk_ntp_time_to_ns(time, YEAR_2026), ns);
		GCLK_ASSERT_INT(gclk_ntp_time_to_ns(time, ns), ns);
		GCLK_ASSERT_INT(gclk_ntp_time_to_ns(time, YEAR_2100), ns);
	}
	/* the middle of an era, seen from 1970, is 1968 rather than 2104 */
	GCLK_ASSERT_INT(
		gclk_ntp_time_to_ns(G_GUINT64_CONSTANT(1) << 63, 0), S(2147483648) - S(2208988800));
}

static void test_time_2100(void)
{
	guint64 time = gclk_ntp_time_from_ns(YEAR_2100 + 123456789);

	GCLK_ASSERT_INT(gclk_ntp_time_to_ns(time, YEAR_2100), YEAR_2100 + 123456789);
	GCLK_ASSERT_INT(
		gclk_ntp_time_to_ns(time, YEAR_2100 - S(60 * 31557600)), YEAR_2100 + 123456789);
	/* from 2026 it lies 74 years ahead, more than half an era: taken for 1963 */
	GCLK_ASSERT_INT(
		gclk_ntp_time_to_ns(time, YEAR_2026), YEAR_2100 + 123456789 - S(4294967296));
}

/* The result lies in [pivot - 2^31 s, pivot + 2^31 s). */
static void test_pivot_borders(void)
{
	static const gint64 pivots[] = { -S(2208988800), -S(1), 0, YEAR_2026, YEAR_2036_ROLLOVER,
		YEAR_2100, S(6942672000) };

	for (gsize i = 0; i < G_N_ELEMENTS(pivots); i++) {
		gint64 first = pivots[i] - S(2147483648), last = pivots[i] + S(2147483647);

		GCLK_ASSERT_INT(
			gclk_ntp_time_to_ns(gclk_ntp_time_from_ns(first), pivots[i]), first);
		GCLK_ASSERT_INT(gclk_ntp_time_to_ns(gclk_ntp_time_from_ns(last), pivots[i]), last);
		GCLK_ASSERT_INT(
			gclk_ntp_time_to_ns(gclk_ntp_time_from_ns(last + S(1)), pivots[i]), first);
	}
	/* pivots beyond are held, nothing overflows */
	CU_ASSERT(gclk_ntp_time_to_ns(G_MAXUINT64, G_MAXINT64) > S(4000000000));
	CU_ASSERT(gclk_ntp_time_to_ns(0, G_MININT64) < 0);
	gclk_ntp_time_from_ns(G_MAXINT64);
	gclk_ntp_time_from_ns(G_MININT64);
}

static void test_time_round_trip(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(2);

	for (gint i = 0; i < 20000; i++) {
		gint64 ns =
			YEAR_2026 +
			(gint64)g_rand_int_range(rand, -2000000000, 2000000000) * GCLK_NS_PER_S +
			g_rand_int_range(rand, 0, 1000000000);
		gint64 back = gclk_ntp_time_to_ns(gclk_ntp_time_from_ns(ns), YEAR_2026);

		if (back != ns) {
			GCLK_ASSERT_INT(back, ns);
			return;
		}
	}
}

static void test_time_diff(void)
{
	guint64 before = gclk_ntp_time_from_ns(YEAR_2036_ROLLOVER - S(5));
	guint64 after = gclk_ntp_time_from_ns(YEAR_2036_ROLLOVER + S(5) + 7);

	GCLK_ASSERT_INT(gclk_ntp_time_diff(after, before), S(10) + 7);
	GCLK_ASSERT_INT(gclk_ntp_time_diff(before, after), -(S(10) + 7));
	GCLK_ASSERT_INT(gclk_ntp_time_diff(after, after), 0);
	GCLK_ASSERT_INT(gclk_ntp_time_diff(1, 2), 0);
	GCLK_ASSERT_INT(gclk_ntp_time_diff(G_GUINT64_CONSTANT(1) << 63, 0), -S(2147483648));
}

static void test_short(void)
{
	GCLK_ASSERT_INT(gclk_ntp_short_to_ns(0), 0);
	GCLK_ASSERT_INT(gclk_ntp_short_to_ns(1), 15258);
	GCLK_ASSERT_INT(gclk_ntp_short_to_ns(0x10000), S(1));
	GCLK_ASSERT_INT(gclk_ntp_short_to_ns(0xffffffff), S(65535) + 999984741);
	/* a bound is never made smaller on its way out */
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(1), 1);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(15258), 1);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(15259), 2);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(0), 0);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(-5), 0);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(S(65536) - 1), 0xffffffff);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(S(65536)), 0xffffffff);
	GCLK_ASSERT_INT(gclk_ntp_short_from_ns(G_MAXINT64), 0xffffffff);
}

static void test_log2(void)
{
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(0), S(1));
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(6), S(64));
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(17), S(131072));
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(-10), 976562);
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(-30), 1);
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(-128), 1);
	GCLK_ASSERT_INT(gclk_ntp_log2_to_ns(127), S(8589934592));
}

/* --- reference ids ---------------------------------------------------------------------------- */

static void test_refid_text(void)
{
	char text[GCLK_NTP_REFID_TEXT_MAX];

	GCLK_ASSERT_STR(gclk_ntp_refid_format(gclk_ntp_refid("GPS"), 1, text), "GPS");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(gclk_ntp_refid("PPS "), 1, text), "PPS");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(gclk_ntp_refid("RATE"), 0, text), "RATE");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(gclk_ntp_refid("LOCL"), 1, text), "LOCL");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0xffffffff, 2, text), "255.255.255.255");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0x7f7f0101, 8, text), "127.127.1.1");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0, 0, text), "");
	/* what is no text is not printed as such: escapes, quotes, eight bits, a zero in the middle
	 */
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0x1b5b334d, 1, text), "1B5B334D");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0x47225053, 1, text), "47225053");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0xe4e4e4e4, 0, text), "E4E4E4E4");
	GCLK_ASSERT_STR(gclk_ntp_refid_format(0x47005053, 1, text), "47005053");
	GCLK_ASSERT_INT(gclk_ntp_refid("LOCL"), 0x4c4f434c);
	GCLK_ASSERT_INT(gclk_ntp_refid("A"), 0x41000000);
	GCLK_ASSERT_INT(gclk_ntp_refid(""), 0);
}

static void test_refid_local(void)
{
	CU_ASSERT_TRUE(gclk_ntp_refid_is_local(gclk_ntp_refid("LOCL"), 1));
	CU_ASSERT_FALSE(gclk_ntp_refid_is_local(gclk_ntp_refid("LOCL"), 2)); /* 76.79.67.76 */
	CU_ASSERT_TRUE(gclk_ntp_refid_is_local(0x7f7f0100, 5));              /* ntpd 127.127.1.0 */
	CU_ASSERT_TRUE(gclk_ntp_refid_is_local(0x7f7f0101, 8));              /* chronyd local */
	CU_ASSERT_TRUE(gclk_ntp_refid_is_local(0x7f7f0101, 1)); /* chronyd local stratum 1 */
	CU_ASSERT_TRUE(gclk_ntp_refid_is_local(0x7f000001, 6)); /* ntpd orphan mode */
	CU_ASSERT_FALSE(gclk_ntp_refid_is_local(0x7f000001, 1));
	CU_ASSERT_FALSE(gclk_ntp_refid_is_local(0x7f7f1c00, 2)); /* SHM driver: a real source */
	CU_ASSERT_FALSE(gclk_ntp_refid_is_local(gclk_ntp_refid("GPS"), 1));
	CU_ASSERT_FALSE(gclk_ntp_refid_is_local(0xc0000207, 2));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "header from bytes", test_decode },
		{ "header to bytes", test_encode },
		{ "random headers survive", test_round_trip },
		{ "bounds saturate", test_encode_saturates },
		{ "layout: plain", test_layout_plain },
		{ "layout: MAC", test_layout_mac },
		{ "layout: lengths that do not add up", test_layout_bad_lengths },
		{ "layout: crypto-NAK", test_layout_crypto_nak },
		{ "layout: version 3", test_layout_version_3 },
		{ "fields", test_fields },
		{ "bad fields", test_field_bad },
		{ "fields that do not fit", test_field_append_limits },
		{ "too many fields", test_field_count },
		{ "known timestamps", test_time_known },
		{ "no instant is zero", test_time_never_zero },
		{ "rollover of 2036", test_rollover_2036 },
		{ "2100", test_time_2100 },
		{ "borders of the pivot", test_pivot_borders },
		{ "random times survive", test_time_round_trip },
		{ "differences across eras", test_time_diff },
		{ "short format", test_short },
		{ "powers of two", test_log2 },
		{ "refid as text", test_refid_text },
		{ "refid of a local clock", test_refid_local },
		{ NULL, NULL },
	};

	return gclk_test_main("ntp-packet", cases);
}
