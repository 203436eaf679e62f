/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking back what --fix has changed. */
#include <string.h>

#include "doctor/fix-private.h"

#define CHANGED "it has been changed since: compare it, and mend it by hand"

static void tell(GclkFixWork *work, GclkOutcomeKind kind, const char *words,
	const GclkChange *change, const char *detail, const char *then)
{
	GclkOutcome *outcome = gclk_outcome_add(work->outcomes, kind, words, change->place);

	outcome->detail = g_strdup(detail);
	outcome->then = then;
}

static const char *words_of(const GclkChange *change)
{
	switch (change->kind) {
	case GCLK_CHANGE_FILE:
		return change->existed ? "put the file back as it was" : "remove the file";
	case GCLK_CHANGE_DIRECTORY:
		return "remove the directory";
	case GCLK_CHANGE_SETTING:
	case GCLK_CHANGE_SYSCTL:
		break;
	}
	return "set back to what it was";
}

/* Each of the following: TRUE when the change is over and done with, and can be forgotten. */

static gboolean fail(GclkFixWork *work, const GclkChange *change, GError *error)
{
	tell(work, GCLK_OUTCOME_FAILED, words_of(change), change, error->message, NULL);
	g_error_free(error);
	return FALSE;
}

static gboolean undo_file(GclkFixWork *work, const GclkChange *change)
{
	g_auto(GclkFixFile) now = { 0 };
	const GclkFixFile before = { TRUE, change->before, change->length, change->mode,
		change->uid, change->gid };
	GError *error = NULL;

	if (!gclk_fix_file_read(work->root, change->place, GCLK_FIX_FILE_MAX, &now, &error))
		return fail(work, change, error);
	if (gclk_change_was_before(change, now.text, now.length)) {
		tell(work, GCLK_OUTCOME_ALREADY, words_of(change), change, NULL, NULL);
		return TRUE;
	}
	/* a file of ours that somebody removed is a decision, too */
	if (!now.exists || !gclk_change_is_ours(change, now.text, now.length)) {
		tell(work, GCLK_OUTCOME_LEFT, words_of(change), change, CHANGED, NULL);
		return FALSE;
	}
	if (change->existed ? !gclk_fix_file_write(work->root, change->place, &before, &error)
			    : !gclk_fix_file_remove(work->root, change->place, &error))
		return fail(work, change, error);
	tell(work, GCLK_OUTCOME_RESTORED, words_of(change), change, NULL,
		gclk_fix_then(change->place));
	return TRUE;
}

static gboolean undo_value(GclkFixWork *work, const GclkChange *change)
{
	GError *error = NULL;
	g_autofree char *now = NULL;
	g_autofree char *words = g_strdup_printf("set back to %s", change->before);

	if (!work->system->live) {
		tell(work, GCLK_OUTCOME_SKIPPED, words, change, "this is not the running system",
			NULL);
		return FALSE;
	}
	now = gclk_fix_value_read(work, change->kind, change->place, &error);
	if (!now)
		return fail(work, change, error);
	if (strcmp(now, change->before) == 0) {
		tell(work, GCLK_OUTCOME_ALREADY, words, change, NULL, NULL);
		return TRUE;
	}
	if (!gclk_change_is_ours(change, now, strlen(now))) {
		g_autofree char *detail =
			g_strdup_printf("it has been changed since: it is \"%s\" now", now);

		tell(work, GCLK_OUTCOME_LEFT, words, change, detail, NULL);
		return TRUE;
	}
	if (!gclk_fix_value_write(work, change->kind, change->place, change->before, &error))
		return fail(work, change, error);
	tell(work, GCLK_OUTCOME_RESTORED, words, change, NULL, NULL);
	return TRUE;
}

static gboolean undo_change(GclkFixWork *work, const GclkChange *change)
{
	switch (change->kind) {
	case GCLK_CHANGE_FILE:
		return undo_file(work, change);
	case GCLK_CHANGE_DIRECTORY:
		gclk_fix_directory_remove(work->root, change->place);
		return TRUE;
	case GCLK_CHANGE_SETTING:
	case GCLK_CHANGE_SYSCTL:
		break;
	}
	return undo_value(work, change);
}

GPtrArray *gclk_fix_undo(const GclkFixSystem *system, GError **error)
{
	g_auto(GclkFixWork) work = { 0 };

	if (!gclk_fix_work_open(&work, system, FALSE, error))
		return NULL;
	/* backwards: a directory was noted before the files in it */
	for (guint i = work.record->changes->len; i-- > 0;)
		if (undo_change(&work, work.record->changes->pdata[i]))
			g_ptr_array_remove_index(work.record->changes, i);
	return gclk_fix_work_save(&work, error) ? g_steal_pointer(&work.outcomes) : NULL;
}
