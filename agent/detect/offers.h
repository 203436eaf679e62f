/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host offers beside the processor: devices that a hypervisor announces to every kernel,
 * whether or not this one has a driver. ACPI, device tree, VMBus, virtio, PCI.
 */
#ifndef GUESTCLOCK_OFFERS_H
#define GUESTCLOCK_OFFERS_H

#include "detect/reader.h"

typedef enum {
	GCLK_OFFER_NOTHING,     /* shows what machine this is, no more */
	GCLK_OFFER_BUS,         /* the way to other offers */
	GCLK_OFFER_DISRUPTIONS, /* tells of pauses, migrations, restored snapshots; not the time */
	GCLK_OFFER_TIME,        /* the host's time */
} GclkOfferGives;

/* One row for each identifier that says something about clocks or snapshots. */
typedef struct {
	const char *id;          /* of a finding about it: "vmclock"; NULL: there is none */
	const char *acpi;        /* hardware or compatible id, any case, or NULL */
	const char *device_tree; /* compatible, or NULL */
	const char *vmbus;       /* class_id without braces, or NULL */
	const char *virtio;      /* the device's number as sysfs has it, or NULL */
	const char *pci_driver;  /* the name of a PCI driver that has taken a device, or NULL */
	const char *what;        /* for people */
	GclkOfferGives gives;
	const char *time_on; /* TIME only where the hypervisor is one of these words, else
				DISRUPTIONS; NULL: wherever it is */
	const char *clock;   /* the clock_name that comes of it (guestclock/ptp-table.h), or NULL */
	const char *driver;  /* the module that serves it, where no clock names it; or NULL */
	const char *config;  /* the kernel option of that, or NULL */
	guint since[2];      /* the first Linux with the driver; 0: ever */
} GclkOffer;

/* The rows. Returns their number. */
gsize gclk_offers_table(const GclkOffer **out);

/* The module that serves it and its kernel option; NULL: it needs none, or another driver brings
   it. */
const char *gclk_offer_driver(const GclkOffer *offer);
const char *gclk_offer_config(const GclkOffer *offer);

/* What it gives on this hypervisor ("kvm", "amazon" ...). */
GclkOfferGives gclk_offer_gives(const GclkOffer *offer, const char *hypervisor);

/* The row of a device whose modalias is "acpi:AMZNC10C:VMCLOCK:", or whose directory's name is
   "AMZNC10C:00"; NULL: none. */
const GclkOffer *gclk_offer_by_acpi(const char *ids);

/* The row of the clock with this clock_name that no device announces ("KVM virtual PTP"), or NULL.
 */
const GclkOffer *gclk_offer_by_clock(const char *clock_name);

typedef struct {
	const GclkOffer *offer;
	const char *kind; /* "acpi", "device tree", "vmbus", "virtio", "pci"; static */
	char *device;     /* "AMZNC10C:00" */
	char *path;       /* where it is seen */
	gint driven;      /* has a driver taken it? 1, 0, or -1: it cannot be told */
} GclkOfferSeen;

/* Array of GclkOfferSeen *, free with g_ptr_array_unref. Bounded. */
GPtrArray *gclk_offers_find(GclkReader *reader);

/* Adds "acpi AMZNC10C:00", "device tree vmclock@0", "vmbus <GUID>" with what they are and whether
   a driver has taken them. */
void gclk_offers_list(GclkReader *reader, GPtrArray *out);

#endif
