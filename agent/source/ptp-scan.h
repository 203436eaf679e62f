/* SPDX-License-Identifier: BSD-2-Clause */
/* Which precision clocks this machine has, and which of them to use. */
#ifndef GUESTCLOCK_PTP_SCAN_H
#define GUESTCLOCK_PTP_SCAN_H

#include "platform/platform.h"
#include "guestclock/ptp-table.h"

/* More than this many are not looked at. */
#define GCLK_PTP_DEVICES_MAX 64

typedef struct {
	guint number;  /* N of /dev/ptpN */
	char path[24]; /* "/dev/ptp3"; the name that was asked for may be a link to it */
	char clock_name[GCLK_PTP_NAME_MAX]; /* printable; "" when it cannot be read */
	const GclkPtpClock *clock;          /* its row, never NULL */
} GclkPtpDevice;

/* All of them, by number. Empty where the kernel has none. Free with g_array_unref. */
GArray *gclk_ptp_scan(GclkPlatform *platform);

/* The best of those that may be chosen unnamed, by the order of the table and then by number; NULL:
   none. */
const GclkPtpDevice *gclk_ptp_choose(const GArray *devices);

/* The same, but path only if there is no other. */
const GclkPtpDevice *gclk_ptp_choose_other(const GArray *devices, const char *path);

/* The only device with that clock_name; NULL: none, or several. */
const GclkPtpDevice *gclk_ptp_by_name(const GArray *devices, const char *clock_name);

/* The device behind a path such as "/dev/ptp3" or a link to it ("/dev/ptp_kvm"). Where the class
   directory does not list it, out is filled in from the path alone, and FALSE is returned. */
gboolean gclk_ptp_by_path(
	GclkPlatform *platform, const GArray *devices, const char *path, GclkPtpDevice *out);

/* "ptp0 (mlx5_ptp): a network card's clock, not the host's time; ptp1 ...", caller frees. */
char *gclk_ptp_describe(const GArray *devices);

#endif
