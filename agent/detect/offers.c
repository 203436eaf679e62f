/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/offers.h"

#include <string.h>

#include "guestclock/ptp-table.h"

/* Bounds on what a strange machine can make us read. */
#define DEVICES_MAX 512
#define FOUND_MAX   64

static const GclkOffer offers[] = {
	/* Linux drivers/ptp/ptp_vmclock.c; EC2, Firecracker, QEMU 10. Only EC2 fills in the clock:
	   the device models of the other two say that their counter is invalid. */
	{ .id = "vmclock",
		.acpi = "AMZNC10C",
		.device_tree = "amazon,vmclock",
		.what = "vmclock",
		.gives = GCLK_OFFER_TIME,
		.time_on = "amazon",
		.clock = "vmclock0",
		.since = { 6, 13 } },
	{ .id = "vmclock",
		.acpi = "VMCLOCK",
		.what = "vmclock",
		.gives = GCLK_OFFER_TIME,
		.time_on = "amazon",
		.clock = "vmclock0",
		.since = { 6, 13 } },
	/* drivers/virt/vmgenid.c; the device tree came with 6.10 */
	{ .id = "vmgenid",
		.acpi = "VMGENCTR",
		.device_tree = "microsoft,vmgenid",
		.what = "generation id: new after a restored snapshot",
		.gives = GCLK_OFFER_DISRUPTIONS,
		.driver = "vmgenid",
		.config = "CONFIG_VMGENID",
		.since = { 5, 18 } },
	{ .id = "vmgenid",
		.acpi = "VM_GEN_COUNTER",
		.what = "generation id: new after a restored snapshot",
		.gives = GCLK_OFFER_DISRUPTIONS,
		.driver = "vmgenid",
		.config = "CONFIG_VMGENID",
		.since = { 5, 18 } },
	/* drivers/ptp/ptp_vmw.c */
	{ .id = "vmware-clock",
		.acpi = "VMW0005",
		.what = "VMware precision clock",
		.gives = GCLK_OFFER_TIME,
		.clock = "ptp_vmw",
		.since = { 5, 7 } },
	/* drivers/firmware/qemu_fw_cfg.c */
	{ .acpi = "QEMU0002",
		.device_tree = "qemu,fw-cfg-mmio",
		.what = "QEMU's configuration device" },
	/* drivers/hv/vmbus_drv.c */
	{ .id = "vmbus",
		.acpi = "VMBUS",
		.what = "Hyper-V's bus",
		.gives = GCLK_OFFER_BUS,
		.driver = "hv_vmbus",
		.config = "CONFIG_HYPERV" },
	{ .id = "vmbus",
		.acpi = "MSFT1000",
		.what = "Hyper-V's bus",
		.gives = GCLK_OFFER_BUS,
		.driver = "hv_vmbus",
		.config = "CONFIG_HYPERV" },
	/* HV_TS_GUID of include/linux/hyperv.h; its PTP device came with 4.11 */
	{ .id = "hyperv-timesync",
		.vmbus = "9527e630-d0ae-497b-adce-e80ab0175caf",
		.what = "Hyper-V time synchronization",
		.gives = GCLK_OFFER_TIME,
		.clock = "hyperv" },
	/* VIRTIO_ID_CLOCK, 17 (linux/virtio_ids.h); drivers/virtio/virtio_rtc_driver.c */
	{ .id = "virtio-clock",
		.virtio = "0x0011",
		.what = "virtio clock",
		.gives = GCLK_OFFER_TIME,
		.clock = "Virtio PTP type 0/variant 0",
		.since = { 6, 16 } },
	/* drivers/net/ethernet/amazon/ena: the clock of the card is off until it is switched on. */
	{ .id = "ena-clock",
		.pci_driver = "ena",
		.what = "Amazon's network card, which may have a clock",
		.gives = GCLK_OFFER_TIME,
		.clock = "ena-ptp-00",
		.since = { 6, 17 } },
	/* drivers/ptp/ptp_kvm_common.c, on x86: no device announces it, only the processor. */
	{ .id = "kvm-clock-pairing",
		.what = "KVM's clock pairing",
		.gives = GCLK_OFFER_TIME,
		.clock = "KVM virtual PTP",
		.since = { 4, 11 } },
};

gsize gclk_offers_table(const GclkOffer **out)
{
	*out = offers;
	return G_N_ELEMENTS(offers);
}

const char *gclk_offer_driver(const GclkOffer *offer)
{
	return offer->clock ? gclk_ptp_clock_find(offer->clock)->module : offer->driver;
}

const char *gclk_offer_config(const GclkOffer *offer)
{
	return offer->clock ? gclk_ptp_clock_find(offer->clock)->config : offer->config;
}

