/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/examination.h"

#include <string.h>

#include "detect/tick-probe.h"
#include "detect/time-programs.h"
#include "doctor/check-ntp.h"
#include "doctor/ntp-round.h"
#include "guestclock/ntp-key.h"
#include "source/ptp-scan.h"

#define KEY_FILE_LIMIT 65536

static void tell(const GclkExaminationWishes *wishes, const char *what, gint64 done, gint64 total)
{
	if (wishes->progress)
		wishes->progress(wishes->user, what, done, total);
}

/* --- ticks ------------------------------------------------------------------------------------ */

static void on_ticks(gpointer user, gint64 done, gint64 total)
{
	tell(user, "measuring timer ticks", done, total);
}

static void measure_ticks(
	GclkExamination *out, const GclkMachine *machine, const GclkExaminationWishes *wishes)
{
	if (wishes->ticks <= 0)
		return;
	gclk_tick_probe_run(machine, wishes->ticks, on_ticks, (gpointer)wishes, &out->ticks);
	out->has_ticks = TRUE;
	out->survey->ticks = &out->ticks;
}

/* --- NTP -------------------------------------------------------------------------------------- */

static gboolean has_precision(GclkPlatform *platform)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(platform);

	return gclk_ptp_choose(devices) != NULL;
}

static const char *keeper_of(const GclkSurvey *survey)
{
	for (guint i = 0; i < survey->programs->len; i++) {
		const GclkTimeProgram *program = survey->programs->pdata[i];

		if (program->steers)
			return program->name;
	}
	return NULL;
}

/* NULL: no server needs one, or it cannot be read, which each such server then says. */
static GArray *read_keys(GclkPlatform *platform, const GclkConfig *config)
{
	g_autofree char *text = NULL;
	gboolean needed = FALSE;
	gsize length = 0;

	for (guint i = 0; i < config->servers->len; i++)
		needed |= ((const GclkServerConfig *)config->servers->pdata[i])->key != 0;
	if (needed && config->keys)
		text = platform->read_file(platform, config->keys, KEY_FILE_LIMIT, &length, NULL);
	return text ? gclk_ntp_keys_parse(text, length, NULL) : NULL;
}

static void on_round(gpointer user)
{
	*(gboolean *)user = TRUE;
}

static void ask_servers(GclkNtpView *view, GclkPlatform *platform, GclkConfig *config,
	GMainContext *context, GPtrArray *findings)
{
	g_autoptr(GPtrArray) answers = NULL;
	g_autoptr(GArray) keys = read_keys(platform, config);
	gboolean done = FALSE;
	GclkNtpRound *round = gclk_ntp_round_start(platform, config, keys, on_round, &done);

	while (!done)
		g_main_context_iteration(context, TRUE);
	answers = gclk_ntp_round_answers(round);
	gclk_ntp_round_free(round);
	view->answers = answers;
	gclk_check_ntp(view, findings);
}

static void check_ntp(const GclkExamination *out, GPtrArray *findings, GclkConfig *config,
	GMainContext *context, const GclkExaminationWishes *wishes)
{
	GclkPlatform *platform = out->survey->machine->platform;
	GclkNtpView view = {
		.has_precision = has_precision(platform),
		.keeper = keeper_of(out->survey),
		.foreign = !out->survey->detection->owns_clock,
	};

	view.kept = view.keeper && out->survey->has_discipline &&
		    !out->survey->discipline.unsynchronised;
	if (wishes->status) {
		gclk_check_ntp_status(&view, wishes->status, findings);
		return;
	}
	if (!wishes->network)
		return;
	tell(wishes, "asking the NTP servers", 0, 0);
	gclk_config_discover(config, "/");
	view.servers_from = config->servers_from;
	view.servers_note = config->servers_note;
	ask_servers(&view, platform, config, context, findings);
}

/* --- all of it -------------------------------------------------------------------------------- */

void gclk_examine(GclkExamination *out, const GclkMachine *machine, GclkConfig *config,
	GMainContext *context, const GclkExaminationWishes *wishes)
{
	g_autoptr(GPtrArray) ntp = g_ptr_array_new_full(8, NULL);

	*out = (GclkExamination){ 0 };
	tell(wishes, "looking at the machine", 0, 0);
	out->survey = gclk_survey_new(machine);
	check_ntp(out, ntp, config, context, wishes);
	measure_ticks(out, machine, wishes);
	out->findings = gclk_survey_check(out->survey);
	g_ptr_array_extend_and_steal(out->findings, g_steal_pointer(&ntp));
	if (wishes->status)
		gclk_doctor_add_status(out->findings, wishes->status);
	else if (wishes->silent)
		gclk_findings_add(out->findings, "guestclockd-silent", GCLK_SEVERITY_WARNING,
			wishes->silent,
			"look at its log (journalctl -u guestclockd), then: systemctl restart "
			"guestclockd");
	gclk_findings_sort(out->findings);
}

void gclk_examination_clear(GclkExamination *examination)
{
	g_clear_pointer(&examination->findings, g_ptr_array_unref);
	g_clear_pointer(&examination->survey, gclk_survey_free);
}
