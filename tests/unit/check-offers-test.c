/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host offers and this kernel lacks: which driver, which option, which module, and why the
   clocks that are there can or cannot be read. */
#include <errno.h>
#include <string.h>

#include "detect/kernel-config.h"
#include "detect/offers.h"
#include "doctor-bed.h"
#include "guestclock/ptp-table.h"
#include "harness.h"

#define ACPI    "/sys/bus/acpi/devices/"
#define MODULES "/lib/modules/6.12.0/"
#define BOOT    "/boot/config-6.12.0"

/* --- processors ------------------------------------------------------------------------------- */

static void processor(const char *signature, guint32 features, guint32 leaf, guint32 registers[4])
{
	memset(registers, 0, 4 * sizeof *registers);
	if (leaf == 1)
		registers[2] = 1u << 31;
	if (leaf == 0x40000000) {
		registers[0] = 0x40000001;
		memcpy(&registers[1], signature, 12);
	}
	if (leaf == 0x40000001)
		registers[0] = features;
}

static void kvm(guint32 leaf, guint32 registers[4])
{
	processor("KVMKVMKVM\0\0\0", 1u << 3, leaf, registers);
}

static void kvm_without_clock(guint32 leaf, guint32 registers[4])
{
	processor("KVMKVMKVM\0\0\0", 1u << 7, leaf, registers);
}

static void vmware(guint32 leaf, guint32 registers[4])
{
	processor("VMwareVMware", 0, leaf, registers);
}

static void microsoft(guint32 leaf, guint32 registers[4])
{
	processor("Microsoft Hv", 0, leaf, registers);
}

/* --- kernels ---------------------------------------------------------------------------------- */

static void lists(void)
{
	static const char dep[] = "kernel/drivers/ptp/ptp.ko.xz: kernel/x/pps_core.ko.xz\n"
				  "kernel/drivers/ptp/ptp_kvm.ko.xz: kernel/drivers/ptp/ptp.ko\n"
				  "kernel/drivers/a/with-dash.ko:\nextra.ko.zst: kernel/b/inner.ko";

	CU_ASSERT_TRUE(gclk_kernel_list_has(dep, "ptp"));
	CU_ASSERT_TRUE(gclk_kernel_list_has(dep, "ptp_kvm"));
	CU_ASSERT_TRUE(gclk_kernel_list_has(dep, "ptp-kvm"));
	CU_ASSERT_TRUE(gclk_kernel_list_has(dep, "with_dash"));
	CU_ASSERT_TRUE(gclk_kernel_list_has(dep, "extra"));
	CU_ASSERT_FALSE(gclk_kernel_list_has(dep, "kvm"));
	CU_ASSERT_FALSE(gclk_kernel_list_has(dep, "ptp_kv"));
	CU_ASSERT_FALSE(gclk_kernel_list_has(dep, "pps_core")); /* a dependency only */
	CU_ASSERT_FALSE(gclk_kernel_list_has(dep, "inner"));
	CU_ASSERT_FALSE(gclk_kernel_list_has("", "ptp"));
	CU_ASSERT_FALSE(gclk_kernel_list_has("\n\n:\n/\n", "ptp"));
}

static void configurations(void)
{
	static const char text[] = "# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_BC=m\nCONFIG_D=\"x\"";

	GCLK_ASSERT_INT(gclk_kernel_config_value(text, "CONFIG_A"), 'n');
	GCLK_ASSERT_INT(gclk_kernel_config_value(text, "CONFIG_B"), 'y');
	GCLK_ASSERT_INT(gclk_kernel_config_value(text, "CONFIG_BC"), 'm');
	GCLK_ASSERT_INT(gclk_kernel_config_value(text, "CONFIG_D"), 'y');
	GCLK_ASSERT_INT(gclk_kernel_config_value(text, "CONFIG_E"), 'n');
	GCLK_ASSERT_INT(gclk_kernel_config_value("CONFIG_B=", "CONFIG_B"), 'n');
	GCLK_ASSERT_INT(gclk_kernel_since("6.13.1-amd64", 6, 13), 1);
	GCLK_ASSERT_INT(gclk_kernel_since("6.12.0", 6, 13), 0);
	GCLK_ASSERT_INT(gclk_kernel_since("7.0-rc1", 6, 13), 1);
	GCLK_ASSERT_INT(gclk_kernel_since("5.20", 6, 0), 0);
	GCLK_ASSERT_INT(gclk_kernel_since("5.20", 0, 0), 1);
	GCLK_ASSERT_INT(gclk_kernel_since("six", 6, 0), -1);
	GCLK_ASSERT_INT(gclk_kernel_since(NULL, 6, 0), -1);
}

