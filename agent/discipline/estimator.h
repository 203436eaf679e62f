/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the samples of one source to the offset and frequency of its reference at any later time,
 * with one-sigma errors and a bound.
 *
 * It works on RAW, the clock that nobody steers, so steps and slews of REAL do not exist for it.
 * A bank of Kalman filters runs side by side, each believing in another wander of the oscillator;
 * how well each foretells the samples decides how much it counts. The noise of a sample comes from
 * the sample itself: what its delay exceeds the least delay by was spent somewhere on the way out
 * or on the way back, so the offset may be off by up to half of that, either way.
 */
#ifndef GUESTCLOCK_ESTIMATOR_H
#define GUESTCLOCK_ESTIMATOR_H

#include "guestclock/sample.h"

typedef struct GclkEstimator GclkEstimator;

typedef enum {
	GCLK_ESTIMATOR_ACCEPTED,
	/* The sample does not fit a clock that ran on by itself; more are needed to tell an outlier
	   from a jump. */
	GCLK_ESTIMATOR_SUSPECT,
	/* Samples agree that the reference has jumped against RAW; the estimate begins anew there.
	 */
	GCLK_ESTIMATOR_JUMPED,
} GclkEstimatorResult;

typedef struct {
	gint64 raw;           /* RAW time for which it holds, ns */
	gint64 offset;        /* reference minus RAW, ns (the reference as UTC since 1970) */
	double offset_sigma;  /* ns */
	double frequency_ppb; /* d(reference)/d(RAW) - 1: + RAW is slow, REAL must be sped up */
	double frequency_sigma_ppb;
	gint64 bound;     /* largest error of offset, ns, or unknown */
	gint64 tightest;  /* the least bound among the samples remembered, ns or unknown */
	gboolean assumed; /* bound rests on an assumed reference error */
	double jitter;    /* learned one-sigma noise of a typical sample, ns */
	guint samples;    /* fused since the start or the last jump */
	guint suspects;   /* odd samples in a row: bound covers what they say */
	gint64 last_raw;  /* RAW time of the last accepted sample */
} GclkEstimate;

/* Samples that must agree before a jump is believed (design, conduct 2). */
#define GCLK_ESTIMATOR_AGREE 4

/* A clock left alone is taken to drift by no more than this beyond its known frequency (PHI of RFC
   5905 section 11: 15 ppm), and three sigma of that. */
#define GCLK_DRIFT_BOUND_PPB 15000

GclkEstimator *gclk_estimator_new(void);
void gclk_estimator_free(GclkEstimator *estimator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkEstimator, gclk_estimator_free)

/*
 * RAW counts ticks of this length, ns, and moves only with them: what a lost tick takes is lost in
 * steps, and at a rate that depends on what else the host has to do. So nothing is believed of the
 * frequency beforehand, it may change at any time, and the noise of the clock itself counts in the
 * bound. 0, as at first: RAW is a counter that goes on by itself. Holds from the next start on.
 */
void gclk_estimator_set_coarseness(GclkEstimator *estimator, gint64 coarseness);

/* What is believed of the frequency before the first sample; forgets everything else but the
   coarseness. */
void gclk_estimator_start(GclkEstimator *estimator, double frequency_ppb, double sigma_ppb);

/* Samples must come in the order of their RAW time; an older one is ignored (SUSPECT). */
GclkEstimatorResult gclk_estimator_add(GclkEstimator *estimator, const GclkSample *sample);

/* The clocks were disrupted: the offset begins anew with the next sample. What eight
   samples or more have told of the frequency stays, and is trusted to 50 ppm only, since the
   machine may be another one. */
void gclk_estimator_disrupted(GclkEstimator *estimator);

/* The last jump that the samples agreed on (GCLK_ESTIMATOR_JUMPED). */
typedef struct {
	gint64 raw;  /* RAW time of the first sample behind it, ns; 0: there was none */
	gint64 size; /* the reference has moved against RAW by so much, ns */
} GclkJump;

GclkJump gclk_estimator_jump(const GclkEstimator *estimator);

/* UTC itself was stepped by delta ns: a leap second. */
void gclk_estimator_shift(GclkEstimator *estimator, gint64 delta);

/* What was learned goes over to another estimator, of the same reference. */
void gclk_estimator_copy(GclkEstimator *to, const GclkEstimator *from);

/* Carries an estimate on to a later RAW time without its estimator: the frequency is kept, the
   bound grows by GCLK_DRIFT_BOUND_PPB. */
void gclk_estimate_carry(GclkEstimate *estimate, gint64 raw);

/* How fast the offset may leave an estimate that is carried on, ppb. */
double gclk_estimate_drift(const GclkEstimate *estimate);

/* The estimate for a RAW time at or after the last sample. FALSE: no sample yet. */
gboolean gclk_estimator_predict(const GclkEstimator *estimator, gint64 raw, GclkEstimate *out);

#endif
