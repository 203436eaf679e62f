/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record that an auditor reads of the gate: each refusal and each override. (Those of guests
 * that run are in guests/records.h.)
 */
#ifndef GUESTCLOCK_JOURNAL_H
#define GUESTCLOCK_JOURNAL_H

#include "gate/gate.h"

/* Message ids, as journalctl MESSAGE_ID= finds them. */
#define GCLK_JOURNAL_REFUSED    "6fd0b5b2b1c44c1e9a8d1c0e8a5f7a31"
#define GCLK_JOURNAL_OVERRIDDEN "c2a9f1d84e6b4b0fa6a3f0c65d0e9b12"
#define GCLK_JOURNAL_WARNED     "0b7e5a9d3c1f4d8e92b64a7c1d5e8f03"

/* uuid may be NULL; need and sync NULL: not known. */
void gclk_journal_decision(const char *vm, const char *uuid, const GclkNeed *need,
	const GclkHostSync *sync, const GclkVerdict *verdict, const GclkGateDecision *decision);

/*
 * For a decision that time takes (gate/budget.h): a socket that is connected to the journal and
 * never blocks, or -1; and the record in the journal's own form. Caller frees.
 */
int gclk_journal_connect(void);
char *gclk_journal_late_text(const char *vm, gboolean refused);

#endif
