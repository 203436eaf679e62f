/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does what a plan says, and takes it back. Before anything is written, what was there goes to the
 * record of changes, in a directory beside the state directory that is root's alone; so a crash at
 * any moment leaves something that --undo can take back, and of several fixes the state before the
 * first is the one that is restored. What somebody else has changed since is left alone.
 */
#ifndef GUESTCLOCK_FIX_H
#define GUESTCLOCK_FIX_H

#include "doctor/fix-plan.h"
#include "guestclock/json-writer.h"

/* Runs a program (argv ended by NULL) and waits for it. *output gets what it printed, or NULL. */
typedef gboolean (*GclkFixRun)(
	gpointer user, const char *const *argv, char **output, GError **error);

typedef struct {
	const char *root;            /* "/", or the directory that stands for it */
	const char *state_directory; /* the daemon's, below root; with "-doctor": ours */
	gboolean live; /* root is that of the running system: settings change now, too */
	GclkOs os;
	GclkFixRun run; /* NULL: gclk_fix_run */
	gpointer user;
} GclkFixSystem;

gboolean gclk_fix_run(gpointer user, const char *const *argv, char **output, GError **error);

typedef enum {
	GCLK_OUTCOME_PLANNED,
	GCLK_OUTCOME_DONE,
	GCLK_OUTCOME_ALREADY, /* it was so */
	GCLK_OUTCOME_SKIPPED,
	GCLK_OUTCOME_FAILED,
	GCLK_OUTCOME_BY_HAND, /* advice */
	GCLK_OUTCOME_RESTORED,
	GCLK_OUTCOME_LEFT, /* not taken back: somebody changed it since */
} GclkOutcomeKind;

/* Stable words: "planned", "done" ... */
const char *gclk_outcome_name(GclkOutcomeKind kind);

typedef struct {
	GclkOutcomeKind kind;
	char *words;      /* what: "switch the clocksource to tsc now" */
	char *place;      /* path or name that it is about, or NULL */
	char *detail;     /* the line that is written; why it failed or was left; or NULL */
	const char *then; /* what is to be done by hand afterwards, static, or NULL */
} GclkOutcome;

/* Arrays of GclkOutcome *; free with g_ptr_array_unref. */

/* What apply would do: changes nothing. */
GPtrArray *gclk_fix_preview(const GclkFixSystem *system, const GPtrArray *plan, GError **error);
/* NULL with an error: nothing was changed (no permission, a damaged record, another doctor at
   work). Failures of single steps are outcomes. */
GPtrArray *gclk_fix_apply(const GclkFixSystem *system, const GPtrArray *plan, GError **error);
/* Empty: there was nothing to take back. */
GPtrArray *gclk_fix_undo(const GclkFixSystem *system, GError **error);

/* The places of the system; FALSE when root cannot be opened. */
gboolean gclk_fix_look(const GclkFixSystem *system, GclkFixPlaces *out, GError **error);

gboolean gclk_outcomes_failed(const GPtrArray *outcomes);

/* At most 80 columns; headline may be NULL. */
void gclk_outcomes_to_text(
	GString *out, const GPtrArray *outcomes, const char *headline, gboolean color);
/* An array of objects: outcome, what, place, detail, then. */
void gclk_outcomes_to_json(GclkJson *json, const char *key, const GPtrArray *outcomes);

#endif
