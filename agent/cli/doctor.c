/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock doctor: what is wrong with the time of this machine, and what to do about it? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "cli/cli.h"
#include "detect/vmware-time.h"
#include "doctor/examination.h"
#include "doctor/fix.h"
#include "platform/native.h"

#define SECONDS_DEFAULT 5
#define SECONDS_MAX     3600
#define CONFIG_FILE     GCLK_SYSCONFDIR "/guestclock/guestclockd.conf"

typedef struct {
	GclkCliOptions common;
	gint seconds;
	gboolean no_network, fix, dry_run, undo, quiet;
	char *root, *config;
} Options;

static void options_clear(Options *options)
{
	gclk_cli_options_clear(&options->common);
	g_free(options->root);
	g_free(options->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* --- options ---------------------------------------------------------------------------------- */

static gboolean check_options(const Options *options)
{
	if (options->seconds < 0 || options->seconds > SECONDS_MAX)
		gclk_cli_complain("--seconds: %d is not a number from 0 to %d", options->seconds,
			SECONDS_MAX);
	else if (options->fix + options->dry_run + options->undo > 1)
		gclk_cli_complain("--fix, --dry-run and --undo exclude each other");
	else if (options->root && !options->fix && !options->dry_run && !options->undo)
		gclk_cli_complain("--root goes with --fix, --dry-run or --undo");
	else if (options->root && !g_path_is_absolute(options->root))
		gclk_cli_complain("--root: \"%s\" does not begin with /", options->root);
	else if ((options->fix || options->undo) && !options->root && geteuid() != 0)
		gclk_cli_complain(
			"%s needs root: nothing was changed", options->fix ? "--fix" : "--undo");
	else
		return TRUE;
	return FALSE;
}

static gboolean parse(Options *options, int argc, char **argv)
{
	const GOptionEntry entries[] = {
		{ "fix", 0, 0, G_OPTION_ARG_NONE, &options->fix,
			"Do what can safely be done about it", NULL },
		{ "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run,
			"Tell what --fix would do", NULL },
		{ "undo", 0, 0, G_OPTION_ARG_NONE, &options->undo, "Take back what --fix has done",
			NULL },
		{ "root", 0, 0, G_OPTION_ARG_FILENAME, &options->root,
			"Write the files below it, change no setting now", "DIR" },
		{ "seconds", 's', 0, G_OPTION_ARG_INT, &options->seconds,
			"Measure the ticks for N s (default: 5; 0: not at all)", "N" },
		{ "no-network", 0, 0, G_OPTION_ARG_NONE, &options->no_network,
			"Do not ask the NTP servers", NULL },
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
			"guestclockd's configuration (default: " CONFIG_FILE ")", "FILE" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
			"Print nothing; the exit status tells", NULL },
		{ 0 },
	};

	if (!gclk_cli_parse(&options->common,
		    "Tells what is wrong with the time of this machine, and what to do about it.\n"
		    "Exit status: 0 nothing worse than a note, 1 warning, 2 critical, 3 wrong "
		    "usage,\nor a fix failed.",
		    entries, argc, argv))
		return FALSE;
	options->common.exit_code = GCLK_EXIT_UNKNOWN;
	return check_options(options);
}

/* --- the examination -------------------------------------------------------------------------- */

typedef struct {
	const Options *options;
	GclkPrivileged *privileged; /* resolves names; NULL: only numbers are */
	GMainContext *context;
	GclkMachine machine;
	GclkConfig *config;
	char *config_problem;
	gboolean progress; /* there is a terminal to show it on */
	GclkExamination examination;
} Session;

static void session_clear(Session *session)
{
	gclk_examination_clear(&session->examination);
	if (session->machine.platform)
		session->machine.platform->free(session->machine.platform);
	g_clear_pointer(&session->privileged, gclk_privileged_free);
	g_clear_pointer(&session->context, g_main_context_unref);
	g_clear_pointer(&session->config, gclk_config_free);
	g_clear_pointer(&session->config_problem, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

/* Defaults stand in for a configuration that is wrong, which is itself worth telling. */
static void read_config(Session *session)
{
	const char *file = session->options->config;
	g_autoptr(GError) error = NULL;

	session->config = gclk_config_load(file ? file : CONFIG_FILE, file != NULL, &error);
	if (session->config)
		return;
	session->config = gclk_config_new();
	if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
		session->config_problem = g_strdup(error->message);
}

static void session_open(Session *session, const Options *options)
{
	static const GclkPrivilegedPolicy names_only = { NULL, NULL, NULL, NULL };
	const char *terminal = g_getenv("TERM");

	session->options = options;
	read_config(session);
	if (!options->no_network)
		session->privileged = gclk_privileged_start(&names_only, NULL);
	session->context = g_main_context_new();
	session->machine =
		gclk_machine_native(gclk_native_new(session->privileged, session->context));
	session->machine.host_time = gclk_vmware_host_time;
	session->progress = isatty(STDERR_FILENO) && !options->common.json && !options->quiet &&
			    g_strcmp0(terminal, "dumb") != 0;
}

#define PROGRESS_WIDTH 60

static void show_progress(gpointer user, const char *what, gint64 done, gint64 total)
{
	const Session *session = user;
	g_autofree char *line = NULL;

	if (!session->progress)
		return;
	if (total > 0)
		line = g_strdup_printf(
			"%s: %.1f of %.1f s", what, (double)done / 1e9, (double)total / 1e9);
	else
		line = g_strdup_printf("%s ...", what);
	fprintf(stderr, "\r%-*s", PROGRESS_WIDTH, line);
	fflush(stderr);
}

static void end_progress(const Session *session)
{
	if (session->progress)
		fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH, "");
}

static void examine(Session *session)
{
	g_auto(GclkCliLook) look = { 0 };
	GclkExaminationWishes wishes = {
		.progress = show_progress,
		.user = session,
		.ticks = session->options->seconds * GCLK_NS_PER_S,
		/* of a configuration that is wrong nobody knows which servers it means */
		.network = !session->options->no_network && !session->config_problem,
	};

	gclk_cli_look(&look, session->options->common.run_directory);
	wishes.status = look.problem ? NULL : look.status;
	/* one that is there and does not report is worth more than silence */
	wishes.silent = look.status ? look.problem : NULL;
	gclk_examination_clear(&session->examination);
	gclk_examine(&session->examination, &session->machine, session->config, session->context,
		&wishes);
	end_progress(session);
	if (!session->config_problem)
		return;
	gclk_findings_add(session->examination.findings, "configuration", GCLK_SEVERITY_WARNING,
		session->config_problem, "mend it: guestclockd does not start with it");
	gclk_findings_sort(session->examination.findings);
}

/* --- what is printed -------------------------------------------------------------------------- */

static GclkDoctorReport report_of(const Session *session, gboolean may_fix)
{
	const GclkExamination *seen = &session->examination;

	return (GclkDoctorReport){
		.findings = seen->findings,
		.unreadable = seen->survey->detection->unreadable,
		.ticks = seen->has_ticks ? &seen->ticks : NULL,
		.is_root = geteuid() == 0,
		.may_fix = may_fix,
	};
}

static void add_report(const Session *session, gboolean may_fix, GString *out)
{
	const GclkDoctorReport report = report_of(session, may_fix);
	g_autofree char *text = gclk_doctor_text(&report, session->options->common.color);

	g_string_append(out, text);
}

static void add_json(const Session *session, const GPtrArray *outcomes, GString *out)
{
	GclkJson *json = gclk_json_new();
	g_autofree char *text = NULL;

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", GCLK_DOCTOR_SCHEMA);
	if (session->examination.findings) {
		const GclkDoctorReport report = report_of(session, FALSE);

		gclk_doctor_json(&report, json);
	}
	if (outcomes)
		gclk_outcomes_to_json(json, "changes", outcomes);
	gclk_json_end_object(json);
	text = gclk_json_finish(json);
	g_string_append(out, text);
}

/* outcomes: NULL unless something was done or planned. */
static void print(const Session *session, const GPtrArray *outcomes)
{
	const Options *options = session->options;
	const gboolean color = options->common.color;
	g_autoptr(GString) out = g_string_new(NULL);

	if (options->quiet)
		return;
	if (options->common.json) {
		add_json(session, outcomes, out);
	} else if (options->undo) {
		gclk_outcomes_to_text(out, outcomes,
			outcomes->len ? NULL : "There is nothing to take back.", color);
	} else if (options->fix && outcomes) {
		gclk_outcomes_to_text(out, outcomes,
			outcomes->len ? NULL : "There is nothing that --fix could do.", color);
		g_string_append(out, "\nAs it is now:\n\n");
		add_report(session, FALSE, out);
	} else {
		add_report(session, !outcomes && !options->fix, out);
	}
	if (options->dry_run && outcomes && !options->common.json) {
		g_string_append_c(out, '\n');
		gclk_outcomes_to_text(out, outcomes,
			outcomes->len ? "What --fix would do (nothing was changed):"
				      : "There is nothing that --fix could do.",
			color);
	}
	fputs(out->str, stdout);
}

/* --- fixes -------------------------------------------------------------------------------------
 */

static GclkFixSystem system_of(const Session *session, GclkOs os)
{
	const char *root = session->options->root;

	return (GclkFixSystem){
		.root = root ? root : "/",
		.state_directory = session->config->state_directory,
		.live = !root,
		.os = os,
	};
}

/* Does or previews what the findings name; NULL with an error: nothing was changed. */
static GPtrArray *treat(const Session *session, GError **error)
{
	const GclkFixSystem system = system_of(session, session->examination.survey->os);
	g_autoptr(GPtrArray) plan = NULL;
	GclkFixPlaces places;

	if (!gclk_fix_look(&system, &places, error))
		return NULL;
	plan = gclk_fix_plan(session->examination.findings, &places);
	if (session->options->dry_run)
		return gclk_fix_preview(&system, plan, error);
	/* without anything to do, no directory is made either */
	if (plan->len == 0)
		return g_ptr_array_new();
	return gclk_fix_apply(&system, plan, error);
}

/* What was done shows only when one looks again. */
static gboolean has_changed(const GPtrArray *outcomes)
{
	for (guint i = 0; i < outcomes->len; i++)
		if (((const GclkOutcome *)outcomes->pdata[i])->kind == GCLK_OUTCOME_DONE)
			return TRUE;
	return FALSE;
}

static int diagnose(Session *session)
{
	const Options *options = session->options;
	g_autoptr(GPtrArray) outcomes = NULL;
	g_autoptr(GError) error = NULL;

	examine(session);
	if (options->fix || options->dry_run)
		outcomes = treat(session, &error);
	if (options->fix && outcomes && has_changed(outcomes) && !options->root)
		examine(session);
	print(session, outcomes);
	if (error)
		gclk_cli_complain("nothing was changed: %s", error->message);
	if (error || (outcomes && gclk_outcomes_failed(outcomes)))
		return GCLK_EXIT_UNKNOWN;
	return gclk_findings_exit_code(session->examination.findings);
}

static int take_back(Session *session)
{
	const GclkFixSystem system = system_of(
		session, strcmp(session->machine.platform->name, "freebsd") == 0 ? GCLK_OS_FREEBSD
										 : GCLK_OS_LINUX);
	g_autoptr(GPtrArray) outcomes = NULL;
	g_autoptr(GError) error = NULL;
	int code = GCLK_EXIT_OK;

	outcomes = gclk_fix_undo(&system, &error);
	if (!outcomes) {
		gclk_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	print(session, outcomes);
	for (guint i = 0; i < outcomes->len; i++)
		if (((const GclkOutcome *)outcomes->pdata[i])->kind == GCLK_OUTCOME_LEFT)
			code = GCLK_EXIT_WARNING;
	return gclk_outcomes_failed(outcomes) ? GCLK_EXIT_UNKNOWN : code;
}

int gclk_cli_doctor(int argc, char **argv)
{
	g_auto(Options) options = { .seconds = SECONDS_DEFAULT };
	g_auto(Session) session = { 0 };

	if (!parse(&options, argc, argv))
		return options.common.exit_code;
	session_open(&session, &options);
	return options.undo ? take_back(&session) : diagnose(&session);
}
