/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The health of ticks as the daemon sees it, all the time and at hardly any cost: it has no timer
 * of its own, is shown the time whenever the daemon is awake, and then reads little and seldom.
 *
 * The rate comes from the best there is:
 * - what the daemon has learned from its source of time (the estimator's frequency);
 * - without one, the TSC (where the clocksource does not read it), and the RTC's seconds held
 *   against RAW: a reading says between which two seconds RAW is, and the further readings lie
 * apart and the more there are, the narrower are the bounds of the rate (two that are a quarter of
 * an hour apart: 1,100 ppm). The RTC says nothing while the kernel takes itself for synchronised,
 * since then it writes its own time there every 11 minutes. Starvation shows in stolen time
 * (/proc/stat, once a minute) and in how late the daemon's own timer fires. A verdict changes only
 * when the new one has held for half a minute.
 */
#ifndef GUESTCLOCK_TICK_WATCH_H
#define GUESTCLOCK_TICK_WATCH_H

#include "detect/tick-counters.h"
#include "detect/tick-health.h"
#include "guestclock/sample.h"

typedef struct GclkTickWatch GclkTickWatch;

/* A source's word on the rate of RAW. */
typedef struct {
	const char *name;     /* "ntp", "ptp"; static */
	double frequency_ppb; /* reference against RAW: + RAW is slow */
	double sigma_ppb;
} GclkTickReference;

/* system and tsc are borrowed; NULL: there are no counters but the RTC, as in a simulation. */
GclkTickWatch *gclk_tick_watch_new(
	GclkPlatform *platform, const GclkTickSystem *system, const GclkTsc *tsc);
void gclk_tick_watch_free(GclkTickWatch *watch); /* NULL is ignored */

/* The hypervisor tells how far it is behind with ticks (VMware): a word more to the health. Copied;
   NULL: it does not. */
void gclk_tick_watch_use_host(GclkTickWatch *watch, const GclkHostReader *reader);

/* It is raw now. clocksource and reference may be NULL: not known; no source. TRUE: the verdict has
   changed. */
gboolean gclk_tick_watch_look(GclkTickWatch *watch, gint64 raw, const char *clocksource,
	const GclkTickReference *reference);

/* A timer fired so much later than it should, ns. */
void gclk_tick_watch_late(GclkTickWatch *watch, gint64 lateness);

/* The clocks were disturbed (a suspend, a pause, somebody set them): what was measured across that
   moment counts no more. */
void gclk_tick_watch_disturbed(GclkTickWatch *watch);

/* Never NULL; valid until the next look. */
const GclkTickHealth *gclk_tick_watch_health(const GclkTickWatch *watch);

#endif
