/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's command socket: AF_UNIX, SOCK_SEQPACKET, in the run directory. A client sends one
 * request ("burst") and gets one reply ("ok ..." or "error ..."), one message each. Only root and
 * the user that the daemon runs as are heard, as the kernel tells (SO_PEERCRED).
 */
#ifndef GUESTCLOCK_CONTROL_H
#define GUESTCLOCK_CONTROL_H

#include <glib.h>

#define GCLK_CONTROL_FILE        "control" /* in the run directory */
#define GCLK_CONTROL_MESSAGE_MAX 512
#define GCLK_CONTROL_CLIENTS_MAX 8

typedef struct GclkControlSocket GclkControlSocket;

/* request: printable ASCII, without line end. Returns the reply, which the socket frees;
   it must not free the socket. */
typedef char *(*GclkControlHandler)(gpointer user, const char *request);

/* Listens at path; a socket that a dead daemon left there is replaced, a living one's is an error
   (G_FILE_ERROR_EXIST). context NULL: the default one. */
GclkControlSocket *gclk_control_new(const char *path, GMainContext *context,
	GclkControlHandler handler, gpointer user, GError **error);

/* Is the socket still at its path? FALSE after somebody has removed it or its directory. */
gboolean gclk_control_is_there(const GclkControlSocket *control);

/* Closes and removes the socket. NULL is ignored. */
void gclk_control_free(GclkControlSocket *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkControlSocket, gclk_control_free)

/*
 * The client's side, for the command line: one request, one reply (caller frees), waiting at most
 * timeout_ms. Errors: G_FILE_ERROR_NOENT nobody listens, G_FILE_ERROR_ACCES or _PERM not allowed,
 * others as errno has them.
 */
char *gclk_control_ask(const char *path, const char *request, int timeout_ms, GError **error);

#endif
