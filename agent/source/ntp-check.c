/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ntp-check.h"

#include <string.h>

/* A server may set its clock between stamping an answer and filling in its reference time. */
#define REFERENCE_TOLERANCE GCLK_NS_PER_S
/* REAL may run this much faster or slower than RAW while it is steered (tick: 10 %), and the two
   readings of the pairs have some width. */
#define STEER_TOLERANCE(elapsed) ((elapsed) / 5 + GCLK_NS_PER_MS)

static gboolean known_nonce(const guint64 *nonces, guint64 nonce)
{
	for (gsize i = 0; i < GCLK_NTP_NONCES; i++)
		if (nonces[i] == nonce)
			return TRUE;
	return FALSE;
}

/* Tests 1 and 2: is it the answer to the request under way? */
static GclkNtpVerdict check_origin(const GclkNtpContext *context, const GclkNtpHeader *header)
{
	if (header->origin != 0) {
		if (header->origin == context->nonce)
			return GCLK_NTP_GOOD;
		if (header->origin == context->answered)
			return GCLK_NTP_DUPLICATE;
		if (header->origin == context->voided)
			return GCLK_NTP_STEPPED;
		if (known_nonce(context->earlier, header->origin))
			return GCLK_NTP_LATE;
	}
	return context->nonce == 0 ? GCLK_NTP_UNSOLICITED : GCLK_NTP_BAD_ORIGIN;
}

/* Test 5. A MAC that was not asked for proves nothing and is passed over. */
static GclkNtpVerdict check_mac(
	const GclkNtpContext *context, const GclkNtpLayout *layout, const guint8 *packet)
{
	if (layout->crypto_nak)
		return GCLK_NTP_CRYPTO_NAK;
	if (!context->key)
		return GCLK_NTP_GOOD;
	if (layout->mac_length == 0)
		return GCLK_NTP_MAC_MISSING;
	if (layout->key_id != context->key->id)
		return GCLK_NTP_MAC_OTHER_KEY;
	if (!gclk_ntp_mac_check(
		    context->key, packet, layout->fields_end, layout->mac, layout->mac_length))
		return GCLK_NTP_BAD_MAC;
	return GCLK_NTP_GOOD;
}

/* Stratum 0 is a kiss-o'-death if its code says so. ntpd that has not yet found the time sends its
   codes INIT and STEP in the same way, chronyd no code at all. */
static GclkNtpVerdict check_kiss(const GclkNtpHeader *header)
{
	char text[GCLK_NTP_REFID_TEXT_MAX];

	if (header->stratum != 0)
		return GCLK_NTP_GOOD;
	if (header->refid == gclk_ntp_refid("RATE"))
		return GCLK_NTP_KOD_RATE;
	if (header->refid == gclk_ntp_refid("DENY"))
		return GCLK_NTP_KOD_DENY;
	if (header->refid == gclk_ntp_refid("RSTR"))
		return GCLK_NTP_KOD_RSTR;
	if (header->refid == gclk_ntp_refid("INIT") || header->refid == gclk_ntp_refid("STEP"))
		return GCLK_NTP_GOOD;
	gclk_ntp_refid_format(header->refid, 0, text);
	if (header->refid != 0 && strlen(text) <= 4)
		return GCLK_NTP_KOD_OTHER;
	return GCLK_NTP_GOOD;
}

/* Test 6. */
static GclkNtpVerdict check_synchronised(const GclkNtpHeader *header)
{
	if (header->leap == GCLK_LEAP_UNSYNC)
		return GCLK_NTP_UNSYNCHRONISED;
	if (header->stratum == 0)
		return GCLK_NTP_STRATUM_0;
	if (header->stratum >= GCLK_NTP_STRATUM_MAX)
		return GCLK_NTP_STRATUM_16;
	return GCLK_NTP_GOOD;
}

/* A server above stratum 1 names its own source: that must not be us. A loopback address there is
   the server's own, not ours. */
static gboolean is_loop(const GclkNtpContext *context, const GclkNtpHeader *header)
{
	return header->stratum >= 2 && header->refid != 0 && header->refid >> 24 != 127 &&
	       context->own_refid && context->own_refid(context->user, header->refid);
}

static GclkNtpVerdict check_stamps(const GclkNtpContext *context, const GclkNtpHeader *header)
{
	if (header->receive == 0 || header->transmit == 0)
		return GCLK_NTP_ZERO_TIME;
	if (header->receive == context->last_receive && header->transmit == context->last_transmit)
		return GCLK_NTP_FROZEN;
	if (gclk_ntp_time_diff(header->transmit, header->receive) <
		-gclk_ntp_log2_to_ns(header->precision))
		return GCLK_NTP_BACKWARDS;
	if (header->reference != 0 &&
		gclk_ntp_time_diff(header->reference, header->transmit) > REFERENCE_TOLERANCE)
		return GCLK_NTP_REFERENCE_FUTURE;
	return GCLK_NTP_GOOD;
}

/* a - b, saturated: a local clock may stand anywhere. */
static gint64 difference(gint64 a, gint64 b)
{
	gint64 result;

	if (__builtin_sub_overflow(a, b, &result))
		return a < b ? -G_MAXINT64 : G_MAXINT64;
	return MAX(result, -G_MAXINT64);
}

