/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-health.h"

#include <math.h>

#include "guestclock/sample.h"
#include "harness.h"

#define SECOND GCLK_NS_PER_S
#define MS     GCLK_NS_PER_MS

/* --- readings ----------------------------------------------------------------------------------
 */

typedef struct {
	GclkCounterSample samples[GCLK_TICK_COUNTERS_MAX][64];
	GclkTickCounter counters[GCLK_TICK_COUNTERS_MAX];
	GclkTickReadings readings;
} Bench;

static Bench bench_on(const char *clocksource)
{
	return (Bench){ .readings = {
				.clocksource = clocksource,
				.hz = 250,
				.duration = 10 * SECOND,
				.cpu = { .steal = 0, .busy = 0.1, .hangs = 0, .tick_rate = -1 },
				.wakeups = { .count = 2000,
					.limit = 12 * MS,
					.worst = 2 * MS,
					.urgent = TRUE },
			} };
}

/* A counter read n times over `seconds` of its own time, while RAW loses this share. */
static GclkTickCounter *add(
	Bench *bench, const char *name, double seconds, guint n, double loss, gint64 uncertainty)
{
	gsize i = bench->readings.n_counters++;
	GclkTickCounter *counter = &bench->counters[i];

	for (guint k = 0; k < n; k++) {
		double value = seconds * k / (n - 1);

		bench->samples[i][k] = (GclkCounterSample){
			.raw = 1000 * SECOND + (gint64)llround(value * (1 - loss) * 1e9),
			.value = 1800000000 * SECOND + (gint64)llround(value * 1e9),
			.uncertainty = uncertainty,
		};
	}
	*counter = (GclkTickCounter){
		.name = name,
		.steady = TRUE,
		.rate_error_ppm = 100,
		.samples = bench->samples[i],
		.n = n,
	};
	return counter;
}

static GclkTickCounter *add_rtc(Bench *bench, double seconds, double loss)
{
	return add(bench, "rtc", seconds, (guint)seconds + 1, loss, 4 * MS);
}

static GclkTickCounter *add_tsc(Bench *bench, double seconds, double loss)
{
	GclkTickCounter *tsc = add(bench, "tsc", seconds, 60, loss, 1000);

	tsc->origin = GCLK_COUNTER_TSC;
	tsc->rate_error_ppm = 500;
	return tsc;
}

static GclkTickHealth judge(Bench *bench)
{
	GclkTickHealth health;

	for (gsize i = 0; i < bench->readings.n_counters; i++)
		bench->counters[i].samples = bench->samples[i];
	bench->readings.counters = bench->counters;
	gclk_tick_judge(&bench->readings, &health);
	return health;
}

#define ASSERT_VERDICT(health, wanted)                                                             \
	GCLK_ASSERT_STR(gclk_tick_verdict_name((health).verdict), gclk_tick_verdict_name(wanted))

/* --- losing ------------------------------------------------------------------------------------
 */

static void test_five_percent(void)
{
	Bench bench = bench_on("jiffies");
	GclkTickHealth h;

	add_rtc(&bench, 9, 0.05);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_NEAR(h.lost_ppm, 50000, 1);
	/* 4 ms at each end and one of RAW's ticks over 9 s, and the quartz */
	GCLK_ASSERT_NEAR(h.lost_error_ppm, 12e-3 / 9 * 1e6 + 100, 1);
	GCLK_ASSERT_STR(h.reference, "rtc");
	GCLK_ASSERT_INT(h.measured, 9 * SECOND);
	GCLK_ASSERT_INT(h.hz, 250);
	CU_ASSERT_TRUE(h.tick_driven);
	CU_ASSERT_TRUE(h.confidence > 0.98 && h.confidence <= 1);
}

