/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement of a packet: the input is what was known of the request, and the packet. What comes
 * out as good must be an answer to the request, by a synchronised server, within the bound.
 */
#include "fuzz.h"

#include <string.h>

#include "source/ntp-check.h"

/* The first bytes of the input; the packet follows. */
typedef struct {
	guint8 flags;
	guint8 pad[7];
	gint64 departure, arrival, elapsed, pivot;
} Knowledge;

enum {
	KNOWN_NONCE = 1, /* the packet's origin is the nonce */
	WITH_KEY = 2,
	SIGN = 4, /* with that key */
	TRUNCATED = 8,
	LOOP = 16,
	PLAUSIBLE = 32, /* times that fit each other */
	OVER_LINK = 64,
};

static gboolean own(gpointer user, guint32 refid)
{
	(void)user;
	(void)refid;
	return TRUE;
}

static void fill(
	const Knowledge *known, const guint8 *packet, gsize length, GclkNtpContext *context)
{
	GclkNtpHeader header;

	context->pivot = known->pivot;
	context->departure = known->departure;
	context->arrival = known->arrival;
	context->elapsed = MAX(known->elapsed, 0);
	context->link = (known->flags & OVER_LINK) != 0;
	context->own_refid = known->flags & LOOP ? own : NULL;
	if (length < GCLK_NTP_HEADER_SIZE)
		return;
	gclk_ntp_header_decode(packet, &header);
	if (known->flags & KNOWN_NONCE)
		context->nonce = header.origin;
	if (!(known->flags & PLAUSIBLE))
		return;
	context->departure = gclk_ntp_time_to_ns(header.receive, known->pivot) - GCLK_NS_PER_MS;
	context->arrival = gclk_ntp_time_to_ns(header.transmit, known->pivot) + GCLK_NS_PER_MS;
	context->elapsed = MAX(context->arrival - context->departure, 0);
}

static void check_good(const GclkNtpContext *context, const GclkNtpReply *reply)
{
	const GclkNtpHeader *header = &reply->header;

	g_assert_true(reply->has_header && reply->has_times);
	g_assert_true(context->nonce != 0 && header->origin == context->nonce);
	g_assert_true(header->mode == GCLK_NTP_MODE_SERVER);
	g_assert_true(reply->delay > 0 && reply->reference_bound > 0);
	g_assert_true(context->link || reply->unfit == GCLK_NTP_GOOD);
	if (reply->unfit == GCLK_NTP_GOOD) {
		g_assert_true(header->leap != GCLK_LEAP_UNSYNC);
		g_assert_true(header->stratum >= 1 && header->stratum <= 15);
		g_assert_true(reply->delay / 2 + reply->reference_bound <= context->max_distance);
	}
	g_assert_true(reply->authentic == (context->key != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const GclkNtpKey key = {
		.id = 1,
		.type = GCLK_NTP_KEY_SHA256,
		.bytes = "secret",
		.length = 6,
	};
	GclkNtpContext context = { .precision = 100, .max_distance = 1500 * GCLK_NS_PER_MS };
	g_autofree guint8 *packet = NULL;
	g_autofree char *reason = NULL;
	Knowledge known;
	GclkNtpReply reply;
	gsize length;

	if (size < sizeof(known))
		return 0;
	memcpy(&known, data, sizeof(known));
	length = size - sizeof(known);
	packet = g_malloc(length + 4 + GCLK_NTP_MAC_MAX);
	memcpy(packet, data + sizeof(known), length);
	fill(&known, packet, length, &context);
	context.key = known.flags & WITH_KEY ? &key : NULL;
	if (known.flags & SIGN)
		length = gclk_ntp_mac_append(&key, packet, length, length + 4 + GCLK_NTP_MAC_MAX);
	packet = g_realloc(packet, MAX(length, 1)); /* a sanitizer sees each byte beyond */
	gclk_ntp_check(&context, packet, length, (known.flags & TRUNCATED) != 0, &reply);
	if (reply.verdict == GCLK_NTP_GOOD)
		check_good(&context, &reply);
	reason = gclk_ntp_reply_reason(&reply);
	g_assert_true(g_utf8_validate(reason, -1, NULL));
	return 0;
}
