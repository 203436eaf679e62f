/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's words, made on whatever system the tests run (elsewhere with the stub headers). */
#include "platform/freebsd-clock.h"

#include "harness.h"

#define OURS (STA_PLL | STA_FREQHOLD)

static void test_rate(void)
{
	GCLK_ASSERT_INT(gclk_freebsd_rate_to_word(1000, 0), 65536);
	GCLK_ASSERT_INT(gclk_freebsd_rate_to_word(-1000, 0), -65536);
	GCLK_ASSERT_INT(gclk_freebsd_rate_to_word(-1000, 3000), 2 * 65536);
	GCLK_ASSERT_INT(gclk_freebsd_rate_to_word(500001, 0), 500 * 65536);
	GCLK_ASSERT_INT(gclk_freebsd_rate_to_word(0, -1e7), -500 * 65536);
}

/* 1/2^(4 + constant) here is 1/2^(2 + tc) there */
static void test_constant(void)
{
	static const long constants[] = { 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8 };

	for (guint i = 0; i < G_N_ELEMENTS(constants); i++)
		GCLK_ASSERT_INT(gclk_freebsd_constant(i), constants[i]);
}

static void test_set_frequency(void)
{
	GclkDiscipline values = { .frequency_ppb = -2000, .phase = 5, .unsynchronised = TRUE };
	struct timex tx;

	gclk_freebsd_make_discipline(GCLK_SET_FREQUENCY, &values, 3, STA_UNSYNC, &tx);
	GCLK_ASSERT_INT(tx.modes, MOD_FREQUENCY);
	GCLK_ASSERT_INT(tx.freq, -2 * 65536);
	GCLK_ASSERT_INT(tx.status, 0);
}

static void test_set_phase(void)
{
	GclkDiscipline values = { .phase = -1234567 };
	struct timex tx;

	gclk_freebsd_make_discipline(
		GCLK_SET_PHASE, &values, 4, STA_UNSYNC | STA_INS | STA_NANO, &tx);
	GCLK_ASSERT_INT(tx.modes, MOD_OFFSET | MOD_STATUS | MOD_NANO | MOD_TIMECONST);
	GCLK_ASSERT_INT(tx.offset, -1234567);
	GCLK_ASSERT_INT(tx.constant, 2);
	GCLK_ASSERT_INT(tx.status, OURS | STA_UNSYNC | STA_INS);
	values.phase = 3 * GCLK_NS_PER_S;
	gclk_freebsd_make_discipline(GCLK_SET_PHASE, &values, 4, 0, &tx);
	GCLK_ASSERT_INT(tx.offset, 500000000);
}

static void test_set_status(void)
{
	GclkDiscipline values = {
		.unsynchronised = TRUE, .max_error = 1234500, .leap = GCLK_LEAP_DELETE
	};
	struct timex tx;

	gclk_freebsd_make_discipline(
		GCLK_SET_STATUS, &values, 0, OURS | STA_INS | STA_PPSFREQ, &tx);
	GCLK_ASSERT_INT(tx.modes, MOD_STATUS | MOD_MAXERROR | MOD_ESTERROR);
	GCLK_ASSERT_INT(tx.status, OURS | STA_PPSFREQ | STA_DEL | STA_UNSYNC);
	GCLK_ASSERT_INT(tx.maxerror, 1235);
	values = (GclkDiscipline){ .leap = GCLK_LEAP_INSERT, .max_error = GCLK_BOUND_UNKNOWN };
	gclk_freebsd_make_discipline(GCLK_SET_STATUS, &values, 0, STA_UNSYNC | STA_DEL, &tx);
	GCLK_ASSERT_INT(tx.status, STA_INS);
	GCLK_ASSERT_INT(tx.maxerror, 16000000);
}

static void test_tai_and_phase_end(void)
{
	GclkDiscipline values = { .tai_offset = 37 };
	struct timex tx;

	gclk_freebsd_make_discipline(GCLK_SET_TAI, &values, 0, 0, &tx);
	GCLK_ASSERT_INT(tx.modes, 0);
	gclk_freebsd_make_tai(37, &tx);
	GCLK_ASSERT_INT(tx.modes, MOD_TAI);
	GCLK_ASSERT_INT(tx.constant, 37);
	gclk_freebsd_make_phase_end(STA_UNSYNC | STA_RONLY, &tx);
	GCLK_ASSERT_INT(tx.modes, MOD_STATUS | MOD_OFFSET | MOD_NANO);
	GCLK_ASSERT_INT(tx.offset, 0);
	GCLK_ASSERT_INT(tx.status, OURS | STA_UNSYNC);
}

static void test_read(void)
{
	struct timex tx = { .freq = -65536,
		.offset = -1500,
		.maxerror = 250,
		.status = STA_PLL | STA_UNSYNC | STA_DEL };
	GclkDiscipline got;

	gclk_freebsd_read_discipline(&tx, 37, &got);
	GCLK_ASSERT_NEAR(got.frequency_ppb, -1000, 0);
	GCLK_ASSERT_NEAR(got.tick_ppb, 0, 0);
	GCLK_ASSERT_INT(got.phase, -1500000); /* us */
	GCLK_ASSERT_INT(got.max_error, 250000);
	GCLK_ASSERT_INT(got.unsynchronised, TRUE);
	GCLK_ASSERT_INT(got.leap, GCLK_LEAP_DELETE);
	GCLK_ASSERT_INT(got.tai_offset, 37);
	tx.status = STA_NANO;
	gclk_freebsd_read_discipline(&tx, 0, &got);
	GCLK_ASSERT_INT(got.phase, -1500);
	GCLK_ASSERT_INT(got.leap, GCLK_LEAP_NONE);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "rate", test_rate },
		{ "constant", test_constant },
		{ "set frequency", test_set_frequency },
		{ "set phase", test_set_phase },
		{ "set status", test_set_status },
		{ "TAI and the end of a phase", test_tai_and_phase_end },
		{ "read", test_read },
		{ NULL, NULL },
	};

	return gclk_test_main("freebsd-clock", cases);
}
