/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMware's libraries, as the clock process sees them: requests go to a process of their own
 * (tools-process.h), answers come back some time. Nothing here ever waits. What it is good for
 * stands in tools-watch.h.
 */
#ifndef GUESTCLOCK_VMWARE_TOOLS_H
#define GUESTCLOCK_VMWARE_TOOLS_H

#include "vmware/tools-process.h"

typedef struct GclkTools GclkTools;

/* Forks the process; to be called on VMware only, before threads are made and privileges dropped.
   The settings' texts are not kept. */
GclkTools *gclk_tools_start(const GclkToolsProcess *settings, GError **error);

/* Ends the process, and waits for it no longer than a moment; NULL is ignored. */
void gclk_tools_free(GclkTools *tools);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkTools, gclk_tools_free)

/* Requests; at most one at a time is under way. FALSE: one is, or nobody is there to take it. The
   answer, or news, come by gclk_tools_next. text is cut to what fits. */
gboolean gclk_tools_send(GclkTools *tools, const char *text);
gboolean gclk_tools_look(GclkTools *tools);
gboolean gclk_tools_busy(const GclkTools *tools);
/* The answer has not come in time: one that comes late is passed over. */
void gclk_tools_forget(GclkTools *tools);

/* Readable when there is something to take in, or when the process has ended. */
int gclk_tools_fd(const GclkTools *tools);
/* The next answer or piece of news. FALSE: none is there now. What is neither is passed over. */
gboolean gclk_tools_next(GclkTools *tools, GclkToolsMessage *out);
/* The process is there, or another one follows. */
gboolean gclk_tools_alive(const GclkTools *tools);
/* The keeper's process id. */
gint gclk_tools_pid(const GclkTools *tools);

#endif
