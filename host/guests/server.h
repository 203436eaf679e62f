/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's end of the link for all guests: one thread, one epoll descriptor, one queue of timers,
 * so that the cost of an exchange does not grow with the number of guests. It answers their
 * questions with stamps taken next to the read and the write, asks each of them in turn (a burst,
 * of which the least round trip counts), and sends events. Every guest is taken for hostile:
 * frames, memory and rate are bounded, nothing that one does reaches the row or delays the answer
 * of another.
 */
#ifndef GUESTCLOCK_SERVER_H
#define GUESTCLOCK_SERVER_H

#include "guestclock/link.h"

typedef struct GclkServer GclkServer;

typedef struct {
	gint64 interval; /* ns from one burst of questions to the next, of each guest */
	guint burst;     /* questions of a burst: 1 .. 16, default 8 */
} GclkServerSettings;

extern const GclkServerSettings gclk_server_settings_default; /* 10 s, 8 */

/* What is known of the guest at the other end of a stream. */
typedef struct {
	gint64 opened;    /* CLOCK_BOOTTIME, ns */
	const char *name; /* what its monitor calls it, who came by a UNIX socket; or NULL */
	gint64 seen;      /* of the last good packet; 0: none yet */
	gboolean has_offset;
	gint64 offset;      /* host minus guest, ns */
	gint64 uncertainty; /* ns: half of the round trip */
	gint64 measured;    /* CLOCK_BOOTTIME, ns */
	gboolean has_report;
	GclkLinkGuest report;
	gint64 reported;            /* CLOCK_BOOTTIME, ns */
	guint64 questions, answers; /* asked by us, answered by the guest */
	guint64 served;             /* questions of the guest that we answered */
	guint64 stale;              /* answers with the nonce of nobody */
	guint64 noise;              /* bytes that were no frame */
	guint64 refused; /* over the limit of rate, or not to be written: the guest does not read */
	guint silent;    /* questions in a row without an answer */
} GclkServerGuest;

typedef struct {
	/* A guest came by one of the listeners: "vsock:CID"; "unix:/path@NAME", if its name is
	   known and nobody of that id is here; else "unix:/path#3". */
	void (*joined)(gpointer user, const char *id);
	/* Something new of it: an answer, a report. */
	void (*heard)(gpointer user, const char *id, const GclkServerGuest *guest);
	/* Its stream ended, or could not be used any more; error: errno or 0. It is detached. */
	void (*left)(gpointer user, const char *id, int error);
	/* This host's clock was stepped, or the host slept: what was measured before says nothing.
	 */
	void (*stepped)(gpointer user);
} GclkServerEvents;

/* All callbacks come from context's loop. events may be NULL, as may each of its functions. */
GclkServer *gclk_server_new(GMainContext *context, const GclkServerSettings *settings,
	const GclkServerEvents *events, gpointer user, GError **error);
void gclk_server_free(GclkServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkServer, gclk_server_free)

/* Takes a connected stream socket (made non-blocking, closed by the server, also on error). One
   that is attached under the same id already is closed first, without a word. FALSE: it is no
   stream socket, or no more guests are taken (GCLK_SERVER_GUESTS_MAX). */
#define GCLK_SERVER_GUESTS_MAX 8192
gboolean gclk_server_attach(GclkServer *server, const char *id, int fd, GError **error);
void gclk_server_detach(GclkServer *server, const char *id);

/* "unix:/path" (a socket of mode 0600; a dead one in its place is replaced, one that lives is an
   error), "unix:/path,user=NAME" (it belongs to that user) or "vsock:PORT". group: by name or
   number, may use a UNIX socket too (mode 0660); NULL: none. */
gboolean gclk_server_listen(
	GclkServer *server, const char *where, const char *group, GError **error);

/* Other intervals, from the next burst of each guest on. */
void gclk_server_set_settings(GclkServer *server, const GclkServerSettings *settings);

/* What the guests are told of the host's clock, from now on. Loss and return of its hold are events
   to all (HOST_CLOCK), as are its steps, which the server sees by itself. stratum as in an NTP
   packet; leap 3 and stratum 16 while it is not synchronised. disruptions of claim is not used: it
   is each guest's. */
typedef struct {
	GclkLinkHost claim;
	guint8 stratum;
	guint32 refid;
} GclkServerClock;
void gclk_server_set_clock(GclkServer *server, const GclkServerClock *clock);

/* Sends mode 5 at once to one guest, or with id NULL to all, and counts a disruption where it is
   one. Then asks it soon. An id that is not attached is counted for and, if it comes within
   a minute, told when it does. */
void gclk_server_event(GclkServer *server, const char *id, GclkLinkEvent event);

/* Asks now, without waiting for its turn. */
void gclk_server_ask(GclkServer *server, const char *id);

/* NULL: no such stream. Valid until the loop turns. */
const GclkServerGuest *gclk_server_look(const GclkServer *server, const char *id);

#endif
