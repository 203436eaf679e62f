/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/chrony-packet.h"

#include <math.h>
#include <string.h>

#define VERSION      6
#define TYPE_REQUEST 1
#define TYPE_REPLY   2

#define REQUEST_SEQUENCE 8
#define REQUEST_INDEX    20
#define REPLY_COMMAND    4
#define REPLY_TYPE       6
#define REPLY_STATUS     8
#define REPLY_SEQUENCE   16
#define REPLY_HEADER     28

#define STATUS_OK           0
#define STATUS_UNAUTHORISED 2

#define FAMILY_INET4 1
#define FAMILY_INET6 2

static const struct {
	GclkChronyCommand command;
	guint16 reply;
	gsize length;
} commands[] = {
	{ GCLK_CHRONY_N_SOURCES, 2, 32 },
	{ GCLK_CHRONY_SOURCE_DATA, 3, 76 },
	{ GCLK_CHRONY_TRACKING, 5, 104 },
};

static gsize command_row(GclkChronyCommand command)
{
	gsize i = 0;

	while (i < G_N_ELEMENTS(commands) - 1 && commands[i].command != command)
		i++;
	return i;
}

static guint16 get16(const guint8 *at)
{
	return (guint16)(at[0] << 8 | at[1]);
}

static guint32 get32(const guint8 *at)
{
	return (guint32)get16(at) << 16 | get16(at + 2);
}

static void put16(guint8 *at, guint16 value)
{
	at[0] = (guint8)(value >> 8);
	at[1] = (guint8)value;
}

static void put32(guint8 *at, guint32 value)
{
	put16(at, (guint16)(value >> 16));
	put16(at + 2, (guint16)value);
}

gsize gclk_chrony_request(GclkChronyCommand command, guint32 sequence, guint32 index,
	guint8 packet[GCLK_CHRONY_PACKET_MAX])
{
	memset(packet, 0, GCLK_CHRONY_PACKET_MAX);
	packet[0] = VERSION;
	packet[1] = TYPE_REQUEST;
	put16(packet + 4, (guint16)command);
	put32(packet + REQUEST_SEQUENCE, sequence);
	if (command == GCLK_CHRONY_SOURCE_DATA)
		put32(packet + REQUEST_INDEX, index);
	return commands[command_row(command)].length;
}

/* --- values ----------------------------------------------------------------------------------- */

double gclk_chrony_float(guint32 bits)
{
	gint exponent = (gint)(bits >> 25);
	gint coefficient = (gint)(bits & 0x1ffffff);

	if (exponent >= 64)
		exponent -= 128;
	if (coefficient >= 1 << 24)
		coefficient -= 1 << 25;
	return ldexp(coefficient, exponent - 25);
}

/* FALSE: not an address, which is no error. */
static gboolean get_address(const guint8 *at, GclkAddress *out)
{
	guint16 family = get16(at + 16);

	memset(out, 0, sizeof(*out));
	if (family != FAMILY_INET4 && family != FAMILY_INET6)
		return FALSE;
	out->family = family == FAMILY_INET4 ? 4 : 6;
	memcpy(out->bytes, at, family == FAMILY_INET4 ? 4 : 16);
	return TRUE;
}

/* Seconds in two halves and nanoseconds; an upper half of 0x7fffffff: no time. */
static gboolean get_time(const guint8 *at, gboolean *known, gint64 *out)
{
	guint32 high = get32(at), nanoseconds = get32(at + 8);
	gint64 seconds = (gint64)((guint64)high << 32 | get32(at + 4));

	*known = high != 0x7fffffff;
	*out = 0;
	if (!*known)
		return TRUE;
	if (nanoseconds >= GCLK_NS_PER_S)
		return FALSE;
	if (seconds > G_MAXINT64 / GCLK_NS_PER_S - 1)
		*out = G_MAXINT64;
	else if (seconds < G_MININT64 / GCLK_NS_PER_S + 1)
		*out = G_MININT64;
	else
		*out = seconds * GCLK_NS_PER_S + nanoseconds;
	return TRUE;
}

