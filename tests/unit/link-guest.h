/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest at the other end of a stream, as tests play it: it answers what it is asked, and counts
   what it is told. */
#ifndef GUESTCLOCK_TEST_LINK_GUEST_H
#define GUESTCLOCK_TEST_LINK_GUEST_H

#include "guestclock/link.h"

typedef struct {
	int fd;          /* does not block */
	gint64 behind;   /* the host's clock minus its own, ns */
	GclkState state; /* what it says of itself */
	GclkLinkReader reader;
	guint questions, answers, events; /* that have come */
	GclkLinkPacket answer;            /* the last */
	GclkLinkEvent event;              /* the last */
} GclkTestGuest;

/* To a UNIX socket; does not block. */
int gclk_test_guest_connect(const char *path);
/* Reads what is there, and answers questions. */
void gclk_test_guest_run(GclkTestGuest *guest);
/* Asks for the time. */
void gclk_test_guest_ask(GclkTestGuest *guest, guint64 nonce);

#endif
