/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock sources: every source of time, and why it is or is not used. */
#include <stdio.h>

#include "cli/cli.h"
#include "report/table.h"

int gclk_cli_sources(int argc, char **argv)
{
	g_auto(GclkCliOptions) options = { 0 };
	g_auto(GclkCliLook) look = { 0 };
	g_autofree char *text = NULL;

	if (!gclk_cli_parse(&options, "Shows every source of time, and why it is or is not used.",
		    NULL, argc, argv))
		return options.exit_code;
	gclk_cli_look(&look, options.run_directory);
	if (look.problem)
		return gclk_cli_tell_problem(&options, &look);
	text = options.json ? gclk_status_sources_to_json(look.status)
			    : gclk_table_sources(look.status, options.color);
	fputs(text, stdout);
	return gclk_status_exit_code(look.status);
}
