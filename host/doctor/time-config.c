/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/time-config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync/chrony-config.h"
#include "sync/ptp4l-settings.h"
#include "sync/read-file.h"

#define FILES_MAX 64
#define LINES_MAX 4096
#define DEPTH_MAX 5 /* ntpd's own limit for includefile is this, too */
#define TEXT_MAX  (256 * 1024)

/* ntpd(8), ntp.org's and ntpsec's: the options that take a value. */
#define NTPD_OPTIONS "cDfiIjklpPrRstTuUvVwz"

static const char *const ntpd_files[] = { "/etc/ntpsec/ntp.conf", "/etc/ntp.conf", NULL };
static const char *const timesyncd_files[] = { "/etc/systemd/timesyncd.conf",
	"/usr/lib/systemd/timesyncd.conf", NULL };

typedef struct {
	GclkTimeConfig *config;
	guint files, depth; /* depth 0: files are not followed */
	gboolean in_time;   /* in the section [Time] of timesyncd.conf */
} Reader;

static void read_one(Reader *reader, const char *path);

static const struct {
	const char *name;
	const char *const *files; /* the usual ones; NULL: its own reader knows */
} daemons[] = {
	[GCLK_TIME_CHRONYD] = { "chronyd", NULL },
	[GCLK_TIME_NTPD] = { "ntpd", ntpd_files },
	[GCLK_TIME_TIMESYNCD] = { "systemd-timesyncd", timesyncd_files },
};

const char *gclk_time_daemon_name(GclkTimeDaemon daemon)
{
	return daemons[daemon].name;
}

static const char *usual_file(GclkTimeDaemon daemon)
{
	const char *const *files = daemons[daemon].files;

	for (gsize i = 0; files[i]; i++)
		if (g_file_test(files[i], G_FILE_TEST_EXISTS))
			return files[i];
	return files[0];
}

/* --- folders ---------------------------------------------------------------------------------- */

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of that suffix, by their names. A folder that is not there has none. */
static void read_folder(Reader *reader, const char *path, const char *suffix)
{
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (folder && names->len < FILES_MAX && (name = g_dir_read_name(folder)))
		if (g_str_has_suffix(name, suffix))
			g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		read_one(reader, names->pdata[i]);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Whatever includes another file is no line of its own. */
static gboolean follow(Reader *reader, const char *file, char *const *words)
{
	g_autofree char *folder = NULL;
	g_autofree char *path = NULL;

	if (reader->config->daemon != GCLK_TIME_NTPD || strcmp(words[0], "includefile") != 0)
		return FALSE;
	if (!words[1] || reader->depth == 0)
		return TRUE;
	folder = g_path_get_dirname(file);
	path = g_path_is_absolute(words[1]) ? g_strdup(words[1])
					    : g_build_filename(folder, words[1], NULL);
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		read_folder(reader, path, ".conf");
	else
		read_one(reader, path);
	return TRUE;
}

/* "NTP=a b" becomes the words NTP, a, b; lines of other sections become none. */
static void split_assignment(Reader *reader, char *text)
{
	char *equals = strchr(text, '=');

	if (*text == '[')
		reader->in_time = strcmp(text, "[Time]") == 0;
	if (*text == '[' || !reader->in_time || !equals)
		*text = '\0';
	else
		*equals = ' ';
}

static void take_line(Reader *reader, const char *file, guint number, char *text)
{
	const char *comments = reader->config->daemon == GCLK_TIME_CHRONYD ? "!;#%" : "#;";
	g_auto(GStrv) words = NULL;

	g_strstrip(text);
	if (*text && strchr(comments, *text))
		return;
	if (reader->config->daemon == GCLK_TIME_NTPD)
		text[strcspn(text, "#")] = '\0';
	if (reader->config->daemon == GCLK_TIME_TIMESYNCD)
		split_assignment(reader, text);
	words = gclk_config_words(text);
	if (!words[0] || reader->config->lines->len >= LINES_MAX || follow(reader, file, words))
		return;
	g_ptr_array_add(
		reader->config->lines, gclk_config_line_new(file, number, g_steal_pointer(&words)));
}

static void take_text(Reader *reader, const char *file, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);

	reader->in_time = FALSE;
	for (guint i = 0; lines[i]; i++)
		take_line(reader, file, i + 1, lines[i]);
}

