/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/hypervisor-table.h"

/*
 * Sources: systemd virt.c, virt-what, Linux arch/x86/kernel/cpu/hypervisor.c and its neighbours,
 * FreeBSD identcpu.c. Microsoft's is missing: KVM, Xen and WHPX show it too.
 */
static const GclkHypervisorRow signatures[] = {
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

gsize gclk_hypervisor_signatures(const GclkHypervisorRow **out)
{
	*out = signatures;
	return G_N_ELEMENTS(signatures);
}

/* As in systemd. */
static const GclkHypervisorDmi dmi_prefixes[] = {
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

gsize gclk_hypervisor_dmi_prefixes(const GclkHypervisorDmi **out)
{
	*out = dmi_prefixes;
	return G_N_ELEMENTS(dmi_prefixes);
}

/* Linux drivers/firmware/dmi-id.c, FreeBSD sys/x86/bios/smbios.c. */
static const GclkDmiName dmi_names[GCLK_DMI_FIELDS] = {
	{ "product_name", "smbios.system.product" },
	{ "sys_vendor", "smbios.system.maker" },
	{ "board_vendor", "smbios.planar.maker" },
	{ "bios_vendor", "smbios.bios.vendor" },
	{ "product_version", "smbios.system.version" },
};

const GclkDmiName *gclk_dmi_name(GclkDmiField field)
{
	return &dmi_names[field];
}

/* vm_guest_sysctl_names[] in FreeBSD 14's kern/subr_param.c. */
static const GclkHypervisorRow vm_guests[] = {
	{ "generic", "vm-other" },
	{ "xen", "xen" },
	{ "hv", "microsoft" },
	{ "vmware", "vmware" },
	{ "kvm", "kvm" },
	{ "bhyve", "bhyve" },
	{ "vbox", "oracle" },
	{ "parallels", "parallels" },
	{ "nvmm", "vm-other" },
};

gsize gclk_hypervisor_vm_guests(const GclkHypervisorRow **out)
{
	*out = vm_guests;
	return G_N_ELEMENTS(vm_guests);
}

/* systemd src/basic/virt.c. */
static const GclkHypervisorRow device_trees[] = {
	{ "linux,kvm", "kvm" },
	{ "xen", "xen" },
	{ "vmware", "vmware" },
};

gsize gclk_hypervisor_device_trees(const GclkHypervisorRow **out)
{
	*out = device_trees;
	return G_N_ELEMENTS(device_trees);
}

static const GclkHypervisorRow names[] = {
	{ "acrn", "ACRN" },
	{ "amazon", "EC2" },
	{ "apple", "Apple's Virtualization" },
	{ "bochs", "Bochs" },
	{ "google", "Google Compute Engine" },
	{ "kvm", "KVM" },
	{ "microsoft", "Hyper-V" },
	{ "none", "a machine without a hypervisor" },
	{ "oracle", "VirtualBox" },
	{ "parallels", "Parallels" },
	{ "powervm", "PowerVM" },
	{ "qemu", "QEMU without KVM" },
	{ "qnx", "QNX" },
	{ "sre", "SRE" },
	{ "uml", "User Mode Linux" },
	{ "vm-other", "an unknown hypervisor" },
	{ "vmware", "VMware" },
	{ "xen", "Xen" },
	{ "zvm", "z/VM" },
};

const char *gclk_hypervisor_name(const char *verdict)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_strcmp0(names[i].text, verdict) == 0)
			return names[i].verdict;
	return verdict;
}
