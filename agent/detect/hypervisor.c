/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/hypervisor.h"

#include <string.h>

#include "detect/hypervisor-table.h"

#define FILE_MAX    4096
#define CPUINFO_MAX (1024 * 1024)
#define SYSINFO_MAX (64 * 1024)

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
	const GclkHypervisorRow *rows;
	const gsize n = gclk_hypervisor_signatures(&rows);

	for (gsize i = 0; i < n; i++)
		if (strcmp(rows[i].text, text) == 0)
			return TRUE;
	return strcmp(GCLK_SIGNATURE_MICROSOFT, text) == 0;
}

static gboolean seen_already(const GclkHypervisorFacts *facts, const char *text)
{
	for (guint i = 0; i < facts->n_signatures; i++)
		if (strcmp(facts->signatures[i].text, text) == 0)
			return TRUE;
	return FALSE;
}

/* A leaf that does not exist gives the data of another, so beyond the first base only signatures
   that are known and new count. */
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
		char text[GCLK_SIGNATURE_BYTES + 1];

		cpuid(leaf, registers);
		if (signature_text(registers, text) && !seen_already(out, text) &&
			(leaf == LEAF_FIRST || known_signature(text))) {
			g_strlcpy(out->signatures[out->n_signatures].text, text, sizeof text);
			out->signatures[out->n_signatures++].leaf = leaf;
			empty = 0;
		} else {
			empty++;
		}
	}
}

/* --- files ------------------------------------------------------------------------------------ */

static void collect_dmi(GclkReader *reader, GclkHypervisorFacts *out)
{
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++) {
		g_autofree char *path =
			g_strconcat("/sys/class/dmi/id/", gclk_dmi_name(i)->file, NULL);

		out->dmi[i] = gclk_reader_text(reader, path);
	}
}

/* The raw SMBIOS structure of type 0 (BIOS information): its extension byte 2 stands at 0x13, bit 4
   says "virtual machine" (SMBIOS 3.x, 7.1.2.2). Of root only. */
#define BIOS_STRUCTURE "/sys/firmware/dmi/entries/0-0/raw"
#define BIOS_EXTENSION 0x13

static void collect_smbios(GclkReader *reader, GclkHypervisorFacts *out)
{
	gsize length = 0;
	g_autofree char *raw = gclk_reader_bytes(reader, BIOS_STRUCTURE, FILE_MAX, &length);

	if (raw && length > BIOS_EXTENSION)
		out->smbios_vm = (raw[BIOS_EXTENSION] & 1 << 4) != 0 ? GCLK_SMBIOS_VIRTUAL
								     : GCLK_SMBIOS_MACHINE;
}

/* Linux xen features.h: XENFEAT_dom0 is bit 11. */
#define XENFEAT_DOM0 11

static void collect_xen(GclkReader *reader, GclkHypervisorFacts *out)
{
	guint64 bits;

	out->xen_features = gclk_reader_text(reader, "/sys/hypervisor/properties/features");
	bits = out->xen_features ? g_ascii_strtoull(out->xen_features, NULL, 16) : 0;
	out->sys_hypervisor = gclk_reader_text(reader, "/sys/hypervisor/type");
	out->xen = gclk_reader_is_directory(reader, "/proc/xen");
	out->xen_control =
		(bits >> XENFEAT_DOM0 & 1) != 0 ||
		gclk_reader_contains(reader, "/proc/xen/capabilities", FILE_MAX, "control_d");
}

static void collect_device_tree(GclkReader *reader, GclkHypervisorFacts *out)
{
	g_auto(GStrv) nodes = gclk_reader_names(reader, "/proc/device-tree");

	if (!nodes)
		return;
	out->device_tree = gclk_reader_text(reader, "/proc/device-tree/hypervisor/compatible");
	for (guint i = 0; nodes[i]; i++)
		out->device_tree_qemu = out->device_tree_qemu || strstr(nodes[i], "fw-cfg") != NULL;
	out->device_tree_qemu = out->device_tree_qemu ||
				gclk_reader_contains(reader, "/proc/device-tree/compatible",
					FILE_MAX, "qemu,pseries");
	out->device_tree_powervm =
		gclk_reader_exists(reader, "/proc/device-tree/ibm,partition-name") &&
		gclk_reader_exists(reader, "/proc/device-tree/hmc-managed?") &&
		!gclk_reader_exists(reader, "/proc/device-tree/chosen/qemu,graphic-width");
}

