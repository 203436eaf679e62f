/* SPDX-License-Identifier: BSD-2-Clause */
/* Why the driver of something that the host offers does not serve here, and what brings it. */
#ifndef GUESTCLOCK_MISSING_DRIVER_H
#define GUESTCLOCK_MISSING_DRIVER_H

#include "detect/kernel-config.h"
#include "detect/offers.h"
#include "doctor/survey.h"

typedef struct {
	const GclkOffer *offer;
	const char *module, *config;
	const char *release; /* of the kernel, borrowed, or NULL */
	GclkDriverState state;
	char *evidence;     /* of that, or NULL */
	gboolean too_old;   /* the kernel is older than the driver, and has not got it otherwise */
	gboolean config_gz; /* the kernel tells its configuration, compressed */
} GclkMissingDriver;

/* The offer has a driver (gclk_offer_driver). */
GclkMissingDriver gclk_missing_driver(const GclkSurvey *survey, const GclkOffer *offer);
void gclk_missing_driver_clear(GclkMissingDriver *missing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkMissingDriver, gclk_missing_driver_clear)

/* Half a sentence: "the module ptp_kvm is not loaded". Caller frees. */
char *gclk_missing_driver_why(const GclkMissingDriver *missing);
/* What to do, with the commands. Caller frees. */
char *gclk_missing_driver_remedy(const GclkMissingDriver *missing);

#endif