/* (a + b) / 2 without overflow, rounded down. */
static gint64 mean(gint64 a, gint64 b)
{
	return (a >> 1) + (b >> 1) + (a & b & 1);
}

/* RFC 5905 section 8: offset ((T2 - T1) + (T3 - T4)) / 2, delay (T4 - T1) - (T3 - T2). */
static void measure(const GclkNtpContext *context, GclkNtpReply *out)
{
	const GclkNtpHeader *header = &out->header;
	gint64 t2 = gclk_ntp_time_to_ns(header->receive, context->pivot);
	gint64 t3 = gclk_ntp_time_to_ns(header->transmit, t2);
	gint64 precision = gclk_ntp_log2_to_ns(header->precision);

	out->has_times = TRUE;
	out->offset = mean(difference(t2, context->departure), difference(t3, context->arrival));
	out->delay =
		difference(difference(context->arrival, context->departure), difference(t3, t2));
	out->reference_bound = gclk_bound_add(
		gclk_bound_add(header->root_delay / 2, header->root_dispersion), precision);
	out->reference_age =
		header->reference == 0
			? -1
			: MAX(gclk_ntp_time_diff(header->transmit, header->reference), 0);
}

static GclkNtpVerdict check_times(const GclkNtpContext *context, GclkNtpReply *out)
{
	gint64 real = difference(context->arrival, context->departure);
	gint64 precision = gclk_ntp_log2_to_ns(out->header.precision);

	if (ABS(difference(real, context->elapsed)) >
		gclk_bound_add(STEER_TOLERANCE(context->elapsed), context->precision))
		return GCLK_NTP_LOCAL_STEP;
	if (out->delay < -gclk_bound_add(precision, context->precision))
		return GCLK_NTP_NEGATIVE_DELAY;
	out->delay = MAX(out->delay, MAX(context->precision, 1));
	return GCLK_NTP_GOOD;
}

static GclkNtpVerdict check_distance(const GclkNtpContext *context, const GclkNtpReply *out)
{
	if (out->header.root_delay / 2 + out->header.root_dispersion >= GCLK_NTP_MAXDISP ||
		gclk_bound_add(out->delay / 2, out->reference_bound) > context->max_distance)
		return GCLK_NTP_ROOT_DISTANCE;
	return GCLK_NTP_GOOD;
}

static GclkNtpVerdict check_header(
	const GclkNtpContext *context, const guint8 *packet, gsize length, GclkNtpReply *out)
{
	const GclkNtpHeader *header = &out->header;
	GclkNtpLayout layout;
	GclkNtpVerdict verdict;

	if (header->version < 1 || header->version > GCLK_NTP_VERSION)
		return GCLK_NTP_VERSION_UNKNOWN;
	if (header->mode != GCLK_NTP_MODE_SERVER)
		return GCLK_NTP_MODE_WRONG;
	if (!gclk_ntp_layout_parse(packet, length, &layout))
		return GCLK_NTP_MALFORMED;
	out->key_id = layout.key_id;
	verdict = check_origin(context, header);
	if (verdict == GCLK_NTP_GOOD)
		verdict = check_mac(context, &layout, packet);
	out->authentic = verdict == GCLK_NTP_GOOD && context->key != NULL;
	return verdict;
}

/* The verdict that remains, where over the link a server need not know the time itself. */
static GclkNtpVerdict forgive(
	const GclkNtpContext *context, GclkNtpVerdict verdict, GclkNtpReply *out)
{
	if (!context->link)
		return verdict;
	if (out->unfit == GCLK_NTP_GOOD)
		out->unfit = verdict;
	return GCLK_NTP_GOOD;
}

static GclkNtpVerdict check_content(const GclkNtpContext *context, GclkNtpReply *out)
{
	const GclkNtpHeader *header = &out->header;
	GclkNtpVerdict verdict = check_kiss(header);

	if (verdict == GCLK_NTP_GOOD)
		verdict = forgive(context, check_synchronised(header), out);
	if (verdict == GCLK_NTP_GOOD && is_loop(context, header))
		verdict = GCLK_NTP_LOOP;
	if (verdict != GCLK_NTP_GOOD)
		return verdict;
	out->local_clock = gclk_ntp_refid_is_local(header->refid, header->stratum);
	verdict = check_stamps(context, header);
	if (verdict != GCLK_NTP_GOOD)
		return verdict;
	measure(context, out);
	verdict = check_times(context, out);
	if (verdict == GCLK_NTP_GOOD)
		verdict = forgive(context, check_distance(context, out), out);
	return verdict;
}

void gclk_ntp_check(const GclkNtpContext *context, const guint8 *packet, gsize length,
	gboolean truncated, GclkNtpReply *out)
{
	*out = (GclkNtpReply){
		.length = length,
		.distance_limit = context->max_distance,
		.reference_age = -1,
	};
	if (truncated || length > GCLK_NTP_PACKET_MAX) {
		out->verdict = GCLK_NTP_OVERSIZED;
		return;
	}
	if (length < GCLK_NTP_HEADER_SIZE) {
		out->verdict = GCLK_NTP_SHORT;
		return;
	}
	gclk_ntp_header_decode(packet, &out->header);
	out->has_header = TRUE;
	out->verdict = check_header(context, packet, length, out);
	if (out->verdict == GCLK_NTP_GOOD)
		out->verdict = check_content(context, out);
}
