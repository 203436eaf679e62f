/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who holds a channel: QEMU's socket takes one client only, a second one connects, waits to be
 * accepted, and hears nothing. The kernel tells who is connected to whom (sock_diag(7), AF_UNIX),
 * /proc whose socket it is.
 */
#ifndef GUESTCLOCK_CHANNEL_HOLDER_H
#define GUESTCLOCK_CHANNEL_HOLDER_H

#include <glib.h>
#include <sys/types.h>

typedef struct {
	pid_t pid;     /* 0: it cannot be told (no right to look, or another namespace) */
	char name[32]; /* of the program, printable; "": as pid */
} GclkChannelHolder;

/* The program at the other end of a connection that the listener at path has accepted. FALSE: there
   is none, or the kernel does not tell. Looks at every process: some ten milliseconds. */
gboolean gclk_channel_holder_find(const char *path, GclkChannelHolder *out);

/* Has a connection of ours been accepted? inode: of our end (fstat). TRUE also if the kernel does
   not tell. */
gboolean gclk_channel_accepted(guint64 inode);

/* "socat (pid 1234)", "another program". Caller frees. */
char *gclk_channel_holder_text(const GclkChannelHolder *holder);

#endif
