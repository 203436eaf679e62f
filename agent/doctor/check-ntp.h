/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the matter with the NTP servers, and how far the clock is from them. Pure: from what a
 * running guestclockd reports, or from one exchange with each server (ntp-round.h).
 */
#ifndef GUESTCLOCK_CHECK_NTP_H
#define GUESTCLOCK_CHECK_NTP_H

#include "guestclock/finding.h"
#include "report/status.h"

/* From here on (beyond its bound) an offset is worth a warning, or critical. */
#define GCLK_OFFSET_WARNING  (100 * GCLK_NS_PER_MS)
#define GCLK_OFFSET_CRITICAL GCLK_NS_PER_S

/* One server. */
typedef struct {
	char *name;    /* as configured */
	char *address; /* the one that was asked, or NULL */
	gboolean usable;
	gboolean answered;    /* not usable: it did answer */
	char *reason;         /* not usable: why, one sentence; else NULL */
	const char *advice;   /* not usable: what to do, static, or NULL */
	gboolean local_clock; /* it serves its own clock */
	gboolean measured;    /* offset and bound are set */
	gint64 offset; /* ns, server minus local clock; positive: the local clock is behind */
	gint64 bound;  /* ns or unknown */
} GclkNtpAnswer;

void gclk_ntp_answer_free(GclkNtpAnswer *answer);

typedef struct {
	const GPtrArray *answers; /* GclkNtpAnswer *, one a configured server */
	const char *servers_from; /* the file they were taken from, or NULL */
	const char *servers_note; /* what was left out, or NULL */
	const char *asker;        /* who has asked: "guestclockd", or NULL: we, just now */
	gboolean has_precision;   /* there is a precision clock: NTP is not all */
	const char *keeper;       /* the program that steers the clock now: "chronyd" ...; NULL */
	gboolean kept;            /* by it, and the kernel holds the clock for synchronised */
	gboolean foreign;         /* the clock is not ours: this is a container */
} GclkNtpView;

void gclk_check_ntp(const GclkNtpView *view, GPtrArray *findings);

/* The same from a fresh status, and what it says of the clock itself. view's answers are not used.
 */
void gclk_check_ntp_status(const GclkNtpView *view, const GclkStatus *status, GPtrArray *findings);

#endif
