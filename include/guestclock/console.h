/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs that talk to people on a terminal have in common. */
#ifndef GUESTCLOCK_CONSOLE_H
#define GUESTCLOCK_CONSOLE_H

#include <glib.h>

/* A subcommand's command line. */
typedef struct {
	const char *program;        /* "guestclock" */
	const char *usage;          /* what stands behind the options: "DOMAIN"; or NULL */
	const char *summary;        /* for --help */
	const GOptionEntry *extra;  /* the subcommand's own options; or NULL */
	const GOptionEntry *common; /* those of all subcommands, beside --help, --json, --color */
} GclkConsoleSyntax;

typedef struct {
	gboolean json;
	gboolean color;  /* wanted, or standard output is a terminal that can (and no NO_COLOR) */
	gboolean helped; /* the help has been printed: there is nothing more to do */
} GclkConsoleOptions;

/* Parses; what is no option is left in argv. FALSE: it has printed the help (helped), or what is
   wrong. */
gboolean gclk_console_parse(
	const GclkConsoleSyntax *syntax, GclkConsoleOptions *out, int *argc, char ***argv);

/* "program: text" on standard error, cleaned of what could steer a terminal. */
void gclk_console_complain(const char *program, const char *format, va_list args)
	G_GNUC_PRINTF(2, 0);

#endif
