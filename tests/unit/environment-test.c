/* SPDX-License-Identifier: BSD-2-Clause */
/* Detection on laid-out trees of /proc and /sys, with processors that answer CPUID as they are
   told. */
#include <string.h>

#include "detect/container.h"
#include "detect/environment.h"
#include "detect/hypervisor.h"
#include "guestclock/rival.h"
#include "harness.h"
#include "tree-platform.h"

/* --- CPUID ------------------------------------------------------------------------------------ */

static void answer(guint32 registers[4], const char signature[13])
{
	registers[0] = 0x40000010;
	memcpy(&registers[1], signature, 4);
	memcpy(&registers[2], signature + 4, 4);
	memcpy(&registers[3], signature + 8, 4);
}

/* As real processors do with leaves that they do not have: the data of some other leaf. */
static void junk(guint32 leaf, guint32 registers[4])
{
	registers[0] = 7;
	registers[1] = 0x340 + leaf;
	registers[2] = leaf == 1 ? 1u << 31 : 0x340;
	registers[3] = 0;
}

static void bare_metal(guint32 leaf, guint32 registers[4])
{
	(void)leaf;
	memset(registers, 0, 4 * sizeof *registers);
	if (leaf >= 0x40000000)
		answer(registers, "KVMKVMKVM\0\0\0"); /* must not even be asked */
}

#define PROCESSOR(name, first, second)                                                             \
	static void name(guint32 leaf, guint32 registers[4])                                       \
	{                                                                                          \
		junk(leaf, registers);                                                             \
		if (leaf == 0x40000000 && (first))                                                 \
			answer(registers, first);                                                  \
		if (leaf == 0x40000100 && (second))                                                \
			answer(registers, second);                                                 \
	}

#define NOTHING ((const char *)NULL)
PROCESSOR(kvm, "KVMKVMKVM\0\0\0", NOTHING)
PROCESSOR(kvm_with_hyperv, "Microsoft Hv", "KVMKVMKVM\0\0\0")
PROCESSOR(linux_kvm_hv, "Linux KVM Hv", NOTHING)
PROCESSOR(microsoft, "Microsoft Hv", NOTHING)
PROCESSOR(xen_with_viridian, "Microsoft Hv", "XenVMMXenVMM")
PROCESSOR(vmware, "VMwareVMware", NOTHING)
PROCESSOR(tcg, "TCGTCGTCGTCG", NOTHING)
PROCESSOR(bhyve, "bhyve bhyve ", NOTHING)
PROCESSOR(strange, "SomethingNew", NOTHING)
PROCESSOR(silent, NOTHING, NOTHING)
PROCESSOR(second_only, NOTHING, "VBoxVBoxVBox")

static guint32 asked;

static void count(guint32 leaf, guint32 registers[4])
{
	asked++;
	junk(leaf, registers);
}

/* --- hypervisors ------------------------------------------------------------------------------ */

typedef struct {
	const char *path, *text;
} File;

#define FILES_MAX 4

typedef struct {
	const char *what;
	GclkCpuid cpuid;
	File files[FILES_MAX];
	const char *verdict;
} Machine;

#define DMI  "/sys/class/dmi/id/"
#define TREE "/proc/device-tree/"

