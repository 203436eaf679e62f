/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform on Linux >= 3.10 (ADJ_SETOFFSET, SO_TIMESTAMPING, /dev/ptp*). */
#ifndef GUESTCLOCK_LINUX_H
#define GUESTCLOCK_LINUX_H

#include "platform/loop.h"
#include "platform/platform.h"
#include "privileged.h"

/* privileged is not owned and must outlive the platform; NULL: everything is done directly, and
   only numeric addresses are resolved. context is referenced. Free with platform->free. */
GclkPlatform *gclk_linux_new(GclkPrivileged *privileged, GMainContext *context);

#endif
