/* SPDX-License-Identifier: BSD-2-Clause */
/* A key file, and MACs with the keys in it. */
#include "fuzz.h"

#include <string.h>

#include "guestclock/ntp-key.h"

static void check_key(const GclkNtpKey *key)
{
	static const guint8 packet[48] = { 0x23 };
	guint8 mac[GCLK_NTP_MAC_MAX];
	gsize length = gclk_ntp_mac(key, packet, sizeof(packet), mac);

	if (key->type == GCLK_NTP_KEY_UNKNOWN) {
		g_assert_true(key->id != 0 && key->length == 0 && length == 0);
		g_assert_false(gclk_ntp_mac_check(key, packet, sizeof(packet), mac, 0));
		return;
	}
	g_assert_true(key->id != 0 && key->length > 0 && key->length <= GCLK_NTP_KEY_MAX);
	g_assert_true(length >= 16 && length <= 20);
	g_assert_true(gclk_ntp_mac_check(key, packet, sizeof(packet), mac, length));
	mac[length - 1] ^= 1;
	g_assert_false(gclk_ntp_mac_check(key, packet, sizeof(packet), mac, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) keys = gclk_ntp_keys_parse((const char *)data, size, &error);

	g_assert_true((keys != NULL) == (error == NULL));
	if (error)
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
	for (guint i = 0; keys && i < keys->len; i++) {
		const GclkNtpKey *key = &g_array_index(keys, GclkNtpKey, i);

		check_key(key);
		g_assert_true(gclk_ntp_keys_find(keys, key->id) == key);
	}
	return 0;
}