static const Machine machines[] = {
	{ "nothing at all", NULL, { { 0 } }, "none" },
	{ "bare metal", bare_metal, { { DMI "sys_vendor", "Dell Inc.\n" } }, "none" },
	{ "QEMU with KVM", kvm,
		{ { DMI "sys_vendor", "QEMU\n" }, { DMI "product_name", "Standard PC\n" } },
		"kvm" },
	{ "Firecracker: no DMI", kvm, { { 0 } }, "kvm" },
	{ "KVM with Hyper-V enlightenments", kvm_with_hyperv, { { DMI "sys_vendor", "QEMU\n" } },
		"kvm" },
	{ "KVM with another vendor id", linux_kvm_hv, { { 0 } }, "kvm" },
	{ "KVM that shows Microsoft alone", microsoft, { { DMI "sys_vendor", "QEMU\n" } }, "qemu" },
	{ "Hyper-V", microsoft,
		{ { DMI "sys_vendor", "Microsoft Corporation\n" },
			{ DMI "product_name", "Virtual Machine\n" } },
		"microsoft" },
	{ "Xen HVM with viridian", xen_with_viridian, { { 0 } }, "xen" },
	{ "VMware", vmware, { { DMI "product_name", "VMware Virtual Platform\n" } }, "vmware" },
	{ "VMware without the hypervisor bit", bare_metal,
		{ { DMI "sys_vendor", "VMware, Inc.\n" } }, "vmware" },
	{ "QEMU TCG", tcg, { { 0 } }, "qemu" },
	{ "bhyve", bhyve, { { 0 } }, "bhyve" },
	{ "VirtualBox with KVM's signature", kvm, { { DMI "sys_vendor", "innotek GmbH\n" } },
		"oracle" },
	{ "VirtualBox's own, at the second base", second_only, { { 0 } }, "oracle" },
	{ "Parallels with KVM's signature", kvm,
		{ { DMI "product_name", "Parallels Virtual Platform\n" } }, "parallels" },
	{ "EC2 Nitro", kvm,
		{ { DMI "sys_vendor", "Amazon EC2\n" }, { DMI "product_name", "m5.large\n" } },
		"amazon" },
	{ "EC2 bare metal", bare_metal,
		{ { DMI "sys_vendor", "Amazon EC2\n" }, { DMI "product_name", "m5.metal\n" } },
		"none" },
	{ "EC2 bare metal of a size", bare_metal,
		{ { DMI "sys_vendor", "Amazon EC2\n" },
			{ DMI "product_name", "c7g.metal-48xl\n" } },
		"none" },
	{ "metal elsewhere is no EC2", kvm, { { DMI "product_name", "heavy.metal\n" } }, "kvm" },
	{ "Google", kvm, { { DMI "product_name", "Google Compute Engine\n" } }, "google" },
	{ "a signature of nobody's", strange, { { 0 } }, "vm-other" },
	{ "the bit alone", silent, { { 0 } }, "vm-other" },
	{ "DMI says Hyper-V", bare_metal,
		{ { DMI "product_version", "Hyper-V UEFI Release v4.0\n" } }, "microsoft" },
	{ "DMI in the middle of a word", bare_metal, { { DMI "sys_vendor", "My QEMU\n" } },
		"none" },
	{ "Xen PV", NULL, { { "/proc/xen/capabilities", "\n" } }, "xen" },
	{ "Xen PVH without /proc/xen", NULL, { { "/sys/hypervisor/type", "xen\n" } }, "xen" },
	{ "dom0 by capabilities", kvm, { { "/proc/xen/capabilities", "control_d\n" } }, "none" },
	{ "dom0 by features", NULL,
		{ { "/proc/xen/capabilities", "" },
			{ "/sys/hypervisor/properties/features", "00000800\n" } },
		"none" },
	{ "domU by features", NULL,
		{ { "/proc/xen/capabilities", "" },
			{ "/sys/hypervisor/properties/features", "000002f7\n" } },
		"xen" },
	{ "User Mode Linux", NULL,
		{ { "/proc/cpuinfo", "processor : 0\nvendor_id : User Mode Linux\n" } }, "uml" },
	{ "arm64 KVM", NULL, { { TREE "hypervisor/compatible", "linux,kvm" } }, "kvm" },
	{ "arm64 Xen", NULL, { { TREE "hypervisor/compatible", "xen,xen-4.17" } }, "xen" },
	{ "arm64 of another", NULL, { { TREE "hypervisor/compatible", "gunyah" } }, "vm-other" },
	{ "arm64 QEMU", NULL, { { TREE "fw-cfg@9020000/compatible", "qemu,fw-cfg-mmio" } },
		"qemu" },
	{ "pseries QEMU", NULL, { { TREE "compatible", "qemu,pseries" } }, "qemu" },
	{ "PowerVM", NULL, { { TREE "ibm,partition-name", "lpar1" }, { TREE "hmc-managed?", "" } },
		"powervm" },
	{ "s390 z/VM", NULL,
		{ { "/proc/sysinfo", "LPAR Name: x\nVM00 Control Program: z/VM    7.2.0\n" } },
		"zvm" },
	{ "s390 KVM", NULL, { { "/proc/sysinfo", "VM00 Control Program: KVM/Linux\n" } }, "kvm" },
	{ "s390 LPAR", NULL, { { "/proc/sysinfo", "LPAR Name: x\n" } }, "none" },
};

