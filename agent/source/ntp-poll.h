/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to ask an NTP server next: burst, adaptive interval, back-off, and what a server that says
 * RATE or DENY is owed. Numbers only: no clock, no timer, no socket.
 *
 * Manners (RFC 5905 section 14, RFC 8633 section 3): never two requests within 2 s (unless min_poll
 * asks for it), and on average not more than one in 8 s or in 2^min_poll s, whichever is less, for
 * which a burst may run ahead by eight requests, as ntpd does it.
 */
#ifndef GUESTCLOCK_NTP_POLL_H
#define GUESTCLOCK_NTP_POLL_H

#include "guestclock/sample.h"

#define GCLK_NTP_BURST_GOOD         4 /* a burst ends when so many samples came */
#define GCLK_NTP_BURST_TOTAL        8 /* or so many requests were sent */
#define GCLK_NTP_UNREACHABLE_MISSES 5 /* requests in a row without an answer */

typedef struct {
	gint min, max; /* configured, log2 s */
	gint floor;    /* RATE: never below this; 0 at first */
	gint poll;     /* now, log2 s */
	gint score;    /* worth of a longer interval, gathered by tune */
	gint misses;   /* requests in a row without an answer */
	gint back_off; /* added to max poll while there is no answer */
	guint8 reach;
	gint burst_good, burst_left; /* what remains of a burst; 0: none under way */
	gint64 debt;                 /* ns: how far requests ran ahead of that average */
	gint64 spent;                /* ns: the time at which debt was true */
	gint64 held;                 /* ns: DENY, RSTR: no request before this time; 0: not held */
} GclkNtpPoll;

/* min and max: 0 .. 17; max is raised to min. */
void gclk_ntp_poll_init(GclkNtpPoll *poll, gint min, gint max);

/* Starts a burst. FALSE: one is under way, or manners forbid another one: the last ones were just
   now, or the server has ever said RATE. now: monotonic, ns. */
gboolean gclk_ntp_poll_burst(GclkNtpPoll *poll, gint64 now);

/* A request goes out. */
void gclk_ntp_poll_sent(GclkNtpPoll *poll, gint64 now);

/* The request could not be sent at all: it costs the server nothing. */
void gclk_ntp_poll_unsent(GclkNtpPoll *poll);

/* It was answered; good: with a sample. Returns TRUE if the server had been unreachable. */
gboolean gclk_ntp_poll_answered(GclkNtpPoll *poll, gboolean good);

/* Its time is up without an answer. */
void gclk_ntp_poll_missed(GclkNtpPoll *poll);

/* A step made it void: as if it had not been. */
void gclk_ntp_poll_voided(GclkNtpPoll *poll);

/* The server says RATE; its poll field (log2 s) is the least that it wants, as far as it makes
   sense. At least doubles the interval, for good, and ends a burst. */
void gclk_ntp_poll_rate(GclkNtpPoll *poll, gint asked);

/* The server says DENY or RSTR: it is left in peace for an hour. */
void gclk_ntp_poll_denied(GclkNtpPoll *poll, gint64 now);

/* quality > 0: a longer interval would do as well; < 0: a shorter one is wanted. Eight good words
   without a bad one in between lengthen it by one, two bad ones shorten it. */
void gclk_ntp_poll_tune(GclkNtpPoll *poll, gint quality);

/* No answer to so many requests that the server counts as unreachable. */
gboolean gclk_ntp_poll_unreachable(const GclkNtpPoll *poll);

/* Least time between two requests, ns. */
gint64 gclk_ntp_poll_spacing(const GclkNtpPoll *poll);

/* How long to wait for an answer, ns; less than the least time between two requests. */
gint64 gclk_ntp_poll_patience(const GclkNtpPoll *poll);

/* From one request to the next, ns; random (any number) spreads it by up to 2 % either way. */
gint64 gclk_ntp_poll_interval(const GclkNtpPoll *poll, gint64 now, guint32 random);

#endif
