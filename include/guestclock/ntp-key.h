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
	GCLK_NTP_KEY_UNKNOWN, /* of a type that is none of these: no MAC can be made with it */
} GclkNtpKeyType;

#define GCLK_NTP_KEY_MAX 128
#define GCLK_NTP_MAC_MAX 64

typedef struct {
	guint32 id; /* >= 1 */
	GclkNtpKeyType type;
	guint8 bytes[GCLK_NTP_KEY_MAX];
	gsize length;
} GclkNtpKey;

/*
 * Parses a whole key file. A line is "ID TYPE KEY" or, as chrony has it, "ID KEY" for MD5; blank
 * lines and lines that begin with one of # ! % ; are skipped, so is a # word after the key.
 *
 * TYPE, in any case: MD5 (or M), SHA1 (SHA-1), SHA256, SHA384, SHA512, AES128 (AES, AES-128,
 * AES128CMAC, AES-128-CMAC), AES256 (the same with 256).
 * KEY: HEX:digits or ASCII:text as in chrony; else, as in ntpd, more than 20 characters that are
 * all hexadecimal digits are taken as such; else the text itself. The key of a cipher must have the
 * cipher's length (ntpsec would pad or cut it, chronyd refuses it).
 *
 * A key of another TYPE gets GCLK_NTP_KEY_UNKNOWN and no bytes: the file may serve other programs
 * too, and its other keys are good. What is malformed is an error.
 *
 * Returns an array of GclkNtpKey in file order, or NULL with an error of GCLK_NTP_KEY_ERROR that
 * names the line, never the secret. Two keys of one id are an error.
 */
GArray *gclk_ntp_keys_parse(const char *text, gsize length, GError **error);

#define GCLK_NTP_KEY_ERROR (gclk_ntp_key_error_quark())
GQuark gclk_ntp_key_error_quark(void);

/* The key with that id, or NULL. */
const GclkNtpKey *gclk_ntp_keys_find(const GArray *keys, guint32 id);

/* Why no MAC can be made with the key ("key 7 has a type that is not known here"), or NULL. Caller
   frees. */
char *gclk_ntp_key_flaw(const GclkNtpKey *key);

/* MAC over data; returns its length in bytes as it stands on the wire: 16 for AES-CMAC, the digest
   cut to 20 bytes for the others (RFC 7822 section 7.5.1.4; chronyd 4 and ntpsec do the same), 0
   for a key of unknown type. */
gsize gclk_ntp_mac(
	const GclkNtpKey *key, const guint8 *data, gsize length, guint8 mac[GCLK_NTP_MAC_MAX]);

/* Is mac that of data? Takes the length above and the whole digest, which old servers send. The
   comparison takes the same time whatever differs. */
gboolean gclk_ntp_mac_check(const GclkNtpKey *key, const guint8 *data, gsize length,
	const guint8 *mac, gsize mac_length);

/* Appends key id and MAC to a packet of that length. Returns the new length, or 0 if size is too
   small or the key's type unknown. */
gsize gclk_ntp_mac_append(const GclkNtpKey *key, guint8 *packet, gsize length, gsize size);

/* "AES128", "SHA1" ... */
const char *gclk_ntp_key_type_name(GclkNtpKeyType type);

#endif
