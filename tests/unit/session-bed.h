/* SPDX-License-Identifier: BSD-2-Clause */
/* A session on a desk: a clock that the test turns, a guest whose clock is off by what the test
   says, and a note of every frame that the host sends. */
#ifndef GUESTCLOCK_TEST_SESSION_BED_H
#define GUESTCLOCK_TEST_SESSION_BED_H

#include "guests/session.h"

#define BED_FRAMES_MAX 512

typedef struct {
	GclkSessionHost host;
	GclkSession session;
	GclkStamp stamp;     /* the host's clocks now */
	gint64 guest_behind; /* host minus guest, ns */
	gboolean full;       /* the guest does not read */
	guint64 next_random;
	guint n_frames; /* sent by the host */
	GclkSessionFrame kinds[BED_FRAMES_MAX];
	GclkLinkPacket frames[BED_FRAMES_MAX];
} GclkSessionBed;

/* A host that is synchronised by NTP; the first question is due at once. */
void gclk_session_bed_init(GclkSessionBed *bed);
/* Time passes; what is due happens. */
void gclk_session_bed_pass(GclkSessionBed *bed, gint64 ns);
/* The host's clock is stepped. */
void gclk_session_bed_step(GclkSessionBed *bed, gint64 ns);
/* The last frame that the host has sent. */
const GclkLinkPacket *gclk_session_bed_last(const GclkSessionBed *bed);
/* The answer of the guest to the last question, which takes there ns to come to it, held ns there,
   back ns to return. Changes of *answer (or NULL) have been asked for by edit. */
void gclk_session_bed_answer(GclkSessionBed *bed, gint64 there, gint64 held, gint64 back,
	void (*edit)(GclkLinkPacket *answer));
/* The guest sends a packet, now. */
void gclk_session_bed_send(GclkSessionBed *bed, const GclkLinkPacket *packet);
/* The guest asks for the time, with that nonce. */
void gclk_session_bed_request(GclkSessionBed *bed, guint64 nonce);

#endif
