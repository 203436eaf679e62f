/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvmtools and libguestlib of open-vm-tools, loaded at run time: neither is linked, as both bring
 * vmtoolsd with them. What is declared here is declared from their documented calls (vmGuestLib.h;
 * guestrpc.h of libDeployPkg). They block, and trap signals: only for a process of their own.
 */
#ifndef GUESTCLOCK_VMWARE_TOOLS_LIBRARY_H
#define GUESTCLOCK_VMWARE_TOOLS_LIBRARY_H

#include "vmware/tools-message.h"

typedef struct GclkToolsLibrary GclkToolsLibrary;

/* As dlopen(3) takes them: a name to be looked for, or a path. Never fails: see can. */
GclkToolsLibrary *gclk_tools_library_open(const char *libvmtools, const char *libguestlib);

/* GCLK_TOOLS_CAN_ bits: what can be done here. */
guint32 gclk_tools_library_can(const GclkToolsLibrary *library);

/* Both fill in an answer; what can not be done is answered with an error. */
void gclk_tools_library_send(GclkToolsLibrary *library, const char *text, GclkToolsMessage *out);
void gclk_tools_library_look(GclkToolsLibrary *library, GclkToolsMessage *out);

#endif
