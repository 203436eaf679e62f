/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock: the table of subcommands. */
#include "build-config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/probe.h"
#include "guestclock/nearest.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "status", gclk_cli_status, "is the clock right, by which source, how far may it be off" },
	{ "sources", gclk_cli_sources, "every source of time, and why it is or is not used" },
	{ "waitsync", gclk_cli_waitsync, "wait until the clock is right" },
	{ "probe", gclk_cli_probe, "ask one NTP server and judge its answer" },
	{ "detect", gclk_cli_detect, "what this machine runs on, and why that is so" },
	{ "burst", gclk_cli_burst, "measure every source several times now" },
	{ "step", gclk_cli_step, "set the clock right at once" },
	{ "reload", gclk_cli_reload, "make guestclockd read its configuration again" },
};

static void print_help(FILE *out)
{
	fputs("Usage: guestclock COMMAND [OPTION...]\n\n"
	      "Shows and commands guestclockd, which keeps this virtual machine's clock right.\n\n"
	      "Commands:\n",
		out);
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n"
	      "  guestclock COMMAND --help   the options of a command\n"
	      "  guestclock --version\n\n"
	      "Exit status: 0 good, 1 warning, 2 critical, 3 unknown (no guestclockd).\n",
		out);
}

static int unknown_command(const char *name)
{
	const char *names[G_N_ELEMENTS(commands) + 1] = { NULL };
	const char *nearest;

	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		names[i] = commands[i].name;
	nearest = gclk_nearest(name, names);
	if (nearest)
		gclk_cli_complain("unknown command \"%s\"; did you mean \"%s\"?", name, nearest);
	else
		gclk_cli_complain("unknown command \"%s\" (see guestclock --help)", name);
	return GCLK_EXIT_UNKNOWN;
}

static int dispatch(int argc, char **argv)
{
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	return unknown_command(argv[0]);
}

static gboolean is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int main(int argc, char **argv)
{
	char *help[] = { argc > 2 ? argv[2] : NULL, (char[]){ "--help" }, NULL };
	int code;

	if (argc < 2) {
		print_help(stderr);
		return GCLK_EXIT_UNKNOWN;
	}
	if (is_one_of(argv[1], "--version", "-V", "version")) {
		puts("guestclock " PACKAGE_VERSION);
		code = GCLK_EXIT_OK;
	} else if (is_one_of(argv[1], "--help", "-h", "help") && argc == 2) {
		print_help(stdout);
		code = GCLK_EXIT_OK;
	} else if (strcmp(argv[1], "help") == 0) {
		code = dispatch(2, help);
	} else {
		code = dispatch(argc - 1, argv + 1);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		gclk_cli_complain("cannot write to standard output");
		return GCLK_EXIT_UNKNOWN;
	}
	return code;
}
