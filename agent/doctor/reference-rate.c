/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/reference-rate.h"

#include <math.h>
#include <string.h>

/* So long before the end the server is asked again, plus twice its round trip. */
#define RESERVE (250 * GCLK_NS_PER_MS)
/* Servers take requests that follow each other faster for abuse (ntp.conf: discard minimum). */
#define SPACING (2 * GCLK_NS_PER_S)
/* The server's clock, while it is slewed. */
#define NTP_ERROR_PPM 100.0
/* As if the daemon had measured over so long; its error is told apart from that. */
#define DAEMON_SPAN (60 * GCLK_NS_PER_S)

struct GclkReferenceRate {
	GclkPlatform *platform;
	const GclkNtpRound *round; /* NULL: nobody is asked */
	/* the second exchange */
	gboolean asked;
	GclkSocket *socket;
	GclkNtpExchange exchange;
	/* what is known */
	const char *name;
	double error_ppm;
	gboolean steady;
	GclkCounterSample samples[2];
	gsize n;
};

GclkReferenceRate *gclk_reference_rate_new(GclkPlatform *platform)
{
	GclkReferenceRate *rate = g_new0(GclkReferenceRate, 1);

	rate->platform = platform;
	return rate;
}

static void hang_up(GclkReferenceRate *rate)
{
	if (rate->socket)
		rate->platform->udp_close(rate->platform, rate->socket);
	rate->socket = NULL;
}

void gclk_reference_rate_free(GclkReferenceRate *rate)
{
	if (!rate)
		return;
	hang_up(rate);
	g_free(rate);
}

/* --- the daemon ------------------------------------------------------------------------------- */

gboolean gclk_reference_rate_from_status(
	GclkReferenceRate *rate, const GclkStatus *status, const char *clocksource)
{
	const GclkTickStatus *ticks = &status->ticks;
	double lost = (double)DAEMON_SPAN * ticks->lost_ppm * 1e-6;

	/* of this machine's own counters it knows no more than we do */
	if (g_strcmp0(ticks->reference, "ntp") != 0 && g_strcmp0(ticks->reference, "ptp") != 0)
		return FALSE;
	if (!clocksource || g_strcmp0(status->clocksource, clocksource) != 0 ||
		!isfinite(ticks->lost_error_ppm) || !(fabs(ticks->lost_ppm) < 1e6))
		return FALSE;
	/* half a minute after a switch it still tells of the clocksource before */
	if (!gclk_tick_driven(clocksource) && fabs(ticks->lost_ppm) > GCLK_TICK_RATE_LIMIT)
		return FALSE;
	rate->name = GCLK_TICK_COUNTER_DAEMON;
	rate->error_ppm = ticks->lost_error_ppm;
	rate->steady = !gclk_tick_driven(clocksource);
	rate->samples[0] = (GclkCounterSample){ 0 };
	rate->samples[1] =
		(GclkCounterSample){ .raw = DAEMON_SPAN - (gint64)lost, .value = DAEMON_SPAN };
	rate->n = 2;
	return TRUE;
}

/* --- a server --------------------------------------------------------------------------------- */

void gclk_reference_rate_from_round(GclkReferenceRate *rate, const GclkNtpRound *round)
{
	rate->round = round;
	rate->name = "ntp";
	rate->error_ppm = NTP_ERROR_PPM;
	rate->steady = TRUE;
}

static void add(GclkReferenceRate *rate, const GclkSample *sample)
{
	rate->samples[rate->n++] = (GclkCounterSample){
		.raw = sample->raw,
		.value = sample->real + sample->offset,
		.uncertainty = sample->delay / 2 + 1,
	};
}

static void on_received(gpointer user, const GclkDatagram *datagram)
{
	GclkReferenceRate *rate = user;
	GclkNtpReply reply;
	GclkSample sample;

	gclk_ntp_exchange_take(&rate->exchange, rate->platform, datagram, &reply, &sample);
	if (gclk_ntp_verdict_class(reply.verdict) == GCLK_NTP_CLASS_DROP)
		return;
	if (reply.verdict == GCLK_NTP_GOOD && rate->n == 1)
		add(rate, &sample);
	hang_up(rate);
}

static void on_failed(gpointer user, int error)
{
	(void)error;
	hang_up(user);
}

static void ask(GclkReferenceRate *rate, const GclkNtpWitness *witness)
{
	static const GclkSocketEvents events = { on_received, on_failed };

	rate->asked = TRUE;
	add(rate, &witness->sample);
	rate->exchange.context = witness->context;
	rate->socket =
		rate->platform->udp_open(rate->platform, &witness->address, &events, rate, NULL);
	if (rate->socket &&
		!gclk_ntp_exchange_send(&rate->exchange, rate->platform, rate->socket, 0, NULL))
		hang_up(rate);
}

void gclk_reference_rate_step(GclkReferenceRate *rate, gint64 done, gint64 duration)
{
	GclkNtpWitness witness;
	GclkClockPair pair;

	if (!rate->round || rate->asked || done < duration / 2 ||
		!gclk_ntp_round_witness(rate->round, &witness) ||
		done < duration - RESERVE - 2 * witness.sample.delay)
		return;
	rate->platform->read_pair(rate->platform, &pair);
	if (pair.raw - witness.sample.raw >= SPACING)
		ask(rate, &witness);
}

/* --- what came of it ---------------------------------------------------------------------------
 */

gboolean gclk_reference_rate_counter(const GclkReferenceRate *rate, GclkTickCounter *out)
{
	*out = (GclkTickCounter){
		.name = rate->name,
		.rate_error_ppm = rate->error_ppm,
		.steady = rate->steady,
		.samples = rate->samples,
		.n = rate->n,
	};
	return rate->n == G_N_ELEMENTS(rate->samples);
}
