/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>

#include "doctor/fix-private.h"

/* --- before a write --------------------------------------------------------------------------- */

static GclkOutcome *add_action(GclkFixWork *work, GclkOutcomeKind kind, const GclkAction *action)
{
	GclkOutcome *outcome = gclk_outcome_add(work->outcomes, kind, action->words, action->place);

	if (action->kind == GCLK_ACTION_FILE)
		outcome->detail = g_strdup_printf("line: %s", action->text);
	outcome->then = action->then;
	return outcome;
}

/* Always FALSE: the step failed. Takes over error. */
static gboolean fail(GclkFixWork *work, const GclkAction *action, GError *error)
{
	GclkOutcome *outcome =
		gclk_outcome_add(work->outcomes, GCLK_OUTCOME_FAILED, action->words, action->place);

	outcome->detail = g_strdup(error->message);
	g_error_free(error);
	return FALSE;
}

/* The record's change of this place; NULL: none, or somebody has changed it since, whose work is
   what shall be restored. */
static GclkChange *find_change(
	GclkFixWork *work, GclkChangeKind kind, const char *place, const GclkFixFile *before)
{
	GclkChange *change = gclk_fix_record_find(work->record, kind, place);

	if (!change || gclk_change_was_before(change, before->text, before->length) ||
		(before->text && gclk_change_is_ours(change, before->text, before->length)))
		return change;
	gclk_fix_record_forget(work->record, change);
	return NULL;
}

/* What is there goes to the record, unless an earlier state of it is there, and the record to the
   disk. */
static gboolean remember(GclkFixWork *work, GclkChangeKind kind, const char *place,
	const GclkFixFile *before, const GclkFixFile *after, GError **error)
{
	GclkChange *change = find_change(work, kind, place, before);

	if (!change) {
		change = gclk_fix_record_add(
			work->record, kind, place, before->text, before->length);
		change->mode = before->mode;
		change->uid = before->uid;
		change->gid = before->gid;
	}
	if (after)
		gclk_change_will_write(change, after->text, after->length);
	return gclk_fix_work_save(work, error);
}

/* --- doing ------------------------------------------------------------------------------------ */

static gboolean make_parent(GclkFixWork *work, const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);
	const GclkFixFile nothing = { 0 };

	if (gclk_fix_exists(work->root, parent))
		return TRUE;
	return remember(work, GCLK_CHANGE_DIRECTORY, parent, &nothing, NULL, error) &&
	       gclk_fix_directory_make(work->root, parent, 0755, error);
}

static gboolean write_line(GclkFixWork *work, const GclkAction *action)
{
	g_auto(GclkFixFile) before = { 0 };
	g_autofree char *text = NULL;
	GclkFixFile after = { .exists = TRUE, .mode = 0644, .uid = geteuid(), .gid = getegid() };
	GError *error = NULL;

	if (!gclk_fix_file_read(work->root, action->place, GCLK_FIX_FILE_MAX, &before, &error))
		return fail(work, action, error);
	text = gclk_fix_merge(action, before.text);
	if (!text) {
		add_action(work, GCLK_OUTCOME_ALREADY, action);
		return TRUE;
	}
	if (before.exists)
		after = before;
	after.text = text;
	after.length = strlen(text);
	if (!make_parent(work, action->place, &error) ||
		!remember(work, GCLK_CHANGE_FILE, action->place, &before, &after, &error) ||
		!gclk_fix_file_write(work->root, action->place, &after, &error))
		return fail(work, action, error);
	add_action(work, GCLK_OUTCOME_DONE, action);
	return TRUE;
}

static gboolean set_value(GclkFixWork *work, const GclkAction *action)
{
	GclkChangeKind kind =
		action->kind == GCLK_ACTION_SETTING ? GCLK_CHANGE_SETTING : GCLK_CHANGE_SYSCTL;
	GError *error = NULL;
	g_autofree char *now = gclk_fix_value_read(work, kind, action->place, &error);
	GclkFixFile before = { .exists = TRUE, .text = now };
	GclkFixFile after = { .exists = TRUE, .text = action->text };

	if (!now)
		return fail(work, action, error);
	if (strcmp(now, action->text) == 0) {
		add_action(work, GCLK_OUTCOME_ALREADY, action);
		return TRUE;
	}
	before.length = strlen(now);
	after.length = strlen(action->text);
	if (!remember(work, kind, action->place, &before, &after, &error) ||
		!gclk_fix_value_write(work, kind, action->place, action->text, &error))
		return fail(work, action, error);
	add_action(work, GCLK_OUTCOME_DONE, action);
	return TRUE;
}

/* Linux shows them so, with underlines; built-in ones may be missing, which modprobe knows. */
static gboolean is_loaded(const GclkFixWork *work, const char *module)
{
	g_autofree char *path = g_strconcat("/sys/module/", module, NULL);

	g_strdelimit(path, "-", '_');
	return gclk_fix_exists(work->root, path);
}

