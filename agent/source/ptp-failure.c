/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ptp-failure.h"

#include <errno.h>

static const char *const drop_names[GCLK_PTP_DROPS] = { "stale", "io-error", "timeout",
	"unsupported", "gone", "implausible-time", "bracket", "timescale" };

static const char gone[] = "has gone; looking for it again";
static const char forbidden[] = "may not be read by guestclockd";
static const char late[] = "does not answer in time";

/* Sources: hv_util.c (ESTALE), ptp_vmw.c (EIO), ptp_vmclock.c (EINVAL, ETIMEDOUT), ena_com.c
   (EBUSY), posix-clock.c (ENODEV once the device is gone). */
static const GclkPtpFailure failures[] = {
	{ ESTALE, GCLK_SOURCE_REFUSED, GCLK_PTP_DROP_STALE,
		"has no fresh time: the host has stopped sending it; is time synchronisation "
		"switched on for this VM?" },
	{ EIO, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_IO,
		"cannot be read: the hypervisor answers with an error" },
	{ ETIMEDOUT, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_TIMEOUT, late },
	{ EAGAIN, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_TIMEOUT, late },
	{ EBUSY, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_TIMEOUT,
		"is busy: it is asked too often, perhaps by others too" },
	{ EINVAL, GCLK_SOURCE_REFUSED, GCLK_PTP_DROP_UNSUPPORTED,
		"gives no time: the hypervisor calls its clock unreliable" },
	{ EOPNOTSUPP, GCLK_SOURCE_REFUSED, GCLK_PTP_DROP_UNSUPPORTED,
		"cannot be read: its driver offers no way to" },
	{ ENOTTY, GCLK_SOURCE_REFUSED, GCLK_PTP_DROP_UNSUPPORTED, "is not a precision clock" },
	{ ENODEV, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_GONE, gone },
	{ ENXIO, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_GONE, gone },
	{ EBADF, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_GONE, gone },
	{ EACCES, GCLK_SOURCE_FAILED, GCLK_PTP_DROP_IO, forbidden },
	{ EPERM, GCLK_SOURCE_FAILED, GCLK_PTP_DROP_IO, forbidden },
};

static const GclkPtpFailure other = { 0, GCLK_SOURCE_UNREACHABLE, GCLK_PTP_DROP_IO, NULL };

const char *gclk_ptp_drop_name(GclkPtpDrop drop)
{
	return drop_names[drop];
}

const GclkPtpFailure *gclk_ptp_failure(gint error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++)
		if (failures[i].error == error)
			return &failures[i];
	return &other;
}

gboolean gclk_ptp_method_missing(gint error)
{
	return error == EOPNOTSUPP || error == ENOTTY || error == EINVAL || error == ENODEV;
}

gboolean gclk_ptp_no_time_now(gint error)
{
	return error == ESTALE || error == ETIMEDOUT;
}