static void test_thirty_percent(void)
{
	Bench bench = bench_on("refined-jiffies");
	GclkTickHealth h;

	add_rtc(&bench, 5, 0.3);
	add_tsc(&bench, 5, 0.3);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_NEAR(h.lost_ppm, 300000, 10);
	GCLK_ASSERT_STR(h.reference, "tsc"); /* read to the us, so it is the better one */
	GCLK_ASSERT_INT(h.n_comparisons, 2);
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_AGREES);
	GCLK_ASSERT_INT(h.comparisons[1].use, GCLK_COMPARISON_USED);
}

/* A second of the RTC is too short to know, except of a great loss. */
static void test_short_rtc(void)
{
	Bench bench = bench_on("jiffies");
	GclkTickHealth h;

	add_rtc(&bench, 1, 0.005);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
	GCLK_ASSERT_NEAR(h.lost_ppm, 5000, 1);
	GCLK_ASSERT_NEAR(h.lost_error_ppm, 12100, 1);
	CU_ASSERT_TRUE(h.confidence < 0.6);

	bench = bench_on("jiffies");
	add_rtc(&bench, 1, 0.05);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);

	bench = bench_on("jiffies");
	add(&bench, "rtc", 1, 2, 0, 4 * MS)->n = 1; /* one edge only */
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
	CU_ASSERT_TRUE(isinf(h.lost_error_ppm));
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_TOO_SHORT);
	GCLK_ASSERT_STR(h.reference, NULL);
}

static void test_gaining(void)
{
	Bench bench = bench_on("pit");
	GclkTickHealth h;

	add_rtc(&bench, 9, -0.02);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_GAINING);
	GCLK_ASSERT_NEAR(h.lost_ppm, -20000, 1);
}

/* What the kernel can correct is no tick loss, however exactly it is known. */
static void test_ordinary_rate(void)
{
	Bench bench = bench_on("jiffies");
	GclkTickHealth h;

	add(&bench, "ptp", 10, 20, 480e-6, 100);
	bench.readings.hz = 1000;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN); /* RAW's own ticks blur it: 480 +- 200 of 500 */
	bench.readings.n_counters = 0;
	add(&bench, "ptp", 60, 20, 100e-6, 100);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_NEAR(h.lost_ppm, 100, 1);
	CU_ASSERT_TRUE(h.confidence > 0.9);
}

/* A clocksource that counts may run wrong too: a calibration, the wraps of acpi_pm. */
static void test_wrong_rate(void)
{
	Bench bench = bench_on("acpi_pm");
	GclkTickHealth h;

	add_rtc(&bench, 30, 0.004);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	CU_ASSERT_FALSE(h.tick_driven);
}

/* --- not losing --------------------------------------------------------------------------------
 */

static void test_healthy(void)
{
	Bench bench = bench_on("hpet");
	GclkTickHealth h;

	add_rtc(&bench, 9, 0);
	add_tsc(&bench, 10, 0);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_NEAR(h.lost_ppm, 0, 1);
	GCLK_ASSERT_STR(h.reference, "tsc");
	CU_ASSERT_TRUE(h.confidence >= 0.9);
}

/* tsc against tsc is no comparison. */
static void test_no_reference(void)
{
	Bench bench = bench_on("tsc");
	GclkTickHealth h;

	add_tsc(&bench, 10, 0);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(h.reference, NULL);
	CU_ASSERT_TRUE(isinf(h.lost_error_ppm));
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_NOT_INDEPENDENT);
	GCLK_ASSERT_NEAR(h.confidence, 0.9, 1e-9);
	GCLK_ASSERT_INT(h.measured, 10 * SECOND);

	bench = bench_on("jiffies"); /* here only a reference could tell */
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
	GCLK_ASSERT_NEAR(h.confidence, 0, 1e-9);

	bench = bench_on(NULL);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
}

