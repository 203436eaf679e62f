/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/ntp-key.h"

#include <string.h>

#include "harness.h"

/* --- MACs ------------------------------------------------------------------------------------- */

/* The message of RFC 4493 section 4 and of NIST SP 800-38B appendix D. */
#define MESSAGE                                                                                    \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                         \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define KEY_128 "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY_256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"

static const struct {
	const char *key; /* "TYPE KEY" as in a key file */
	const char *data;
	const char *mac; /* as it stands on the wire */
} vectors[] = {
	{ "AES128 HEX:" KEY_128, "", "bb1d6929e95937287fa37d129b756746" },
	{ "AES128 HEX:" KEY_128, "6bc1bee22e409f96e93d7e117393172a",
		"070a16b46b4d4144f79bdd9dd04a287c" },
	{ "AES128 HEX:" KEY_128,
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
		"dfa66747de9ae63030ca32611497c827" },
	{ "AES128 HEX:" KEY_128, MESSAGE, "51f0bebf7e3b9d92fc49741779363cfe" },
	{ "AES256 HEX:" KEY_256, "", "028962f61b7bf89efc6b551f4667d983" },
	{ "AES256 HEX:" KEY_256, "6bc1bee22e409f96e93d7e117393172a",
		"28a7023f452e8f82bd4bf28d8c37c35c" },
	{ "AES256 HEX:" KEY_256, MESSAGE, "e1992190549f6ed5696a2c056c315410" },
	/* FIPS 180 and RFC 1321 give the digests of "abc": key "a", packet "bc" */
	{ "MD5 a", "6263", "900150983cd24fb0d6963f7d28e17f72" },
	{ "SHA1 a", "6263", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "SHA256 a", "6263", "ba7816bf8f01cfea414140de5dae2223b00361a3" },
	{ "SHA384 a", "6263", "cb00753f45a35e8bb5a03d699ac65007272c32ab" },
	{ "SHA512 a", "6263", "ddaf35a193617abacc417349ae20413112e6fa4e" },
};

static gsize from_hex(const char *text, guint8 *out)
{
	gsize n = strlen(text) / 2;

	for (gsize i = 0; i < n; i++)
		out[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
				  g_ascii_xdigit_value(text[2 * i + 1]));
	return n;
}

/* The one key of a file with that line; the test fails and gets a zeroed one if there is none. */
static GclkNtpKey key_of(const char *line)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) keys = gclk_ntp_keys_parse(line, strlen(line), &error);

	if (!keys || keys->len != 1) {
		GCLK_ASSERT_STR(error ? error->message : "no key", line);
		return (GclkNtpKey){ 0 };
	}
	return g_array_index(keys, GclkNtpKey, 0);
}

static void test_vectors(void)
{
	guint8 data[128], mac[GCLK_NTP_MAC_MAX], expected[GCLK_NTP_MAC_MAX];

	for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_autofree char *line = g_strdup_printf("1 %s", vectors[i].key);
		GclkNtpKey key = key_of(line);
		gsize length = from_hex(vectors[i].data, data);
		gsize mac_length = from_hex(vectors[i].mac, expected);

		GCLK_ASSERT_INT(gclk_ntp_mac(&key, data, length, mac), mac_length);
		CU_ASSERT_EQUAL(memcmp(mac, expected, mac_length), 0);
		CU_ASSERT_TRUE(gclk_ntp_mac_check(&key, data, length, expected, mac_length));
	}
}

/* Every changed bit, every wrong length, every other key is noticed. */
static void test_check_refuses(void)
{
	guint8 data[128], mac[GCLK_NTP_MAC_MAX + 1];

	for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_autofree char *line = g_strdup_printf("1 %s", vectors[i].key);
		GclkNtpKey key = key_of(line), other = key;
		gsize length = from_hex(vectors[i].data, data);
		gsize n = gclk_ntp_mac(&key, data, length, mac);

		for (gsize bit = 0; bit < 8 * n; bit++) {
			mac[bit / 8] ^= (guint8)(1 << bit % 8);
			CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, data, length, mac, n));
			mac[bit / 8] ^= (guint8)(1 << bit % 8);
		}
		CU_ASSERT_TRUE(gclk_ntp_mac_check(&key, data, length, mac, n));
		CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, data, length, mac, n - 1));
		CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, data, length, mac, n + 1));
		CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, data, length, mac, 0));
		other.bytes[0] ^= 1;
		CU_ASSERT_FALSE(gclk_ntp_mac_check(&other, data, length, mac, n));
		data[0] ^= 1;
		CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, data, MAX(length, 1), mac, n));
	}
}

