/* SPDX-License-Identifier: BSD-2-Clause */
/* What systemd-timesyncd tells by its properties on D-Bus, org.freedesktop.timesync1(5). Pure. */
#ifndef GUESTCLOCK_TIMESYNCD_H
#define GUESTCLOCK_TIMESYNCD_H

#include "guestclock/address.h"
#include "sync/daemon-report.h"

#define GCLK_TIMESYNCD_BUS_NAME  "org.freedesktop.timesync1"
#define GCLK_TIMESYNCD_PATH      "/org/freedesktop/timesync1"
#define GCLK_TIMESYNCD_INTERFACE "org.freedesktop.timesync1.Manager"
/* Touched each time the clock is adjusted. */
#define GCLK_TIMESYNCD_STAMP "/run/systemd/timesync/synchronized"

typedef struct {
	gboolean has_message;                /* a server has answered since the start */
	guint leap, stratum;                 /* the server's */
	guint64 root_delay, root_dispersion; /* its, us */
	/* us since 1970; origin and destination by our clock, the others by the server's */
	guint64 origin, receive, transmit, destination;
	gboolean ignored;             /* the last answer was an outlier, and not used */
	guint64 packet_count, jitter; /* jitter: us */

	char server[GCLK_ADDRESS_TEXT_MAX]; /* name or address; "": none */
	guint64 poll_interval;              /* us; 0: not told */
	guint n_servers; /* configured; of the fallbacks if there are no others */
} GclkTimesyncdState;

/* properties: a{sv}, of any content. FALSE: not even the type is right. Missing ones are unknown.
 */
gboolean gclk_timesyncd_read(GVariant *properties, GclkTimesyncdState *out);

/* Fills in the first proof: the last answer was used, and that was at most two poll intervals ago.
   stamp: time of the last change of the stamp file, ns since 1970, or 0: there is none. now:
   CLOCK_REALTIME, ns. */
void gclk_timesyncd_judge(
	const GclkTimesyncdState *state, gint64 stamp, gint64 now, GclkDaemonReport *report);

#endif
