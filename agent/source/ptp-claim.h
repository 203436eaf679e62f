/* SPDX-License-Identifier: BSD-2-Clause */
/* What a precision clock states beside its time: error bound, scale, leap second, whether it is any
   good. */
#ifndef GUESTCLOCK_PTP_CLAIM_H
#define GUESTCLOCK_PTP_CLAIM_H

#include "source/ptp-scan.h"
#include "source/vmclock.h"

typedef struct {
	gboolean has_page; /* the device has a vmclock page, and it may be read */
	GclkVmclock page;
	gint64 renew; /* boottime from which the page is read anew; 0: not read yet */
} GclkPtpClaim;

/* Reads the page of a vmclock, now and then (now: boottime). Other clocks have none. */
void gclk_ptp_claim_renew(
	GclkPtpClaim *claim, GclkPlatform *platform, const GclkPtpDevice *device, gint64 now);

/* Must only the rate of the clock be used? The host does not know the time any more. */
gboolean gclk_ptp_claim_rate_only(const GclkPtpClaim *claim);

/* What is odd about a clock that may be used; static, or NULL. */
const char *gclk_ptp_claim_note(const GclkPtpClaim *claim);

/* Why the time must not be used, to go on after the device's name, or NULL. */
const char *gclk_ptp_claim_refusal(const GclkPtpClaim *claim);

/* The bound that is stated for utc (ns since 1970), or unknown. tai_offset: TAI minus UTC, s. */
gint64 gclk_ptp_claim_bound(const GclkPtpClaim *claim, GclkPlatform *platform,
	const GclkPtpDevice *device, gint64 utc, gint tai_offset);

#endif
