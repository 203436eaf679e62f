/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/estimator.h"

#include <math.h>

#include "discipline/filter.h"

/* Wander of the bank's filters, ppb^2 a second: from a quartz kept warm to a guest on the move. */
static const double wanders[] = { 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4 };
#define FILTERS G_N_ELEMENTS(wanders)

/* A clock that loses ticks is on the move by so much more: its rate follows the host's load. */
#define COARSE_WANDER 1e9
/* Its frequency before anything is known, 1 sigma: more than half of all ticks lost is no clock. */
#define COARSE_FREQUENCY_SIGMA 2e8
/* What is lost at once, in ticks, until the noise has been learned; and how many sigma of the noise
   that was learned the bound takes for what may have been lost since the last sample. */
#define COARSE_FIRST_NOISE 4.0
#define COARSE_SIGMAS      4.0

#define RECENT 64 /* samples remembered for the least delay and for the bound */

/* Time stamps are not better than this, ns. */
#define STAMP_NOISE 20.0

/* Until the noise has been learned, a sample is not believed to be better than this, ns. */
#define FIRST_NOISE 1000.0

/* A sample is odd when it is off by more than this many sigma and more than its delay explains.
   Less than the floor, ns, is left to the filters: no disruption is that small. */
#define ODD_SIGMA 6.0
#define ODD_FLOOR 10000.0
/* By so many samples the noise has been learned, and with it every sigma. */
#define SIGMA_KNOWN 12
/* So many odd ones in a row that do not agree are no jump: the noise is greater than believed. */
#define ODD_NOISE 8
/* Before so many samples the noise is not known well enough to call one odd, unless no rate that a
   clock may have explains it. */
#define ODD_KNOWN 8
/* That rate, ppb: the fastest that a kernel can follow (adjtimex(2), tick); where the rate was
   known before a jump, what a step of the frequency makes of it at most. */
#define EARLY_RATE       1e8
#define EARLY_RATE_KNOWN 500000.0

/* After a jump the machine may be another one: its frequency is trusted to 50 ppm (vmclock's header
   allows a step of that size on migration). */
#define JUMP_FREQUENCY_SIGMA 50000.0

typedef struct {
	gint64 raw;
	gint64 offset; /* reference minus RAW */
	gint64 delay;
	gint64 bound;
	gboolean assumed;
} Memory;

struct GclkEstimator {
	gint64 coarseness; /* ns: RAW counts ticks of this length; 0: it does not */
	GclkFilter filters[FILTERS];
	gint64 base_raw; /* the filters' offsets are counted from base_offset at base_raw */
	gint64 base_offset;
	guint samples;
	gboolean rate_known;   /* by the samples before a jump */
	Memory recent[RECENT]; /* ring of accepted samples */
	guint recent_next, recent_n;
	Memory odd[GCLK_ESTIMATOR_AGREE]; /* suspects in a row */
	guint odd_n;
	guint odd_in_a_row; /* whether they agree or not */
	Memory last_odd;    /* valid when odd_in_a_row */
	GclkJump jump;
};

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
	gboolean coarse = estimator->coarseness > 0;

	*estimator = (GclkEstimator){ .coarseness = estimator->coarseness };
	for (guint i = 0; i < FILTERS; i++)
		gclk_filter_init(&estimator->filters[i], wanders[i] * (coarse ? COARSE_WANDER : 1),
			frequency_ppb, coarse ? COARSE_FREQUENCY_SIGMA : sigma_ppb);
}

void gclk_estimator_set_coarseness(GclkEstimator *estimator, gint64 coarseness)
{
	estimator->coarseness = coarseness;
}

/* --- the noise of a sample -------------------------------------------------------------------- */

/* Least and mean delay of the samples remembered and of this one. */
static void delay_statistics(const GclkEstimator *e, gint64 delay, gint64 *least, double *mean)
{
	double sum = (double)delay;

	*least = delay;
	for (guint i = 0; i < e->recent_n; i++) {
		*least = MIN(*least, e->recent[i].delay);
		sum += (double)e->recent[i].delay;
	}
	*mean = sum / (e->recent_n + 1);
}

/*
 * Variance of a sample's offset, ns^2. An excess D over the least possible delay leaves the offset
 * anywhere within +-D/2: a uniform distribution, variance D^2/12. The least delay seen is itself
 * above the least possible one, by about the mean excess over the root of the number seen.
 */
static double weigh(const GclkEstimator *e, gint64 delay)
{
	gint64 least;
	double mean, excess;

	delay_statistics(e, delay, &least, &mean);
	excess = (double)(delay - least) + 0.6 * (mean - (double)least) / sqrt(e->recent_n + 1.0);
	/* Alone, a sample says nothing of the least delay: half of it may be asymmetry. */
	if (e->recent_n == 0)
		excess = (double)delay;
	/* Each of the two stamps is anywhere within its tick. */
	return excess * excess / 12 + STAMP_NOISE * STAMP_NOISE +
	       (double)e->coarseness * (double)e->coarseness / 12;
}

/* --- the bank --------------------------------------------------------------------------------- */

