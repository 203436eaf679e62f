/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock guests: every guest's clock, as it is seen from here and as it says itself. */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "guests/query.h"
#include "guests/report.h"

#define ASK_TIMEOUT_MS  5000
#define ROUND_US        (5 * G_USEC_PER_SEC) /* for a look of our own */
#define WATCH_S         2
#define WATCH_S_MAX     3600
#define SETTLE_CHECK_MS 20

typedef struct {
	const GclkHostOptions *options;
	char *path;  /* of the socket of hostclock serve */
	char *uri;   /* or NULL */
	guint watch; /* s; 0: once */
	const char *const *names;
	GclkHub *hub; /* of our own, when hostclock serve does not run; or NULL */
	gboolean terminal, interrupted, expired;
} Look;

static void look_clear(Look *look)
{
	gclk_hub_free(look->hub);
	g_free(look->path);
	g_free(look->uri);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

/* --- waiting ---------------------------------------------------------------------------------- */

static gboolean on_signal(gpointer user)
{
	Look *look = user;

	look->interrupted = TRUE;
	return G_SOURCE_CONTINUE;
}

static gboolean on_time(gpointer user)
{
	Look *look = user;

	look->expired = TRUE;
	return G_SOURCE_REMOVE;
}

/* Lets the loop run for so long, or until a signal ends it all. */
static void run_for(Look *look, guint ms)
{
	guint timer = g_timeout_add(ms, on_time, look);

	look->expired = FALSE;
	while (!look->expired && !look->interrupted)
		g_main_context_iteration(NULL, TRUE);
	if (!look->expired)
		g_source_remove(timer);
}

/* --- the table -------------------------------------------------------------------------------- */

static gboolean begin_round(Look *look, GError **error)
{
	const GclkHostConfig *config = look->options->config;
	const GclkHubSettings settings = {
		.uri = look->uri ? look->uri : config->connect,
		.interval = config->interval,
	};
	gint64 until = g_get_monotonic_time() + ROUND_US;

	look->hub = gclk_hub_new(NULL, config, &settings, error);
	if (!look->hub)
		return FALSE;
	while (!gclk_hub_settled(look->hub) && g_get_monotonic_time() < until && !look->interrupted)
		run_for(look, SETTLE_CHECK_MS);
	return TRUE;
}

/* From hostclock serve; where there is none, by a look of our own. */
static char *find_table(Look *look, GError **error)
{
	g_autoptr(GError) local = NULL;
	char *text;

	text = gclk_query_ask(look->path, ASK_TIMEOUT_MS, &local);
	if (text) {
		/* it has been started while we watched: the guests' channels are for it */
		g_clear_pointer(&look->hub, gclk_hub_free);
		return text;
	}
	if (g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return look->hub || begin_round(look, error) ? gclk_hub_json(look->hub) : NULL;
	g_propagate_prefixed_error(
		error, g_steal_pointer(&local), "hostclock serve cannot be asked: ");
	return NULL;
}

static gboolean has_name(const GclkTableRow *row, const char *name)
{
	return strcmp(row->guest->name, name) == 0 || strcmp(row->guest->id, name) == 0;
}

/* The rows of that name, or with NULL all; FALSE: there is none. */
static gboolean add_rows(const GclkTableView *view, const char *name, GPtrArray *rows)
{
	const guint before = rows->len;

	for (guint i = 0; i < view->rows->len; i++)
		if (!name || has_name(view->rows->pdata[i], name))
			g_ptr_array_add(rows, view->rows->pdata[i]);
	return !name || rows->len > before;
}

/* NULL with error: one of the names is nobody's. */
static GPtrArray *choose(const Look *look, const GclkTableView *view, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new();

	if (!look->names)
		add_rows(view, NULL, rows);
	for (guint i = 0; look->names && look->names[i]; i++)
		if (!add_rows(view, look->names[i], rows)) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
				"there is no guest \"%s\" here%s%s", look->names[i],
				view->libvirt ? ", as far as can be seen: " : "",
				view->libvirt ? view->libvirt : "");
			return NULL;
		}
	return g_steal_pointer(&rows);
}

/* --- how it is shown -------------------------------------------------------------------------- */

static char *make_text(const Look *look, const GclkTableView *view, const GPtrArray *rows)
{
	GString *out;

	if (!look->names)
		return gclk_guests_text(view, rows, look->options->color);
	out = g_string_new(NULL);
	for (guint i = 0; i < rows->len; i++) {
		g_autofree char *one = gclk_guest_text(rows->pdata[i], look->options->color);

		g_string_append_printf(out, "%s%s", i ? "\n" : "", one);
	}
	return g_string_free(out, FALSE);
}

