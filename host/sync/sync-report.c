/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/sync-report.h"

#include <string.h>

#include "guestclock/finding-report.h"
#include "guestclock/format.h"
#include "guestclock/text.h"

#define COLUMNS 80
#define LABEL   15 /* where the values begin */

/* More would not fit on a screen; JSON has all of it. */
#define EVIDENCE_SHOWN 16

static const char *leap_name(GclkLeap leap)
{
	static const char *const names[] = { "none", "insert", "delete", "unsynchronised" };

	return (gsize)leap < G_N_ELEMENTS(names) ? names[leap] : "unknown";
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* Unknown is null, never 0. */
static void write_if(GclkJson *json, const char *key, gboolean known, gint64 value)
{
	if (known)
		gclk_json_int(json, key, value);
	else
		gclk_json_null(json, key);
}

static void write_figures(GclkJson *json, const GclkHostSync *sync)
{
	write_if(json, "stratum", sync->stratum >= 0, sync->stratum);
	write_if(json, "clock_class", sync->clock_class >= 0, sync->clock_class);
	write_if(json, "offset_ns", sync->has_offset, sync->offset);
	write_if(json, "error_bound_ns", sync->bound != GCLK_BOUND_UNKNOWN, sync->bound);
	write_if(json, "age_ns", sync->age >= 0, sync->age);
	gclk_json_string(json, "leap", sync->daemon ? leap_name(sync->leap) : NULL);
	write_if(json, "tai_offset_s", sync->tai_offset != 0, sync->tai_offset);
}

void gclk_host_sync_write(GclkJson *json, const char *key, const GclkHostSync *sync)
{
	gclk_json_begin_object(json, key);
	gclk_json_string(json, "configured", gclk_protocol_name(sync->configured));
	gclk_json_string(json, "effective", gclk_protocol_name(sync->effective));
	gclk_json_boolean(json, "synchronised", sync->synchronised);
	gclk_json_boolean(json, "fallback", sync->fallback);
	gclk_json_string(json, "daemon", sync->daemon);
	gclk_json_string(json, "source", sync->source);
	write_figures(json, sync);
	gclk_json_string(json, "summary", sync->summary);
	gclk_json_string(json, "reason", sync->reason);
	gclk_json_string(json, "remedy", sync->remedy);
	gclk_findings_to_json(json, "findings", sync->findings);
	gclk_json_begin_array(json, "evidence");
	for (guint i = 0; i < sync->evidence->len; i++)
		gclk_json_string(json, NULL, sync->evidence->pdata[i]);
	gclk_json_end_array(json);
	gclk_json_end_object(json);
}

char *gclk_host_sync_json(const GclkHostSync *sync)
{
	GclkJson *json = gclk_json_new();

	gclk_host_sync_write(json, NULL, sync);
	return gclk_json_finish(json);
}

/* --- text ------------------------------------------------------------------------------------- */

static GclkStyle sync_style(const GclkHostSync *sync)
{
	if (sync->synchronised)
		return sync->fallback ? GCLK_STYLE_DOUBTFUL : GCLK_STYLE_GOOD;
	return sync->effective == GCLK_PROTOCOL_UNKNOWN ? GCLK_STYLE_DOUBTFUL : GCLK_STYLE_BAD;
}

static void add_headline(GString *out, const GclkHostSync *sync, gboolean color)
{
	g_autoptr(GString) sentence = g_string_new("This host is ");
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autofree char *clean = NULL;

	g_string_append(sentence, sync->summary ? sync->summary : "in an unknown state");
	if (sync->reason)
		g_string_append_printf(sentence, ": %s", sync->reason);
	clean = gclk_text_clean(sentence->str);
	gclk_text_wrap(lines, clean, 0, 2, COLUMNS);
	g_string_truncate(lines, lines->len - 1);
	gclk_text_pad_style(out, lines->str, 0, sync_style(sync), color);
	g_string_append_c(out, '\n');
}

static void add_arrow(GString *out, guint indent, const char *remedy)
{
	g_autofree char *clean = gclk_text_clean(remedy);

	if (!remedy)
		return;
	gclk_text_pad(out, "", (gint)indent);
	g_string_append(out, "-> ");
	gclk_text_wrap(out, clean, indent + 3, indent + 3, COLUMNS);
}

static void add_figures(GString *out, const GclkHostSync *sync)
{
	char text[32];

	gclk_text_labelf(
		out, "configured", LABEL, COLUMNS, "%s", gclk_protocol_name(sync->configured));
	gclk_text_labelf(out, "effective", LABEL, COLUMNS, "%s%s",
		gclk_protocol_name(sync->effective), sync->fallback ? " (stands in for PTP)" : "");
	if (sync->daemon)
		gclk_text_labelf(out, "daemon", LABEL, COLUMNS, "%s", sync->daemon);
	if (sync->source)
		gclk_text_labelf(out, "source", LABEL, COLUMNS, "%s", sync->source);
	gclk_format_offset(sync->offset, text);
	if (sync->has_offset)
		gclk_text_labelf(out, "offset", LABEL, COLUMNS, "%s (the clock is %s)", text,
			sync->offset < 0 ? "ahead" : "behind");
	gclk_format_bound(sync->bound, text);
	if (sync->daemon)
		gclk_text_labelf(out, "error bound", LABEL, COLUMNS, "%s", text);
	gclk_format_age(sync->age, text);
	if (sync->age >= 0)
		gclk_text_labelf(out, "last update", LABEL, COLUMNS, "%s ago", text);
	if (sync->leap == GCLK_LEAP_INSERT || sync->leap == GCLK_LEAP_DELETE)
		gclk_text_labelf(out, "leap second", LABEL, COLUMNS,
			"one is %sed at the end of this day (UTC)",
			sync->leap == GCLK_LEAP_INSERT ? "insert" : "delet");
	if (sync->tai_offset)
		gclk_text_labelf(out, "TAI - UTC", LABEL, COLUMNS, "%d s", sync->tai_offset);
}

static void add_findings(GString *out, const GclkHostSync *sync, gboolean color)
{
	if (sync->findings->len)
		g_string_append_c(out, '\n');
	for (guint i = 0; i < sync->findings->len; i++) {
		const GclkFinding *finding = sync->findings->pdata[i];
		g_autofree char *statement = gclk_text_clean(finding->statement);

		g_string_append(out, "  ");
		gclk_text_pad_style(out, gclk_severity_name(finding->severity), LABEL - 2,
			gclk_severity_style(finding->severity), color);
		gclk_text_wrap(out, statement, LABEL, LABEL, COLUMNS);
		add_arrow(out, LABEL, finding->remedy);
	}
}

static void add_evidence(GString *out, const GclkHostSync *sync)
{
	guint shown =
		sync->evidence->len > EVIDENCE_SHOWN ? EVIDENCE_SHOWN - 1 : sync->evidence->len;

	if (sync->evidence->len)
		g_string_append(out, "\nEvidence\n");
	for (guint i = 0; i < shown; i++) {
		g_autofree char *clean = gclk_text_clean(sync->evidence->pdata[i]);

		g_string_append(out, "  ");
		gclk_text_wrap(out, clean, 2, 4, COLUMNS);
	}
	if (shown < sync->evidence->len)
		g_string_append_printf(
			out, "  (%u more with --json)\n", sync->evidence->len - shown);
}

char *gclk_host_sync_text(const GclkHostSync *sync, gboolean color)
{
	GString *out = g_string_new(NULL);

	add_headline(out, sync, color);
	add_arrow(out, 2, sync->remedy);
	add_figures(out, sync);
	add_findings(out, sync, color);
	add_evidence(out, sync);
	return g_string_free(out, FALSE);
}

/* --- Nagios ----------------------------------------------------------------------------------- */

/* 'label'=value[UOM];[warn];[crit];[min];[max] (Monitoring Plugins Development Guidelines). */
static void add_figure(
	GString *out, const char *label, gboolean known, gint64 ns, const char *limits)
{
	char value[G_ASCII_DTOSTR_BUF_SIZE];

	if (!known)
		return;
	g_ascii_formatd(value, sizeof(value), "%.9f", (double)ns / (double)GCLK_NS_PER_S);
	g_string_append_printf(out, " %s=%ss%s", label, value, limits);
}

char *gclk_host_sync_nagios(const GclkHostSync *sync, int exit_code)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	g_autofree char *sentence = g_strdup_printf("this host is %s%s%s",
		sync->summary ? sync->summary : "in an unknown state", sync->reason ? ": " : "",
		sync->reason ? sync->reason : "");
	g_autofree char *clean = gclk_text_clean(sentence);
	g_autoptr(GString) figures = g_string_new(NULL);
	GString *out = g_string_new("HOSTCLOCK ");

	add_figure(figures, "offset", sync->has_offset, sync->offset, "");
	add_figure(figures, "bound", sync->bound != GCLK_BOUND_UNKNOWN, sync->bound, ";;;0");
	add_figure(figures, "age", sync->age >= 0, sync->age, ";;;0");
	g_string_append_printf(out, "%s - %s",
		exit_code >= 0 && exit_code < 3 ? words[exit_code] : words[3],
		g_strdelimit(clean, "|\n\r", '/'));
	if (figures->len)
		g_string_append_printf(out, "|%s", figures->str + 1);
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}
