/* SPDX-License-Identifier: BSD-2-Clause */
/* UNIX stream sockets by path: a listener that belongs to its owner alone, and who is there. */
#ifndef GUESTCLOCK_UNIX_SOCKET_H
#define GUESTCLOCK_UNIX_SOCKET_H

#include <glib.h>

/*
 * A listening SOCK_STREAM socket of mode 0600 at path, non-blocking and close-on-exec; the caller
 * closes it and unlinks path. A socket in its place that nobody listens on is replaced.
 * Errors (-1): G_FILE_ERROR; G_FILE_ERROR_EXIST: somebody listens there, or it is no socket.
 */
int gclk_unix_listen(const char *path, int backlog, GError **error);

/* A connected one, non-blocking. G_FILE_ERROR_NOENT: nobody listens at path; G_FILE_ERROR_AGAIN: it
   has no place for one more now. */
int gclk_unix_connect(const char *path, GError **error);

/* Is at the other end root, or who we are? */
gboolean gclk_unix_peer_is_trusted(int fd);

#endif
