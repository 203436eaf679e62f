/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/estimator.h"

#include <math.h>

#include "discipline/filter.h"
#include "harness.h"

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US
#define S  GCLK_NS_PER_S

/* A reference that is ahead of RAW by `ahead` at RAW 0 and runs faster by ppb. */
typedef struct {
	gint64 ahead;
	double ppb;
	gint64 delay, bound;
	gint64 real_minus_raw; /* where REAL happens to be */
	guint flags;
} Line;

static gint64 line_at(const Line *line, gint64 raw)
{
	return line->ahead + (gint64)llround((double)raw * line->ppb * 1e-9);
}

static GclkSample sample_of(const Line *line, gint64 raw, gint64 noise)
{
	return (GclkSample){
		.raw = raw,
		.real = raw + line->real_minus_raw,
		.offset = line_at(line, raw) - line->real_minus_raw + noise,
		.delay = line->delay,
		.reference_bound = line->bound,
		.flags = line->flags,
	};
}

static void feed(GclkEstimator *e, const Line *line, gint64 from, gint64 step, guint n)
{
	for (guint i = 0; i < n; i++) {
		GclkSample sample = sample_of(line, from + (gint64)i * step, 0);

		GCLK_ASSERT_INT(gclk_estimator_add(e, &sample), GCLK_ESTIMATOR_ACCEPTED);
	}
}

static void nothing_known(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	GclkEstimate out;

	CU_ASSERT_FALSE(gclk_estimator_predict(e, 5 * S, &out));
}

static void first_sample(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = 7 * S, .delay = 100 * US, .bound = 30 * US };
	GclkEstimate out;

	feed(e, &line, S, S, 1);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, S, &out));
	GCLK_ASSERT_INT(out.offset, 7 * S);
	GCLK_ASSERT_INT(out.bound, 80 * US);
	GCLK_ASSERT_INT(out.samples, 1);
	GCLK_ASSERT_INT(out.last_raw, S);
}

/* + means: the reference is ahead of RAW, and RAW is slow. */
static void signs(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = 3 * MS, .ppb = 20000, .delay = 10 * US, .bound = 1 };
	GclkEstimate out;

	feed(e, &line, S, 16 * S, 50);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, 1000 * S, &out));
	GCLK_ASSERT_NEAR(out.frequency_ppb, 20000, 5);
	GCLK_ASSERT_NEAR((double)out.offset, (double)(3 * MS + 20 * MS), 2000);
}

/* Wherever REAL is put in between, the estimate of the reference stays. */
static void real_does_not_matter(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	Line line = { .ahead = 1795219200 * S, .ppb = -1000, .delay = 10 * US, .bound = 1 };
	GclkEstimate before, after;

	feed(e, &line, S, 16 * S, 20);
	gclk_estimator_predict(e, 400 * S, &before);
	line.real_minus_raw = -12345 * S;
	feed(e, &line, 400 * S, 16 * S, 20);
	gclk_estimator_predict(e, 800 * S, &after);
	GCLK_ASSERT_NEAR((double)(after.offset - before.offset), -400000.0, 100);
}

static void outlier_and_jump(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	Line line = { .ahead = S, .delay = 10 * US, .bound = 1 };
	GclkSample odd;
	GclkEstimate out;

	feed(e, &line, S, S, 20);
	odd = sample_of(&line, 21 * S, 50 * MS);
	GCLK_ASSERT_INT(gclk_estimator_add(e, &odd), GCLK_ESTIMATOR_SUSPECT);
	feed(e, &line, 22 * S, S, 3); /* an outlier: nothing has happened */
	gclk_estimator_predict(e, 25 * S, &out);
	GCLK_ASSERT_NEAR((double)out.offset, (double)S, 1000);

	line.ahead += 60 * S;
	for (guint i = 0; i < GCLK_ESTIMATOR_AGREE; i++) {
		odd = sample_of(&line, (30 + (gint64)i) * S, 0);
		GCLK_ASSERT_INT(gclk_estimator_add(e, &odd), i + 1 < GCLK_ESTIMATOR_AGREE
								     ? GCLK_ESTIMATOR_SUSPECT
								     : GCLK_ESTIMATOR_JUMPED);
	}
	gclk_estimator_predict(e, 33 * S, &out);
	GCLK_ASSERT_NEAR((double)out.offset, 61.0 * S, 5000);
	GCLK_ASSERT_INT(out.samples, GCLK_ESTIMATOR_AGREE);
}

