/* SPDX-License-Identifier: BSD-2-Clause */
/* Precision clocks: include/uapi/linux/ptp_clock.h. The first version of each ioctl, which every
   kernel knows. Reserved members must be zero (rsv[0] of EXTENDED became a clock id in 6.12, where
   zero is CLOCK_REALTIME). */
#include <errno.h>
#include <linux/ptp_clock.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guestclock/ptp-reading.h"

#ifndef PTP_SYS_OFFSET_PRECISE
#error "linux/ptp_clock.h of Linux 5.0 or later is needed"
#endif

static gint64 ns_of(const struct ptp_clock_time *time)
{
	return (gint64)time->sec * GCLK_NS_PER_S + (gint64)time->nsec;
}

static int call(int fd, unsigned long request, void *argument)
{
	int n;

	do {
		n = ioctl(fd, request, argument);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* The driver gives REAL and RAW of the very same moment. */
static gint read_precise(int fd, GclkPtpReading *out, gint64 *raw)
{
	struct ptp_sys_offset_precise offset;
	int error;

	memset(&offset, 0, sizeof(offset));
	error = call(fd, PTP_SYS_OFFSET_PRECISE, &offset);
	if (error)
		return error;
	out->before = out->after = ns_of(&offset.sys_realtime);
	out->device = ns_of(&offset.device);
	if (raw)
		*raw = ns_of(&offset.sys_monoraw);
	return 1;
}

static gint read_extended(int fd, guint n, GclkPtpReading *out)
{
	struct ptp_sys_offset_extended offset;
	int error;

	memset(&offset, 0, sizeof(offset));
	offset.n_samples = n;
	error = call(fd, PTP_SYS_OFFSET_EXTENDED, &offset);
	if (error)
		return error;
	for (guint i = 0; i < n; i++) {
		out[i].before = ns_of(&offset.ts[i][0]);
		out[i].device = ns_of(&offset.ts[i][1]);
		out[i].after = ns_of(&offset.ts[i][2]);
	}
	return (gint)n;
}

/* REAL, device, REAL, device ... REAL */
static gint read_plain(int fd, guint n, GclkPtpReading *out)
{
	struct ptp_sys_offset offset;
	int error;

	memset(&offset, 0, sizeof(offset));
	offset.n_samples = n;
	error = call(fd, PTP_SYS_OFFSET, &offset);
	if (error)
		return error;
	for (guint i = 0; i < n; i++) {
		out[i].before = ns_of(&offset.ts[2 * i]);
		out[i].device = ns_of(&offset.ts[2 * i + 1]);
		out[i].after = ns_of(&offset.ts[2 * i + 2]);
	}
	return (gint)n;
}

gint gclk_ptp_device_read(int fd, GclkPtpMethod method, guint n, GclkPtpReading *out, gint64 *raw)
{
	G_STATIC_ASSERT(GCLK_PTP_READINGS_MAX <= PTP_MAX_SAMPLES);

	if (n < 1 || n > GCLK_PTP_READINGS_MAX)
		return -EINVAL;
	switch (method) {
	case GCLK_PTP_PRECISE:
		return read_precise(fd, out, raw);
	case GCLK_PTP_EXTENDED:
		return read_extended(fd, n, out);
	case GCLK_PTP_PLAIN:
		return read_plain(fd, n, out);
	default:
		return -EINVAL;
	}
}
