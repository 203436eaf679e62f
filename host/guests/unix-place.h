/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UNIX socket that is listened at, and its file: mode 0600 (0660 for a group) from before the
 * first connection, a dead one in its place is replaced, one that lives is an error, and so is any
 * other file. The file goes with it if it is still its own.
 */
#ifndef GUESTCLOCK_UNIX_PLACE_H
#define GUESTCLOCK_UNIX_PLACE_H

#include <glib.h>

typedef struct GclkUnixPlace GclkUnixPlace;

/* user, group: whose the socket shall be, and who else may use it, by name or number, or NULL. fd
   gets what listens and does not block, the caller's; untouched on error. */
GclkUnixPlace *gclk_unix_place_new(
	const char *path, const char *user, const char *group, int *fd, GError **error);
void gclk_unix_place_free(GclkUnixPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkUnixPlace, gclk_unix_place_free)

#endif