static gboolean load_module(GclkFixWork *work, const GclkAction *action)
{
	const char *argv[] = { work->system->os == GCLK_OS_FREEBSD ? "kldload" : "modprobe",
		work->system->os == GCLK_OS_FREEBSD ? "-n" : "--", action->place, NULL };
	GclkFixRun run = work->system->run ? work->system->run : gclk_fix_run;
	GError *error = NULL;

	if (is_loaded(work, action->place)) {
		add_action(work, GCLK_OUTCOME_ALREADY, action);
		return TRUE;
	}
	if (!run(work->system->user, argv, NULL, &error))
		return fail(work, action, error);
	add_action(work, GCLK_OUTCOME_DONE, action);
	return TRUE;
}

static gboolean skip(GclkFixWork *work, const GclkAction *action, const char *why)
{
	GclkOutcome *outcome = gclk_outcome_add(
		work->outcomes, GCLK_OUTCOME_SKIPPED, action->words, action->place);

	outcome->detail = g_strdup(why);
	return TRUE;
}

#define NOT_LIVE "this is not the running system: it will be so after its next boot"

/* FALSE: it failed, and what follows from it is not done. */
static gboolean act(GclkFixWork *work, const GclkAction *action)
{
	if (action->kind == GCLK_ACTION_ADVICE) {
		add_action(work, GCLK_OUTCOME_BY_HAND, action);
		return TRUE;
	}
	if (action->kind == GCLK_ACTION_FILE)
		return write_line(work, action);
	if (!work->system->live)
		return skip(work, action, NOT_LIVE);
	return action->kind == GCLK_ACTION_LOAD ? load_module(work, action)
						: set_value(work, action);
}

/* Is there anything in it besides advice? */
static gboolean may_change(const GclkFixSystem *system, const GPtrArray *plan)
{
	for (guint i = 0; i < plan->len; i++) {
		const GclkAction *action = plan->pdata[i];

		if (action->kind == GCLK_ACTION_FILE ||
			(action->kind != GCLK_ACTION_ADVICE && system->live))
			return TRUE;
	}
	return FALSE;
}

GPtrArray *gclk_fix_apply(const GclkFixSystem *system, const GPtrArray *plan, GError **error)
{
	g_auto(GclkFixWork) work = { 0 };
	gboolean good = TRUE;

	if (!gclk_fix_work_open(&work, system, may_change(system, plan), error))
		return NULL;
	for (guint i = 0; i < plan->len; i++) {
		const GclkAction *action = plan->pdata[i];

		if (action->follows && !good)
			skip(&work, action, "the step before it failed");
		else
			good = act(&work, action);
	}
	return g_steal_pointer(&work.outcomes);
}

/* --- looking ahead ---------------------------------------------------------------------------- */

static gboolean is_so(const GclkFixWork *work, const GclkAction *action)
{
	GclkChangeKind kind =
		action->kind == GCLK_ACTION_SETTING ? GCLK_CHANGE_SETTING : GCLK_CHANGE_SYSCTL;
	g_auto(GclkFixFile) file = { 0 };
	g_autofree char *text = NULL;

	if (action->kind == GCLK_ACTION_LOAD)
		return is_loaded(work, action->place);
	if (action->kind != GCLK_ACTION_FILE) {
		text = gclk_fix_value_read(work, kind, action->place, NULL);
		return g_strcmp0(text, action->text) == 0;
	}
	if (!gclk_fix_file_read(work->root, action->place, GCLK_FIX_FILE_MAX, &file, NULL))
		return FALSE;
	text = gclk_fix_merge(action, file.text);
	return text == NULL;
}

GPtrArray *gclk_fix_preview(const GclkFixSystem *system, const GPtrArray *plan, GError **error)
{
	g_auto(GclkFixWork) work = { 0 };

	if (!gclk_fix_work_look(&work, system, error))
		return NULL;
	for (guint i = 0; i < plan->len; i++) {
		const GclkAction *action = plan->pdata[i];

		if (action->kind == GCLK_ACTION_ADVICE)
			add_action(&work, GCLK_OUTCOME_BY_HAND, action);
		else if (action->kind != GCLK_ACTION_FILE && !system->live)
			skip(&work, action, NOT_LIVE);
		else
			add_action(&work,
				is_so(&work, action) ? GCLK_OUTCOME_ALREADY : GCLK_OUTCOME_PLANNED,
				action);
	}
	return g_steal_pointer(&work.outcomes);
}

gboolean gclk_fix_look(const GclkFixSystem *system, GclkFixPlaces *out, GError **error)
{
	g_auto(GclkFixWork) work = { 0 };

	if (!gclk_fix_work_look(&work, system, error))
		return FALSE;
	gclk_fix_places_find(work.root, system->os, out);
	return TRUE;
}
