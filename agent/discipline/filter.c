/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/filter.h"

#include <math.h>

/* "Nothing known" of an offset, ns^2: (1000 s)^2. */
#define OFFSET_VARIANCE_UNKNOWN 1e24
/* Memory of scale and likelihood, in measurements. */
#define SCALE_MEMORY      100.0
#define LIKELIHOOD_MEMORY 300.0
/* The scale may not run away on a few odd samples. */
#define SCALE_MIN 1e-4
#define SCALE_MAX 1e12
/* Once the scale is known by this many measurements, likelihoods count, and one measurement
   counts as no greater surprise than this. */
#define SCALE_KNOWN  12
#define SURPRISE_MAX 9.0

void gclk_filter_init(GclkFilter *filter, double wander, double frequency, double sigma)
{
	*filter = (GclkFilter){
		.wander = wander,
		.frequency = frequency,
		.p00 = OFFSET_VARIANCE_UNKNOWN,
		.p11 = sigma * sigma,
		.scale = 1.0,
	};
}

void gclk_filter_predict(GclkFilter *filter, double dt)
{
	filter->offset += filter->frequency * dt;
	filter->p00 +=
		dt * (2 * filter->p01 + dt * filter->p11) + filter->wander * dt * dt * dt / 3;
	filter->p01 += dt * filter->p11 + filter->wander * dt * dt / 2;
	filter->p11 += filter->wander * dt;
}

/* Everything is less certain than was believed, by this factor of variance. */
void gclk_filter_doubt(GclkFilter *filter, double factor)
{
	filter->scale = MIN(filter->scale * factor, SCALE_MAX);
	filter->p00 *= factor;
	filter->p01 *= factor;
	filter->p11 *= factor;
}

/* Scale and likelihood learn from the ratio of what was seen to what was expected. */
static void learn(GclkFilter *filter, double innovation, double variance, double noise)
{
	double surprise = innovation * innovation / variance;
	double rate = 1.0 / MIN(SCALE_MEMORY, filter->updates + 2.0);
	double most = filter->updates < SCALE_KNOWN ? INFINITY : SURPRISE_MAX;
	/* Only the measurement's share of the variance can have been wrong by the scale. */
	double share = noise / variance;
	double factor = 1 + rate * share * (MIN(surprise, most) - 1);

	filter->likelihood *= 1 - 1 / MIN(LIKELIHOOD_MEMORY, filter->updates / 2.0 + 1);
	if (filter->updates >= SCALE_KNOWN)
		filter->likelihood -= 0.5 * (log(variance) + MIN(surprise, most));
	/* While the noise is being found out, what was learned under a lesser one is doubted too.
	 */
	if (filter->updates < SCALE_KNOWN && factor > 1)
		gclk_filter_doubt(filter, factor);
	else
		filter->scale = MAX(filter->scale * factor, SCALE_MIN);
}

void gclk_filter_update(GclkFilter *filter, double measured, double weight)
{
	double innovation = measured - filter->offset;
	double noise = filter->scale * weight, variance = filter->p00 + noise, k0, k1;

	/* The first two only set offset and frequency; there is nothing to be surprised at. */
	if (filter->updates >= 2)
		learn(filter, innovation, variance, noise);
	noise = filter->scale * weight;
	variance = filter->p00 + noise;
	k0 = filter->p00 / variance;
	k1 = filter->p01 / variance;
	filter->offset += k0 * innovation;
	filter->frequency += k1 * innovation;
	filter->p11 -= k1 * filter->p01;
	filter->p01 *= noise / variance;
	filter->p00 = k0 * noise;
	filter->updates++;
}

void gclk_filter_rebase(GclkFilter *filter, double offset)
{
	filter->offset -= offset;
}

void gclk_filter_forget_offset(GclkFilter *filter, double sigma)
{
	filter->p00 = OFFSET_VARIANCE_UNKNOWN;
	filter->p01 = 0;
	filter->p11 = MAX(filter->p11, sigma * sigma);
	filter->updates = 0;
}