/* As many lines as the terminal has, over those that were there (ECMA-48: home, erase). */
static void redraw(const char *text)
{
	struct winsize size = { 0 };
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const guint n = g_strv_length(lines) - 1; /* behind the last newline there is nothing */
	guint room = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2
			     ? size.ws_row - 1u
			     : n;

	if (n > room)
		room--;
	fputs("\033[H", stdout);
	for (guint i = 0; i < MIN(n, room); i++)
		printf("%s\033[K\n", lines[i]);
	if (n > room)
		printf("(%u more lines)\033[K\n", n - room);
	fputs("\033[J", stdout);
}

static void show(const Look *look, const char *text)
{
	const gboolean draws = look->watch && look->terminal && !look->options->json;

	if (draws)
		redraw(text);
	else
		fputs(text, stdout);
	if (look->watch && !draws && !look->options->json)
		fputc('\n', stdout);
	fflush(stdout);
}

static int show_table(const Look *look, const char *json)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkTableView) view = gclk_table_parse(json, strlen(json), &error);
	g_autoptr(GPtrArray) rows = view ? choose(look, view, &error) : NULL;
	g_autofree char *text = NULL;

	if (!rows) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	if (!look->options->json)
		text = make_text(look, view, rows);
	else if (look->names)
		text = gclk_table_select(json, strlen(json), look->names, NULL);
	else
		text = g_strdup(json);
	show(look, text);
	return gclk_guests_exit_code(view, rows);
}

static int look_once(Look *look)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = find_table(look, &error);

	if (json)
		return show_table(look, json);
	gclk_host_cli_complain("%s", error->message);
	return GCLK_EXIT_UNKNOWN;
}

static int look_on(Look *look)
{
	guint interrupt = g_unix_signal_add(SIGINT, on_signal, look);
	guint terminate = g_unix_signal_add(SIGTERM, on_signal, look);
	int code;

	if (look->watch && look->terminal && !look->options->json)
		fputs("\033[2J", stdout);
	code = look_once(look);
	while (look->watch && !look->interrupted) {
		run_for(look, look->watch * 1000);
		if (!look->interrupted)
			code = look_once(look);
	}
	g_source_remove(interrupt);
	g_source_remove(terminate);
	return code;
}

/* --watch's number is a word that may be left out: it is the first one, if that is a number. */
static gboolean take_watch(Look *look, char ***words)
{
	guint64 seconds;

	look->watch = WATCH_S;
	if (!*words || !g_ascii_string_to_unsigned((*words)[0], 10, 0, G_MAXUINT64, &seconds, NULL))
		return TRUE;
	if (seconds < 1 || seconds > WATCH_S_MAX) {
		gclk_host_cli_complain("--watch takes 1 to %d seconds", WATCH_S_MAX);
		return FALSE;
	}
	look->watch = (guint)seconds;
	(*words)++;
	return TRUE;
}

int gclk_host_cli_guests(int argc, char **argv)
{
	g_auto(GclkHostOptions) options = { 0 };
	g_auto(Look) look = { .options = &options, .terminal = isatty(STDOUT_FILENO) };
	gboolean watch = FALSE;
	char **words;
	const GOptionEntry extra[] = {
		{ "watch", 'w', 0, G_OPTION_ARG_NONE, &watch,
			"Again and again, every 2 s (or SECONDS)", NULL },
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &look.uri,
			"libvirt's URI, for a look without hostclock serve", "URI" },
		{ 0 },
	};

	if (!gclk_host_cli_parse(&options, "[SECONDS] [GUEST...]",
		    "Tells how far each guest's clock is off this host's, what the guest says of\n"
		    "itself, and whether this host is what it needs; the most troubled first.\n"
		    "With names or UUIDs: those guests in full.\n"
		    "Exit status, of the worst guest: 0 fine, 1 warning, 2 critical, 3 unknown.",
		    extra, G_MAXUINT, argc, argv))
		return options.exit_code;
	words = options.words;
	if (watch && !take_watch(&look, &words))
		return GCLK_EXIT_UNKNOWN;
	look.names = words && words[0] ? (const char *const *)words : NULL;
	look.path = g_build_filename(options.config->run_directory, GCLK_QUERY_SOCKET, NULL);
	return look_on(&look);
}