static GclkDriverState driver(GclkBed *bed, const char *release, char **evidence)
{
	GclkReader reader = { bed->machine.platform, NULL };

	return gclk_kernel_driver(
		&reader, release, "ptp_kvm", "CONFIG_PTP_1588_CLOCK_KVM", evidence);
}

static void assert_driver(GclkBed *bed, GclkDriverState state, const char *part)
{
	g_autofree char *evidence = NULL;

	GCLK_ASSERT_INT(driver(bed, "6.12.0", &evidence), state);
	GCLK_ASSERT_HAS(evidence ? evidence : "", part);
}

/* What tells more wins over what tells less. */
static void drivers(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	GCLK_ASSERT_INT(driver(&bed, NULL, NULL), GCLK_DRIVER_UNKNOWN);
	GCLK_ASSERT_INT(driver(&bed, "../../etc", NULL), GCLK_DRIVER_UNKNOWN);
	assert_driver(&bed, GCLK_DRIVER_NO_MODULES, "there is no /lib/modules/6.12.0");
	gclk_tree_directory(&bed.tree, MODULES);
	assert_driver(&bed, GCLK_DRIVER_UNKNOWN, "");
	gclk_tree_write(&bed.tree, BOOT, "# CONFIG_PTP_1588_CLOCK_KVM is not set\n", -1);
	assert_driver(&bed, GCLK_DRIVER_NOT_BUILT, "CONFIG_PTP_1588_CLOCK_KVM is not set");
	gclk_tree_write(&bed.tree, BOOT, "CONFIG_PTP_1588_CLOCK_KVM=m\n", -1);
	assert_driver(&bed, GCLK_DRIVER_ELSEWHERE, "does not have it");
	gclk_tree_write(&bed.tree, BOOT, "CONFIG_PTP_1588_CLOCK_KVM=y\n", -1);
	assert_driver(&bed, GCLK_DRIVER_BUILT_IN, BOOT);
	gclk_tree_remove(&bed.tree, BOOT);
	gclk_tree_write(&bed.tree, MODULES "config", "CONFIG_PTP_1588_CLOCK_KVM=y\n", -1);
	assert_driver(&bed, GCLK_DRIVER_BUILT_IN, MODULES "config");
	gclk_tree_remove(&bed.tree, MODULES "config");
	gclk_tree_write(&bed.tree, MODULES "modules.dep", "kernel/a.ko:\n", -1);
	assert_driver(&bed, GCLK_DRIVER_UNKNOWN, ""); /* it may be built in */
	gclk_tree_write(&bed.tree, MODULES "modules.builtin", "kernel/b.ko\n", -1);
	assert_driver(&bed, GCLK_DRIVER_NOT_BUILT, "does not have it");
	gclk_tree_write(&bed.tree, MODULES "modules.builtin", "kernel/ptp_kvm.ko\n", -1);
	assert_driver(&bed, GCLK_DRIVER_BUILT_IN, "modules.builtin");
	gclk_tree_write(&bed.tree, MODULES "modules.dep", "kernel/ptp_kvm.ko:\n", -1);
	assert_driver(&bed, GCLK_DRIVER_ON_DISK, "modules.dep");
	gclk_tree_directory(&bed.tree, "/sys/module/ptp_kvm");
	assert_driver(&bed, GCLK_DRIVER_LOADED, "/sys/module/ptp_kvm");
	gclk_bed_clear(&bed);
}

/* --- each row --------------------------------------------------------------------------------- */

/* Lays the device of a row, with no driver bound to it. FALSE: nothing announces it. */
static gboolean lay_device(GclkBed *bed, const GclkOffer *offer)
{
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;

	if (offer->acpi) {
		path = g_strdup_printf(ACPI "%s:00/hid", offer->acpi);
		text = g_strdup(offer->acpi);
	} else if (offer->vmbus) {
		path = g_strdup("/sys/bus/vmbus/devices/abc/class_id");
		text = g_strdup_printf("{%s}", offer->vmbus);
	} else if (offer->virtio) {
		path = g_strdup("/sys/bus/virtio/devices/virtio3/device");
		text = g_strdup(offer->virtio);
	} else {
		return FALSE;
	}
	gclk_tree_write(&bed->tree, path, text, -1);
	return TRUE;
}

