/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `guestclock detect`: reading what may be anything, offers, reasons, and how all of
   it is shown. Whole machines are in machines-test. */
#include <string.h>

#include "detect/container.h"
#include "detect/detection.h"
#include "detect/hypervisor-table.h"
#include "detect/offers.h"
#include "harness.h"
#include "tree-platform.h"

#define DMI  "/sys/class/dmi/id/"
#define ACPI "/sys/bus/acpi/devices/"

/* --- reader ----------------------------------------------------------------------------------- */

static void reads_texts(void)
{
	GclkTree tree;
	GclkReader reader = { 0 };
	g_autofree char *text = NULL;
	g_autofree char *list = NULL;

	gclk_tree_init(&tree);
	reader.platform = &tree.platform;
	reader.unreadable = gclk_facts_new();
	gclk_tree_write(&tree, "/a", "  one\ttwo \n", -1);
	text = gclk_reader_text(&reader, "/a");
	GCLK_ASSERT_STR(text, "one two");
	gclk_tree_write(&tree, "/list", "linux,kvm\0other", 16);
	list = gclk_reader_text(&reader, "/list");
	GCLK_ASSERT_STR(list, "linux,kvm other");
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/missing"));
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/a/below"));
	GCLK_ASSERT_INT(reader.unreadable->len, 0);
	g_ptr_array_unref(reader.unreadable);
	gclk_tree_clear(&tree);
}

static void says_what_is_unreadable(void)
{
	GclkTree tree;
	GclkReader reader = { 0 };
	g_autofree char *huge = g_strnfill(5000, 'x');

	gclk_tree_init(&tree);
	reader.platform = &tree.platform;
	reader.unreadable = gclk_facts_new();
	gclk_tree_write(&tree, "/empty", " \n", -1);
	gclk_tree_write(&tree, "/binary",
		"\x7f"
		"ELF\x02\x01\x01\x80\x90",
		9);
	gclk_tree_write(&tree, "/huge", huge, 5000);
	gclk_tree_directory(&tree, "/directory");
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/empty"));
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/empty"));
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/binary"));
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/huge"));
	CU_ASSERT_PTR_NULL(gclk_reader_text(&reader, "/directory"));
	GCLK_ASSERT_INT(reader.unreadable->len, 4);
	GCLK_ASSERT_STR(gclk_facts_find(reader.unreadable, "/empty"), "empty");
	GCLK_ASSERT_STR(gclk_facts_find(reader.unreadable, "/binary"), "binary, not text");
	GCLK_ASSERT_STR(gclk_facts_find(reader.unreadable, "/huge"), "too long");
	CU_ASSERT_PTR_NOT_NULL(gclk_facts_find(reader.unreadable, "/directory"));
	CU_ASSERT_TRUE(gclk_reader_exists(&reader, "/huge"));
	CU_ASSERT_FALSE(gclk_reader_exists(&reader, "/missing"));
	g_ptr_array_unref(reader.unreadable);
	gclk_tree_clear(&tree);
}

static void many_names_are_cut(void)
{
	GclkTree tree;
	GclkReader reader = { 0 };
	g_auto(GStrv) names = NULL;

	gclk_tree_init(&tree);
	reader.platform = &tree.platform;
	reader.unreadable = gclk_facts_new();
	for (guint i = 0; i < GCLK_READER_NAMES_MAX + 3; i++) {
		g_autofree char *path = g_strdup_printf("/d/%u", i);

		gclk_tree_write(&tree, path, "", 0);
	}
	names = gclk_reader_names(&reader, "/d");
	GCLK_ASSERT_INT(g_strv_length(names), GCLK_READER_NAMES_MAX);
	GCLK_ASSERT_INT(reader.unreadable->len, 1);
	g_ptr_array_unref(reader.unreadable);
	gclk_tree_clear(&tree);
}

/* --- sysctls ---------------------------------------------------------------------------------- */

