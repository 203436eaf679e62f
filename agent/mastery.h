/* SPDX-License-Identifier: BSD-2-Clause */
/* One master: may this daemon steer the clock, or is it somebody else's? (conduct 1) Pure. */
#ifndef GUESTCLOCK_MASTERY_H
#define GUESTCLOCK_MASTERY_H

#include "config.h"
#include "detect/environment.h"

typedef struct {
	gboolean steers;
	char *reason;   /* why it is so, for people; NULL when there is nothing to say; owned */
	gboolean rival; /* reason names a rival */
} GclkMastery;

/* may: what platform->may_steer said, may_reason its reason when FALSE. */
GclkMastery gclk_mastery_decide(GclkControl control, gboolean may, const char *may_reason,
	const char *container, const GPtrArray *rivals);

#endif
