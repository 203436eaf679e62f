/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock doctor: what is wrong with the time of this host and its gate, and what to do about it?
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "doctor/examination.h"

static int exit_code(const GclkHostDiagnosis *diagnosis, const GclkHostSync *sync)
{
	int code = gclk_findings_exit_code(diagnosis->findings);

	/* what can not be told is worse than a warning, and no alarm */
	if (code < GCLK_EXIT_CRITICAL && sync->effective == GCLK_PROTOCOL_UNKNOWN)
		return GCLK_EXIT_UNKNOWN;
	return code;
}

static int examine(const GclkHostOptions *options, gboolean libvirt, const char *uri)
{
	const GclkHostWhere here = { 0 };
	g_autoptr(GclkHostSync) sync = gclk_host_cli_ask(options->config, &here, NULL);
	const GclkHostExamination wish = {
		.config = options->config,
		.config_file = options->config_file ? options->config_file : GCLK_HOST_CONFIG_FILE,
		.config_error = options->config_error,
		.sync = sync,
		.libvirt = libvirt,
		.uri = uri,
	};
	g_auto(GclkHostDiagnosis) diagnosis = { 0 };
	g_autofree char *text = NULL;

	gclk_host_examine(&wish, &diagnosis);
	text = options->json ? gclk_host_diagnosis_json(&diagnosis)
			     : gclk_host_diagnosis_text(&diagnosis, geteuid() == 0, options->color);
	fputs(text, stdout);
	return exit_code(&diagnosis, sync);
}

int gclk_host_cli_doctor(int argc, char **argv)
{
	g_auto(GclkHostOptions) options = { .tolerant = TRUE };
	g_autofree char *uri = NULL;
	gboolean no_libvirt = FALSE;
	const GOptionEntry extra[] = {
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "libvirt's URI", "URI" },
		{ "no-libvirt", 0, 0, G_OPTION_ARG_NONE, &no_libvirt,
			"Do not ask libvirt for its VMs", NULL },
		{ 0 },
	};

	if (!gclk_host_cli_parse(&options, NULL,
		    "Tells what is wrong with the time of this host and with the gate before its "
		    "VMs,\nand what to do about it.\n"
		    "Exit status: 0 nothing worse than a note, 1 warning, 2 critical, 3 unknown.",
		    extra, 0, argc, argv))
		return options.exit_code;
	if (uri && no_libvirt) {
		gclk_host_cli_complain("--connect and --no-libvirt exclude each other");
		return GCLK_EXIT_UNKNOWN;
	}
	return examine(&options, !no_libvirt, uri);
}
