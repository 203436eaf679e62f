/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this machine runs on: facts first (every CPUID signature, the DMI strings, the marks of
 * /proc, /sys and the device tree), then one verdict by a fixed precedence. The words of the
 * verdict are those of systemd-detect-virt.
 */
#ifndef GUESTCLOCK_HYPERVISOR_H
#define GUESTCLOCK_HYPERVISOR_H

#include "detect/reader.h"
#include "detect/sysctl.h"
#include "platform/platform.h"

/* The CPUID instruction: EAX EBX ECX EDX of a leaf, subleaf 0. */
typedef void (*GclkCpuid)(guint32 leaf, guint32 registers[4]);

/* That of this processor; NULL where there is none (not x86). */
GclkCpuid gclk_cpuid_native(void);

#define GCLK_SIGNATURE_BYTES 12
#define GCLK_SIGNATURES_MAX  8

/* In the order in which they are matched against the table of prefixes. */
typedef enum {
	GCLK_DMI_PRODUCT_NAME,
	GCLK_DMI_SYS_VENDOR,
	GCLK_DMI_BOARD_VENDOR,
	GCLK_DMI_BIOS_VENDOR,
	GCLK_DMI_PRODUCT_VERSION,
	GCLK_DMI_FIELDS,
} GclkDmiField;

typedef enum {
	GCLK_SMBIOS_UNKNOWN, /* not to be read, or too old to tell */
	GCLK_SMBIOS_MACHINE, /* it does not say that this is a virtual machine */
	GCLK_SMBIOS_VIRTUAL, /* it does */
} GclkSmbiosVm;

typedef struct {
	gboolean hypervisor_bit; /* CPUID leaf 1, ECX bit 31 */
	guint n_signatures;
	struct {
		guint32 leaf;
		char text[GCLK_SIGNATURE_BYTES +
			  1]; /* cut at the first NUL, unprintable bytes as '?' */
	} signatures[GCLK_SIGNATURES_MAX];
	char *dmi[GCLK_DMI_FIELDS]; /* or NULL */
	GclkSmbiosVm smbios_vm;     /* SMBIOS 3.x type 0, extension byte 2, bit 4 */
	char *vm_guest;             /* FreeBSD's sysctl kern.vm_guest, or NULL */
	char *sys_hypervisor;       /* /sys/hypervisor/type, or NULL */
	char *xen_features;         /* /sys/hypervisor/properties/features, or NULL */
	gboolean xen;               /* /proc/xen is there */
	gboolean xen_control;       /* this is Xen's dom0: it owns the machine */
	gboolean user_mode_linux;
	char *device_tree; /* compatible of /hypervisor, its strings joined by blanks, or NULL */
	gboolean device_tree_qemu, device_tree_powervm;
	char *s390_control_program; /* of VM00 in /proc/sysinfo, or NULL */
} GclkHypervisorFacts;

/* Work is bounded: a fixed list of small files, and at most a few CPUID leaves. cpuid may be NULL.
 */
void gclk_hypervisor_facts_collect(
	GclkPlatform *platform, GclkCpuid cpuid, GclkHypervisorFacts *out);
/* The same, and it notes what cannot be read. sysctl may be NULL. */
void gclk_hypervisor_facts_read(GclkReader *reader, GclkCpuid cpuid, GclkSysctl sysctl,
	gpointer user, GclkHypervisorFacts *out);
void gclk_hypervisor_facts_clear(GclkHypervisorFacts *facts);

/* "kvm", "qemu", "vmware", "microsoft" ..., "vm-other": a hypervisor that is not in the tables;
   "none". Static text. */
const char *gclk_hypervisor_verdict(const GclkHypervisorFacts *facts);
/* The same with its reason, half a sentence with the evidence that decided. Caller frees *why. */
const char *gclk_hypervisor_judge(const GclkHypervisorFacts *facts, char **why);

/* The verdict as people call it ("microsoft" is Hyper-V, "oracle" VirtualBox); itself where it has
   no other name. */
const char *gclk_hypervisor_name(const char *verdict);

/* Adds all of them: "cpuid 0x40000000" "KVMKVMKVM", "dmi sys_vendor" "QEMU" ... */
void gclk_hypervisor_facts_list(const GclkHypervisorFacts *facts, GPtrArray *out);

/* One line a fact: "cpuid 0x40000000: KVMKVMKVM", "dmi sys_vendor: QEMU". Array of char *. */
GPtrArray *gclk_hypervisor_facts_describe(const GclkHypervisorFacts *facts);

#endif
