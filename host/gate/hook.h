/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front ends of the gate: one for each platform that can refuse to power a VM on. Each gets the
 * arguments of its platform's contract behind the front end's name, and returns the exit status by
 * which that platform refuses or goes on.
 */
#ifndef GUESTCLOCK_HOOK_H
#define GUESTCLOCK_HOOK_H

#include "gate/ask.h"

typedef struct {
	const char *name;
	const char *arguments; /* for --help */
	int fd;                /* where the platform looks for the message */
	int refuse;            /* the exit status by which it refuses */
	/* Does this call concern us at all? FALSE: exit 0 and in silence, whatever is wrong with
	   our configuration. argv[0] is the front end's name. */
	gboolean (*concerns)(int argc, char **argv);
	/* The VM's name: a string of argv or the environment. */
	const char *(*vm)(int argc, char **argv);
	/* What else is known of the VM, and its need. Sets error when the need cannot
	   be told. */
	void (*read)(const GclkHostConfig *config, int argc, char **argv, GclkGateCase *vm,
		GError **error);
} GclkHook;

/* libvirt: NAME OPERATION SUB-OPERATION EXTRA, the domain XML on standard input; refuses with 2.
   Docs: libvirt hooks, "/etc/libvirt/hooks/qemu". */
extern const GclkHook gclk_hook_libvirt;
/* Proxmox hookscript: VMID PHASE; only pre-start can refuse; the need stands in the VM's tags
   (clock-ptp) or in its description. */
extern const GclkHook gclk_hook_proxmox;
/* oVirt before_vm_start: the environment has _hook_domxml and custom properties; 2 stops. */
extern const GclkHook gclk_hook_ovirt;
/* XAPI vm-pre-start: -vmuuid UUID -reason REASON; 2 aborts, standard output is what is shown. */
extern const GclkHook gclk_hook_xapi;

/* Reads the configuration (file NULL: the usual one) and the case, asks the gate, prints its
   message, records it; all within GCLK_BUDGET_MS. Returns the exit status. */
int gclk_hook_run(const GclkHook *hook, const char *file, int argc, char **argv);

/* Proxmox: need from a VM's configuration file. Pure. FALSE with error: it is there and cannot be
   understood. */
gboolean gclk_need_from_proxmox(const char *text, gsize length, GclkNeed *out, GError **error);

#endif
