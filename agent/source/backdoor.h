/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's clock by VMware's backdoor: UTC to the microsecond, read between two looks at our own
 * clocks, the best bracket of a few. What a hypervisor says there has no error bound: an assumed
 * one stands in.
 */
#ifndef GUESTCLOCK_BACKDOOR_SOURCE_H
#define GUESTCLOCK_BACKDOOR_SOURCE_H

#include "detect/tick-counters.h"
#include "source/source.h"

typedef struct {
	const GclkHostReader *reader; /* that works; copied */
	gint poll;                    /* log2 s */
	gint64 assumed_error;         /* ns */
	/* After a step of ours: the hypervisor is to drop its backlog of ticks, which it would else
	   deliver on top (command 24, STOPCATCHUP). NULL: there is no such thing. */
	void (*stop_catchup)(const GclkHostReader *reader);
} GclkBackdoorSettings;

GclkSource *gclk_backdoor_source_new(GclkPlatform *platform, const GclkBackdoorSettings *settings);

#endif