/* "VM00 Control Program: KVM/Linux" */
static void collect_s390(GclkReader *reader, GclkHypervisorFacts *out)
{
	static const char key[] = "VM00 Control Program:";
	g_autofree char *text = gclk_reader_bytes(reader, "/proc/sysinfo", SYSINFO_MAX, NULL);
	char *line = text ? strstr(text, key) : NULL;

	if (!line)
		return;
	line += strlen(key);
	line[strcspn(line, "\n")] = '\0';
	for (char *c = line; *c; c++)
		if (!g_ascii_isprint(*c))
			*c = '?';
	out->s390_control_program = g_strdup(g_strstrip(line));
}

/* Made printable like all that comes from elsewhere. */
static char *sysctl_text(GclkSysctl sysctl, gpointer user, const char *name)
{
	char *text = sysctl(user, name);

	for (char *c = text; c && *c; c++)
		if (!g_ascii_isprint(*c))
			*c = '?';
	return text;
}

static void collect_sysctls(GclkSysctl sysctl, gpointer user, GclkHypervisorFacts *out)
{
	out->vm_guest = sysctl_text(sysctl, user, "kern.vm_guest");
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++)
		if (!out->dmi[i])
			out->dmi[i] = sysctl_text(sysctl, user, gclk_dmi_name(i)->kenv);
}

void gclk_hypervisor_facts_read(GclkReader *reader, GclkCpuid cpuid, GclkSysctl sysctl,
	gpointer user, GclkHypervisorFacts *out)
{
	memset(out, 0, sizeof *out);
	collect_signatures(cpuid, out);
	collect_dmi(reader, out);
	collect_smbios(reader, out);
	collect_xen(reader, out);
	collect_device_tree(reader, out);
	collect_s390(reader, out);
	if (sysctl)
		collect_sysctls(sysctl, user, out);
	/* The largest file is left alone where CPUID has answered already. */
	if (out->n_signatures == 0)
		out->user_mode_linux = gclk_reader_contains(
			reader, "/proc/cpuinfo", CPUINFO_MAX, "User Mode Linux");
}

void gclk_hypervisor_facts_collect(
	GclkPlatform *platform, GclkCpuid cpuid, GclkHypervisorFacts *out)
{
	GclkReader reader = { platform, NULL };

	gclk_hypervisor_facts_read(&reader, cpuid, gclk_sysctl_native(), NULL, out);
}

void gclk_hypervisor_facts_clear(GclkHypervisorFacts *facts)
{
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++)
		g_free(facts->dmi[i]);
	g_free(facts->vm_guest);
	g_free(facts->sys_hypervisor);
	g_free(facts->xen_features);
	g_free(facts->device_tree);
	g_free(facts->s390_control_program);
	memset(facts, 0, sizeof *facts);
}

/* --- verdict ---------------------------------------------------------------------------------- */

/* A judge gives the verdict and why, or NULL: not its case. why is never NULL. */

static const GclkHypervisorDmi *find_prefix(const char *text, gboolean first_only)
{
	const GclkHypervisorDmi *rows;
	const gsize n = gclk_hypervisor_dmi_prefixes(&rows);

	for (gsize i = 0; text && i < n; i++)
		if ((rows[i].first || !first_only) && g_str_has_prefix(text, rows[i].prefix))
			return &rows[i];
	return NULL;
}

static const char *judge_dmi(const GclkHypervisorFacts *facts, gboolean first_only, char **why)
{
	for (gsize field = 0; field < GCLK_DMI_FIELDS; field++) {
		const GclkHypervisorDmi *row = find_prefix(facts->dmi[field], first_only);

		if (!row)
			continue;
		*why = g_strdup_printf(
			"DMI %s is \"%s\"", gclk_dmi_name(field)->file, facts->dmi[field]);
		return row->verdict;
	}
	return NULL;
}

