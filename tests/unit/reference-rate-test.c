/* SPDX-License-Identifier: BSD-2-Clause */
/* The rate of the clock by an NTP server that is asked twice, and by what guestclockd says. */
#include "doctor/reference-rate.h"

#include <errno.h>
#include <math.h>

#include "fake-platform.h"
#include "guestclock/ntp-packet.h"
#include "harness.h"

#define S  GCLK_NS_PER_S
#define MS GCLK_NS_PER_MS

/* --- a server ---------------------------------------------------------------------------------
 */

typedef struct {
	GclkFake *fake;
	GclkConfig *config;
	GclkNtpRound *round;
	GclkReferenceRate *rate;
	gboolean done;
} Rig;

static void on_done(gpointer user)
{
	*(gboolean *)user = TRUE;
}

static void rig_begin(Rig *rig)
{
	*rig = (Rig){ .fake = gclk_fake_new(), .config = gclk_config_new() };
	for (guint i = 1; i <= 3; i++) {
		g_autofree char *name = g_strdup_printf("192.0.2.%u", i);

		g_ptr_array_add(rig->config->servers, gclk_server_config_new(name, name));
	}
	rig->round =
		gclk_ntp_round_start(&rig->fake->platform, rig->config, NULL, on_done, &rig->done);
	gclk_fake_pass(rig->fake, 0);
	rig->rate = gclk_reference_rate_new(&rig->fake->platform);
	gclk_reference_rate_from_round(rig->rate, rig->round);
}

static void rig_end(Rig *rig)
{
	gclk_reference_rate_free(rig->rate);
	gclk_ntp_round_free(rig->round);
	GCLK_ASSERT_INT(rig->fake->timers->len, 0);
	GCLK_ASSERT_INT(rig->fake->open, 0);
	gclk_config_free(rig->config);
	gclk_fake_free(rig->fake);
}

/* Answers the request counted from the last, received halfway between then and now. */
static void reply(Rig *rig, guint from_last, const char *refid, gint64 ahead)
{
	const GclkFakePacket *request = gclk_fake_packet(rig->fake, from_last);
	gint64 half = (rig->fake->now + GCLK_FAKE_RAW - request->at.raw) / 2;
	GclkNtpHeader asked, header = {
		.version = 4,
		.mode = GCLK_NTP_MODE_SERVER,
		.stratum = refid ? 1 : 2,
		.precision = -24,
		.refid = 0xc6336401,
	};
	guint8 packet[GCLK_NTP_HEADER_SIZE];

	for (gsize i = 0; refid && i < 4; i++)
		header.refid = header.refid << 8 | (guint8)refid[i];
	gclk_ntp_header_decode(request->data, &asked);
	header.origin = asked.transmit;
	header.receive = header.transmit = gclk_ntp_time_from_ns(request->at.real + half + ahead);
	header.reference = gclk_ntp_time_from_ns(request->at.real - 30 * S + ahead);
	gclk_ntp_header_encode(&header, packet);
	CU_ASSERT_TRUE(gclk_fake_deliver(rig->fake, request, packet, sizeof(packet), FALSE));
}

/* Three answers: by 192.0.2.2 after 4 ms, by 192.0.2.3 after 10, by its own clock at once. */
static void answer_round(Rig *rig)
{
	gclk_fake_pass(rig->fake, 2 * MS);
	reply(rig, 2, "LOCL", 0);
	gclk_fake_pass(rig->fake, 2 * MS);
	reply(rig, 1, NULL, S);
	gclk_fake_pass(rig->fake, 6 * MS);
	reply(rig, 0, NULL, 0);
}

/* Steps of 5 ms for so long, from done. */
static void measure(Rig *rig, gint64 from, gint64 until, gint64 duration)
{
	for (gint64 done = from; done < until; done += 5 * MS) {
		gclk_reference_rate_step(rig->rate, done, duration);
		gclk_fake_pass(rig->fake, 5 * MS);
	}
}

