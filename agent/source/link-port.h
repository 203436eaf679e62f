/* SPDX-License-Identifier: BSD-2-Clause */
/* Which channels to the host this machine has. */
#ifndef GUESTCLOCK_LINK_PORT_H
#define GUESTCLOCK_LINK_PORT_H

#include "guestclock/link.h"
#include "platform/platform.h"

/* What is used where no channel is named. */
#define GCLK_LINK_CHANNEL_AUTO "virtio:" GCLK_LINK_PORT

/* Is there a virtio-serial port of that name? Cheap enough to ask every minute. */
gboolean gclk_link_port_exists(GclkPlatform *platform, const char *name);

#endif
