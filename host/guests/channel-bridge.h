/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A libvirt stream as a socket: libvirt hands out no descriptor of a channel that it opened. Bytes
 * go to and fro in the thread of libvirt's loop, with one small buffer each way; who does not read
 * is not read from.
 */
#ifndef GUESTCLOCK_CHANNEL_BRIDGE_H
#define GUESTCLOCK_CHANNEL_BRIDGE_H

#include "gate/libvirt-api.h"

typedef struct GclkChannelBridge GclkChannelBridge;

/* Opens the channel of that name. *fd: the other end, the caller's. NULL with GCLK_LIBVIRT_ERROR,
   or another. All of a bridge's functions are the loop's thread's. api outlives it. */
GclkChannelBridge *gclk_channel_bridge_open(const GclkLibvirt *api, GMainContext *loop,
	virConnectPtr connection, virDomainPtr domain, const char *name, int *fd, GError **error);
/* The caller's end reads end-of-file. */
void gclk_channel_bridge_free(GclkChannelBridge *bridge);

#endif
