/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/hypervisor.h"

#include <string.h>

#define FILE_MAX    4096
#define CPUINFO_MAX (1024 * 1024)

/* --- tables ----------------------------------------------------------------------------------- */

/*
 * CPUID signatures, EBX ECX EDX of the base leaf, trailing NULs cut. Sources: systemd virt.c,
 * virt-what, Linux arch/x86/kernel/cpu/hypervisor.c and its neighbours, FreeBSD identcpu.c.
 * One virtual machine may show several: the first row that matches any of them wins, so Microsoft
 * comes last: KVM, Xen and WHPX show its signature too, to offer its enlightenments.
 */
static const struct {
	const char *signature;
	const char *verdict;
} signatures[] = {
	{ "XenVMMXenVMM", "xen" },
	{ "KVMKVMKVM", "kvm" },
	{ "Linux KVM Hv", "kvm" },
	{ "TCGTCGTCGTCG", "qemu" },
	{ "VMwareVMware", "vmware" },
	{ "bhyve bhyve ", "bhyve" },
	{ "VBoxVBoxVBox", "oracle" },
	{ "ACRNACRNACRN", "acrn" },
	{ "SRESRESRESRE", "sre" },
	{ "QNXQVMBSQG", "qnx" },
	{ "Apple VZ", "apple" },
	{ "LKVMLKVMLKVM", "kvm" },
	{ "OpenBSDVMM58", "vm-other" },
	{ "Jailhouse", "vm-other" },
};

#define SIGNATURE_MICROSOFT "Microsoft Hv"

/* Prefixes of DMI strings, as in systemd. first: believed before CPUID, which these hypervisors
   leave to others' signatures. */
static const struct {
	const char *prefix;
	const char *verdict;
	gboolean first;
} dmi_prefixes[] = {
	{ "KVM", "kvm", FALSE },
	{ "OpenStack", "kvm", FALSE },
	{ "KubeVirt", "kvm", FALSE },
	{ "Amazon EC2", "amazon", TRUE },
	{ "QEMU", "qemu", FALSE },
	{ "VMware", "vmware", FALSE },
	{ "VMW", "vmware", FALSE },
	{ "innotek GmbH", "oracle", TRUE },
	{ "VirtualBox", "oracle", TRUE },
	{ "Oracle Corporation", "oracle", TRUE },
	{ "Xen", "xen", TRUE },
	{ "Bochs", "bochs", FALSE },
	{ "Parallels", "parallels", TRUE },
	{ "BHYVE", "bhyve", FALSE },
	{ "Hyper-V", "microsoft", FALSE },
	{ "Apple Virtualization", "apple", FALSE },
	{ "Google Compute Engine", "google", TRUE },
};

static const char *const dmi_names[GCLK_DMI_FIELDS] = { "product_name", "sys_vendor",
	"board_vendor", "bios_vendor", "product_version" };

/* --- CPUID ------------------------------------------------------------------------------------ */

#define LEAF_FIRST 0x40000000u
#define LEAF_STEP  0x100u
/* Hypervisors that show a second one's signature put it at the next base or the one after. Every
   leaf is a trap into the hypervisor, so the walk ends after this many bases without one. */
#define EMPTY_BASES 4

/* FALSE: not the text that a hypervisor would leave. */
static gboolean signature_text(const guint32 registers[4], char text[GCLK_SIGNATURE_BYTES + 1])
{
	memcpy(text, &registers[1], 4);
	memcpy(text + 4, &registers[2], 4);
	memcpy(text + 8, &registers[3], 4);
	text[GCLK_SIGNATURE_BYTES] = '\0';
	for (char *c = text; *c; c++)
		if (!g_ascii_isprint(*c))
			return FALSE;
	return text[0] != '\0' && text[1] != '\0' && text[2] != '\0';
}

static gboolean known_signature(const char *text)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++)
		if (strcmp(signatures[i].signature, text) == 0)
			return TRUE;
	return strcmp(SIGNATURE_MICROSOFT, text) == 0;
}

/* A leaf that does not exist gives the data of another, so beyond the first base only signatures
   that are known count. */
static void collect_signatures(GclkCpuid cpuid, GclkHypervisorFacts *out)
{
	guint32 registers[4];
	guint empty = 0;

	if (!cpuid)
		return;
	cpuid(1, registers);
	out->hypervisor_bit = (registers[2] >> 31 & 1) != 0;
	if (!out->hypervisor_bit)
		return;
	for (guint32 leaf = LEAF_FIRST;
		empty < EMPTY_BASES && out->n_signatures < GCLK_SIGNATURES_MAX; leaf += LEAF_STEP) {
		char *text = out->signatures[out->n_signatures].text;

		cpuid(leaf, registers);
		if (signature_text(registers, text) &&
			(leaf == LEAF_FIRST || known_signature(text))) {
			out->signatures[out->n_signatures++].leaf = leaf;
			empty = 0;
		} else {
			empty++;
		}
	}
}

