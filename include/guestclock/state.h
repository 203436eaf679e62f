/* SPDX-License-Identifier: BSD-2-Clause */
/* How well a guest's clock is kept, and the one table of words for it: status file, link, tables.
 */
#ifndef GUESTCLOCK_STATE_H
#define GUESTCLOCK_STATE_H

#include <glib.h>

/* The numbers travel over the link (doc/link.md): new ones go to the end. */
typedef enum {
	GCLK_STATE_STARTING,       /* no decision yet */
	GCLK_STATE_SYNCHRONISED,   /* a fresh source, and the bound is within max-error */
	GCLK_STATE_HOLDOVER,       /* no fresh source, the bound still within max-error */
	GCLK_STATE_UNSYNCHRONISED, /* see the reason that goes with it */
	GCLK_STATE_DISRUPTED, /* a witness saw the clocks stop or jump, and no source has yet said
				 what the time is now */
	GCLK_STATES,
} GclkState;

/* "starting", "synchronised" ...; from_name gives -1 for an unknown word or NULL. */
const char *gclk_state_name(GclkState state);
gint gclk_state_from_name(const char *name);

#endif
