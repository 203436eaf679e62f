/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"
#include "guestclock/console.h"
#include "guestclock/duration.h"

void gclk_host_cli_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	gclk_console_complain("hostclock", format, args);
	va_end(args);
}

void gclk_host_options_clear(GclkHostOptions *options)
{
	g_clear_pointer(&options->config_file, g_free);
	g_clear_pointer(&options->config, gclk_host_config_free);
	g_clear_error(&options->config_error);
	g_clear_pointer(&options->words, g_strfreev);
}

static gboolean load_config(GclkHostOptions *options)
{
	g_autoptr(GError) error = NULL;

	options->config = gclk_host_config_load(options->config_file, &error);
	if (options->config)
		return TRUE;
	if (!options->tolerant) {
		gclk_host_cli_complain("%s", error->message);
		return FALSE;
	}
	options->config = gclk_host_config_new();
	options->config_error = g_steal_pointer(&error);
	return TRUE;
}

static gboolean check_words(const GclkHostOptions *options, guint max_words, const char *name)
{
	guint n = options->words ? g_strv_length(options->words) : 0;

	if (n > max_words)
		gclk_host_cli_complain("there is no place for \"%s\" (see %s --help)",
			options->words[max_words], name);
	return n <= max_words;
}

gboolean gclk_host_cli_need(const char *protocol, const char *max_error, const char *enforce,
	GclkNeed *out, GError **error)
{
	g_autoptr(GString) words = g_string_new(protocol);
	gint64 ns = 0;

	if (max_error && !gclk_duration_parse(max_error, &ns, error)) {
		g_prefix_error(error, "--max-error %s: ", max_error);
		return FALSE;
	}
	if (max_error && (ns < GCLK_NS_PER_US || ns > GCLK_NEED_MAX_ERROR_MAX)) {
		g_set_error(error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE,
			"--max-error %s: it must be from 1us to 1000s", max_error);
		return FALSE;
	}
	if (max_error)
		g_string_append_printf(
			words, " max-error-us=%" G_GINT64_FORMAT, ns / GCLK_NS_PER_US);
	if (enforce)
		g_string_append_printf(words, " enforce=%s", enforce);
	return gclk_need_from_words(words->str, out, error);
}

gboolean gclk_host_cli_parse(GclkHostOptions *options, const char *usage, const char *summary,
	const GOptionEntry *extra, guint max_words, int argc, char **argv)
{
	const GOptionEntry common[] = {
		{ "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config_file,
			"Instead of the usual hostclock.conf", "FILE" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->words, NULL,
			NULL },
		{ 0 },
	};
	const GclkConsoleSyntax syntax = { "hostclock", usage, summary, extra, common };
	GclkConsoleOptions console = { 0 };

	options->exit_code = GCLK_EXIT_UNKNOWN;
	if (!gclk_console_parse(&syntax, &console, &argc, &argv)) {
		options->exit_code = console.helped ? GCLK_EXIT_OK : GCLK_EXIT_UNKNOWN;
		return FALSE;
	}
	options->json = console.json;
	options->color = console.color;
	return check_words(options, max_words, g_get_prgname()) && load_config(options);
}