/* Odd samples that contradict each other are no jump. */
static void odd_ones_that_disagree(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = S, .delay = 10 * US, .bound = 1 };
	GclkEstimate out;

	feed(e, &line, S, S, 20);
	for (gint i = 0; i < 7; i++) {
		GclkSample odd = sample_of(&line, (21 + i) * S, (i % 2 ? 1 : -1) * 400 * MS);

		GCLK_ASSERT_INT(gclk_estimator_add(e, &odd), GCLK_ESTIMATOR_SUSPECT);
	}
	gclk_estimator_predict(e, 40 * S, &out);
	GCLK_ASSERT_NEAR((double)out.offset, (double)S, 5000);
}

/* A sample that was long under way is only a noisy sample. */
static void late_packet(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	Line line = { .ahead = S, .delay = 100 * US, .bound = 1 };
	GclkSample late;
	GclkEstimate out;

	feed(e, &line, S, S, 30);
	late = sample_of(&line, 31 * S, 20 * MS);
	late.delay = 40 * MS;
	GCLK_ASSERT_INT(gclk_estimator_add(e, &late), GCLK_ESTIMATOR_ACCEPTED);
	gclk_estimator_predict(e, 31 * S, &out);
	GCLK_ASSERT_NEAR((double)out.offset, (double)S, 1000);
}

static void order(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = S, .delay = 100 * US, .bound = 1 };
	GclkSample old = sample_of(&line, S, 0);

	feed(e, &line, 5 * S, S, 2);
	GCLK_ASSERT_INT(gclk_estimator_add(e, &old), GCLK_ESTIMATOR_SUSPECT);
}

static void bounds(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	Line line = { .ahead = S, .delay = 200 * US, .bound = 50 * US };
	GclkEstimate now, later;

	feed(e, &line, S, S, 30);
	gclk_estimator_predict(e, 30 * S, &now);
	gclk_estimator_predict(e, 130 * S, &later);
	CU_ASSERT_TRUE(now.bound >= 150 * US && now.bound < 160 * US);
	/* 15 ppm for 100 s */
	GCLK_ASSERT_NEAR((double)(later.bound - now.bound), 1.5e6, 5e4);
	CU_ASSERT_FALSE(now.assumed);
	line.flags = GCLK_SAMPLE_ASSUMED;
	line.bound = 10 * US; /* tighter, but only assumed */
	feed(e, &line, 31 * S, S, 2);
	gclk_estimator_predict(e, 33 * S, &now);
	CU_ASSERT_TRUE(now.assumed);
}

static void unknown_bound(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = S, .delay = 200 * US, .bound = GCLK_BOUND_UNKNOWN };
	GclkEstimate out;

	feed(e, &line, S, S, 5);
	gclk_estimator_predict(e, 6 * S, &out);
	CU_ASSERT_TRUE(out.bound == GCLK_BOUND_UNKNOWN);
}

static void learned_frequency(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = S, .ppb = 50000, .delay = 200 * US, .bound = 1 };
	GclkEstimate out;

	gclk_estimator_start(e, 50000, 200);
	feed(e, &line, S, S, 1);
	gclk_estimator_predict(e, 101 * S, &out);
	GCLK_ASSERT_NEAR(out.frequency_ppb, 50000, 1);
	GCLK_ASSERT_NEAR((double)out.offset, (double)(S + 50000 * 101), 1000);
}

/* The sigma it claims is about the error it makes, whatever the noise is. */
static void honest_sigma(void)
{
	const gint64 noises[] = { 100, 5000, 200000 };

	for (guint k = 0; k < G_N_ELEMENTS(noises); k++) {
		g_autoptr(GclkEstimator) e = gclk_estimator_new();
		g_autoptr(GRand) rand = g_rand_new_with_seed(5 + k);
		const Line line = { .ahead = S, .ppb = 300, .delay = 10, .bound = 1 };
		double squares = 0;
		GclkEstimate out;

		for (gint64 i = 1; i <= 600; i++) {
			gint64 noise = (gint64)(g_rand_double_range(rand, -1.73, 1.73) *
						(double)noises[k]);
			GclkSample sample = sample_of(&line, i * S, noise);

			gclk_estimator_add(e, &sample);
			gclk_estimator_predict(e, i * S, &out);
			if (i > 200)
				squares += pow((double)(out.offset - line_at(&line, i * S)) /
						       out.offset_sigma,
					2);
		}
		GCLK_ASSERT_NEAR(sqrt(squares / 400), 1, 0.9);
		GCLK_ASSERT_NEAR(out.jitter / (double)noises[k], 1, 0.35);
	}
}

