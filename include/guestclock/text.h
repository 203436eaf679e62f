/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for terminals: columns are what a terminal shows, not bytes; nothing in it can steer one. */
#ifndef GUESTCLOCK_TEXT_H
#define GUESTCLOCK_TEXT_H

#include <glib.h>

typedef enum {
	GCLK_STYLE_PLAIN,
	GCLK_STYLE_BOLD,
	GCLK_STYLE_GOOD,
	GCLK_STYLE_DOUBTFUL,
	GCLK_STYLE_BAD,
} GclkStyle;

/* A copy that is safe to print: valid UTF-8, control characters and escapes turned into "?".
   NULL gives "". Caller frees. */
char *gclk_text_clean(const char *text);

/* Columns on the terminal: 2 for wide characters, 0 for combining ones. */
guint gclk_text_width(const char *text);

/* A copy of at most width columns (at least 5); the middle of a longer one is replaced by "...",
   so that both ends of a name stay. Caller frees. */
char *gclk_text_shorten(const char *text, guint width);

/* Appends text and fills up to width columns; negative width: fills on the left. */
void gclk_text_pad(GString *out, const char *text, gint width);

/* The same in a style, if color; the filling is not styled. */
void gclk_text_pad_style(
	GString *out, const char *text, gint width, GclkStyle style, gboolean color);

/* Appends text in lines of at most width columns, broken at blanks; it begins in column at, further
   lines begin in column indent. Ends with a newline. */
void gclk_text_wrap(GString *out, const char *text, guint at, guint indent, guint width);

/* Appends "  label   text" in lines of at most width columns, the text cleaned and beginning in
   column at. */
void gclk_text_label(GString *out, const char *label, const char *text, guint at, guint width);

/* The same with a text in printf's way. */
void gclk_text_labelf(GString *out, const char *label, guint at, guint width, const char *format,
	...) G_GNUC_PRINTF(5, 6);

#endif
