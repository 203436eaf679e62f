/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated platform's insides: platform-sim.c is put together with link-sim.c. */
#ifndef GUESTCLOCK_PLATFORM_SIM_H
#define GUESTCLOCK_PLATFORM_SIM_H

#include "world.h"

SimWorld *sim_platform_world(GclkPlatform *platform);

/* Fills in the streams. */
void sim_platform_add_streams(GclkPlatform *platform);

#endif