static void hypervisors(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		GclkTree tree;
		GclkHypervisorFacts facts;
		g_autofree char *is = NULL;
		g_autofree char *should = NULL;

		gclk_tree_init(&tree);
		for (gsize f = 0; f < FILES_MAX && machines[i].files[f].path; f++)
			gclk_tree_write(
				&tree, machines[i].files[f].path, machines[i].files[f].text, -1);
		gclk_hypervisor_facts_collect(&tree.platform, machines[i].cpuid, &facts);
		is = g_strconcat(machines[i].what, ": ", gclk_hypervisor_verdict(&facts), NULL);
		should = g_strconcat(machines[i].what, ": ", machines[i].verdict, NULL);
		GCLK_ASSERT_STR(is, should);
		gclk_hypervisor_facts_clear(&facts);
		gclk_tree_clear(&tree);
	}
}

static void facts_are_listed(void)
{
	GclkTree tree;
	GclkHypervisorFacts facts;
	g_autoptr(GPtrArray) lines = NULL;
	g_autoptr(GPtrArray) unknown = NULL;

	gclk_tree_init(&tree);
	gclk_hypervisor_facts_collect(&tree.platform, strange, &facts);
	unknown = gclk_hypervisor_facts_describe(&facts);
	GCLK_ASSERT_INT(unknown->len, 1);
	GCLK_ASSERT_STR(unknown->pdata[0], "cpuid 0x40000000: SomethingNew");
	gclk_hypervisor_facts_clear(&facts);
	gclk_tree_write(&tree, DMI "sys_vendor", "QE\x01MU\xff\n", -1);
	gclk_hypervisor_facts_collect(&tree.platform, kvm_with_hyperv, &facts);
	GCLK_ASSERT_INT(facts.n_signatures, 2);
	lines = gclk_hypervisor_facts_describe(&facts);
	GCLK_ASSERT_INT(lines->len, 3);
	GCLK_ASSERT_STR(lines->pdata[0], "cpuid 0x40000000: Microsoft Hv");
	GCLK_ASSERT_STR(lines->pdata[1], "cpuid 0x40000100: KVMKVMKVM");
	GCLK_ASSERT_STR(lines->pdata[2], "dmi sys_vendor: QE MU");
	gclk_hypervisor_facts_clear(&facts);
	gclk_tree_clear(&tree);
}

/* Every leaf is a trap: not hundreds of them. */
static void cpuid_is_bounded(void)
{
	GclkTree tree;
	GclkHypervisorFacts facts;

	gclk_tree_init(&tree);
	asked = 0;
	gclk_hypervisor_facts_collect(&tree.platform, count, &facts);
	CU_ASSERT_TRUE(asked <= 8);
	GCLK_ASSERT_INT(facts.n_signatures, 0);
	gclk_hypervisor_facts_clear(&facts);
	gclk_tree_clear(&tree);
}

/* --- containers ------------------------------------------------------------------------------- */

#define NS         "/proc/self/ns/"
#define FIRST_PID  "pid:[4026531836]"
#define FIRST_USER "user:[4026531837]"

typedef struct {
	const char *what;
	const char *pid, *user; /* link targets, NULL: not there */
	const char *own_net, *init_net, *own_cgroup, *init_cgroup;
	File files[FILES_MAX];
	const char *verdict;
	gboolean owns_clock;
} Cell;

