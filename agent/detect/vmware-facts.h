/* SPDX-License-Identifier: BSD-2-Clause */
/* What VMware offers a clock in this VM, for `guestclock detect`. */
#ifndef GUESTCLOCK_VMWARE_FACTS_H
#define GUESTCLOCK_VMWARE_FACTS_H

#include "detect/detection.h"
#include "detect/reader.h"

/* Adds the facts "vmware backdoor" (where machine->host_time is there to find out) and "vmware
   libraries". For VMs of VMware. */
void gclk_vmware_facts_list(const GclkMachine *machine, GclkReader *reader, GPtrArray *out);

#endif
