/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to freebsd*.c. */
#ifndef GUESTCLOCK_FREEBSD_PRIVATE_H
#define GUESTCLOCK_FREEBSD_PRIVATE_H

#include <glib.h>

gint gclk_freebsd_sysctl(const char *name);
gboolean gclk_freebsd_user_may_steer(guint uid);

#endif