static void check_row(const GclkOffer *offer)
{
	g_autofree char *id = g_strconcat("offer-", offer->id, NULL);
	g_autofree char *list = g_strdup_printf("kernel/%s.ko:\n", gclk_offer_driver(offer));
	g_autofree char *missing = NULL;
	g_autofree char *on_disk = NULL;
	const GclkFinding *finding;
	GclkBed bed;

	gclk_bed_init(&bed);
	/* young enough for all of them */
	gclk_tree_write(&bed.tree, "/proc/sys/kernel/osrelease", "6.99.0\n", -1);
	if (!lay_device(&bed, offer)) {
		gclk_bed_clear(&bed);
		return;
	}
	gclk_tree_write(&bed.tree, "/boot/config-6.99.0", "CONFIG_NOTHING=y\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	missing = gclk_bed_text(&bed, id);
	GCLK_ASSERT_HAS(missing, gclk_offer_driver(offer));
	GCLK_ASSERT_HAS(missing, gclk_offer_config(offer));
	GCLK_ASSERT_HAS(missing, "no driver has taken it");
	gclk_tree_write(&bed.tree, "/lib/modules/6.99.0/modules.dep", list, -1);
	gclk_bed_check(&bed, gclk_check_offers);
	on_disk = gclk_bed_text(&bed, id);
	GCLK_ASSERT_HAS(on_disk, "is not loaded");
	GCLK_ASSERT_HAS(on_disk, "modprobe ");
	finding = gclk_bed_find(&bed, id);
	CU_ASSERT_TRUE(finding && finding->fixes && finding->fixes->len == 1);
	if (finding && finding->fixes) {
		const GclkFix *fix = finding->fixes->pdata[0];

		GCLK_ASSERT_INT(fix->kind, GCLK_FIX_MODULE);
		GCLK_ASSERT_STR(fix->name, gclk_offer_driver(offer));
	}
	gclk_bed_clear(&bed);
}

static void each_row(void)
{
	const GclkOffer *rows;
	gsize n = gclk_offers_table(&rows), checked = 0;

	for (gsize i = 0; i < n; i++) {
		if (!gclk_offer_driver(&rows[i]) || rows[i].gives == GCLK_OFFER_BUS)
			continue;
		CU_ASSERT_PTR_NOT_NULL(rows[i].id);
		CU_ASSERT_TRUE(!rows[i].clock || gclk_ptp_clock_find(rows[i].clock)->host);
		check_row(&rows[i]);
		checked++;
	}
	CU_ASSERT_TRUE(checked >= 7);
}

/* --- vmclock ---------------------------------------------------------------------------------- */

static void vmclock(void)
{
	g_autofree char *marker = NULL;
	g_autofree char *time = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(&bed.tree, ACPI "AMZNC10C:00/hid", "AMZNC10C\n", -1);
	/* Firecracker and QEMU: no time in it, and 6.12 is older than the driver */
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmclock"), GCLK_SEVERITY_NOTE);
	marker = gclk_bed_text(&bed, "offer-vmclock");
	GCLK_ASSERT_HAS(marker, "not the time");
	GCLK_ASSERT_HAS(marker, "its driver came with Linux 6.13, and this is 6.12.0");
	GCLK_ASSERT_HAS(marker, "run Linux 6.13 or newer, ");
	/* EC2: the time itself */
	gclk_tree_write(&bed.tree, "/sys/class/dmi/id/sys_vendor", "Amazon EC2\n", -1);
	gclk_tree_write(&bed.tree, "/proc/sys/kernel/osrelease", "6.18.2\n", -1);
	gclk_tree_write(&bed.tree, "/proc/config.gz", "\x1f\x8b", 2);
	bed.discipline.unsynchronised = TRUE;
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmclock"), GCLK_SEVERITY_WARNING);
	time = gclk_bed_text(&bed, "offer-vmclock");
	GCLK_ASSERT_HAS(time, "the host offers its time (vmclock), but this kernel has no driver");
	GCLK_ASSERT_HAS(time, "zgrep CONFIG_PTP_1588_CLOCK_VMCLOCK /proc/config.gz");
	/* another source of the host's time is enough */
	gclk_bed_ptp(&bed, 0, "ena-ptp-05");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmclock"), GCLK_SEVERITY_NOTE);
	gclk_tree_link(&bed.tree, ACPI "AMZNC10C:00/physical_node/driver", "../vmclock");
	gclk_bed_check(&bed, gclk_check_offers);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "offer-vmclock"));
	gclk_bed_clear(&bed);
}

