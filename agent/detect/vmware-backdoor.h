/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMware's backdoor, as far as detection needs it: is the periodic synchronization of the tools
 * switched on for this VM? (Command 13, GETGUIOPTIONS, bit 0x400; what "vmware-toolbox-cmd timesync
 * status" shows. Registers as in open-vm-tools' backdoor_def.h.)
 *
 * An I/O instruction from user mode is an error anywhere but on VMware, and there too where the
 * VM's settings restrict the backdoor. So it is asked only where CPUID says VMware, and by a child
 * that may die of it.
 */
#ifndef GUESTCLOCK_VMWARE_BACKDOOR_H
#define GUESTCLOCK_VMWARE_BACKDOOR_H

#include "detect/hypervisor.h"

/* 1: on, 0: off, -1: not known, or not VMware. cpuid may be NULL: not x86. */
int gclk_vmware_ask_periodic_sync(GclkCpuid cpuid);

/* The same by this processor's CPUID, for GclkMachine; user is not used. */
int gclk_vmware_periodic_sync(gpointer user);

#endif
