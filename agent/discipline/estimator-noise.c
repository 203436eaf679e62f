/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include "discipline/estimator-private.h"

/* By so many samples the least delay is known well enough to go by what others exceed it by. */
#define LEAST_KNOWN 4

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

/* What a sample's delay exceeds the least possible one by, ns. The least delay seen is itself above
   the least possible one, by about the mean excess over the root of the number seen. */
static double excess_delay(const GclkEstimator *e, gint64 delay)
{
	gint64 least;
	double mean;

	/* Alone, a sample says nothing of the least delay: half of it may be asymmetry. */
	if (e->recent_n == 0)
		return (double)delay;
	delay_statistics(e, delay, &least, &mean);
	return (double)(delay - least) + 0.6 * (mean - (double)least) / sqrt(e->recent_n + 1.0);
}

double gclk_estimator_leeway(const GclkEstimator *e, gint64 delay)
{
	gint64 least;
	double mean, excess;

	delay_statistics(e, delay, &least, &mean);
	excess = (double)(delay - least) + mean - (double)least;
	return MIN(e->recent_n < LEAST_KNOWN ? (double)delay : excess, (double)delay) / 2;
}

/* Variance of a sample's offset, ns^2. An excess D over the least possible delay leaves the offset
   anywhere within +-D/2: a uniform distribution, variance D^2/12. */
double gclk_estimator_weigh(const GclkEstimator *e, gint64 delay)
{
	double excess = excess_delay(e, delay);

	/* Each of the two stamps is anywhere within its tick. */
	return excess * excess / 12 + GCLK_ESTIMATOR_STAMP_NOISE * GCLK_ESTIMATOR_STAMP_NOISE +
	       (double)e->coarseness * (double)e->coarseness / 12;
}
