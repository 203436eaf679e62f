/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the machine that decide which sources exist and whether the clock may be ours. (The
 * full detection and the doctor build on this; here stands what the daemon itself needs.)
 */
#ifndef GUESTCLOCK_ENVIRONMENT_H
#define GUESTCLOCK_ENVIRONMENT_H

#include "detect/hypervisor.h"
#include "platform/platform.h"

/* The kernel's clocksource in force (Linux; elsewhere there is no such file). */
#define GCLK_CLOCKSOURCE_FILE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

typedef struct {
	char *hypervisor; /* "kvm", "qemu", "vmware", "microsoft" ... as systemd-detect-virt names
			     them; "none" */
	char *container; /* "none", or what contains this process: "docker", "lxc", "unknown" ... */
	char *clocksource;    /* current one, or NULL */
	char *boot_id;        /* or NULL */
	char *kernel_release; /* or NULL */
	GPtrArray *rivals; /* char *: programs running here that steer the same clock: "chronyd (pid
			      123)" */
	gboolean owns_clock; /* not contained, or (WSL2) contained in a VM whose clock is one's own
			      */
	GPtrArray *facts;    /* char *: what the verdict on the hypervisor rests on, a line each */
} GclkEnvironment;

/* The clocksource as it is now, or NULL. Caller frees. */
char *gclk_environment_clocksource(GclkPlatform *platform);

/* Never fails: what cannot be found out is NULL or "none". */
GclkEnvironment *gclk_environment_detect(GclkPlatform *platform);
/* The same with another processor; cpuid may be NULL. */
GclkEnvironment *gclk_environment_detect_with(GclkPlatform *platform, GclkCpuid cpuid);
void gclk_environment_free(GclkEnvironment *environment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkEnvironment, gclk_environment_free)

/* The rivals alone, for repeated looks. Array of char *, free with g_ptr_array_unref. Processes
   that have not CAP_SYS_TIME, or were told not to steer (chronyd -x), are none. */
GPtrArray *gclk_rivals_find(GclkPlatform *platform);

#endif