/* Four samples at the start, then a pause of any length, then a poll every 16 s: no error is ever
   beyond the bound, and soon there is none. */
static void pause_at_the_start(void)
{
	for (gint64 pause = 20 * US; pause < 5 * S; pause += pause / 3) {
		g_autoptr(GclkEstimator) e = gclk_estimator_new();
		g_autoptr(GRand) rand = g_rand_new_with_seed(9);
		GclkEstimate out;

		for (gint64 i = 0; i < 20; i++) {
			gint64 raw = i < 4 ? (2 * i + 1) * S : (i - 3) * 16 * S;
			const Line line = { .ahead = S + (i < 4 ? 0 : pause),
				.ppb = 30000,
				.delay = g_rand_int_range(rand, 200 * US, 400 * US) };
			gint64 most = (line.delay - 200 * US) / 2;
			GclkSample sample = sample_of(&line, raw,
				g_rand_int_range(rand, (gint32)-most - 1, (gint32)most + 1));

			gclk_estimator_add(e, &sample);
			gclk_estimator_predict(e, raw + 16 * S, &out);
			CU_ASSERT(ABS(out.offset - line_at(&line, out.raw)) <= out.bound);
		}
		GCLK_ASSERT_NEAR(out.offset, S + pause + line_at(&(Line){ .ppb = 30000 }, out.raw),
			150 * US);
	}
}

/*
 * RAW counts ticks of 4 ms and loses 40 ms of every 800: what a sample says depends on how long ago
 * that was. The k-th sample, 16 s of the reference apart.
 */
static GclkSample lossy_sample(gint64 k, double share)
{
	const gint64 now = k * 16 * S + (k * 7919 % 800) * MS, cycle = 40 * MS;
	const double period = share > 0 ? (double)cycle / share : 1e30;
	const gint64 raw = now - (gint64)floor((double)now / period) * cycle;
	const gint64 seen = raw - raw % (4 * MS);

	return (GclkSample){ .raw = seen, .real = seen, .offset = now - seen, .delay = 4 * MS };
}

static void loses_ticks(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	GclkEstimate out;

	gclk_estimator_set_coarseness(e, 4 * MS);
	gclk_estimator_start(e, 0, 50000);
	for (gint64 k = 1; k <= 40; k++) {
		GclkSample sample = lossy_sample(k, 0.05);

		GCLK_ASSERT_INT(gclk_estimator_add(e, &sample), GCLK_ESTIMATOR_ACCEPTED);
	}
	CU_ASSERT_TRUE(gclk_estimator_predict(e, lossy_sample(40, 0.05).raw, &out));
	GCLK_ASSERT_NEAR(out.frequency_ppb, 1e9 * 0.05 / 0.95, 500000);
	GCLK_ASSERT_NEAR((double)out.jitter, 12e6, 6e6);
	/* what a tick and a loss can do to the clock is in the bound, whatever the sample said */
	CU_ASSERT_TRUE(out.bound > 40 * MS && out.bound < 150 * MS);
}

/* The host gets busy: the rate changes by 5 %, and four samples tell the new one. */
static void begins_to_lose_ticks(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const gint64 before = lossy_sample(20, 0).raw;
	GclkEstimatorResult last = GCLK_ESTIMATOR_ACCEPTED;
	GclkEstimate out;

	gclk_estimator_set_coarseness(e, 4 * MS);
	gclk_estimator_start(e, 0, 50000);
	for (gint64 k = 1; k <= 20; k++) {
		GclkSample sample = lossy_sample(k, 0);

		gclk_estimator_add(e, &sample);
	}
	for (gint64 k = 1; k <= 4; k++) {
		GclkSample sample = lossy_sample(k, 0.05);

		sample.raw += before;
		sample.real += before;
		GCLK_ASSERT_INT(last, k == 1 ? GCLK_ESTIMATOR_ACCEPTED : GCLK_ESTIMATOR_SUSPECT);
		last = gclk_estimator_add(e, &sample);
	}
	GCLK_ASSERT_INT(last, GCLK_ESTIMATOR_JUMPED);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, 0, &out));
	GCLK_ASSERT_NEAR(out.frequency_ppb, 1e9 * 0.05 / 0.95, 2e6);
}