/* An older kernel into which the driver was put back has it on disk. */
static void backported(void)
{
	g_autofree char *text = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(&bed.tree, ACPI "AMZNC10C:00/hid", "AMZNC10C\n", -1);
	gclk_tree_write(&bed.tree, MODULES "modules.dep", "kernel/ptp_vmclock.ko:\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	text = gclk_bed_text(&bed, "offer-vmclock");
	GCLK_ASSERT_HAS(text, "the module ptp_vmclock is not loaded");
	CU_ASSERT_PTR_NULL(strstr(text, "6.13"));
	gclk_bed_clear(&bed);
}

/* Its platform device is not found: its driver shows that it has one. */
static void generation_id(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(&bed.tree, "/proc/device-tree/vmgenid/compatible", "microsoft,vmgenid", 18);
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmgenid"), GCLK_SEVERITY_NOTE);
	gclk_tree_directory(&bed.tree, "/sys/bus/platform/drivers/vmgenid");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_clear(&bed);
}

static void device_tree(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(
		&bed.tree, "/proc/device-tree/vmclock@1000/compatible", "amazon,vmclock", 15);
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmclock"), GCLK_SEVERITY_NOTE);
	/* its page shows the driver */
	gclk_tree_write(&bed.tree, "/sys/class/misc/vmclock0/dev", "10:1\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "offer-vmclock"));
	gclk_tree_remove(&bed.tree, "/sys/class/misc");
	/* and so does the platform device of the node */
	gclk_tree_directory(&bed.tree, "/sys/bus/platform/devices/1000.vmclock");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmclock"), GCLK_SEVERITY_NOTE);
	gclk_tree_link(&bed.tree, "/sys/bus/platform/devices/1000.vmclock/driver", "../vmclock");
	gclk_bed_check(&bed, gclk_check_offers);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "offer-vmclock"));
	gclk_bed_clear(&bed);
}

/* --- KVM -------------------------------------------------------------------------------------- */

static void clock_pairing(void)
{
	g_autofree char *disk = NULL;
	g_autofree char *refused = NULL;
	g_autofree char *off = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	bed.machine.cpuid = kvm;
	gclk_bed_check(&bed, gclk_check_offers);
	/* the clock is synchronised, but nothing is seen to keep it so */
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-kvm-clock-pairing"), GCLK_SEVERITY_WARNING);
	gclk_bed_process(&bed, 9, "chronyd", "chronyd", "time");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-kvm-clock-pairing"), GCLK_SEVERITY_NOTE);
	gclk_tree_write(&bed.tree, MODULES "modules.dep", "kernel/ptp_kvm.ko:\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	disk = gclk_bed_text(&bed, "offer-kvm-clock-pairing");
	GCLK_ASSERT_HAS(disk, "the host may offer its time (KVM's clock pairing), but the module "
			      "ptp_kvm is not loaded");
	GCLK_ASSERT_HAS(disk, "modprobe ptp_kvm");
	gclk_tree_write(&bed.tree, "/proc/cmdline", "root=/dev/vda1 no-kvmclock quiet\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	off = gclk_bed_text(&bed, "offer-kvm-clock-pairing");
	GCLK_ASSERT_HAS(off, "no-kvmclock");
	GCLK_ASSERT_HAS(off, "/etc/default/grub");
	gclk_tree_write(&bed.tree, "/proc/cmdline", "root=/dev/vda1 xno-kvmclock\n", -1);
	gclk_tree_directory(&bed.tree, "/sys/module/ptp_kvm");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-kvm-clock-pairing"), GCLK_SEVERITY_NOTE);
	refused = gclk_bed_text(&bed, "offer-kvm-clock-pairing");
	GCLK_ASSERT_HAS(refused, "does not give its time");
	gclk_bed_ptp(&bed, 0, "KVM virtual PTP");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "host-clock"), GCLK_SEVERITY_OK);
	gclk_bed_clear(&bed);
}

static void no_pairing_without_kvm_clock(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	bed.machine.cpuid = kvm_without_clock;
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_clear(&bed);
}

