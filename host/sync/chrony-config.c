/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/chrony-config.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

#include "sync/read-file.h"

#define FILES_MAX 64
#define LINES_MAX 4096
#define DEPTH_MAX 10 /* chronyd's own limit for include */
#define TEXT_MAX  (256 * 1024)

/* chronyd(8): the options that take a value. */
#define OPTIONS_WITH_VALUE "fFlLPtu"

typedef struct {
	GclkChronyConfig *config;
	guint files;
	guint depth;
} Reader;

static void read_one(Reader *reader, const char *path);

/* --- include and confdir ---------------------------------------------------------------------- */

static void read_pattern(Reader *reader, const char *pattern)
{
	glob_t found;

	if (glob(pattern, GLOB_NOMAGIC, NULL, &found) != 0)
		return;
	for (gsize i = 0; i < found.gl_pathc; i++)
		read_one(reader, found.gl_pathv[i]);
	globfree(&found);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

/* All *.conf of the folders by their names; of two with the same name, the first folder's. */
static void read_folders(Reader *reader, char *const *folders)
{
	g_autoptr(GHashTable) paths =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree gpointer *names = NULL;
	guint n = 0;

	for (; *folders; folders++) {
		g_autoptr(GDir) folder = g_dir_open(*folders, 0, NULL);
		const char *name;

		while (folder && (name = g_dir_read_name(folder)) &&
			g_hash_table_size(paths) < FILES_MAX)
			if (g_str_has_suffix(name, ".conf") && !g_hash_table_contains(paths, name))
				g_hash_table_insert(paths, g_strdup(name),
					g_build_filename(*folders, name, NULL));
	}
	names = g_hash_table_get_keys_as_array(paths, &n);
	if (n > 0)
		qsort(names, n, sizeof(names[0]), by_name);
	for (guint i = 0; i < n; i++)
		read_one(reader, g_hash_table_lookup(paths, names[i]));
}

/* --- lines ------------------------------------------------------------------------------------ */

static void take_line(Reader *reader, const char *file, guint number, const char *text)
{
	g_auto(GStrv) words = gclk_config_words(text);

	if (!words[0] || strchr("!;#%", words[0][0]) || reader->config->lines->len >= LINES_MAX)
		return;
	if (g_ascii_strcasecmp(words[0], "include") == 0 && words[1]) {
		read_pattern(reader, words[1]);
		return;
	}
	if (g_ascii_strcasecmp(words[0], "confdir") == 0) {
		read_folders(reader, words + 1);
		return;
	}
	g_ptr_array_add(
		reader->config->lines, gclk_config_line_new(file, number, g_steal_pointer(&words)));
}

static void read_one(Reader *reader, const char *path)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (reader->files >= FILES_MAX || reader->depth >= DEPTH_MAX)
		return;
	reader->files++;
	text = gclk_read_file(path, TEXT_MAX, NULL);
	if (!text) {
		g_ptr_array_add(reader->config->unreadable,
			g_strdup_printf("%s: %s", path, g_strerror(errno)));
		return;
	}
	reader->depth++;
	lines = g_strsplit(text, "\n", LINES_MAX);
	for (guint i = 0; lines[i]; i++)
		take_line(reader, path, i + 1, lines[i]);
	reader->depth--;
}

/* --- the command line ------------------------------------------------------------------------- */

/* Where the arguments after the options begin; *file gets the value of -f. */
static char *const *skip_options(char *const *argv, const char **file)
{
	if (*argv)
		argv++;
	for (; *argv && (*argv)[0] == '-' && (*argv)[1]; argv++) {
		const char *letter = *argv + 1;

		while (*letter && !strchr(OPTIONS_WITH_VALUE, *letter))
			letter++;
		if (!*letter)
			continue;
		if (*letter == 'f')
			*file = letter[1] ? letter + 1 : argv[1];
		if (!letter[1] && argv[1])
			argv++;
	}
	return argv;
}

static const char *usual_file(void)
{
	static const char *const usual[] = { "/etc/chrony/chrony.conf", "/etc/chrony.conf" };

	for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
		if (g_file_test(usual[i], G_FILE_TEST_EXISTS))
			return usual[i];
	return usual[0];
}

GclkChronyConfig *gclk_chrony_config_read(const char *file, char *const *argv)
{
	GclkChronyConfig *config = g_new0(GclkChronyConfig, 1);
	Reader reader = { .config = config };
	const char *told = NULL;
	char *const *directives = skip_options(argv, &told);

	config->lines = gclk_config_lines_new();
	config->unreadable = g_ptr_array_new_with_free_func(g_free);
	if (!file && *directives) {
		for (guint i = 0; directives[i]; i++)
			take_line(&reader, "", i + 1, directives[i]);
		return config;
	}
	if (!file)
		file = told ? told : usual_file();
	config->file = g_strdup(file);
	read_one(&reader, file);
	return config;
}

void gclk_chrony_config_free(GclkChronyConfig *config)
{
	if (!config)
		return;
	g_free(config->file);
	g_ptr_array_unref(config->lines);
	g_ptr_array_unref(config->unreadable);
	g_free(config);
}

gboolean gclk_chrony_line_is(const GclkChronyLine *line, const char *directive)
{
	return gclk_config_line_is(line, directive);
}

const char *gclk_chrony_config_value(const GclkChronyConfig *config, const char *directive)
{
	const char *value = NULL;

	for (guint i = 0; i < config->lines->len; i++) {
		const GclkChronyLine *line = config->lines->pdata[i];

		if (gclk_chrony_line_is(line, directive) && line->words[1])
			value = line->words[1];
	}
	return value;
}
