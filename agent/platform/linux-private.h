/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to linux*.c. */
#ifndef GUESTCLOCK_LINUX_PRIVATE_H
#define GUESTCLOCK_LINUX_PRIVATE_H

#include "platform/posix.h"

typedef struct {
	GclkPosix posix;
	glong hz; /* USER_HZ: the unit of the tick word */
	gboolean foreign_slew_dropped;
} GclkLinux;

/* linux-steer.c */
gboolean gclk_linux_get_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error);
gboolean gclk_linux_set_discipline(GclkPlatform *platform, guint fields,
	const GclkDiscipline *values, guint phase_tc, GError **error);
gboolean gclk_linux_step(GclkPlatform *platform, gint64 delta, GError **error);
gboolean gclk_linux_may_steer(GclkPlatform *platform, const char **reason);

/* linux-ptp.c */
GclkPtp *gclk_linux_ptp_open(GclkPlatform *platform, const char *path, GError **error);
gint gclk_linux_ptp_read(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair);
void gclk_linux_ptp_close(GclkPlatform *platform, GclkPtp *ptp);

#endif