GclkOfferGives gclk_offer_gives(const GclkOffer *offer, const char *hypervisor)
{
	g_auto(GStrv) words = g_strsplit(offer->time_on ? offer->time_on : "", " ", -1);

	if (!offer->time_on || g_strv_contains((const char *const *)words, hypervisor))
		return offer->gives;
	return GCLK_OFFER_DISRUPTIONS;
}

/* Is id one of the parts of "acpi:ID:ID:"? */
static gboolean has_id(const char *ids, const char *id)
{
	gsize length = strlen(id);

	while (*ids) {
		gsize part = strcspn(ids, ":");

		if (part == length && g_ascii_strncasecmp(ids, id, length) == 0)
			return TRUE;
		ids += part + (ids[part] == ':');
	}
	return FALSE;
}

const GclkOffer *gclk_offer_by_acpi(const char *ids)
{
	for (gsize i = 0; i < G_N_ELEMENTS(offers); i++)
		if (offers[i].acpi && has_id(ids, offers[i].acpi))
			return &offers[i];
	return NULL;
}

static gboolean is_announced(const GclkOffer *offer)
{
	return offer->acpi || offer->device_tree || offer->vmbus || offer->virtio ||
	       offer->pci_driver;
}

const GclkOffer *gclk_offer_by_clock(const char *clock_name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(offers); i++)
		if (!is_announced(&offers[i]) && g_strcmp0(offers[i].clock, clock_name) == 0)
			return &offers[i];
	return NULL;
}

/* --- what is seen ----------------------------------------------------------------------------- */

static void free_seen(gpointer pointer)
{
	GclkOfferSeen *seen = pointer;

	g_free(seen->device);
	g_free(seen->path);
	g_free(seen);
}

static void add(GPtrArray *out, const GclkOffer *offer, const char *kind, const char *directory,
	const char *device, gint driven)
{
	GclkOfferSeen *seen;

	if (out->len == FOUND_MAX)
		return;
	seen = g_new0(GclkOfferSeen, 1);
	seen->offer = offer;
	seen->kind = kind;
	seen->device = g_strdup(device);
	seen->path = g_build_filename(directory, device, NULL);
	seen->driven = driven;
	g_ptr_array_add(out, seen);
}

static gboolean has_link(GclkReader *reader, const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *target = reader->platform->read_link(reader->platform, path);

	return target != NULL;
}

static char *attribute(
	GclkReader *reader, const char *bus, const char *device, const char *attribute_name)
{
	g_autofree char *path = g_build_filename(bus, device, attribute_name, NULL);

	return gclk_reader_text(reader, path);
}

/* --- ACPI ------------------------------------------------------------------------------------- */

#define ACPI "/sys/bus/acpi/devices"

/* Names that most devices have and that can hide no id of ours. */
static gboolean is_ordinary(const char *name)
{
	return g_str_has_prefix(name, "device:") || g_str_has_prefix(name, "LNX") ||
	       g_str_has_prefix(name, "PNP") || g_str_has_prefix(name, "ACPI");
}

/* By the name, which is the hardware id; else by the compatible ids, which stand in the modalias.
 */
static const GclkOffer *offer_of_acpi(GclkReader *reader, const char *name)
{
	const GclkOffer *offer = gclk_offer_by_acpi(name);
	g_autofree char *modalias = offer ? NULL : attribute(reader, ACPI, name, "modalias");

	return modalias ? gclk_offer_by_acpi(modalias) : offer;
}

/* A driver takes the ACPI device itself, or the platform device made of it. */
static void find_acpi(GclkReader *reader, GPtrArray *out)
{
	g_auto(GStrv) names = gclk_reader_names(reader, ACPI);
	guint looked = 0;

	for (guint i = 0; names && names[i] && looked < DEVICES_MAX; i++) {
		const GclkOffer *offer;
		g_autofree char *directory = NULL;

		if (is_ordinary(names[i]))
			continue;
		looked++;
		offer = offer_of_acpi(reader, names[i]);
		if (!offer)
			continue;
		directory = g_build_filename(ACPI, names[i], NULL);
		add(out, offer, "acpi", ACPI, names[i],
			has_link(reader, directory, "driver") ||
				has_link(reader, directory, "physical_node/driver"));
	}
}

/* --- device tree ------------------------------------------------------------------------------ */

#define DEVICE_TREE "/proc/device-tree"
#define PLATFORM    "/sys/bus/platform/devices"

static const GclkOffer *offer_of_compatible(const char *compatible)
{
	g_auto(GStrv) words = g_strsplit(compatible, " ", -1);

	for (gsize i = 0; i < G_N_ELEMENTS(offers); i++)
		if (offers[i].device_tree &&
			g_strv_contains((const char *const *)words, offers[i].device_tree))
			return &offers[i];
	return NULL;
}

/* The platform device of a node at the top is named after it: "9ff0000.vmclock" of
   "vmclock@9ff0000" (of_device_make_bus_id, drivers/of/device.c); another name cannot be told. */