static const Cell cells[] = {
	{ "a machine", FIRST_PID, FIRST_USER, "net:[1]", "net:[1]", "cgroup:[2]", "cgroup:[2]",
		{ { 0 } }, "none", TRUE },
	{ "a kernel without namespaces", NULL, NULL, NULL, NULL, NULL, NULL, { { 0 } }, "none",
		TRUE },
	{ "a microVM from a container image", FIRST_PID, FIRST_USER, "net:[1]", "net:[1]", NULL,
		NULL, { { "/.dockerenv", "" } }, "none", TRUE },
	{ "the same, process 1 not to be seen", FIRST_PID, FIRST_USER, "net:[1]", NULL,
		"cgroup:[4026531835]", NULL, { { "/.dockerenv", "" } }, "none", TRUE },
	{ "docker --pid=host --net=host, process 1 not to be seen", FIRST_PID, FIRST_USER,
		"net:[1]", NULL, "cgroup:[4026532500]", NULL, { { "/.dockerenv", "" } }, "docker",
		FALSE },
	{ "docker", "pid:[4026532200]", FIRST_USER, "net:[5]", "net:[5]", NULL, NULL,
		{ { "/.dockerenv", "" } }, "docker", FALSE },
	{ "rootless podman", "pid:[4026532200]", "user:[4026532199]", NULL, NULL, NULL, NULL,
		{ { "/run/.containerenv", "engine=\"podman\"\n" } }, "podman", FALSE },
	{ "docker --pid=host", FIRST_PID, FIRST_USER, "net:[5]", "net:[1]", "cgroup:[7]",
		"cgroup:[7]", { { "/.dockerenv", "" } }, "docker", FALSE },
	{ "docker --pid=host --net=host", FIRST_PID, FIRST_USER, "net:[1]", "net:[1]", "cgroup:[7]",
		"cgroup:[2]", { { "/.dockerenv", "" } }, "docker", FALSE },
	{ "ip netns exec", FIRST_PID, FIRST_USER, "net:[5]", "net:[1]", "cgroup:[2]", "cgroup:[2]",
		{ { 0 } }, "none", TRUE },
	{ "both foreign, no mark", FIRST_PID, FIRST_USER, "net:[5]", "net:[1]", "cgroup:[7]",
		"cgroup:[2]", { { 0 } }, "unknown", FALSE },
	{ "unshare --pid", "pid:[4026532200]", FIRST_USER, NULL, NULL, NULL, NULL, { { 0 } },
		"unknown", FALSE },
	{ "unshare --user", FIRST_PID, "user:[4026532199]", NULL, NULL, NULL, NULL, { { 0 } },
		"unknown", FALSE },
	{ "lxc", "pid:[4026532200]", FIRST_USER, NULL, NULL, NULL, NULL,
		{ { "/run/systemd/container", "lxc\n" } }, "lxc", FALSE },
	{ "nspawn by container-manager", "pid:[4026532200]", "user:[9]", NULL, NULL, NULL, NULL,
		{ { "/run/host/container-manager", "systemd-nspawn\n" }, { "/.dockerenv", "" } },
		"systemd-nspawn", FALSE },
	{ "a name that is none", "pid:[4026532200]", FIRST_USER, NULL, NULL, NULL, NULL,
		{ { "/run/systemd/container", "\x1b[31mred alert\n" } }, "container-other", FALSE },
	{ "OpenVZ", FIRST_PID, FIRST_USER, NULL, NULL, NULL, NULL, { { "/proc/vz/version", "x" } },
		"openvz", FALSE },
	{ "an OpenVZ host", FIRST_PID, FIRST_USER, NULL, NULL, NULL, NULL,
		{ { "/proc/vz/version", "x" }, { "/proc/bc/resources", "x" } }, "none", TRUE },
	{ "WSL2", "pid:[4026532200]", FIRST_USER, NULL, NULL, NULL, NULL,
		{ { "/proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n" } }, "wsl",
		TRUE },
	{ "WSL2, first namespaces", FIRST_PID, FIRST_USER, NULL, NULL, NULL, NULL,
		{ { "/proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n" } }, "wsl",
		TRUE },
	{ "a rootless container in WSL2", "pid:[4026532200]", "user:[4026532199]", NULL, NULL, NULL,
		NULL, { { "/proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n" } },
		"wsl", FALSE },
};

static void link_if(GclkTree *tree, const char *path, const char *target)
{
	if (target)
		gclk_tree_link(tree, path, target);
}

static void containers(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) {
		const Cell *cell = &cells[i];
		GclkTree tree;
		GclkContainerFacts facts;
		g_autofree char *is = NULL;
		g_autofree char *should = NULL;

		gclk_tree_init(&tree);
		link_if(&tree, NS "pid", cell->pid);
		link_if(&tree, NS "user", cell->user);
		link_if(&tree, NS "net", cell->own_net);
		link_if(&tree, "/proc/1/ns/net", cell->init_net);
		link_if(&tree, NS "cgroup", cell->own_cgroup);
		link_if(&tree, "/proc/1/ns/cgroup", cell->init_cgroup);
		for (gsize f = 0; f < FILES_MAX && cell->files[f].path; f++)
			gclk_tree_write(&tree, cell->files[f].path, cell->files[f].text, -1);
		gclk_container_facts_collect(&tree.platform, &facts);
		is = g_strdup_printf("%s: %s, %s clock", cell->what, gclk_container_verdict(&facts),
			gclk_container_owns_clock(&facts) ? "own" : "shared");
		should = g_strdup_printf("%s: %s, %s clock", cell->what, cell->verdict,
			cell->owns_clock ? "own" : "shared");
		GCLK_ASSERT_STR(is, should);
		gclk_tree_clear(&tree);
	}
}