static void pairing_on_arm(void)
{
	g_autofree char *text = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(&bed.tree, "/proc/device-tree/hypervisor/compatible", "linux,kvm", 10);
	gclk_tree_write(&bed.tree,
		"/sys/devices/system/clocksource/clocksource0/current_clocksource",
		"arch_sys_counter\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	text = gclk_bed_text(&bed, "offer-kvm-clock-pairing");
	GCLK_ASSERT_HAS(text, "CONFIG_PTP_1588_CLOCK_KVM");
	gclk_tree_write(&bed.tree, "/proc/sys/kernel/osrelease", "5.10.0\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_clear(&bed);
}

/* --- others ----------------------------------------------------------------------------------- */

static void vmware_machine(void)
{
	g_autofree char *none = NULL;
	g_autofree char *old = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	bed.machine.cpuid = vmware;
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "vmware-no-precision-clock"), GCLK_SEVERITY_NOTE);
	none = gclk_bed_text(&bed, "vmware-no-precision-clock");
	GCLK_ASSERT_HAS(none, "Precision Clock");
	gclk_tree_write(&bed.tree, ACPI "VMW0005:00/hid", "VMW0005\n", -1);
	gclk_tree_write(&bed.tree, "/proc/sys/kernel/osrelease", "4.18.0-513.el8.x86_64\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "vmware-no-precision-clock"));
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-vmware-clock"), GCLK_SEVERITY_WARNING);
	old = gclk_bed_text(&bed, "offer-vmware-clock");
	GCLK_ASSERT_HAS(old, "its driver came with Linux 5.7, and this is 4.18.0-513.el8.x86_64");
	gclk_bed_clear(&bed);
}

static void hyperv_machine(void)
{
	g_autofree char *bus = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	bed.machine.cpuid = microsoft;
	gclk_tree_write(&bed.tree, ACPI "VMBUS:00/hid", "VMBUS\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	bus = gclk_bed_text(&bed, "offer-vmbus");
	GCLK_ASSERT_HAS(bus, "CONFIG_HYPERV");
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "hyperv-timesync-off")); /* who knows? */
	gclk_tree_write(&bed.tree, "/sys/bus/vmbus/devices/def/class_id", "{00}\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "hyperv-timesync-off"), GCLK_SEVERITY_NOTE);
	gclk_tree_write(&bed.tree, "/sys/bus/vmbus/devices/abc/class_id",
		"{9527e630-d0ae-497b-adce-e80ab0175caf}\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-hyperv-timesync"), GCLK_SEVERITY_WARNING);
	gclk_tree_link(&bed.tree, "/sys/bus/vmbus/devices/abc/driver", "../hv_utils");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_clear(&bed);
}

static void ena(void)
{
	g_autofree char *old = NULL;
	g_autofree char *parameter = NULL;
	g_autofree char *devlink = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(&bed.tree, "/sys/class/dmi/id/sys_vendor", "Amazon EC2\n", -1);
	gclk_tree_write(&bed.tree, "/sys/bus/pci/drivers/ena/0000:00:05.0/vendor", "0x1d0f\n", -1);
	gclk_tree_write(&bed.tree, "/sys/bus/pci/drivers/ena/0000:00:06.0/vendor", "0x1d0f\n", -1);
	gclk_tree_write(&bed.tree, "/sys/bus/pci/drivers/ena/bind", "", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "offer-ena-clock"), GCLK_SEVERITY_NOTE);
	old = gclk_bed_text(&bed, "offer-ena-clock");
	GCLK_ASSERT_HAS(old, "run Linux 6.17 or newer");
	gclk_tree_write(&bed.tree, "/sys/module/ena/parameters/phc_enable", "0\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	parameter = gclk_bed_text(&bed, "offer-ena-clock");
	GCLK_ASSERT_HAS(parameter, "options ena phc_enable=1");
	gclk_tree_remove(&bed.tree, "/sys/module/ena");
	gclk_tree_write(&bed.tree, "/proc/sys/kernel/osrelease", "6.17.0\n", -1);
	gclk_bed_check(&bed, gclk_check_offers);
	devlink = gclk_bed_text(&bed, "offer-ena-clock");
	GCLK_ASSERT_HAS(devlink, "devlink dev param set pci/0000:00:05.0 name enable_phc");
	gclk_bed_ptp(&bed, 0, "ena-ptp-05");
	gclk_bed_check(&bed, gclk_check_offers);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "offer-ena-clock"));
	gclk_bed_clear(&bed);
}

/* --- clocks that are there -------------------------------------------------------------------- */