static void test_server(void)
{
	GclkTickCounter counter;
	GclkAddress second;
	Rig rig;

	rig_begin(&rig);
	answer_round(&rig);
	measure(&rig, 0, 4740 * MS, 5 * S);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 3);
	CU_ASSERT_FALSE(gclk_reference_rate_counter(rig.rate, &counter));
	measure(&rig, 4740 * MS, 4750 * MS, 5 * S);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 4);
	CU_ASSERT_TRUE(gclk_address_parse("192.0.2.2", 123, &second));
	CU_ASSERT_TRUE(gclk_address_equal(&gclk_fake_packet(rig.fake, 0)->peer, &second, TRUE));
	/* it has gone 250 ms ahead of this clock since, and REAL was set meanwhile */
	reply(&rig, 0, NULL, S + 250 * MS);
	gclk_fake_step(rig.fake, 3600 * S);
	measure(&rig, 4750 * MS, 5 * S, 5 * S);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 4);
	CU_ASSERT_TRUE_FATAL(gclk_reference_rate_counter(rig.rate, &counter));
	GCLK_ASSERT_STR(counter.name, "ntp");
	CU_ASSERT_TRUE(counter.steady);
	GCLK_ASSERT_INT(counter.origin, GCLK_COUNTER_OF_ITS_OWN);
	GCLK_ASSERT_NEAR(counter.rate_error_ppm, 100, 1e-9);
	GCLK_ASSERT_INT(counter.n, 2);
	GCLK_ASSERT_NEAR((double)(counter.samples[1].value - counter.samples[0].value -
				  (counter.samples[1].raw - counter.samples[0].raw)),
		250e6, 1e3);
	GCLK_ASSERT_NEAR((double)counter.samples[0].uncertainty, 2e6, 1e4);
	GCLK_ASSERT_NEAR((double)counter.samples[1].uncertainty, 2.5e6, 1e4);
	rig_end(&rig);
}

/* A step of REAL between the two exchanges is no rate. */
static void test_step(void)
{
	GclkTickCounter counter;
	Rig rig;

	rig_begin(&rig);
	answer_round(&rig);
	measure(&rig, 0, 2 * S, 5 * S);
	gclk_fake_step(rig.fake, 3600 * S);
	measure(&rig, 2 * S, 4750 * MS, 5 * S);
	reply(&rig, 0, NULL, S - 3600 * S);
	CU_ASSERT_TRUE_FATAL(gclk_reference_rate_counter(rig.rate, &counter));
	GCLK_ASSERT_NEAR((double)(counter.samples[1].value - counter.samples[0].value -
				  (counter.samples[1].raw - counter.samples[0].raw)),
		0, 1e3);
	rig_end(&rig);
}

/* Nobody answers, or not again; somebody refuses; nothing can be sent; too soon to ask again. */
static void test_silence(void)
{
	enum { NEVER, ONCE, REFUSED, NO_SOCKET, UNSENT, SOON, WAYS };

	for (guint way = 0; way < WAYS; way++) {
		const gint64 duration = way == SOON ? S : 5 * S;
		GclkTickCounter counter;
		guint sent;
		Rig rig;

		rig_begin(&rig);
		if (way != NEVER)
			answer_round(&rig);
		sent = gclk_fake_sent(rig.fake);
		rig.fake->open_error = way == NO_SOCKET ? EMFILE : 0;
		rig.fake->send_error = way == UNSENT ? ENETUNREACH : 0;
		measure(&rig, 0, duration, duration);
		if (way == REFUSED)
			CU_ASSERT_TRUE(gclk_fake_fail(
				rig.fake, gclk_fake_packet(rig.fake, 0), ECONNREFUSED));
		if (way != NEVER) /* whose round asks again */
			GCLK_ASSERT_INT(
				gclk_fake_sent(rig.fake) - sent, way == ONCE || way == REFUSED);
		CU_ASSERT_FALSE(gclk_reference_rate_counter(rig.rate, &counter));
		rig_end(&rig);
	}
}

