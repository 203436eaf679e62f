/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's clock by VMware's backdoor: UTC to the microsecond, read between two looks at our own
 * clocks, the best bracket of a few. What a hypervisor says there has no error bound: an assumed
 * one stands in.
 *
 * Where the clock counts ticks (platform->coarseness), the hypervisor delivers late ones faster
 * until it has caught up, and tells how far it is behind (command 55). Time that is on its way thus
 * is no error: the offset leaves it out, and the bound holds it, since a tick may also be lost for
 * ever. Any other clock lacks nothing while interrupts are late.
 */
#ifndef GUESTCLOCK_BACKDOOR_SOURCE_H
#define GUESTCLOCK_BACKDOOR_SOURCE_H

#include "detect/tick-counters.h"
#include "source/source.h"

typedef struct {
	const GclkHostReader *reader; /* that works; copied */
	gint poll;                    /* log2 s, 0 .. 10 */
	gint64 assumed_error;         /* ns */
} GclkBackdoorSettings;

/* Its name is "vmware-backdoor". */
GclkSource *gclk_backdoor_source_new(GclkPlatform *platform, const GclkBackdoorSettings *settings);

#endif
