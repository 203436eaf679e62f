/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock of an ESXi host, by what it prints: `esxcli system ptp stats get`, `esxcli system ntp
 * get`, `ntpq -p`, and ptpd.stats. "Slave" is not "synchronised": an offset within the limit, a
 * servo that is not at its own, and a grandmaster that has a reference are asked for. Pure.
 */
#ifndef GUESTCLOCK_ESXI_H
#define GUESTCLOCK_ESXI_H

#include "sync/sync.h"

/*
 * Adds a report for each of the host's daemons (GclkDaemonReport *). age: of the text, ns; 0: it
 * was just fetched; -1: not known, and then no PTP counts as fresh. now: CLOCK_REALTIME, ns, by
 * which the stamps of ptpd.stats are judged.
 */
void gclk_esxi_read(const char *text, gsize length, gint64 now, gint64 age, GPtrArray *reports);

/* The same, decided. Free with gclk_host_sync_free. */
GclkHostSync *gclk_esxi_sync(
	const char *text, gsize length, gint64 now, gint64 age, const GclkSyncPolicy *policy);

#endif
