/* SPDX-License-Identifier: BSD-2-Clause */
/* What the errors of a precision clock mean. */
#ifndef GUESTCLOCK_PTP_FAILURE_H
#define GUESTCLOCK_PTP_FAILURE_H

#include "source/source.h"

/* Counters of readings that gave no sample. */
typedef enum {
	GCLK_PTP_DROP_STALE,
	GCLK_PTP_DROP_IO,
	GCLK_PTP_DROP_TIMEOUT,
	GCLK_PTP_DROP_UNSUPPORTED,
	GCLK_PTP_DROP_GONE,
	GCLK_PTP_DROP_IMPLAUSIBLE,
	GCLK_PTP_DROP_BRACKET,
	GCLK_PTP_DROP_SCALE,
	GCLK_PTP_DROPS,
} GclkPtpDrop;

/* "stale" ...: the words of status.json. */
const char *gclk_ptp_drop_name(GclkPtpDrop drop);

typedef struct {
	gint error; /* errno of a read that no method could do better */
	GclkSourceCondition condition;
	GclkPtpDrop drop;
	const char *text; /* goes on after "/dev/ptp0 (hyperv) "; NULL: not in the table */
} GclkPtpFailure;

/* Never NULL. */
const GclkPtpFailure *gclk_ptp_failure(gint error);

/* Does this error of one method leave hope for the next? On KVM PRECISE gives ENODEV while the
   clocksource is not kvm-clock, which is also what a device that is gone gives to every method. */
gboolean gclk_ptp_method_missing(gint error);

/* Has the device no time at present, whichever way it is asked? */
gboolean gclk_ptp_no_time_now(gint error);

#endif