static void test_starved(void)
{
	Bench bench = bench_on("tsc");
	GclkTickHealth h;

	bench.readings.wakeups.late = 10;
	bench.readings.wakeups.late_total = 450 * MS;
	bench.readings.wakeups.worst = 48 * MS;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_STARVED);
	GCLK_ASSERT_NEAR(h.late_share, 0.045, 1e-9);
	GCLK_ASSERT_INT(h.lateness_worst, 48 * MS);

	/* the same, but it had to wait its turn behind the machine's own work */
	bench.readings.wakeups.urgent = FALSE;
	bench.readings.cpu.busy = 0.99;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	/* ... of which some was stolen */
	bench.readings.cpu.steal = 0.05;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_STARVED);
}

/* Starved and losing: time is what matters. */
static void test_losing_before_starved(void)
{
	Bench bench = bench_on("jiffies");
	GclkTickHealth h;

	bench.readings.cpu.steal = 0.4;
	add_rtc(&bench, 9, 0.05);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_NEAR(h.steal_share, 0.4, 1e-9);
}

static void test_steal(void)
{
	Bench bench = bench_on("kvm-clock");
	GclkTickHealth h;

	bench.readings.cpu.steal = 0.6;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_STARVED);
	bench.readings.cpu.steal = 0.05; /* noise */
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	bench.readings.cpu.hangs = 1; /* a timer interrupt took too long meanwhile */
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_STARVED);
	bench.readings.cpu.steal = -1; /* not known */
	bench.readings.cpu.hangs = -1;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
}

/* --- who is believed ---------------------------------------------------------------------------
 */

static void test_unsteady_tsc(void)
{
	Bench bench = bench_on("hpet");
	GclkTickHealth h;

	/* it slows down when it likes: nothing against a clocksource that counts */
	add_tsc(&bench, 10, -0.4)->steady = FALSE;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(h.reference, NULL);
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_NOT_STEADY);

	/* but of ticks it tells something, if not much */
	bench = bench_on("jiffies");
	add_tsc(&bench, 10, 0.3)->steady = FALSE;
	bench.counters[0].rate_error_ppm = 20000;
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_STR(h.reference, "tsc");
	CU_ASSERT_TRUE(h.confidence <= 0.5);

	/* and is nothing beside an RTC */
	add_rtc(&bench, 9, 0);
	h = judge(&bench);
	GCLK_ASSERT_STR(h.reference, "rtc");
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_NOT_STEADY);
	CU_ASSERT_FALSE(h.contradiction);
	CU_ASSERT_TRUE(fabs(h.lost_ppm) < 1);
}

static void test_contradiction(void)
{
	Bench bench = bench_on("hpet");
	GclkTickHealth h;

	add_rtc(&bench, 9, 0.05);
	add_tsc(&bench, 10, 0);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
	CU_ASSERT_TRUE(h.contradiction);
	GCLK_ASSERT_STR(h.reference, NULL);
	GCLK_ASSERT_NEAR(h.lost_ppm, 0, 1e-9);
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_DISSENTS);
	GCLK_ASSERT_INT(h.comparisons[1].use, GCLK_COMPARISON_DISSENTS);

	/* a third one decides */
	add(&bench, "ptp", 10, 20, 0.05, 100);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	CU_ASSERT_FALSE(h.contradiction);
	GCLK_ASSERT_STR(h.reference, "ptp");
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_AGREES);
	GCLK_ASSERT_INT(h.comparisons[1].use, GCLK_COMPARISON_DISSENTS);
}

static void test_senseless(void)
{
	Bench bench = bench_on("hpet");
	GclkTickHealth h;

	add_rtc(&bench, 9, 0);
	bench.samples[0][5].value -= 3600 * SECOND; /* somebody set it */
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_SENSELESS);

	/* a simulated clock beside a real counter */
	bench = bench_on("hpet");
	add_tsc(&bench, 0.01, -1000);
	h = judge(&bench);
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_SENSELESS);
	GCLK_ASSERT_STR(h.reference, NULL);

	/* a process that was stopped most of the time is no nonsense */
	bench = bench_on("jiffies");
	add_rtc(&bench, 9, 0.8);
	h = judge(&bench);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
}

