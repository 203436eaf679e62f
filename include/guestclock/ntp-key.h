/* SPDX-License-Identifier: BSD-2-Clause */
/* Symmetric keys of NTP: the key file that chrony and ntpd read, and the MAC made with a key. */
#ifndef GUESTCLOCK_NTP_KEY_H
#define GUESTCLOCK_NTP_KEY_H

#include <glib.h>

typedef enum {
	GCLK_NTP_KEY_AES128, /* AES-CMAC, RFC 8573 */
	GCLK_NTP_KEY_AES256,
	GCLK_NTP_KEY_MD5, /* digest of key and packet, RFC 5905 section 7.3 / appendix A */
	GCLK_NTP_KEY_SHA1,
	GCLK_NTP_KEY_SHA256,
	GCLK_NTP_KEY_SHA384,
	GCLK_NTP_KEY_SHA512,
} GclkNtpKeyType;

#define GCLK_NTP_KEY_MAX 128
#define GCLK_NTP_MAC_MAX 64

typedef struct {
	guint32 id; /* >= 1 */
	GclkNtpKeyType type;
	guint8 bytes[GCLK_NTP_KEY_MAX];
	gsize length;
} GclkNtpKey;

/* Parses a whole key file ("1 SHA1 HEX:0123...", "2 MD5 secret", "10 AES128 HEX:..."; comments # ! %).
   Returns an array of GclkNtpKey, or NULL with an error naming the line (never the secret). */
GArray *gclk_ntp_keys_parse(const char *text, gsize length, GError **error);

/* The key with that id, or NULL. */
const GclkNtpKey *gclk_ntp_keys_find(const GArray *keys, guint32 id);

/* MAC over data; returns its length in bytes as it stands on the wire (digests cut to 20 bytes after
   RFC 7822/chrony custom), 16 for AES-CMAC. */
gsize gclk_ntp_mac(const GclkNtpKey *key, const guint8 *data, gsize length,
	guint8 mac[GCLK_NTP_MAC_MAX]);

/* Constant-time comparison with the MAC of data. */
gboolean gclk_ntp_mac_check(const GclkNtpKey *key, const guint8 *data, gsize length,
	const guint8 *mac, gsize mac_length);

#endif