static void filter_covariance(void)
{
	GclkFilter f;

	gclk_filter_init(&f, 1, 0, 1000);
	gclk_filter_update(&f, 500, 100);
	GCLK_ASSERT_NEAR(f.offset, 500, 1e-6);
	GCLK_ASSERT_NEAR(f.p00, 100, 1e-6);
	gclk_filter_predict(&f, 2);
	/* p00 = 100 + (2 s * 1000 ppb)^2 + wander 2^3/3 */
	GCLK_ASSERT_NEAR(f.p00, 100 + 4e6 + 8.0 / 3, 1e-3);
	gclk_filter_update(&f, 2500, 100);
	GCLK_ASSERT_NEAR(f.frequency, 1000, 1);
	GCLK_ASSERT_NEAR(f.offset, 2500, 1);
	CU_ASSERT_TRUE(f.p00 > 0 && f.p11 > 0 && f.p00 * f.p11 > f.p01 * f.p01);
}

/* The offset is forgotten, the rate is kept and doubted. */
static void disrupted(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line before = { .ahead = 7 * S, .ppb = 40000, .delay = 100 * US, .bound = 30 * US };
	const Line after = { .ahead = 3607 * S, .ppb = 40000, .delay = 100 * US, .bound = 30 * US };
	GclkEstimate known, out;

	feed(e, &before, S, 16 * S, 40);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, 700 * S, &known));
	gclk_estimator_disrupted(e);
	CU_ASSERT_FALSE(gclk_estimator_predict(e, 700 * S, &out));
	feed(e, &after, 700 * S, S, 1);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, 700 * S, &out));
	GCLK_ASSERT_INT(out.offset, line_at(&after, 700 * S));
	GCLK_ASSERT_INT(out.samples, 1);
	GCLK_ASSERT_NEAR(out.frequency_ppb, 40000, 50);
	CU_ASSERT_TRUE(out.frequency_sigma_ppb >= 49000 && known.frequency_sigma_ppb < 5000);
	/* nobody has jumped: it was told */
	GCLK_ASSERT_INT(gclk_estimator_jump(e).raw, 0);
}

/* Paused soon after the start, or after another pause: a jump, not a rate of some percent. */
static void paused_soon(void)
{
	static const struct {
		guint before;  /* samples until it is disrupted; 0: it has just started */
		guint between; /* from then on until the pause */
		gint64 pause;
	} cases[] = { { 0, 1, 5 * S }, { 0, 3, 60 * S }, { 0, 7, 5 * S }, { 20, 1, 100 * MS },
		{ 20, 4, 5 * S }, { 20, 7, 60 * S } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkEstimator) e = gclk_estimator_new();
		Line line = { .ahead = 7 * S, .ppb = 30000, .delay = 100 * US, .bound = 30 * US };
		gint64 raw = 100 * S;
		GclkEstimatorResult result = GCLK_ESTIMATOR_ACCEPTED;
		GclkEstimate out;

		if (cases[i].before) {
			feed(e, &line, raw, 2 * S, cases[i].before);
			raw += cases[i].before * 2 * S;
			gclk_estimator_disrupted(e);
			line.ahead += 60 * S;
		}
		feed(e, &line, raw, 2 * S, cases[i].between);
		raw += cases[i].between * 2 * S;
		line.ahead += cases[i].pause;
		for (guint n = 1; n <= GCLK_ESTIMATOR_AGREE; n++, raw += 2 * S) {
			GclkSample sample = sample_of(&line, raw, 0);

			result = gclk_estimator_add(e, &sample);
			GCLK_ASSERT_INT(result, n < GCLK_ESTIMATOR_AGREE ? GCLK_ESTIMATOR_SUSPECT
									 : GCLK_ESTIMATOR_JUMPED);
		}
		GCLK_ASSERT_NEAR(gclk_estimator_jump(e).size, cases[i].pause, 2 * MS);
		CU_ASSERT_TRUE_FATAL(gclk_estimator_predict(e, raw, &out));
		GCLK_ASSERT_NEAR(out.offset, line_at(&line, raw), 2 * MS);
		CU_ASSERT_TRUE(fabs(out.frequency_ppb) < 200000);
	}
}