static void reads_dumps(void)
{
	static char dump[] = "kern.vm_guest_else: no\nkern.vm_guest: hv\n"
			     "smbios.system.product=\"Virtual Machine\"\nkern.last: x";
	g_autofree char *guest = gclk_sysctl_recorded(dump, "kern.vm_guest");
	g_autofree char *product = gclk_sysctl_recorded(dump, "smbios.system.product");
	g_autofree char *last = gclk_sysctl_recorded(dump, "kern.last");

	GCLK_ASSERT_STR(guest, "hv");
	GCLK_ASSERT_STR(product, "Virtual Machine");
	GCLK_ASSERT_STR(last, "x");
	CU_ASSERT_PTR_NULL(gclk_sysctl_recorded(dump, "kern.vm"));
	CU_ASSERT_PTR_NULL(gclk_sysctl_recorded(dump, "missing"));
	CU_ASSERT_PTR_NULL(gclk_sysctl_recorded(NULL, "missing"));
}

/* --- offers ----------------------------------------------------------------------------------- */

static void knows_ids(void)
{
	const GclkOffer *rows;
	gsize n = gclk_offers_table(&rows);

	for (gsize i = 0; i < n; i++) {
		CU_ASSERT_PTR_NOT_NULL(rows[i].what);
		CU_ASSERT_TRUE(rows[i].acpi || rows[i].device_tree || rows[i].vmbus ||
			       rows[i].virtio || rows[i].clock);
		CU_ASSERT_TRUE(!gclk_offer_driver(&rows[i]) == !gclk_offer_config(&rows[i]));
		CU_ASSERT_TRUE(rows[i].gives != GCLK_OFFER_TIME || rows[i].clock);
	}
	GCLK_ASSERT_STR(gclk_offer_driver(gclk_offer_by_acpi("AMZNC10C:00")), "ptp_vmclock");
	GCLK_ASSERT_STR(
		gclk_offer_driver(gclk_offer_by_acpi("acpi:QEMUVGID:VM_Gen_Counter:")), "vmgenid");
	GCLK_ASSERT_STR(
		gclk_offer_config(gclk_offer_by_acpi("VMW0005:00")), "CONFIG_PTP_1588_CLOCK_VMW");
	CU_ASSERT_PTR_NULL(gclk_offer_by_acpi("VMW00051:00"));
	CU_ASSERT_PTR_NULL(gclk_offer_by_acpi("PNP0B00:00"));
	CU_ASSERT_PTR_NULL(gclk_offer_by_acpi(""));
}

static void tells_drivers(void)
{
	GclkTree tree;
	GclkReader reader = { 0 };
	g_autoptr(GPtrArray) facts = gclk_facts_new();

	gclk_tree_init(&tree);
	reader.platform = &tree.platform;
	gclk_tree_write(&tree, ACPI "VMW0005:00/hid", "VMW0005\n", -1);
	gclk_tree_write(&tree, ACPI "AMZNC10C:00/hid", "AMZNC10C\n", -1);
	gclk_tree_link(&tree, ACPI "AMZNC10C:00/physical_node/driver", "../vmclock");
	gclk_tree_write(&tree, ACPI "QEMUVGID:00/modalias", "acpi:QEMUVGID:VM_GEN_COUNTER:\n", -1);
	gclk_tree_link(&tree, ACPI "QEMUVGID:00/driver", "../vmgenid");
	gclk_tree_write(&tree, ACPI "PNP0B00:00/modalias", "acpi:PNP0B00:VMCLOCK:\n", -1);
	gclk_tree_write(&tree, "/sys/bus/vmbus/devices/abc/class_id",
		"{9527E630-d0ae-497b-adce-e80ab0175caf}\n", -1);
	gclk_tree_write(&tree, "/sys/bus/vmbus/devices/def/class_id", "{00}\n", -1);
	gclk_tree_write(&tree, "/proc/device-tree/vmgenid/compatible", "x\0microsoft,vmgenid", 20);
	gclk_offers_list(&reader, facts);
	GCLK_ASSERT_INT(facts->len, 5);
	GCLK_ASSERT_HAS(gclk_facts_find(facts, "acpi VMW0005:00"), "no driver");
	GCLK_ASSERT_STR(gclk_facts_find(facts, "acpi AMZNC10C:00"), "vmclock; its driver is there");
	GCLK_ASSERT_HAS(gclk_facts_find(facts, "acpi QEMUVGID:00"), "its driver is there");
	GCLK_ASSERT_HAS(gclk_facts_find(facts, "vmbus abc"), "no driver has taken it (hv_utils)");
	GCLK_ASSERT_HAS(gclk_facts_find(facts, "device tree vmgenid"), "generation id");
	gclk_tree_clear(&tree);
}

/* --- processors that lie ---------------------------------------------------------------------- */

