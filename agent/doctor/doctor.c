/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/doctor.h"

#include <math.h>

#include "guestclock/finding-report.h"
#include "guestclock/text.h"

#define WIDTH 80
#define LABEL 10
/* So many unreadable places are shown; `guestclock detect` has them all. */
#define UNREADABLE_SHOWN 6

void gclk_doctor_add_status(GPtrArray *findings, const GclkStatus *status)
{
	for (guint i = 0; i < status->findings->len; i++) {
		const GclkFinding *finding = status->findings->pdata[i];

		if (!gclk_findings_find(findings, finding->id))
			g_ptr_array_add(findings, gclk_finding_copy(finding));
	}
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_line(GString *out, const char *text)
{
	g_autofree char *clean = gclk_text_clean(text);

	gclk_text_pad(out, "", LABEL);
	gclk_text_wrap(out, clean, LABEL, LABEL + 2, WIDTH);
}

/* Does a finding show this line already? */
static gboolean is_told(const GPtrArray *findings, const char *line)
{
	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		if (finding->evidence && g_ptr_array_find_with_equal_func(
						 finding->evidence, line, g_str_equal, NULL))
			return TRUE;
	}
	return FALSE;
}

/* The places that no finding speaks of, as lines. */
static GPtrArray *unreadable_lines(const GclkDoctorReport *report)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; report->unreadable && i < report->unreadable->len; i++) {
		const GclkFact *fact = report->unreadable->pdata[i];
		g_autofree char *line = g_strdup_printf("%s: %s", fact->name, fact->value);

		if (!is_told(report->findings, line))
			g_ptr_array_add(lines, g_steal_pointer(&line));
	}
	return lines;
}

static void add_unreadable(GString *out, const GclkDoctorReport *report, gboolean color)
{
	g_autoptr(GPtrArray) lines = unreadable_lines(report);

	if (lines->len == 0)
		return;
	g_string_append_c(out, '\n');
	gclk_text_pad_style(out, "Could not be read", 0, GCLK_STYLE_BOLD, color);
	g_string_append(out, report->is_root ? "\n" : " (root can read more)\n");
	for (guint i = 0; i < MIN(lines->len, UNREADABLE_SHOWN); i++)
		add_line(out, lines->pdata[i]);
	if (lines->len > UNREADABLE_SHOWN) {
		g_autofree char *line = g_strdup_printf(
			"and %u more: guestclock doctor --json", lines->len - UNREADABLE_SHOWN);

		add_line(out, line);
	}
}

char *gclk_doctor_text(const GclkDoctorReport *report, gboolean color)
{
	const GclkFindingStyle style = {
		.good = "Nothing is wrong with the time of this machine",
		.fix_hint = report->may_fix ? "(guestclock doctor --fix does it; --dry-run "
					      "only shows what)"
					    : NULL,
		.color = color,
	};
	GString *out = g_string_new(NULL);

	gclk_findings_to_text(out, report->findings, &style);
	add_unreadable(out, report, color);
	gclk_findings_fine_to_text(out, report->findings, color);
	return g_string_free(out, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_ticks(GclkJson *json, const GclkTickHealth *ticks)
{
	if (!ticks) {
		gclk_json_null(json, "ticks");
		return;
	}
	gclk_json_begin_object(json, "ticks");
	gclk_json_string(json, "verdict", gclk_tick_verdict_name(ticks->verdict));
	gclk_json_double(json, "lost_ppm", ticks->lost_ppm, 3);
	gclk_json_double(json, "lost_error_ppm", ticks->lost_error_ppm, 3);
	gclk_json_string(json, "reference", ticks->reference);
	gclk_json_double(json, "confidence", ticks->confidence, 3);
	gclk_json_int(json, "measured_ns", ticks->measured);
	gclk_json_uint(json, "hz", ticks->hz);
	gclk_json_int(json, "lateness_worst_ns", ticks->lateness_worst);
	gclk_json_double(json, "late_share", ticks->late_share, 6);
	if (ticks->steal_share < 0)
		gclk_json_null(json, "steal_share");
	else
		gclk_json_double(json, "steal_share", ticks->steal_share, 6);
	if (ticks->backlog < 0)
		gclk_json_null(json, "backlog_ns");
	else
		gclk_json_int(json, "backlog_ns", ticks->backlog);
	gclk_json_end_object(json);
}

static void write_unreadable(GclkJson *json, const GPtrArray *facts)
{
	gclk_json_begin_array(json, "unreadable");
	for (guint i = 0; facts && i < facts->len; i++) {
		const GclkFact *fact = facts->pdata[i];

		gclk_json_begin_object(json, NULL);
		gclk_json_string(json, "path", fact->name);
		gclk_json_string(json, "reason", fact->value);
		gclk_json_end_object(json);
	}
	gclk_json_end_array(json);
}

void gclk_doctor_json(const GclkDoctorReport *report, GclkJson *json)
{
	gclk_json_string(
		json, "severity", gclk_severity_name(gclk_findings_worst(report->findings)));
	gclk_findings_to_json(json, "findings", report->findings);
	write_ticks(json, report->ticks);
	write_unreadable(json, report->unreadable);
}
