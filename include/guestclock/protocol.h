/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds a host's clock: the words that host, gate, link and reports share. */
#ifndef GUESTCLOCK_PROTOCOL_H
#define GUESTCLOCK_PROTOCOL_H

#include <glib.h>

typedef enum {
	GCLK_PROTOCOL_UNKNOWN, /* cannot be told; never counts as yes */
	GCLK_PROTOCOL_NONE,    /* nothing holds it */
	GCLK_PROTOCOL_LOCAL, /* a clock that holds itself ("local stratum", 127.127.1.0): as none */
	GCLK_PROTOCOL_NTP,
	GCLK_PROTOCOL_PTP,
} GclkProtocol;

/* "unknown", "none", "local", "ntp", "ptp"; from_name gives -1 for another word or NULL. */
const char *gclk_protocol_name(GclkProtocol protocol);
gint gclk_protocol_from_name(const char *name);

#endif
