/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/console.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guestclock/text.h"

gboolean gclk_console_color(const char *when, gboolean *color)
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
void gclk_console_help(GOptionContext *context)
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
