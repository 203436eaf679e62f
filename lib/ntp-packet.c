/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/ntp-packet.h"

#include <string.h>

#include "big-endian.h"

#define FIELD_HEADER   4
#define FIELD_MIN      16 /* RFC 7822 section 7.5 */
#define FIELD_MIN_LAST 28 /* the same, for the last one without a MAC behind it */
#define MAC_MIN        20 /* key id and 128 bits */
#define MAC_MAX_V4     24 /* key id and 160 bits */
#define KEY_ID_SIZE    4

/* Pivots beyond these (years 1900 and 2190) could overflow a gint64. */
#define PIVOT_MIN (-GCLK_NTP_UNIX_EPOCH)
#define PIVOT_MAX G_GINT64_CONSTANT(6942672000)

void gclk_ntp_header_decode(const guint8 bytes[GCLK_NTP_HEADER_SIZE], GclkNtpHeader *out)
{
	out->leap = (GclkLeap)(bytes[0] >> 6);
	out->version = bytes[0] >> 3 & 7;
	out->mode = bytes[0] & 7;
	out->stratum = bytes[1];
	out->poll = (gint8)bytes[2];
	out->precision = (gint8)bytes[3];
	out->root_delay = gclk_ntp_short_to_ns(gclk_get32(bytes + 4));
	out->root_dispersion = gclk_ntp_short_to_ns(gclk_get32(bytes + 8));
	out->refid = gclk_get32(bytes + 12);
	out->reference = gclk_get64(bytes + 16);
	out->origin = gclk_get64(bytes + 24);
	out->receive = gclk_get64(bytes + 32);
	out->transmit = gclk_get64(bytes + 40);
}

void gclk_ntp_header_encode(const GclkNtpHeader *header, guint8 bytes[GCLK_NTP_HEADER_SIZE])
{
	bytes[0] = (guint8)((guint)header->leap << 6 | (header->version & 7U) << 3 |
			    (header->mode & 7U));
	bytes[1] = header->stratum;
	bytes[2] = (guint8)header->poll;
	bytes[3] = (guint8)header->precision;
	gclk_put32(bytes + 4, gclk_ntp_short_from_ns(header->root_delay));
	gclk_put32(bytes + 8, gclk_ntp_short_from_ns(header->root_dispersion));
	gclk_put32(bytes + 12, header->refid);
	gclk_put64(bytes + 16, header->reference);
	gclk_put64(bytes + 24, header->origin);
	gclk_put64(bytes + 32, header->receive);
	gclk_put64(bytes + 40, header->transmit);
}

gboolean gclk_ntp_field_next(const guint8 *packet, gsize end, gsize *offset, GclkNtpField *out)
{
	const guint8 *field = packet + *offset;
	gsize size;

	if (*offset > end || end - *offset < FIELD_MIN)
		return FALSE;
	size = (gsize)field[2] << 8 | field[3];
	if (size < FIELD_MIN || size % 4 != 0 || size > end - *offset)
		return FALSE;
	out->type = (guint16)(field[0] << 8 | field[1]);
	out->value = field + FIELD_HEADER;
	out->length = size - FIELD_HEADER;
	*offset += size;
	return TRUE;
}

static void set_mac(const guint8 *packet, gsize length, GclkNtpLayout *out)
{
	gsize rest = length - out->fields_end;

	out->key_id = gclk_get32(packet + out->fields_end);
	out->mac = packet + out->fields_end + KEY_ID_SIZE;
	out->mac_length = rest - KEY_ID_SIZE;
	out->crypto_nak = rest == KEY_ID_SIZE;
}

gboolean gclk_ntp_layout_parse(const guint8 *packet, gsize length, GclkNtpLayout *out)
{
	GclkNtpField field;
	gsize rest;

	*out = (GclkNtpLayout){ .fields_end = GCLK_NTP_HEADER_SIZE };
	if (length < GCLK_NTP_HEADER_SIZE || length % 4 != 0)
		return FALSE;
	rest = length - GCLK_NTP_HEADER_SIZE;
	if (rest == 0)
		return TRUE;
	if (rest == KEY_ID_SIZE || (packet[0] >> 3 & 7) < 4) {
		set_mac(packet, length, out);
		return !out->crypto_nak || out->key_id == 0;
	}
	while (rest > 0 && !(rest >= MAC_MIN && rest <= MAC_MAX_V4)) {
		if (out->fields == GCLK_NTP_FIELDS_MAX ||
			!gclk_ntp_field_next(packet, length, &out->fields_end, &field))
			return FALSE;
		out->fields++;
		rest = length - out->fields_end;
	}
	if (rest > 0)
		set_mac(packet, length, out);
	return TRUE;
}

