/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/examination.h"

#include <string.h>

#include "detect/tick-probe.h"
#include "detect/time-programs.h"
#include "doctor/check-ntp.h"
#include "doctor/ntp-round.h"
#include "doctor/reference-rate.h"
#include "guestclock/ntp-key.h"
#include "source/ptp-scan.h"

#define KEY_FILE_LIMIT 65536

static void tell(const GclkExaminationWishes *wishes, const char *what, gint64 done, gint64 total)
{
	if (wishes->progress)
		wishes->progress(wishes->user, what, done, total);
}

/* What all parts need. */
typedef struct {
	GclkExamination *out;
	const GclkMachine *machine;
	GclkConfig *config;
	GMainContext *context; /* the platform's loop */
	const GclkExaminationWishes *wishes;
} Work;

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

/* The servers are being asked. */
typedef struct {
	GArray *keys;        /* of GclkNtpKey, or NULL */
	GclkNtpRound *round; /* NULL: not yet */
	gboolean done;
} Asking;

static void asking_clear(Asking *asking)
{
	gclk_ntp_round_free(asking->round);
	g_clear_pointer(&asking->keys, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asking, asking_clear)

static void begin_asking(Asking *asking, GclkPlatform *platform, GclkConfig *config)
{
	gclk_config_discover(config, "/");
	asking->keys = read_keys(platform, config);
	asking->round =
		gclk_ntp_round_start(platform, config, asking->keys, on_round, &asking->done);
}

static void ask_servers(
	GclkNtpView *view, const Asking *asking, GMainContext *context, GPtrArray *findings)
{
	g_autoptr(GPtrArray) answers = NULL;

	while (!asking->done)
		g_main_context_iteration(context, TRUE);
	answers = gclk_ntp_round_answers(asking->round);
	view->answers = answers;
	gclk_check_ntp(view, findings);
}

static void check_ntp(const Work *work, Asking *asking, GPtrArray *findings)
{
	GclkPlatform *platform = work->machine->platform;
	const GclkSurvey *survey = work->out->survey;
	GclkNtpView view = {
		.has_precision = has_precision(platform),
		.keeper = keeper_of(survey),
		.foreign = !survey->detection->owns_clock,
	};

	view.kept = view.keeper && survey->has_discipline && !survey->discipline.unsynchronised;
	if (work->wishes->status) {
		gclk_check_ntp_status(&view, work->wishes->status, findings);
		return;
	}
	if (!work->wishes->network)
		return;
	tell(work->wishes, "asking the NTP servers", 0, 0);
	begin_asking(asking, platform, work->config);
	view.servers_from = work->config->servers_from;
	view.servers_note = work->config->servers_note;
	ask_servers(&view, asking, work->context, findings);
}

/* --- ticks ------------------------------------------------------------------------------------ */

/* Of the loop, at one step of the measurement: more would keep it from what it measures. */
#define DISPATCHES 8

typedef struct {
	const Work *work;
	GclkReferenceRate *rate;
} Measuring;

static void on_progress(gpointer user, gint64 done, gint64 total)
{
	tell(((const Measuring *)user)->work->wishes, "measuring timer ticks", done, total);
}

static void on_step(gpointer user, gint64 done, gint64 duration)
{
	const Measuring *measuring = user;

	for (guint i = 0; i < DISPATCHES; i++)
		if (!g_main_context_iteration(measuring->work->context, FALSE))
			break;
	gclk_reference_rate_step(measuring->rate, done, duration);
}

static gboolean on_counter(gpointer user, GclkTickCounter *out)
{
	return gclk_reference_rate_counter(((const Measuring *)user)->rate, out);
}

/* What time from outside says of the rate: of a living daemon, or of a server. */
static void find_reference(const Work *work, Asking *asking, GclkReferenceRate *rate)
{
	const GclkExaminationWishes *wishes = work->wishes;

	if (wishes->status && gclk_reference_rate_from_status(
				      rate, wishes->status, work->out->survey->clocksource))
		return;
	if (!wishes->network)
		return;
	if (!asking->round)
		begin_asking(asking, work->machine->platform, work->config);
	gclk_reference_rate_from_round(rate, asking->round);
}

static void measure_ticks(const Work *work, Asking *asking)
{
	g_autoptr(GclkReferenceRate) rate = NULL;
	GclkExamination *out = work->out;
	Measuring measuring = { .work = work };
	const GclkTickBeside beside = { on_progress, on_step, on_counter, &measuring };

	if (work->wishes->ticks <= 0)
		return;
	measuring.rate = rate = gclk_reference_rate_new(work->machine->platform);
	find_reference(work, asking, rate);
	gclk_tick_probe_run(work->machine, work->wishes->ticks, &beside, &out->ticks);
	out->has_ticks = TRUE;
	out->survey->ticks = &out->ticks;
}

/* --- all of it -------------------------------------------------------------------------------- */

void gclk_examine(GclkExamination *out, const GclkMachine *machine, GclkConfig *config,
	GMainContext *context, const GclkExaminationWishes *wishes)
{
	const Work work = { out, machine, config, context, wishes };
	g_autoptr(GPtrArray) ntp = g_ptr_array_new_full(8, NULL);
	g_auto(Asking) asking = { 0 };

	*out = (GclkExamination){ 0 };
	tell(wishes, "looking at the machine", 0, 0);
	out->survey = gclk_survey_new(machine);
	check_ntp(&work, &asking, ntp);
	measure_ticks(&work, &asking);
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
