/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds of the link: several exchanges one after the other, of which the one with the least round
 * trip counts; every 2^poll s a round, in a burst some in quick succession. Numbers only: no clock,
 * no timer, no stream.
 */
#ifndef GUESTCLOCK_LINK_ROUND_H
#define GUESTCLOCK_LINK_ROUND_H

#include "guestclock/sample.h"

#define GCLK_LINK_ROUND_EXCHANGES 8             /* of a round in which all goes well */
#define GCLK_LINK_ROUND_MISSES    2             /* requests without an answer that end a round */
#define GCLK_LINK_ROUND_PATIENCE  GCLK_NS_PER_S /* for an answer */
#define GCLK_LINK_ROUND_SILENT    3             /* rounds in a row without an answer: unreachable */
#define GCLK_LINK_BURST_ROUNDS    4
#define GCLK_LINK_BURST_INTERVAL  (250 * GCLK_NS_PER_MS) /* from beginning to beginning */

typedef struct {
	gboolean running;
	gint64 began;          /* boottime of the round under way or of the last one, ns */
	gint answered, missed; /* requests of the round */
	gboolean sampled;      /* best is valid */
	GclkSample best;
	gint burst;   /* rounds left in a burst, the one under way included; 0: none */
	gint silent;  /* rounds in a row without an answer */
	gint useless; /* rounds in a row with answers, but without a sample */
	guint8 reach; /* rounds with an answer, the newest in bit 0 */
} GclkLinkRound;

/* Begins a round, or begins the one under way anew. */
void gclk_link_round_begin(GclkLinkRound *round, gint64 now);

/* A request was answered; sample: NULL if it gave none. The newest word of the host on whether its
   time may be believed (GCLK_SAMPLE_RATE_ONLY) counts for the whole round. */
void gclk_link_round_answered(GclkLinkRound *round, const GclkSample *sample);

/* A request was not answered in time, or could not be sent. */
void gclk_link_round_missed(GclkLinkRound *round);

/* Has it asked enough? */
gboolean gclk_link_round_over(const GclkLinkRound *round);

/* Ends the round, whose figures stay until the next one begins. Returns how long to wait for that,
   ns; poll: log2 s. */
gint64 gclk_link_round_end(GclkLinkRound *round, gint64 now, gint poll);

/* Ends it without a word: there is nobody to ask any more. */
void gclk_link_round_abandon(GclkLinkRound *round);

/* The next rounds are a burst. FALSE: one is under way. */
gboolean gclk_link_round_burst(GclkLinkRound *round);

#endif
