/* SPDX-License-Identifier: BSD-2-Clause */
/* May this VM be powered on here? Need against HostSync, three-valued: unknown is never yes. Pure.
 */
#ifndef GUESTCLOCK_VERDICT_H
#define GUESTCLOCK_VERDICT_H

#include "gate/need.h"
#include "sync/sync.h"

typedef enum {
	GCLK_VERDICT_COMPATIBLE,
	GCLK_VERDICT_INCOMPATIBLE,
	GCLK_VERDICT_UNKNOWN,
} GclkVerdictKind;

/* "compatible", "incompatible", "unknown" */
const char *gclk_verdict_name(GclkVerdictKind kind);

typedef struct {
	GclkVerdictKind kind;
	char *reason; /* a sentence: what the VM needs, what the host has, since when */
	char *remedy; /* or NULL */
} GclkVerdict;

void gclk_verdict_judge(const GclkNeed *need, const GclkHostSync *sync, GclkVerdict *out);
void gclk_verdict_clear(GclkVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkVerdict, gclk_verdict_clear)

#endif
