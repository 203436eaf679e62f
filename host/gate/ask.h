/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM is about to be powered on: the whole way from its need to the decision, and to the record.
 */
#ifndef GUESTCLOCK_GATE_ASK_H
#define GUESTCLOCK_GATE_ASK_H

#include "gate/gate.h"

typedef struct {
	const char *vm;           /* its name */
	const char *uuid;         /* or NULL */
	GclkNeed need;            /* valid without need_error */
	const GError *need_error; /* why the need cannot be told, or NULL */
} GclkGateCase;

/* Asks the cache, else the daemons, judges, decides and records. A need that any host meets asks
   nobody. */
void gclk_gate_ask(const GclkGateCase *vm, const GclkHostConfig *config, GclkGateDecision *out);

#endif
