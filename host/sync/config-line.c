/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/config-line.h"

GclkConfigLine *gclk_config_line_new(const char *file, guint number, char **words)
{
	GclkConfigLine *line = g_new0(GclkConfigLine, 1);

	line->file = g_strdup(file);
	line->number = number;
	line->words = words;
	return line;
}

void gclk_config_line_free(GclkConfigLine *line)
{
	if (!line)
		return;
	g_free(line->file);
	g_strfreev(line->words);
	g_free(line);
}

GPtrArray *gclk_config_lines_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)gclk_config_line_free);
}

char **gclk_config_words(const char *text)
{
	g_auto(GStrv) parts = g_strsplit_set(text, " \t\r\n\v\f", -1);
	GPtrArray *words = g_ptr_array_new();

	for (char **part = parts; *part; part++)
		if (**part)
			g_ptr_array_add(words, g_strdup(*part));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

gboolean gclk_config_line_is(const GclkConfigLine *line, const char *directive)
{
	return g_ascii_strcasecmp(line->words[0], directive) == 0;
}

gboolean gclk_config_line_has(const GclkConfigLine *line, const char *word)
{
	for (char **argument = line->words + 1; *argument; argument++)
		if (g_ascii_strcasecmp(*argument, word) == 0)
			return TRUE;
	return FALSE;
}

char *gclk_config_line_show(const GclkConfigLine *line)
{
	g_autofree char *words = g_strjoinv(" ", line->words);

	if (!*line->file)
		return g_strdup_printf("on its command line: %s", words);
	return g_strdup_printf("%s:%u: %s", line->file, line->number, words);
}
