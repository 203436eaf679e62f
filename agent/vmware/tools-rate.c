/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware/tools-rate.h"

#include <string.h>

#include "guestclock/sample.h"

#define SPAN_MIN (60 * GCLK_NS_PER_S)
/* No clock is that wrong: a reading that says so is of something else. */
#define PPM_MAX 500000.0
/* A counter beyond what a century has is rubbish. */
#define ELAPSED_MAX (G_GUINT64_CONSTANT(100) * 366 * 86400 * 1000)

void gclk_tools_rate_reset(GclkToolsRate *rate)
{
	rate->n = 0;
}

/* Between the cut and the question, the host's time was this, give or take that. */
static void slope(const GclkToolsReading *a, const GclkToolsReading *b, double *least, double *most)
{
	double raw = (double)(b->raw - a->raw);
	double host = (double)(b->elapsed_ms - a->elapsed_ms) * GCLK_NS_PER_MS;
	double doubt = (double)(a->doubt + b->doubt + GCLK_NS_PER_MS);

	*least = MAX(*least, ((host - doubt) / raw - 1) * 1e6);
	*most = MIN(*most, ((host + doubt) / raw - 1) * 1e6);
}

static gboolean follows(const GclkToolsReading *old, const GclkToolsReading *new)
{
	return new->raw > old->raw &&new->elapsed_ms >= old->elapsed_ms;
}

/* The bounds that every pair allows. FALSE: no line fits them all. */
static gboolean fit(const GclkToolsRate *rate, double *least, double *most)
{
	*least = -PPM_MAX;
	*most = PPM_MAX;
	for (gsize i = 0; i < rate->n; i++)
		for (gsize j = i + 1; j < rate->n; j++)
			slope(&rate->readings[i], &rate->readings[j], least, most);
	return *least <= *most;
}

void gclk_tools_rate_add(GclkToolsRate *rate, const GclkToolsReading *reading)
{
	double least, most;

	if (reading->elapsed_ms > ELAPSED_MAX || reading->doubt < 0)
		return;
	if (rate->n && !follows(&rate->readings[rate->n - 1], reading))
		rate->n = 0;
	if (rate->n == GCLK_TOOLS_RATE_MAX)
		memmove(rate->readings, rate->readings + 1, --rate->n * sizeof *reading);
	rate->readings[rate->n++] = *reading;
	if (fit(rate, &least, &most))
		return;
	rate->readings[0] = *reading;
	rate->n = 1;
}

gboolean gclk_tools_rate_get(const GclkToolsRate *rate, double *least, double *most)
{
	if (rate->n < 3 || rate->readings[rate->n - 1].raw - rate->readings[0].raw < SPAN_MIN)
		return FALSE;
	return fit(rate, least, most);
}

double gclk_tools_rate_stolen(const GclkToolsRate *rate, guint cpus)
{
	const GclkToolsReading *first = &rate->readings[0];
	const GclkToolsReading *last = rate->n ? &rate->readings[rate->n - 1] : first;
	double elapsed;

	if (rate->n < 3 || cpus == 0 || last->raw - first->raw < SPAN_MIN ||
		first->stolen_ms == G_MAXUINT64 || last->stolen_ms == G_MAXUINT64 ||
		last->stolen_ms < first->stolen_ms)
		return -1;
	elapsed = (double)(last->elapsed_ms - first->elapsed_ms);
	if (elapsed <= 0)
		return -1;
	return MIN((double)(last->stolen_ms - first->stolen_ms) / elapsed / cpus, 1);
}
