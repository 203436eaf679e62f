/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One exchange with each NTP server, all at once, for a few seconds at most: names are resolved,
 * every server is asked, after two seconds once more (RFC 5905 section 14), and whoever is still
 * silent two seconds later has not answered.
 */
#ifndef GUESTCLOCK_NTP_ROUND_H
#define GUESTCLOCK_NTP_ROUND_H

#include "config.h"
#include "doctor/check-ntp.h"
#include "source/ntp-exchange.h"

typedef struct GclkNtpRound GclkNtpRound;

/*
 * Begins to ask config->servers. keys: of gclk_ntp_keys_parse, or NULL. done is called from the
 * platform's loop when all have answered or run out of time, never from inside this call.
 */
GclkNtpRound *gclk_ntp_round_start(GclkPlatform *platform, const GclkConfig *config, GArray *keys,
	GclkTimerFunc done, gpointer user);

/* Of each server what came of it, in the configured order; GclkNtpAnswer *, the caller's. */
GPtrArray *gclk_ntp_round_answers(const GclkNtpRound *round);

/* A server that has given a good answer, and all that it takes to ask it again. */
typedef struct {
	GclkAddress address;
	GclkNtpContext context; /* its key is borrowed */
	GclkSample sample;      /* what it has answered */
} GclkNtpWitness;

/* The one of them with the shortest round trip, so far; none that serves its own clock. FALSE:
   there is none yet. */
gboolean gclk_ntp_round_witness(const GclkNtpRound *round, GclkNtpWitness *out);

/* Stops what is under way. */
void gclk_ntp_round_free(GclkNtpRound *round);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkNtpRound, gclk_ntp_round_free)

#endif
