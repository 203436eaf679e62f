/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include "discipline/estimator-private.h"

/* Wander of the bank's filters, ppb^2 a second: from a quartz kept warm to a guest on the move. */
static const double wanders[GCLK_ESTIMATOR_FILTERS] = { 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3,
	1e4 };

/* A clock that loses ticks is on the move by so much more: its rate follows the host's load. */
#define COARSE_WANDER 1e9
/* Its frequency before anything is known, 1 sigma: more than half of all ticks lost is no clock. */
#define COARSE_FREQUENCY_SIGMA 2e8
/* What is lost at once, in ticks, until the noise has been learned; and how many sigma of the noise
   that was learned the bound takes for what may have been lost since the last sample. */
#define COARSE_FIRST_NOISE 4.0
#define COARSE_SIGMAS      4.0

/* Until the noise has been learned, a sample is not believed to be better than this, ns. */
#define FIRST_NOISE 1000.0

/* By so many samples the noise has been learned, and with it every sigma. */
#define SIGMA_KNOWN 12
/* So many odd ones in a row that do not agree are no jump: the noise is greater than believed. */
#define ODD_NOISE 8
/* How often to begin anew makes the noise seem greater: to 40 ms, by a factor of 4 each time. */
#define EARLY_JUMPS_MAX 6
/* After a jump the machine may be another one: its frequency is trusted to 50 ppm (vmclock's header
   allows a step of that size on migration). */
#define JUMP_FREQUENCY_SIGMA 50000.0

/* Of the frequency what was believed before the first sample, of the rest nothing. */
static void init_bank(GclkEstimator *e)
{
	gboolean coarse = e->coarseness > 0;

	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		gclk_filter_init(&e->filters[i], wanders[i] * (coarse ? COARSE_WANDER : 1),
			e->first_frequency, coarse ? COARSE_FREQUENCY_SIGMA : e->first_sigma);
}

GclkEstimator *gclk_estimator_new(void)
{
	GclkEstimator *estimator = g_new0(GclkEstimator, 1);

	gclk_estimator_start(estimator, 0, 100000);
	return estimator;
}

void gclk_estimator_free(GclkEstimator *estimator)
{
	g_free(estimator);
}

void gclk_estimator_start(GclkEstimator *estimator, double frequency_ppb, double sigma_ppb)
{
	*estimator = (GclkEstimator){
		.coarseness = estimator->coarseness,
		.first_frequency = frequency_ppb,
		.first_sigma = sigma_ppb,
	};
	init_bank(estimator);
}

void gclk_estimator_set_coarseness(GclkEstimator *estimator, gint64 coarseness)
{
	estimator->coarseness = coarseness;
}

/* --- the bank --------------------------------------------------------------------------------- */

/* How much each filter counts; sums to one. */
static void bank_shares(const GclkEstimator *e, double shares[GCLK_ESTIMATOR_FILTERS])
{
	double best = -INFINITY, sum = 0;

	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		best = MAX(best, e->filters[i].likelihood);
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		sum += shares[i] = exp(e->filters[i].likelihood - best);
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		shares[i] /= sum;
}

static GclkMixture bank_mix(const GclkFilter filters[GCLK_ESTIMATOR_FILTERS],
	const double shares[GCLK_ESTIMATOR_FILTERS])
{
	GclkMixture m = { 0 };

	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++) {
		m.offset += shares[i] * filters[i].offset;
		m.frequency += shares[i] * filters[i].frequency;
		m.scale += shares[i] * filters[i].scale;
	}
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++) {
		double a = filters[i].offset - m.offset, b = filters[i].frequency - m.frequency;

		m.offset_variance += shares[i] * (filters[i].p00 + a * a);
		m.frequency_variance += shares[i] * (filters[i].p11 + b * b);
	}
	return m;
}

