/* SPDX-License-Identifier: BSD-2-Clause */
/* What chronyd's answers mean. Pure. */
#ifndef GUESTCLOCK_CHRONY_H
#define GUESTCLOCK_CHRONY_H

#include "sync/chrony-packet.h"
#include "sync/chrony-refclock.h"
#include "sync/daemon-report.h"

#define GCLK_CHRONY_SEEN_MAX 8

typedef struct {
	GclkChronyTracking tracking;
	guint32 n_sources;
	guint n_seen; /* sources that were looked at until the selected one was found */
	GclkChronySource seen[GCLK_CHRONY_SEEN_MAX]; /* the first of them */
	gboolean has_selected;
	GclkChronySource selected;
} GclkChronyAnswers;

/*
 * Fills in the first proof: locked when the leap indicator is not 3, there is a reference other
 * than its own clock, and the selected source was reached in one of its last eight polls and led to
 * an update lately. The leap indicator alone proves nothing: it stays "Normal" when a reference
 * clock has died, and in local mode.
 *
 * refclock: what the selected source is when its mode says refclock; else NULL. now:
 * CLOCK_REALTIME, ns.
 */
void gclk_chrony_judge(const GclkChronyAnswers *answers, const GclkChronyRefclock *refclock,
	gint64 now, GclkDaemonReport *report);

/* Takes one source into the answers, the selected one as such. */
void gclk_chrony_add_source(GclkChronyAnswers *answers, const GclkChronySource *source);

/* ns, saturated at +-GCLK_BOUND_UNKNOWN. */
gint64 gclk_chrony_ns(double seconds);

#endif
