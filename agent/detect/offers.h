/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host offers beside the processor: devices that a hypervisor announces to every kernel,
 * whether or not this one has a driver. ACPI, device tree, VMBus.
 */
#ifndef GUESTCLOCK_OFFERS_H
#define GUESTCLOCK_OFFERS_H

#include "detect/reader.h"

/* One row for each identifier that says something about clocks or snapshots. */
typedef struct {
	const char *acpi;        /* hardware or compatible id, any case, or NULL */
	const char *device_tree; /* compatible, or NULL */
	const char *vmbus;       /* class_id without braces, or NULL */
	const char *what;        /* for people */
	const char *driver;      /* the module that serves it, or NULL: it needs none */
	const char *config;      /* the kernel option of that, or NULL */
} GclkOffer;

/* The rows. Returns their number. */
gsize gclk_offers_table(const GclkOffer **out);

/* The row of a device whose modalias is "acpi:AMZNC10C:VMCLOCK:", or whose directory's name is
   "AMZNC10C:00"; NULL: none. */
const GclkOffer *gclk_offer_by_acpi(const char *ids);

/* Adds "acpi AMZNC10C:00", "device tree vmclock@0", "vmbus <GUID>" with what they are and whether
   a driver has taken them. */
void gclk_offers_list(GclkReader *reader, GPtrArray *out);

#endif
