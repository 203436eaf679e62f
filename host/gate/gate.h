/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate: from need and verdict to what is done with a VM that is about to be powered on, and
 * what is said about it. Pure; the hooks' front ends differ only in how they are asked and how they
 * answer.
 */
#ifndef GUESTCLOCK_GATE_H
#define GUESTCLOCK_GATE_H

#include "config.h"
#include "gate/verdict.h"

typedef enum {
	GCLK_GATE_ALLOW,  /* and nothing is said */
	GCLK_GATE_WARN,   /* allowed, though the need is not met, or that cannot be told */
	GCLK_GATE_REFUSE, /* do not power it on */
} GclkGateAction;

/* "allow", "warn", "refuse" */
const char *gclk_gate_action_name(GclkGateAction action);

typedef struct {
	GclkGateAction action;
	gboolean overridden; /* it would have been refused, but the gate is switched off */
	char *message;       /* at most two lines that begin with "guestclock:"; NULL with ALLOW */
} GclkGateDecision;

/*
 * vm: its name. need_error: why the need cannot be told, or NULL; need and verdict are then not
 * looked at. switched_off: who switched the gate off, or NULL: it is on.
 */
void gclk_gate_decide(const char *vm, const GclkNeed *need, const GError *need_error,
	const GclkVerdict *verdict, GclkOnUnknown on_unknown, const char *switched_off,
	GclkGateDecision *out);
void gclk_gate_decision_clear(GclkGateDecision *decision);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkGateDecision, gclk_gate_decision_clear)

#endif
