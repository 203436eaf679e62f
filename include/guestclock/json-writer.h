/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes JSON (RFC 8259) and nothing else: no tree, no dependency beyond GLib. Commas, escapes and
 * nesting are the writer's business. The members of the outermost container stand on a line each.
 *
 * Every call that adds a value takes the member's key inside an object, and NULL inside an array
 * and for the outermost value. Unbalanced calls and misplaced keys are bugs of the caller and
 * abort; the values may be anything: text that is not UTF-8 gets U+FFFD for what is wrong, NULL
 * text and numbers that JSON cannot express (infinity, NaN) become null.
 */
#ifndef GUESTCLOCK_JSON_WRITER_H
#define GUESTCLOCK_JSON_WRITER_H

#include <glib.h>

typedef struct GclkJson GclkJson;

GclkJson *gclk_json_new(void);
void gclk_json_free(GclkJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkJson, gclk_json_free)

void gclk_json_begin_object(GclkJson *json, const char *key);
void gclk_json_end_object(GclkJson *json);
void gclk_json_begin_array(GclkJson *json, const char *key);
void gclk_json_end_array(GclkJson *json);

void gclk_json_string(GclkJson *json, const char *key, const char *text);
void gclk_json_int(GclkJson *json, const char *key, gint64 value);
void gclk_json_uint(GclkJson *json, const char *key, guint64 value);
/* decimals: digits behind the point, 0 .. 9 */
void gclk_json_double(GclkJson *json, const char *key, double value, guint decimals);
void gclk_json_boolean(GclkJson *json, const char *key, gboolean value);
void gclk_json_null(GclkJson *json, const char *key);

/* The finished text, ended by a newline; every container must be closed. Frees json. */
char *gclk_json_finish(GclkJson *json);

#endif
