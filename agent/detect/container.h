/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a container hold this process? Marks (files that container tools leave) are not enough: a
 * microVM whose root was made from a container image carries /.dockerenv and is a machine of its
 * own. What decides is the kernel: which namespaces this process lives in.
 */
#ifndef GUESTCLOCK_CONTAINER_H
#define GUESTCLOCK_CONTAINER_H

#include "detect/reader.h"
#include "detect/sysctl.h"
#include "platform/platform.h"

#define GCLK_CONTAINER_MARKS_MAX 10

typedef struct {
	char name[32];     /* "docker", "podman", "lxc" ..., as systemd-detect-virt has them */
	const char *where; /* the file or variable that says so; static */
} GclkContainerMark;

typedef struct {
	guint n_marks; /* in the order in which they are believed */
	GclkContainerMark marks[GCLK_CONTAINER_MARKS_MAX];
	char mark[32];           /* the first of them; "" none */
	gboolean foreign_pid;    /* not the kernel's first pid namespace */
	gboolean foreign_user;   /* not its first user namespace: CAP_SYS_TIME is void here */
	gboolean foreign_cgroup; /* not that of process 1 or, if that cannot be seen, the first */
	gboolean foreign_net;    /* not that of process 1, where both can be seen */
} GclkContainerFacts;

void gclk_container_facts_collect(GclkPlatform *platform, GclkContainerFacts *out);
/* The same, and it notes what cannot be read. sysctl may be NULL. */
void gclk_container_facts_read(
	GclkReader *reader, GclkSysctl sysctl, gpointer user, GclkContainerFacts *out);

/* "none", or the mark, or "unknown": contained, nothing says by what. Points into facts or is
   static. */
const char *gclk_container_verdict(const GclkContainerFacts *facts);

/* Why that is the verdict: half a sentence with the evidence. Caller frees. */
char *gclk_container_why(const GclkContainerFacts *facts);

/* Adds a fact for each mark, and the namespaces. */
void gclk_container_facts_list(GclkReader *reader, const GclkContainerFacts *facts, GPtrArray *out);

/*
 * May a process there set the clock as its own, given CAP_SYS_TIME? TRUE uncontained, and in WSL2,
 * whose distributions are containers of a VM that is theirs.
 */
gboolean gclk_container_owns_clock(const GclkContainerFacts *facts);

#endif
