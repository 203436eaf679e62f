/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock status: is the clock right? */
#include <stdio.h>

#include "cli/cli.h"
#include "report/table.h"

int gclk_cli_status(int argc, char **argv)
{
	g_auto(GclkCliOptions) options = { 0 };
	g_auto(GclkCliLook) look = { 0 };
	g_autofree char *table = NULL;

	if (!gclk_cli_parse(&options,
		    "Tells whether the clock is right, by which source, and how far "
		    "it may be off.",
		    NULL, argc, argv))
		return options.exit_code;
	gclk_cli_look(&look, options.run_directory);
	if (look.problem)
		return gclk_cli_tell_problem(&options, &look);
	if (options.json) {
		fputs(look.text, stdout);
	} else {
		table = gclk_table_status(look.status, options.color);
		fputs(table, stdout);
	}
	return gclk_status_exit_code(look.status);
}
