/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways to one daemon: UNIX and UDP datagram sockets, asked side by side until one of them
 * answers. One descriptor stands for all of them in the poll loop of the probes.
 */
#ifndef GUESTCLOCK_PATHS_H
#define GUESTCLOCK_PATHS_H

#include <glib.h>

/* Longer than any datagram that is asked for; more is cut off, and so has a wrong length. */
#define GCLK_PATHS_DATAGRAM_MAX 2048

typedef struct GclkPaths GclkPaths;

GclkPaths *gclk_paths_new(void);
/* Closes all, and removes the sockets that were made in the file system. */
void gclk_paths_free(GclkPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkPaths, gclk_paths_free)

/* May only root's programs, and those that it gave the power to, take this UDP port? Else what
   answers there may be anybody's. */
gboolean gclk_paths_is_guarded(guint16 port);

/* Adds UDP to a numeric address. FALSE, with errno: no such way. */
gboolean gclk_paths_add_udp(GclkPaths *paths, const char *address, guint16 port);

/*
 * Adds a UNIX datagram socket. Ours is bound beside the daemon's, since that is where the daemon
 * may write; everybody may write to it, and it is removed at the end. FALSE, with errno: no such
 * way.
 */
gboolean gclk_paths_add_unix(GclkPaths *paths, const char *socket_path);
/* The same with ours bound in that folder. */
gboolean gclk_paths_add_unix_from(GclkPaths *paths, const char *socket_path, const char *folder);

/* Becomes readable when there is something to receive; -1: no way is left. The paths own it. */
int gclk_paths_fd(const GclkPaths *paths);

/* Sends the datagram each way, or only the chosen one. Ways that fail are closed. */
void gclk_paths_send(GclkPaths *paths, const guint8 *datagram, gsize length);

typedef struct {
	gsize length;
	gint64 pid;     /* of the sender, told by the kernel for UNIX sockets; 0: not known */
	gint64 uid;     /* its real user, likewise; -1: not known */
	gboolean local; /* came over a UNIX socket */
	guint way;      /* for gclk_paths_choose */
	guint8 bytes[GCLK_PATHS_DATAGRAM_MAX];
} GclkDatagram;

/* FALSE: nothing more for now. Never blocks; ways that were refused are closed. */
gboolean gclk_paths_receive(GclkPaths *paths, GclkDatagram *out);

/* The daemon answers this way: the others are closed. */
void gclk_paths_choose(GclkPaths *paths, guint way);

#endif
