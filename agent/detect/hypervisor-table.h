/* SPDX-License-Identifier: BSD-2-Clause */
/* What hypervisors show of themselves, and the word of each (those of systemd-detect-virt). */
#ifndef GUESTCLOCK_HYPERVISOR_TABLE_H
#define GUESTCLOCK_HYPERVISOR_TABLE_H

#include "detect/hypervisor.h"

/* Shown by Hyper-V, and by others that offer its enlightenments: in none of the tables. */
#define GCLK_SIGNATURE_MICROSOFT "Microsoft Hv"

typedef struct {
	const char *text;
	const char *verdict;
} GclkHypervisorRow;

/* Each returns the number of rows. */

/* CPUID signatures: EBX ECX EDX of the base leaf, trailing NULs cut. Of several in one machine the
   first row counts. */
gsize gclk_hypervisor_signatures(const GclkHypervisorRow **out);
/* Values of FreeBSD's kern.vm_guest. */
gsize gclk_hypervisor_vm_guests(const GclkHypervisorRow **out);
/* Parts of /proc/device-tree/hypervisor/compatible. */
gsize gclk_hypervisor_device_trees(const GclkHypervisorRow **out);

typedef struct {
	const char *prefix; /* of a DMI string */
	const char *verdict;
	gboolean first; /* believed before CPUID, which these leave to others' signatures */
} GclkHypervisorDmi;

gsize gclk_hypervisor_dmi_prefixes(const GclkHypervisorDmi **out);

/* Where a DMI field is found: its file in /sys/class/dmi/id, and FreeBSD's kernel environment. */
typedef struct {
	const char *file, *kenv;
} GclkDmiName;

const GclkDmiName *gclk_dmi_name(GclkDmiField field);

#endif
