/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures the health of ticks for some seconds: reads the clocksource's time (RAW) and every
 * counter there is beside it, sleeps and sees how late it wakes, and asks the kernel's files for
 * stolen time, timer hangs and interrupts. The judgement is tick-health.h's.
 *
 * Reads only; nothing is steered or set. The counters:
 * - rtc: the first RTC's seconds, polled in sysfs, where an edge lies between two polls. The kernel
 *   writes a synchronised clock back to the RTC at most every 11 minutes, too seldom to matter in
 *   seconds; an RTC that goes back is not believed.
 * - tsc: where its frequency is stated or was calibrated.
 * - ptp: the host's precision clock, if this process may open it.
 * - host: the host's time, where the hypervisor tells it otherwise (VMware's backdoor).
 */
#ifndef GUESTCLOCK_TICK_PROBE_H
#define GUESTCLOCK_TICK_PROBE_H

#include "detect/detection.h"
#include "detect/tick-health.h"

#define GCLK_TICK_PROBE_DEFAULT (5 * GCLK_NS_PER_S)

/* What goes on beside it; members may be NULL. */
typedef struct {
	/* Called about ten times a second: done of duration ns by RAW are over. */
	void (*progress)(gpointer user, gint64 done, gint64 duration);
	/* The same, two hundred times a second, for what measures too. It must not block: whatever
	   takes longer than a few ms counts as lateness of the machine. */
	void (*step)(gpointer user, gint64 done, gint64 duration);
	/* Asked when it is over: TRUE and one more counter, whose samples live on in user. */
	gboolean (*counter)(gpointer user, GclkTickCounter *out);
	gpointer user;
} GclkTickBeside;

/*
 * Blocks for about duration ns of RAW (on a clock that loses time, longer), never for more than a
 * few times that many sleeps. machine->ticks NULL, or without sleep: nothing is measured, unknown.
 * beside may be NULL.
 */
void gclk_tick_probe_run(const GclkMachine *machine, gint64 duration, const GclkTickBeside *beside,
	GclkTickHealth *out);

#endif
