/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "config.h"
#include "guestclock/console.h"
#include "guestclock/json-writer.h"
#include "guestclock/text.h"

#define CONFIG_FILE      GCLK_SYSCONFDIR "/guestclock/guestclockd.conf"
#define STATUS_MAX_BYTES (1024 * 1024)

void gclk_cli_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	gclk_console_complain("guestclock", format, args);
	va_end(args);
}

/* --- options ---------------------------------------------------------------------------------- */

void gclk_cli_options_clear(GclkCliOptions *options)
{
	g_clear_pointer(&options->run_directory, g_free);
}

/* Where the daemon of this machine writes, if its configuration can be read; else the default. */
static char *default_run_directory(void)
{
	g_autoptr(GclkConfig) config = gclk_config_load(CONFIG_FILE, FALSE, NULL);

	if (!config)
		config = gclk_config_new();
	return g_steal_pointer(&config->run_directory);
}

gboolean gclk_cli_parse(GclkCliOptions *options, const char *summary, const GOptionEntry *extra,
	int argc, char **argv)
{
	const GOptionEntry common[] = {
		{ "run-directory", 0, 0, G_OPTION_ARG_FILENAME, &options->run_directory,
			"Where guestclockd keeps its status", "DIR" },
		{ 0 },
	};
	const GclkConsoleSyntax syntax = { "guestclock", NULL, summary, extra, common };
	GclkConsoleOptions console = { 0 };

	options->exit_code = GCLK_EXIT_UNKNOWN;
	if (!gclk_console_parse(&syntax, &console, &argc, &argv)) {
		options->exit_code = console.helped ? GCLK_EXIT_OK : GCLK_EXIT_UNKNOWN;
		return FALSE;
	}
	if (argc > 1) {
		gclk_cli_complain("%s takes no argument \"%s\" (see %s --help)", g_get_prgname(),
			argv[1], g_get_prgname());
		return FALSE;
	}
	options->json = console.json;
	options->color = console.color;
	if (!options->run_directory)
		options->run_directory = default_run_directory();
	return TRUE;
}

/* --- the status file -------------------------------------------------------------------------- */

void gclk_cli_look_clear(GclkCliLook *look)
{
	g_clear_pointer(&look->status, gclk_status_free);
	g_clear_pointer(&look->text, g_free);
	g_clear_pointer(&look->problem, g_free);
	g_clear_pointer(&look->remedy, g_free);
}

static gint64 now_boottime(void)
{
#ifdef CLOCK_BOOTTIME
	const clockid_t clock = CLOCK_BOOTTIME;
#else
	const clockid_t clock = CLOCK_MONOTONIC;
#endif
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (gint64)now.tv_sec * GCLK_NS_PER_S + now.tv_nsec;
}

static char *now_boot_id(void)
{
	char *text = NULL;

	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
		return NULL;
	return g_strstrip(text);
}

/* A process that is dead and was not waited for: "PID (name) Z ..." in proc(5). */
static gboolean is_zombie(gint64 pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/stat", pid);
	g_autofree char *text = NULL;
	const char *state;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	state = strrchr(text, ')');
	return state && (g_str_has_prefix(state, ") Z") || g_str_has_prefix(state, ") X"));
}

static gboolean is_alive(gint64 pid)
{
	return pid > 0 && pid <= G_MAXINT && (kill((pid_t)pid, 0) == 0 || errno == EPERM) &&
	       !is_zombie(pid);
}

static void say_missing(GclkCliLook *look, const char *path, const GError *error)
{
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		look->problem =
			g_strdup_printf("guestclockd is not running (there is no %s)", path);
		look->remedy = g_strdup(
			"to start it: systemctl start guestclockd; or, as root: guestclockd");
		return;
	}
	look->problem = g_strdup(error->message);
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
		look->remedy = g_strdup("run this as root");
}

void gclk_cli_look(GclkCliLook *look, const char *run_directory)
{
	g_autofree char *path = g_build_filename(run_directory, GCLK_STATUS_FILE, NULL);
	g_autofree char *boot_id = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &error)) {
		say_missing(look, path, error);
		return;
	}
	look->status =
		length > STATUS_MAX_BYTES ? NULL : gclk_status_from_json(text, length, &error);
	if (!look->status) {
		look->problem = g_strdup_printf("%s: %s", path,
			error ? error->message : "too large for a status of guestclockd");
		return;
	}
	look->text = g_steal_pointer(&text);
	boot_id = now_boot_id();
	look->problem = gclk_status_stale(
		look->status, now_boottime(), boot_id, is_alive(look->status->pid));
	if (look->problem)
		look->remedy = g_strdup("look at its log (journalctl -u guestclockd), then: "
					"systemctl restart guestclockd");
}

int gclk_cli_tell_problem(const GclkCliOptions *options, const GclkCliLook *look)
{
	gclk_cli_complain("%s", look->problem);
	if (look->remedy)
		gclk_cli_complain("%s", look->remedy);
	if (options->json) {
		GclkJson *json = gclk_json_new();
		g_autofree char *text = NULL;

		gclk_json_begin_object(json, NULL);
		gclk_json_int(json, "schema", GCLK_STATUS_SCHEMA);
		gclk_json_string(json, "state", "unknown");
		gclk_json_string(json, "reason", look->problem);
		gclk_json_end_object(json);
		text = gclk_json_finish(json);
		fputs(text, stdout);
	}
	return GCLK_EXIT_UNKNOWN;
}
