/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/console.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guestclock/text.h"

static gboolean read_color(const char *when, gboolean *color)
{
	const char *terminal = g_getenv("TERM");
	const char *no_color = g_getenv("NO_COLOR"); /* https://no-color.org */

	if (!when || strcmp(when, "auto") == 0)
		*color = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
			 g_strcmp0(terminal, "dumb") != 0;
	else if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0)
		*color = strcmp(when, "always") == 0;
	else
		return FALSE;
	return TRUE;
}

/* GLib's help has an ellipsis that consoles without UTF-8 show as a question mark. */
static void print_help(GOptionContext *context)
{
	g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
	g_auto(GStrv) parts = g_strsplit(help, "\342\200\246", -1);
	g_autofree char *plain = g_strjoinv("...", parts);

	fputs(plain, stdout);
}

void gclk_console_complain(const char *program, const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);
	g_autofree char *clean = gclk_text_clean(text);

	fprintf(stderr, "%s: %s\n", program, clean);
}

G_GNUC_PRINTF(2, 3)
static gboolean refuse(const char *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	gclk_console_complain(program, format, args);
	va_end(args);
	return FALSE;
}

static GOptionContext *make_context(const GclkConsoleSyntax *syntax, const GOptionEntry *shared)
{
	GOptionContext *context = g_option_context_new(syntax->usage);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, syntax->summary);
	if (syntax->extra)
		g_option_context_add_main_entries(context, syntax->extra, NULL);
	g_option_context_add_main_entries(context, shared, NULL);
	g_option_context_add_main_entries(context, syntax->common, NULL);
	return context;
}

gboolean gclk_console_parse(
	const GclkConsoleSyntax *syntax, GclkConsoleOptions *out, int *argc, char ***argv)
{
	g_autofree char *color = NULL;
	const GOptionEntry shared[] = {
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &out->helped, "Show this help", NULL },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &out->json, "Print JSON for programs", NULL },
		{ "color", 0, 0, G_OPTION_ARG_STRING, &color,
			"Colour: auto (default), always, never", "WHEN" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = make_context(syntax, shared);
	g_autofree char *name = g_strdup_printf("%s %s", syntax->program, (*argv)[0]);
	g_autoptr(GError) error = NULL;

	g_set_prgname(name);
	if (!g_option_context_parse(context, argc, argv, &error))
		return refuse(syntax->program, "%s (see %s --help)", error->message, name);
	if (out->helped) {
		print_help(context);
		return FALSE;
	}
	if (!read_color(color, &out->color))
		return refuse(
			syntax->program, "--color=%s: should be auto, always or never", color);
	return TRUE;
}