static void read_one(Reader *reader, const char *path)
{
	g_autofree char *text = NULL;

	if (reader->files >= FILES_MAX || reader->depth > DEPTH_MAX)
		return;
	reader->files++;
	text = gclk_read_file(path, TEXT_MAX, NULL);
	if (!text) {
		g_ptr_array_add(reader->config->unreadable,
			g_strdup_printf("%s: %s", path, g_strerror(errno)));
		return;
	}
	reader->depth++;
	take_text(reader, path, text);
	reader->depth--;
}

/* --- each daemon ------------------------------------------------------------------------------ */

static GclkTimeConfig *new_config(GclkTimeDaemon daemon, const char *file)
{
	GclkTimeConfig *config = g_new0(GclkTimeConfig, 1);

	config->daemon = daemon;
	config->file = g_strdup(file);
	config->lines = gclk_config_lines_new();
	config->unreadable = g_ptr_array_new_with_free_func(g_free);
	return config;
}

/* Sources that come and go while chronyd runs (chrony.conf(5), sourcedir). */
static void read_source_folders(Reader *reader)
{
	const guint n = reader->config->lines->len;

	for (guint i = 0; i < n; i++) {
		const GclkConfigLine *line = reader->config->lines->pdata[i];

		for (char **folder = line->words + 1;
			*folder && gclk_config_line_is(line, "sourcedir"); folder++)
			read_folder(reader, *folder, ".sources");
	}
}

static void read_chrony(Reader *reader, const char *file, char *const *argv)
{
	GclkTimeConfig *config = reader->config;
	g_autoptr(GclkChronyConfig) chrony = gclk_chrony_config_read(file, argv);

	config->file = g_strdup(chrony->file ? chrony->file : "its command line");
	g_ptr_array_extend_and_steal(config->lines, g_ptr_array_ref(chrony->lines));
	g_ptr_array_extend_and_steal(config->unreadable, g_ptr_array_ref(chrony->unreadable));
	read_source_folders(reader);
}

static void read_usual(Reader *reader, const char *file)
{
	GclkTimeConfig *config = reader->config;

	config->file = g_strdup(file ? file : usual_file(config->daemon));
	read_one(reader, config->file);
}

/* ntpsec reads the folder ntp.d beside its usual file, too (ntp.conf(5)). */
static void read_ntpd(Reader *reader, const char *file, char *const *argv)
{
	g_autofree char *told = gclk_options_last((const char *const *)argv, NTPD_OPTIONS, "c");
	g_autofree char *folder = NULL;
	g_autofree char *more = NULL;

	read_usual(reader, file ? file : told);
	folder = g_path_get_dirname(reader->config->file);
	more = g_build_filename(folder, "ntp.d", NULL);
	read_folder(reader, more, ".conf");
	reader->config->ntpsec = strstr(reader->config->file, "ntpsec") != NULL;
}

static void read_timesyncd(Reader *reader, const char *file)
{
	static const char *const folders[] = { "/usr/lib/systemd/timesyncd.conf.d",
		"/run/systemd/timesyncd.conf.d", "/etc/systemd/timesyncd.conf.d" };

	read_usual(reader, file);
	for (gsize i = 0; !file && i < G_N_ELEMENTS(folders); i++)
		read_folder(reader, folders[i], ".conf");
}

GclkTimeConfig *gclk_time_config_read(GclkTimeDaemon daemon, const char *file, char *const *argv)
{
	Reader reader = { .config = new_config(daemon, NULL) };

	switch (daemon) {
	case GCLK_TIME_CHRONYD:
		read_chrony(&reader, file, argv);
		break;
	case GCLK_TIME_NTPD:
		read_ntpd(&reader, file, argv);
		break;
	case GCLK_TIME_TIMESYNCD:
		read_timesyncd(&reader, file);
		break;
	}
	return reader.config;
}

GclkTimeConfig *gclk_time_config_parse(
	GclkTimeDaemon daemon, const char *file, const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, MIN(length, TEXT_MAX));
	Reader reader = { .config = new_config(daemon, file) };

	take_text(&reader, file, copy);
	return reader.config;
}

void gclk_time_config_free(GclkTimeConfig *config)
{
	if (!config)
		return;
	g_free(config->file);
	g_ptr_array_unref(config->lines);
	g_ptr_array_unref(config->unreadable);
	g_free(config);
}

const GclkConfigLine *gclk_time_config_find(const GclkTimeConfig *config, const char *directive)
{
	for (guint i = config->lines->len; i-- > 0;)
		if (gclk_config_line_is(config->lines->pdata[i], directive))
			return config->lines->pdata[i];
	return NULL;
}
