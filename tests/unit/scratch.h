/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of its own for a test, gone when the test ends. */
#ifndef GUESTCLOCK_SCRATCH_H
#define GUESTCLOCK_SCRATCH_H

#include <glib.h>

typedef char GclkScratch; /* the directory's path */

GclkScratch *gclk_scratch_new(void);
/* Removes the directory with everything in it. */
void gclk_scratch_free(GclkScratch *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkScratch, gclk_scratch_free)

/* Writes a file below it, with the directories on the way; length -1: up to the NUL. */
void gclk_scratch_write(
	const GclkScratch *directory, const char *name, const char *text, gssize length);

/* The path of name below it; caller frees. */
char *gclk_scratch_path(const GclkScratch *directory, const char *name);

#endif
