/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels to the host by name. Opening one needs root mostly, so the privileged process does it,
 * with the same code. Private to agent/platform.
 */
#ifndef GUESTCLOCK_CHANNEL_H
#define GUESTCLOCK_CHANNEL_H

#include "guestclock/channel-name.h"

/* Opens it without waiting: a descriptor (close-on-exec, non-blocking; a socket may be yet to
   connect; a tty is raw), or -errno: -EINVAL no channel, -ENOENT no port of that name, -EBUSY
   somebody has it open. */
int gclk_channel_open(const char *text);

/* --- linux-channel.c, freebsd-channel.c ------------------------------------------------------- */

/* The device of the virtio-serial port of that name, or NULL. */
char *gclk_channel_find_port(const char *name);
#ifdef __linux__
/* The same, by a directory like /sys/class/virtio-ports. */
char *gclk_channel_find_port_in(const char *ports, const char *name);
/* Binds an AF_VSOCK socket to a port that only root may bind; 0 or -errno. */
int gclk_channel_bind_vsock(int fd);
#endif
/* A socket on the way to that port of the host, or -errno (-EAFNOSUPPORT: this system has none). */
int gclk_channel_connect_vsock(guint port);

/* A port whose host side is closed says POLLHUP all the time. This makes a descriptor that is
   readable after each change of the port until that is cleared, or -1: this system has no such
   thing. Clear first, then look at the port. */
int gclk_channel_watch_open(int fd);
void gclk_channel_watch_clear(int watch);
/* What is there now counts as a change: not all of it was seen to. */
void gclk_channel_watch_again(int watch, int fd);

#endif
