/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/ptp4l-message.h"

#include <string.h>

#define MESSAGE_MANAGEMENT 0x0d
#define VERSION            0x02
#define CONTROL_MANAGEMENT 0x04
#define NO_INTERVAL        0x7f
#define ACTION_RESPONSE    0x02

#define TLV_MANAGEMENT              0x0001
#define TLV_MANAGEMENT_ERROR_STATUS 0x0002

/* Offsets in the message. */
enum {
	AT_LENGTH = 2,
	AT_DOMAIN = 4,
	AT_SOURCE_PORT = 28,
	AT_SEQUENCE = 30,
	AT_CONTROL = 32,
	AT_INTERVAL = 33,
	AT_TARGET = 34,
	AT_TARGET_PORT = 42,
	AT_ACTION = 46,
	AT_TLV = 48,
	AT_TLV_LENGTH = 50,
	AT_ID = 52, /* or the error's id, which the management id follows */
	AT_DATA = 54,
	ERROR_SIZE = 56, /* up to the management id in it */
};

static guint16 get16(const guint8 *at)
{
	return (guint16)(at[0] << 8 | at[1]);
}

static void put16(guint8 *at, guint16 value)
{
	at[0] = (guint8)(value >> 8);
	at[1] = (guint8)value;
}

void gclk_ptp_get_encode(const GclkPtpAsk *ask, guint8 out[GCLK_PTP_GET_SIZE])
{
	memset(out, 0, GCLK_PTP_GET_SIZE);
	out[0] = (guint8)(ask->transport_specific << 4 | MESSAGE_MANAGEMENT);
	out[1] = VERSION;
	put16(out + AT_LENGTH, GCLK_PTP_GET_SIZE);
	out[AT_DOMAIN] = ask->domain;
	put16(out + AT_SOURCE_PORT, ask->port);
	put16(out + AT_SEQUENCE, ask->sequence);
	out[AT_CONTROL] = CONTROL_MANAGEMENT;
	out[AT_INTERVAL] = NO_INTERVAL;
	memset(out + AT_TARGET, 0xff, 10); /* every port */
	put16(out + AT_TLV, TLV_MANAGEMENT);
	put16(out + AT_TLV_LENGTH, 2);
	put16(out + AT_ID, ask->id);
}

static gboolean parse_tlv(const guint8 *message, gsize length, GclkPtpAnswer *out)
{
	gsize end = AT_ID + (gsize)get16(message + AT_TLV_LENGTH);

	if (end > length || end < AT_DATA)
		return FALSE;
	switch (get16(message + AT_TLV)) {
	case TLV_MANAGEMENT:
		out->ask.id = get16(message + AT_ID);
		out->data = message + AT_DATA;
		out->length = end - AT_DATA;
		return TRUE;
	case TLV_MANAGEMENT_ERROR_STATUS:
		out->error = get16(message + AT_ID);
		if (end < ERROR_SIZE || out->error == 0)
			return FALSE;
		out->ask.id = get16(message + AT_DATA);
		return TRUE;
	default:
		return FALSE;
	}
}

gboolean gclk_ptp_answer_parse(const guint8 *message, gsize length, GclkPtpAnswer *out)
{
	memset(out, 0, sizeof(*out));
	if (length < AT_DATA || length > GCLK_PTP_MESSAGE_MAX)
		return FALSE;
	if ((message[0] & 0x0f) != MESSAGE_MANAGEMENT || (message[1] & 0x0f) != VERSION ||
		(message[AT_ACTION] & 0x0f) != ACTION_RESPONSE)
		return FALSE;
	if (get16(message + AT_LENGTH) > length || get16(message + AT_LENGTH) < AT_DATA)
		return FALSE;
	out->ask.transport_specific = message[0] >> 4;
	out->ask.domain = message[AT_DOMAIN];
	out->ask.port = get16(message + AT_TARGET_PORT);
	out->ask.sequence = get16(message + AT_SEQUENCE);
	return parse_tlv(message, get16(message + AT_LENGTH), out);
}
