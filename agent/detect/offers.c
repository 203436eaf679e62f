/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/offers.h"

#include <string.h>

/* Bounds on what a strange machine can make us read. */
#define DEVICES_MAX 512
#define FOUND_MAX   32

static const GclkOffer offers[] = {
	/* Linux drivers/ptp/ptp_vmclock.c; EC2, Firecracker, QEMU 10. */
	{ "AMZNC10C", "amazon,vmclock", NULL, "vmclock", "ptp_vmclock",
		"CONFIG_PTP_1588_CLOCK_VMCLOCK" },
	{ "VMCLOCK", NULL, NULL, "vmclock", "ptp_vmclock", "CONFIG_PTP_1588_CLOCK_VMCLOCK" },
	/* drivers/virt/vmgenid.c */
	{ "VMGENCTR", "microsoft,vmgenid", NULL, "generation id: new after a restored snapshot",
		"vmgenid", "CONFIG_VMGENID" },
	{ "VM_GEN_COUNTER", NULL, NULL, "generation id: new after a restored snapshot", "vmgenid",
		"CONFIG_VMGENID" },
	/* drivers/ptp/ptp_vmw.c */
	{ "VMW0005", NULL, NULL, "VMware precision clock", "ptp_vmw", "CONFIG_PTP_1588_CLOCK_VMW" },
	/* drivers/firmware/qemu_fw_cfg.c */
	{ "QEMU0002", "qemu,fw-cfg-mmio", NULL, "QEMU's configuration device", NULL, NULL },
	/* drivers/hv/vmbus_drv.c */
	{ "VMBUS", NULL, NULL, "Hyper-V's bus", "hv_vmbus", "CONFIG_HYPERV" },
	{ "MSFT1000", NULL, NULL, "Hyper-V's bus", "hv_vmbus", "CONFIG_HYPERV" },
	/* HV_TS_GUID of include/linux/hyperv.h */
	{ NULL, NULL, "9527e630-d0ae-497b-adce-e80ab0175caf", "Hyper-V time synchronization",
		"hv_utils", "CONFIG_HYPERV_UTILS" },
};

gsize gclk_offers_table(const GclkOffer **out)
{
	*out = offers;
	return G_N_ELEMENTS(offers);
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

static gboolean has_link(GclkReader *reader, const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *target = reader->platform->read_link(reader->platform, path);

	return target != NULL;
}

static void add_offer(GPtrArray *out, const char *kind, const char *device, const GclkOffer *offer,
	gboolean driven)
{
	g_autofree char *name = g_strdup_printf("%s %s", kind, device);
	g_autofree char *value = NULL;

	if (!offer->driver)
		value = g_strdup(offer->what);
	else if (driven)
		value = g_strdup_printf("%s; its driver is there", offer->what);
	else
		value = g_strdup_printf(
			"%s; no driver has taken it (%s)", offer->what, offer->driver);
	gclk_facts_add(out, name, value);
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
	g_autofree char *path = g_build_filename(ACPI, name, "modalias", NULL);
	g_autofree char *modalias = offer ? NULL : gclk_reader_text(reader, path);

	return modalias ? gclk_offer_by_acpi(modalias) : offer;
}

/* A driver takes the ACPI device itself, or the platform device made of it. */
static void list_acpi(GclkReader *reader, GPtrArray *out)
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
		add_offer(out, "acpi", names[i], offer,
			has_link(reader, directory, "driver") ||
				has_link(reader, directory, "physical_node/driver"));
	}
}

/* --- device tree ------------------------------------------------------------------------------ */

#define DEVICE_TREE "/proc/device-tree"

static const GclkOffer *offer_of_compatible(const char *compatible)
{
	g_auto(GStrv) words = g_strsplit(compatible, " ", -1);

	for (gsize i = 0; i < G_N_ELEMENTS(offers); i++)
		if (offers[i].device_tree &&
			g_strv_contains((const char *const *)words, offers[i].device_tree))
			return &offers[i];
	return NULL;
}

/* The platform device of a node at the top is named after it: "9ff0000.vmclock", so its driver is
   not easily told, and nothing is said about it. */
static void list_device_tree(GclkReader *reader, GPtrArray *out)
{
	g_auto(GStrv) names = gclk_reader_names(reader, DEVICE_TREE);

	for (guint i = 0; names && names[i] && i < DEVICES_MAX; i++) {
		g_autofree char *path = g_build_filename(DEVICE_TREE, names[i], "compatible", NULL);
		g_autofree char *compatible = gclk_reader_text(reader, path);
		const GclkOffer *offer = compatible ? offer_of_compatible(compatible) : NULL;
		g_autofree char *name = g_strconcat("device tree ", names[i], NULL);

		if (offer)
			gclk_facts_add(out, name, offer->what);
	}
}

/* --- VMBus ------------------------------------------------------------------------------------ */

#define VMBUS "/sys/bus/vmbus/devices"

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

static void list_vmbus(GclkReader *reader, GPtrArray *out)
{
	g_auto(GStrv) names = gclk_reader_names(reader, VMBUS);
	guint found = 0;

	for (guint i = 0; names && names[i] && i < DEVICES_MAX && found < FOUND_MAX; i++) {
		g_autofree char *directory = g_build_filename(VMBUS, names[i], NULL);
		g_autofree char *path = g_build_filename(directory, "class_id", NULL);
		g_autofree char *class_id = gclk_reader_text(reader, path);
		const GclkOffer *offer = class_id ? offer_of_class(class_id) : NULL;

		if (!offer)
			continue;
		found++;
		add_offer(out, "vmbus", names[i], offer, has_link(reader, directory, "driver"));
	}
}

void gclk_offers_list(GclkReader *reader, GPtrArray *out)
{
	list_acpi(reader, out);
	list_device_tree(reader, out);
	list_vmbus(reader, out);
}