static void unreadable(void)
{
	static const struct {
		const char *name;
		gint open_error, error;
		GclkSeverity severity;
		const char *part;
	} ways[] = {
		{ "hyperv", 0, ESTALE, GCLK_SEVERITY_WARNING, "no fresh time" },
		{ "KVM virtual PTP", 0, EOPNOTSUPP, GCLK_SEVERITY_WARNING, "cannot be read" },
		{ "ptp_vmw", 0, EIO, GCLK_SEVERITY_WARNING,
			"the hypervisor answers with an error" },
		{ "vmclock0", 0, EINVAL, GCLK_SEVERITY_WARNING, "calls its clock unreliable" },
		{ "ptp_vmw", 0, ENODEV, GCLK_SEVERITY_WARNING, "has gone" },
		{ "KVM virtual PTP", EACCES, 0, GCLK_SEVERITY_NOTE, "as root" },
		{ "KVM virtual PTP", ENOENT, 0, GCLK_SEVERITY_WARNING, "cannot be opened" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *text = NULL;
		GclkBed bed;

		gclk_bed_init(&bed);
		gclk_bed_ptp(&bed, 1, ways[i].name);
		bed.ptp_open_error = ways[i].open_error;
		bed.ptp_error = ways[i].error;
		gclk_bed_check(&bed, gclk_check_offers);
		GCLK_ASSERT_INT(gclk_bed_severity(&bed, "host-clock-unreadable"), ways[i].severity);
		text = gclk_bed_text(&bed, "host-clock-unreadable");
		GCLK_ASSERT_HAS(text, "/dev/ptp1");
		GCLK_ASSERT_HAS(text, ways[i].part);
		CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "host-clock"));
		gclk_bed_clear(&bed);
	}
}

static void readable(void)
{
	g_autofree char *text = NULL;
	g_autofree char *implausible = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_bed_ptp(&bed, 0, "ptp_vmw");
	gclk_bed_ptp(&bed, 1, "KVM virtual PTP");
	bed.ptp_offset = -3 * GCLK_NS_PER_US;
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	text = gclk_bed_text(&bed, "host-clock");
	GCLK_ASSERT_HAS(text, "/dev/ptp0 (ptp_vmw) gives the host's time");
	GCLK_ASSERT_HAS(text, "/sys/class/ptp/ptp1/clock_name: KVM virtual PTP");
	GCLK_ASSERT_HAS(text, "-3.0");
	bed.ptp_offset = -GCLK_BED_REAL;
	gclk_bed_check(&bed, gclk_check_offers);
	implausible = gclk_bed_text(&bed, "host-clock-unreadable");
	GCLK_ASSERT_HAS(implausible, "cannot be the time of day");
	gclk_bed_clear(&bed);
}

static void card_clocks(void)
{
	g_autofree char *text = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_bed_ptp(&bed, 0, "mlx5_ptp");
	gclk_bed_check(&bed, gclk_check_offers); /* of a bare machine nothing is expected */
	GCLK_ASSERT_INT(bed.findings->len, 0);
	bed.machine.cpuid = microsoft;
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "nic-clock"), GCLK_SEVERITY_NOTE);
	text = gclk_bed_text(&bed, "nic-clock");
	GCLK_ASSERT_HAS(text, "mlx5_ptp");
	gclk_bed_clear(&bed);
}

static void containers_are_left_alone(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	bed.machine.cpuid = kvm;
	gclk_tree_write(&bed.tree, ACPI "AMZNC10C:00/hid", "AMZNC10C\n", -1);
	gclk_tree_link(&bed.tree, "/proc/self/ns/pid", "pid:[4026532200]");
	gclk_bed_check(&bed, gclk_check_offers);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase tests[] = {
		{ "lists of modules", lists },
		{ "configurations and releases", configurations },
		{ "drivers", drivers },
		{ "each row", each_row },
		{ "vmclock", vmclock },
		{ "a driver that was put back", backported },
		{ "device tree", device_tree },
		{ "the generation id", generation_id },
		{ "KVM's clock pairing", clock_pairing },
		{ "none without kvm-clock", no_pairing_without_kvm_clock },
		{ "on arm64", pairing_on_arm },
		{ "VMware", vmware_machine },
		{ "Hyper-V", hyperv_machine },
		{ "the ENA card", ena },
		{ "clocks that cannot be read", unreadable },
		{ "clocks that can", readable },
		{ "cards' clocks", card_clocks },
		{ "containers are left alone", containers_are_left_alone },
		{ NULL, NULL },
	};

	return gclk_test_main("check-offers", tests);
}
