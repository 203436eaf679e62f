/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A platform that knows files only: /sys, /proc and /dev as a test lays them out in a directory of
 * its own. Clocks, sockets and devices are missing (NULL); a test that needs some embeds GclkTree
 * and fills them in.
 */
#ifndef GUESTCLOCK_TREE_PLATFORM_H
#define GUESTCLOCK_TREE_PLATFORM_H

#include "platform/platform.h"

typedef struct {
	GclkPlatform platform;
	char *root; /* a temporary directory */
} GclkTree;

/* Makes the directory and fills in read_file, read_tail, list_directory, read_link and nothing else. */
void gclk_tree_init(GclkTree *tree);
/* The same upon a directory that is there already, to be read only: no gclk_tree_clear, g_free the
   root instead. */
void gclk_tree_open(GclkTree *tree, const char *root);
/* Removes the directory with all that is in it. */
void gclk_tree_clear(GclkTree *tree);

/* Writes a file, making its directories. length < 0: text ends with its NUL. */
void gclk_tree_write(GclkTree *tree, const char *path, const char *text, gssize length);
/* A symbolic link whose target need not exist. */
void gclk_tree_link(GclkTree *tree, const char *path, const char *target);
void gclk_tree_directory(GclkTree *tree, const char *path);
/* Removes a file, or a directory with all that is in it. */
void gclk_tree_remove(GclkTree *tree, const char *path);

#endif