/* Old servers send the whole digest: SHA-256 of "abc". */
static void test_whole_digest(void)
{
	GclkNtpKey key = key_of("1 SHA256 a");
	guint8 mac[32];

	from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", mac);
	CU_ASSERT_TRUE(gclk_ntp_mac_check(&key, (const guint8 *)"bc", 2, mac, 32));
	CU_ASSERT_TRUE(gclk_ntp_mac_check(&key, (const guint8 *)"bc", 2, mac, 20));
	CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, (const guint8 *)"bc", 2, mac, 24));
	mac[31] ^= 1;
	CU_ASSERT_FALSE(gclk_ntp_mac_check(&key, (const guint8 *)"bc", 2, mac, 32));
}

static void test_append(void)
{
	GclkNtpKey key = key_of("16909060 MD5 a");
	guint8 packet[64] = "bc";
	guint8 expected[16];

	GCLK_ASSERT_INT(gclk_ntp_mac_append(&key, packet, 2, 22), 22);
	from_hex("900150983cd24fb0d6963f7d28e17f72", expected);
	CU_ASSERT_EQUAL(memcmp(packet + 2, "\1\2\3\4", 4), 0);
	CU_ASSERT_EQUAL(memcmp(packet + 6, expected, 16), 0);
	GCLK_ASSERT_INT(gclk_ntp_mac_append(&key, packet, 2, 21), 0);
	GCLK_ASSERT_INT(gclk_ntp_mac_append(&key, packet, 30, 22), 0);
}

/* --- key files -------------------------------------------------------------------------------- */

