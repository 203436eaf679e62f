/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of chronyd's configuration, chrony.conf(5), with those of its include and confdir
 * files in the places where chronyd reads them. Bounded: files, lines, depth.
 */
#ifndef GUESTCLOCK_CHRONY_CONFIG_H
#define GUESTCLOCK_CHRONY_CONFIG_H

#include "sync/config-line.h"

typedef GclkConfigLine GclkChronyLine;

typedef struct {
	char *file;            /* where it begins; NULL: all of it is on the command line */
	GPtrArray *lines;      /* GclkChronyLine *, comments and empty ones left out */
	GPtrArray *unreadable; /* char *: "/etc/chrony/chrony.conf: Permission denied" */
} GclkChronyConfig;

/*
 * file: the configuration's path, or NULL: what argv (chronyd's command line, NULL-terminated)
 * names with -f, directives on the command line, or else the usual places. argv may be empty.
 */
GclkChronyConfig *gclk_chrony_config_read(const char *file, char *const *argv);
void gclk_chrony_config_free(GclkChronyConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkChronyConfig, gclk_chrony_config_free)

/* Is this line of that directive? Case does not count, as in chronyd. */
gboolean gclk_chrony_line_is(const GclkChronyLine *line, const char *directive);

/* The first argument of the last line of that directive, or NULL. */
const char *gclk_chrony_config_value(const GclkChronyConfig *config, const char *directive);

#endif
