/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host says has happened to this guest: by an event packet (mode 5), and by the count of
 * disruptions that goes with every answer, so that a lost event is still news, and one that was
 * told twice is not.
 */
#ifndef GUESTCLOCK_LINK_NEWS_H
#define GUESTCLOCK_LINK_NEWS_H

#include "guestclock/link.h"

typedef struct {
	gboolean counted; /* count has been seen since the host's end was connected */
	guint32 count;
	gint64 last; /* boottime of the last event, ns; 0: none yet */
	gint64 due;  /* how often a disruption was told: see link-news.c */
} GclkLinkNews;

/* Another server may be at the other end, whose count begins anew. */
void gclk_link_news_forget(GclkLinkNews *news);

/* An answer to us states that count; a smaller one than before is that of another server, which
   counts from 0. Returns what has happened to this guest, for people (static), or NULL: nothing
   new, or told too often to be believed. now: boottime, ns. */
const char *gclk_link_news_count(GclkLinkNews *news, guint32 count, gint64 now);

/*
 * An event packet came. FALSE: it is no news, since the count in it is known or the last event was
 * only just now, or there were too many; to be dropped. *what: as above, or NULL when the clocks of
 * this guest are not concerned. now: boottime, ns.
 */
gboolean gclk_link_news_event(
	GclkLinkNews *news, const GclkLinkPacket *packet, gint64 now, const char **what);

#endif
