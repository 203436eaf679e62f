/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/reader.h"

#include <string.h>

#define TEXT_MAX 4096 /* a sysfs attribute is at most a page */

/* --- facts ------------------------------------------------------------------------------------ */

static void free_fact(gpointer pointer)
{
	GclkFact *fact = pointer;

	g_free(fact->name);
	g_free(fact->value);
	g_free(fact);
}

GPtrArray *gclk_facts_new(void)
{
	return g_ptr_array_new_with_free_func(free_fact);
}

void gclk_facts_add(GPtrArray *facts, const char *name, const char *value)
{
	GclkFact *fact;

	if (!value)
		return;
	fact = g_new0(GclkFact, 1);
	fact->name = g_strdup(name);
	fact->value = g_strdup(value);
	g_ptr_array_add(facts, fact);
}

const char *gclk_facts_find(const GPtrArray *facts, const char *name)
{
	for (guint i = 0; i < facts->len; i++) {
		const GclkFact *fact = facts->pdata[i];

		if (strcmp(fact->name, name) == 0)
			return fact->value;
	}
	return NULL;
}

/* --- files ------------------------------------------------------------------------------------ */

static void note(GclkReader *reader, const char *path, const char *reason)
{
	if (reader->unreadable && !gclk_facts_find(reader->unreadable, path))
		gclk_facts_add(reader->unreadable, path, reason);
}

static gboolean is_missing(const GError *error)
{
	return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
	       g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
}

/* The platform's messages begin with the path, which stands beside them already. */
static void note_error(GclkReader *reader, const char *path, const GError *error)
{
	const char *reason = error ? error->message : "cannot be read";

	if (is_missing(error))
		return;
	if (error && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
		reason = "permission denied";
	else if (g_str_has_prefix(reason, path) && g_str_has_prefix(reason + strlen(path), ": "))
		reason += strlen(path) + 2;
	note(reader, path, reason);
}

char *gclk_reader_bytes(GclkReader *reader, const char *path, gsize limit, gsize *length)
{
	GclkPlatform *platform = reader->platform;
	g_autoptr(GError) error = NULL;
	char *text = platform->read_file(platform, path, limit, length, &error);

	if (!text)
		note_error(reader, path, error);
	return text;
}

/* A text may hold an odd byte; what holds one in three is none. */
static gboolean make_printable(char *text, gsize length)
{
	gsize odd = 0;

	for (gsize i = 0; i < length; i++) {
		if (g_ascii_isprint(text[i]))
			continue;
		odd += !(text[i] == '\0' || g_ascii_isspace(text[i]));
		text[i] = ' ';
	}
	g_strstrip(text);
	return odd <= length / 3;
}

char *gclk_reader_text(GclkReader *reader, const char *path)
{
	gsize length = 0;
	g_autofree char *text = gclk_reader_bytes(reader, path, TEXT_MAX, &length);

	if (!text)
		return NULL;
	if (!make_printable(text, length)) {
		note(reader, path, "binary, not text");
		return NULL;
	}
	if (!text[0]) {
		note(reader, path, "empty");
		return NULL;
	}
	return g_steal_pointer(&text);
}

gboolean gclk_reader_contains(GclkReader *reader, const char *path, gsize limit, const char *part)
{
	g_autofree char *text = gclk_reader_bytes(reader, path, limit, NULL);

	return text && strstr(text, part);
}

gboolean gclk_reader_exists(GclkReader *reader, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text =
		reader->platform->read_file(reader->platform, path, TEXT_MAX, NULL, &error);

	return text || !is_missing(error);
}

char **gclk_reader_names(GclkReader *reader, const char *path)
{
	g_autoptr(GError) error = NULL;
	char **names = reader->platform->list_directory(reader->platform, path, &error);

	if (!names) {
		note_error(reader, path, error);
		return NULL;
	}
	if (g_strv_length(names) > GCLK_READER_NAMES_MAX) {
		note(reader, path, "more names than are looked at");
		g_clear_pointer(&names[GCLK_READER_NAMES_MAX], g_free);
		for (gsize i = GCLK_READER_NAMES_MAX + 1; names[i]; i++)
			g_clear_pointer(&names[i], g_free);
	}
	return names;
}

gboolean gclk_reader_is_directory(GclkReader *reader, const char *path)
{
	g_auto(GStrv) names = reader->platform->list_directory(reader->platform, path, NULL);

	return names != NULL;
}