static void environment_of_init(void)
{
	static const char environ[] =
		"PATH=/bin\0not_container=x\0container=lxc-libvirt\0TERM=linux";
	static const char without[] = "PATH=/bin\0xcontainer=lxc";
	GclkContainerFacts facts;
	GclkTree tree;

	gclk_tree_init(&tree);
	gclk_tree_link(&tree, NS "pid", "pid:[1]");
	gclk_tree_write(&tree, "/proc/1/environ", environ, sizeof environ - 1);
	gclk_container_facts_collect(&tree.platform, &facts);
	GCLK_ASSERT_STR(gclk_container_verdict(&facts), "lxc-libvirt");
	gclk_tree_write(&tree, "/proc/1/environ", without, sizeof without - 1);
	gclk_container_facts_collect(&tree.platform, &facts);
	GCLK_ASSERT_STR(gclk_container_verdict(&facts), "unknown");
	gclk_tree_clear(&tree);
}

/* --- rivals ----------------------------------------------------------------------------------- */

#define ROOT_STATUS   "Name:\tx\nState:\tS (sleeping)\nCapEff:\t000001ffffffffff\n"
#define TIME_STATUS   "Name:\tx\nState:\tS (sleeping)\nCapEff:\t0000000002000000\n"
#define WEAK_STATUS   "Name:\tx\nState:\tS (sleeping)\nCapEff:\t0000000000000400\n"
#define ZOMBIE_STATUS "Name:\tx\nState:\tZ (zombie)\nCapEff:\t000001ffffffffff\n"

/* cmdline: words parted by blanks */
static void add_process(
	GclkTree *tree, guint pid, const char *comm, const char *cmdline, const char *status)
{
	g_autofree char *directory = g_strdup_printf("/proc/%u", pid);
	g_autofree char *comm_path = g_strconcat(directory, "/comm", NULL);
	g_autofree char *cmdline_path = g_strconcat(directory, "/cmdline", NULL);
	g_autofree char *status_path = g_strconcat(directory, "/status", NULL);
	g_autofree char *comm_text = g_strconcat(comm, "\n", NULL);
	g_autofree char *words = g_strdup(cmdline);
	gsize length = strlen(words);

	g_strdelimit(words, " ", '\0');
	gclk_tree_write(tree, comm_path, comm_text, -1);
	gclk_tree_write(tree, cmdline_path, words, (gssize)length + 1);
	if (status)
		gclk_tree_write(tree, status_path, status, -1);
}

