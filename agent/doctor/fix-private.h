/* SPDX-License-Identifier: BSD-2-Clause */
/* What doing and taking back share: the opened system with its record of changes. */
#ifndef GUESTCLOCK_FIX_PRIVATE_H
#define GUESTCLOCK_FIX_PRIVATE_H

#include "doctor/fix-files.h"
#include "doctor/fix.h"

typedef struct {
	const GclkFixSystem *system;
	int root;      /* descriptors, -1: not open */
	int directory; /* of the record; locked */
	GclkFixRecord *record;
	GPtrArray *outcomes;
} GclkFixWork;

/* Opens root, and the record when there is one; make: makes its directory. FALSE with an error. */
gboolean gclk_fix_work_open(
	GclkFixWork *work, const GclkFixSystem *system, gboolean make, GError **error);
/* Opens root alone. */
gboolean gclk_fix_work_look(GclkFixWork *work, const GclkFixSystem *system, GError **error);
void gclk_fix_work_clear(GclkFixWork *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkFixWork, gclk_fix_work_clear)
/* Writes the record to the disk; an empty one is removed. */
gboolean gclk_fix_work_save(GclkFixWork *work, GError **error);

GclkOutcome *gclk_outcome_add(
	GPtrArray *outcomes, GclkOutcomeKind kind, const char *words, const char *place);
GPtrArray *gclk_outcomes_new(void);

/* The present value of a setting or a sysctl. Caller frees. */
char *gclk_fix_value_read(
	const GclkFixWork *work, GclkChangeKind kind, const char *place, GError **error);
/* Sets it and reads it back. */
gboolean gclk_fix_value_write(const GclkFixWork *work, GclkChangeKind kind, const char *place,
	const char *value, GError **error);

#endif