/* How much each filter counts; sums to one. */
static void bank_shares(const GclkEstimator *e, double shares[FILTERS])
{
	double best = -INFINITY, sum = 0;

	for (guint i = 0; i < FILTERS; i++)
		best = MAX(best, e->filters[i].likelihood);
	for (guint i = 0; i < FILTERS; i++)
		sum += shares[i] = exp(e->filters[i].likelihood - best);
	for (guint i = 0; i < FILTERS; i++)
		shares[i] /= sum;
}

typedef struct {
	double offset, frequency, offset_variance, frequency_variance, scale;
} Mixture;

static Mixture bank_mix(const GclkFilter filters[FILTERS], const double shares[FILTERS])
{
	Mixture m = { 0 };

	for (guint i = 0; i < FILTERS; i++) {
		m.offset += shares[i] * filters[i].offset;
		m.frequency += shares[i] * filters[i].frequency;
		m.scale += shares[i] * filters[i].scale;
	}
	for (guint i = 0; i < FILTERS; i++) {
		double a = filters[i].offset - m.offset, b = filters[i].frequency - m.frequency;

		m.offset_variance += shares[i] * (filters[i].p00 + a * a);
		m.frequency_variance += shares[i] * (filters[i].p11 + b * b);
	}
	return m;
}

static double seconds(gint64 ns)
{
	return (double)ns / 1e9;
}

/* The bank's opinion at a later time; the bank itself stays where it is. */
static Mixture bank_at(const GclkEstimator *e, gint64 raw)
{
	GclkFilter filters[FILTERS];
	double shares[FILTERS];

	bank_shares(e, shares);
	for (guint i = 0; i < FILTERS; i++) {
		filters[i] = e->filters[i];
		gclk_filter_predict(&filters[i], seconds(raw - e->base_raw));
	}
	return bank_mix(filters, shares);
}

static void begin(GclkEstimator *e, gint64 offset, double weight)
{
	double noise = MAX(FIRST_NOISE, COARSE_FIRST_NOISE * (double)e->coarseness);

	e->base_offset = offset;
	for (guint i = 0; i < FILTERS; i++)
		e->filters[i].scale = MAX(1, noise * noise / weight);
}

static void fuse(GclkEstimator *e, const Memory *m)
{
	double dt = e->samples ? seconds(m->raw - e->base_raw) : 0;
	double weight = weigh(e, m->delay);
	gint64 shift;

	if (e->samples == 0)
		begin(e, m->offset, weight);
	for (guint i = 0; i < FILTERS; i++) {
		gclk_filter_predict(&e->filters[i], dt);
		gclk_filter_update(&e->filters[i], (double)(m->offset - e->base_offset), weight);
	}
	/* The line follows, so that doubles hold nanoseconds however far the clocks are apart. */
	shift = (gint64)e->filters[FILTERS / 2].offset;
	for (guint i = 0; i < FILTERS; i++)
		gclk_filter_rebase(&e->filters[i], (double)shift);
	e->base_raw = m->raw;
	e->base_offset += shift;
	e->samples++;
	e->recent[e->recent_next] = *m;
	e->recent_next = (e->recent_next + 1) % RECENT;
	e->recent_n = MIN(e->recent_n + 1, RECENT);
}

/* --- jumps ------------------------------------------------------------------------------------ */

/* A guest that is paused soon after it was resumed must not be taken for one with a strange rate.
 */
static double early_oddness(const GclkEstimator *e, const Memory *m)
{
	double rate = e->rate_known ? EARLY_RATE_KNOWN : EARLY_RATE;
	const Memory *last = &e->recent[(e->recent_next + RECENT - 1) % RECENT];
	double error;

	if (e->samples == 0 || e->coarseness)
		return 0;
	error = fabs((double)(m->offset - e->base_offset) - bank_at(e, m->raw).offset);
	return error / ((double)(m->delay / 2 + last->delay / 2) + ODD_FLOOR +
			       seconds(m->raw - last->raw) * rate);
}

/* How many times beyond what noise and delay explain a sample is; odd above 1. */
static double oddness(const GclkEstimator *e, const Memory *m)
{
	Mixture now;
	double sigma, error;

	if (e->samples < ODD_KNOWN)
		return early_oddness(e, m);
	now = bank_at(e, m->raw);
	error = fabs((double)(m->offset - e->base_offset) - now.offset) - (double)m->delay / 2;
	sigma = sqrt(now.offset_variance + now.scale * weigh(e, m->delay));
	return error / MAX(ODD_SIGMA * sigma, ODD_FLOOR);
}

/* Two samples tell of the same clock when no more lies between them than their delays and a rate
   that the kernel could follow, ppb. */
#define AGREE_RATE 500000.0
/* Where ticks are lost, any rate: two of three may be. */
#define AGREE_RATE_COARSE 2e9

static gboolean agree(const Memory *a, const Memory *b, gboolean coarse)
{
	double rate = coarse ? AGREE_RATE_COARSE : AGREE_RATE;
	double drift = fabs(seconds(b->raw - a->raw)) * rate;

	return fabs((double)(a->offset - b->offset)) <=
	       (double)(a->delay / 2 + b->delay / 2) + drift + ODD_FLOOR;
}

