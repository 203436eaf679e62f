/* SPDX-License-Identifier: BSD-2-Clause */
/* The key file of chrony (chrony.keys) and ntpd (ntp.keys). */
#include <string.h>

#include "guestclock/ntp-key.h"

#define BLANKS   " \t\r\f\v"
#define COMMENTS "#!%;"
/* ntpd takes a longer word for hexadecimal. */
#define NTPD_TEXT_MAX 20

typedef struct {
	const char *name;
	GclkNtpKeyType type;
} TypeName;

/* The first name of a type is the one that is shown. */
static const TypeName type_names[] = {
	{ "AES128", GCLK_NTP_KEY_AES128 },
	{ "AES256", GCLK_NTP_KEY_AES256 },
	{ "MD5", GCLK_NTP_KEY_MD5 },
	{ "SHA1", GCLK_NTP_KEY_SHA1 },
	{ "SHA256", GCLK_NTP_KEY_SHA256 },
	{ "SHA384", GCLK_NTP_KEY_SHA384 },
	{ "SHA512", GCLK_NTP_KEY_SHA512 },
	{ "AES", GCLK_NTP_KEY_AES128 },
	{ "AES-128", GCLK_NTP_KEY_AES128 },
	{ "AES128CMAC", GCLK_NTP_KEY_AES128 },
	{ "AES-128-CMAC", GCLK_NTP_KEY_AES128 },
	{ "AES-256", GCLK_NTP_KEY_AES256 },
	{ "AES256CMAC", GCLK_NTP_KEY_AES256 },
	{ "AES-256-CMAC", GCLK_NTP_KEY_AES256 },
	{ "M", GCLK_NTP_KEY_MD5 },
	{ "SHA-1", GCLK_NTP_KEY_SHA1 },
	{ "SHA-256", GCLK_NTP_KEY_SHA256 },
	{ "SHA-384", GCLK_NTP_KEY_SHA384 },
	{ "SHA-512", GCLK_NTP_KEY_SHA512 },
};

GQuark gclk_ntp_key_error_quark(void)
{
	return g_quark_from_static_string("gclk-ntp-key-error");
}

static gboolean find_type(const char *name, GclkNtpKeyType *out)
{
	for (gsize i = 0; i < G_N_ELEMENTS(type_names); i++) {
		if (g_ascii_strcasecmp(name, type_names[i].name) == 0) {
			*out = type_names[i].type;
			return TRUE;
		}
	}
	return FALSE;
}

