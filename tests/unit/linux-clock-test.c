/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/linux-clock.h"

#include "harness.h"

#define OURS (STA_PLL | STA_FREQHOLD)

/* --- rates ------------------------------------------------------------------------------------ */

static void rate_is(double frequency, double tick_rate, glong freq, glong tick)
{
	glong got_freq, got_tick;

	gclk_linux_rate_to_words(frequency, tick_rate, 100, &got_freq, &got_tick);
	GCLK_ASSERT_INT(got_freq, freq);
	GCLK_ASSERT_INT(got_tick, tick);
}

static void test_frequency_word(void)
{
	/* adjtimex(2): ppm with a 16-bit fraction, positive makes the clock faster */
	rate_is(0, 0, 0, 10000);
	rate_is(1000, 0, 65536, 10000);
	rate_is(-1000, 0, -65536, 10000);
	rate_is(500000, 0, 32768000, 10000);
	rate_is(-500000, 0, -32768000, 10000);
	rate_is(0.01, 0, 1, 10000); /* the word's resolution is 0.015 ppb */
	rate_is(-0.01, 0, -1, 10000);
	rate_is(0.001, 0, 0, 10000);
}

static void test_tick_word(void)
{
	/* 1 us in 10 ms are 100 ppm */
	rate_is(0, 100000, 0, 10001);
	rate_is(0, -100000, 0, 9999);
	rate_is(0, 1e8, 0, 11000);
	rate_is(0, -1e8, 0, 9000);
	/* what the unit cannot say goes into the frequency word, with its sign */
	rate_is(0, 130000, 30 * 65536, 10001);
	rate_is(0, 170000, -30 * 65536, 10002);
	rate_is(0, -130000, -30 * 65536, 9999);
	rate_is(1000, 100000, 65536, 10001);
}

static void test_rate_that_does_not_fit(void)
{
	rate_is(500001, 0, 26214466, 10001);
	rate_is(-500001, 0, -26214466, 9999);
	rate_is(1e6, 0, 500 * 65536, 10005);
	rate_is(-1e6, 0, -500 * 65536, 9995);
	/* with a tick there already, the excess adds to it */
	rate_is(600000, 200000, 500 * 65536, 10003);
	/* beyond both */
	rate_is(2e8, 0, 500 * 65536, 11000);
	rate_is(-2e8, 0, -500 * 65536, 9000);
	rate_is(1e6, 1e8, 500 * 65536, 11000);
	rate_is(0, 5e8, 500 * 65536, 11000);
}

static void test_rate_there_and_back(void)
{
	static const double rates[] = { 0, 1, -1, 123456.789, -499999.9, 500000, 750000, -50123456,
		99000000, -99000000 };
	static const glong hertz[] = { 100, 128, 250, 1000, 1024 };

	for (gsize h = 0; h < G_N_ELEMENTS(hertz); h++)
		for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
			glong freq, tick;
			double back;

			gclk_linux_rate_to_words(rates[i], 0, hertz[h], &freq, &tick);
			back = gclk_linux_freq_to_ppb(freq) +
			       gclk_linux_tick_to_ppb(tick, hertz[h]);
			GCLK_ASSERT_NEAR(back, rates[i], 0.01);
		}
}

static void test_tick_units(void)
{
	GCLK_ASSERT_INT(gclk_linux_tick_nominal(100), 10000);
	GCLK_ASSERT_INT(gclk_linux_tick_nominal(1000), 1000);
	GCLK_ASSERT_INT(gclk_linux_tick_nominal(1024), 977); /* USER_HZ of Alpha */
	GCLK_ASSERT_NEAR(gclk_linux_tick_unit_ppb(100), 100000, 0);
	GCLK_ASSERT_NEAR(gclk_linux_tick_to_ppb(9990, 100), -1e6, 0);
	GCLK_ASSERT_NEAR(gclk_linux_freq_to_ppb(-65536), -1000, 0);
}

/* --- the call --------------------------------------------------------------------------------- */

static void test_set_frequency(void)
{
	GclkDiscipline values = { .frequency_ppb = -2000,
		.tick_ppb = 100000,
		.phase = 77,
		.unsynchronised = TRUE,
		.leap = GCLK_LEAP_INSERT,
		.tai_offset = 37 };
	struct timex tx;

	gclk_linux_make_discipline(GCLK_SET_FREQUENCY, &values, 3, STA_UNSYNC, 100, &tx);
	GCLK_ASSERT_INT(tx.modes, ADJ_FREQUENCY | ADJ_TICK);
	GCLK_ASSERT_INT(tx.freq, -2 * 65536);
	GCLK_ASSERT_INT(tx.tick, 10001);
	GCLK_ASSERT_INT(tx.status, 0);
	GCLK_ASSERT_INT(tx.offset, 0);
}

