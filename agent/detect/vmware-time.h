/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's time from VMware's backdoor, by the best command that is there: 55
 * (GETTIMEFULL_WITH_LAG), 46 (GETTIMEFULL), 23 (GETTIME). Each gives UTC to the microsecond; only
 * 55 tells besides how far the hypervisor is behind with timer interrupts. Command 24 (STOPCATCHUP)
 * makes it drop them. (Registers as in open-vm-tools' backdoor_def.h.)
 *
 * ECX, which says from which error on VMware's own tools would set the clock, is left alone: it is
 * a setting of theirs (1 s unless changed), no word on how far the host's clock may be off.
 */
#ifndef GUESTCLOCK_VMWARE_TIME_H
#define GUESTCLOCK_VMWARE_TIME_H

#include "detect/tick-counters.h"
#include "detect/vmware-backdoor.h"

/* What a command has answered; FALSE: it is not there, or what it says is no time. */
gboolean gclk_vmware_time_take(
	guint32 command, const GclkBackdoorRegisters *answer, GclkHostTime *out);

/* Where a child has lived to see one of the commands work, *out asks by it from then on. FALSE:
   none does, or this is not VMware. cpuid may be NULL: not x86. */
gboolean gclk_vmware_time_find(GclkCpuid cpuid, GclkHostReader *out);

/* The same by this processor's CPUID, for GclkMachine; user is not used. */
gboolean gclk_vmware_host_time(gpointer user, GclkHostReader *out);

#endif
