/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMware's backdoor: how it is called, and what detection asks there: is the periodic
 * synchronization of the tools switched on for this VM? (Command 13, GETGUIOPTIONS, bit 0x400; what
 * "vmware-toolbox-cmd timesync status" shows. Registers as in open-vm-tools' backdoor_def.h.)
 *
 * An I/O instruction from user mode is an error anywhere but on VMware, and there too where the
 * VM's settings restrict the backdoor. So it is asked only where CPUID says VMware, and first by a
 * child that may die of it.
 */
#ifndef GUESTCLOCK_VMWARE_BACKDOOR_H
#define GUESTCLOCK_VMWARE_BACKDOOR_H

#include "detect/hypervisor.h"

/* 1: on, 0: off, -1: not known, or not VMware. cpuid may be NULL: not x86. */
int gclk_vmware_ask_periodic_sync(GclkCpuid cpuid);

/* The same by this processor's CPUID, for GclkMachine; user is not used. */
int gclk_vmware_periodic_sync(gpointer user);

/* --- for other commands (vmware-time.h) --------------------------------------------------------
 */

/* EAX, EBX, ECX, EDX, ESI, EDI. */
typedef struct {
	guint32 a, b, c, d, si, di;
} GclkBackdoorRegisters;

#define GCLK_BACKDOOR_MAGIC     0x564d5868u
#define GCLK_BACKDOOR_NOT_THERE 0xffffffffu

/* Does CPUID say VMware? *features: how it wants to be called (leaf 0x40000010, ECX). */
gboolean gclk_backdoor_expected(GclkCpuid cpuid, guint32 *features);

/* May kill the process. Not x86: every command is "not there". */
void gclk_backdoor_call(guint32 features, guint32 command, GclkBackdoorRegisters *out);

/* Asks for the version first, then has a child run ask. Returns what ask did, 0 .. 99, or -1: there
   is no backdoor. */
int gclk_backdoor_try(guint32 features, int (*ask)(guint32 features));

#endif
