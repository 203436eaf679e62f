/* SPDX-License-Identifier: BSD-2-Clause */
/* What `ntpctl -s all` of OpenNTPD says, ntpctl(8); its socket speaks C structures, which change.
   Pure. */
#ifndef GUESTCLOCK_OPENNTPD_H
#define GUESTCLOCK_OPENNTPD_H

#include "sync/daemon-report.h"

typedef struct {
	gboolean understood; /* a line about the clock was found */
	gboolean forbidden;  /* ntpctl may not open the socket */
	gboolean unreached;  /* nobody is behind the socket */
	gboolean synced;
	gint stratum;       /* its own; -1: not told */
	guint valid, total; /* peers and sensors */

	/* of the peer or sensor that it follows, the one with a "*" in front */
	char *source; /* name or address, or NULL */
	gboolean sensor;
	gboolean has_offset;
	gint64 offset;    /* ns; reference minus system clock */
	gint trust, poll; /* trust level 0 to 10, and s between polls; -1: not told */
} GclkOpenntpdStatus;

/* Words and lines that are not known are left alone. text: any bytes, with a NUL at the end. */
void gclk_openntpd_parse(const char *text, GclkOpenntpdStatus *out);
void gclk_openntpd_clear(GclkOpenntpdStatus *status);

/* Fills in the first proof: the clock is synced and a source is valid. Neither root dispersion nor
   the time of the last update is shown, so bound and age stay unknown. */
void gclk_openntpd_judge(const GclkOpenntpdStatus *status, GclkDaemonReport *report);

#endif