/* --- replies ---------------------------------------------------------------------------------- */

static GclkChronyReply check(
	const guint8 *packet, gsize length, guint32 sequence, GclkChronyCommand command)
{
	gsize row = command_row(command);

	if (length < REPLY_HEADER || packet[1] != TYPE_REPLY ||
		get16(packet + REPLY_COMMAND) != (guint16)command ||
		get32(packet + REPLY_SEQUENCE) != sequence)
		return GCLK_CHRONY_REPLY_FOREIGN;
	if (packet[0] != VERSION)
		return GCLK_CHRONY_REPLY_FAILED;
	if (get16(packet + REPLY_STATUS) == STATUS_UNAUTHORISED)
		return GCLK_CHRONY_REPLY_REFUSED;
	if (get16(packet + REPLY_STATUS) != STATUS_OK)
		return GCLK_CHRONY_REPLY_FAILED;
	if (get16(packet + REPLY_TYPE) != commands[row].reply || length != commands[row].length)
		return GCLK_CHRONY_REPLY_GARBLED;
	return GCLK_CHRONY_REPLY_GOOD;
}

GclkChronyReply gclk_chrony_read_tracking(
	const guint8 *packet, gsize length, guint32 sequence, GclkChronyTracking *out)
{
	GclkChronyReply reply = check(packet, length, sequence, GCLK_CHRONY_TRACKING);
	GclkChronyTracking t = { 0 };
	guint16 leap;

	if (reply != GCLK_CHRONY_REPLY_GOOD)
		return reply;
	leap = get16(packet + 54);
	if (leap > GCLK_LEAP_UNSYNC || !get_time(packet + 56, &t.has_ref_time, &t.ref_time))
		return GCLK_CHRONY_REPLY_GARBLED;
	t.refid = get32(packet + 28);
	get_address(packet + 32, &t.address);
	t.stratum = get16(packet + 52);
	t.leap = (GclkLeap)leap;
	t.correction = gclk_chrony_float(get32(packet + 68));
	t.last_offset = gclk_chrony_float(get32(packet + 72));
	t.frequency = gclk_chrony_float(get32(packet + 80));
	t.root_delay = gclk_chrony_float(get32(packet + 92));
	t.root_dispersion = gclk_chrony_float(get32(packet + 96));
	t.interval = gclk_chrony_float(get32(packet + 100));
	*out = t;
	return GCLK_CHRONY_REPLY_GOOD;
}

GclkChronyReply gclk_chrony_read_n_sources(
	const guint8 *packet, gsize length, guint32 sequence, guint32 *out)
{
	GclkChronyReply reply = check(packet, length, sequence, GCLK_CHRONY_N_SOURCES);

	if (reply == GCLK_CHRONY_REPLY_GOOD)
		*out = get32(packet + 28);
	return reply;
}

GclkChronyReply gclk_chrony_read_source(
	const guint8 *packet, gsize length, guint32 sequence, GclkChronySource *out)
{
	GclkChronyReply reply = check(packet, length, sequence, GCLK_CHRONY_SOURCE_DATA);
	GclkChronySource s = { 0 };
	guint16 state, mode;

	if (reply != GCLK_CHRONY_REPLY_GOOD)
		return reply;
	state = get16(packet + 52);
	mode = get16(packet + 54);
	if (state > GCLK_CHRONY_SOURCE_SELECTABLE || mode > GCLK_CHRONY_MODE_REFCLOCK)
		return GCLK_CHRONY_REPLY_GARBLED;
	s.state = (GclkChronyState)state;
	s.mode = (GclkChronyMode)mode;
	if (s.mode == GCLK_CHRONY_MODE_REFCLOCK)
		s.refid = get32(packet + 28);
	else
		get_address(packet + 28, &s.address);
	s.poll = (gint16)get16(packet + 48);
	s.stratum = get16(packet + 50);
	s.reach = get16(packet + 58);
	s.since_sample = get32(packet + 60);
	*out = s;
	return GCLK_CHRONY_REPLY_GOOD;
}