gsize gclk_ntp_field_append(guint8 *packet, gsize length, gsize size, guint16 type,
	const guint8 *value, gsize value_length)
{
	gsize field;

	if (length > size || value_length > G_MAXUINT16 - FIELD_HEADER - 3)
		return 0;
	field = MAX((FIELD_HEADER + value_length + 3) / 4 * 4, FIELD_MIN_LAST);
	if (field > size - length)
		return 0;
	memset(packet + length, 0, field);
	packet[length] = (guint8)(type >> 8);
	packet[length + 1] = (guint8)type;
	packet[length + 2] = (guint8)(field >> 8);
	packet[length + 3] = (guint8)field;
	if (value_length > 0)
		memcpy(packet + length + FIELD_HEADER, value, value_length);
	return length + field;
}

/* Whole seconds of ns, rounded towards the past. */
static gint64 floor_seconds(gint64 ns)
{
	return ns / GCLK_NS_PER_S - (ns % GCLK_NS_PER_S < 0);
}

static gint64 fraction_to_ns(guint32 fraction)
{
	return (gint64)(((guint64)fraction * (guint64)GCLK_NS_PER_S + (1U << 31)) >> 32);
}

gint64 gclk_ntp_time_to_ns(guint64 time, gint64 pivot)
{
	gint64 base = CLAMP(floor_seconds(pivot), PIVOT_MIN, PIVOT_MAX);
	gint32 ahead = (gint32)((guint32)(time >> 32) - (guint32)(base + GCLK_NTP_UNIX_EPOCH));

	return (base + ahead) * GCLK_NS_PER_S + fraction_to_ns((guint32)time);
}

guint64 gclk_ntp_time_from_ns(gint64 ns)
{
	gint64 seconds = floor_seconds(ns);
	guint64 rest = (guint64)(ns % GCLK_NS_PER_S + (ns % GCLK_NS_PER_S < 0 ? GCLK_NS_PER_S : 0));
	guint64 fraction = ((rest << 32) + (guint64)GCLK_NS_PER_S / 2) / (guint64)GCLK_NS_PER_S;
	guint64 time = (guint64)(guint32)(seconds + GCLK_NTP_UNIX_EPOCH) << 32 | fraction;

	return time ? time : 1;
}

gint64 gclk_ntp_time_diff(guint64 a, guint64 b)
{
	guint64 difference = a - b;
	gint32 seconds = (gint32)(guint32)(difference >> 32);

	return seconds * GCLK_NS_PER_S + fraction_to_ns((guint32)difference);
}

gint64 gclk_ntp_short_to_ns(guint32 value)
{
	return (gint64)(((guint64)value * (guint64)GCLK_NS_PER_S) >> 16);
}

guint32 gclk_ntp_short_from_ns(gint64 ns)
{
	gint64 seconds = ns / GCLK_NS_PER_S;
	gint64 value;

	if (ns <= 0)
		return 0;
	if (seconds > G_MAXUINT16)
		return G_MAXUINT32;
	value = (seconds << 16) +
		(((ns % GCLK_NS_PER_S) << 16) + GCLK_NS_PER_S - 1) / GCLK_NS_PER_S;
	return (guint32)MIN(value, G_MAXUINT32);
}

gint64 gclk_ntp_log2_to_ns(gint exponent)
{
	if (exponent >= 0)
		return GCLK_NS_PER_S << MIN(exponent, 33);
	return MAX(GCLK_NS_PER_S >> MIN(-exponent, 62), 1);
}

const char *gclk_ntp_refid_format(
	guint32 refid, guint8 stratum, char buffer[GCLK_NTP_REFID_TEXT_MAX])
{
	guint8 b[4];
	gint length = 4;

	gclk_put32(b, refid);
	if (stratum >= 2) {
		g_snprintf(buffer, GCLK_NTP_REFID_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
		return buffer;
	}
	while (length > 0 && (b[length - 1] == '\0' || b[length - 1] == ' '))
		length--;
	for (gint i = 0; i < length; i++) {
		if (!g_ascii_isprint(b[i]) || b[i] == '"' || b[i] == '\\') {
			g_snprintf(buffer, GCLK_NTP_REFID_TEXT_MAX, "%08X", refid);
			return buffer;
		}
	}
	memcpy(buffer, b, (gsize)length);
	buffer[length] = '\0';
	return buffer;
}

guint32 gclk_ntp_refid(const char *text)
{
	guint8 b[4] = { 0 };

	memcpy(b, text, MIN(strlen(text), sizeof(b)));
	return gclk_get32(b);
}

gboolean gclk_ntp_refid_is_local(guint32 refid, guint8 stratum)
{
	if (refid >> 8 == 0x7f7f01)
		return TRUE;
	return stratum == 1 ? refid == gclk_ntp_refid("LOCL") : refid == 0x7f000001;
}
