/* SPDX-License-Identifier: BSD-2-Clause */
/* From the configuration and what the machine offers to the sources of an agent. */
#ifndef GUESTCLOCK_SOURCES_H
#define GUESTCLOCK_SOURCES_H

#include "agent.h"

/*
 * Gives the agent the sources that the configuration asks for. Those that it has already, made of
 * the same settings, go on undisturbed; others go. A key file that cannot be read is a finding, and
 * only the servers that need it fail. pivot: ns since 1970 around which NTP eras are resolved.
 */
void gclk_sources_apply(
	GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config, gint64 pivot);

/* Precision clocks and the host's channel may appear after the start: a driver is loaded, a device
   plugged in. Cheap. */
void gclk_sources_look_around(
	GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config, gint64 pivot);

#endif