const char *gclk_ntp_key_type_name(GclkNtpKeyType type)
{
	for (gsize i = 0; i < G_N_ELEMENTS(type_names); i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	return "unknown";
}

/* Length that the key of a cipher must have; 0: any. */
static gsize cipher_length(GclkNtpKeyType type)
{
	return type == GCLK_NTP_KEY_AES128 ? 16 : type == GCLK_NTP_KEY_AES256 ? 32 : 0;
}

static gboolean is_hex(const char *text)
{
	gsize n = strspn(text, "0123456789abcdefABCDEF");

	return n > 0 && text[n] == '\0';
}

/* What is wrong with the secret, or NULL. */
static const char *decode_hex(const char *text, GclkNtpKey *key)
{
	gsize digits = strlen(text);

	if (!is_hex(text) || digits % 2 != 0)
		return "the key is not an even number of hexadecimal digits";
	if (digits / 2 > sizeof(key->bytes))
		return "the key is longer than 128 bytes";
	key->length = digits / 2;
	for (gsize i = 0; i < key->length; i++)
		key->bytes[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
					 g_ascii_xdigit_value(text[2 * i + 1]));
	return NULL;
}

static const char *decode_text(const char *text, GclkNtpKey *key)
{
	key->length = strlen(text);
	if (key->length == 0)
		return "the key is empty";
	if (key->length > sizeof(key->bytes))
		return "the key is longer than 128 bytes";
	memcpy(key->bytes, text, key->length);
	return NULL;
}

static const char *decode_secret(const char *text, GclkNtpKey *key)
{
	if (g_str_has_prefix(text, "HEX:"))
		return decode_hex(text + strlen("HEX:"), key);
	if (g_str_has_prefix(text, "ASCII:"))
		return decode_text(text + strlen("ASCII:"), key);
	if (strlen(text) > NTPD_TEXT_MAX && is_hex(text))
		return decode_hex(text, key);
	return decode_text(text, key);
}

/* The next word of *cursor, which is cut out of it; NULL at the end. */
static char *next_word(char **cursor)
{
	char *word = *cursor + strspn(*cursor, BLANKS);
	gsize length = strcspn(word, BLANKS);

	if (length == 0)
		return NULL;
	*cursor = word + length;
	if (**cursor != '\0')
		*(*cursor)++ = '\0';
	return word;
}

/* What is wrong with the line, or NULL. */
static const char *parse_words(
	const char *id, const char *type, const char *secret, const char *extra, GclkNtpKey *key)
{
	guint64 number;
	const char *wrong;

	if (!g_ascii_string_to_unsigned(id, 10, 1, G_MAXUINT32, &number, NULL))
		return "the key id is not a number from 1 to 4294967295";
	key->id = (guint32)number;
	if (!type)
		return "type and key are missing";
	if (extra && extra[0] != '#')
		return "there is something behind the key";
	if (!secret || secret[0] == '#') {
		secret = type;
		type = "MD5";
	}
	if (!find_type(type, &key->type)) {
		key->type = GCLK_NTP_KEY_UNKNOWN;
		return NULL;
	}
	wrong = decode_secret(secret, key);
	if (wrong)
		return wrong;
	if (cipher_length(key->type) != 0 && cipher_length(key->type) != key->length)
		return key->type == GCLK_NTP_KEY_AES128
			       ? "a key of AES128 has 16 bytes (32 hexadecimal digits)"
			       : "a key of AES256 has 32 bytes (64 hexadecimal digits)";
	return NULL;
}

static const char *parse_line(char *line, GArray *keys)
{
	GclkNtpKey key = { 0 };
	char *id = next_word(&line);
	char *type = id ? next_word(&line) : NULL;
	char *secret = type ? next_word(&line) : NULL;
	char *extra = secret ? next_word(&line) : NULL;
	const char *wrong;

	if (!id || strchr(COMMENTS, id[0]))
		return NULL;
	wrong = parse_words(id, type, secret, extra, &key);
	if (!wrong && gclk_ntp_keys_find(keys, key.id))
		wrong = "this key id is taken by a line above";
	if (!wrong)
		g_array_append_val(keys, key);
	return wrong;
}

GArray *gclk_ntp_keys_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, TRUE, sizeof(GclkNtpKey));
	g_autofree char *copy = g_strndup(text, length);
	char *next = copy;

	if (memchr(text, '\0', length)) {
		g_set_error(
			error, GCLK_NTP_KEY_ERROR, 0, "not a text file: it contains a zero byte");
		return NULL;
	}
	for (guint number = 1; next; number++) {
		char *line = next;
		const char *wrong;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		wrong = parse_line(line, keys);
		if (wrong) {
			g_set_error(error, GCLK_NTP_KEY_ERROR, 0, "line %u: %s", number, wrong);
			return NULL;
		}
	}
	return g_steal_pointer(&keys);
}

const GclkNtpKey *gclk_ntp_keys_find(const GArray *keys, guint32 id)
{
	for (guint i = 0; i < keys->len; i++)
		if (g_array_index(keys, GclkNtpKey, i).id == id)
			return &g_array_index(keys, GclkNtpKey, i);
	return NULL;
}

char *gclk_ntp_key_flaw(const GclkNtpKey *key)
{
	if (key->type != GCLK_NTP_KEY_UNKNOWN)
		return NULL;
	return g_strdup_printf("key %u has a type that is not known here (known are MD5, SHA1, "
			       "SHA256, SHA384, SHA512, AES128, AES256)",
		key->id);
}
