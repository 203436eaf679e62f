/* SPDX-License-Identifier: BSD-2-Clause */
/* What guestclockd is called with, and the configuration that this makes. */
#ifndef GUESTCLOCK_OPTIONS_H
#define GUESTCLOCK_OPTIONS_H

#include "config.h"
#include "platform/platform.h"

#define GCLK_DEFAULT_CONFIG GCLK_SYSCONFDIR "/guestclock/guestclockd.conf"

typedef struct {
	char *config, *control, *run_directory, *state_directory; /* NULL: not given */
	gboolean check_config, foreground, once, no_helper, verbose, version;
} GclkOptions;

gboolean gclk_options_parse(int argc, char **argv, GclkOptions *options, GError **error);
void gclk_options_clear(GclkOptions *options);

/* The configuration with what the options override, and with the servers that this machine knows.
   platform: NULL at the start, while this process may read what root may. */
GclkConfig *gclk_options_load(const GclkOptions *options, GclkPlatform *platform, GError **error);

/* On a reload: what was made of the old one before the privileges went stays as it is, and what
   else a reload cannot change is said. */
void gclk_options_keep(GclkConfig *config, const GclkConfig *old);

/* --check-config: prints what was read and what it means; returns the exit status. */
int gclk_options_tell_config(const GclkConfig *config);

#endif
