/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/address.h"

#include <net/if.h>
#include <string.h>

#include "harness.h"

static void test_parse(void)
{
	static const guint8 v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	char zone[IF_NAMESIZE];
	GclkAddress a;

	CU_ASSERT_TRUE(gclk_address_parse("192.0.2.1", 123, &a));
	GCLK_ASSERT_INT(a.family, 4);
	GCLK_ASSERT_INT(a.port, 123);
	GCLK_ASSERT_INT(a.bytes[0], 192);
	GCLK_ASSERT_INT(a.bytes[3], 1);
	CU_ASSERT_TRUE(gclk_address_parse("2001:db8::1", 1, &a));
	GCLK_ASSERT_INT(a.family, 6);
	GCLK_ASSERT_INT(a.scope, 0);
	CU_ASSERT_EQUAL(memcmp(a.bytes, v6, 16), 0);
	CU_ASSERT_TRUE(gclk_address_parse("fe80::1%7", 1, &a));
	GCLK_ASSERT_INT(a.scope, 7);
	if (if_indextoname(1, zone)) {
		g_autofree char *text = g_strdup_printf("fe80::1%%%s", zone);

		CU_ASSERT_TRUE(gclk_address_parse(text, 1, &a));
		GCLK_ASSERT_INT(a.scope, 1);
	}
}

static void test_parse_bad(void)
{
	static const char *const bad[] = { "", "ntp.example", "192.0.2", "192.0.2.256",
		"192.0.2.1:123", "[2001:db8::1]", "2001:db8::1%", "fe80::1%nosuchdevice",
		"fe80::1%0", "%1", "1::2::3", " 192.0.2.1",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };
	GclkAddress a = { .family = 9 };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		CU_ASSERT_FALSE(gclk_address_parse(bad[i], 1, &a));
	GCLK_ASSERT_INT(a.family, 9);
}

static void test_format(void)
{
	static const char *const same[] = { "192.0.2.1", "2001:db8::1", "::", "fe80::1%4000000",
		"::ffff:192.0.2.1", "255.255.255.255" };
	char text[GCLK_ADDRESS_TEXT_MAX];
	GclkAddress a, none = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		CU_ASSERT_TRUE(gclk_address_parse(same[i], 1, &a));
		GCLK_ASSERT_STR(gclk_address_format(&a, text), same[i]);
	}
	GCLK_ASSERT_STR(gclk_address_format(&none, text), "none");
	CU_ASSERT_TRUE(gclk_address_parse("fe80::1%1", 1, &a));
	GCLK_ASSERT_HAS(gclk_address_format(&a, text), "fe80::1%"); /* by name or by number */
}

static void test_equal(void)
{
	GclkAddress a, b;

	gclk_address_parse("192.0.2.1", 1, &a);
	gclk_address_parse("192.0.2.1", 2, &b);
	CU_ASSERT_TRUE(gclk_address_equal(&a, &b, FALSE));
	CU_ASSERT_FALSE(gclk_address_equal(&a, &b, TRUE));
	b.bytes[9] = 1; /* not part of an IPv4 address */
	CU_ASSERT_TRUE(gclk_address_equal(&a, &b, FALSE));
	gclk_address_parse("192.0.2.2", 1, &b);
	CU_ASSERT_FALSE(gclk_address_equal(&a, &b, FALSE));
	gclk_address_parse("fe80::1%1", 1, &a);
	gclk_address_parse("fe80::1%2", 1, &b);
	CU_ASSERT_FALSE(gclk_address_equal(&a, &b, FALSE));
	gclk_address_parse("::192.0.2.1", 1, &a);
	gclk_address_parse("192.0.2.1", 1, &b);
	CU_ASSERT_FALSE(gclk_address_equal(&a, &b, FALSE));
}

static void test_loopback(void)
{
	static const struct {
		const char *text;
		gboolean loopback;
	} rows[] = { { "127.0.0.1", TRUE }, { "127.1.2.3", TRUE }, { "::1", TRUE },
		{ "192.0.2.1", FALSE }, { "::", FALSE }, { "7f00::1", FALSE },
		{ "126.255.255.255", FALSE } };
	GclkAddress a;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gclk_address_parse(rows[i].text, 1, &a);
		GCLK_ASSERT_INT(gclk_address_is_loopback(&a), rows[i].loopback);
	}
}

/* IPv6: the MD5 of 2001:db8::1 begins with 39ab9b37 (md5sum of the 16 bytes). */
static void test_refid(void)
{
	GclkAddress a;

	gclk_address_parse("192.0.2.7", 1, &a);
	GCLK_ASSERT_INT(gclk_address_refid(&a), 0xc0000207);
	gclk_address_parse("2001:db8::1", 1, &a);
	GCLK_ASSERT_INT(gclk_address_refid(&a), 0x39ab9b37);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "parse", test_parse },
		{ "parse what is no address", test_parse_bad },
		{ "format", test_format },
		{ "equal", test_equal },
		{ "loopback", test_loopback },
		{ "refid", test_refid },
		{ NULL, NULL },
	};

	return gclk_test_main("address", cases);
}
