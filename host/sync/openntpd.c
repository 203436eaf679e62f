/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/openntpd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guestclock/format.h"

#define LINES_MAX     1024
#define NAME_MAX_TEXT 80

/* --- the first line --------------------------------------------------------------------------- */

/* "4/5 peers valid" */
static void take_valid(const char *part, const char *what, GclkOpenntpdStatus *out)
{
	char *end = NULL;
	guint64 valid = g_ascii_strtoull(part, &end, 10), total;

	if (end == part || *end != '/')
		return;
	total = g_ascii_strtoull(end + 1, &end, 10);
	if (!g_str_has_prefix(end, what) || valid > total || total > 100000)
		return;
	out->valid += (guint)valid;
	out->total += (guint)total;
}

/* "4/4 peers valid, clock synced, stratum 2" */
static void take_status(const char *line, GclkOpenntpdStatus *out)
{
	g_auto(GStrv) parts = g_strsplit(line, ",", 16);

	out->understood = TRUE;
	for (char **part = parts; *part; part++) {
		const char *text = g_strstrip(*part);

		take_valid(text, " peers valid", out);
		take_valid(text, " sensors valid", out);
		if (strcmp(text, "clock synced") == 0)
			out->synced = TRUE;
		if (g_str_has_prefix(text, "stratum "))
			out->stratum = (gint)CLAMP(
				g_ascii_strtoll(text + strlen("stratum "), NULL, 10), -1, 255);
	}
}

/* --- the table of peers ----------------------------------------------------------------------- */

static gboolean get_number(const char *text, const char *unit, double *out)
{
	char *end = NULL;
	double value = g_ascii_strtod(text, &end);

	if (end == text || strcmp(end, unit) != 0 || !(fabs(value) < 1e12))
		return FALSE;
	*out = value;
	return TRUE;
}

/* " *  1 10  2   19s   30s        -0.026ms     9.999ms     0.301ms": weight, trust level, stratum,
   next poll, interval, offset, delay, jitter. */
static void take_source(
	const char *line, const char *name, gboolean sensor, GclkOpenntpdStatus *out)
{
	g_auto(GStrv) raw = g_strsplit_set(line, " \t", 256);
	const char *words[12];
	guint n = 0;
	double value;

	for (char **word = raw; *word && n < G_N_ELEMENTS(words); word++)
		if (**word)
			words[n++] = *word;
	if (n < 6 || !*name)
		return;
	out->source = g_strdup(name);
	out->sensor = sensor;
	if (get_number(words[2], "", &value))
		out->trust = (gint)CLAMP(value, -1, 255);
	if (get_number(words[5], "s", &value))
		out->poll = (gint)CLAMP(value, -1, G_MAXINT);
	if (n >= 7 && get_number(words[6], "ms", &value)) {
		out->has_offset = TRUE;
		out->offset = (gint64)llrint(CLAMP(value, -9e12, 9e12) * (double)GCLK_NS_PER_MS);
	}
}

/* A name begins its line; its figures, on the next one, are indented. */
static void take_name(const char *line, char name[NAME_MAX_TEXT])
{
	gsize length = MIN(strcspn(line, " \t"), NAME_MAX_TEXT - 1);

	for (gsize i = 0; i < length; i++)
		name[i] = g_ascii_isgraph(line[i]) ? line[i] : '?';
	name[length] = '\0';
}

void gclk_openntpd_parse(const char *text, GclkOpenntpdStatus *out)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);
	char name[NAME_MAX_TEXT] = "";
	gboolean sensor = FALSE;

	memset(out, 0, sizeof(*out));
	out->stratum = out->trust = out->poll = -1;
	for (char **line = lines; *line; line++) {
		g_strchomp(*line);
		if (!out->understood && strstr(*line, "clock "))
			take_status(*line, out);
		else if (strstr(*line, "Permission denied"))
			out->forbidden = TRUE;
		else if (strstr(*line, "connect: "))
			out->unreached = TRUE;
		else if (strcmp(*line, "peer") == 0 || strcmp(*line, "sensor") == 0)
			sensor = **line == 's';
		else if (g_str_has_prefix(*line, " *") && !out->source)
			take_source(*line, name, sensor, out);
		else if (g_ascii_isgraph(**line))
			take_name(*line, name);
	}
}

void gclk_openntpd_clear(GclkOpenntpdStatus *status)
{
	g_clear_pointer(&status->source, g_free);
}

/* --- the verdict ------------------------------------------------------------------------------ */

static char *why_not_locked(const GclkOpenntpdStatus *status)
{
	if (!status->synced)
		return g_strdup("not synchronised: it says \"clock unsynced\"");
	if (status->valid == 0)
		return g_strdup_printf(
			"it says \"clock synced\", but none of its %u sources is valid",
			status->total);
	if (status->source && status->trust == 0)
		return g_strdup_printf(
			"%s, which it follows, does not answer any more", status->source);
	return NULL;
}

static void refuse(const GclkOpenntpdStatus *status, GclkDaemonReport *report)
{
	if (status->forbidden) {
		report->presence = GCLK_DAEMON_FORBIDDEN;
		report->problem = g_strdup("its socket is for root only");
		report->remedy = g_strdup("run this as root");
		return;
	}
	report->presence = status->unreached ? GCLK_DAEMON_SILENT : GCLK_DAEMON_GARBLED;
	report->problem = g_strdup(status->unreached ? "ntpctl cannot reach it"
						     : "what ntpctl says cannot be understood");
	report->remedy = g_strdup("see what `ntpctl -s all` says");
}

void gclk_openntpd_judge(const GclkOpenntpdStatus *status, GclkDaemonReport *report)
{
	char offset[32];

	if (!status->understood) {
		refuse(status, report);
		return;
	}
	report->presence = GCLK_DAEMON_ANSWERS;
	report->n_sources = status->total;
	report->stratum = status->stratum >= 1 && status->stratum <= 15 ? status->stratum : -1;
	report->leap = status->synced ? GCLK_LEAP_NONE : GCLK_LEAP_UNSYNC;
	report->source = g_strdup(status->source);
	report->has_offset = status->has_offset;
	report->offset = status->offset;
	report->locked_why = why_not_locked(status);
	report->locked = !report->locked_why;
	if (status->sensor)
		report->reference = GCLK_REFERENCE_REFCLOCK;
	else if (status->source || status->synced)
		report->reference = GCLK_REFERENCE_NTP;
	if (report->locked)
		report->locked_why = g_strdup_printf("it says \"clock synced\"; %u of %u sources "
						     "are valid",
			status->valid, status->total);
	gclk_format_offset(status->offset, offset);
	gclk_daemon_report_add_evidence(report,
		"ntpctl: clock %s, stratum %d, %u of %u sources valid",
		status->synced ? "synced" : "unsynced", status->stratum, status->valid,
		status->total);
	if (status->source)
		gclk_daemon_report_add_evidence(report, "%s %s: trust level %d of 10, offset %s",
			status->sensor ? "sensor" : "peer", status->source, status->trust,
			status->has_offset ? offset : "unknown");
}
