/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/commands.h"

#include <stdio.h>
#include <string.h>

#include "guestclock/console.h"
#include "guestclock/nearest.h"

#define COMMANDS_MAX 32

static void print_help(const GclkCommands *program, FILE *out)
{
	fprintf(out, "Usage: %s COMMAND [OPTION...]\n\n%s\n\nCommands:\n", program->program,
		program->purpose);
	for (gsize i = 0; i < program->n_commands; i++)
		fprintf(out, "  %-10s %s\n", program->commands[i].name,
			program->commands[i].summary);
	fprintf(out, "\n  %s COMMAND --help   the options of a command\n  %s --version\n\n%s\n",
		program->program, program->program, program->exits);
}

G_GNUC_PRINTF(2, 3)
static void complain(const GclkCommands *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	gclk_console_complain(program->program, format, args);
	va_end(args);
}

static int unknown_command(const GclkCommands *program, const char *name)
{
	const char *names[COMMANDS_MAX + 1] = { NULL };
	const char *nearest;

	for (gsize i = 0; i < program->n_commands && i < COMMANDS_MAX; i++)
		names[i] = program->commands[i].name;
	nearest = gclk_nearest(name, names);
	if (nearest)
		complain(program, "unknown command \"%s\"; did you mean \"%s\"?", name, nearest);
	else
		complain(program, "unknown command \"%s\" (see %s --help)", name, program->program);
	return program->usage_exit;
}

static int dispatch(const GclkCommands *program, int argc, char **argv)
{
	for (gsize i = 0; i < program->n_commands; i++)
		if (strcmp(argv[0], program->commands[i].name) == 0)
			return program->commands[i].run(argc, argv);
	return unknown_command(program, argv[0]);
}

static gboolean is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int run(const GclkCommands *program, int argc, char **argv)
{
	char *help[] = { argc > 2 ? argv[2] : NULL, (char[]){ "--help" }, NULL };

	if (is_one_of(argv[1], "--version", "-V", "version")) {
		printf("%s %s\n", program->program, program->version);
		return 0;
	}
	if (is_one_of(argv[1], "--help", "-h", "help") && argc == 2) {
		print_help(program, stdout);
		return 0;
	}
	if (strcmp(argv[1], "help") == 0)
		return dispatch(program, 2, help);
	return dispatch(program, argc - 1, argv + 1);
}

int gclk_commands_main(const GclkCommands *program, int argc, char **argv)
{
	int code;

	if (argc < 2) {
		print_help(program, stderr);
		return program->usage_exit;
	}
	code = run(program, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain(program, "cannot write to standard output");
		return program->usage_exit;
	}
	return code;
}
