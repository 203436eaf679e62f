/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ntp-exchange.h"

#define REQUEST_MAX (GCLK_NTP_HEADER_SIZE + 4 + GCLK_NTP_MAC_MAX)
/* How much before the send a kernel stamp of departure may lie: REAL may be steered in between. */
#define STAMP_SLACK GCLK_NS_PER_MS
/* Precision of nobody: RFC 5905 leaves it to the client what it tells of itself, and that is
 * nothing. */
#define PRECISION_UNTOLD 32

guint64 gclk_ntp_exchange_nonce(GclkNtpExchange *exchange, GclkPlatform *platform)
{
	guint64 nonce;

	gclk_ntp_exchange_give_up(exchange);
	do
		platform->random(platform, &nonce, sizeof(nonce));
	while (nonce == 0);
	return nonce;
}

void gclk_ntp_exchange_sent(
	GclkNtpExchange *exchange, guint64 nonce, const GclkClockPair *departure)
{
	exchange->context.nonce = nonce;
	exchange->departure = *departure;
}

static gsize build(const GclkNtpKey *key, guint64 nonce, gint poll, guint8 packet[REQUEST_MAX])
{
	const GclkNtpHeader header = {
		.version = GCLK_NTP_VERSION,
		.mode = GCLK_NTP_MODE_CLIENT,
		.poll = (gint8)poll,
		.precision = PRECISION_UNTOLD,
		.transmit = nonce,
	};

	gclk_ntp_header_encode(&header, packet);
	if (!key)
		return GCLK_NTP_HEADER_SIZE;
	return gclk_ntp_mac_append(key, packet, GCLK_NTP_HEADER_SIZE, REQUEST_MAX);
}

gboolean gclk_ntp_exchange_send(GclkNtpExchange *exchange, GclkPlatform *platform,
	GclkSocket *socket, gint poll, GError **error)
{
	guint64 nonce = gclk_ntp_exchange_nonce(exchange, platform);
	guint8 packet[REQUEST_MAX];
	gsize length = build(exchange->context.key, nonce, poll, packet);
	GclkClockPair departure;

	if (!platform->udp_send(platform, socket, packet, length, &departure, error))
		return FALSE;
	gclk_ntp_exchange_sent(exchange, nonce, &departure);
	return TRUE;
}

void gclk_ntp_exchange_give_up(GclkNtpExchange *exchange)
{
	GclkNtpContext *context = &exchange->context;

	if (context->nonce == 0)
		return;
	context->earlier[exchange->next_earlier++ % GCLK_NTP_NONCES] = context->nonce;
	context->nonce = 0;
}

void gclk_ntp_exchange_void(GclkNtpExchange *exchange)
{
	if (exchange->context.nonce != 0)
		exchange->context.voided = exchange->context.nonce;
	exchange->context.nonce = 0;
}

void gclk_ntp_exchange_forget_server(GclkNtpExchange *exchange)
{
	gclk_ntp_exchange_give_up(exchange);
	exchange->context.last_receive = exchange->context.last_transmit = 0;
}

/* T1: the kernel's stamp of the departure if it is there and fits, else ours. */
static gint64 departure_of(
	const GclkClockPair *sent, const GclkDatagram *datagram, gboolean *kernel)
{
	*kernel = datagram->departure_kernel_stamp &&
		  datagram->departure >= sent->real - STAMP_SLACK &&
		  datagram->departure <= datagram->arrival.real;
	return *kernel ? datagram->departure : sent->real;
}

/* All of it belongs to the middle of the exchange, where the offset holds. */
static void make_sample(const GclkNtpContext *context, const GclkNtpReply *reply,
	const GclkDatagram *datagram, gboolean kernel_departure, GclkSample *out)
{
	gint64 half = (context->arrival - context->departure) / 2;

	*out = (GclkSample){
		.real = context->arrival - half,
		.raw = datagram->arrival.raw - half,
		.offset = reply->offset,
		.delay = reply->delay,
		.reference_bound = reply->reference_bound,
		.leap = reply->header.leap,
		.timescale = GCLK_TIMESCALE_UTC,
		.flags = (kernel_departure ? GCLK_SAMPLE_KERNEL_TX : 0U) |
			 (datagram->kernel_stamp ? GCLK_SAMPLE_KERNEL_RX : 0U) |
			 (reply->authentic ? GCLK_SAMPLE_AUTHENTIC : 0U),
	};
}

static gboolean own_refid(gpointer user, guint32 refid)
{
	GclkPlatform *platform = user;

	return platform->is_own_refid(platform, refid);
}

void gclk_ntp_exchange_take(GclkNtpExchange *exchange, GclkPlatform *platform,
	const GclkDatagram *datagram, GclkNtpReply *reply, GclkSample *sample)
{
	GclkNtpContext *context = &exchange->context;
	const GclkClockPair *sent = &exchange->departure;
	gboolean kernel;

	context->departure = departure_of(sent, datagram, &kernel);
	context->arrival = datagram->arrival.real;
	context->elapsed =
		MAX(datagram->arrival.raw - sent->raw - (context->departure - sent->real), 0);
	context->precision = MAX(MAX(sent->width, datagram->arrival.width), 1);
	context->own_refid = own_refid;
	context->user = platform;
	gclk_ntp_check(context, datagram->data, datagram->length, datagram->truncated, reply);
	if (gclk_ntp_verdict_class(reply->verdict) == GCLK_NTP_CLASS_DROP)
		return;
	context->answered = context->nonce;
	context->nonce = 0;
	if (reply->verdict != GCLK_NTP_GOOD)
		return;
	context->last_receive = reply->header.receive;
	context->last_transmit = reply->header.transmit;
	make_sample(context, reply, datagram, kernel, sample);
}

gboolean gclk_ntp_is_own_address(
	GclkPlatform *platform, GclkSocket *socket, const GclkAddress *server)
{
	GclkAddress local;

	return !gclk_address_is_loopback(server) && platform->udp_local(platform, socket, &local) &&
	       gclk_address_equal(&local, server, FALSE);
}

char *gclk_ntp_own_address_reason(const GclkAddress *server)
{
	char text[GCLK_ADDRESS_TEXT_MAX];

	return g_strdup_printf("%s is this machine's own address, and its clock cannot be its own "
			       "reference",
		gclk_address_format(server, text));
}

const char *gclk_ntp_stamps_name(const GclkSample *sample)
{
	if (!(sample->flags & GCLK_SAMPLE_KERNEL_RX))
		return "user-space stamps";
	return sample->flags & GCLK_SAMPLE_KERNEL_TX ? "kernel stamps" : "kernel receive stamps";
}
