/* SPDX-License-Identifier: BSD-2-Clause */
/* Precision clocks: opening them; lib/ptp-device.c reads them. */
#include <errno.h>
#include <linux/ptp_clock.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/linux-private.h"

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

gint gclk_linux_ptp_read(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair)
{
	gint64 raw = 0;
	gint got;

	platform->read_pair(platform, pair);
	got = gclk_ptp_device_read(ptp->fd, method, n, out, &raw);
	/* PRECISE has a pair of its own, of the very moment; the one read beside it checks it. */
	if (got == 1 && method == GCLK_PTP_PRECISE &&
		ABS((pair->real - pair->raw) - (out->before - raw)) < GCLK_NS_PER_MS)
		*pair = (GclkClockPair){ .real = out->before, .raw = raw, .width = 0 };
	return got;
}

void gclk_linux_ptp_close(GclkPlatform *platform, GclkPtp *ptp)
{
	(void)platform;
	if (!ptp)
		return;
	close(ptp->fd);
	g_free(ptp);
}
