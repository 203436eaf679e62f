/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/link-round.h"

/* A host that said nothing is asked again sooner than usual at first, and never much later: it may
   just be starting. */
#define RETRY     (4 * GCLK_NS_PER_S)
#define RETRY_MAX (64 * GCLK_NS_PER_S)

void gclk_link_round_begin(GclkLinkRound *round, gint64 now)
{
	round->running = TRUE;
	round->began = now;
	round->answered = round->missed = 0;
	round->sampled = FALSE;
}

void gclk_link_round_answered(GclkLinkRound *round, const GclkSample *sample)
{
	round->answered++;
	if (!sample)
		return;
	if (round->sampled && sample->delay >= round->best.delay &&
		!((sample->flags ^ round->best.flags) & GCLK_SAMPLE_RATE_ONLY))
		return;
	round->sampled = TRUE;
	round->best = *sample;
}

void gclk_link_round_missed(GclkLinkRound *round)
{
	round->missed++;
}

gboolean gclk_link_round_over(const GclkLinkRound *round)
{
	return round->missed >= GCLK_LINK_ROUND_MISSES ||
	       round->answered + round->missed >= GCLK_LINK_ROUND_EXCHANGES;
}

static gint64 interval(const GclkLinkRound *round, gint poll)
{
	gint64 usual = GCLK_NS_PER_S << poll;

	if (round->burst > 0)
		return GCLK_LINK_BURST_INTERVAL;
	if (round->silent == 0)
		return usual;
	return MIN(usual, round->silent < GCLK_LINK_ROUND_SILENT ? RETRY : RETRY_MAX);
}

gint64 gclk_link_round_end(GclkLinkRound *round, gint64 now, gint poll)
{
	gboolean heard = round->answered > 0;

	round->running = FALSE;
	round->reach = (guint8)(round->reach << 1 | (heard ? 1 : 0));
	round->silent = heard ? 0 : round->silent + 1;
	round->useless = round->sampled ? 0 : round->useless + (heard ? 1 : 0);
	if (round->burst > 0)
		round->burst--;
	return MAX(round->began + interval(round, poll) - now, 0);
}

void gclk_link_round_abandon(GclkLinkRound *round)
{
	round->running = FALSE;
	round->burst = 0;
	round->sampled = FALSE;
}

gboolean gclk_link_round_burst(GclkLinkRound *round)
{
	if (round->burst > 0)
		return FALSE;
	round->burst = GCLK_LINK_BURST_ROUNDS;
	return TRUE;
}