/* --- files ------------------------------------------------------------------------------------ */

/* A small file as printable text without blanks around it; NULL when there is none, or nothing in
   it. */
static char *read_text(GclkPlatform *platform, const char *path)
{
	gsize length = 0;
	g_autofree char *text = platform->read_file(platform, path, FILE_MAX, &length, NULL);

	if (!text)
		return NULL;
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isprint(text[i]))
			text[i] = ' ';
	g_strstrip(text);
	return text[0] ? g_steal_pointer(&text) : NULL;
}

static gboolean contains(GclkPlatform *platform, const char *path, gsize limit, const char *part)
{
	g_autofree char *text = platform->read_file(platform, path, limit, NULL, NULL);

	return text && strstr(text, part);
}

static gboolean is_directory(GclkPlatform *platform, const char *path)
{
	g_auto(GStrv) names = platform->list_directory(platform, path, NULL);

	return names != NULL;
}

static gboolean file_exists(GclkPlatform *platform, const char *path)
{
	g_autofree char *text = platform->read_file(platform, path, FILE_MAX, NULL, NULL);

	return text != NULL;
}

static void collect_dmi(GclkPlatform *platform, GclkHypervisorFacts *out)
{
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++) {
		g_autofree char *path = g_strconcat("/sys/class/dmi/id/", dmi_names[i], NULL);

		out->dmi[i] = read_text(platform, path);
	}
}

/* Linux xen features.h: XENFEAT_dom0 is bit 11. */
#define XENFEAT_DOM0 11

static void collect_xen(GclkPlatform *platform, GclkHypervisorFacts *out)
{
	g_autofree char *features = read_text(platform, "/sys/hypervisor/properties/features");
	guint64 bits = features ? g_ascii_strtoull(features, NULL, 16) : 0;

	out->sys_hypervisor = read_text(platform, "/sys/hypervisor/type");
	out->xen = is_directory(platform, "/proc/xen");
	out->xen_control = (bits >> XENFEAT_DOM0 & 1) != 0 ||
			   contains(platform, "/proc/xen/capabilities", FILE_MAX, "control_d");
}

static void collect_device_tree(GclkPlatform *platform, GclkHypervisorFacts *out)
{
	g_auto(GStrv) nodes = platform->list_directory(platform, "/proc/device-tree", NULL);

	if (!nodes)
		return;
	out->device_tree = read_text(platform, "/proc/device-tree/hypervisor/compatible");
	for (guint i = 0; nodes[i]; i++)
		out->device_tree_qemu = out->device_tree_qemu || strstr(nodes[i], "fw-cfg") != NULL;
	out->device_tree_qemu =
		out->device_tree_qemu ||
		contains(platform, "/proc/device-tree/compatible", FILE_MAX, "qemu,pseries");
	out->device_tree_powervm =
		file_exists(platform, "/proc/device-tree/ibm,partition-name") &&
		file_exists(platform, "/proc/device-tree/hmc-managed?") &&
		!file_exists(platform, "/proc/device-tree/chosen/qemu,graphic-width");
}

/* "VM00 Control Program: KVM/Linux" */
static void collect_s390(GclkPlatform *platform, GclkHypervisorFacts *out)
{
	static const char key[] = "VM00 Control Program:";
	g_autofree char *text =
		platform->read_file(platform, "/proc/sysinfo", CPUINFO_MAX, NULL, NULL);
	char *line = text ? strstr(text, key) : NULL;

	if (!line)
		return;
	line += strlen(key);
	line[strcspn(line, "\n")] = '\0';
	out->s390_control_program = g_strdup(g_strstrip(line));
}

void gclk_hypervisor_facts_collect(
	GclkPlatform *platform, GclkCpuid cpuid, GclkHypervisorFacts *out)
{
	memset(out, 0, sizeof *out);
	collect_signatures(cpuid, out);
	collect_dmi(platform, out);
	collect_xen(platform, out);
	collect_device_tree(platform, out);
	collect_s390(platform, out);
	/* The largest file is left alone where CPUID has answered already. */
	if (out->n_signatures == 0)
		out->user_mode_linux =
			contains(platform, "/proc/cpuinfo", CPUINFO_MAX, "User Mode Linux");
}

void gclk_hypervisor_facts_clear(GclkHypervisorFacts *facts)
{
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++)
		g_free(facts->dmi[i]);
	g_free(facts->sys_hypervisor);
	g_free(facts->device_tree);
	g_free(facts->s390_control_program);
	memset(facts, 0, sizeof *facts);
}

/* --- verdict ---------------------------------------------------------------------------------- */

