/* SPDX-License-Identifier: BSD-2-Clause */
/* `guestclock probe CHANNEL`: one round over the link, and what came of it, as text and JSON. */
#ifndef GUESTCLOCK_PROBE_LINK_H
#define GUESTCLOCK_PROBE_LINK_H

#include "source/source.h"

typedef struct {
	const char *channel;
	GclkSourceCondition condition;
	const char *reason; /* when condition is not OK, or NULL */
	guint64 requests, replies;
	gint stratum;
	gboolean has_host; /* the host says this of its clock */
	GclkLinkHost host;
	gboolean sampled;
	GclkSample sample;
} GclkLinkProbe;

/* At most 80 columns. Caller frees. */
char *gclk_link_probe_to_text(const GclkLinkProbe *probe, gboolean color);
/* One object; units are in the names, what is not known is null. Caller frees. */
char *gclk_link_probe_to_json(const GclkLinkProbe *probe);
/* As of the other probe: 0 usable, 2 refused, 3 no answer. */
int gclk_link_probe_exit_code(const GclkLinkProbe *probe);

/* Is it the name of a channel, not that of a server? */
gboolean gclk_link_probe_is_channel(const char *text);

/* Asks, prints, and returns the exit status. max_distance: ns. */
int gclk_link_probe(const char *channel, gint64 max_distance, gboolean json, gboolean color);

#endif
