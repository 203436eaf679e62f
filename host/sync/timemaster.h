/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timemaster(8) starts ptp4l, phc2sys and chronyd or ntpd, and steers nothing itself. It tells
 * where its ptp4l can be asked.
 */
#ifndef GUESTCLOCK_TIMEMASTER_H
#define GUESTCLOCK_TIMEMASTER_H

#include "sync/processes.h"

/* Where it keeps its sockets, by the text of its configuration (NULL: none); pure. Caller frees. */
char *gclk_timemaster_rundir(const char *config);

/* The management sockets of its ptp4l: paths, at most 32. */
GPtrArray *gclk_timemaster_sockets(const GclkProcess *timemaster);

/* That it runs, what it was told, and what it started. */
GclkDaemonReport *gclk_timemaster_report(const GclkProcess *timemaster, const GPtrArray *sockets);

#endif
