/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock doctor: what is wrong with the time of this machine, and what to do about it? */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "doctor/doctor.h"
#include "platform/native.h"

#define SECONDS_DEFAULT 4
#define SECONDS_MAX     3600

typedef struct {
	GclkCliOptions common;
	gint seconds;
	gboolean no_network;
} Options;

static void options_clear(Options *options)
{
	gclk_cli_options_clear(&options->common);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(Options *options, int argc, char **argv)
{
	const GOptionEntry entries[] = {
		{ "seconds", 's', 0, G_OPTION_ARG_INT, &options->seconds,
			"Measure the timer ticks for so long (default: 4; 0: not at all)", "N" },
		{ "no-network", 0, 0, G_OPTION_ARG_NONE, &options->no_network,
			"Do not ask the NTP servers", NULL },
		{ 0 },
	};

	if (!gclk_cli_parse(&options->common,
		    "Tells what is wrong with the time of this machine, and what to do about it.\n"
		    "Exit status: 0 nothing worse than a note, 1 warning, 2 critical, 3 wrong "
		    "usage.",
		    entries, argc, argv))
		return FALSE;
	options->common.exit_code = GCLK_EXIT_UNKNOWN;
	if (options->seconds < 0 || options->seconds > SECONDS_MAX) {
		gclk_cli_complain("--seconds: %d is not a number from 0 to %d", options->seconds,
			SECONDS_MAX);
		return FALSE;
	}
	return TRUE;
}

/* --- examination ------------------------------------------------------------------------------ */

typedef struct {
	GclkMachine machine;
	GclkSurvey *survey;
	GPtrArray *findings;
} Examination;

static void examination_clear(Examination *examination)
{
	g_clear_pointer(&examination->findings, g_ptr_array_unref);
	g_clear_pointer(&examination->survey, gclk_survey_free);
	if (examination->machine.platform)
		examination->machine.platform->free(examination->machine.platform);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Examination, examination_clear)

static void examine(Examination *examination, const Options *options)
{
	g_auto(GclkCliLook) look = { 0 };

	examination->machine = gclk_machine_native(gclk_native_new(NULL, g_main_context_default()));
	examination->survey = gclk_survey_new(&examination->machine);
	examination->findings = gclk_survey_check(examination->survey);
	gclk_cli_look(&look, options->common.run_directory);
	if (!look.problem)
		gclk_doctor_add_status(examination->findings, look.status);
	gclk_findings_sort(examination->findings);
}

static void show(const Examination *examination, const Options *options)
{
	const GclkDoctorReport report = {
		.findings = examination->findings,
		.unreadable = examination->survey->detection->unreadable,
		.ticks = examination->survey->ticks,
		.is_root = geteuid() == 0,
		.may_fix = TRUE,
	};
	g_autofree char *text = NULL;

	if (options->common.json) {
		GclkJson *json = gclk_json_new();

		gclk_json_begin_object(json, NULL);
		gclk_doctor_json(&report, json);
		gclk_json_end_object(json);
		text = gclk_json_finish(json);
	} else {
		text = gclk_doctor_text(&report, options->common.color);
	}
	fputs(text, stdout);
}

int gclk_cli_doctor(int argc, char **argv)
{
	g_auto(Options) options = { .seconds = SECONDS_DEFAULT };
	g_auto(Examination) examination = { 0 };

	if (!parse(&options, argc, argv))
		return options.common.exit_code;
	examine(&examination, &options);
	show(&examination, &options);
	return gclk_findings_exit_code(examination.findings);
}
