/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Claims: each is one way in which this host's clock may be held, put together from the reports of
 * the daemons that it needs: ptp4l with phc2sys, chronyd alone. Inside of sync.c and its helpers.
 * Pure.
 */
#ifndef GUESTCLOCK_SYNC_CLAIM_H
#define GUESTCLOCK_SYNC_CLAIM_H

#include "sync/sync.h"

typedef struct {
	GclkProtocol protocol;         /* UNKNOWN: what is behind it cannot be told */
	const GclkDaemonReport *lock;  /* who follows the reference */
	const GclkDaemonReport *steer; /* who carries it to CLOCK_REALTIME; NULL: nobody */
	char *name;                    /* "ptp4l+phc2sys" */
	gboolean locked;               /* the first proof */
	GclkSteers steers;             /* the second */
	char *why_not_steers;          /* half a sentence; with steers other than YES */
	char *trouble; /* half a sentence: why it does not count although both proofs are there */
	char *remedy;  /* or NULL */
	gboolean has_offset;
	gint64 offset, bound; /* of the system clock */
	gint whole_seconds;   /* by which the system clock is off: a wrong count of leap seconds */
} GclkClaim;

/* All of them; GclkClaim *. Free with g_ptr_array_unref. */
GPtrArray *gclk_claims_make(const GPtrArray *reports, const GclkSyncPolicy *policy);

/* Both proofs are there, and nothing speaks against it. */
gboolean gclk_claim_proven(const GclkClaim *claim);
/* Both proofs are there. */
gboolean gclk_claim_holds(const GclkClaim *claim);

/* phc2sys -a lets go of the system clock when ptp4l has no master to follow: steer is one, and no
   claim of its has a ptp4l that follows one. */
gboolean gclk_claims_let_go(const GPtrArray *claims, const GclkDaemonReport *steer);

/* --- roles of reports ------------------------------------------------------------------------- */

gboolean gclk_report_is(const GclkDaemonReport *report, const char *daemon);
/* ptp4l, ptpd: follow a grandmaster, or are one. */
gboolean gclk_report_is_ptp(const GclkDaemonReport *report);
/* chronyd, ntpd ...: everything that is not of PTP. */
gboolean gclk_report_is_ntp(const GclkDaemonReport *report);

#endif
