/* SPDX-License-Identifier: BSD-2-Clause */
/* The record on the disk and the lock on it, and the present values of the kernel's settings. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/fix-private.h"

#define DIRECTORY_ENDING "-doctor"
#define RECORD           "/undo"

/* --- opening ---------------------------------------------------------------------------------- */

static int open_root(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s",
			path, g_strerror(errno));
	return fd;
}

/*
 * Beside the state directory, not in it: that one belongs to the daemon's user, who must not be
 * able to slip us a record, since what it says is written as root.
 *
 * Of the running system the way there may lead over links (/var on another disk): it is the
 * administrator who made them. In an image nothing is followed.
 */
static char *record_directory(const GclkFixSystem *system)
{
	g_autofree char *state = g_strdup(system->state_directory);
	g_autofree char *parent = NULL;
	g_autofree char *name = NULL;
	char *real = NULL, *path;

	while (strlen(state) > 1 && g_str_has_suffix(state, "/"))
		state[strlen(state) - 1] = '\0';
	parent = g_path_get_dirname(state);
	name = g_path_get_basename(state);
	if (strcmp(system->root, "/") == 0)
		real = realpath(parent, NULL);
	path = g_strdup_printf("%s/%s" DIRECTORY_ENDING, real ? real : parent, name);
	free(real);
	return path;
}

/* With the directories on the way. */
static gboolean make_directories(int root, const char *path, GError **error)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *part = g_strndup(path, (gsize)(slash - path));

		if (!gclk_fix_exists(root, part) &&
			!gclk_fix_directory_make(root, part, 0755, error))
			return FALSE;
	}
	return gclk_fix_directory_make(root, path, 0700, error);
}

/* Should the directory lie where others write, it is not believed. */
static gboolean is_ours_alone(int fd, const char *path, GError **error)
{
	struct stat facts;

	if (fstat(fd, &facts) == 0 && facts.st_uid == geteuid() && (facts.st_mode & 022) == 0)
		return TRUE;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
		"%s does not belong to this user alone, so what it says is not trusted; look into "
		"it, and remove it",
		path);
	return FALSE;
}

static gboolean lock(int fd, const char *path, GError **error)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return TRUE;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
		errno == EWOULDBLOCK ? "%s: another guestclock doctor is at work" : "%s: no lock",
		path);
	return FALSE;
}

static gboolean read_record(GclkFixWork *work, const char *path, GError **error)
{
	g_auto(GclkFixFile) file = { 0 };

	if (!gclk_fix_file_read(work->directory, RECORD, GCLK_FIX_RECORD_MAX, &file, error)) {
		g_prefix_error(error, "%s", path);
		return FALSE;
	}
	if (file.exists && (file.uid != geteuid() || (file.mode & 022) != 0)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
			"%s" RECORD " can be written by others, so what it says is not trusted",
			path);
		return FALSE;
	}
	g_clear_pointer(&work->record, gclk_fix_record_free);
	work->record = file.exists ? gclk_fix_record_parse(file.text, file.length, error)
				   : gclk_fix_record_new();
	if (!work->record)
		g_prefix_error(error,
			"%s" RECORD " is damaged (look into it: it names what was changed, and "
			"holds in Base64 what was there before): ",
			path);
	return work->record != NULL;
}

static gboolean open_record(GclkFixWork *work, gboolean make, GError **error)
{
	g_autofree char *path = record_directory(work->system);

	if (!gclk_fix_exists(work->root, path)) {
		work->record = gclk_fix_record_new();
		if (!make)
			return TRUE;
		if (!make_directories(work->root, path, error))
			return FALSE;
	}
	work->directory = gclk_fix_directory_open(work->root, path, error);
	return work->directory >= 0 && is_ours_alone(work->directory, path, error) &&
	       lock(work->directory, path, error) && read_record(work, path, error);
}

gboolean gclk_fix_work_look(GclkFixWork *work, const GclkFixSystem *system, GError **error)
{
	*work = (GclkFixWork){ .system = system, .directory = -1 };
	work->outcomes = gclk_outcomes_new();
	work->root = open_root(system->root, error);
	return work->root >= 0;
}

gboolean gclk_fix_work_open(
	GclkFixWork *work, const GclkFixSystem *system, gboolean make, GError **error)
{
	return gclk_fix_work_look(work, system, error) && open_record(work, make, error);
}

void gclk_fix_work_clear(GclkFixWork *work)
{
	if (!work->system)
		return;
	if (work->directory >= 0)
		close(work->directory);
	if (work->root >= 0)
		close(work->root);
	g_clear_pointer(&work->record, gclk_fix_record_free);
	g_clear_pointer(&work->outcomes, g_ptr_array_unref);
	work->system = NULL;
}

gboolean gclk_fix_work_save(GclkFixWork *work, GError **error)
{
	GclkFixFile file = { .exists = TRUE, .mode = 0600, .uid = geteuid(), .gid = getegid() };
	gboolean saved;

	if (work->directory < 0)
		return TRUE;
	if (work->record->changes->len == 0)
		return gclk_fix_file_remove(work->directory, RECORD, error);
	file.text = gclk_fix_record_format(work->record, &file.length);
	saved = gclk_fix_file_write(work->directory, RECORD, &file, error);
	gclk_fix_file_clear(&file);
	return saved;
}

/* --- settings --------------------------------------------------------------------------------- */

/* Not the caller's: cron's lacks the directories of administrators, and root runs what is found. */
#define SEARCH_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

gboolean gclk_fix_run(gpointer user, const char *const *argv, char **output, GError **error)
{
	g_autofree char *complaint = NULL;
	g_autofree char *printed = NULL;
	g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "PATH", SEARCH_PATH, TRUE);
	gint status = 0;

	(void)user;
	environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
	if (!g_spawn_sync(NULL, (char **)argv, environment, G_SPAWN_SEARCH_PATH_FROM_ENVP, NULL,
		    NULL, &printed, &complaint, &status, error))
		return FALSE;
	if (status != 0) {
		g_strstrip(complaint);
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "%s",
			*complaint ? complaint : "it failed without a word");
		return FALSE;
	}
	if (output)
		*output = g_strstrip(g_steal_pointer(&printed));
	return TRUE;
}

static gboolean run(const GclkFixWork *work, const char *const *argv, char **output, GError **error)
{
	GclkFixRun function = work->system->run ? work->system->run : gclk_fix_run;

	return function(work->system->user, argv, output, error);
}

char *gclk_fix_value_read(
	const GclkFixWork *work, GclkChangeKind kind, const char *place, GError **error)
{
	const char *argv[] = { "sysctl", "-n", place, NULL };
	char *value = NULL;

	if (kind == GCLK_CHANGE_SETTING)
		return gclk_fix_setting_read(work->root, place, error);
	return run(work, argv, &value, error) ? value : NULL;
}

gboolean gclk_fix_value_write(const GclkFixWork *work, GclkChangeKind kind, const char *place,
	const char *value, GError **error)
{
	g_autofree char *assignment = g_strdup_printf("%s=%s", place, value);
	const char *argv[] = { "sysctl", assignment, NULL };
	gboolean written = kind == GCLK_CHANGE_SETTING
				   ? gclk_fix_setting_write(work->root, place, value, error)
				   : run(work, argv, NULL, error);
	g_autofree char *now = written ? gclk_fix_value_read(work, kind, place, error) : NULL;

	if (!now || strcmp(now, value) == 0)
		return now != NULL;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		"the kernel kept \"%s\" there, without an error", now);
	return FALSE;
}
