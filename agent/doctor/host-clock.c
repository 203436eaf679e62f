/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/host-clock.h"

#include "guestclock/ptp-reading.h"
#include "source/ptp-failure.h"

static void explain(GclkHostClock *out, gint error)
{
	const GclkPtpFailure *failure = gclk_ptp_failure(error);

	out->why = failure->text ? g_strdup(failure->text)
				 : g_strdup_printf("cannot be read: %s", g_strerror(error));
}

/* Of several methods' errors the first is told that is not only the method's; else the last, since
   the plain method is what every driver has. */
static gint read_any(
	GclkPlatform *platform, GclkPtp *ptp, guint n, GclkPtpReading *readings, gint *error)
{
	*error = 0;
	for (gint method = 0; method < GCLK_PTP_METHODS; method++) {
		GclkClockPair pair;
		gint got = platform->ptp_read(
			platform, ptp, (GclkPtpMethod)method, n, readings, &pair);

		if (got > 0)
			return got;
		if (*error == 0 || gclk_ptp_method_missing(*error))
			*error = -got;
	}
	return 0;
}

/* Without the kernel's word for TAI minus UTC a clock that keeps TAI tells no offset. */
static gboolean scale_offset(
	const GclkPtpDevice *device, const char *release, gint tai_offset, gint64 *ahead)
{
	switch (gclk_ptp_clock_timescale(device->clock, release)) {
	case GCLK_TIMESCALE_UTC:
	case GCLK_TIMESCALE_SMEARED:
		*ahead = 0;
		return TRUE;
	case GCLK_TIMESCALE_TAI:
		*ahead = tai_offset * GCLK_NS_PER_S;
		return tai_offset > 0;
	case GCLK_TIMESCALE_UNKNOWN:
	case GCLK_TIMESCALE_MONOTONIC:
		break;
	}
	return FALSE;
}

void gclk_host_clock_read(GclkPlatform *platform, const GclkPtpDevice *device, const char *release,
	gint tai_offset, GclkHostClock *out)
{
	GclkPtpReading readings[GCLK_PTP_READINGS_MAX];
	const GclkPtpReading *best;
	g_autoptr(GError) problem = NULL;
	GclkPtp *ptp;
	gint64 ahead;
	gint n, error;

	*out = (GclkHostClock){ 0 };
	if (!platform->ptp_open || !platform->ptp_read || !platform->ptp_close)
		return;
	out->tried = TRUE;
	ptp = platform->ptp_open(platform, device->path, &problem);
	if (!ptp) {
		out->forbidden = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
				 g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_PERM);
		out->why = g_strdup_printf(
			"cannot be opened: %s", problem ? problem->message : "no reason is given");
		return;
	}
	n = read_any(platform, ptp, (guint)device->clock->readings, readings, &error);
	platform->ptp_close(platform, ptp);
	best = gclk_ptp_reading_best(readings, n);
	out->readable = best && gclk_ptp_time_plausible(best->device);
	if (!out->readable) {
		if (n > 0)
			out->why = g_strdup("gives what cannot be the time of day");
		else
			explain(out, error);
		return;
	}
	out->bracket = best->after - best->before;
	out->has_offset = scale_offset(device, release, tai_offset, &ahead);
	if (out->has_offset)
		out->offset = best->device - ahead - best->before - out->bracket / 2;
}

void gclk_host_clock_clear(GclkHostClock *clock)
{
	g_clear_pointer(&clock->why, g_free);
}
