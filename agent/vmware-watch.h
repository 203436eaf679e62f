/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What VMware's libraries are good for:
 *  - guestinfo.guestclock.*, written for who looks at the VM in vSphere (doc/vmware.md): at a
 *    change, and each key at most once a minute;
 *  - the session id: another one means that the VM was moved, resumed or reverted;
 *  - elapsed real time held against RAW, and stolen time, for what goes on with the rate;
 *  - what the host says of its time service, passed on as it is.
 * The clock is kept as well without them.
 */
#ifndef GUESTCLOCK_VMWARE_WATCH_H
#define GUESTCLOCK_VMWARE_WATCH_H

#include "agent.h"
#include "vmware/tools.h"

typedef struct GclkVmwareWatch GclkVmwareWatch;

/* Takes the tools over; the rest is borrowed, and outlives the watch. cpus: of this machine. */
GclkVmwareWatch *gclk_vmware_watch_new(
	GclkTools *tools, GclkAgent *agent, GclkPlatform *platform, guint cpus);
void gclk_vmware_watch_free(GclkVmwareWatch *watch); /* NULL is ignored */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkVmwareWatch, gclk_vmware_watch_free)

/* Takes in what has come; to be called when gclk_tools_fd is readable. FALSE: there will be nothing
   any more. */
gboolean gclk_vmware_watch_dispatch(GclkVmwareWatch *watch);

/* --- what is written (vmware-words.c); pure -------------------------------------------------- */

typedef enum {
	GCLK_VMWARE_STATE,
	GCLK_VMWARE_SOURCE,
	GCLK_VMWARE_FINDINGS,
	GCLK_VMWARE_OFFSET,
	GCLK_VMWARE_UPDATED,
	GCLK_VMWARE_KEYS,
} GclkVmwareKey;

#define GCLK_VMWARE_VALUE_MAX 512

/* "guestinfo.guestclock.state" ...; static. */
const char *gclk_vmware_key_name(GclkVmwareKey key);

/* The value for a key, printable ASCII on one line, cut to fit. */
void gclk_vmware_value(
	GclkVmwareKey key, const GclkStatus *status, char value[GCLK_VMWARE_VALUE_MAX]);

#endif
