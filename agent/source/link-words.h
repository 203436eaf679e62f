/* SPDX-License-Identifier: BSD-2-Clause */
/* What the link source says to people: why there is no time by the link, and what the host is. The
   channel is the source's name, which stands before each of these sentences. */
#ifndef GUESTCLOCK_LINK_WORDS_H
#define GUESTCLOCK_LINK_WORDS_H

#include "guestclock/link.h"
#include "source/ntp-check.h"
#include "source/source.h"

/* What stands in the way of a channel. */
typedef enum {
	GCLK_LINK_MISSING,    /* there is no such port */
	GCLK_LINK_UNATTENDED, /* nobody is at the other end */
	GCLK_LINK_DEAF,       /* somebody is, and does not read */
	GCLK_LINK_SILENT,     /* ... and does not answer */
	GCLK_LINK_SLOW,       /* ... and answers after our patience */
} GclkLinkTrouble;

/* One sentence without a full stop, with the remedy for that kind of channel. */
const char *gclk_link_trouble_reason(GclkLinkTrouble trouble, const char *channel);

/* Why a channel could not be opened; *condition: what that makes of the source. Caller frees. */
char *gclk_link_open_reason(
	const GError *error, const char *channel, GclkSourceCondition *condition);

/* Why a channel that was open, or being opened, is no more: errno, or 0. Caller frees. */
char *gclk_link_failure_reason(gint error, const char *channel);

/* Why the host's time is not believed although its rate is: unfit as in GclkNtpReply, distance in
   ns; host: its claims, or NULL. Caller frees. */
char *gclk_link_unfit_reason(const GclkNtpReply *reply, gint64 distance, const GclkLinkHost *host);

/* What holds the host's clock: "ptp", "ntp, in place of ptp"; "" if it does not say. */
const char *gclk_link_host_identity(const GclkLinkHost *host);

#endif
