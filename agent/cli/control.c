/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock burst, step, reload: one request to the daemon's control socket. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "guestclock/json-writer.h"
#include "report/control.h"
#include "guestclock/text.h"

#define REPLY_TIMEOUT_MS 10000

static void print_reply(const GclkCliOptions *options, gboolean good, const char *text)
{
	GclkJson *json;
	g_autofree char *line = NULL;

	if (!options->json) {
		if (good)
			printf("%s\n", text);
		else
			gclk_cli_complain("%s", text);
		return;
	}
	json = gclk_json_new();
	gclk_json_begin_object(json, NULL);
	gclk_json_boolean(json, "ok", good);
	gclk_json_string(json, "message", text);
	gclk_json_end_object(json);
	line = gclk_json_finish(json);
	fputs(line, stdout);
}

static int tell_error(const GclkCliOptions *options, const GError *error)
{
	g_autofree char *text = NULL;

	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		text = g_strdup_printf("guestclockd is not running: nobody listens at %s/%s",
			options->run_directory, GCLK_CONTROL_FILE);
		print_reply(options, FALSE, text);
		return GCLK_EXIT_UNKNOWN;
	}
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
		g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_PERM)) {
		print_reply(options, FALSE, "only root may give commands to guestclockd");
		return GCLK_EXIT_WARNING;
	}
	text = g_strdup_printf("guestclockd does not answer: %s", error->message);
	print_reply(options, FALSE, text);
	return GCLK_EXIT_UNKNOWN;
}

static int ask(int argc, char **argv, const char *request, const char *summary)
{
	g_auto(GclkCliOptions) options = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	g_autofree char *answer = NULL;
	g_autofree char *clean = NULL;
	const char *text;
	gboolean good;

	if (!gclk_cli_parse(&options, summary, NULL, argc, argv))
		return options.exit_code;
	path = g_build_filename(options.run_directory, GCLK_CONTROL_FILE, NULL);
	answer = gclk_control_ask(path, request, REPLY_TIMEOUT_MS, &error);
	if (!answer)
		return tell_error(&options, error);
	good = g_str_has_prefix(answer, "ok");
	clean = gclk_text_clean(answer);
	text = strchr(clean, ' ');
	print_reply(&options, good, text ? text + 1 : clean);
	return good ? GCLK_EXIT_OK : GCLK_EXIT_WARNING;
}

int gclk_cli_burst(int argc, char **argv)
{
	return ask(argc, argv, "burst", "Asks every source for several measurements now.");
}

int gclk_cli_step(int argc, char **argv)
{
	return ask(argc, argv, "step",
		"Sets the clock right at once, forward or backward, instead of slewing it.");
}

int gclk_cli_reload(int argc, char **argv)
{
	return ask(argc, argv, "reload", "Makes guestclockd read its configuration again.");
}
