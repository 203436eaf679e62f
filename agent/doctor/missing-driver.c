/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/missing-driver.h"

/* As far as can be seen: one that is there, on disk or to be installed was put back into an older
   kernel. */
static gboolean is_absent(GclkDriverState state)
{
	return state == GCLK_DRIVER_NOT_BUILT || state == GCLK_DRIVER_NO_MODULES ||
	       state == GCLK_DRIVER_UNKNOWN;
}

GclkMissingDriver gclk_missing_driver(const GclkSurvey *survey, const GclkOffer *offer)
{
	GclkMissingDriver missing = { .offer = offer,
		.release = survey->release,
		.module = gclk_offer_driver(offer),
		.config = gclk_offer_config(offer) };
	gint new_enough;

	missing.state = gclk_kernel_driver(
		survey->reader, survey->release, missing.module, missing.config, &missing.evidence);
	missing.config_gz = gclk_reader_exists(survey->reader, "/proc/config.gz");
	new_enough = gclk_kernel_since(survey->release, offer->since[0], offer->since[1]);
	missing.too_old = new_enough == 0 && is_absent(missing.state);
	return missing;
}

void gclk_missing_driver_clear(GclkMissingDriver *missing)
{
	g_free(missing->evidence);
}

char *gclk_missing_driver_why(const GclkMissingDriver *missing)
{
	if (missing->too_old)
		return g_strdup_printf("its driver came with Linux %u.%u, and this is %s",
			missing->offer->since[0], missing->offer->since[1], missing->release);
	switch (missing->state) {
	case GCLK_DRIVER_LOADED:
	case GCLK_DRIVER_BUILT_IN:
		return g_strdup_printf(
			"the driver %s is there, and has not taken it", missing->module);
	case GCLK_DRIVER_ON_DISK:
		return g_strdup_printf("the module %s is not loaded", missing->module);
	case GCLK_DRIVER_ELSEWHERE:
		return g_strdup_printf("the module %s is not installed", missing->module);
	case GCLK_DRIVER_NOT_BUILT:
		return g_strdup_printf("%s is not set in this kernel: no module %s for %s",
			missing->config, missing->module,
			missing->release ? missing->release : "it");
	case GCLK_DRIVER_NO_MODULES:
	case GCLK_DRIVER_UNKNOWN:
		break;
	}
	return g_strdup_printf("this kernel has no driver for it (%s)", missing->config);
}

char *gclk_missing_driver_remedy(const GclkMissingDriver *missing)
{
	if (missing->too_old)
		return g_strdup_printf("run Linux %u.%u or newer, or a kernel of your "
				       "distribution's into which it was put back, with %s",
			missing->offer->since[0], missing->offer->since[1], missing->config);
	switch (missing->state) {
	case GCLK_DRIVER_LOADED:
	case GCLK_DRIVER_BUILT_IN:
		return g_strdup_printf("dmesg | grep -i %s tells why", missing->module);
	case GCLK_DRIVER_ON_DISK:
		return g_strdup_printf(
			"modprobe %s; and for the next boots: echo %s "
			">/etc/modules-load.d/guestclock-%s.conf; then restart guestclockd",
			missing->module, missing->module, missing->module);
	case GCLK_DRIVER_ELSEWHERE:
		return g_strdup_printf("install the rest of this kernel's modules (Ubuntu: "
				       "linux-modules-extra-%s, "
				       "Fedora and RHEL: kernel-modules-extra), then: modprobe %s",
			missing->release, missing->module);
	case GCLK_DRIVER_NO_MODULES:
		if (missing->config_gz)
			return g_strdup_printf(
				"boot a kernel built with %s=y, or install the modules of this one "
				"if it has them: zgrep %s /proc/config.gz",
				missing->config, missing->config);
		return g_strdup_printf("boot a kernel built with %s=y, or install the modules of "
				       "this one (/lib/modules/%s)",
			missing->config, missing->release);
	case GCLK_DRIVER_NOT_BUILT:
	case GCLK_DRIVER_UNKNOWN:
		break;
	}
	return g_strdup_printf("run a kernel that was built with %s", missing->config);
}