static const char *dmi_verdict(const GclkHypervisorFacts *facts, gboolean first_only)
{
	for (gsize field = 0; field < GCLK_DMI_FIELDS; field++)
		for (gsize i = 0; facts->dmi[field] && i < G_N_ELEMENTS(dmi_prefixes); i++)
			if ((dmi_prefixes[i].first || !first_only) &&
				g_str_has_prefix(facts->dmi[field], dmi_prefixes[i].prefix))
				return dmi_prefixes[i].verdict;
	return NULL;
}

/* EC2 rents bare machines too, with the same DMI vendor: "m5.metal", "c7g.metal-48xl". */
static gboolean is_bare_metal(const GclkHypervisorFacts *facts)
{
	const char *product = facts->dmi[GCLK_DMI_PRODUCT_NAME];
	const char *metal = product ? strstr(product, ".metal") : NULL;
	const char *verdict = dmi_verdict(facts, TRUE);

	return metal && (metal[strlen(".metal")] == '\0' || metal[strlen(".metal")] == '-') &&
	       g_strcmp0(verdict, "amazon") == 0;
}

static gboolean has_signature(const GclkHypervisorFacts *facts, const char *signature)
{
	for (guint i = 0; i < facts->n_signatures; i++)
		if (strcmp(facts->signatures[i].text, signature) == 0)
			return TRUE;
	return FALSE;
}

static const char *cpuid_verdict(const GclkHypervisorFacts *facts)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++)
		if (has_signature(facts, signatures[i].signature))
			return signatures[i].verdict;
	return NULL;
}

static const char *device_tree_verdict(const GclkHypervisorFacts *facts)
{
	const char *text = facts->device_tree ? facts->device_tree : "";

	if (strstr(text, "linux,kvm"))
		return "kvm";
	if (strstr(text, "xen"))
		return "xen";
	if (strstr(text, "vmware"))
		return "vmware";
	if (facts->device_tree_qemu)
		return "qemu";
	if (facts->device_tree_powervm)
		return "powervm";
	return text[0] ? "vm-other" : NULL;
}

static const char *s390_verdict(const GclkHypervisorFacts *facts)
{
	if (!facts->s390_control_program)
		return NULL;
	return strstr(facts->s390_control_program, "z/VM") ? "zvm" : "kvm";
}

static const char *xen_verdict(const GclkHypervisorFacts *facts)
{
	return facts->xen || g_strcmp0(facts->sys_hypervisor, "xen") == 0 ? "xen" : NULL;
}

static const char *microsoft_verdict(const GclkHypervisorFacts *facts)
{
	return has_signature(facts, SIGNATURE_MICROSOFT) ? "microsoft" : NULL;
}

const char *gclk_hypervisor_verdict(const GclkHypervisorFacts *facts)
{
	const char *verdict;

	if (is_bare_metal(facts) || facts->xen_control)
		return "none";
	verdict = dmi_verdict(facts, TRUE);
	if (!verdict && facts->user_mode_linux)
		verdict = "uml";
	if (!verdict && facts->xen)
		verdict = "xen";
	if (!verdict)
		verdict = cpuid_verdict(facts);
	if (!verdict)
		verdict = dmi_verdict(facts, FALSE);
	if (!verdict)
		verdict = xen_verdict(facts);
	if (!verdict)
		verdict = device_tree_verdict(facts);
	if (!verdict)
		verdict = s390_verdict(facts);
	if (!verdict)
		verdict = microsoft_verdict(facts);
	if (!verdict && facts->hypervisor_bit)
		verdict = "vm-other";
	return verdict ? verdict : "none";
}

/* --- for people ------------------------------------------------------------------------------- */

static void add(GPtrArray *lines, const char *name, const char *value)
{
	if (value)
		g_ptr_array_add(lines, g_strdup_printf("%s: %s", name, value));
}

GPtrArray *gclk_hypervisor_facts_describe(const GclkHypervisorFacts *facts)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < facts->n_signatures; i++)
		g_ptr_array_add(
			lines, g_strdup_printf("cpuid 0x%08x: %s", (guint)facts->signatures[i].leaf,
				       facts->signatures[i].text));
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++) {
		g_autofree char *name = g_strconcat("dmi ", dmi_names[i], NULL);

		add(lines, name, facts->dmi[i]);
	}
	add(lines, "/sys/hypervisor/type", facts->sys_hypervisor);
	add(lines, "/proc/xen", facts->xen_control ? "dom0" : facts->xen ? "domU" : NULL);
	add(lines, "/proc/cpuinfo", facts->user_mode_linux ? "User Mode Linux" : NULL);
	add(lines, "device tree hypervisor", facts->device_tree);
	add(lines, "device tree", facts->device_tree_qemu ? "QEMU" : NULL);
	add(lines, "device tree", facts->device_tree_powervm ? "PowerVM" : NULL);
	add(lines, "/proc/sysinfo VM00", facts->s390_control_program);
	return lines;
}
