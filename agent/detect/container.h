/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a container hold this process? Marks (files that container tools leave) are not enough: a
 * microVM whose root was made from a container image carries /.dockerenv and is a machine of its
 * own. What decides is the kernel: which namespaces this process lives in.
 */
#ifndef GUESTCLOCK_CONTAINER_H
#define GUESTCLOCK_CONTAINER_H

#include "platform/platform.h"

typedef struct {
	char mark[32];           /* what the marks say: "docker", "podman", "lxc" ...; "" none */
	gboolean foreign_pid;    /* not the kernel's first pid namespace */
	gboolean foreign_user;   /* not its first user namespace: CAP_SYS_TIME is void here */
	gboolean foreign_cgroup; /* not that of process 1, where both can be seen */
	gboolean foreign_net;
} GclkContainerFacts;

void gclk_container_facts_collect(GclkPlatform *platform, GclkContainerFacts *out);

/* "none", or the mark, or "unknown": contained, nothing says by what. Points into facts or is
   static. */
const char *gclk_container_verdict(const GclkContainerFacts *facts);

/*
 * May a process there set the clock as its own, given CAP_SYS_TIME? TRUE uncontained, and in WSL2,
 * whose distributions are containers of a VM that is theirs.
 */
gboolean gclk_container_owns_clock(const GclkContainerFacts *facts);

#endif
