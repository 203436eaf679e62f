/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the machine that decide which sources exist and whether the clock may be ours. (The
 * full detection and the doctor build on this; here stands what the daemon itself needs.)
 */
#ifndef GUESTCLOCK_ENVIRONMENT_H
#define GUESTCLOCK_ENVIRONMENT_H

#include "platform/platform.h"

typedef struct {
	char *hypervisor; /* "kvm", "qemu", "vmware", "microsoft" ... as systemd-detect-virt names them; "none" */
	char *container;  /* "none", or what contains this process: "docker", "lxc", "unknown" ... */
	char *clocksource; /* current one, or NULL */
	char *boot_id;     /* or NULL */
	char *kernel_release; /* or NULL */
	GPtrArray *rivals; /* char *: programs running here that steer the same clock: "chronyd (pid 123)" */
} GclkEnvironment;

GclkEnvironment *gclk_environment_detect(GclkPlatform *platform);
void gclk_environment_free(GclkEnvironment *environment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkEnvironment, gclk_environment_free)

/* The rivals alone, for repeated looks. Array of char *, free with g_ptr_array_unref. */
GPtrArray *gclk_rivals_find(GclkPlatform *platform);

#endif
