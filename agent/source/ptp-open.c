/* SPDX-License-Identifier: BSD-2-Clause */
/* The precision source's device: which one it is, and whether it may be used. */
#include <string.h>

#include "source/ptp-private.h"

#define RELEASE_FILE "/proc/sys/kernel/osrelease"

void gclk_ptp_set_failure(GclkPtpSource *self, GclkSourceCondition condition, const char *text)
{
	gclk_source_set_condition(&self->base, condition, "%s%s%s%s %s", self->base.detail.address,
		self->known ? " (" : "", self->known ? self->found.clock_name : "",
		self->known ? ")" : "", text);
}

void gclk_ptp_close_device(GclkPtpSource *self)
{
	self->base.platform->ptp_close(self->base.platform, self->ptp);
	self->ptp = NULL;
	self->claim = (GclkPtpClaim){ 0 };
}

void gclk_ptp_set_origin(GclkPtpSource *self)
{
	const char *origin =
		self->found.clock->host || !self->device ? GCLK_ORIGIN_HOST : self->device;

	if (strcmp(self->base.origin, origin) != 0) {
		g_free(self->base.origin);
		self->base.origin = g_strdup(origin);
	}
}

/* The device that the configuration names. Once it was open it is followed by its clock_name, since
   numbers are given out anew when a driver comes back. Returns the path to open. */
static char *find_named(GclkPtpSource *self, const GArray *devices)
{
	const GclkPtpDevice *same = NULL;
	GclkPtpDevice named;
	gboolean listed = gclk_ptp_by_path(self->base.platform, devices, self->device, &named);

	if (self->known && !(listed && strcmp(named.clock_name, self->found.clock_name) == 0))
		same = gclk_ptp_by_name(devices, self->found.clock_name);
	if (same) {
		self->found = *same;
		return g_strdup(same->path);
	}
	if (listed || !self->known)
		self->found = named;
	return g_strdup(self->device);
}

/* Fills in found and returns the path to open; NULL: there is nothing to open. */
static char *find_device(GclkPtpSource *self)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(self->base.platform);
	const GclkPtpDevice *chosen;

	if (self->device)
		return find_named(self, devices);
	chosen = gclk_ptp_choose_other(devices, self->failed ? self->found.path : NULL);
	if (!chosen)
		return NULL;
	self->found = *chosen;
	return g_strdup(chosen->path);
}

/* Monotonic and smeared clocks are not the time of day, unless the configuration says otherwise. */
static gboolean scale_usable(GclkPtpSource *self)
{
	g_autofree char *release = NULL;

	self->timescale = self->settings.timescale;
	if (self->timescale == GCLK_TIMESCALE_UNKNOWN) {
		release = self->base.platform->read_file(
			self->base.platform, RELEASE_FILE, 256, NULL, NULL);
		self->timescale = gclk_ptp_clock_timescale(self->found.clock, release);
	}
	if (self->timescale == GCLK_TIMESCALE_MONOTONIC) {
		gclk_ptp_set_failure(
			self, GCLK_SOURCE_REFUSED, "keeps monotonic time, not the time of day");
		return FALSE;
	}
	if (self->timescale == GCLK_TIMESCALE_SMEARED) {
		gclk_ptp_set_failure(self, GCLK_SOURCE_REFUSED,
			"states that it smears leap seconds; \"timescale = utc\" in [ptp] uses it "
			"all the same");
		return FALSE;
	}
	return TRUE;
}

static void open_failed(GclkPtpSource *self, const GError *error)
{
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
		g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_PERM))
		gclk_ptp_set_failure(self, GCLK_SOURCE_FAILED,
			"may not be opened: start guestclockd as root, which it drops but for "
			"this, "
			"and let its unit or container have the device");
	else if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		gclk_ptp_set_failure(self, GCLK_SOURCE_UNREACHABLE,
			"does not exist: is its driver loaded, and does the hypervisor give this "
			"VM the clock?");
	else
		gclk_ptp_set_failure(self, GCLK_SOURCE_UNREACHABLE,
			error ? error->message : "cannot be opened, nothing says why");
}

gboolean gclk_ptp_open_device(GclkPtpSource *self)
{
	GclkPlatform *platform = self->base.platform;
	g_autofree char *path = find_device(self);
	g_autoptr(GError) error = NULL;

	if (!path) {
		gclk_source_set_condition(&self->base, GCLK_SOURCE_UNREACHABLE,
			"no precision clock of the host is there any more; looking for it again");
		return FALSE;
	}
	self->known = self->found.clock_name[0] != '\0';
	g_strlcpy(self->base.detail.address, path, sizeof self->base.detail.address);
	g_strlcpy(self->base.detail.identity, self->found.clock_name,
		sizeof self->base.detail.identity);
	if (!scale_usable(self))
		return FALSE;
	self->ptp = platform->ptp_open(platform, path, &error);
	if (!self->ptp) {
		open_failed(self, error);
		return FALSE;
	}
	gclk_ptp_set_origin(self);
	self->method = GCLK_PTP_PRECISE;
	self->method_works = FALSE;
	self->method_retry = platform->boottime(platform) + GCLK_PTP_METHOD_RETRY;
	return TRUE;
}