GclkMixture gclk_estimator_bank_at(const GclkEstimator *e, gint64 raw)
{
	GclkFilter filters[GCLK_ESTIMATOR_FILTERS];
	double shares[GCLK_ESTIMATOR_FILTERS];

	bank_shares(e, shares);
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++) {
		filters[i] = e->filters[i];
		gclk_filter_predict(&filters[i], gclk_estimator_seconds(raw - e->base_raw));
	}
	return bank_mix(filters, shares);
}

/* --- the bound -------------------------------------------------------------------------------- */

static gint64 to_bound(double ns)
{
	return ns < 9e18 ? (gint64)ceil(ns) : GCLK_BOUND_UNKNOWN;
}

/* How fast a clock may leave its known frequency, ppb: a frequency that is itself hardly known yet
   lets it go faster, and so do few samples, by which sigma is hardly known either. */
static double drift_rate(double frequency_sigma, guint samples)
{
	double unknown = samples < SIGMA_KNOWN ? 2 * JUMP_FREQUENCY_SIGMA : 0;

	return GCLK_DRIFT_BOUND_PPB + 3 * frequency_sigma + unknown;
}

/*
 * A sample that does not fit what an earlier one bounds, although a clock that runs on by itself
 * may drift and although this one's own excess of delay counts for it, shows that something has
 * happened in between: a pause, too small or too early to be told by itself, or another rate. From
 * then on the earlier one bounds nothing, however the filters make their way from the one to the
 * other.
 */
static void void_contradicted(GclkEstimator *e, const GclkMemo *m)
{
	const GclkMixture now = gclk_estimator_bank_at(e, m->raw);
	double rate = drift_rate(sqrt(now.frequency_variance), e->samples);
	double own = gclk_estimator_leeway(e, m->delay) + GCLK_ESTIMATOR_STAMP_NOISE;

	for (guint i = 0; i < e->recent_n; i++) {
		GclkMemo *past = &e->recent[i];
		double age = gclk_estimator_seconds(m->raw - past->raw);
		double far = fabs((double)(m->offset - past->offset) - now.frequency * age);

		if (to_bound(far - own - age * rate) > past->bound)
			past->bound = GCLK_BOUND_UNKNOWN;
	}
}

static void begin(GclkEstimator *e, gint64 offset, double weight)
{
	double noise = MAX(FIRST_NOISE, COARSE_FIRST_NOISE * (double)e->coarseness);

	e->base_offset = offset;
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		e->filters[i].scale = MAX(1, noise * noise / weight);
}

static void fuse(GclkEstimator *e, const GclkMemo *m)
{
	double dt = e->samples ? gclk_estimator_seconds(m->raw - e->base_raw) : 0;
	double weight = gclk_estimator_weigh(e, m->delay);
	gint64 shift;

	if (e->samples == 0)
		begin(e, m->offset, weight);
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++) {
		gclk_filter_predict(&e->filters[i], dt);
		gclk_filter_update(&e->filters[i], (double)(m->offset - e->base_offset), weight);
	}
	/* The line follows, so that doubles hold nanoseconds however far the clocks are apart. */
	shift = (gint64)e->filters[GCLK_ESTIMATOR_FILTERS / 2].offset;
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		gclk_filter_rebase(&e->filters[i], (double)shift);
	e->base_raw = m->raw;
	e->base_offset += shift;
	if (++e->samples > GCLK_ESTIMATOR_RECENT)
		e->early_jumps = 0;
	void_contradicted(e, m);
	e->recent[e->recent_next] = *m;
	e->recent_next = (e->recent_next + 1) % GCLK_ESTIMATOR_RECENT;
	e->recent_n = MIN(e->recent_n + 1, GCLK_ESTIMATOR_RECENT);
}

/* --- jumps ------------------------------------------------------------------------------------ */

/* What a few samples told of the rate may have been the jump already: it is the one believed before
   that counts. */
static void settle_rate(GclkEstimator *e)
{
	if (e->coarseness)
		return;
	if (e->samples < GCLK_ESTIMATOR_ODD_KNOWN) {
		init_bank(e);
		return;
	}
	e->rate_known = TRUE;
	e->first_frequency = gclk_estimator_bank_at(e, e->base_raw).frequency;
	e->first_sigma = JUMP_FREQUENCY_SIGMA;
}

