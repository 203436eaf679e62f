/* SPDX-License-Identifier: BSD-2-Clause */
/* What the vmclock page witnesses, told to the agent. */
#ifndef GUESTCLOCK_VMCLOCK_WATCH_H
#define GUESTCLOCK_VMCLOCK_WATCH_H

#include "agent.h"
#include "source/vmclock-witness.h"

/* The witness disrupts the agent, and keeps its finding "disruption-ahead". Both arguments are
   borrowed and outlive it. Caller frees. */
GclkVmclockWitness *gclk_vmclock_watch_new(GclkAgent *agent, GclkPlatform *platform);

#endif
