/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock waitsync: returns when the clock is right. For scripts and units that need it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guestclock/format.h"
#include "cli/cli.h"
#include "guestclock/duration.h"
#include "report/table.h"
#include "guestclock/text.h"

#define LOOK_INTERVAL_US  (G_USEC_PER_SEC / 4)
#define DEFAULT_MAX_ERROR "1s"
/* Without --timeout: how long a daemon may take to appear, e.g. while the machine boots. */
#define DAEMON_PATIENCE_US (10 * G_USEC_PER_SEC)

typedef struct {
	const GclkCliOptions *options;
	gint64 max_error; /* ns */
	gint64 timeout;   /* us, 0: none */
	gint64 begin;     /* us, monotonic */
	gboolean terminal;
} Wait;

static gboolean is_reached(const Wait *wait, const GclkStatus *status)
{
	return status->state == GCLK_STATE_SYNCHRONISED &&
	       status->error_bound <= wait->max_error;
}

/* Where things stand, in one line. */
static char *describe(const GclkCliLook *look)
{
	char error[32];

	if (look->problem)
		return g_strdup(look->problem);
	if (look->status->state != GCLK_STATE_SYNCHRONISED)
		return g_strdup_printf("%s%s%s", gclk_state_name(look->status->state),
			look->status->reason ? ": " : "",
			look->status->reason ? look->status->reason : "");
	gclk_format_bound(look->status->error_bound, error);
	return g_strdup_printf("synchronised to %s, but only within %s",
		look->status->selected ? look->status->selected : "?", error);
}

static gint64 elapsed(const Wait *wait)
{
	return g_get_monotonic_time() - wait->begin;
}

static void show_progress(const Wait *wait, const char *line)
{
	g_autofree char *text = NULL;
	g_autofree char *clean = NULL;
	g_autofree char *fitting = NULL;

	if (!wait->terminal)
		return;
	text = g_strdup_printf("%3d s: %s", (int)(elapsed(wait) / G_USEC_PER_SEC), line);
	clean = gclk_text_clean(text);
	fitting = gclk_text_shorten(clean, 79);
	fprintf(stderr, "\r%s\033[K", fitting);
}

static void end_progress(const Wait *wait)
{
	if (wait->terminal)
		fputs("\r\033[K", stderr);
}

static int tell_reached(const Wait *wait, const GclkCliLook *look)
{
	g_autofree char *source = gclk_text_clean(look->status->selected);
	char error[32];

	if (wait->options->json) {
		fputs(look->text, stdout);
		return GCLK_EXIT_OK;
	}
	gclk_format_bound(look->status->error_bound, error);
	printf("synchronised to %s, right within %s (after %.1f s)\n", source, error,
		(double)elapsed(wait) / G_USEC_PER_SEC);
	return GCLK_EXIT_OK;
}

static int tell_timeout(const Wait *wait, const GclkCliLook *look, const char *line)
{
	if (look->problem)
		return gclk_cli_tell_problem(wait->options, look);
	gclk_cli_complain(
		"timed out after %.1f s: %s", (double)elapsed(wait) / G_USEC_PER_SEC, line);
	if (wait->options->json)
		fputs(look->text, stdout);
	return GCLK_EXIT_WARNING;
}

static int wait_for_it(const Wait *wait)
{
	gint64 seen = wait->begin; /* when a living daemon was last seen, or the begin */

	for (;;) {
		g_auto(GclkCliLook) look = { 0 };
		g_autofree char *line = NULL;
		gint64 left = G_MAXINT64;

		gclk_cli_look(&look, wait->options->run_directory);
		line = describe(&look);
		if (!look.problem) {
			seen = g_get_monotonic_time();
			if (is_reached(wait, look.status)) {
				end_progress(wait);
				return tell_reached(wait, &look);
			}
		}
		show_progress(wait, line);
		if (wait->timeout)
			left = wait->timeout - elapsed(wait);
		else if (look.problem)
			left = seen + DAEMON_PATIENCE_US - g_get_monotonic_time();
		if (left <= 0) {
			end_progress(wait);
			return tell_timeout(wait, &look, line);
		}
		g_usleep((gulong)MIN(left, LOOK_INTERVAL_US));
	}
}

static gboolean read_duration(const char *option, const char *text, gint64 *ns)
{
	g_autoptr(GError) error = NULL;

	if (!gclk_duration_parse(text, ns, &error))
		gclk_cli_complain("%s=%s: %s", option, text, error->message);
	return error == NULL;
}

int gclk_cli_waitsync(int argc, char **argv)
{
	g_autofree char *max_error = NULL;
	g_autofree char *timeout = NULL;
	const GOptionEntry entries[] = {
		{ "max-error", 0, 0, G_OPTION_ARG_STRING, &max_error,
			"How far the clock may be off (default " DEFAULT_MAX_ERROR ")",
			"DURATION" },
		{ "timeout", 0, 0, G_OPTION_ARG_STRING, &timeout,
			"Give up after that (default: never)", "DURATION" },
		{ 0 },
	};
	g_auto(GclkCliOptions) options = { 0 };
	Wait wait = { .options = &options,
		.begin = g_get_monotonic_time(),
		.terminal = isatty(STDERR_FILENO) };
	gint64 timeout_ns = 0;

	if (!gclk_cli_parse(&options,
		    "Waits until the clock is synchronised and right within --max-error.", entries,
		    argc, argv))
		return options.exit_code;
	if (!read_duration(
		    "--max-error", max_error ? max_error : DEFAULT_MAX_ERROR, &wait.max_error) ||
		(timeout && !read_duration("--timeout", timeout, &timeout_ns)))
		return GCLK_EXIT_UNKNOWN;
	/* a timeout of 0 is one look, not none */
	wait.timeout = timeout ? MAX(timeout_ns / 1000, 1) : 0;
	return wait_for_it(&wait);
}
