/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/examination.h"
#include "guestclock/finding-report.h"
#include "guestclock/text.h"

#define WIDTH        80
#define LABEL        10
#define UNSEEN_SHOWN 6

static void add_line(GString *out, const char *text)
{
	g_autofree char *clean = gclk_text_clean(text);

	gclk_text_pad(out, "", LABEL);
	gclk_text_wrap(out, clean, LABEL, LABEL + 2, WIDTH);
}

static void add_unseen(
	GString *out, const GclkHostDiagnosis *diagnosis, gboolean is_root, gboolean color)
{
	const GPtrArray *lines = diagnosis->unseen;

	if (lines->len == 0)
		return;
	g_string_append_c(out, '\n');
	gclk_text_pad_style(out, "Not looked at", 0, GCLK_STYLE_BOLD, color);
	g_string_append(out, is_root ? "\n" : " (root may see more)\n");
	for (guint i = 0; i < MIN(lines->len, UNSEEN_SHOWN); i++)
		add_line(out, lines->pdata[i]);
	if (lines->len > UNSEEN_SHOWN) {
		g_autofree char *line = g_strdup_printf(
			"and %u more: hostclock doctor --json", lines->len - UNSEEN_SHOWN);

		add_line(out, line);
	}
}

char *gclk_host_diagnosis_text(const GclkHostDiagnosis *diagnosis, gboolean is_root, gboolean color)
{
	const GclkFindingStyle style = {
		.good = "Nothing is wrong with this host's clock, as far as can be seen",
		.color = color,
	};
	GString *out = g_string_new(NULL);

	gclk_findings_to_text(out, diagnosis->findings, &style);
	add_unseen(out, diagnosis, is_root, color);
	gclk_findings_fine_to_text(out, diagnosis->findings, color);
	return g_string_free(out, FALSE);
}

char *gclk_host_diagnosis_json(const GclkHostDiagnosis *diagnosis)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", GCLK_HOST_DOCTOR_SCHEMA);
	gclk_json_string(
		json, "severity", gclk_severity_name(gclk_findings_worst(diagnosis->findings)));
	gclk_json_int(json, "domains", diagnosis->domains);
	gclk_findings_to_json(json, "findings", diagnosis->findings);
	gclk_json_begin_array(json, "unseen");
	for (guint i = 0; i < diagnosis->unseen->len; i++)
		gclk_json_string(json, NULL, diagnosis->unseen->pdata[i]);
	gclk_json_end_array(json);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
