/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time daemons among this host's processes: what each was told (its command line) and may do
 * (its capabilities). Read once, asked by every probe.
 */
#ifndef GUESTCLOCK_PROCESSES_H
#define GUESTCLOCK_PROCESSES_H

#include "sync/daemon-report.h"

typedef struct {
	gint64 pid;
	char *comm;          /* as /proc/PID/comm has it: at most 15 bytes */
	char **argv;         /* NULL-terminated; empty when it cannot be read */
	gboolean privileged; /* root's, or with some of root's powers, and in the host's user
				namespace, as far as can be seen. Any user may call a program of
				his own chronyd: what other processes were told, and what they say,
				proves nothing */
	gboolean able;       /* privileged, and has CAP_SYS_TIME */
	gboolean steers;     /* able, and not told to keep its hands off (guestclock/rival.h) */
	gboolean
		elsewhere; /* in another network namespace than this process: its UDP is not ours */
	gboolean openntpd; /* an "ntpd" of OpenNTPD, which has neither the protocol nor the
			      options of those of ntp.org and ntpsec */
} GclkProcess;

typedef struct {
	GPtrArray *all; /* GclkProcess *: only those that deal with time. Helpers that a daemon
			   forked off itself (same name, its child) are left out. */
} GclkProcesses;

/* root: "" or a folder under which /proc lies (tests). Bounded work; never NULL. */
GclkProcesses *gclk_processes_read(const char *root);
void gclk_processes_free(GclkProcesses *processes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkProcesses, gclk_processes_free)
/* Of two with the same name, is this the one that is more likely to be the host's daemon? One that
   is privileged, then one in our own network namespace. other may be NULL. */
gboolean gclk_process_outranks(const GclkProcess *process, const GclkProcess *other);
/* The first of that comm that none outranks; or NULL. */
const GclkProcess *gclk_processes_find(const GclkProcesses *processes, const char *comm);
/* The one with that pid and comm, or NULL. */
const GclkProcess *gclk_processes_find_pid(
	const GclkProcesses *processes, const char *comm, gint64 pid);

/* Is its silence worth a word? Not that of a daemon in another network namespace that steers
   nothing: a server in a container, which is not this host's. */
gboolean gclk_process_concerns(const GclkProcess *process);

/* The second proof, for the report: pid, steers and why. process NULL: not known. */
void gclk_process_tell(const GclkProcess *process, GclkDaemonReport *report);

#endif
