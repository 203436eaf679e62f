/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of sources: a line each, and below it why those that are not used are not. */
#include "guestclock/format.h"
#include "guestclock/text.h"
#include "report/table.h"

#define COLUMNS    80
#define NAME_WIDTH 24

/* The columns behind the name; negative: aligned right. */
static const struct {
	const char *title;
	gint width;
} columns[] = {
	{ "State", 11 },
	{ "St", -2 },
	{ "Poll", -5 },
	{ "Reach", -5 },
	{ "Age", -6 },
	{ "Offset", -11 },
	{ "Bound", -8 },
};

enum { STATE, STRATUM, POLL, REACH, AGE, OFFSET, BOUND };

typedef char Cells[G_N_ELEMENTS(columns)][32];

static GclkStyle standing_style(GclkStanding standing)
{
	static const GclkStyle styles[] = {
		[GCLK_STANDING_WAITING] = GCLK_STYLE_PLAIN,
		[GCLK_STANDING_SELECTED] = GCLK_STYLE_GOOD,
		[GCLK_STANDING_AGREES] = GCLK_STYLE_GOOD,
		[GCLK_STANDING_FALSETICKER] = GCLK_STYLE_BAD,
		[GCLK_STANDING_REFUSED] = GCLK_STYLE_DOUBTFUL,
		[GCLK_STANDING_UNREACHABLE] = GCLK_STYLE_DOUBTFUL,
		[GCLK_STANDING_FAILED] = GCLK_STYLE_BAD,
	};

	return (gsize)standing < G_N_ELEMENTS(styles) ? styles[standing] : GCLK_STYLE_BAD;
}

/* "1/8 s", "64 s", "17min", "36 h" */
static void format_poll(gint poll, char buffer[32])
{
	gint64 s;

	poll = CLAMP(poll, -3, 30); /* the table has no room for less, nor the configuration */
	s = G_GINT64_CONSTANT(1) << MAX(poll, 0);
	if (poll < 0)
		g_snprintf(buffer, 32, "1/%d s", 1 << -poll);
	else if (s < 1000)
		g_snprintf(buffer, 32, "%d s", (int)s);
	else if (s < 7200)
		g_snprintf(buffer, 32, "%dmin", (int)(s / 60));
	else
		g_snprintf(buffer, 32, "%d h", (int)MIN(s / 3600, 999));
}

/* From here on it would be rounded to "100.000 s", which is too wide. */
#define BOUND_WIDE (100 * GCLK_NS_PER_S - GCLK_NS_PER_MS / 2)

static void format_short_bound(const GclkSourceStatus *source, char buffer[32])
{
	char text[32];

	gclk_format_bound(source->error_bound, text);
	if (source->error_bound == GCLK_BOUND_UNKNOWN)
		g_strlcpy(buffer, text, 32);
	else if (source->error_bound >= BOUND_WIDE)
		g_strlcpy(buffer, ">=100 s", 32);
	else
		g_snprintf(buffer, 32, "%s%s", source->assumed ? "~" : "", text);
}

static void fill_cells(const GclkSourceStatus *source, Cells cells)
{
	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
		g_strlcpy(cells[i], "-", sizeof cells[i]);
	g_strlcpy(cells[STATE], gclk_standing_name(source->standing), sizeof cells[STATE]);
	if (source->stratum > 0)
		g_snprintf(cells[STRATUM], sizeof cells[STRATUM], "%d", MIN(source->stratum, 99));
	format_poll(source->poll, cells[POLL]);
	g_snprintf(cells[REACH], sizeof cells[REACH], "%o", source->reach);
	if (!source->has_sample)
		return;
	gclk_format_age(source->age, cells[AGE]);
	gclk_format_offset(source->offset, cells[OFFSET]);
	format_short_bound(source, cells[BOUND]);
}

static void add_row(GString *out, const GclkSourceStatus *source, gboolean color)
{
	g_autofree char *clean = gclk_text_clean(source->name);
	g_autofree char *name = gclk_text_shorten(clean, COLUMNS - 1);
	Cells cells;

	fill_cells(source, cells);
	/* a name that does not fit has a line of its own: cut names help nobody at night */
	if (gclk_text_width(name) > NAME_WIDTH)
		g_string_append_printf(out, "%s\n%*s", name, NAME_WIDTH, "");
	else
		gclk_text_pad(out, name, NAME_WIDTH);
	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
		g_string_append_c(out, ' ');
		gclk_text_pad_style(out, cells[i], columns[i].width,
			i == STATE ? standing_style(source->standing) : GCLK_STYLE_PLAIN, color);
	}
	g_string_append_c(out, '\n');
}

static void add_titles(GString *out, gboolean color)
{
	g_autoptr(GString) line = g_string_new(NULL);

	gclk_text_pad(line, "Source", NAME_WIDTH);
	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
		g_string_append_c(line, ' ');
		gclk_text_pad(line, columns[i].title, columns[i].width);
	}
	gclk_text_pad_style(out, line->str, 0, GCLK_STYLE_BOLD, color);
	g_string_append_c(out, '\n');
}

static void add_reasons(GString *out, const GclkStatus *status)
{
	gboolean first = TRUE;

	for (guint i = 0; i < status->sources->len; i++) {
		const GclkSourceStatus *source = g_ptr_array_index(status->sources, i);
		g_autofree char *text = NULL;
		g_autofree char *clean = NULL;

		if (!source->reason && !source->note)
			continue;
		text = g_strdup_printf(
			"%s: %s", source->name, source->reason ? source->reason : source->note);
		clean = gclk_text_clean(text);
		if (first)
			g_string_append_c(out, '\n');
		first = FALSE;
		gclk_text_wrap(out, clean, 0, 4, COLUMNS);
	}
}

static gboolean any_assumed(const GclkStatus *status)
{
	for (guint i = 0; i < status->sources->len; i++) {
		const GclkSourceStatus *source = g_ptr_array_index(status->sources, i);

		if (source->assumed && source->has_sample)
			return TRUE;
	}
	return FALSE;
}

char *gclk_table_sources(const GclkStatus *status, gboolean color)
{
	GString *out = g_string_new(NULL);

	if (!status->sources->len) {
		g_string_append(out, "There is no source of time.\n");
		return g_string_free(out, FALSE);
	}
	add_titles(out, color);
	for (guint i = 0; i < status->sources->len; i++)
		add_row(out, g_ptr_array_index(status->sources, i), color);
	if (any_assumed(status))
		g_string_append(out, "\n~ this bound rests on an assumption: the reference does "
				     "not state its own error\n");
	add_reasons(out, status);
	return g_string_free(out, FALSE);
}
