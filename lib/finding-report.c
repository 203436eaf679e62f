/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/finding-report.h"

#include "guestclock/text.h"

#define WIDTH 80
#define LABEL 10 /* where the texts begin */

static const struct {
	const char *word;
	GclkStyle style;
} heads[] = {
	[GCLK_SEVERITY_OK] = { "OK", GCLK_STYLE_GOOD },
	[GCLK_SEVERITY_NOTE] = { "NOTE", GCLK_STYLE_PLAIN },
	[GCLK_SEVERITY_WARNING] = { "WARNING", GCLK_STYLE_DOUBTFUL },
	[GCLK_SEVERITY_CRITICAL] = { "CRITICAL", GCLK_STYLE_BAD },
};

GclkStyle gclk_severity_style(GclkSeverity severity)
{
	return (gsize)severity < G_N_ELEMENTS(heads) ? heads[severity].style : GCLK_STYLE_BAD;
}

static const char *const kind_names[] = {
	[GCLK_FIX_CLOCKSOURCE] = "clocksource",
	[GCLK_FIX_BOOT_PARAMETER] = "boot-parameter",
	[GCLK_FIX_MODULE] = "module",
	[GCLK_FIX_SYSCTL] = "sysctl",
	[GCLK_FIX_LOADER] = "loader",
};

const char *gclk_fix_kind_name(GclkFixKind kind)
{
	return (gsize)kind < G_N_ELEMENTS(kind_names) ? kind_names[kind] : "unknown";
}

GclkSeverity gclk_findings_worst(const GPtrArray *findings)
{
	GclkSeverity worst = GCLK_SEVERITY_OK;

	for (guint i = 0; i < findings->len; i++)
		worst = MAX(worst, ((const GclkFinding *)findings->pdata[i])->severity);
	return worst;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Text behind a label of LABEL columns. */
static void add_text(GString *out, const char *text)
{
	g_autofree char *clean = gclk_text_clean(text);

	gclk_text_wrap(out, clean, LABEL, LABEL, WIDTH);
}

static void add_head(GString *out, GclkSeverity severity, const char *text, gboolean color)
{
	gsize row = MIN((gsize)severity, G_N_ELEMENTS(heads) - 1);

	gclk_text_pad_style(out, heads[row].word, LABEL, heads[row].style, color);
	add_text(out, text);
}

static void add_finding(GString *out, const GclkFinding *finding, const GclkFindingStyle *style)
{
	add_head(out, finding->severity, finding->statement, style->color);
	for (guint i = 0; finding->evidence && i < finding->evidence->len; i++) {
		gclk_text_pad(out, i == 0 ? "  seen" : "", LABEL);
		add_text(out, finding->evidence->pdata[i]);
	}
	if (finding->remedy && *finding->remedy) {
		gclk_text_pad(out, "      ->", LABEL);
		add_text(out, finding->remedy);
	}
	if (finding->fixes && finding->fixes->len && style->fix_hint) {
		gclk_text_pad(out, "", LABEL);
		add_text(out, style->fix_hint);
	}
}

void gclk_findings_to_text(GString *out, const GPtrArray *findings, const GclkFindingStyle *style)
{
	gboolean first = TRUE;

	if (gclk_findings_worst(findings) <= GCLK_SEVERITY_NOTE) {
		add_head(out, GCLK_SEVERITY_OK, style->good, style->color);
		first = FALSE;
	}
	for (gint severity = GCLK_SEVERITY_CRITICAL; severity > GCLK_SEVERITY_OK; severity--) {
		for (guint i = 0; i < findings->len; i++) {
			const GclkFinding *finding = findings->pdata[i];

			if ((gint)finding->severity != severity)
				continue;
			if (!first)
				g_string_append_c(out, '\n');
			first = FALSE;
			add_finding(out, finding, style);
		}
	}
}

void gclk_findings_fine_to_text(GString *out, const GPtrArray *findings, gboolean color)
{
	gboolean first = TRUE;

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		if (finding->severity != GCLK_SEVERITY_OK)
			continue;
		if (first)
			g_string_append_c(out, '\n');
		if (first)
			gclk_text_pad_style(out, "Fine", LABEL, GCLK_STYLE_GOOD, color);
		else
			gclk_text_pad(out, "", LABEL);
		first = FALSE;
		add_text(out, finding->statement);
	}
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_fix(GclkJson *json, const GclkFix *fix)
{
	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "kind", gclk_fix_kind_name(fix->kind));
	gclk_json_string(json, "name", fix->name);
	gclk_json_string(json, "value", fix->value);
	gclk_json_end_object(json);
}

static void write_finding(GclkJson *json, const GclkFinding *finding)
{
	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "id", finding->id);
	gclk_json_string(json, "severity", gclk_severity_name(finding->severity));
	gclk_json_string(json, "statement", finding->statement);
	gclk_json_string(json, "remedy", finding->remedy);
	gclk_json_begin_array(json, "evidence");
	for (guint i = 0; finding->evidence && i < finding->evidence->len; i++)
		gclk_json_string(json, NULL, finding->evidence->pdata[i]);
	gclk_json_end_array(json);
	gclk_json_begin_array(json, "fixes");
	for (guint i = 0; finding->fixes && i < finding->fixes->len; i++)
		write_fix(json, finding->fixes->pdata[i]);
	gclk_json_end_array(json);
	gclk_json_end_object(json);
}

void gclk_findings_to_json(GclkJson *json, const char *key, const GPtrArray *findings)
{
	gclk_json_begin_array(json, key);
	for (guint i = 0; i < findings->len; i++)
		write_finding(json, findings->pdata[i]);
	gclk_json_end_array(json);
}
