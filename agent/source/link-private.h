/* SPDX-License-Identifier: BSD-2-Clause */
/* The link source's insides: link.c (the channel), link-ask.c (rounds), link-take.c (what comes).
 */
#ifndef GUESTCLOCK_LINK_PRIVATE_H
#define GUESTCLOCK_LINK_PRIVATE_H

#include "source/link-news.h"
#include "source/link-round.h"
#include "source/link-serve.h"
#include "source/link-words.h"
#include "source/link.h"
#include "source/ntp-exchange.h"

/* Wait before a channel is opened again, at first and after an answer; then twice that, and so on.
 */
#define GCLK_LINK_LOOK_FIRST GCLK_NS_PER_S

/* What is dropped for other reasons than an NTP answer would be. */
typedef enum {
	GCLK_LINK_DROP_NOISE = GCLK_NTP_VERDICTS, /* bytes between frames */
	GCLK_LINK_DROP_CUT,                       /* halves of frames */
	GCLK_LINK_DROP_FLOOD,                     /* more questions than are answered */
	GCLK_LINK_DROP_UNSENT,                    /* answers that the other end did not read */
	GCLK_LINK_DROP_EVENT,                     /* events that were no news */
	GCLK_LINK_DROPS,
} GclkLinkDrop;

typedef struct {
	GclkSource base;
	char *channel;
	GclkLinkSettings settings;

	GclkStream *stream; /* NULL: to be opened */
	gboolean connected; /* somebody is at the other end */
	gint64 look;        /* wait before the next opening, ns */
	GclkLinkReader reader;
	guint cut;   /* timer: end of patience with half a frame */
	guint timer; /* next opening, request or round, or the end of patience */

	GclkNtpExchange exchange;
	GclkLinkRound round;
	GclkLinkNews news;
	GclkLinkServe serve;
	GclkNtpReply reply; /* the last answer that was one */
	gint64 heard;       /* RAW when it came, ns */
	gboolean has_host;  /* claims came with it: host */
	GclkLinkHost host;
	gint64 distance;     /* how far it may be off, ns */
	gboolean claimed;    /* the listener was told host */
	gboolean late, deaf; /* in this round: answers came too late, requests were not read */
	GclkSourceDrop drops[GCLK_LINK_DROPS];
} GclkLink;

static inline gint64 gclk_link_now(GclkLink *self)
{
	return self->base.platform->boottime(self->base.platform);
}

/* link.c: the one timer; func NULL: none. */
void gclk_link_set_timer(GclkLink *self, gint64 delay, GclkTimerFunc func);
void gclk_link_set_trouble(GclkLink *self, GclkLinkTrouble trouble);
/* What the host said of its clock holds no more. */
void gclk_link_unclaim(GclkLink *self);
/* The channel is of no use as it is: it is opened again after a while. */
void gclk_link_close(GclkLink *self);

/* link-ask.c: begins a round (a GclkTimerFunc). */
void gclk_link_begin_round(gpointer self);
/* An exchange is over: on to the next one, or to the end of the round. */
void gclk_link_proceed(GclkLink *self);
/* What was measured until now is worth nothing: a new round begins (almost) at once, from the loop.
 */
void gclk_link_begin_again(GclkLink *self);

/* link-take.c: bytes came. */
void gclk_link_take(GclkLink *self, const guint8 *data, gsize length, const GclkClockPair *arrival);

#endif
