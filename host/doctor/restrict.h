/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpd's access control (ntp.conf(5), "restrict"): it holds for the answers of its own servers,
 * too. Pure; no name is looked up.
 */
#ifndef GUESTCLOCK_RESTRICT_H
#define GUESTCLOCK_RESTRICT_H

#include "doctor/time-config.h"

typedef enum {
	GCLK_RESTRICT_IGNORE = 1 << 0,  /* every packet is dropped */
	GCLK_RESTRICT_NOSERVE = 1 << 1, /* all but control messages are, servers' answers too */
	GCLK_RESTRICT_NOTRUST = 1 << 2, /* those without a key are */
	GCLK_RESTRICT_NOQUERY = 1 << 3, /* control messages are */
	GCLK_RESTRICT_NOPEER = 1 << 4,  /* no new associations, such as those of a pool */
} GclkRestrictFlags;

typedef struct {
	GclkRestrictFlags flags;
	const GclkConfigLine *line; /* the one that says so, the last of several; NULL: built in */
} GclkRestriction;

/* What holds for a numeric address, by the most specific line; lines with host names do not count.
 */
GclkRestriction gclk_restrict_of_address(const GclkTimeConfig *config, const char *address);
/* What holds by default for servers whose addresses are not known: of IPv4 and IPv6 together what
   both forbid, since one of them is enough. */
GclkRestriction gclk_restrict_of_others(const GclkTimeConfig *config);
/* The line for that host name, or NULL. */
const GclkConfigLine *gclk_restrict_by_name(const GclkTimeConfig *config, const char *name);
/* "restrict source": it holds for all servers. FALSE: there is none. */
gboolean gclk_restrict_of_sources(const GclkTimeConfig *config, GclkRestriction *out);

#endif
