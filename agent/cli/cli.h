/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line `guestclock`: one file a subcommand, one table of them in guestclock.c. A
 * subcommand gets argv with its own name in argv[0], prints, and returns the exit status.
 */
#ifndef GUESTCLOCK_CLI_H
#define GUESTCLOCK_CLI_H

#include "report/status.h"

/* As monitoring plug-ins have it. */
enum {
	GCLK_EXIT_OK = 0,
	GCLK_EXIT_WARNING = 1,
	GCLK_EXIT_CRITICAL = 2,
	GCLK_EXIT_UNKNOWN = 3, /* no daemon, stale status, and wrong usage */
};

int gclk_cli_status(int argc, char **argv);
int gclk_cli_sources(int argc, char **argv);
int gclk_cli_detect(int argc, char **argv);
int gclk_cli_doctor(int argc, char **argv);
int gclk_cli_waitsync(int argc, char **argv);
int gclk_cli_burst(int argc, char **argv);
int gclk_cli_step(int argc, char **argv);
int gclk_cli_reload(int argc, char **argv);

/* --- what they share (common.c) -----------------------------------------------------------------
 */

typedef struct {
	gboolean json;
	gboolean color;
	char *run_directory;
	int exit_code; /* when there is nothing more to do: help was asked for, or usage is wrong */
} GclkCliOptions;

void gclk_cli_options_clear(GclkCliOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkCliOptions, gclk_cli_options_clear)

/* Parses the common options and those of the subcommand (extra, ended by a zero entry, or NULL).
   FALSE: it has printed the help or what is wrong; exit with options->exit_code. */
gboolean gclk_cli_parse(GclkCliOptions *options, const char *summary, const GOptionEntry *extra,
	int argc, char **argv);

/* "guestclock: text" on standard error. */
void gclk_cli_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* One look at the daemon's status file. */
typedef struct {
	GclkStatus *status; /* NULL: none that could be read */
	char *text;         /* the file as it is, NULL with status NULL */
	char *problem; /* one sentence: no daemon, stale, unreadable; NULL: the status is fresh */
	char *remedy;  /* one sentence: what to do about the problem, or NULL */
} GclkCliLook;

void gclk_cli_look(GclkCliLook *look, const char *run_directory);
void gclk_cli_look_clear(GclkCliLook *look);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkCliLook, gclk_cli_look_clear)

/* Tells the problem: to people on standard error, with json also as a status of state "unknown" on
   standard output. Returns GCLK_EXIT_UNKNOWN. */
int gclk_cli_tell_problem(const GclkCliOptions *options, const GclkCliLook *look);

#endif
