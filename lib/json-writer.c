/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/json-writer.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX 16

struct GclkJson {
	GString *text;
	char closers[DEPTH_MAX]; /* '}' or ']' of the containers that are open */
	guint depth;
	gboolean first; /* nothing yet in the innermost container */
	gboolean done;  /* the outermost value is complete */
};

GclkJson *gclk_json_new(void)
{
	GclkJson *json = g_new0(GclkJson, 1);

	json->text = g_string_sized_new(1024);
	json->first = TRUE;
	return json;
}

void gclk_json_free(GclkJson *json)
{
	if (!json)
		return;
	g_string_free(json->text, TRUE);
	g_free(json);
}

static void append_escaped(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	g_string_append_c(out, '"');
	for (const guchar *p = (const guchar *)valid; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_printf(out, "\\%c", *p);
		else if (*p == '\n')
			g_string_append(out, "\\n");
		else if (*p == '\t')
			g_string_append(out, "\\t");
		else if (*p < 0x20 || *p == 0x7f)
			g_string_append_printf(out, "\\u%04x", *p);
		else
			g_string_append_c(out, (char)*p);
	}
	g_string_append_c(out, '"');
}

/* Comma, line break and key: everything that stands before a value. */
static void begin_value(GclkJson *json, const char *key)
{
	gboolean in_object = json->depth && json->closers[json->depth - 1] == '}';

	g_assert(!json->done);
	g_assert(in_object == (key != NULL));
	if (!json->first)
		g_string_append_c(json->text, ',');
	if (json->depth == 1)
		g_string_append_c(json->text, '\n');
	json->first = FALSE;
	if (key) {
		append_escaped(json->text, key);
		g_string_append_c(json->text, ':');
	}
	json->done = json->depth == 0;
}

static void begin_container(GclkJson *json, const char *key, char opener, char closer)
{
	begin_value(json, key);
	g_assert(json->depth < DEPTH_MAX);
	g_string_append_c(json->text, opener);
	json->closers[json->depth++] = closer;
	json->first = TRUE;
	json->done = FALSE;
}

static void end_container(GclkJson *json, char closer)
{
	g_assert(json->depth && json->closers[json->depth - 1] == closer);
	json->depth--;
	if (json->depth == 0)
		g_string_append_c(json->text, '\n');
	g_string_append_c(json->text, closer);
	json->first = FALSE;
	json->done = json->depth == 0;
}

void gclk_json_begin_object(GclkJson *json, const char *key)
{
	begin_container(json, key, '{', '}');
}

void gclk_json_end_object(GclkJson *json)
{
	end_container(json, '}');
}

void gclk_json_begin_array(GclkJson *json, const char *key)
{
	begin_container(json, key, '[', ']');
}

void gclk_json_end_array(GclkJson *json)
{
	end_container(json, ']');
}

void gclk_json_null(GclkJson *json, const char *key)
{
	begin_value(json, key);
	g_string_append(json->text, "null");
}

void gclk_json_string(GclkJson *json, const char *key, const char *text)
{
	if (!text) {
		gclk_json_null(json, key);
		return;
	}
	begin_value(json, key);
	append_escaped(json->text, text);
}

void gclk_json_int(GclkJson *json, const char *key, gint64 value)
{
	begin_value(json, key);
	g_string_append_printf(json->text, "%" G_GINT64_FORMAT, value);
}

void gclk_json_uint(GclkJson *json, const char *key, guint64 value)
{
	begin_value(json, key);
	g_string_append_printf(json->text, "%" G_GUINT64_FORMAT, value);
}

void gclk_json_double(GclkJson *json, const char *key, double value, guint decimals)
{
	char format[8];
	char number[512]; /* DBL_MAX has 309 digits before the point */

	if (!isfinite(value)) {
		gclk_json_null(json, key);
		return;
	}
	g_assert(decimals <= 9);
	begin_value(json, key);
	g_snprintf(format, sizeof format, "%%.%uf", decimals);
	g_string_append(json->text, g_ascii_formatd(number, sizeof number, format, value));
}

void gclk_json_boolean(GclkJson *json, const char *key, gboolean value)
{
	begin_value(json, key);
	g_string_append(json->text, value ? "true" : "false");
}

char *gclk_json_finish(GclkJson *json)
{
	char *text;

	g_assert(json->done);
	g_string_append_c(json->text, '\n');
	text = g_string_free(json->text, FALSE);
	g_free(json);
	return text;
}
