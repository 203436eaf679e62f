/* SPDX-License-Identifier: BSD-2-Clause */
/* How a source stands among the others, and the one table of words for it: status file, tables,
 * logs. */
#ifndef GUESTCLOCK_STANDING_H
#define GUESTCLOCK_STANDING_H

#include <glib.h>

typedef enum {
	GCLK_STANDING_WAITING, /* no sample yet */
	GCLK_STANDING_SELECTED,
	GCLK_STANDING_AGREES,      /* could be selected, another one is better */
	GCLK_STANDING_FALSETICKER, /* contradicts the majority */
	GCLK_STANDING_REFUSED,     /* answers, unusable */
	GCLK_STANDING_UNREACHABLE,
	GCLK_STANDING_FAILED,
} GclkStanding;

/* "selected", "agrees" ...; from_name gives -1 for an unknown word or NULL. */
const char *gclk_standing_name(GclkStanding standing);
gint gclk_standing_from_name(const char *name);

#endif
