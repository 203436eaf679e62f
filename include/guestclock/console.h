/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs that talk to people on a terminal have in common. */
#ifndef GUESTCLOCK_CONSOLE_H
#define GUESTCLOCK_CONSOLE_H

#include <glib.h>

/* The value of --color: "auto" (or NULL), "always", "never". Auto: standard output is a terminal
   that can, and the user does not object (NO_COLOR). FALSE: another word. */
gboolean gclk_console_color(const char *when, gboolean *color);

/* Prints the help of an option context to standard output, in ASCII. */
void gclk_console_help(GOptionContext *context);

/* "program: text" on standard error, cleaned of what could steer a terminal. */
void gclk_console_complain(const char *program, const char *format, va_list args)
	G_GNUC_PRINTF(2, 0);

#endif
