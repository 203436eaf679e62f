/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of a time daemon's configuration, with the place where it stands. */
#ifndef GUESTCLOCK_CONFIG_LINE_H
#define GUESTCLOCK_CONFIG_LINE_H

#include <glib.h>

typedef struct {
	char *file;   /* "" when it stands on the command line */
	guint number; /* from 1 */
	char **words; /* at least one; the directive, then its arguments */
} GclkConfigLine;

/* Takes words. */
GclkConfigLine *gclk_config_line_new(const char *file, guint number, char **words);
void gclk_config_line_free(GclkConfigLine *line);
/* An array of GclkConfigLine *; free with g_ptr_array_unref. */
GPtrArray *gclk_config_lines_new(void);

/* The words of a text between blanks; free with g_strfreev. */
char **gclk_config_words(const char *text);

/* Is this line of that directive? Case does not count, as in chronyd. */
gboolean gclk_config_line_is(const GclkConfigLine *line, const char *directive);
/* Does that word stand among its arguments? */
gboolean gclk_config_line_has(const GclkConfigLine *line, const char *word);
/* "/etc/ntp.conf:7: server 10.0.0.1 iburst". Caller frees. */
char *gclk_config_line_show(const GclkConfigLine *line);

#endif
