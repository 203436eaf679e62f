/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/ntpd-packet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEADER       12
#define MODE_CONTROL 6
#define VERSION      2 /* understood by all; ntpd answers in the same */

#define FLAG_RESPONSE 0x80
#define FLAG_ERROR    0x40
#define FLAG_MORE     0x20
#define OP_MASK       0x1f

static guint16 get16(const guint8 *at)
{
	return (guint16)(at[0] << 8 | at[1]);
}

static void put16(guint8 *at, guint16 value)
{
	at[0] = (guint8)(value >> 8);
	at[1] = (guint8)value;
}

gsize gclk_mode6_request(GclkMode6Op op, guint16 sequence, guint16 association, const char *text,
	guint8 packet[GCLK_MODE6_REQUEST_MAX])
{
	gsize length = text ? MIN(strlen(text), GCLK_MODE6_REQUEST_MAX - HEADER) : 0;

	memset(packet, 0, GCLK_MODE6_REQUEST_MAX);
	packet[0] = VERSION << 3 | MODE_CONTROL;
	packet[1] = (guint8)op;
	put16(packet + 2, sequence);
	put16(packet + 6, association);
	put16(packet + 10, (guint16)length);
	if (length > 0)
		memcpy(packet + HEADER, text, length);
	return (HEADER + length + 3) / 4 * 4; /* padded to words; 512 is a multiple of 4 */
}

/* --- fragments -------------------------------------------------------------------------------- */

static gboolean overlaps(const GclkMode6Answer *answer, guint16 offset, guint16 length)
{
	for (guint i = 0; i < answer->n; i++)
		if (offset < answer->fragments[i].offset + answer->fragments[i].length &&
			answer->fragments[i].offset < offset + length)
			return TRUE;
	return FALSE;
}

/* No fragment overlaps another, so nothing is missing when their lengths add up. */
static gboolean is_complete(const GclkMode6Answer *answer)
{
	gsize sum = 0;

	for (guint i = 0; i < answer->n; i++)
		sum += answer->fragments[i].length;
	return answer->has_end && sum == answer->length;
}

static GclkMode6Result add_fragment(
	GclkMode6Answer *answer, const guint8 *data, guint16 offset, guint16 length, gboolean last)
{
	gsize end = (gsize)offset + length;

	if (end > sizeof(answer->data) || (answer->has_end && (last || end > answer->length)))
		return GCLK_MODE6_GARBLED;
	if (answer->n >= GCLK_MODE6_FRAGMENTS_MAX || (length == 0 && !last) ||
		overlaps(answer, offset, length))
		return GCLK_MODE6_GARBLED;
	for (guint i = 0; last && i < answer->n; i++)
		if ((gsize)answer->fragments[i].offset + answer->fragments[i].length > end)
			return GCLK_MODE6_GARBLED;
	memcpy(answer->data + offset, data, length);
	answer->fragments[answer->n].offset = offset;
	answer->fragments[answer->n++].length = length;
	if (last) {
		answer->has_end = TRUE;
		answer->length = end;
	}
	return is_complete(answer) ? GCLK_MODE6_COMPLETE : GCLK_MODE6_MORE;
}

GclkMode6Result gclk_mode6_take(GclkMode6Answer *answer, const guint8 *packet, gsize length)
{
	guint16 count;

	if (length < HEADER || (packet[0] & 7) != MODE_CONTROL || !(packet[1] & FLAG_RESPONSE) ||
		(packet[1] & OP_MASK) != (guint8)answer->op ||
		get16(packet + 2) != answer->sequence || get16(packet + 6) != answer->association)
		return GCLK_MODE6_FOREIGN;
	answer->status = get16(packet + 4);
	if (packet[1] & FLAG_ERROR) {
		answer->error = answer->status >> 8;
		return GCLK_MODE6_ERROR;
	}
	count = get16(packet + 10);
	if (count > length - HEADER)
		return GCLK_MODE6_GARBLED;
	return add_fragment(
		answer, packet + HEADER, get16(packet + 8), count, !(packet[1] & FLAG_MORE));
}

/* --- READSTAT --------------------------------------------------------------------------------- */

