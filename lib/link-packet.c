/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/link.h"

#include <string.h>

#include "big-endian.h"

#define UNKNOWN_BOUND  G_MAXUINT64 /* on the wire */
#define TAI_OFFSET_MAX 255
#define TRANSMIT       40 /* offset in the NTP header */
#define PRECISION_NONE 32 /* a client tells nothing of its clock in the NTP header */

/* Offsets in the values of the fields, and how many bytes each needs: doc/link.md. Each begins with
   its version. */
enum { HOST_PROTOCOL = 1, HOST_FLAGS = 2, HOST_LEAP = 3, HOST_TAI = 4, HOST_BOUND = 8 };
enum { HOST_DISRUPTIONS = 16, HOST_SIZE = 20 };
enum { HOST_SYNCHRONISED = 1 << 0, HOST_FALLBACK = 1 << 1 };

enum { GUEST_STATE = 1, GUEST_FLAGS = 2, GUEST_SOURCE_KIND = 3, GUEST_STEPS = 4, GUEST_OFFSET = 8 };
enum { GUEST_BOUND = 16, GUEST_UPTIME = 24, GUEST_SOURCE = 32, GUEST_TEXT = 64, GUEST_SIZE = 80 };
enum { GUEST_STEERS = 1 << 0 };

enum { EVENT_KIND = 1, EVENT_SIZE = 4 };

G_STATIC_ASSERT(GUEST_SOURCE + GCLK_LINK_NAME_MAX == GUEST_TEXT);
G_STATIC_ASSERT(GUEST_TEXT + GCLK_LINK_TEXT_MAX == GUEST_SIZE);

/* --- numbers and texts ------------------------------------------------------------------------ */

static gint64 get_bound(const guint8 *p)
{
	guint64 bound = gclk_get64(p);

	return bound < (guint64)GCLK_BOUND_UNKNOWN ? (gint64)bound : GCLK_BOUND_UNKNOWN;
}

static void put_bound(guint8 *p, gint64 bound)
{
	gboolean known = bound >= 0 && bound != GCLK_BOUND_UNKNOWN;

	gclk_put64(p, known ? (guint64)bound : UNKNOWN_BOUND);
}

/* At most size - 1 characters, in either direction; to all that is not printable ASCII a '?'. The
   rest of to is filled with zeros. */
static void copy_text(char *to, const char *from, gsize size)
{
	gsize i;

	for (i = 0; i + 1 < size && from[i] != '\0'; i++)
		to[i] = g_ascii_isprint(from[i]) ? from[i] : '?';
	memset(to + i, 0, size - i);
}

/* --- the three fields ------------------------------------------------------------------------- */

static void read_host(const guint8 *value, GclkLinkPacket *out)
{
	GclkLinkHost *host = &out->host;
	guint tai = gclk_get16(value + HOST_TAI);

	out->has_host = TRUE;
	host->protocol = value[HOST_PROTOCOL] <= GCLK_PROTOCOL_PTP
				 ? (GclkProtocol)value[HOST_PROTOCOL]
				 : GCLK_PROTOCOL_UNKNOWN;
	host->synchronised = (value[HOST_FLAGS] & HOST_SYNCHRONISED) != 0;
	host->fallback = (value[HOST_FLAGS] & HOST_FALLBACK) != 0;
	host->leap =
		value[HOST_LEAP] < GCLK_LEAP_UNSYNC ? (GclkLeap)value[HOST_LEAP] : GCLK_LEAP_NONE;
	host->tai_offset = tai <= TAI_OFFSET_MAX ? (gint)tai : 0;
	host->bound = get_bound(value + HOST_BOUND);
	host->disruptions = gclk_get32(value + HOST_DISRUPTIONS);
}

static void write_host(const GclkLinkPacket *packet, guint8 *value)
{
	const GclkLinkHost *host = &packet->host;
	gboolean tai_known = host->tai_offset > 0 && host->tai_offset <= TAI_OFFSET_MAX;

	value[HOST_PROTOCOL] = (guint8)host->protocol;
	value[HOST_FLAGS] = (guint8)((host->synchronised ? HOST_SYNCHRONISED : 0) |
				     (host->fallback ? HOST_FALLBACK : 0));
	value[HOST_LEAP] = (guint8)(host->leap == GCLK_LEAP_UNSYNC ? GCLK_LEAP_NONE : host->leap);
	gclk_put16(value + HOST_TAI, tai_known ? (guint)host->tai_offset : 0);
	put_bound(value + HOST_BOUND, host->bound);
	gclk_put32(value + HOST_DISRUPTIONS, host->disruptions);
}

static void read_guest(const guint8 *value, GclkLinkPacket *out)
{
	GclkLinkGuest *guest = &out->guest;

	out->has_guest = TRUE;
	guest->state = value[GUEST_STATE] < GCLK_STATES ? (GclkState)value[GUEST_STATE]
							: GCLK_STATE_UNSYNCHRONISED;
	guest->steers = (value[GUEST_FLAGS] & GUEST_STEERS) != 0;
	guest->source_kind = value[GUEST_SOURCE_KIND] <= GCLK_LINK_SOURCE_NTP
				     ? (GclkLinkSource)value[GUEST_SOURCE_KIND]
				     : GCLK_LINK_SOURCE_NONE;
	guest->steps = gclk_get32(value + GUEST_STEPS);
	guest->offset = (gint64)gclk_get64(value + GUEST_OFFSET);
	guest->bound = get_bound(value + GUEST_BOUND);
	guest->uptime = gclk_get64(value + GUEST_UPTIME);
	copy_text(guest->source, (const char *)value + GUEST_SOURCE, GCLK_LINK_NAME_MAX);
	copy_text(guest->version, (const char *)value + GUEST_TEXT, GCLK_LINK_TEXT_MAX);
}