static void test_set_phase(void)
{
	GclkDiscipline values = { .phase = 1234567 };
	struct timex tx;

	/* positive: REAL is behind, and the kernel is to add it */
	gclk_linux_make_discipline(GCLK_SET_PHASE, &values, 2, STA_UNSYNC | STA_INS, 100, &tx);
	GCLK_ASSERT_INT(tx.modes, ADJ_OFFSET | ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST);
	GCLK_ASSERT_INT(tx.offset, 1234567);
	GCLK_ASSERT_INT(tx.constant, 2);
	/* other people's bits stay */
	GCLK_ASSERT_INT(tx.status, OURS | STA_UNSYNC | STA_INS);

	values.phase = -1234567;
	gclk_linux_make_discipline(GCLK_SET_PHASE, &values, 0, 0, 100, &tx);
	GCLK_ASSERT_INT(tx.offset, -1234567);
	GCLK_ASSERT_INT(tx.constant, 0);
	GCLK_ASSERT_INT(tx.status, OURS);
}

static void test_phase_limits(void)
{
	GclkDiscipline values = { .phase = 3 * GCLK_NS_PER_S };
	struct timex tx;

	gclk_linux_make_discipline(GCLK_SET_PHASE, &values, 99, 0, 100, &tx);
	GCLK_ASSERT_INT(tx.offset, 500000000);
	GCLK_ASSERT_INT(tx.constant, 10);
	values.phase = -3 * GCLK_NS_PER_S;
	gclk_linux_make_discipline(GCLK_SET_PHASE, &values, 10, 0, 100, &tx);
	GCLK_ASSERT_INT(tx.offset, -500000000);
}

static void test_set_status(void)
{
	GclkDiscipline values = {
		.unsynchronised = TRUE, .max_error = 1234500, .leap = GCLK_LEAP_DELETE
	};
	struct timex tx;

	gclk_linux_make_discipline(
		GCLK_SET_STATUS, &values, 0, OURS | STA_INS | STA_PPSFREQ, 100, &tx);
	GCLK_ASSERT_INT(tx.modes, ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR);
	GCLK_ASSERT_INT(tx.status, OURS | STA_PPSFREQ | STA_DEL | STA_UNSYNC);
	GCLK_ASSERT_INT(tx.maxerror, 1235); /* us, rounded up */
	GCLK_ASSERT_INT(tx.esterror, 1235);

	values = (GclkDiscipline){ .leap = GCLK_LEAP_INSERT };
	gclk_linux_make_discipline(
		GCLK_SET_STATUS, &values, 0, STA_UNSYNC | STA_DEL | STA_PLL, 100, &tx);
	GCLK_ASSERT_INT(tx.status, STA_INS | STA_PLL);
	GCLK_ASSERT_INT(tx.maxerror, 0);

	values = (GclkDiscipline){ 0 };
	gclk_linux_make_discipline(GCLK_SET_STATUS, &values, 0, STA_INS | STA_DEL, 100, &tx);
	GCLK_ASSERT_INT(tx.status, 0);
}

static void test_max_error(void)
{
	static const struct {
		gint64 ns;
		glong us;
	} cases[] = { { 0, 0 }, { 1, 1 }, { 1000, 1 }, { 1001, 2 }, { -5, 0 },
		{ 15999999999, 16000000 }, { 16000000000, 16000000 },
		{ GCLK_BOUND_UNKNOWN, 16000000 }, { GCLK_BOUND_UNKNOWN - 1, 16000000 } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkDiscipline values = { .max_error = cases[i].ns };
		struct timex tx;

		gclk_linux_make_discipline(GCLK_SET_STATUS, &values, 0, 0, 100, &tx);
		GCLK_ASSERT_INT(tx.maxerror, cases[i].us);
	}
}

/* Bits that only the kernel may set are not handed back to it. */
static void test_read_only_bits(void)
{
	GclkDiscipline values = { 0 };
	struct timex tx;

	gclk_linux_make_discipline(
		GCLK_SET_STATUS | GCLK_SET_PHASE, &values, 0, STA_RONLY | STA_PPSTIME, 100, &tx);
	GCLK_ASSERT_INT(tx.status, OURS | STA_PPSTIME);
	gclk_linux_make_step(1, STA_RONLY | STA_PPSTIME, &tx);
	GCLK_ASSERT_INT(tx.status, OURS | STA_PPSTIME);
}

static void test_set_everything(void)
{
	GclkDiscipline values = {
		.frequency_ppb = 1000, .phase = 5, .max_error = 1000, .leap = GCLK_LEAP_INSERT
	};
	struct timex tx;

	gclk_linux_make_discipline(GCLK_SET_FREQUENCY | GCLK_SET_PHASE | GCLK_SET_STATUS, &values,
		1, STA_UNSYNC, 100, &tx);
	GCLK_ASSERT_INT(tx.modes, ADJ_FREQUENCY | ADJ_TICK | ADJ_OFFSET | ADJ_STATUS | ADJ_NANO |
					  ADJ_TIMECONST | ADJ_MAXERROR | ADJ_ESTERROR);
	GCLK_ASSERT_INT(tx.status, OURS | STA_INS);
}

