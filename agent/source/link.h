/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's clock by the link (guestclock/link.h): the exchange and the checks of the NTP source
 * over a byte stream. It measures in rounds of several exchanges, of which the one with the least
 * round trip gives the sample. It also answers the host's questions, and hands on what the host
 * says of its clock and what it says has happened.
 *
 * A host that says leap 3 is refused as time; its samples carry GCLK_SAMPLE_RATE_ONLY.
 */
#ifndef GUESTCLOCK_LINK_SOURCE_H
#define GUESTCLOCK_LINK_SOURCE_H

#include "source/source.h"

typedef struct {
	const char *channel;  /* "virtio:org.guestclock.0", "vsock:123", "unix:/path" */
	gint poll;            /* log2 s from round to round, 0 .. 10 */
	gint64 assumed_error; /* ns: of a host that makes no claim, flagged as assumed */
	gint64 max_distance;  /* ns: refuse a root distance beyond */
	gint64 pivot;         /* ns since 1970, resolves the era; 0: the build date */
	/* Fills in what the host is told when it asks. */
	void (*tell)(gpointer user, GclkLinkGuest *out);
	gpointer user;
} GclkLinkSettings;

/* Copies the settings. Never fails; what is wrong shows in the condition. Its name is the channel,
   its origin GCLK_ORIGIN_HOST. */
GclkSource *gclk_link_source_new(GclkPlatform *platform, const GclkLinkSettings *settings);

#endif
