/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest as server: what it answers when the host asks for its time. */
#ifndef GUESTCLOCK_LINK_SERVE_H
#define GUESTCLOCK_LINK_SERVE_H

#include "source/link.h"

#define GCLK_LINK_SERVE_RATE 64 /* answers in a second at most */

typedef struct {
	gint64 second; /* boottime, s */
	guint answers; /* in that second */
} GclkLinkServe;

typedef enum {
	GCLK_LINK_SERVE_SENT,
	GCLK_LINK_SERVE_NOT_ASKED, /* it carries no nonce: not a question */
	GCLK_LINK_SERVE_TOO_OFTEN,
	GCLK_LINK_SERVE_UNSENT, /* see error */
} GclkLinkServeResult;

/* Answers a request (mode 3) that arrived then. */
GclkLinkServeResult gclk_link_serve(GclkLinkServe *serve, GclkPlatform *platform,
	GclkStream *stream, const GclkLinkSettings *settings, const GclkNtpHeader *request,
	const GclkClockPair *arrival, GError **error);

/* The header and the field of such an answer, without its timestamps: a guest that is not
   synchronised says leap 3 and stratum 16. guest: NULL: nothing is known. */
void gclk_link_serve_describe(const GclkLinkGuest *guest, gint64 precision, GclkLinkPacket *out);

#endif