static guint asked;

/* The same signature at every base, for ever. */
static void looping(guint32 leaf, guint32 registers[4])
{
	asked++;
	registers[0] = 0xffffffff;
	memcpy(&registers[1], "KVMKVMKVM\0\0\0", 12);
	if (leaf == 1)
		registers[2] = 1u << 31;
}

/* Known ones in turn. */
static void inventive(guint32 leaf, guint32 registers[4])
{
	static const char *const names[] = { "KVMKVMKVM\0\0\0", "XenVMMXenVMM", "Microsoft Hv",
		"VMwareVMware", "bhyve bhyve ", "TCGTCGTCGTCG", "VBoxVBoxVBox", "ACRNACRNACRN",
		"SRESRESRESRE", "QNXQVMBSQG\0\0" };

	asked++;
	memset(registers, 0xff, 4 * sizeof *registers);
	if (leaf >= 0x40000000)
		memcpy(&registers[1], names[leaf / 0x100 % G_N_ELEMENTS(names)], 12);
}

static void loops_end(void)
{
	static const GclkCpuid processors[] = { looping, inventive };

	for (gsize i = 0; i < G_N_ELEMENTS(processors); i++) {
		GclkTree tree;
		GclkHypervisorFacts facts;

		gclk_tree_init(&tree);
		asked = 0;
		gclk_hypervisor_facts_collect(&tree.platform, processors[i], &facts);
		CU_ASSERT_TRUE(asked <= 16);
		GCLK_ASSERT_INT(facts.n_signatures, i == 0 ? 1 : GCLK_SIGNATURES_MAX);
		gclk_hypervisor_facts_clear(&facts);
		gclk_tree_clear(&tree);
	}
}

/* --- reasons ---------------------------------------------------------------------------------- */

