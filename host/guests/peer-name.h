/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the people of this host call a guest that came by a socket: its virtual machine monitor's
 * command line says so. QEMU's -name (guest=NAME, or NAME first) and Proxmox's -id; Firecracker's
 * and Cloud Hypervisor's --id and --api-socket have no other name in them.
 */
#ifndef GUESTCLOCK_PEER_NAME_H
#define GUESTCLOCK_PEER_NAME_H

#include <glib.h>

/* From the bytes of /proc/PID/cmdline: arguments that end with NUL each. NULL: no name in them.
   Caller frees; the text is as it stands there, for gclk_text_clean. */
char *gclk_peer_name_from_cmdline(const char *bytes, gsize length);

/* Of a process that is there; NULL: none, or not to be read. */
char *gclk_peer_name_of(gint pid);

#endif
