/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `guestclock detect`: all that this machine shows of itself, as a list of facts, and one verdict
 * each for hypervisor and container with its reason. Only reads; bounded work; never fails.
 */
#ifndef GUESTCLOCK_DETECTION_H
#define GUESTCLOCK_DETECTION_H

#include "detect/hypervisor.h"
#include "detect/sysctl.h"
#include "detect/tick-counters.h"
#include "platform/platform.h"

typedef struct {
	const char *hypervisor; /* static: "kvm", "none" ... as systemd-detect-virt has them */
	char *hypervisor_why;
	char *container; /* "none", "docker" ... */
	char *container_why;
	gboolean owns_clock;   /* may a process here set the clock as its own? */
	GPtrArray *facts;      /* GclkFact */
	GPtrArray *unreadable; /* GclkFact: path and why */
} GclkDetection;

/* The newest `limit` bytes of the kernel's log, NUL-terminated; NULL with a reason for people
   (static text) when it cannot be read. Caller frees. */
typedef char *(*GclkKernelLogRead)(gpointer user, gsize limit, gsize *length, const char **why);

/* Where the facts come from; members that are NULL give none. */
typedef struct {
	GclkPlatform *platform; /* read_file, list_directory, read_link; never NULL */
	GclkCpuid cpuid;
	GclkSysctl sysctl;
	gpointer sysctl_user;
	GclkKernelLogRead kernel_log;
	gpointer kernel_log_user;
	/* Is the periodic synchronization of VMware's tools switched on for this VM? 1, 0; -1: not
	   known */
	int (*vmware_periodic_sync)(gpointer user);
	gpointer vmware_user;
	const GclkTickSystem *ticks; /* for tick-probe.h */
	/* Finds how the hypervisor tells the host's time, for tick-probe.h; FALSE: it does not */
	gboolean (*host_time)(gpointer user, GclkHostReader *out);
	gpointer host_time_user;
} GclkMachine;

/* This machine; without host_time, which only who measures ticks needs (vmware-time.h). */
GclkMachine gclk_machine_native(GclkPlatform *platform);

GclkDetection *gclk_detection_new(const GclkMachine *machine);
void gclk_detection_free(GclkDetection *detection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkDetection, gclk_detection_free)

/* For people, at most 80 columns wide. Caller frees. */
char *gclk_detection_text(const GclkDetection *detection, gboolean color);
/* For programs; see guestclock(1). Caller frees. */
char *gclk_detection_json(const GclkDetection *detection);

#endif
