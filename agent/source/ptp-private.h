/* SPDX-License-Identifier: BSD-2-Clause */
/* The precision source's insides, shared by ptp.c (what is measured) and ptp-open.c (by what). */
#ifndef GUESTCLOCK_PTP_PRIVATE_H
#define GUESTCLOCK_PTP_PRIVATE_H

#include "guestclock/ptp-reading.h"
#include "source/ptp-claim.h"
#include "source/ptp-failure.h"
#include "source/ptp-scan.h"
#include "source/ptp.h"

/* A better method may appear when the clocksource changes: PRECISE on KVM needs kvm-clock. */
#define GCLK_PTP_METHOD_RETRY (600 * GCLK_NS_PER_S)

typedef struct {
	GclkSource base;
	char *device; /* as configured, or NULL */
	GclkPtpSettings settings;

	GclkPtp *ptp;            /* NULL: being looked for */
	GclkPtpDevice found;     /* what ptp is, or was */
	gboolean known;          /* found.clock_name has been seen */
	GclkTimescale timescale; /* what the driver delivers, or what is configured */
	GclkPtpMethod method;
	gboolean method_works; /* method has given readings since the device was opened */
	gint64 method_retry;   /* boottime */

	GclkPtpClaim claim;

	guint timer;
	guint burst;  /* reads left in a burst */
	guint failed; /* polls in a row without a sample */
	gint64 look;  /* wait before the next look for the device, ns */
	GclkSourceDrop drops[GCLK_PTP_DROPS];
} GclkPtpSource;

/* Sets the condition; text goes on after the device's path and name. */
void gclk_ptp_set_failure(GclkPtpSource *self, GclkSourceCondition condition, const char *text);

/* Finds the device and opens it. FALSE: the condition says why not. */
gboolean gclk_ptp_open_device(GclkPtpSource *self);
void gclk_ptp_close_device(GclkPtpSource *self);

/* Whose clock the device that was found is. */
void gclk_ptp_set_origin(GclkPtpSource *self);

#endif
