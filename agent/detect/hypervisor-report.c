/* SPDX-License-Identifier: BSD-2-Clause */
/* The facts about the hypervisor, for people. */
#include "detect/hypervisor-table.h"
#include "detect/hypervisor.h"

void gclk_hypervisor_facts_list(const GclkHypervisorFacts *facts, GPtrArray *out)
{
	for (guint i = 0; i < facts->n_signatures; i++) {
		g_autofree char *name =
			g_strdup_printf("cpuid 0x%08x", (guint)facts->signatures[i].leaf);

		gclk_facts_add(out, name, facts->signatures[i].text);
	}
	for (gsize i = 0; i < GCLK_DMI_FIELDS; i++) {
		g_autofree char *name = g_strconcat("dmi ", gclk_dmi_name(i)->file, NULL);

		gclk_facts_add(out, name, facts->dmi[i]);
	}
	if (facts->smbios_vm != GCLK_SMBIOS_UNKNOWN)
		gclk_facts_add(out, "smbios virtual machine bit",
			facts->smbios_vm == GCLK_SMBIOS_VIRTUAL ? "set" : "not set");
	gclk_facts_add(out, "kern.vm_guest", facts->vm_guest);
	gclk_facts_add(out, "/sys/hypervisor/type", facts->sys_hypervisor);
	gclk_facts_add(out, "/sys/hypervisor features", facts->xen_features);
	gclk_facts_add(out, "/proc/xen", facts->xen_control ? "dom0" : facts->xen ? "domU" : NULL);
	gclk_facts_add(out, "/proc/cpuinfo", facts->user_mode_linux ? "User Mode Linux" : NULL);
	gclk_facts_add(out, "device tree hypervisor", facts->device_tree);
	gclk_facts_add(out, "device tree", facts->device_tree_qemu ? "QEMU" : NULL);
	gclk_facts_add(out, "device tree", facts->device_tree_powervm ? "PowerVM" : NULL);
	gclk_facts_add(out, "/proc/sysinfo VM00", facts->s390_control_program);
}

GPtrArray *gclk_hypervisor_facts_describe(const GclkHypervisorFacts *facts)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) list = gclk_facts_new();

	gclk_hypervisor_facts_list(facts, list);
	for (guint i = 0; i < list->len; i++) {
		const GclkFact *fact = list->pdata[i];

		g_ptr_array_add(lines, g_strdup_printf("%s: %s", fact->name, fact->value));
	}
	return lines;
}