/* RAW that stands still, samples at one moment, more counters than are looked at. */
static void test_odd(void)
{
	Bench bench = bench_on("jiffies");
	GclkTickCounter many[GCLK_TICK_COUNTERS_MAX + 2];
	GclkTickHealth h;

	add(&bench, "rtc", 0, 5, 0, 0);
	h = judge(&bench);
	GCLK_ASSERT_INT(h.comparisons[0].use, GCLK_COMPARISON_TOO_SHORT);

	bench = bench_on("jiffies");
	bench.readings.duration = 0;
	bench.readings.wakeups.late_total = G_MAXINT64;
	h = judge(&bench);
	GCLK_ASSERT_NEAR(h.late_share, 0, 1e-9);

	for (gsize i = 0; i < G_N_ELEMENTS(many); i++)
		many[i] = (GclkTickCounter){ .name = "rtc" };
	bench.readings.counters = many;
	bench.readings.n_counters = G_N_ELEMENTS(many);
	gclk_tick_judge(&bench.readings, &h);
	GCLK_ASSERT_INT(h.n_comparisons, GCLK_TICK_COUNTERS_MAX);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
}

/* Of many samples those are taken that leave the least doubt. */
static void test_best_pair(void)
{
	Bench bench = bench_on("hpet");
	GclkTickHealth h;

	add_rtc(&bench, 9, 0);
	bench.samples[0][0].uncertainty = 2 * SECOND;
	bench.samples[0][0].raw -= SECOND;
	bench.samples[0][9].uncertainty = 2 * SECOND;
	h = judge(&bench);
	GCLK_ASSERT_INT(h.comparisons[0].span, 7 * SECOND);
	GCLK_ASSERT_NEAR(h.lost_ppm, 0, 1);
}

static void test_names(void)
{
	GCLK_ASSERT_STR(gclk_tick_verdict_name(GCLK_TICKS_LOSING), "losing-time");
	GCLK_ASSERT_STR(gclk_tick_verdict_name(GCLK_TICKS_GAINING), "gaining-time");
	GCLK_ASSERT_STR(gclk_tick_verdict_name(GCLK_TICKS_STARVED), "starved");
	GCLK_ASSERT_STR(gclk_tick_verdict_name(GCLK_TICKS_HEALTHY), "healthy");
	GCLK_ASSERT_STR(gclk_tick_verdict_name((GclkTickVerdict)99), "unknown");
	CU_ASSERT_TRUE(gclk_tick_driven("jiffies") && gclk_tick_driven("i8254"));
	CU_ASSERT_FALSE(gclk_tick_driven("tsc") || gclk_tick_driven(NULL));
	CU_ASSERT_TRUE(gclk_tick_reads_tsc("kvm-clock"));
	CU_ASSERT_FALSE(gclk_tick_reads_tsc("hpet") || gclk_tick_reads_tsc(NULL));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "5 percent are lost", test_five_percent },
		{ "30 percent are lost", test_thirty_percent },
		{ "an RTC for a second only", test_short_rtc },
		{ "gaining", test_gaining },
		{ "an ordinary rate", test_ordinary_rate },
		{ "a wrong rate", test_wrong_rate },
		{ "healthy", test_healthy },
		{ "no reference", test_no_reference },
		{ "starved", test_starved },
		{ "losing before starved", test_losing_before_starved },
		{ "stolen time", test_steal },
		{ "a TSC that is not invariant", test_unsteady_tsc },
		{ "counters contradict", test_contradiction },
		{ "counters that make no sense", test_senseless },
		{ "odd readings", test_odd },
		{ "the best pair of samples", test_best_pair },
		{ "names", test_names },
		{ NULL, NULL },
	};

	return gclk_test_main("tick-health", cases);
}
