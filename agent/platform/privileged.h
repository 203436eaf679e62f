/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small process that keeps what root is needed for. It opens files and devices of a list that
 * was fixed at its start and passes the descriptors on, and it has names resolved by short-lived
 * children without any privilege. The clock process forks it before it drops its own privileges and
 * talks to it over two socket pairs, so that a slow name server never delays an open. The helper
 * takes the clock process for hostile: whatever arrives is checked against the list.
 *
 * It ends when the clock process does. When it ends first, every later call fails with -EPIPE and
 * every resolve request under way is answered with a reason; the clock is kept all the same.
 */
#ifndef GUESTCLOCK_PRIVILEGED_H
#define GUESTCLOCK_PRIVILEGED_H

#include "platform/platform.h"

typedef struct GclkPrivileged GclkPrivileged;

typedef enum {
	GCLK_ACCESS_FILE,      /* a regular file, or /dev/vmclock<number>, read only */
	GCLK_ACCESS_DIRECTORY, /* a directory, to list it */
	GCLK_ACCESS_DEVICE,    /* a precision clock, read and write (read only where no more is
				  allowed) */
	GCLK_ACCESS_CHANNEL,   /* a channel to the host (channel.h); the path is its name */
} GclkAccess;

/* What may be opened beside /dev/ptp<number>, /dev/ptp_<name> and /dev/vmclock<number>.
   NULL-terminated lists, of absolute paths except for channels; NULL: none. */
typedef struct {
	const char *const *files;       /* exactly these: configuration, keys */
	const char *const *directories; /* each itself, and the files *.conf in it: drop-ins */
	const char *const *devices;     /* exactly these */
	const char *const *channels;    /* exactly these: "virtio:NAME" */
} GclkPrivilegedPolicy;

/* Forks the helper. Works without root too: the helper then can do no more than the caller.
   Call before anything else has made threads. */
GclkPrivileged *gclk_privileged_start(const GclkPrivilegedPolicy *policy, GError **error);

/* Closes the connection, which ends the helper; NULL is ignored. Callbacks of requests under way do
   not come. */
void gclk_privileged_free(GclkPrivileged *privileged);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkPrivileged, gclk_privileged_free)

/* Returns a descriptor (close-on-exec, caller's), or -errno: -EACCES not on the list, -EPIPE the
   helper has ended, -ETIMEDOUT no answer within seconds, others from open(2). Blocks that long. */
int gclk_privileged_open(GclkPrivileged *privileged, const char *path, GclkAccess access);

/* Asks for the addresses of a name; func comes once from gclk_privileged_dispatch. Returns an id
   for cancel, or 0 when the request could not be sent (func does not come). */
guint gclk_privileged_resolve(GclkPrivileged *privileged, const char *name, guint16 port,
	GclkResolveFunc func, gpointer user);
void gclk_privileged_cancel(GclkPrivileged *privileged, guint id);

/* Readable when there are answers, or when the helper has ended; the same until free. */
int gclk_privileged_fd(const GclkPrivileged *privileged);
/* Takes in what has arrived and calls back. Never blocks. */
void gclk_privileged_dispatch(GclkPrivileged *privileged);

/* FALSE once the helper is known to have ended. */
gboolean gclk_privileged_alive(const GclkPrivileged *privileged);
/* The helper's process id. */
gint gclk_privileged_pid(const GclkPrivileged *privileged);

/* --- becoming small --------------------------------------------------------------------------- */

typedef struct {
	gboolean switched;     /* runs as the user now */
	gboolean user_missing; /* there is no such user */
	gboolean still_root;   /* uid 0, with capabilities reduced: no such user, or root was asked
				  for */
	gboolean sys_time;     /* may still set the clock */
	guint uid, gid;        /* whom the process runs as now */
} GclkDropped;

/* Looks a user up: a name, or a number, or NUMBER:NUMBER for user and group. FALSE: there is none.
 */
gboolean gclk_privileged_user(const char *user, guint *uid, guint *gid);

/*
 * Makes the calling process its final self: user and group changed, no supplementary groups, no
 * capability but CAP_SYS_TIME (where it had that), no way to gain any by execve. Without root only
 * the last two are done. An unknown user is no error: see still_root. Errors mean that the process
 * must not go on.
 */
gboolean gclk_privileged_drop(const char *user, GclkDropped *out, GError **error);

/*
 * Makes a directory (and its parents, mode 0755) that belongs to uid and gid with that mode, or
 * gives an existing one to them. Refuses a symbolic link, and one that is evidently shared: sticky,
 * or with sub-directories that are not the user's. Without root only creates.
 */
gboolean gclk_privileged_prepare_directory(
	const char *path, guint mode, guint uid, guint gid, GError **error);

#endif