/* The kernel takes both from one member: never in one call. */
static void test_tai_apart(void)
{
	GclkDiscipline values = { .tai_offset = 37, .phase = 1 };
	struct timex tx;

	gclk_linux_make_discipline(GCLK_SET_TAI, &values, 4, 0, 100, &tx);
	GCLK_ASSERT_INT(tx.modes, 0);
	gclk_linux_make_discipline(GCLK_SET_TAI | GCLK_SET_PHASE, &values, 4, 0, 100, &tx);
	GCLK_ASSERT_INT(tx.modes & ADJ_TAI, 0);
	GCLK_ASSERT_INT(tx.constant, 4);
	gclk_linux_make_tai(37, &tx);
	GCLK_ASSERT_INT(tx.modes, ADJ_TAI);
	GCLK_ASSERT_INT(tx.constant, 37);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void test_step(void)
{
	static const struct {
		gint64 delta, seconds, rest;
	} cases[] = {
		{ 0, 0, 0 },
		{ 1, 0, 1 },
		{ -1, -1, 999999999 },
		{ 1500000000, 1, 500000000 },
		{ -1500000000, -2, 500000000 },
		{ -1000000000, -1, 0 },
		{ 3600 * GCLK_NS_PER_S, 3600, 0 },
		{ -40 * GCLK_NS_PER_S, -40, 0 },
		{ -40 * GCLK_NS_PER_S - 1, -41, 999999999 },
		{ 999999999, 0, 999999999 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct timex tx;

		gclk_linux_make_step(cases[i].delta, 0, &tx);
		GCLK_ASSERT_INT(tx.time.tv_sec, cases[i].seconds);
		GCLK_ASSERT_INT(tx.time.tv_usec, cases[i].rest);
		GCLK_ASSERT_INT(tx.time.tv_sec * GCLK_NS_PER_S + tx.time.tv_usec, cases[i].delta);
	}
}

/* A step ends the slew under way in the same call, and touches neither frequency nor leap second.
 */
static void test_step_drops_phase(void)
{
	struct timex tx;

	gclk_linux_make_step(5, STA_UNSYNC | STA_DEL, &tx);
	GCLK_ASSERT_INT(tx.modes, ADJ_SETOFFSET | ADJ_NANO | ADJ_STATUS | ADJ_OFFSET);
	GCLK_ASSERT_INT(tx.offset, 0);
	GCLK_ASSERT_INT(tx.status, OURS | STA_UNSYNC | STA_DEL);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void test_read(void)
{
	struct timex tx = { .freq = -65536,
		.tick = 10002,
		.offset = -1500,
		.maxerror = 250,
		.status = STA_PLL | STA_NANO | STA_UNSYNC | STA_INS,
		.tai = 37 };
	GclkDiscipline got;

	gclk_linux_read_discipline(&tx, 100, &got);
	GCLK_ASSERT_NEAR(got.frequency_ppb, -1000, 0);
	GCLK_ASSERT_NEAR(got.tick_ppb, 200000, 0);
	GCLK_ASSERT_INT(got.phase, -1500);
	GCLK_ASSERT_INT(got.max_error, 250000);
	GCLK_ASSERT_INT(got.unsynchronised, TRUE);
	GCLK_ASSERT_INT(got.leap, GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(got.tai_offset, 37);

	tx.status = STA_DEL; /* microseconds */
	gclk_linux_read_discipline(&tx, 100, &got);
	GCLK_ASSERT_INT(got.phase, -1500000);
	GCLK_ASSERT_INT(got.unsynchronised, FALSE);
	GCLK_ASSERT_INT(got.leap, GCLK_LEAP_DELETE);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "frequency word", test_frequency_word },
		{ "tick word", test_tick_word },
		{ "rate that does not fit", test_rate_that_does_not_fit },
		{ "rate there and back", test_rate_there_and_back },
		{ "tick units", test_tick_units },
		{ "set frequency", test_set_frequency },
		{ "set phase", test_set_phase },
		{ "phase limits", test_phase_limits },
		{ "set status", test_set_status },
		{ "max error", test_max_error },
		{ "read-only bits", test_read_only_bits },
		{ "set everything", test_set_everything },
		{ "TAI apart", test_tai_apart },
		{ "step", test_step },
		{ "step drops phase", test_step_drops_phase },
		{ "read", test_read },
		{ NULL, NULL },
	};

	return gclk_test_main("linux-clock", cases);
}
