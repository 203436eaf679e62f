/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/host-clock.h"

#include "guestclock/ptp-reading.h"
#include "source/ptp-failure.h"

static void explain(GclkHostClock *out, gint error)
{
	const GclkPtpFailure *failure = gclk_ptp_failure(error);

	if (failure->drop == GCLK_PTP_DROP_GONE) /* the daemon's words are for one who goes on */
		out->why = g_strdup("has gone, or gives no time however it is asked");
	else
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

/* The narrowest of some readings; FALSE: none, and out says why. */
static gboolean read_once(GclkPlatform *platform, const GclkPtpDevice *device, GclkHostClock *out,
	GclkPtpReading *reading)
{
	GclkPtpReading readings[GCLK_PTP_READINGS_MAX];
	const GclkPtpReading *best;
	g_autoptr(GError) problem = NULL;
	GclkPtp *ptp = platform->ptp_open(platform, device->path, &problem);
	gint n, error;

	if (!ptp) {
		out->forbidden = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
				 g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_PERM);
		out->why = g_strdup_printf(
			"cannot be opened: %s", problem ? problem->message : "no reason is given");
		return FALSE;
	}
	n = read_any(platform, ptp, (guint)device->clock->readings, readings, &error);
	platform->ptp_close(platform, ptp);
	best = gclk_ptp_reading_best(readings, n);
	if (n <= 0)
		explain(out, error);
	else if (!best || !gclk_ptp_time_plausible(best->device))
		out->why = g_strdup("gives what cannot be the time of day");
	else
		*reading = *best;
	return !out->why;
}

void gclk_host_clock_read(GclkPlatform *platform, const GclkPtpDevice *device, const char *release,
	gint tai_offset, GclkHostClock *out)
{
	GclkPtpReading reading;
	gint64 ahead;

	*out = (GclkHostClock){ 0 };
	if (!platform->ptp_open || !platform->ptp_read || !platform->ptp_close)
		return;
	out->tried = TRUE;
	out->readable = read_once(platform, device, out, &reading);
	if (!out->readable)
		return;
	out->bracket = reading.after - reading.before;
	out->has_offset = scale_offset(device, release, tai_offset, &ahead);
	if (out->has_offset)
		out->offset = reading.device - ahead - reading.before - out->bracket / 2;
}

void gclk_host_clock_clear(GclkHostClock *clock)
{
	g_clear_pointer(&clock->why, g_free);
}
