/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that have VMware's libraries: a worker that loads them and does what it is asked,
 * and a keeper that waits for its end and starts another. The libraries trap signals, block for as
 * long as the host likes, and are foreign code: what becomes of them must not touch the clock.
 * Neither process has any privilege. Both end when the clock process does.
 */
#ifndef GUESTCLOCK_VMWARE_TOOLS_PROCESS_H
#define GUESTCLOCK_VMWARE_TOOLS_PROCESS_H

#include "vmware/tools-message.h"

/* The key that a reader of vSphere goes by, and what it says when the clock process has gone. */
#define GCLK_TOOLS_STATE_KEY "guestinfo.guestclock.state"

/* Both are in the package open-vm-tools. */
#define GCLK_TOOLS_LIBVMTOOLS  "libvmtools.so.0"
#define GCLK_TOOLS_LIBGUESTLIB "libguestlib.so.0"

typedef struct {
	const char *libvmtools, *libguestlib; /* see tools-library.h */
	guint deadline_s; /* a call that takes longer is ended, and its process with it; > 0 */
	guint deaths_max; /* so many in a row, and it is given up */
	gint64 pause_ms;  /* before another worker starts; doubled from one to the next */
	gint64 pause_max_ms;
	gint64 steady_ms; /* a worker that lived so long did well: the count begins anew */
	guint uid, gid;   /* whom the processes become, where they are root */
} GclkToolsProcess;

/* Becomes the keeper, serves the socket, and never returns. */
void gclk_tools_process_run(const GclkToolsProcess *process, int socket) G_GNUC_NORETURN;

#endif
