/* SPDX-License-Identifier: BSD-2-Clause */
/* From the texts of configuration files to a GclkConfig; touches no file itself. */
#ifndef GUESTCLOCK_CONFIG_LOAD_H
#define GUESTCLOCK_CONFIG_LOAD_H

#include "config.h"

typedef struct GclkConfigLoader GclkConfigLoader;

GclkConfigLoader *gclk_config_loader_new(void);
void gclk_config_loader_free(GclkConfigLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkConfigLoader, gclk_config_loader_free)

/* Adds one file; its keys override those of files before. Error: "FILE:LINE: [group] key: ..." */
gboolean gclk_config_loader_add(
	GclkConfigLoader *loader, const char *file, const char *text, gsize length, GError **error);

/* Checks what only the whole can show (ranges that exclude each other, one server under two
   names) and hands over the configuration; the loader can then only be freed. */
GclkConfig *gclk_config_loader_finish(GclkConfigLoader *loader, GError **error);

#endif