static void forget_offset(GclkEstimator *e)
{
	settle_rate(e);
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		gclk_filter_forget_offset(&e->filters[i],
			e->coarseness ? COARSE_FREQUENCY_SIGMA : JUMP_FREQUENCY_SIGMA);
	e->samples = 0;
	e->recent_n = e->recent_next = 0;
}

static void forget_odd(GclkEstimator *e)
{
	e->odd_n = e->odd_in_a_row = e->beside_n = 0;
}

/* From these samples on, which agree. */
static void begin_anew(GclkEstimator *e, const GclkMemo agreed[GCLK_ESTIMATOR_AGREE])
{
	const GclkMemo *first = &agreed[0];

	e->jump = (GclkJump){
		.raw = first->raw,
		.size = first->offset - e->base_offset -
			(gint64)gclk_estimator_bank_at(e, first->raw).offset,
	};
	if (e->samples <= GCLK_ESTIMATOR_RECENT)
		e->early_jumps = MIN(e->early_jumps + 1, EARLY_JUMPS_MAX);
	forget_offset(e);
	for (guint i = 0; i < GCLK_ESTIMATOR_AGREE; i++)
		fuse(e, &agreed[i]);
	forget_odd(e);
}

static GclkEstimatorResult accept(GclkEstimator *e, const GclkMemo *m)
{
	e->odd_n = e->odd_in_a_row = 0;
	if (gclk_estimator_is_beside(e, m)) {
		init_bank(e);
		begin_anew(e, e->beside);
		return GCLK_ESTIMATOR_JUMPED;
	}
	fuse(e, m);
	return GCLK_ESTIMATOR_ACCEPTED;
}

static GclkEstimatorResult suspect(GclkEstimator *e, const GclkMemo *m, double odd)
{
	e->last_odd = *m;
	if (e->odd_n && !gclk_estimator_agree(&e->odd[e->odd_n - 1], m, e->coarseness > 0))
		e->odd_n = 0;
	e->odd[e->odd_n++] = *m;
	if (e->odd_n == GCLK_ESTIMATOR_AGREE) {
		begin_anew(e, e->odd);
		return GCLK_ESTIMATOR_JUMPED;
	}
	if (++e->odd_in_a_row < ODD_NOISE)
		return GCLK_ESTIMATOR_SUSPECT;
	for (guint i = 0; i < GCLK_ESTIMATOR_FILTERS; i++)
		gclk_filter_doubt(&e->filters[i], odd * odd);
	return accept(e, m);
}

/* --- the public part -------------------------------------------------------------------------- */

GclkEstimatorResult gclk_estimator_add(GclkEstimator *e, const GclkSample *sample)
{
	const GclkMemo m = {
		.raw = sample->raw,
		.offset = sample->offset + (sample->real - sample->raw),
		.delay = MAX(sample->delay, 0),
		/* who does not know the time bounds nothing */
		.bound = sample->flags & GCLK_SAMPLE_RATE_ONLY
				 ? GCLK_BOUND_UNKNOWN
				 : gclk_bound_add(gclk_sample_bound(sample), e->coarseness),
		.assumed = (sample->flags & GCLK_SAMPLE_ASSUMED) != 0,
	};

	double odd;

	if (e->samples && m.raw <= e->base_raw)
		return GCLK_ESTIMATOR_SUSPECT;
	odd = gclk_estimator_oddness(e, &m);
	return odd > 1 ? suspect(e, &m, odd) : accept(e, &m);
}

void gclk_estimator_disrupted(GclkEstimator *e)
{
	forget_offset(e);
	forget_odd(e);
}

GclkJump gclk_estimator_jump(const GclkEstimator *e)
{
	return e->jump;
}

