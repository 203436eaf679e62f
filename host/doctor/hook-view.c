/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/hook-view.h"

#include <string.h>

#define INTERPRETER_MAX 256
#define START_FIELD     22

static void free_file(gpointer data)
{
	GclkHookFile *file = data;

	g_free(file->path);
	g_free(file->problem);
	g_free(file->interpreter);
	g_free(file->program);
	g_free(file);
}

static void free_daemon(gpointer data)
{
	GclkHookDaemon *daemon = data;

	g_free(daemon->name);
	g_free(daemon);
}

GclkHookView *gclk_hook_view_new(const char *folder)
{
	GclkHookView *view = g_new0(GclkHookView, 1);

	view->folder = g_strdup(folder);
	view->files = g_ptr_array_new_with_free_func(free_file);
	view->daemons = g_ptr_array_new_with_free_func(free_daemon);
	return view;
}

void gclk_hook_view_free(GclkHookView *view)
{
	if (!view)
		return;
	g_free(view->folder);
	g_free(view->problem);
	g_ptr_array_unref(view->files);
	g_ptr_array_unref(view->daemons);
	g_free(view);
}

GclkHookFile *gclk_hook_view_add_file(GclkHookView *view, const char *path)
{
	GclkHookFile *file = g_new0(GclkHookFile, 1);

	file->path = g_strdup(path);
	g_ptr_array_add(view->files, file);
	return file;
}

GclkHookDaemon *gclk_hook_view_add_daemon(GclkHookView *view, const char *name, gint64 pid)
{
	GclkHookDaemon *daemon = g_new0(GclkHookDaemon, 1);

	daemon->name = g_strdup(name);
	daemon->pid = pid;
	g_ptr_array_add(view->daemons, daemon);
	return daemon;
}

/* --- a script --------------------------------------------------------------------------------- */

static char *find_interpreter(const char *text)
{
	g_autofree char *line = NULL;

	if (!g_str_has_prefix(text, "#!"))
		return NULL;
	line = g_strndup(text + 2, MIN(strcspn(text + 2, "\n"), INTERPRETER_MAX));
	g_strstrip(line);
	line[strcspn(line, " \t")] = '\0';
	return *line ? g_steal_pointer(&line) : NULL;
}

static gboolean is_program(const char *word)
{
	return strcmp(word, "hostclock") == 0 || g_str_has_suffix(word, "/hostclock");
}

static char *find_program(char *const *lines)
{
	for (; *lines; lines++) {
		g_auto(GStrv) words = NULL;

		if (g_strchug(*lines)[0] == '#')
			continue;
		words = g_strsplit_set(*lines, " \t\r;&|()[]{}\"'`=<>,", -1);
		for (guint i = 0; words[i]; i++)
			if (is_program(words[i]))
				return g_strdup(words[i]);
	}
	return NULL;
}

void gclk_hook_file_take_text(GclkHookFile *file, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_free(file->interpreter);
	g_free(file->program);
	file->interpreter = find_interpreter(text);
	file->program = find_program(lines);
}

/* --- a process -------------------------------------------------------------------------------- */

gboolean gclk_stat_start(const char *stat, guint64 *ticks)
{
	/* the second field, a name in brackets, may hold blanks and brackets */
	const char *rest = strrchr(stat, ')');
	g_auto(GStrv) fields = NULL;

	if (!rest || rest[1] != ' ')
		return FALSE;
	fields = g_strsplit(rest + 2, " ", START_FIELD); /* begins with the third */
	if (g_strv_length(fields) <= START_FIELD - 3)
		return FALSE;
	fields[START_FIELD - 3][strcspn(fields[START_FIELD - 3], "\n")] = '\0';
	return g_ascii_string_to_unsigned(fields[START_FIELD - 3], 10, 0, G_MAXINT64, ticks, NULL);
}
