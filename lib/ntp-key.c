/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/ntp-key.h"

#include <nettle/cmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

/* Longest MAC in a version 4 packet without its key id (RFC 7822 section 7.5.1.4). */
#define WIRE_MAX 20

typedef union {
	struct md5_ctx md5;
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512;
} HashContext;

static const struct nettle_hash *hash_of(GclkNtpKeyType type)
{
	switch (type) {
	case GCLK_NTP_KEY_MD5:
		return &nettle_md5;
	case GCLK_NTP_KEY_SHA1:
		return &nettle_sha1;
	case GCLK_NTP_KEY_SHA256:
		return &nettle_sha256;
	case GCLK_NTP_KEY_SHA384:
		return &nettle_sha384;
	case GCLK_NTP_KEY_SHA512:
		return &nettle_sha512;
	case GCLK_NTP_KEY_AES128:
	case GCLK_NTP_KEY_AES256:
	case GCLK_NTP_KEY_UNKNOWN:
		break;
	}
	return NULL;
}

static gsize aes128(const GclkNtpKey *key, const guint8 *data, gsize length, guint8 *mac)
{
	struct cmac_aes128_ctx context;

	cmac_aes128_set_key(&context, key->bytes);
	cmac_aes128_update(&context, length, data);
	cmac_aes128_digest(&context, CMAC128_DIGEST_SIZE, mac);
	return CMAC128_DIGEST_SIZE;
}

static gsize aes256(const GclkNtpKey *key, const guint8 *data, gsize length, guint8 *mac)
{
	struct cmac_aes256_ctx context;

	cmac_aes256_set_key(&context, key->bytes);
	cmac_aes256_update(&context, length, data);
	cmac_aes256_digest(&context, CMAC128_DIGEST_SIZE, mac);
	return CMAC128_DIGEST_SIZE;
}

/* The digest of key and data in full length. */
static gsize digest(const GclkNtpKey *key, const guint8 *data, gsize length, guint8 *mac)
{
	const struct nettle_hash *hash = hash_of(key->type);
	HashContext context;

	hash->init(&context);
	hash->update(&context, key->length, key->bytes);
	hash->update(&context, length, data);
	hash->digest(&context, hash->digest_size, mac);
	return hash->digest_size;
}

static gsize whole_mac(
	const GclkNtpKey *key, const guint8 *data, gsize length, guint8 mac[GCLK_NTP_MAC_MAX])
{
	switch (key->type) {
	case GCLK_NTP_KEY_AES128:
		return aes128(key, data, length, mac);
	case GCLK_NTP_KEY_AES256:
		return aes256(key, data, length, mac);
	case GCLK_NTP_KEY_UNKNOWN:
		return 0;
	default:
		return digest(key, data, length, mac);
	}
}

gsize gclk_ntp_mac(
	const GclkNtpKey *key, const guint8 *data, gsize length, guint8 mac[GCLK_NTP_MAC_MAX])
{
	return MIN(whole_mac(key, data, length, mac), WIRE_MAX);
}

gboolean gclk_ntp_mac_check(const GclkNtpKey *key, const guint8 *data, gsize length,
	const guint8 *mac, gsize mac_length)
{
	guint8 right[GCLK_NTP_MAC_MAX];
	gsize whole = whole_mac(key, data, length, right);

	if (whole == 0 || (mac_length != whole && mac_length != MIN(whole, WIRE_MAX)))
		return FALSE;
	return memeql_sec(right, mac, mac_length) != 0;
}

gsize gclk_ntp_mac_append(const GclkNtpKey *key, guint8 *packet, gsize length, gsize size)
{
	guint8 mac[GCLK_NTP_MAC_MAX];
	gsize mac_length = gclk_ntp_mac(key, packet, length, mac);

	if (mac_length == 0 || length > size || size - length < 4 + mac_length)
		return 0;
	for (gint i = 0; i < 4; i++)
		packet[length + (gsize)i] = (guint8)(key->id >> (24 - 8 * i));
	memcpy(packet + length + 4, mac, mac_length);
	return length + 4 + mac_length;
}
