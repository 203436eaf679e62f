/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rate of RAW against time that comes from outside, as one more counter for the measurement of
 * ticks (tick-probe.h): what a living guestclockd has learned of it, or an NTP server that is asked
 * once more when the measurement is about to end. Nothing waits for that server.
 *
 * The bound of an exchange is half its round trip, so a server that is 20 ms away tells the rate in
 * 5 s to 4,000 ppm: enough to see that one tick in twenty is lost, and no more.
 */
#ifndef GUESTCLOCK_REFERENCE_RATE_H
#define GUESTCLOCK_REFERENCE_RATE_H

#include "detect/tick-health.h"
#include "doctor/ntp-round.h"

typedef struct GclkReferenceRate GclkReferenceRate;

GclkReferenceRate *gclk_reference_rate_new(GclkPlatform *platform);
/* Gives up what is under way. NULL is ignored. */
void gclk_reference_rate_free(GclkReferenceRate *rate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkReferenceRate, gclk_reference_rate_free)

/* Takes the daemon's word. FALSE: it does not know the rate of this clocksource (NULL: not known)
   from a source of time, or says of one that counts by itself what is worth being measured anew. Of
   a clocksource that counts ticks it knows what was, which need not be so now. */
gboolean gclk_reference_rate_from_status(
	GclkReferenceRate *rate, const GclkStatus *status, const char *clocksource);

/* Takes the server of this round that was answered fastest, which may come to be known while the
   round goes on. round is borrowed. */
void gclk_reference_rate_from_round(GclkReferenceRate *rate, const GclkNtpRound *round);

/* To be called again and again while done of duration ns (RAW) pass; never blocks. The answers come
   through the platform's loop. */
void gclk_reference_rate_step(GclkReferenceRate *rate, gint64 done, gint64 duration);

/* TRUE, and the counter; its samples belong to rate. FALSE: there is nothing to compare with. */
gboolean gclk_reference_rate_counter(const GclkReferenceRate *rate, GclkTickCounter *out);

#endif
