/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where guests come by themselves: a UNIX socket (Firecracker's vsock, a chardev of QEMU, both of
 * which connect as clients) or a port of AF_VSOCK.
 */
#ifndef GUESTCLOCK_LISTENER_H
#define GUESTCLOCK_LISTENER_H

#include "guests/reactor.h"

typedef struct GclkListener GclkListener;

/* Who has come. fd is the callee's. number: to be given back; 0: there is none. */
typedef struct {
	GclkListener *listener;
	char *id; /* "unix:/path#3", "vsock:CID" */
	guint number;
	/* What the command line of its monitor calls it, who came by a UNIX socket: clean; or NULL.
	   named: an id by it, "unix:/path@NAME", for it to keep from connection to connection. */
	char *name, *named;
	int fd;
} GclkNewcomer;

typedef void (*GclkNewcomerFunc)(gpointer user, const GclkNewcomer *newcomer);

/* where, group as gclk_server_listen has them. */
GclkListener *gclk_listener_new(GclkReactor *reactor, const char *where, const char *group,
	GclkNewcomerFunc func, gpointer user, GError **error);
/* Removes its socket's file. */
void gclk_listener_free(GclkListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkListener, gclk_listener_free)

/* More streams at a time of one process by a UNIX socket are refused: it is the monitor of a
   machine, and behind Firecracker's vsock every connection that a guest makes comes here. */
#define GCLK_LISTENER_PROCESS_MAX 16

/* The newcomer has left: the next one gets its number. */
void gclk_listener_release(GclkListener *listener, guint number);

/* --- what is pure of it ----------------------------------------------------------------------- */

typedef struct {
	char *path; /* of a UNIX socket, or NULL */
	char *user; /* whose it is to be, by name or number; NULL: the service's own */
	char *id;   /* what the guests' ids begin with: where without the user */
	guint port; /* of AF_VSOCK */
} GclkListenPlace;

gboolean gclk_listen_place_parse(const char *where, GclkListenPlace *out, GError **error);
void gclk_listen_place_clear(GclkListenPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkListenPlace, gclk_listen_place_clear)

/* The id of a peer, or NULL: it is not to be trusted, any process of a guest may use such a port.
   Caller frees. */
char *gclk_listener_vsock_id(guint32 cid, guint32 port);

#endif