static void forget_offset(GclkEstimator *e)
{
	for (guint i = 0; i < FILTERS; i++)
		gclk_filter_forget_offset(&e->filters[i],
			e->coarseness ? COARSE_FREQUENCY_SIGMA : JUMP_FREQUENCY_SIGMA);
	e->rate_known = e->rate_known || e->samples >= ODD_KNOWN;
	e->samples = 0;
	e->recent_n = e->recent_next = 0;
}

static void begin_anew(GclkEstimator *e)
{
	const Memory *first = &e->odd[0];

	e->jump = (GclkJump){
		.raw = first->raw,
		.size = first->offset - e->base_offset - (gint64)bank_at(e, first->raw).offset,
	};
	forget_offset(e);
	for (guint i = 0; i < e->odd_n; i++)
		fuse(e, &e->odd[i]);
	e->odd_n = e->odd_in_a_row = 0;
}

static GclkEstimatorResult accept(GclkEstimator *e, const Memory *m)
{
	e->odd_n = e->odd_in_a_row = 0;
	fuse(e, m);
	return GCLK_ESTIMATOR_ACCEPTED;
}

static GclkEstimatorResult suspect(GclkEstimator *e, const Memory *m, double oddness)
{
	e->last_odd = *m;
	if (e->odd_n && !agree(&e->odd[e->odd_n - 1], m, e->coarseness > 0))
		e->odd_n = 0;
	e->odd[e->odd_n++] = *m;
	if (e->odd_n == GCLK_ESTIMATOR_AGREE) {
		begin_anew(e);
		return GCLK_ESTIMATOR_JUMPED;
	}
	if (++e->odd_in_a_row < ODD_NOISE)
		return GCLK_ESTIMATOR_SUSPECT;
	for (guint i = 0; i < FILTERS; i++)
		gclk_filter_doubt(&e->filters[i], oddness * oddness);
	return accept(e, m);
}

/* --- the public part -------------------------------------------------------------------------- */

GclkEstimatorResult gclk_estimator_add(GclkEstimator *e, const GclkSample *sample)
{
	const Memory m = {
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
	odd = oddness(e, &m);
	return odd > 1 ? suspect(e, &m, odd) : accept(e, &m);
}

void gclk_estimator_disrupted(GclkEstimator *e)
{
	forget_offset(e);
	e->odd_n = e->odd_in_a_row = 0;
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
	e->odd_n = e->odd_in_a_row = 0;
}

void gclk_estimator_copy(GclkEstimator *to, const GclkEstimator *from)
{
	*to = *from;
}

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

double gclk_estimate_drift(const GclkEstimate *estimate)
{
	return drift_rate(estimate->frequency_sigma_ppb, estimate->samples);
}

void gclk_estimate_carry(GclkEstimate *estimate, gint64 raw)
{
	double age = seconds(raw - estimate->raw);

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
	const GclkEstimator *e, const Memory *m, gint64 raw, double offset, double frequency)
{
	double then = (double)(m->offset - e->base_offset) + frequency * seconds(raw - m->raw);

	return fabs(offset - then);
}

/* A sample that says more than the bound allows shows that something is other than was thought, as
   the rate after a migration. Then the bound reaches to all that it says. */
static gint64 reach_to(const GclkEstimator *e, const Memory *m, gint64 bound, gint64 raw,
	double offset, double frequency)
{
	double far = distance(e, m, raw, offset, frequency);
	gint64 both = gclk_bound_add(bound, m->bound);

	return to_bound(far) > both ? gclk_bound_add(to_bound(far), m->bound) : bound;
}

/* One sigma of a typical sample's noise, ns, as far as it has been learned. */
static double jitter(const GclkEstimator *e, const Mixture *now)
{
	return sqrt(now->scale * weigh(e, e->recent[(e->recent_next + RECENT - 1) % RECENT].delay));
}

/* The true offset lies within the bound of every sample, each widened by what the clock may have
   drifted since; the tightest of them bounds the estimate, unless the last sample contradicts that.
   While it is open whether an odd sample is an outlier or a jump, the bound reaches to it too. */
static gint64 bound_at(const GclkEstimator *e, gint64 raw, const Mixture *now, gboolean *assumed)
{
	double offset = now->offset, frequency = now->frequency;
	double rate = drift_rate(sqrt(now->frequency_variance), e->samples);
	gint64 best = GCLK_BOUND_UNKNOWN;

	*assumed = FALSE;
	for (guint i = 0; i < e->recent_n; i++) {
		const Memory *m = &e->recent[i];
		double drift = seconds(raw - m->raw) * rate;
		gint64 bound = gclk_bound_add(
			m->bound, to_bound(distance(e, m, raw, offset, frequency) + drift));

		if (bound < best) {
			best = bound;
			*assumed = m->assumed;
		}
	}
	best = reach_to(e, &e->recent[(e->recent_next + RECENT - 1) % RECENT], best, raw, offset,
		frequency);
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
	Mixture now;

	if (e->samples == 0)
		return FALSE;
	raw = MAX(raw, e->base_raw);
	now = bank_at(e, raw);
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