/* The round is still going on when the measurement begins. */
static void test_late_round(void)
{
	GclkTickCounter counter;
	Rig rig;

	rig_begin(&rig);
	measure(&rig, 0, 500 * MS, 5 * S);
	reply(&rig, 1, NULL, 0);
	measure(&rig, 500 * MS, 4 * S, 5 * S);
	CU_ASSERT_FALSE(gclk_reference_rate_counter(rig.rate, &counter));
	measure(&rig, 4 * S, 4260 * MS, 5 * S); /* it was half a second away */
	GCLK_ASSERT_INT(rig.fake->open, 1);
	reply(&rig, 0, NULL, 0);
	GCLK_ASSERT_INT(rig.fake->open, 0);
	CU_ASSERT_TRUE(gclk_reference_rate_counter(rig.rate, &counter));
	GCLK_ASSERT_NEAR((double)counter.samples[0].uncertainty, 250e6, 1e6);
	rig_end(&rig);
}

/* --- the daemon ------------------------------------------------------------------------------- */

static gboolean take(GclkStatus *status, const char *clocksource, GclkTickCounter *out)
{
	GclkFake *fake = gclk_fake_new();
	g_autoptr(GclkReferenceRate) rate = gclk_reference_rate_new(&fake->platform);
	gboolean taken = gclk_reference_rate_from_status(rate, status, clocksource);
	const GclkCounterSample *samples;

	gclk_reference_rate_step(rate, 5 * S, 5 * S);
	GCLK_ASSERT_INT(gclk_reference_rate_counter(rate, out), taken);
	samples = out->samples;
	if (taken) /* what came short of the reference */
		GCLK_ASSERT_NEAR((double)(samples[1].value - samples[1].raw) /
					 (double)samples[1].value * 1e6,
			status->ticks.lost_ppm, 0.01);
	gclk_fake_free(fake);
	return taken;
}

static void test_daemon(void)
{
	g_autoptr(GclkStatus) status = gclk_status_new();
	GclkTickCounter counter;

	status->clocksource = g_strdup("jiffies");
	status->ticks.reference = g_strdup("ntp");
	status->ticks.lost_ppm = 48211.5;
	status->ticks.lost_error_ppm = 902.25;
	CU_ASSERT_TRUE(take(status, "jiffies", &counter));
	GCLK_ASSERT_STR(counter.name, "guestclockd");
	GCLK_ASSERT_NEAR(counter.rate_error_ppm, 902.25, 1e-9);
	CU_ASSERT_FALSE(counter.steady); /* what was lost, not what is */
	/* it does not know yet that the clocksource was switched */
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	CU_ASSERT_FALSE(take(status, NULL, &counter));

	g_free(status->clocksource);
	status->clocksource = g_strdup("tsc");
	status->ticks.lost_ppm = -12;
	CU_ASSERT_TRUE(take(status, "tsc", &counter));
	CU_ASSERT_TRUE(counter.steady);
	status->ticks.lost_ppm = 48211.5; /* as of the jiffies that it was half a minute ago */
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	status->ticks.lost_ppm = -501;
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	status->ticks.lost_ppm = -12;
	status->ticks.lost_error_ppm = INFINITY;
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	status->ticks.lost_error_ppm = 5;
	status->ticks.lost_ppm = NAN;
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	status->ticks.lost_ppm = 1e300;
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	status->ticks.lost_ppm = 1;
	g_free(status->ticks.reference);
	status->ticks.reference = g_strdup("rtc");
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
	g_clear_pointer(&status->ticks.reference, g_free);
	CU_ASSERT_FALSE(take(status, "tsc", &counter));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a server that is asked twice", test_server },
		{ "a step in between", test_step },
		{ "silence", test_silence },
		{ "a round that goes on", test_late_round },
		{ "what the daemon knows", test_daemon },
		{ NULL, NULL },
	};

	return gclk_test_main("reference-rate", cases);
}
