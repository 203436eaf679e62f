/* SPDX-License-Identifier: BSD-2-Clause */
/* A program of subcommands: one table, from which help and "did you mean" come. */
#ifndef GUESTCLOCK_COMMANDS_H
#define GUESTCLOCK_COMMANDS_H

#include <glib.h>

typedef struct {
	const char *name;
	/* argv[0] is the name of the subcommand; returns the exit status */
	int (*run)(int argc, char **argv);
	const char *summary;
} GclkCommand;

typedef struct {
	const char *program;
	const char *purpose; /* a sentence for --help */
	const char *version; /* what --version prints behind the program's name */
	const char *exits;   /* the sentence on exit statuses */
	const GclkCommand *commands;
	gsize n_commands;
	int usage_exit; /* exit status of wrong usage */
} GclkCommands;

/* What main() returns: runs the subcommand of argv[1], or prints help or version. Output that could
   not be written is an error, whatever the subcommand says. */
int gclk_commands_main(const GclkCommands *program, int argc, char **argv);

#endif
