/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM is about to be powered on: the whole way from its need to the decision, and to the record.
 */
#ifndef GUESTCLOCK_GATE_ASK_H
#define GUESTCLOCK_GATE_ASK_H

#include "gate/gate.h"

typedef struct {
	const char *vm;            /* its name */
	char uuid[GCLK_UUID_TEXT]; /* or "" */
	GclkNeed need;             /* valid without need_error */
	const GError *need_error;  /* why the need cannot be told, or NULL */
} GclkGateCase;

typedef struct {
	GclkGateDecision decision;
	GclkHostSync *sync; /* NULL: nobody was asked */
	GclkVerdict verdict;
} GclkGateAnswer;

/* Asks the cache, else the daemons, judges and decides. A need that any host meets asks nobody. */
void gclk_gate_ask(const GclkGateCase *vm, const GclkHostConfig *config, GclkGateAnswer *out);
void gclk_gate_answer_clear(GclkGateAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkGateAnswer, gclk_gate_answer_clear)

/* Into the journal, unless it was simply allowed. This may take as long as the journal likes. */
void gclk_gate_record(const GclkGateCase *vm, const GclkGateAnswer *answer);

#endif