/* A clock that is wrong by percents is one, from its second sample on. */
static void strange_rate(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	const Line line = { .ahead = 7 * S, .ppb = 9e7, .delay = 100 * US, .bound = 30 * US };

	feed(e, &line, 100 * S, 16 * S, 12);
}

static void jump_is_remembered(void)
{
	static const gint64 sizes[] = { 60 * S, -5 * S };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GclkEstimator) e = gclk_estimator_new();
		Line line = { .ahead = 7 * S, .ppb = 40000, .delay = 100 * US, .bound = 30 * US };
		GclkSample sample;

		feed(e, &line, S, S, 40);
		GCLK_ASSERT_INT(gclk_estimator_jump(e).raw, 0);
		line.ahead += sizes[i];
		for (gint64 raw = 50; raw < 53; raw++) {
			sample = sample_of(&line, raw * S, 0);
			GCLK_ASSERT_INT(gclk_estimator_add(e, &sample), GCLK_ESTIMATOR_SUSPECT);
		}
		sample = sample_of(&line, 53 * S, 0);
		GCLK_ASSERT_INT(gclk_estimator_add(e, &sample), GCLK_ESTIMATOR_JUMPED);
		GCLK_ASSERT_INT(gclk_estimator_jump(e).raw, 50 * S);
		GCLK_ASSERT_NEAR((double)gclk_estimator_jump(e).size, (double)sizes[i], 1e5);
	}
}

/* The rate is learned from one that does not know the time, and no bound. */
static void rate_only(void)
{
	g_autoptr(GclkEstimator) e = gclk_estimator_new();
	Line line = { .ahead = 7 * S,
		.ppb = -30000,
		.delay = 100 * US,
		.bound = US,
		.flags = GCLK_SAMPLE_RATE_ONLY };
	GclkEstimate out;

	feed(e, &line, S, S, 40);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, 41 * S, &out));
	GCLK_ASSERT_NEAR(out.frequency_ppb, -30000, 2000);
	CU_ASSERT_TRUE(out.bound == GCLK_BOUND_UNKNOWN);
	CU_ASSERT_TRUE(out.tightest == GCLK_BOUND_UNKNOWN);
	/* it knows it again: from now on, and not for what was before */
	line.flags = 0;
	line.bound = 300 * US;
	feed(e, &line, 41 * S, S, 1);
	CU_ASSERT_TRUE(gclk_estimator_predict(e, 41 * S, &out));
	CU_ASSERT_TRUE(out.bound >= 350 * US && out.bound < MS);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "nothing is known before a sample", nothing_known },
		{ "one sample is the estimate", first_sample },
		{ "signs of offset and frequency", signs },
		{ "REAL may be put anywhere", real_does_not_matter },
		{ "an outlier is not a jump", outlier_and_jump },
		{ "odd samples that disagree are no jump", odd_ones_that_disagree },
		{ "a late packet is a noisy packet", late_packet },
		{ "old samples are ignored", order },
		{ "bounds grow with age", bounds },
		{ "an unknown bound stays unknown", unknown_bound },
		{ "a learned frequency is used at once", learned_frequency },
		{ "sigma and jitter are honest", honest_sigma },
		{ "a pause after the first samples, of any length", pause_at_the_start },
		{ "a clock that loses ticks", loses_ticks },
		{ "a clock that begins to lose ticks", begins_to_lose_ticks },
		{ "a disruption is told", disrupted },
		{ "paused soon after the start, or again", paused_soon },
		{ "a strange rate is no jump", strange_rate },
		{ "a jump is remembered", jump_is_remembered },
		{ "a reference that does not know the time", rate_only },
		{ "the filter's covariance", filter_covariance },
		{ NULL, NULL },
	};

	return gclk_test_main("estimator", cases);
}
