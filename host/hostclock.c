/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock: the table of subcommands. */
#include "build-config.h"

#include "cli/cli.h"
#include "guestclock/commands.h"

static const GclkCommand commands[] = {
	{ "status", gclk_host_cli_status, "who holds this host's clock, and how well" },
	{ "check", gclk_host_cli_check, "may this VM be powered on here" },
	{ "require", gclk_host_cli_require, "what a VM demands of its host's clock" },
	{ "serve", gclk_host_cli_serve, "answer the guests' questions for the time, and watch them" },
	{ "guests", gclk_host_cli_guests, "every guest's clock, seen from here" },
	{ "doctor", gclk_host_cli_doctor, "what is wrong with this host's time, and what to do" },
	{ "hook", gclk_host_cli_hook, "for the hooks of libvirt, Proxmox, oVirt and XAPI" },
};

int main(int argc, char **argv)
{
	const GclkCommands program = {
		.program = "hostclock",
		.purpose = "Tells what holds this host's clock, and keeps VMs off a host that does "
			   "not\nmeet their need.",
		.version = PACKAGE_VERSION,
		.exits = "Exit status: 0 ok or compatible, 1 warning, 2 critical or incompatible, "
			 "3 unknown.",
		.commands = commands,
		.n_commands = G_N_ELEMENTS(commands),
		.usage_exit = GCLK_EXIT_UNKNOWN,
	};

	return gclk_commands_main(&program, argc, argv);
}