static void smbios_of_ec2(void)
{
	static const struct {
		const char *product;
		char extension;
		gssize length;
		const char *verdict;
	} cases[] = {
		{ "m5.large", 0x10, 24, "amazon" },
		{ "m5.large", 0x08, 24, "none" },
		{ "m5.large", 0x08, 19, "amazon" }, /* too old to tell */
		{ "m5.metal", 0x10, 24, "amazon" },
		{ "m5.metal", 0x08, 24, "none" },
		{ "m5.metal", 0x08, 0, "none" },
		{ "m5.metallic", 0x08, 0, "amazon" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkTree tree;
		GclkHypervisorFacts facts;
		char raw[24] = { 0 };

		raw[0x13] = cases[i].extension;
		gclk_tree_init(&tree);
		gclk_tree_write(&tree, DMI "sys_vendor", "Amazon EC2\n", -1);
		gclk_tree_write(&tree, DMI "product_name", cases[i].product, -1);
		gclk_tree_write(&tree, "/sys/firmware/dmi/entries/0-0/raw", raw, cases[i].length);
		gclk_hypervisor_facts_collect(&tree.platform, NULL, &facts);
		GCLK_ASSERT_STR(gclk_hypervisor_verdict(&facts), cases[i].verdict);
		gclk_hypervisor_facts_clear(&facts);
		gclk_tree_clear(&tree);
	}
}

static void virtual_but_whose(void)
{
	GclkTree tree;
	GclkHypervisorFacts facts;
	g_autofree char *why = NULL;
	char raw[24] = { 0 };

	raw[0x13] = 0x10;
	gclk_tree_init(&tree);
	gclk_tree_write(&tree, "/sys/firmware/dmi/entries/0-0/raw", raw, sizeof raw);
	gclk_hypervisor_facts_collect(&tree.platform, NULL, &facts);
	GCLK_ASSERT_STR(gclk_hypervisor_judge(&facts, &why), "vm-other");
	GCLK_ASSERT_HAS(why, "SMBIOS");
	gclk_hypervisor_facts_clear(&facts);
	gclk_tree_clear(&tree);
}

static void all_marks_are_kept(void)
{
	GclkTree tree;
	GclkContainerFacts facts;
	g_autofree char *why = NULL;

	gclk_tree_init(&tree);
	gclk_tree_link(&tree, "/proc/self/ns/pid", "pid:[1]");
	gclk_tree_write(&tree, "/run/systemd/container", "lxc\n", -1);
	gclk_tree_write(&tree, "/.dockerenv", "", 0);
	gclk_container_facts_collect(&tree.platform, &facts);
	GCLK_ASSERT_INT(facts.n_marks, 2);
	GCLK_ASSERT_STR(facts.mark, "lxc");
	GCLK_ASSERT_STR(facts.marks[1].name, "docker");
	GCLK_ASSERT_STR(facts.marks[1].where, "/.dockerenv");
	why = gclk_container_why(&facts);
	GCLK_ASSERT_HAS(why, "pid namespace");
	GCLK_ASSERT_HAS(why, "/run/systemd/container says lxc");
	gclk_tree_clear(&tree);
}

/* --- shown ------------------------------------------------------------------------------------ */

/* Everything long and odd at once. */
static GclkDetection *strange_machine(GclkTree *tree)
{
	g_autofree char *name = g_strnfill(300, 'W');
	g_autofree char *device = g_strdup_printf(ACPI "VMCLOCK:%s/hid", name + 100);
	GclkMachine machine = { 0 };

	gclk_tree_init(tree);
	machine.platform = &tree->platform;
	gclk_tree_write(tree, DMI "sys_vendor", name, -1);
	gclk_tree_write(tree, DMI "product_name", "\x1b[31mred \"Alert\"", -1);
	gclk_tree_write(tree, DMI "bios_vendor", "\1\2\3\4\5", 5);
	gclk_tree_write(tree, device, "VMCLOCK", -1);
	gclk_tree_write(tree, "/sys/class/ptp/ptp0/clock_name", "KVM virtual PTP\n", -1);
	gclk_tree_write(tree, "/sys/class/ptp/ptp1/clock_name", "mlx5_ptp\n", -1);
	gclk_tree_directory(tree, "/sys/class/misc/vmclock0");
	gclk_tree_write(tree, "/sys/class/rtc/rtc0/name", "rtc_cmos\n", -1);
	gclk_tree_write(tree, "/proc/sys/kernel/osrelease", "6.12.0\n", -1);
	return gclk_detection_new(&machine);
}

static void link_port(void)
{
	for (gint there = 0; there < 2; there++) {
		g_autoptr(GclkDetection) detection = NULL;
		GclkMachine machine = { 0 };
		GclkTree tree;

		gclk_tree_init(&tree);
		machine.platform = &tree.platform;
		gclk_tree_write(&tree, "/sys/class/virtio-ports/vport0p1/name",
			there ? "org.guestclock.0\n" : "org.qemu.guest_agent.0\n", -1);
		detection = gclk_detection_new(&machine);
		GCLK_ASSERT_STR(gclk_facts_find(detection->facts, "port org.guestclock.0"),
			there ? "the link to the host, where \"hostclock serve\" answers" : NULL);
		gclk_tree_clear(&tree);
	}
}

/* What the page says, to who may read it. */
static void clock_page(void)
{
	static const struct {
		gsize length;
		guint8 counter, status;
		const char *says;
	} cases[] = {
		{ 4096, 0xff, 0, "vmclock's page: disruptions, no time" },
		{ 4096, 1, 2,
			"vmclock's page: disruptions and the host's time, which is "
			"synchronised" },
		{ 4096, 1, 3,
			"vmclock's page: disruptions and the host's time, which has lost its "
			"reference" },
		{ 4096, 1, 255,
			"vmclock's page: disruptions and the host's time, which does not "
			"say how good it is" },
		{ 20, 1, 2, "vmclock's page: disruptions, perhaps time" },
		{ 0, 0, 0, "vmclock's page: disruptions, perhaps time" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint8 page[4096] = { 'V', 'C', 'L', 'K', 0, 16, 0, 0, 1 };
		g_autoptr(GclkDetection) detection = NULL;
		GclkMachine machine = { 0 };
		GclkTree tree;

		gclk_tree_init(&tree);
		machine.platform = &tree.platform;
		page[10] = cases[i].counter;
		page[34] = cases[i].status;
		gclk_tree_directory(&tree, "/sys/class/misc/vmclock0");
		if (cases[i].length)
			gclk_tree_write(&tree, "/dev/vmclock0", (const char *)page,
				(gssize)cases[i].length);
		detection = gclk_detection_new(&machine);
		GCLK_ASSERT_STR(gclk_facts_find(detection->facts, "/dev/vmclock0"), cases[i].says);
		gclk_tree_clear(&tree);
	}
}

static void text_fits(void)
{
	GclkTree tree;
	g_autoptr(GclkDetection) detection = strange_machine(&tree);
	g_autofree char *text = gclk_detection_text(detection, FALSE);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		/* What has no blanks cannot be broken. */
		CU_ASSERT_TRUE(strlen(lines[i]) <= 80 || strstr(lines[i], "WWWW"));
		for (const char *c = lines[i]; *c; c++)
			CU_ASSERT_TRUE(g_ascii_isprint(*c));
	}
	GCLK_ASSERT_HAS(text, "Hypervisor: none\n  because: no fact speaks for a hypervisor\n");
	GCLK_ASSERT_HAS(text, "Container:  none\n");
	GCLK_ASSERT_HAS(text, "Could not be read\n  /sys/class/dmi/id/bios_vendor");
	GCLK_ASSERT_HAS(text, "/dev/vmclock0");
	gclk_tree_clear(&tree);
}

static void json_is_whole(void)
{
	GclkTree tree;
	g_autoptr(GclkDetection) detection = strange_machine(&tree);
	g_autofree char *json = gclk_detection_json(detection);

	GCLK_ASSERT_HAS(json, "\"schema\":1");
	GCLK_ASSERT_HAS(json, "\"hypervisor\":{\"id\":\"none\",\"why\":");
	GCLK_ASSERT_HAS(json, "\"container\":{\"id\":\"none\",\"why\":");
	GCLK_ASSERT_HAS(json, "\"owns_clock\":true");
	GCLK_ASSERT_HAS(json,
		"{\"name\":\"/dev/ptp0\",\"value\":\"KVM virtual PTP: the host's time (UTC)\"}");
	GCLK_ASSERT_HAS(json, "mlx5_ptp: a network card's clock, not the host's time");
	GCLK_ASSERT_HAS(json, "{\"name\":\"rtc rtc0\",\"value\":\"rtc_cmos\"}");
	GCLK_ASSERT_HAS(json,
		"{\"path\":\"/sys/class/dmi/id/bios_vendor\",\"reason\":\"binary, not text\"}");
	gclk_tree_clear(&tree);
}

/* --- names ------------------------------------------------------------------------------------ */

static void check_name(const char *verdict)
{
	CU_ASSERT_TRUE(strcmp(verdict, "bhyve") == 0 || /* the one that is called so */
		       strcmp(gclk_hypervisor_name(verdict), verdict) != 0);
}

static void check_names(gsize (*table)(const GclkHypervisorRow **))
{
	const GclkHypervisorRow *rows;
	gsize n = table(&rows);

	for (gsize i = 0; i < n; i++)
		check_name(rows[i].verdict);
}

/* Each verdict has a name that people know. */
static void every_verdict_has_a_name(void)
{
	const GclkHypervisorDmi *prefixes;
	gsize n = gclk_hypervisor_dmi_prefixes(&prefixes);

	check_names(gclk_hypervisor_signatures);
	check_names(gclk_hypervisor_vm_guests);
	check_names(gclk_hypervisor_device_trees);
	for (gsize i = 0; i < n; i++)
		check_name(prefixes[i].verdict);
	GCLK_ASSERT_STR(gclk_hypervisor_name("microsoft"), "Hyper-V");
	GCLK_ASSERT_STR(gclk_hypervisor_name("oracle"), "VirtualBox");
	GCLK_ASSERT_STR(gclk_hypervisor_name("something"), "something");
}

static const GclkTestCase cases[] = {
	{ "texts are read", reads_texts },
	{ "what is unreadable is said", says_what_is_unreadable },
	{ "many names are cut", many_names_are_cut },
	{ "dumps of sysctls", reads_dumps },
	{ "ids of devices", knows_ids },
	{ "devices and their drivers", tells_drivers },
	{ "a cpuid that loops ends", loops_end },
	{ "EC2 by its SMBIOS", smbios_of_ec2 },
	{ "a virtual machine of nobody's", virtual_but_whose },
	{ "all marks are kept", all_marks_are_kept },
	{ "the page of vmclock", clock_page },
	{ "the port of the link", link_port },
	{ "the text fits 80 columns", text_fits },
	{ "the JSON is whole", json_is_whole },
	{ "every verdict has a name", every_verdict_has_a_name },
	{ 0 },
};

int main(void)
{
	return gclk_test_main("detection", cases);
}