static void rivals(void)
{
	static const struct {
		const char *comm, *cmdline, *status;
		const char *name; /* NULL: no rival */
	} cases[] = {
		{ "chronyd", "/usr/sbin/chronyd -F 1", TIME_STATUS, "chronyd" },
		{ "chronyd", "/usr/sbin/chronyd -x", ROOT_STATUS, NULL },
		{ "chronyd", "chronyd -dx", ROOT_STATUS, NULL },
		{ "chronyd", "chronyd -u x", ROOT_STATUS, "chronyd" }, /* the user is x */
		{ "chronyd", "chronyd -ux", ROOT_STATUS, "chronyd" },
		{ "chronyd", "chronyd -u -x", ROOT_STATUS, "chronyd" }, /* so is it here */
		{ "chronyd", "chronyd -d -u _chrony -x", ROOT_STATUS, NULL },
		{ "chronyd", "chronyd -f /etc/x -n", ROOT_STATUS, "chronyd" },
		{ "chronyd", "chronyd -Q server 192.0.2.1", ROOT_STATUS, NULL },
		{ "chronyd", "chronyd -U", WEAK_STATUS, NULL },
		{ "chronyd", "chronyd", ZOMBIE_STATUS, NULL },
		{ "chronyd", "chronyd", NULL, "chronyd" }, /* cannot be seen: taken for one */
		{ "chronyd", "", "", "chronyd" },
		{ "ntpd", "/usr/sbin/ntpd -p /run/ntpd.pid -g", TIME_STATUS, "ntpd" },
		{ "ntpd", "ntpd: ntp engine", WEAK_STATUS, NULL }, /* OpenNTPD's child */
		{ "systemd-timesyn", "/lib/systemd/systemd-timesyncd", TIME_STATUS,
			"systemd-timesyncd" },
		{ "phc2sys", "phc2sys -s /dev/ptp0 -O 0", ROOT_STATUS, "phc2sys" },
		{ "phc2sys", "phc2sys -s CLOCK_REALTIME -c eth0 -w", ROOT_STATUS, NULL },
		{ "phc2sys", "phc2sys -c CLOCK_REALTIME -s eth0", ROOT_STATUS, "phc2sys" },
		{ "phc2sys", "phc2sys -a -r", ROOT_STATUS, "phc2sys" },
		{ "phc2sys", "phc2sys -arr", ROOT_STATUS, "phc2sys" },
		{ "phc2sys", "phc2sys -a", ROOT_STATUS, NULL },
		{ "ptp4l", "ptp4l -i eth0", ROOT_STATUS, NULL },
		{ "ptp4l", "ptp4l -S -i eth0", ROOT_STATUS, "ptp4l" },
		{ "ntp-daemon", "/usr/bin/ntp-daemon", TIME_STATUS, "ntp-daemon" },
		{ "chronyc", "chronyc tracking", ROOT_STATUS, NULL },
		{ "chronyd2", "chronyd2", ROOT_STATUS, NULL },
		{ "bash", "chronyd", ROOT_STATUS, NULL },
		{ "", "", ROOT_STATUS, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) found = NULL;
		g_autofree char *is = NULL;
		g_autofree char *should = NULL;
		GclkTree tree;

		gclk_tree_init(&tree);
		add_process(&tree, 123, cases[i].comm, cases[i].cmdline, cases[i].status);
		found = gclk_rivals_find(&tree.platform);
		is = g_strconcat(
			cases[i].cmdline, " -> ", found->len ? found->pdata[0] : "none", NULL);
		should = g_strconcat(cases[i].cmdline, " -> ",
			cases[i].name ? cases[i].name : "none", cases[i].name ? " (pid 123)" : NULL,
			NULL);
		GCLK_ASSERT_STR(is, should);
		gclk_tree_clear(&tree);
	}
}

static void rivals_among_many(void)
{
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GPtrArray) none = NULL;
	GclkTree tree;

	gclk_tree_init(&tree);
	none = gclk_rivals_find(&tree.platform); /* no /proc at all */
	GCLK_ASSERT_INT(none->len, 0);
	for (guint pid = 1; pid < 50; pid++)
		add_process(&tree, pid, "sleep", "sleep 1", ROOT_STATUS);
	add_process(&tree, 20, "chronyd", "chronyd", TIME_STATUS);
	add_process(&tree, 21, "chronyd", "chronyd", WEAK_STATUS); /* its helper */
	add_process(&tree, 30, "ntpd", "ntpd", TIME_STATUS);
	/* root of a user namespace: its capability does not reach the clock */
	add_process(&tree, 40, "ntpd", "ntpd", ROOT_STATUS);
	gclk_tree_link(&tree, "/proc/40/ns/user", "user:[4026532199]");
	gclk_tree_link(&tree, "/proc/30/ns/user", FIRST_USER);
	/* a process that has gone while we looked, and things that are no processes */
	gclk_tree_directory(&tree, "/proc/60");
	gclk_tree_write(&tree, "/proc/uptime", "1 1", -1);
	gclk_tree_write(&tree, "/proc/self/comm", "chronyd", -1);
	found = gclk_rivals_find(&tree.platform);
	GCLK_ASSERT_INT(found->len, 2);
	GCLK_ASSERT_STR(found->pdata[0], "chronyd (pid 20)");
	GCLK_ASSERT_STR(found->pdata[1], "ntpd (pid 30)");
	gclk_tree_clear(&tree);
}

static void capabilities(void)
{
	CU_ASSERT_TRUE(gclk_rival_able(""));
	CU_ASSERT_TRUE(gclk_rival_able("CapEff:"));
	CU_ASSERT_TRUE(gclk_rival_able("CapEff:\tmany\n"));
	CU_ASSERT_TRUE(gclk_rival_able("CapEff:\t0000000002000000"));
	CU_ASSERT_FALSE(gclk_rival_able("CapEff:\t0000000001000000"));
	CU_ASSERT_FALSE(gclk_rival_able("CapEff:\t0000000004000000"));
	/* the bounding set is not the effective one */
	CU_ASSERT_FALSE(gclk_rival_able("CapBnd:\t000001ffffffffff\nCapEff:\t0000000000000000\n"));
	CU_ASSERT_FALSE(gclk_rival_able("State:\tX (dead)"));
}