/* "m5.metal", "c7g.metal-48xl" */
static gboolean is_metal_product(const char *product)
{
	const char *metal = product ? strstr(product, ".metal") : NULL;
	const char *rest = metal ? metal + strlen(".metal") : "x";

	return *rest == '\0' || *rest == '-';
}

static const char *judge_first_dmi(const GclkHypervisorFacts *facts, char **why)
{
	return judge_dmi(facts, TRUE, why);
}

/* EC2 rents bare machines too, with the same DMI vendor. The firmware's own word counts more than
   the product's name, as in systemd. */
static const char *judge_bare_metal(const GclkHypervisorFacts *facts, char **why)
{
	const char *product = facts->dmi[GCLK_DMI_PRODUCT_NAME];
	g_autofree char *dmi_why = NULL;

	if (facts->smbios_vm == GCLK_SMBIOS_VIRTUAL ||
		g_strcmp0(judge_dmi(facts, TRUE, &dmi_why), "amazon") != 0)
		return NULL;
	if (is_metal_product(product)) {
		*why = g_strdup_printf("EC2 rents \"%s\" without a hypervisor", product);
		return "none";
	}
	if (facts->smbios_vm != GCLK_SMBIOS_MACHINE)
		return NULL;
	*why = g_strdup("EC2, and the SMBIOS does not say virtual machine");
	return "none";
}

static const char *judge_dom0(const GclkHypervisorFacts *facts, char **why)
{
	if (!facts->xen_control)
		return NULL;
	*why = g_strdup("Xen's dom0: the domain that owns the machine and its clock");
	return "none";
}

static const char *judge_uml(const GclkHypervisorFacts *facts, char **why)
{
	if (!facts->user_mode_linux)
		return NULL;
	*why = g_strdup("/proc/cpuinfo says \"User Mode Linux\"");
	return "uml";
}

static const char *judge_proc_xen(const GclkHypervisorFacts *facts, char **why)
{
	if (!facts->xen)
		return NULL;
	*why = g_strdup("there is /proc/xen, and this is not dom0");
	return "xen";
}

/* The index in facts->signatures, or -1. */
static gint find_signature(const GclkHypervisorFacts *facts, const char *signature)
{
	for (guint i = 0; i < facts->n_signatures; i++)
		if (strcmp(facts->signatures[i].text, signature) == 0)
			return (gint)i;
	return -1;
}

static char *signature_why(const GclkHypervisorFacts *facts, gint at)
{
	gboolean enlightened =
		facts->n_signatures > 1 && find_signature(facts, GCLK_SIGNATURE_MICROSOFT) >= 0;

	return g_strdup_printf("CPUID leaf 0x%08x says \"%s\"%s", (guint)facts->signatures[at].leaf,
		facts->signatures[at].text,
		enlightened ? "; \"" GCLK_SIGNATURE_MICROSOFT "\" beside it is an offer to Windows"
			    : "");
}

static const char *judge_cpuid(const GclkHypervisorFacts *facts, char **why)
{
	const GclkHypervisorRow *rows;
	const gsize n = gclk_hypervisor_signatures(&rows);

	for (gsize i = 0; i < n; i++) {
		gint at = find_signature(facts, rows[i].text);

		if (at < 0)
			continue;
		*why = signature_why(facts, at);
		return rows[i].verdict;
	}
	return NULL;
}

static const char *judge_other_dmi(const GclkHypervisorFacts *facts, char **why)
{
	return judge_dmi(facts, FALSE, why);
}

static const char *judge_vm_guest(const GclkHypervisorFacts *facts, char **why)
{
	const GclkHypervisorRow *rows;
	const gsize n = gclk_hypervisor_vm_guests(&rows);

	for (gsize i = 0; facts->vm_guest && i < n; i++)
		if (strcmp(rows[i].text, facts->vm_guest) == 0) {
			*why = g_strdup_printf("kern.vm_guest is \"%s\"", facts->vm_guest);
			return rows[i].verdict;
		}
	return NULL;
}

