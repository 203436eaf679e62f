/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host says of its own clock, and what that means for the sources that show this clock:
 * the link itself, the precision clock, a hypervisor's own interface. Pure.
 */
#ifndef GUESTCLOCK_HOST_CLAIM_H
#define GUESTCLOCK_HOST_CLAIM_H

#include "guestclock/link.h"
#include "guestclock/sample.h"

typedef struct {
	gboolean known; /* the host has said something */
	GclkLinkHost host;
	gint64 raw;   /* RAW when it said so, ns */
	gint64 valid; /* ns: for so long it holds */
} GclkHostClaim;

/* Does it still hold? */
gboolean gclk_host_claim_holds(const GclkHostClaim *claim, gint64 raw);

/* Why the host's clock must not be used as time, for people (static), or NULL: it may, or nothing
   is known of it. */
const char *gclk_host_claim_refusal(const GclkHostClaim *claim, gint64 raw);

/*
 * Applies it to a sample of the host's clock by whatever way. A bound that was only assumed becomes
 * the one that the host states, grown by its age, and is assumed no longer; a stated bound stays. A
 * leap second that the host knows of is announced. The clock of a host that is not synchronised
 * counts for its rate only.
 */
void gclk_host_claim_bind(const GclkHostClaim *claim, GclkSample *sample);

#endif