/* --- all together ----------------------------------------------------------------------------- */

static void environment(void)
{
	g_autoptr(GclkEnvironment) found = NULL;
	GclkTree tree;

	gclk_tree_init(&tree);
	gclk_tree_write(&tree, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
		"tsc\n", -1);
	gclk_tree_write(&tree, "/proc/sys/kernel/random/boot_id", "a1b2\n", -1);
	gclk_tree_write(&tree, "/proc/sys/kernel/osrelease", "6.12.0\n", -1);
	add_process(&tree, 9, "ntpd", "ntpd", TIME_STATUS);
	found = gclk_environment_detect_with(&tree.platform, vmware);
	GCLK_ASSERT_STR(found->hypervisor, "vmware");
	GCLK_ASSERT_STR(found->container, "none");
	CU_ASSERT_TRUE(found->owns_clock);
	GCLK_ASSERT_STR(found->clocksource, "tsc");
	GCLK_ASSERT_STR(found->boot_id, "a1b2");
	GCLK_ASSERT_STR(found->kernel_release, "6.12.0");
	GCLK_ASSERT_INT(found->rivals->len, 1);
	GCLK_ASSERT_INT(found->facts->len, 1);
	gclk_tree_clear(&tree);
}

static void nothing_to_see(void)
{
	g_autoptr(GclkEnvironment) found = NULL;
	GclkTree tree;

	gclk_tree_init(&tree);
	found = gclk_environment_detect_with(&tree.platform, NULL);
	GCLK_ASSERT_STR(found->hypervisor, "none");
	GCLK_ASSERT_STR(found->container, "none");
	CU_ASSERT_PTR_NULL(found->clocksource);
	CU_ASSERT_PTR_NULL(found->boot_id);
	CU_ASSERT_PTR_NULL(found->kernel_release);
	GCLK_ASSERT_INT(found->rivals->len, 0);
	gclk_tree_clear(&tree);
}

/* Every file huge, binary, empty or a directory: no crash, no verdict out of rubbish. */
static void rubbish(void)
{
	static const char *const paths[] = { DMI "product_name", DMI "sys_vendor",
		DMI "board_vendor", DMI "bios_vendor", DMI "product_version",
		"/sys/hypervisor/type", "/sys/hypervisor/properties/features",
		TREE "hypervisor/compatible", TREE "compatible", "/proc/sysinfo", "/proc/cpuinfo",
		"/proc/sys/kernel/osrelease", "/proc/sys/kernel/random/boot_id",
		"/run/host/container-manager", "/proc/1/environ", "/run/systemd/container",
		"/proc/7/comm", "/proc/7/status", "/proc/7/cmdline",
		"/sys/devices/system/clocksource/clocksource0/current_clocksource" };
	g_autofree char *huge = g_strnfill(2 * 1024 * 1024, 'A');
	static const char binary[] = "\0\xff\xfe\x01\n\n\0\x80VM\xc3\x28";

	for (gint kind = 0; kind < 4; kind++) {
		g_autoptr(GclkEnvironment) found = NULL;
		GclkTree tree;

		gclk_tree_init(&tree);
		for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
			if (kind == 0)
				gclk_tree_write(&tree, paths[i], "", -1);
			else if (kind == 1)
				gclk_tree_write(&tree, paths[i], binary, sizeof binary - 1);
			else if (kind == 2)
				gclk_tree_write(&tree, paths[i], huge, -1);
			else
				gclk_tree_directory(&tree, paths[i]);
		}
		found = gclk_environment_detect_with(&tree.platform, NULL);
		CU_ASSERT_TRUE(strcmp(found->hypervisor, "none") == 0 ||
			       strcmp(found->hypervisor, "vm-other") == 0);
		GCLK_ASSERT_STR(found->container, "none");
		GCLK_ASSERT_INT(found->rivals->len, 0);
		gclk_tree_clear(&tree);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "hypervisors", hypervisors },
		{ "facts are listed", facts_are_listed },
		{ "the CPUID walk is bounded", cpuid_is_bounded },
		{ "containers", containers },
		{ "environment of process 1", environment_of_init },
		{ "rivals", rivals },
		{ "rivals among many", rivals_among_many },
		{ "capabilities", capabilities },
		{ "all together", environment },
		{ "nothing to see", nothing_to_see },
		{ "rubbish", rubbish },
		{ NULL, NULL },
	};

	return gclk_test_main("environment", cases);
}
