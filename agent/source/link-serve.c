/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/link-serve.h"

/* How many servers stand between the guest and a primary one is not known here: the last stratum
   that is still synchronised (RFC 5905 figure 11). */
#define STRATUM_UNTOLD 15

static gboolean allows(GclkLinkServe *serve, gint64 now)
{
	gint64 second = now / GCLK_NS_PER_S;

	if (serve->second != second)
		*serve = (GclkLinkServe){ .second = second };
	return serve->answers++ < GCLK_LINK_SERVE_RATE;
}

static gboolean is_synchronised(const GclkLinkGuest *guest)
{
	return guest && guest->bound != GCLK_BOUND_UNKNOWN &&
	       (guest->state == GCLK_STATE_SYNCHRONISED || guest->state == GCLK_STATE_HOLDOVER);
}

/* The least power of two, in s, that is not less. */
static gint8 log2_from_ns(gint64 ns)
{
	gint exponent = -30;

	while (exponent < 0 && gclk_ntp_log2_to_ns(exponent) < ns)
		exponent++;
	return (gint8)exponent;
}

void gclk_link_serve_describe(const GclkLinkGuest *guest, gint64 precision, GclkLinkPacket *out)
{
	gboolean good = is_synchronised(guest);

	*out = (GclkLinkPacket){
		.header = {
			.leap = good ? GCLK_LEAP_NONE : GCLK_LEAP_UNSYNC,
			.stratum = good ? STRATUM_UNTOLD : GCLK_NTP_STRATUM_MAX,
			.precision = log2_from_ns(precision),
			.root_dispersion = good ? guest->bound : GCLK_NTP_MAXDISP,
		},
		.has_guest = guest != NULL,
	};
	if (guest)
		out->guest = *guest;
}

/* The transmit timestamp is the last thing before the write. */
static gboolean send_answer(
	GclkPlatform *platform, GclkStream *stream, const GclkLinkPacket *packet, GError **error)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);
	GclkClockPair now;

	platform->read_pair(platform, &now);
	gclk_link_stamp(frame, gclk_ntp_time_from_ns(now.real));
	return platform->stream_send(platform, stream, frame, length, NULL, error);
}

GclkLinkServeResult gclk_link_serve(GclkLinkServe *serve, GclkPlatform *platform,
	GclkStream *stream, const GclkLinkSettings *settings, const GclkNtpHeader *request,
	const GclkClockPair *arrival, GError **error)
{
	GclkLinkGuest guest = { .bound = GCLK_BOUND_UNKNOWN };
	GclkLinkPacket packet;

	if (request->transmit == 0)
		return GCLK_LINK_SERVE_NOT_ASKED;
	if (!allows(serve, platform->boottime(platform)))
		return GCLK_LINK_SERVE_TOO_OFTEN;
	if (settings->tell)
		settings->tell(settings->user, &guest);
	gclk_link_serve_describe(settings->tell ? &guest : NULL, MAX(arrival->width, 1), &packet);
	gclk_link_answer(&packet, request, gclk_ntp_time_from_ns(arrival->real));
	return send_answer(platform, stream, &packet, error) ? GCLK_LINK_SERVE_SENT
							     : GCLK_LINK_SERVE_UNSENT;
}
