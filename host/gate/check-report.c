/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/check-report.h"

#include "guestclock/finding.h"
#include "guestclock/text.h"
#include "sync/sync-report.h"

#define WIDTH         80
#define NAME_WIDTH    20
#define NEED_WIDTH    12
#define VERDICT_WIDTH 13
#define REASON_START  (NAME_WIDTH + NEED_WIDTH + VERDICT_WIDTH + 3)

static GclkVerdictKind kind_of(const GclkCheckRow *row)
{
	return row->need_error ? GCLK_VERDICT_UNKNOWN : row->verdict->kind;
}

static const char *reason_of(const GclkCheckRow *row)
{
	return row->need_error ? row->need_error->message : row->verdict->reason;
}

static const char *remedy_of(const GclkCheckRow *row)
{
	return row->need_error ? "set the need right with hostclock require" : row->verdict->remedy;
}

int gclk_check_exit_code(const GclkCheckRow *row)
{
	switch (kind_of(row)) {
	case GCLK_VERDICT_COMPATIBLE:
		return 0;
	case GCLK_VERDICT_INCOMPATIBLE:
		return row->need->strict ? 2 : 1;
	case GCLK_VERDICT_UNKNOWN:
		break;
	}
	return 3;
}

int gclk_check_exit_code_all(const GclkCheckRow *rows, gsize n)
{
	static const int graver[] = { 0, 1, 3, 2 }; /* how grave each exit code is */
	int worst = 0;

	for (gsize i = 0; i < n; i++) {
		int code = gclk_check_exit_code(&rows[i]);

		if (graver[code] > graver[worst])
			worst = code;
	}
	return worst;
}

/* --- text ------------------------------------------------------------------------------------- */

static GclkStyle style_of(GclkVerdictKind kind)
{
	static const GclkStyle styles[] = {
		[GCLK_VERDICT_COMPATIBLE] = GCLK_STYLE_GOOD,
		[GCLK_VERDICT_INCOMPATIBLE] = GCLK_STYLE_BAD,
		[GCLK_VERDICT_UNKNOWN] = GCLK_STYLE_DOUBTFUL,
	};

	return styles[kind];
}

static void add_wrapped(GString *out, const char *lead, const char *text, guint indent)
{
	g_autofree char *clean = gclk_text_clean(text);

	g_string_append(out, lead);
	gclk_text_wrap(out, clean, gclk_text_width(lead), indent, WIDTH);
}

static void add_evidence(GString *out, const GclkHostSync *sync)
{
	g_string_append(out, "\nEvidence\n");
	for (guint i = 0; i < sync->evidence->len; i++)
		add_wrapped(out, "  ", sync->evidence->pdata[i], 4);
	for (guint i = 0; i < sync->findings->len; i++) {
		const GclkFinding *finding = sync->findings->pdata[i];
		g_autofree char *lead =
			g_strdup_printf("  %s: ", gclk_severity_name(finding->severity));

		add_wrapped(out, lead, finding->statement, 4);
	}
}

char *gclk_check_text(
	const GclkCheckRow *row, const GclkHostSync *sync, gboolean explain, gboolean color)
{
	GString *out = g_string_new(NULL);
	g_autofree char *lead = row->vm ? g_strdup_printf(": VM '%s': ", row->vm) : g_strdup(": ");
	g_autofree char *all = g_strconcat(lead, reason_of(row), NULL);
	g_autofree char *clean = gclk_text_clean(all);
	const char *word = gclk_verdict_name(kind_of(row));

	gclk_text_pad_style(out, word, 0, style_of(kind_of(row)), color);
	gclk_text_wrap(out, clean, gclk_text_width(word), 2, WIDTH);
	if (remedy_of(row))
		add_wrapped(out, "  -> ", remedy_of(row), 5);
	if (explain)
		add_evidence(out, sync);
	return g_string_free(out, FALSE);
}

static char *need_word(const GclkCheckRow *row)
{
	if (row->need_error)
		return g_strdup("?");
	if (!row->need->declared)
		return g_strdup("-");
	return g_strconcat(gclk_need_protocol_name(row->need->protocol),
		row->need->strict ? "" : " (warn)", NULL);
}

static void add_row(GString *out, const GclkCheckRow *row, gboolean color)
{
	g_autofree char *clean_name = gclk_text_clean(row->vm);
	g_autofree char *name = gclk_text_shorten(clean_name, NAME_WIDTH);
	g_autofree char *need = need_word(row);
	g_autofree char *reason =
		gclk_text_clean(kind_of(row) == GCLK_VERDICT_COMPATIBLE ? "" : reason_of(row));

	gclk_text_pad(out, name, NAME_WIDTH + 1);
	gclk_text_pad(out, need, NEED_WIDTH + 1);
	gclk_text_pad_style(out, gclk_verdict_name(kind_of(row)), *reason ? VERDICT_WIDTH + 1 : 0,
		style_of(kind_of(row)), color);
	if (*reason)
		gclk_text_wrap(out, reason, REASON_START, REASON_START, WIDTH);
	else
		g_string_append_c(out, '\n');
}

char *gclk_check_table(const GclkCheckRow *rows, gsize n, gboolean color)
{
	GString *out = g_string_new(NULL);

	gclk_text_pad(out, "VM", NAME_WIDTH + 1);
	gclk_text_pad(out, "NEED", NEED_WIDTH + 1);
	gclk_text_pad(out, "VERDICT", VERDICT_WIDTH + 1);
	g_string_append(out, "REASON\n");
	for (gsize i = 0; i < n; i++)
		add_row(out, &rows[i], color);
	return g_string_free(out, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_row(GclkJson *json, const GclkCheckRow *row)
{
	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "vm", row->vm);
	if (row->need_error) {
		gclk_json_null(json, "need");
	} else {
		gclk_json_begin_object(json, "need");
		gclk_need_write(json, row->need);
		gclk_json_end_object(json);
	}
	gclk_json_string(json, "verdict", gclk_verdict_name(kind_of(row)));
	gclk_json_string(json, "reason", reason_of(row));
	gclk_json_string(json, "remedy", remedy_of(row));
	gclk_json_int(json, "exit_code", gclk_check_exit_code(row));
	gclk_json_end_object(json);
}

char *gclk_check_json(const GclkCheckRow *rows, gsize n, const GclkHostSync *sync)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", 1);
	gclk_json_int(json, "exit_code", gclk_check_exit_code_all(rows, n));
	gclk_json_begin_array(json, "checks");
	for (gsize i = 0; i < n; i++)
		write_row(json, &rows[i]);
	gclk_json_end_array(json);
	gclk_host_sync_write(json, "host", sync);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
