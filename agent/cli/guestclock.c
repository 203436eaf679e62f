/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock: the table of subcommands. */
#include "build-config.h"

#include "cli/cli.h"
#include "cli/probe.h"
#include "guestclock/commands.h"

static const GclkCommand commands[] = {
	{ "status", gclk_cli_status, "is the clock right, by which source, how far may it be off" },
	{ "sources", gclk_cli_sources, "every source of time, and why it is or is not used" },
	{ "waitsync", gclk_cli_waitsync, "wait until the clock is right" },
	{ "probe", gclk_cli_probe, "ask one NTP server, or the host, and judge the answer" },
	{ "detect", gclk_cli_detect, "what this machine runs on, and why that is so" },
	{ "doctor", gclk_cli_doctor, "what is wrong with the time here, and what to do about it" },
	{ "burst", gclk_cli_burst, "measure every source several times now" },
	{ "step", gclk_cli_step, "set the clock right at once" },
	{ "reload", gclk_cli_reload, "make guestclockd read its configuration again" },
};

int main(int argc, char **argv)
{
	const GclkCommands program = {
		.program = "guestclock",
		.purpose = "Shows and commands guestclockd, which keeps this virtual machine's "
			   "clock right.",
		.version = PACKAGE_VERSION,
		.exits = "Exit status: 0 good, 1 warning, 2 critical, 3 unknown (no guestclockd).",
		.commands = commands,
		.n_commands = G_N_ELEMENTS(commands),
		.usage_exit = GCLK_EXIT_UNKNOWN,
	};

	return gclk_commands_main(&program, argc, argv);
}