guint gclk_mode6_n_peers(const GclkMode6Answer *answer)
{
	return (guint)(answer->length / 4);
}

GclkMode6Peer gclk_mode6_peer(const GclkMode6Answer *answer, guint i)
{
	GclkMode6Peer peer = { get16(answer->data + 4 * i), get16(answer->data + 4 * i + 2) };

	return peer;
}

/* --- READVAR ---------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *value;
	gsize name_length, value_length; /* the value with its quotes */
} Item;

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\r' || c == '\n' || c == '\t';
}

/* The next "name=value" or "name"; commas divide them, but not within quotes. */
static gboolean next_item(const char **at, const char *end, Item *out)
{
	const char *equals = NULL, *c = *at;
	gboolean quoted = FALSE;

	while (c < end && (is_blank(*c) || *c == ','))
		c++;
	out->name = c;
	for (; c < end && (quoted || *c != ','); c++) {
		if (*c == '"')
			quoted = !quoted;
		if (*c == '=' && !equals)
			equals = c;
	}
	*at = c;
	if (out->name >= end)
		return FALSE;
	out->name_length = (gsize)((equals ? equals : c) - out->name);
	out->value = equals ? equals + 1 : c;
	while (c > out->value && is_blank(c[-1]))
		c--;
	out->value_length = (gsize)(c - out->value);
	return TRUE;
}

gboolean gclk_mode6_text(const GclkMode6Answer *answer, const char *name, char *out, gsize size)
{
	const char *at = (const char *)answer->data, *end = at + answer->length;
	Item item;

	while (next_item(&at, end, &item)) {
		if (item.name_length != strlen(name) ||
			memcmp(item.name, name, item.name_length) != 0)
			continue;
		if (item.value_length >= 2 && item.value[0] == '"' &&
			item.value[item.value_length - 1] == '"') {
			item.value++;
			item.value_length -= 2;
		}
		if (item.value_length >= size)
			return FALSE;
		for (gsize i = 0; i < item.value_length; i++)
			if (!g_ascii_isprint(item.value[i]))
				return FALSE;
		memcpy(out, item.value, item.value_length);
		out[item.value_length] = '\0';
		return TRUE;
	}
	return FALSE;
}

gboolean gclk_mode6_integer(
	const GclkMode6Answer *answer, const char *name, gint64 min, gint64 max, gint64 *out)
{
	char text[32], *end = NULL;
	gboolean hex;
	gint64 value;

	if (!gclk_mode6_text(answer, name, text, sizeof(text)) || !*text)
		return FALSE;
	hex = g_str_has_prefix(text, "0x");
	errno = 0;
	value = g_ascii_strtoll(text, &end, hex ? 16 : 10);
	if (errno || end == text || *end || value < min || value > max)
		return FALSE;
	*out = value;
	return TRUE;
}

gboolean gclk_mode6_ms(const GclkMode6Answer *answer, const char *name, gint64 *out)
{
	char text[48], *end = NULL;
	double ns;

	if (!gclk_mode6_text(answer, name, text, sizeof(text)))
		return FALSE;
	ns = g_ascii_strtod(text, &end) * (double)GCLK_NS_PER_MS;
	if (end == text || *end || isnan(ns))
		return FALSE;
	if (fabs(ns) < 9.2e18)
		*out = llrint(ns);
	else
		*out = ns < 0 ? -G_MAXINT64 : G_MAXINT64;
	return TRUE;
}

gboolean gclk_mode6_time(const GclkMode6Answer *answer, const char *name, guint64 *out)
{
	char text[48];
	guint64 halves[2];
	char *at = text;

	/* some versions write the date behind it */
	if (!gclk_mode6_text(answer, name, text, sizeof(text)) || !g_str_has_prefix(text, "0x"))
		return FALSE;
	at += 2;
	for (guint i = 0; i < 2; i++) {
		char *end = NULL;

		if (!g_ascii_isxdigit(*at))
			return FALSE;
		halves[i] = g_ascii_strtoull(at, &end, 16);
		if (end - at > 8 || (i == 0 && *end != '.') || (i == 1 && *end && *end != ' '))
			return FALSE;
		at = end + 1;
	}
	*out = halves[0] << 32 | halves[1];
	return TRUE;
}
