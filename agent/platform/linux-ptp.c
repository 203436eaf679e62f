/* SPDX-License-Identifier: BSD-2-Clause */
/* Precision clocks: include/uapi/linux/ptp_clock.h. The first version of each ioctl, which every
   kernel knows. Reserved members must be zero (rsv[0] of EXTENDED became a clock id in 6.12, where
   zero is CLOCK_REALTIME). */
#include <errno.h>
#include <linux/ptp_clock.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/linux-private.h"

#ifndef PTP_SYS_OFFSET_PRECISE
#error "linux/ptp_clock.h of Linux 5.0 or later is needed"
#endif

struct GclkPtp {
	int fd;
};

/* A readable file may still be something else. */
static int check_device(int fd)
{
	struct ptp_clock_caps caps;
	struct stat status;

	memset(&caps, 0, sizeof(caps));
	if (fstat(fd, &status))
		return errno;
	if (!S_ISCHR(status.st_mode))
		return ENOTTY;
	return ioctl(fd, PTP_CLOCK_GETCAPS, &caps) ? errno : 0;
}

GclkPtp *gclk_linux_ptp_open(GclkPlatform *platform, const char *path, GError **error)
{
	int fd = gclk_posix_open((GclkPosix *)platform, path, GCLK_ACCESS_DEVICE);
	int wrong = fd < 0 ? 0 : check_device(fd);
	GclkPtp *ptp;

	if (fd < 0) {
		gclk_posix_error(error, -fd, "%s", path);
		return NULL;
	}
	if (wrong) {
		close(fd);
		gclk_posix_error(error, wrong, "%s is not a precision clock", path);
		return NULL;
	}
	ptp = g_new0(GclkPtp, 1);
	ptp->fd = fd;
	return ptp;
}

static gint64 ns_of(const struct ptp_clock_time *time)
{
	return gclk_posix_ns(time->sec, time->nsec);
}

static int call(int fd, unsigned long request, void *argument)
{
	int n;

	do {
		n = ioctl(fd, request, argument);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* The driver gives REAL and RAW of the very same moment; *pair is read beside it and checks them.
 */
static gint read_precise(GclkPtp *ptp, GclkPtpReading *out, GclkClockPair *pair)
{
	struct ptp_sys_offset_precise offset;
	gint64 real, raw;
	int error;

	memset(&offset, 0, sizeof(offset));
	error = call(ptp->fd, PTP_SYS_OFFSET_PRECISE, &offset);
	if (error)
		return error;
	real = ns_of(&offset.sys_realtime);
	raw = ns_of(&offset.sys_monoraw);
	out->before = out->after = real;
	out->device = ns_of(&offset.device);
	if (ABS((pair->real - pair->raw) - (real - raw)) < GCLK_NS_PER_MS)
		*pair = (GclkClockPair){ .real = real, .raw = raw, .width = 0 };
	return 1;
}

static gint read_extended(GclkPtp *ptp, guint n, GclkPtpReading *out)
{
	struct ptp_sys_offset_extended offset;
	int error;

	memset(&offset, 0, sizeof(offset));
	offset.n_samples = n;
	error = call(ptp->fd, PTP_SYS_OFFSET_EXTENDED, &offset);
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
static gint read_plain(GclkPtp *ptp, guint n, GclkPtpReading *out)
{
	struct ptp_sys_offset offset;
	int error;

	memset(&offset, 0, sizeof(offset));
	offset.n_samples = n;
	error = call(ptp->fd, PTP_SYS_OFFSET, &offset);
	if (error)
		return error;
	for (guint i = 0; i < n; i++) {
		out[i].before = ns_of(&offset.ts[2 * i]);
		out[i].device = ns_of(&offset.ts[2 * i + 1]);
		out[i].after = ns_of(&offset.ts[2 * i + 2]);
	}
	return (gint)n;
}

gint gclk_linux_ptp_read(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair)
{
	G_STATIC_ASSERT(GCLK_PTP_READINGS_MAX <= PTP_MAX_SAMPLES);

	platform->read_pair(platform, pair);
	if (n < 1 || n > GCLK_PTP_READINGS_MAX)
		return -EINVAL;
	switch (method) {
	case GCLK_PTP_PRECISE:
		return read_precise(ptp, out, pair);
	case GCLK_PTP_EXTENDED:
		return read_extended(ptp, n, out);
	case GCLK_PTP_PLAIN:
		return read_plain(ptp, n, out);
	default:
		return -EINVAL;
	}
}

void gclk_linux_ptp_close(GclkPlatform *platform, GclkPtp *ptp)
{
	(void)platform;
	if (!ptp)
		return;
	close(ptp->fd);
	g_free(ptp);
}
