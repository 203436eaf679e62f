/* SPDX-License-Identifier: BSD-2-Clause */
/* One request and its answer: what is sent, what must come back, and the sample they make. Over UDP
   or, where the caller frames and sends, over the link. */
#ifndef GUESTCLOCK_NTP_EXCHANGE_H
#define GUESTCLOCK_NTP_EXCHANGE_H

#include "platform/platform.h"
#include "source/ntp-check.h"

typedef struct {
	/* The caller sets key, pivot, max_distance and link. */
	GclkNtpContext context;
	GclkClockPair departure;
	guint next_earlier; /* slot of context.earlier */
} GclkNtpExchange;

/* Sends a request with a new nonce; poll (log2 s) stands in it. An exchange that was still under
   way is given up. Length of a request: header and, with a key, MAC. */
gboolean gclk_ntp_exchange_send(GclkNtpExchange *exchange, GclkPlatform *platform,
	GclkSocket *socket, gint poll, GError **error);

/* The two halves of that, for another transport: a nonce for the next request, which gives up an
   exchange that was still under way, and then the word that it has left. */
guint64 gclk_ntp_exchange_nonce(GclkNtpExchange *exchange, GclkPlatform *platform);
void gclk_ntp_exchange_sent(
	GclkNtpExchange *exchange, guint64 nonce, const GclkClockPair *departure);

static inline gboolean gclk_ntp_exchange_open(const GclkNtpExchange *exchange)
{
	return exchange->context.nonce != 0;
}

/* The answer has not come in time: it will count as late. */
void gclk_ntp_exchange_give_up(GclkNtpExchange *exchange);

/* A step of the clock made it worthless. */
void gclk_ntp_exchange_void(GclkNtpExchange *exchange);

/* Another server is asked from now on. */
void gclk_ntp_exchange_forget_server(GclkNtpExchange *exchange);

/* A datagram came, or the packet of a frame. With an answer (verdict not of class drop) the
 *exchange is over; with a good one sample is filled in. */
void gclk_ntp_exchange_take(GclkNtpExchange *exchange, GclkPlatform *platform,
	const GclkDatagram *datagram, GclkNtpReply *reply, GclkSample *sample);

/* Is the server of the connected socket this very machine, by an address of its network? Loopback
   does not count: who names that means it. */
gboolean gclk_ntp_is_own_address(
	GclkPlatform *platform, GclkSocket *socket, const GclkAddress *server);

/* The sentence for that. Caller frees. */
char *gclk_ntp_own_address_reason(const GclkAddress *server);

/* "kernel stamps", "kernel receive stamps", "user-space stamps": who stamped this sample. */
const char *gclk_ntp_stamps_name(const GclkSample *sample);

#endif