void gclk_estimator_shift(GclkEstimator *e, gint64 delta)
{
	e->base_offset += delta;
	for (guint i = 0; i < e->recent_n; i++)
		e->recent[i].offset += delta;
	forget_odd(e);
}

void gclk_estimator_copy(GclkEstimator *to, const GclkEstimator *from)
{
	*to = *from;
}

double gclk_estimate_drift(const GclkEstimate *estimate)
{
	return drift_rate(estimate->frequency_sigma_ppb, estimate->samples);
}

void gclk_estimate_carry(GclkEstimate *estimate, gint64 raw)
{
	double age = gclk_estimator_seconds(raw - estimate->raw);

	if (age <= 0)
		return;
	estimate->offset += (gint64)llround(estimate->frequency_ppb * age);
	estimate->offset_sigma += estimate->frequency_sigma_ppb * age;
	estimate->bound =
		gclk_bound_add(estimate->bound, to_bound(age * gclk_estimate_drift(estimate)));
	estimate->raw = raw;
}

/* How far a sample's line lies from the estimate, both at raw, ns. */
static double distance(
	const GclkEstimator *e, const GclkMemo *m, gint64 raw, double offset, double frequency)
{
	double then = (double)(m->offset - e->base_offset) +
		      frequency * gclk_estimator_seconds(raw - m->raw);

	return fabs(offset - then);
}

/* One sigma of a typical sample's noise, ns, as far as it has been learned. */
static double jitter(const GclkEstimator *e, const GclkMixture *now)
{
	return sqrt(now->scale * gclk_estimator_weigh(e, gclk_estimator_newest(e)->delay));
}

/* The true offset lies within the bound of every sample, each widened by what the clock may have
   drifted since; the tightest of them bounds the estimate. While it is open whether an odd sample
   is an outlier or a jump, the bound reaches to it too. */
static gint64 bound_at(
	const GclkEstimator *e, gint64 raw, const GclkMixture *now, gboolean *assumed)
{
	double offset = now->offset, frequency = now->frequency;
	double rate = drift_rate(sqrt(now->frequency_variance), e->samples);
	gint64 best = GCLK_BOUND_UNKNOWN;

	*assumed = FALSE;
	for (guint i = 0; i < e->recent_n; i++) {
		const GclkMemo *m = &e->recent[i];
		double drift = gclk_estimator_seconds(raw - m->raw) * rate;
		gint64 bound = gclk_bound_add(
			m->bound, to_bound(distance(e, m, raw, offset, frequency) + drift));

		if (bound < best) {
			best = bound;
			*assumed = m->assumed;
		}
	}
	if (e->odd_in_a_row) {
		double far = distance(e, &e->last_odd, raw, offset, frequency);

		best = gclk_bound_add(best, to_bound(far + (double)e->last_odd.delay / 2));
	}
	if (e->coarseness)
		best = gclk_bound_add(best, to_bound(COARSE_SIGMAS * jitter(e, now)));
	return best;
}

gboolean gclk_estimator_predict(const GclkEstimator *e, gint64 raw, GclkEstimate *out)
{
	GclkMixture now;

	if (e->samples == 0)
		return FALSE;
	raw = MAX(raw, e->base_raw);
	now = gclk_estimator_bank_at(e, raw);
	*out = (GclkEstimate){
		.raw = raw,
		.offset = e->base_offset + (gint64)llround(now.offset),
		.offset_sigma = sqrt(now.offset_variance),
		.frequency_ppb = now.frequency,
		.frequency_sigma_ppb = sqrt(now.frequency_variance),
		.samples = e->samples,
		.suspects = e->odd_in_a_row,
		.last_raw = e->base_raw,
	};
	out->bound = bound_at(e, raw, &now, &out->assumed);
	out->tightest = GCLK_BOUND_UNKNOWN;
	for (guint i = 0; i < e->recent_n; i++)
		out->tightest = MIN(out->tightest, e->recent[i].bound);
	out->jitter = jitter(e, &now);
	return TRUE;
}
