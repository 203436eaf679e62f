/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/report.h"

#include "guestclock/format.h"

#define WIDTH  80
#define INDENT 4

#define NOT_SERVED "(hostclock serve does not run: one look, and no watch on what guests need)\n"

enum { NAME = 18, STATE = 15, NEED = 13, OFFSET = 22, SEEN = 7, STEPS = 5 };

/* --- words ------------------------------------------------------------------------------------ */

GclkStyle gclk_guest_style(const GclkTableRow *row)
{
	static const GclkStyle styles[] = { GCLK_STYLE_GOOD, GCLK_STYLE_DOUBTFUL, GCLK_STYLE_BAD,
		GCLK_STYLE_DOUBTFUL };

	/* of one that cannot be asked nothing good is known */
	if (row->exit_code == 0 && row->guest->by == GCLK_GUEST_BY_NONE)
		return GCLK_STYLE_PLAIN;
	return styles[row->exit_code];
}

char *gclk_guest_offset_text(gboolean known, gint64 offset, gint64 bound)
{
	char off[32], around[32];

	if (!known)
		return g_strdup("-");
	gclk_format_offset(offset, off);
	if (bound == GCLK_BOUND_UNKNOWN)
		return g_strdup_printf("%s +-?", off);
	gclk_format_bound(bound, around);
	return g_strdup_printf("%s +-%s", off, around);
}

void gclk_guest_age_text(gint64 moment, char buffer[32])
{
	if (moment > 0)
		gclk_format_age(GCLK_TABLE_NOW - moment, buffer);
	else
		g_strlcpy(buffer, "-", 32);
}

char *gclk_guest_lapse_text(const GclkNeedLapse *lapse)
{
	const char *what = lapse->kind == GCLK_VERDICT_UNKNOWN ? "unknown" : "not met";
	g_autofree char *lost = gclk_moment_text(lapse->lost);
	g_autofree char *back = gclk_moment_text(lapse->back);
	const char *since = lapse->earlier ? " or before" : "";
	char lasted[32];

	gclk_format_age(gclk_need_lapse_duration(lapse, GCLK_TABLE_NOW), lasted);
	if (lapse->back.boottime <= 0)
		return g_strdup_printf("%s since %s%s (%s)", what, lost, since, lasted);
	return g_strdup_printf("%s from %s%s to %s (%s)%s", what, lost, since, back, lasted,
		lapse->stopped ? ", when it stopped" : "");
}

/* "ptp met", "ntp NOT MET" */
static char *need_word(const GclkGuest *guest)
{
	static const char *const words[] = {
		[GCLK_VERDICT_COMPATIBLE] = "met",
		[GCLK_VERDICT_INCOMPATIBLE] = "NOT MET",
		[GCLK_VERDICT_UNKNOWN] = "unknown",
	};

	if (guest->need_error)
		return g_strdup("? unknown");
	if (!guest->need.declared)
		return g_strdup("-");
	return g_strdup_printf(
		"%s %s", gclk_need_protocol_name(guest->need.protocol), words[guest->verdict.kind]);
}

static GclkStyle need_style(const GclkGuest *guest)
{
	static const GclkStyle styles[] = {
		[GCLK_VERDICT_COMPATIBLE] = GCLK_STYLE_GOOD,
		[GCLK_VERDICT_INCOMPATIBLE] = GCLK_STYLE_BAD,
		[GCLK_VERDICT_UNKNOWN] = GCLK_STYLE_DOUBTFUL,
	};

	if (!guest->need.declared && !guest->need_error)
		return GCLK_STYLE_PLAIN;
	return styles[guest->verdict.kind];
}

/* --- a row ------------------------------------------------------------------------------------ */

static void add_cell(GString *out, const char *text, gint width, GclkStyle style, gboolean color)
{
	g_autofree char *clean = gclk_text_clean(text);
	g_autofree char *fitting = gclk_text_shorten(clean, (guint)ABS(width) - (width > 0));

	gclk_text_pad_style(out, fitting, width, style, color);
}

static void add_main_line(GString *out, const GclkTableRow *row, gboolean color)
{
	const GclkGuest *guest = row->guest;
	g_autofree char *need = need_word(guest);
	/* a clock that stands still, or is gone, has no offset */
	g_autofree char *offset = gclk_guest_offset_text(
		guest->has_offset && guest->running, guest->offset, guest->uncertainty);
	char seen[32], steps[32] = "-";

	gclk_guest_age_text(guest->seen, seen);
	if (guest->has_report)
		g_snprintf(steps, sizeof steps, "%u", MIN(guest->report.steps, 99999));
	add_cell(out, guest->name, NAME, GCLK_STYLE_PLAIN, color);
	add_cell(out, row->state, STATE, gclk_guest_style(row), color);
	add_cell(out, need, NEED, need_style(guest), color);
	add_cell(out, offset, OFFSET, GCLK_STYLE_PLAIN, color);
	add_cell(out, seen, SEEN, GCLK_STYLE_PLAIN, color);
	add_cell(out, steps, -STEPS, GCLK_STYLE_PLAIN, color);
	g_string_append_c(out, '\n');
}

