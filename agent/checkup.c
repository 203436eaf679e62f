/* SPDX-License-Identifier: BSD-2-Clause */
#include "checkup.h"

#include <string.h>

#include "doctor/survey.h"
#include "guestclock/finding.h"

#define INTERVAL (600 * GCLK_NS_PER_S)

/* Findings of the doctor that are none here ... */
static const struct {
	const char *id;
	const char *unless; /* ... while the agent has this one of its own; NULL: ever */
} told[] = {
	/* who steers, and whether the clock is right, is the daemon's own business */
	{ "two-masters", "rival" },
	{ "nobody-steers", NULL },
	{ "clock-unsynchronised", NULL },
	{ "clock-off-host", NULL },
	{ "frequency-at-limit", NULL },
	{ "tick-left-behind", NULL },
	/* found by what it takes to correct the rate */
	{ "tick-loss", "rate-beyond-reach" },
	{ "tick-loss", "rate-by-tick" },
	{ "clock-slow", "rate-beyond-reach" },
	{ "clock-slow", "rate-by-tick" },
	{ "clock-fast", "rate-beyond-reach" },
	{ "clock-fast", "rate-by-tick" },
};

GclkCheckup *gclk_checkup_new(const GclkMachine *machine)
{
	GclkCheckup *checkup = g_new0(GclkCheckup, 1);
	GclkReader reader = { .platform = machine->platform };

	checkup->machine = machine;
	checkup->ids = g_ptr_array_new_with_free_func(g_free);
	checkup->log = gclk_kernel_log_new(machine, &reader);
	return checkup;
}

void gclk_checkup_free(GclkCheckup *checkup)
{
	if (!checkup)
		return;
	gclk_kernel_log_free(checkup->log);
	g_ptr_array_unref(checkup->ids);
	g_free(checkup);
}

void gclk_checkup_expire(GclkCheckup *checkup)
{
	checkup->made = 0;
}

/* --- what was found --------------------------------------------------------------------------- */

/* What else the host might offer is worth a warning only while the clock is not kept without it. */
static gboolean is_idle_offer(const GclkAgent *agent, const GclkFinding *finding)
{
	return g_str_has_prefix(finding->id, "offer-") &&
	       gclk_agent_state(agent) != GCLK_STATE_UNSYNCHRONISED;
}

static gboolean is_told(const GclkAgent *agent, const GclkFinding *finding)
{
	if (is_idle_offer(agent, finding))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
		if (strcmp(told[i].id, finding->id) == 0 &&
			(!told[i].unless || gclk_agent_has_finding(agent, told[i].unless)))
			return TRUE;
	return FALSE;
}

static gboolean has(const GPtrArray *ids, const char *id)
{
	for (guint i = 0; i < ids->len; i++)
		if (strcmp(ids->pdata[i], id) == 0)
			return TRUE;
	return FALSE;
}

/* The agent's own finding of the same name stays its own. */
static GPtrArray *show(const GclkCheckup *checkup, const GPtrArray *findings, GclkAgent *agent)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		if (finding->severity < GCLK_SEVERITY_WARNING || is_told(agent, finding) ||
			has(ids, finding->id) ||
			(!has(checkup->ids, finding->id) &&
				gclk_agent_has_finding(agent, finding->id)))
			continue;
		gclk_agent_refresh_finding(
			agent, finding->id, finding->severity, finding->statement, finding->remedy);
		g_ptr_array_add(ids, g_strdup(finding->id));
	}
	return ids;
}

static void take(GclkCheckup *checkup, const GPtrArray *findings, GclkAgent *agent)
{
	GPtrArray *ids = show(checkup, findings, agent);

	for (guint i = 0; i < checkup->ids->len; i++)
		if (!has(ids, checkup->ids->pdata[i]))
			gclk_agent_clear_finding(agent, checkup->ids->pdata[i]);
	g_ptr_array_unref(checkup->ids);
	checkup->ids = ids;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* What root has read of the kernel's log holds where it can be read no more. */
static void lend_log(GclkCheckup *checkup, GclkSurvey *survey)
{
	if (survey->log) {
		gclk_kernel_log_free(checkup->log);
		checkup->log = g_steal_pointer(&survey->log);
	}
	survey->log = checkup->log;
}

void gclk_checkup_look(GclkCheckup *checkup, GclkAgent *agent, gint64 now)
{
	g_autoptr(GclkSurvey) survey = NULL;
	g_autoptr(GPtrArray) findings = NULL;

	if (checkup->made && now - checkup->made < INTERVAL)
		return;
	checkup->made = now;
	survey = gclk_survey_new(checkup->machine);
	lend_log(checkup, survey);
	survey->ticks = gclk_agent_ticks(agent);
	findings = gclk_survey_check(survey);
	survey->log = NULL;
	take(checkup, findings, agent);
}