static void write_guest(const GclkLinkPacket *packet, guint8 *value)
{
	const GclkLinkGuest *guest = &packet->guest;

	value[GUEST_STATE] = (guint8)guest->state;
	value[GUEST_FLAGS] = guest->steers ? GUEST_STEERS : 0;
	value[GUEST_SOURCE_KIND] = (guint8)guest->source_kind;
	gclk_put32(value + GUEST_STEPS, guest->steps);
	gclk_put64(value + GUEST_OFFSET, (guint64)guest->offset);
	put_bound(value + GUEST_BOUND, guest->bound);
	gclk_put64(value + GUEST_UPTIME, guest->uptime);
	copy_text((char *)value + GUEST_SOURCE, guest->source, GCLK_LINK_NAME_MAX);
	copy_text((char *)value + GUEST_TEXT, guest->version, GCLK_LINK_TEXT_MAX);
}

static void read_event(const guint8 *value, GclkLinkPacket *out)
{
	out->has_event = TRUE;
	out->event = value[EVENT_KIND] < GCLK_LINK_EVENTS ? (GclkLinkEvent)value[EVENT_KIND]
							  : GCLK_LINK_EVENT_OTHER;
}

static void write_event(const GclkLinkPacket *packet, guint8 *value)
{
	value[EVENT_KIND] = (guint8)packet->event;
}

static const struct {
	guint16 type;
	gsize size;      /* of the value, without padding */
	gsize is_set_at; /* the gboolean in GclkLinkPacket that tells of it */
	void (*read)(const guint8 *value, GclkLinkPacket *out);
	void (*write)(const GclkLinkPacket *packet, guint8 *value);
} fields[] = {
	{ GCLK_LINK_FIELD_HOST, HOST_SIZE, G_STRUCT_OFFSET(GclkLinkPacket, has_host), read_host,
		write_host },
	{ GCLK_LINK_FIELD_GUEST, GUEST_SIZE, G_STRUCT_OFFSET(GclkLinkPacket, has_guest), read_guest,
		write_guest },
	{ GCLK_LINK_FIELD_EVENT, EVENT_SIZE, G_STRUCT_OFFSET(GclkLinkPacket, has_event), read_event,
		write_event },
};

static gboolean is_set(const GclkLinkPacket *packet, gsize field)
{
	return G_STRUCT_MEMBER(gboolean, packet, fields[field].is_set_at);
}

static void read_field(const GclkNtpField *field, GclkLinkPacket *out)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (fields[i].type == field->type && fields[i].size <= field->length &&
			field->value[0] == GCLK_LINK_VERSION && !is_set(out, i))
			fields[i].read(field->value, out);
}

/* --- packets ---------------------------------------------------------------------------------- */

gboolean gclk_link_packet_decode(const guint8 *bytes, gsize length, GclkLinkPacket *out)
{
	gsize offset = GCLK_NTP_HEADER_SIZE;
	GclkNtpLayout layout;
	GclkNtpField field;

	*out = (GclkLinkPacket){ .has_host = FALSE };
	if (length > GCLK_LINK_PACKET_MAX || !gclk_ntp_layout_parse(bytes, length, &layout))
		return FALSE;
	gclk_ntp_header_decode(bytes, &out->header);
	if (out->header.version != GCLK_NTP_VERSION || out->header.mode < GCLK_NTP_MODE_CLIENT ||
		out->header.mode > GCLK_NTP_MODE_BROADCAST)
		return FALSE;
	while (gclk_ntp_field_next(bytes, layout.fields_end, &offset, &field))
		read_field(&field, out);
	return TRUE;
}

gsize gclk_link_packet_encode(const GclkLinkPacket *packet, guint8 frame[GCLK_LINK_FRAME_MAX])
{
	guint8 *payload = frame + GCLK_LINK_HEADER_SIZE;
	gsize length = GCLK_NTP_HEADER_SIZE;

	gclk_ntp_header_encode(&packet->header, payload);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		guint8 value[GUEST_SIZE] = { GCLK_LINK_VERSION }; /* the largest */

		if (!is_set(packet, i))
			continue;
		fields[i].write(packet, value);
		length = gclk_ntp_field_append(payload, length, GCLK_LINK_PACKET_MAX,
			fields[i].type, value, fields[i].size);
	}
	frame[0] = 'G';
	frame[1] = 'C';
	gclk_put16(frame + 2, (guint)length);
	return GCLK_LINK_HEADER_SIZE + length;
}

void gclk_link_request(GclkLinkPacket *out, guint64 nonce, gint poll)
{
	*out = (GclkLinkPacket){
		.header = {
			.version = GCLK_NTP_VERSION,
			.mode = GCLK_NTP_MODE_CLIENT,
			.poll = (gint8)CLAMP(poll, G_MININT8, G_MAXINT8),
			.precision = PRECISION_NONE,
			.transmit = nonce,
		},
	};
}

void gclk_link_answer(GclkLinkPacket *out, const GclkNtpHeader *request, guint64 receive)
{
	out->header.version = GCLK_NTP_VERSION;
	out->header.mode = GCLK_NTP_MODE_SERVER;
	out->header.poll = request->poll;
	out->header.origin = request->transmit;
	out->header.receive = receive;
}

void gclk_link_stamp(guint8 frame[GCLK_LINK_FRAME_MAX], guint64 transmit)
{
	gclk_put64(frame + GCLK_LINK_HEADER_SIZE + TRANSMIT, transmit);
}
