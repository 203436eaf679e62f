/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine in a folder (tests/data/machines/README.md tells what is in it), as detection and the
 * doctor read it. One at a time: a CPUID function has no argument that could tell it from another.
 */
#ifndef GUESTCLOCK_RECORDED_MACHINE_H
#define GUESTCLOCK_RECORDED_MACHINE_H

#include "detect/detection.h"
#include "tree-platform.h"

typedef struct {
	GclkTree tree; /* first: its platform is given to detection */
	GclkMachine machine;
	char *about, *expected; /* NULL: there is no such file */
	char *sysctl, *dmesg;
	gsize dmesg_length;
	char **links; /* "PATH TARGET" */
	GclkDiscipline discipline;
	char *may_not;   /* why this process may not steer, or NULL: it may */
	gint64 real;     /* the system clock, ns; 0: it cannot be read */
	int vmware_sync; /* as GclkMachine's vmware_periodic_sync */
} GclkRecordedMachine;

/* NULL, with a failed assertion, when the folder holds something that cannot be understood. */
GclkRecordedMachine *gclk_recorded_machine_open(const char *folder);
void gclk_recorded_machine_close(GclkRecordedMachine *recorded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkRecordedMachine, gclk_recorded_machine_close)

/* A GclkKernelLogRead: the end of the dmesg of the recorded machine that is user. */
char *gclk_recorded_machine_log(gpointer user, gsize limit, gsize *length, const char **why);

/* The folders of tests/data/machines, full paths, sorted; free with g_strfreev. */
char **gclk_recorded_machine_folders(void);

#endif
