/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock status: who holds this host's clock, and how well? */
#include <stdio.h>

#include "cli/cli.h"
#include "guestclock/finding.h"
#include "guestclock/text.h"
#include "sync/sync-report.h"

static int exit_code(const GclkHostSync *sync)
{
	if (sync->effective == GCLK_PROTOCOL_UNKNOWN)
		return GCLK_EXIT_UNKNOWN;
	if (!sync->synchronised)
		return GCLK_EXIT_CRITICAL;
	return sync->fallback ? GCLK_EXIT_WARNING : gclk_findings_exit_code(sync->findings);
}

/* Monitoring shows standard output only. */
static int no_answer(const char *why)
{
	g_autofree char *clean = gclk_text_clean(why);

	printf("HOSTCLOCK UNKNOWN - %s\n", g_strdelimit(clean, "|", '/'));
	return GCLK_EXIT_UNKNOWN;
}

int gclk_host_cli_status(int argc, char **argv)
{
	g_auto(GclkHostOptions) options = { 0 };
	g_autoptr(GclkHostSync) sync = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_auto(GclkHostWhere) where = { 0 };
	gboolean nagios = FALSE;
	const GOptionEntry extra[] = {
		{ "from", 0, 0, G_OPTION_ARG_FILENAME, &where.from,
			"Of an ESXi host: what esxcli and ntpq printed there", "FILE" },
		{ "esxi", 0, 0, G_OPTION_ARG_STRING, &where.esxi,
			"Of an ESXi host: by the command of [esxi NAME]", "NAME" },
		{ "nagios", 0, 0, G_OPTION_ARG_NONE, &nagios,
			"One line with performance data, for monitoring", NULL },
		{ 0 },
	};

	if (!gclk_host_cli_parse(&options, NULL,
		    "Tells what holds this host's clock, with the evidence.\n"
		    "Exit status: 0 synchronised, 1 warning, 2 not synchronised, 3 unknown.",
		    extra, 0, argc, argv))
		return nagios && options.exit_code == GCLK_EXIT_UNKNOWN
			       ? no_answer("wrong usage or configuration, see standard error")
			       : options.exit_code;
	sync = gclk_host_cli_ask(options.config, &where, &error);
	if (!sync) {
		gclk_host_cli_complain("%s", error->message);
		return nagios ? no_answer(error->message) : GCLK_EXIT_UNKNOWN;
	}
	if (options.json)
		text = gclk_host_sync_json(sync);
	else if (nagios)
		text = gclk_host_sync_nagios(sync, exit_code(sync));
	else
		text = gclk_host_sync_text(sync, options.color);
	fputs(text, stdout);
	return exit_code(sync);
}
