/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": the known word that is nearest to what somebody typed. */
#ifndef GUESTCLOCK_NEAREST_H
#define GUESTCLOCK_NEAREST_H

#include <glib.h>

/* Letters to insert, drop, exchange or swap with their neighbour to get from one ASCII word to the
   other, case aside (optimal string alignment). Words beyond 63 letters are G_MAXUINT apart. */
guint gclk_word_distance(const char *a, const char *b);

/* The entry of words (ended by NULL) nearest to word, if it is near enough to be a mistyping of
   it: at most a third of its letters and at most three are wrong. Else NULL. */
const char *gclk_nearest(const char *word, const char *const *words);

#endif
