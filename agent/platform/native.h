/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform of the system this was built for. */
#ifndef GUESTCLOCK_NATIVE_H
#define GUESTCLOCK_NATIVE_H

#include "platform/loop.h"
#include "platform/platform.h"
#include "platform/privileged.h"

/* privileged is not owned and outlives the platform; NULL: everything is done directly, and only
   numeric addresses are resolved. Free with platform->free. */
GclkPlatform *gclk_native_new(GclkPrivileged *privileged, GMainContext *context);

#endif
