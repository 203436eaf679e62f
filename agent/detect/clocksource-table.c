/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/clocksource-table.h"

#include <string.h>

#define COSTLY "every reading leaves the virtual machine, which takes about a microsecond"

#define ASK_INVTSC                                                                                 \
	"let the host expose an invariant TSC (QEMU: -cpu host,+invtsc; libvirt: <feature "        \
	"policy='require' name='invtsc'/>) or kvm-clock (libvirt: <timer name='kvmclock' "         \
	"present='yes'/>)"

/*
 * Sources: the drivers' ratings in Linux 6.12 (arch/x86/kernel/tsc.c, kvmclock.c, hpet.c,
 * arch/x86/xen/time.c, drivers/clocksource/hyperv_timer.c, acpi_pm.c, arm_arch_timer.c),
 * arch/x86/kernel/cpu/vmware.c (TSC_RELIABLE), VMware KB 1006427, the documentation of EC2, Google
 * Compute Engine and Azure on their guests' time, bhyve's and VirtualBox's manuals.
 */
static const GclkClocksourceRow table[] = {
	/* KB 1006427: what ancient kernels did with the TSC in a VM was worse than a slow timer. */
	{ "vmware", GCLK_AGE_COUNTS_TICKS, "acpi_pm", "tsc hpet", NULL, NULL,
		"boot with clocksource=acpi_pm" },
	{ "vmware", GCLK_AGE_COMPENSATES, "tsc acpi_pm", "hpet", NULL, NULL,
		"remove clocksource= from the kernel's command line" },
	/* vmware.c takes acpi_pm for unfit even as a watchdog: it wraps in 4.7 s. */
	{ "vmware", GCLK_AGE_TICKLESS, "tsc", NULL, "acpi_pm hpet", COSTLY,
		"update the kernel, which then trusts VMware's TSC, or boot with tsc=reliable "
		"clocksource=tsc" },
	{ "vmware", GCLK_AGE_MODERN, "tsc", NULL, "acpi_pm hpet", COSTLY,
		"boot with tsc=reliable clocksource=tsc, and without notsc" },
	/* kvm-clock (400) gives way (299) to tsc (300) when the TSC is invariant. */
	{ "kvm", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock", NULL, "acpi_pm hpet", COSTLY, ASK_INVTSC },
	{ "amazon", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock", "xen", "acpi_pm hpet", COSTLY,
		"use a kernel with kvm-clock (CONFIG_KVM_GUEST)" },
	{ "google", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock", NULL, "acpi_pm hpet", COSTLY,
		"use a kernel with kvm-clock (CONFIG_KVM_GUEST)" },
	/* QEMU without KVM makes its own time; no reading is cheap. */
	{ "qemu", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock", "hpet acpi_pm", NULL, NULL,
		"let the host use KVM (QEMU: -accel kvm)" },
	{ "microsoft", GCLK_AGE_CLOCKSOURCE, "hyperv_clocksource_tsc_page tsc",
		"hyperv_clocksource_msr hyperv_clocksource", "acpi_pm hpet", COSTLY,
		"use a kernel with CONFIG_HYPERV_TIMER (before 5.3: CONFIG_HYPERV)" },
	{ "xen", GCLK_AGE_CLOCKSOURCE, "xen tsc", NULL, "acpi_pm hpet", COSTLY,
		"use a kernel with CONFIG_XEN and without nopv on its command line" },
	{ "oracle", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock",
		"acpi_pm hyperv_clocksource_tsc_page hyperv_clocksource_msr", "hpet", COSTLY,
		"set the paravirtualization interface on the host: VBoxManage modifyvm VM "
		"--paravirtprovider kvm" },
	{ "bhyve", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock", "hpet acpi_pm", NULL, NULL,
		"use a host whose TSC is invariant" },
	{ "parallels", GCLK_AGE_CLOCKSOURCE, "tsc kvm-clock", NULL, "acpi_pm hpet", COSTLY,
		"use a kernel with kvm-clock (CONFIG_KVM_GUEST)" },
	{ "apple", GCLK_AGE_CLOCKSOURCE, "arch_sys_counter tsc", NULL, NULL, NULL,
		"use a kernel with CONFIG_ARM_ARCH_TIMER" },
	{ "powervm", GCLK_AGE_CLOCKSOURCE, "timebase", NULL, NULL, NULL, NULL },
	{ "zvm", GCLK_AGE_CLOCKSOURCE, "tod", NULL, NULL, NULL, NULL },
};

/* The counter that every machine of an architecture has, virtual or not, and nothing beats. */
static const char architectures[] = "arch_sys_counter timebase tod";

/* A tick that is lost is time lost: include/linux/clocksource.h's rating 1 and 2 are ticks, and the
   PIT's driver counts its own interrupts. */
static const char counts_ticks[] = "jiffies refined-jiffies pit";

gsize gclk_clocksource_table(const GclkClocksourceRow **out)
{
	*out = table;
	return G_N_ELEMENTS(table);
}

const GclkClocksourceRow *gclk_clocksource_row(const char *hypervisor, GclkAge age)
{
	for (gsize i = 0; hypervisor && i < G_N_ELEMENTS(table); i++)
		if ((table[i].ages & age) && strcmp(table[i].hypervisor, hypervisor) == 0)
			return &table[i];
	return NULL;
}

static gboolean has_word(const char *words, const char *word)
{
	const gsize length = strlen(word);

	while (words && *words) {
		const gsize n = strcspn(words, " ");

		if (n == length && strncmp(words, word, n) == 0)
			return TRUE;
		words += n + (words[n] == ' ');
	}
	return FALSE;
}

GclkClocksourceVerdict gclk_clocksource_judge(const GclkClocksourceRow *row, const char *name)
{
	if (has_word(counts_ticks, name))
		return GCLK_CLOCKSOURCE_LOSES;
	if (has_word(architectures, name) || (row && has_word(row->wanted, name)))
		return GCLK_CLOCKSOURCE_WANTED;
	if (row && has_word(row->accepted, name))
		return GCLK_CLOCKSOURCE_ACCEPTED;
	return row && has_word(row->bad, name) ? GCLK_CLOCKSOURCE_BAD : GCLK_CLOCKSOURCE_UNKNOWN;
}

/* The first of available with that verdict, or NULL. */
static const char *first(
	const GclkClocksourceRow *row, char *const *available, GclkClocksourceVerdict verdict)
{
	for (gsize i = 0; available && available[i]; i++)
		if (available[i][0] && gclk_clocksource_judge(row, available[i]) == verdict)
			return available[i];
	return NULL;
}

const char *gclk_clocksource_best(const GclkClocksourceRow *row, char *const *available)
{
	const char *best = first(row, available, GCLK_CLOCKSOURCE_WANTED);

	if (!best)
		best = first(
			row, available, row ? GCLK_CLOCKSOURCE_ACCEPTED : GCLK_CLOCKSOURCE_UNKNOWN);
	return best;
}

gboolean gclk_clocksource_prefers(const GclkClocksourceRow *row, const char *name)
{
	const gsize length = strlen(name);

	return row && strncmp(row->wanted, name, length) == 0 &&
	       (row->wanted[length] == ' ' || row->wanted[length] == '\0');
}

gboolean gclk_clocksource_wants(const GclkClocksourceRow *row, const char *name)
{
	return row && has_word(row->wanted, name);
}