static gint is_node_driven(GclkReader *reader, const char *node)
{
	g_auto(GStrv) parts = g_strsplit(node, "@", 2);
	g_autofree char *name =
		parts[0] && parts[1] ? g_strconcat(parts[1], ".", parts[0], NULL) : g_strdup(node);
	g_autofree char *directory = g_build_filename(PLATFORM, name, NULL);

	if (!gclk_reader_is_directory(reader, directory))
		return -1;
	return has_link(reader, directory, "driver");
}

static void find_device_tree(GclkReader *reader, GPtrArray *out)
{
	g_auto(GStrv) names = gclk_reader_names(reader, DEVICE_TREE);

	for (guint i = 0; names && names[i] && i < DEVICES_MAX; i++) {
		g_autofree char *compatible =
			attribute(reader, DEVICE_TREE, names[i], "compatible");
		const GclkOffer *offer = compatible ? offer_of_compatible(compatible) : NULL;

		if (offer)
			add(out, offer, "device tree", DEVICE_TREE, names[i],
				is_node_driven(reader, names[i]));
	}
}

/* --- VMBus, virtio, PCI ----------------------------------------------------------------------- */

#define VMBUS  "/sys/bus/vmbus/devices"
#define VIRTIO "/sys/bus/virtio/devices"
#define PCI    "/sys/bus/pci/drivers"

static const GclkOffer *offer_of_class(const char *class_id)
{
	for (gsize i = 0; i < G_N_ELEMENTS(offers); i++) {
		g_autofree char *braced =
			offers[i].vmbus ? g_strdup_printf("{%s}", offers[i].vmbus) : NULL;

		if (braced && g_ascii_strcasecmp(braced, class_id) == 0)
			return &offers[i];
	}
	return NULL;
}

static const GclkOffer *offer_of_virtio(const char *number)
{
	for (gsize i = 0; i < G_N_ELEMENTS(offers); i++)
		if (offers[i].virtio && strcmp(offers[i].virtio, number) == 0)
			return &offers[i];
	return NULL;
}

/* The devices of a bus whose attribute `key` tells what they are. */
static void find_on_bus(GclkReader *reader, const char *kind, const char *bus, const char *key,
	const GclkOffer *(*row)(const char *value), GPtrArray *out)
{
	g_auto(GStrv) names = gclk_reader_names(reader, bus);

	for (guint i = 0; names && names[i] && i < DEVICES_MAX; i++) {
		g_autofree char *value = attribute(reader, bus, names[i], key);
		const GclkOffer *offer = value ? row(value) : NULL;
		g_autofree char *directory = g_build_filename(bus, names[i], NULL);

		if (offer)
			add(out, offer, kind, bus, names[i], has_link(reader, directory, "driver"));
	}
}

/* "0000:00:05.0", not "bind", "module" and the like */
static gboolean is_pci_address(const char *name)
{
	return g_ascii_isxdigit(name[0]) && strchr(name, ':') && strchr(name, '.');
}

static void find_pci(GclkReader *reader, GPtrArray *out)
{
	for (gsize row = 0; row < G_N_ELEMENTS(offers); row++) {
		g_autofree char *directory = NULL;
		g_auto(GStrv) names = NULL;

		if (!offers[row].pci_driver)
			continue;
		directory = g_build_filename(PCI, offers[row].pci_driver, NULL);
		names = gclk_reader_names(reader, directory);
		for (guint i = 0; names && names[i] && i < DEVICES_MAX; i++)
			if (is_pci_address(names[i]))
				add(out, &offers[row], "pci", directory, names[i], 1);
	}
}

GPtrArray *gclk_offers_find(GclkReader *reader)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(free_seen);

	find_acpi(reader, out);
	find_device_tree(reader, out);
	find_on_bus(reader, "vmbus", VMBUS, "class_id", offer_of_class, out);
	find_on_bus(reader, "virtio", VIRTIO, "device", offer_of_virtio, out);
	find_pci(reader, out);
	return out;
}

/* --- for detect ------------------------------------------------------------------------------- */

void gclk_offers_list(GclkReader *reader, GPtrArray *out)
{
	g_autoptr(GPtrArray) all = gclk_offers_find(reader);

	for (guint i = 0; i < all->len; i++) {
		const GclkOfferSeen *seen = all->pdata[i];
		const char *driver = gclk_offer_driver(seen->offer);
		g_autofree char *name = g_strdup_printf("%s %s", seen->kind, seen->device);
		g_autofree char *value = NULL;

		if (!driver || seen->driven < 0)
			value = g_strdup(seen->offer->what);
		else if (seen->driven)
			value = g_strdup_printf("%s; its driver is there", seen->offer->what);
		else
			value = g_strdup_printf(
				"%s; no driver has taken it (%s)", seen->offer->what, driver);
		gclk_facts_add(out, name, value);
	}
}
