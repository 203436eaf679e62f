/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include "discipline/estimator-private.h"

/* A sample is odd when it is off by more than this many sigma and more than its delay explains.
   Less than the floor, ns, is left to the filters: no disruption is that small. */
#define ODD_SIGMA 6.0
#define ODD_FLOOR 10000.0
/* From so many samples on, and no longer than it takes to replace all that are remembered, is
   looked for samples beside the estimate: later a jump is told by its sigma. */
#define BESIDE_FROM 4
/* The rate that one sample alone leaves open, ppb: the fastest that a kernel can follow
   (adjtimex(2), tick); where the rate was known before a jump, what a step of the frequency makes
   of it at most. */
#define EARLY_RATE       1e8
#define EARLY_RATE_KNOWN 500000.0
/* What the rate may have changed by since two samples have told it, ppb. */
#define EARLY_RATE_CHANGE 15000.0
/* Two samples tell of the same clock when no more lies between them than their delays and a rate
   that the kernel could follow, ppb. */
#define AGREE_RATE 500000.0
/* Where ticks are lost, any rate: two of three may be. */
#define AGREE_RATE_COARSE 2e9

/* What is left to the filters where the noise is not known. Who has to begin anew again and again
   is noisier than its delays tell. */
static double early_floor(const GclkEstimator *e)
{
	return ldexp(ODD_FLOOR, 2 * (int)e->early_jumps);
}

/* A pause that falls between the first two samples after a start or another pause must not be taken
   for a strange rate, as far as that can be told. */
static double second_oddness(const GclkEstimator *e, const GclkMemo *m)
{
	double rate = e->rate_known ? EARLY_RATE_KNOWN : EARLY_RATE;
	const GclkMemo *first = gclk_estimator_newest(e);
	double error = fabs(
		(double)(m->offset - e->base_offset) - gclk_estimator_bank_at(e, m->raw).offset);

	return error / ((double)(m->delay / 2 + first->delay / 2) + early_floor(e) +
			       gclk_estimator_seconds(m->raw - first->raw) * rate);
}

/* From the third sample on the line through the first and the last one tells the rate, as well as
   their delays let it. */
static double early_oddness(const GclkEstimator *e, const GclkMemo *m)
{
	const GclkMemo *first = &e->recent[0], *last = gclk_estimator_newest(e);
	double span = gclk_estimator_seconds(last->raw - first->raw),
	       since = gclk_estimator_seconds(m->raw - last->raw);
	double rate = (double)(last->offset - first->offset) / span;
	double error = fabs((double)(m->offset - last->offset) - rate * since);
	double near = gclk_estimator_leeway(e, last->delay) + early_floor(e);
	double rate_error =
		(gclk_estimator_leeway(e, first->delay) + near) / span + EARLY_RATE_CHANGE;

	return error / (gclk_estimator_leeway(e, m->delay) + near + since * rate_error);
}

double gclk_estimator_oddness(const GclkEstimator *e, const GclkMemo *m)
{
	GclkMixture now;
	double sigma, error;

	if (e->samples == 0 || (e->coarseness && e->samples < GCLK_ESTIMATOR_ODD_KNOWN))
		return 0;
	if (e->samples < GCLK_ESTIMATOR_ODD_KNOWN)
		return e->samples == 1 ? second_oddness(e, m) : early_oddness(e, m);
	now = gclk_estimator_bank_at(e, m->raw);
	error = fabs((double)(m->offset - e->base_offset) - now.offset) -
		gclk_estimator_leeway(e, m->delay);
	sigma = sqrt(now.offset_variance + now.scale * gclk_estimator_weigh(e, m->delay));
	return error / MAX(ODD_SIGMA * sigma, ODD_FLOOR);
}

gboolean gclk_estimator_agree(const GclkMemo *a, const GclkMemo *b, gboolean coarse)
{
	double rate = coarse ? AGREE_RATE_COARSE : AGREE_RATE;
	double drift = fabs(gclk_estimator_seconds(b->raw - a->raw)) * rate;

	return fabs((double)(a->offset - b->offset)) <=
	       (double)(a->delay / 2 + b->delay / 2) + drift + ODD_FLOOR;
}

gboolean gclk_estimator_is_beside(GclkEstimator *e, const GclkMemo *m)
{
	const GclkMixture now = gclk_estimator_bank_at(e, m->raw);
	double error = (double)(m->offset - e->base_offset) - now.offset;
	double near =
		gclk_estimator_leeway(e, m->delay) + early_floor(e) + sqrt(now.offset_variance);

	if (e->samples < BESIDE_FROM || e->samples > GCLK_ESTIMATOR_RECENT || e->coarseness ||
		fabs(error) < near) {
		e->beside_n = 0;
		return FALSE;
	}
	if (e->beside_ahead != (error > 0))
		e->beside_n = 0;
	e->beside_ahead = error > 0;
	e->beside[e->beside_n++] = *m;
	return e->beside_n == GCLK_ESTIMATOR_AGREE;
}
