/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/text.h"

#include <string.h>

/* Select graphic rendition, ECMA-48 section 8.3.117. The plain colours, so that they show on a dark
   and on a light background. */
static const char *const style_codes[] = {
	[GCLK_STYLE_PLAIN] = NULL,
	[GCLK_STYLE_BOLD] = "1",
	[GCLK_STYLE_GOOD] = "32",
	[GCLK_STYLE_DOUBTFUL] = "33",
	[GCLK_STYLE_BAD] = "1;31",
};

char *gclk_text_clean(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
	GString *out = g_string_new(NULL);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		GUnicodeType type = g_unichar_type(c);

		/* format characters too: those that turn the direction of writing around */
		if (g_unichar_iscntrl(c) || type == G_UNICODE_FORMAT ||
			type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR)
			g_string_append_c(out, '?');
		else
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

static guint char_width(gunichar c)
{
	return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

guint gclk_text_width(const char *text)
{
	guint width = 0;

	for (; *text; text = g_utf8_next_char(text))
		width += char_width(g_utf8_get_char(text));
	return width;
}

/* The longest beginning of text that fits into width columns, in bytes. */
static gsize bytes_that_fit(const char *text, guint width)
{
	const char *p = text;
	guint used = 0;

	for (; *p; p = g_utf8_next_char(p)) {
		used += char_width(g_utf8_get_char(p));
		if (used > width)
			break;
	}
	return (gsize)(p - text);
}

char *gclk_text_shorten(const char *text, guint width)
{
	guint total = gclk_text_width(text);
	guint head = (width - 3 + 1) / 2, tail = width - 3 - head;
	const char *rest = text;
	guint left = total;

	if (total <= width)
		return g_strdup(text);
	for (; left > tail; rest = g_utf8_next_char(rest))
		left -= char_width(g_utf8_get_char(rest));
	return g_strdup_printf("%.*s...%s", (int)bytes_that_fit(text, head), text, rest);
}

static void fill(GString *out, guint columns)
{
	for (; columns; columns--)
		g_string_append_c(out, ' ');
}

void gclk_text_pad_style(
	GString *out, const char *text, gint width, GclkStyle style, gboolean color)
{
	guint used = gclk_text_width(text);
	guint wanted = (guint)ABS(width);
	guint missing = used < wanted ? wanted - used : 0;
	const char *code = color ? style_codes[style] : NULL;

	if (width < 0)
		fill(out, missing);
	if (code)
		g_string_append_printf(out, "\033[%sm%s\033[0m", code, text);
	else
		g_string_append(out, text);
	if (width > 0)
		fill(out, missing);
}

void gclk_text_pad(GString *out, const char *text, gint width)
{
	gclk_text_pad_style(out, text, width, GCLK_STYLE_PLAIN, FALSE);
}

void gclk_text_wrap(GString *out, const char *text, guint at, guint indent, guint width)
{
	gboolean first = TRUE; /* nothing yet on this line */

	text += strspn(text, " ");
	while (*text) {
		g_autofree char *word = g_strndup(text, strcspn(text, " "));
		guint columns = gclk_text_width(word);

		text += strlen(word);
		text += strspn(text, " ");
		if (!first && at + 1 + columns > width) {
			g_string_append_c(out, '\n');
			fill(out, indent);
			at = indent;
			first = TRUE;
		}
		if (!first) {
			g_string_append_c(out, ' ');
			at++;
		}
		/* a word that no line can hold is cut, never let out over the edge */
		while (at + columns > width && at < width) {
			gsize bytes = bytes_that_fit(word, width - at);

			if (!bytes)
				break;
			g_string_append_len(out, word, (gssize)bytes);
			memmove(word, word + bytes, strlen(word + bytes) + 1);
			g_string_append_c(out, '\n');
			fill(out, indent);
			at = indent;
			columns = gclk_text_width(word);
		}
		g_string_append(out, word);
		at += columns;
		first = FALSE;
	}
	g_string_append_c(out, '\n');
}

void gclk_text_label(GString *out, const char *label, const char *text, guint at, guint width)
{
	g_autofree char *clean = gclk_text_clean(text);

	g_string_append(out, "  ");
	gclk_text_pad(out, label, (gint)at - 2);
	gclk_text_wrap(out, clean, at, at, width);
}

void gclk_text_labelf(
	GString *out, const char *label, guint at, guint width, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	gclk_text_label(out, label, text, at, width);
}