static const char *judge_sys_hypervisor(const GclkHypervisorFacts *facts, char **why)
{
	if (g_strcmp0(facts->sys_hypervisor, "xen") != 0)
		return NULL;
	*why = g_strdup("/sys/hypervisor/type is \"xen\"");
	return "xen";
}

/* NULL: no part of the table is in it. */
static const char *known_device_tree(const char *compatible)
{
	const GclkHypervisorRow *rows;
	const gsize n = gclk_hypervisor_device_trees(&rows);

	for (gsize i = 0; compatible && i < n; i++)
		if (strstr(compatible, rows[i].text))
			return rows[i].verdict;
	return NULL;
}

static const char *judge_device_tree(const GclkHypervisorFacts *facts, char **why)
{
	const char *known = known_device_tree(facts->device_tree);

	if (known) {
		*why = g_strdup_printf(
			"the device tree's hypervisor is \"%s\"", facts->device_tree);
		return known;
	}
	if (facts->device_tree_qemu) {
		*why = g_strdup("the device tree has QEMU's nodes");
		return "qemu";
	}
	if (facts->device_tree_powervm) {
		*why = g_strdup("the device tree names a partition managed by an HMC");
		return "powervm";
	}
	if (!facts->device_tree)
		return NULL;
	*why = g_strdup_printf(
		"the device tree's hypervisor is \"%s\", which is not known", facts->device_tree);
	return "vm-other";
}

static const char *judge_s390(const GclkHypervisorFacts *facts, char **why)
{
	if (!facts->s390_control_program)
		return NULL;
	*why = g_strdup_printf(
		"/proc/sysinfo: VM00 Control Program is \"%s\"", facts->s390_control_program);
	return strstr(facts->s390_control_program, "z/VM") ? "zvm" : "kvm";
}

static const char *judge_microsoft(const GclkHypervisorFacts *facts, char **why)
{
	gint at = find_signature(facts, GCLK_SIGNATURE_MICROSOFT);

	if (at < 0)
		return NULL;
	*why = g_strdup_printf("CPUID leaf 0x%08x says \"" GCLK_SIGNATURE_MICROSOFT
			       "\", and nothing says that it is another's",
		(guint)facts->signatures[at].leaf);
	return "microsoft";
}

static const char *judge_bit(const GclkHypervisorFacts *facts, char **why)
{
	if (!facts->hypervisor_bit)
		return NULL;
	*why = facts->n_signatures
		       ? g_strdup_printf(
				 "CPUID says \"%s\", which is not known", facts->signatures[0].text)
		       : g_strdup("CPUID has the hypervisor bit; nothing says which one it is");
	return "vm-other";
}

static const char *judge_smbios(const GclkHypervisorFacts *facts, char **why)
{
	if (facts->smbios_vm != GCLK_SMBIOS_VIRTUAL)
		return NULL;
	*why = g_strdup("the SMBIOS says virtual machine, but not whose");
	return "vm-other";
}

/* In this order, a superset of systemd's: who lies in CPUID is asked by DMI before it. */
static const char *(*const judges[])(const GclkHypervisorFacts *facts, char **why) = {
	judge_bare_metal,
	judge_dom0,
	judge_first_dmi,
	judge_uml,
	judge_proc_xen,
	judge_cpuid,
	judge_other_dmi,
	judge_sys_hypervisor,
	judge_device_tree,
	judge_s390,
	judge_microsoft,
	judge_vm_guest,
	judge_bit,
	judge_smbios,
};

const char *gclk_hypervisor_judge(const GclkHypervisorFacts *facts, char **why)
{
	for (gsize i = 0; i < G_N_ELEMENTS(judges); i++) {
		const char *verdict = judges[i](facts, why);

		if (verdict)
			return verdict;
	}
	*why = g_strdup("no fact speaks for a hypervisor");
	return "none";
}

const char *gclk_hypervisor_verdict(const GclkHypervisorFacts *facts)
{
	g_autofree char *why = NULL;

	return gclk_hypervisor_judge(facts, &why);
}