static void test_file(void)
{
	static const char text[] =
		"# made by chronyc keygen\n"
		"! comment\n% comment\n; comment\n"
		"\n"
		"  \t \n"
		"1 MD5 secret\r\n"
		"\t2\tsha1  HEX:0123456789abcdefABCDEF\n"
		"30 AES128 HEX:7EA62AE64D190114D46D5A082F948EC1 # key of the NAS\n"
		"4294967295 SHA512 ASCII:HEX:00\n"
		"7 tulip";
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) keys = gclk_ntp_keys_parse(text, strlen(text), &error);
	const GclkNtpKey *key;

	CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
	GCLK_ASSERT_INT(keys->len, 5);
	key = gclk_ntp_keys_find(keys, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	GCLK_ASSERT_INT(key->type, GCLK_NTP_KEY_MD5);
	GCLK_ASSERT_INT(key->length, 6);
	GCLK_ASSERT_STR((const char *)key->bytes, "secret");
	key = gclk_ntp_keys_find(keys, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	GCLK_ASSERT_INT(key->type, GCLK_NTP_KEY_SHA1);
	GCLK_ASSERT_INT(key->length, 11);
	CU_ASSERT_EQUAL(memcmp(key->bytes, "\x01\x23\x45\x67\x89\xab\xcd\xef\xab\xcd\xef", 11), 0);
	key = gclk_ntp_keys_find(keys, 30);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	GCLK_ASSERT_INT(key->type, GCLK_NTP_KEY_AES128);
	key = gclk_ntp_keys_find(keys, 4294967295U);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	GCLK_ASSERT_STR((const char *)key->bytes, "HEX:00");
	key = gclk_ntp_keys_find(keys, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	GCLK_ASSERT_INT(key->type, GCLK_NTP_KEY_MD5);
	GCLK_ASSERT_STR((const char *)key->bytes, "tulip");
	CU_ASSERT_PTR_NULL(gclk_ntp_keys_find(keys, 3));
}

static void test_empty_file(void)
{
	g_autoptr(GArray) keys = gclk_ntp_keys_parse("", 0, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
	GCLK_ASSERT_INT(keys->len, 0);
	CU_ASSERT_PTR_NULL(gclk_ntp_keys_find(keys, 1));
}

/* Only length counts, not what stands behind. */
static void test_length(void)
{
	g_autoptr(GArray) keys = gclk_ntp_keys_parse("1 MD5 secretNONSENSE\nnonsense", 12, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
	GCLK_ASSERT_INT(g_array_index(keys, GclkNtpKey, 0).length, 6);
}

/* ntpd takes up to 20 characters as text and more as hexadecimal. */
static void test_ntpd_rule(void)
{
	GclkNtpKey key = key_of("1 SHA1 01234567890123456789");

	GCLK_ASSERT_INT(key.length, 20);
	GCLK_ASSERT_INT(key.bytes[0], '0');
	key = key_of("1 SHA1 0123456789012345678901");
	GCLK_ASSERT_INT(key.length, 11);
	GCLK_ASSERT_INT(key.bytes[1], 0x23);
	key = key_of("1 SHA1 correct-horse-battery-staple");
	GCLK_ASSERT_INT(key.length, 28);
	key = key_of("1 M hunter2");
	GCLK_ASSERT_INT(key.type, GCLK_NTP_KEY_MD5);
}

static void test_type_names(void)
{
	static const struct {
		const char *name;
		GclkNtpKeyType type;
		const char *secret;
	} rows[] = {
		{ "MD5", GCLK_NTP_KEY_MD5, "x" },
		{ "md5", GCLK_NTP_KEY_MD5, "x" },
		{ "SHA1", GCLK_NTP_KEY_SHA1, "x" },
		{ "SHA-1", GCLK_NTP_KEY_SHA1, "x" },
		{ "SHA256", GCLK_NTP_KEY_SHA256, "x" },
		{ "SHA384", GCLK_NTP_KEY_SHA384, "x" },
		{ "sha512", GCLK_NTP_KEY_SHA512, "x" },
		{ "AES", GCLK_NTP_KEY_AES128, "HEX:" KEY_128 },
		{ "AES-128", GCLK_NTP_KEY_AES128, KEY_128 },
		{ "AES128CMAC", GCLK_NTP_KEY_AES128, "sixteencharacter" },
		{ "AES-128-CMAC", GCLK_NTP_KEY_AES128, "ASCII:sixteencharacter" },
		{ "AES256", GCLK_NTP_KEY_AES256, "HEX:" KEY_256 },
		{ "AES-256", GCLK_NTP_KEY_AES256, KEY_256 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *line = g_strdup_printf("1 %s %s", rows[i].name, rows[i].secret);

		GCLK_ASSERT_INT(key_of(line).type, rows[i].type);
	}
	GCLK_ASSERT_STR(gclk_ntp_key_type_name(GCLK_NTP_KEY_AES128), "AES128");
	GCLK_ASSERT_STR(gclk_ntp_key_type_name(GCLK_NTP_KEY_SHA512), "SHA512");
	GCLK_ASSERT_STR(gclk_ntp_key_type_name((GclkNtpKeyType)99), "unknown");
}

static void test_bad_files(void)
{
	static const struct {
		const char *text;
		const char *part; /* of the error */
	} rows[] = {
		{ "1 MD5 swordfish\n2", "line 2: type and key are missing" },
		{ "0 MD5 swordfish", "line 1: the key id" },
		{ "-1 MD5 swordfish", "line 1: the key id" },
		{ "4294967296 MD5 swordfish", "line 1: the key id" },
		{ "1x MD5 swordfish", "line 1: the key id" },
		{ "\n\n1 SHA3-256 swordfish extra", "line 3: there is something behind" },
		{ "0 SHA3-256 swordfish", "line 1: the key id" },
		{ "1 SHA3-256 swordfish\n1 MD5 swordfish", "line 2: this key id is taken" },
		{ "1 MD5 swordfish extra", "line 1: there is something behind" },
		{ "1 MD5 HEX:swordfish", "hexadecimal" },
		{ "1 MD5 HEX:abc", "even number" },
		{ "1 MD5 HEX:", "hexadecimal" },
		{ "1 MD5 ASCII:", "empty" },
		{ "1 MD5 0123456789abcdef01234", "even number" },
		{ "1 AES128 HEX:00", "16 bytes" },
		{ "1 AES128 " KEY_256, "16 bytes" },
		{ "1 AES256 " KEY_128, "32 bytes" },
		{ "1 MD5 swordfish\n1 MD5 swordfish", "line 2: this key id is taken" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GArray) keys =
			gclk_ntp_keys_parse(rows[i].text, strlen(rows[i].text), &error);

		CU_ASSERT_PTR_NULL(keys);
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_TRUE(error->domain == GCLK_NTP_KEY_ERROR);
		GCLK_ASSERT_HAS(error->message, rows[i].part);
		CU_ASSERT_PTR_NULL(strstr(error->message, "swordfish"));
	}
}

/* A file that serves other programs too: what we cannot use does not take the rest away. */
static void test_unknown_types(void)
{
	static const char text[] = "1 SHA3-256 HEX:00112233 # new\n2 MD5 a\n3 MD5X HEX:nonsense\n"
				   "4 swordfish MD5\n";
	static const guint32 unknown[] = { 1, 3, 4 };
	g_autoptr(GArray) keys = gclk_ntp_keys_parse(text, strlen(text), NULL);
	guint8 packet[64] = "bc";

	CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
	GCLK_ASSERT_INT(keys->len, 4);
	GCLK_ASSERT_INT(gclk_ntp_keys_find(keys, 2)->type, GCLK_NTP_KEY_MD5);
	GCLK_ASSERT_STR(gclk_ntp_key_flaw(gclk_ntp_keys_find(keys, 2)), NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
		const GclkNtpKey *key = gclk_ntp_keys_find(keys, unknown[i]);
		g_autofree char *begin =
			g_strdup_printf("key %u has a type that is not known here", unknown[i]);
		g_autofree char *flaw = gclk_ntp_key_flaw(key);
		guint8 mac[GCLK_NTP_MAC_MAX] = { 0 };

		GCLK_ASSERT_HAS(flaw, begin);
		CU_ASSERT_PTR_NULL(strstr(flaw, "swordfish"));
		GCLK_ASSERT_INT(key->length, 0);
		GCLK_ASSERT_INT(gclk_ntp_mac(key, packet, 2, mac), 0);
		for (gsize n = 0; n <= sizeof(mac); n++)
			CU_ASSERT_FALSE(gclk_ntp_mac_check(key, packet, 2, mac, n));
		GCLK_ASSERT_INT(gclk_ntp_mac_append(key, packet, 2, sizeof(packet)), 0);
	}
	GCLK_ASSERT_STR(gclk_ntp_key_type_name(GCLK_NTP_KEY_UNKNOWN), "unknown");
}

static void test_long_keys(void)
{
	g_autofree char *fits = g_strnfill(128, 'k');
	g_autofree char *long_text = g_strnfill(129, 'k');
	g_autofree char *fitting_hex = g_strnfill(256, 'a');
	g_autofree char *long_hex = g_strnfill(258, 'a');
	g_autofree char *good_hex = g_strconcat("1 MD5 HEX:", fitting_hex, NULL);
	g_autofree char *good = g_strconcat("1 MD5 ", fits, NULL);
	g_autofree char *bad = g_strconcat("1 MD5 ", long_text, NULL);
	g_autofree char *bad_hex = g_strconcat("1 MD5 HEX:", long_hex, NULL);
	g_autoptr(GError) error = NULL;

	GCLK_ASSERT_INT(key_of(good).length, 128);
	GCLK_ASSERT_INT(key_of(good_hex).length, 128);
	CU_ASSERT_PTR_NULL(gclk_ntp_keys_parse(bad, strlen(bad), &error));
	GCLK_ASSERT_HAS(error->message, "longer than 128 bytes");
	CU_ASSERT_PTR_NULL(gclk_ntp_keys_parse(bad_hex, strlen(bad_hex), NULL));
}

static void test_binary_file(void)
{
	g_autoptr(GError) error = NULL;

	CU_ASSERT_PTR_NULL(gclk_ntp_keys_parse("1 MD5 a\0b", 9, &error));
	GCLK_ASSERT_HAS(error->message, "not a text file");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "published vectors", test_vectors },
		{ "wrong MACs are refused", test_check_refuses },
		{ "whole digests", test_whole_digest },
		{ "MAC behind a packet", test_append },
		{ "key file", test_file },
		{ "empty key file", test_empty_file },
		{ "length of the text", test_length },
		{ "ntpd's rule for hexadecimal", test_ntpd_rule },
		{ "names of types", test_type_names },
		{ "bad key files", test_bad_files },
		{ "unknown types", test_unknown_types },
		{ "longest key", test_long_keys },
		{ "binary file", test_binary_file },
		{ NULL, NULL },
	};

	return gclk_test_main("ntp-key", cases);
}