static void add_further(GString *out, const char *lead, const char *text)
{
	g_autofree char *clean = gclk_text_clean(text);
	const guint at = INDENT + gclk_text_width(lead);

	gclk_text_pad(out, "", INDENT);
	g_string_append(out, lead);
	gclk_text_wrap(out, clean, at, INDENT + 2, WIDTH);
}

/* What the guest says of itself: "+400 ns +-1.2 us by ptp0". */
static void add_report(GString *out, const GclkGuest *guest)
{
	const GclkLinkGuest *report = &guest->report;
	g_autofree char *offset = gclk_guest_offset_text(
		report->source_kind != GCLK_LINK_SOURCE_NONE, report->offset, report->bound);
	g_autofree char *text = NULL;

	if (report->source_kind == GCLK_LINK_SOURCE_NONE)
		text = g_strdup_printf("no source%s", report->steers ? "" : ", does not steer");
	else
		text = g_strdup_printf("%s by %s (%s)%s", offset, report->source,
			gclk_link_source_name(report->source_kind),
			report->steers ? "" : ", measured only");
	add_further(out, "itself: ", text);
}

static void add_need(GString *out, const GclkGuest *guest)
{
	const GclkNeedLapse *open = gclk_need_lapses_open(guest->lapses);
	const GclkNeedLapse *last =
		guest->lapses->len ? guest->lapses->pdata[guest->lapses->len - 1] : NULL;
	g_autofree char *when = last ? gclk_guest_lapse_text(last) : NULL;
	g_autofree char *text = NULL;

	if (open)
		text = g_strdup_printf("%s: %s", when, open->reason ? open->reason : "?");
	else if (guest->verdict.kind != GCLK_VERDICT_COMPATIBLE && guest->verdict.reason)
		text = g_strdup(guest->verdict.reason);
	else if (last)
		text = guest->lapses_total > 1
			       ? g_strdup_printf("%s, and %" G_GUINT64_FORMAT " before", when,
					 guest->lapses_total - 1)
			       : g_strdup(when);
	if (text)
		add_further(out, "need: ", text);
	if (guest->verdict.kind != GCLK_VERDICT_COMPATIBLE && guest->verdict.remedy)
		add_further(out, "-> ", guest->verdict.remedy);
}

static void add_row(GString *out, const GclkTableRow *row, gboolean color)
{
	const GclkGuest *guest = row->guest;

	add_main_line(out, row, color);
	if (guest->has_report)
		add_report(out, guest);
	if (row->contradicted)
		add_further(out, "! ", GCLK_GUEST_CONTRADICTION);
	if (guest->problem)
		add_further(out, "! ", guest->problem);
	if (guest->running || guest->paused)
		add_need(out, guest);
}

/* --- the table -------------------------------------------------------------------------------- */

static void add_head(GString *out, const GclkTableView *view, gboolean color)
{
	g_autofree char *sentence =
		g_strdup_printf("This host is %s%s%s", view->host ? view->host : "not asked yet",
			view->host_reason ? ": " : "", view->host_reason ? view->host_reason : "");
	g_autofree char *clean = gclk_text_clean(sentence);
	g_autoptr(GString) lines = g_string_new(NULL);
	const GclkStyle style = !view->host_synchronised ? GCLK_STYLE_BAD
				: view->host_fallback    ? GCLK_STYLE_DOUBTFUL
							 : GCLK_STYLE_GOOD;

	gclk_text_wrap(lines, clean, 0, 2, WIDTH);
	g_string_truncate(lines, lines->len ? lines->len - 1 : 0);
	gclk_text_pad_style(out, lines->str, 0, style, color);
	g_string_append_c(out, '\n');
	if (!view->served)
		g_string_append(out, NOT_SERVED);
	if (view->libvirt) {
		g_autofree char *problem = gclk_text_clean(view->libvirt);

		gclk_text_wrap(out, problem, 0, 2, WIDTH);
	}
}

char *gclk_guests_text(const GclkTableView *view, const GPtrArray *rows, gboolean color)
{
	GString *out = g_string_new(NULL);

	add_head(out, view, color);
	if (!rows->len) {
		g_string_append(out, "No guests.\n");
		return g_string_free(out, FALSE);
	}
	g_string_append_c(out, '\n');
	gclk_text_pad(out, "GUEST", NAME);
	gclk_text_pad(out, "STATE", STATE);
	gclk_text_pad(out, "NEED", NEED);
	gclk_text_pad(out, "HOST - GUEST", OFFSET);
	gclk_text_pad(out, "SEEN", SEEN);
	gclk_text_pad(out, "STEPS", -STEPS);
	g_string_append_c(out, '\n');
	for (guint i = 0; i < rows->len; i++)
		add_row(out, rows->pdata[i], color);
	return g_string_free(out, FALSE);
}

int gclk_guests_exit_code(const GclkTableView *view, const GPtrArray *rows)
{
	static const int graver[] = { 0, 1, 3, 2 }; /* how grave each exit code is */
	int worst = view->libvirt ? 3 : 0;

	for (guint i = 0; i < rows->len; i++) {
		const GclkTableRow *row = rows->pdata[i];

		if (graver[row->exit_code] > graver[worst])
			worst = row->exit_code;
	}
	return worst;
}
