/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time daemons among this host's processes: what each was told (its command line) and may do
 * (its capabilities). Read once, asked by every probe.
 */
#ifndef GUESTCLOCK_PROCESSES_H
#define GUESTCLOCK_PROCESSES_H

#include <glib.h>

typedef struct {
	gint64 pid;
	char *comm;      /* as /proc/PID/comm has it: at most 15 bytes */
	char **argv;     /* NULL-terminated; empty when it cannot be read */
	gboolean able;   /* has CAP_SYS_TIME, as far as can be seen */
	gboolean steers; /* able, and not told to keep its hands off (guestclock/rival.h) */
	gboolean
		elsewhere; /* in another network namespace than this process: its UDP is not ours */
} GclkProcess;

typedef struct {
	GPtrArray *all; /* GclkProcess *: only those that deal with time */
} GclkProcesses;

/* root: "" or a folder under which /proc lies (tests). Bounded work; never NULL. */
GclkProcesses *gclk_processes_read(const char *root);
void gclk_processes_free(GclkProcesses *processes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkProcesses, gclk_processes_free)
/* The first of that comm, or NULL. */
const GclkProcess *gclk_processes_find(const GclkProcesses *processes, const char *comm);

#endif
