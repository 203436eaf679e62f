/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody should know beside the decision. Inside of sync.c; pure. */
#ifndef GUESTCLOCK_SYNC_FINDINGS_H
#define GUESTCLOCK_SYNC_FINDINGS_H

#include "sync/sync-claim.h"

/* Adds to sync->findings, the gravest first. claims: GclkClaim *. */
void gclk_sync_find(GclkHostSync *sync, const GPtrArray *reports, const GPtrArray *claims,
	const GclkKernelClock *kernel);

/* Adds what every report says, each line with the daemon in front, to sync->evidence: the two
   proofs of all of them first, then what was asked and answered. */
void gclk_sync_keep_evidence(GclkHostSync *sync, const GPtrArray *reports, const GPtrArray *claims,
	const GclkKernelClock *kernel);

#endif
