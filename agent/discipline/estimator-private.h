/* SPDX-License-Identifier: BSD-2-Clause */
/* The estimator's insides, shared by estimator.c (filters and bound), estimator-noise.c (what a
   sample's delay says of its error) and estimator-odd.c (what does not fit). */
#ifndef GUESTCLOCK_ESTIMATOR_PRIVATE_H
#define GUESTCLOCK_ESTIMATOR_PRIVATE_H

#include "discipline/estimator.h"
#include "discipline/filter.h"

#define GCLK_ESTIMATOR_FILTERS                                                                     \
	9                        /* of the bank, which differ in the wander that they believe in   \
				  */
#define GCLK_ESTIMATOR_RECENT 64 /* samples remembered for the least delay and for the bound */

/* Time stamps are not better than this, ns. */
#define GCLK_ESTIMATOR_STAMP_NOISE 20.0

/* Before so many samples the noise is not known well enough to go by sigma. A sample is odd then
   when neither its delay nor any rate explains it that the samples before it leave open. */
#define GCLK_ESTIMATOR_ODD_KNOWN 8

/* A sample as it is remembered. */
typedef struct {
	gint64 raw;
	gint64 offset; /* reference minus RAW */
	gint64 delay;
	gint64 bound;
	gboolean assumed;
} GclkMemo;

struct GclkEstimator {
	gint64 coarseness; /* ns: RAW counts ticks of this length; 0: it does not */
	GclkFilter filters[GCLK_ESTIMATOR_FILTERS];
	gint64 base_raw; /* the filters' offsets are counted from base_offset at base_raw */
	gint64 base_offset;
	guint samples;
	gboolean rate_known;                    /* by the samples before a jump */
	double first_frequency, first_sigma;    /* what was believed before the first sample, ppb */
	GclkMemo recent[GCLK_ESTIMATOR_RECENT]; /* ring of accepted samples */
	guint recent_next, recent_n;
	GclkMemo odd[GCLK_ESTIMATOR_AGREE]; /* suspects in a row */
	guint odd_n;
	guint odd_in_a_row; /* whether they agree or not */
	GclkMemo last_odd;  /* valid when odd_in_a_row */
	GclkMemo
		beside[GCLK_ESTIMATOR_AGREE]; /* accepted ones in a row that lie on the same side */
	guint beside_n;
	gboolean beside_ahead;
	guint early_jumps; /* how often it began anew before it was settled */
	GclkJump jump;
};

/* What the bank says. */
typedef struct {
	double offset, frequency, offset_variance, frequency_variance, scale;
} GclkMixture;

/* The bank's opinion at a later time; the bank itself stays where it is. */
GclkMixture gclk_estimator_bank_at(const GclkEstimator *e, gint64 raw);

static inline double gclk_estimator_seconds(gint64 ns)
{
	return (double)ns / 1e9;
}

/* The last sample accepted; there must be one. */
static inline const GclkMemo *gclk_estimator_newest(const GclkEstimator *e)
{
	return &e->recent[(e->recent_next + GCLK_ESTIMATOR_RECENT - 1) % GCLK_ESTIMATOR_RECENT];
}

/* --- estimator-noise.c ------------------------------------------------------------------------ */

/* Variance of the offset of a sample of this delay, ns^2, at scale 1. */
double gclk_estimator_weigh(const GclkEstimator *e, gint64 delay);

/* How far such a sample may be off what a path as good as the best one would have told, ns: half of
   what its delay may exceed the least possible one by. */
double gclk_estimator_leeway(const GclkEstimator *e, gint64 delay);

/* --- estimator-odd.c -------------------------------------------------------------------------- */

/* How many times beyond what noise and delay explain a sample is; odd above 1. */
double gclk_estimator_oddness(const GclkEstimator *e, const GclkMemo *m);

/* Do two samples tell of the same clock? */
gboolean gclk_estimator_agree(const GclkMemo *a, const GclkMemo *b, gboolean coarse);

/*
 * A jump that was too small or too early to be told has been taken for a rate and for noise, and
 * now the samples lie beside the estimate by more than their delays explain, again and again on the
 * same side. What was learned of the rate is as wrong.
 */
gboolean gclk_estimator_is_beside(GclkEstimator *e, const GclkMemo *m);

#endif
