/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link with one guest, as data: bytes go in with the stamp of their reading, frames come out
 * through a callback, and the moment at which it wants to be run again is asked for. It has no
 * descriptor and no clock. server.c gives it both.
 *
 * Its limits are what one guest can cost the host: requests beyond the rate are not answered, bytes
 * beyond theirs are not read for a while, and what it cannot take in is not kept for it.
 */
#ifndef GUESTCLOCK_SESSION_H
#define GUESTCLOCK_SESSION_H

#include "guests/bucket.h"
#include "guests/server.h"

/* All three read together. */
typedef struct {
	gint64 utc; /* CLOCK_REALTIME, ns since 1970: what the guests are told */
	gint64 raw; /* CLOCK_MONOTONIC_RAW, ns: shows whether utc was stepped */
	gint64 now; /* CLOCK_BOOTTIME, ns: all deadlines */
} GclkStamp;

#define GCLK_SESSION_TIMEOUT  GCLK_NS_PER_S /* for the answer to a question */
#define GCLK_SESSION_REQUESTS 64            /* of a guest, answered in a second; */
#define GCLK_SESSION_BURST    128           /* so many at once */
/* Bytes of a guest read in a second, and at once. Several times what its requests need. */
#define GCLK_SESSION_BYTES       (64 * 1024)
#define GCLK_SESSION_BYTES_BURST (64 * 1024)

typedef enum {
	GCLK_SESSION_QUESTION, /* its transmit timestamp is a nonce */
	GCLK_SESSION_ANSWER,   /* gets its transmit timestamp just before the write */
	GCLK_SESSION_EVENT,    /* the same */
} GclkSessionFrame;

typedef struct {
	/* Writes the frame, or drops it (FALSE): the guest does not read. sent: when it was. */
	gboolean (*send)(gpointer user, GclkSessionFrame kind, guint8 frame[GCLK_LINK_FRAME_MAX],
		gsize length, GclkStamp *sent);
	guint64 (*random)(gpointer user);
} GclkSessionPort;

/* What is the same for all guests. */
typedef struct {
	GclkSessionPort port;
	GclkServerSettings settings;
	GclkServerClock clock;
	guint64 reference; /* NTP timestamp: when clock was set; 0: never */
} GclkSessionHost;

typedef struct {
	const GclkSessionHost *host;
	gpointer user; /* of the port's functions */
	GclkLinkReader reader;
	GclkServerGuest guest;
	guint32 disruptions;

	GclkBucket requests, bytes;
	gboolean paused; /* it has sent too much: nothing is read for now */
	gint64 half_at;  /* when half a frame will have waited for too long */
	gint64 due;      /* the next question */
	gboolean again;  /* a burst of its own soon after this one */
	guint left;      /* questions of this burst still to ask; 0: none is under way */
	guint64 nonce;   /* of the question under way; 0: none is */
	GclkStamp asked; /* it */
	gboolean has_best;
	gint64 best_offset, best_uncertainty; /* of the burst */
	gboolean news;                        /* guest has changed in what people see */
} GclkSession;

/* host outlives it. disruptions: those that the guest under this id is told of. The first question
   comes within spread ns. */
void gclk_session_init(GclkSession *session, const GclkSessionHost *host, gpointer user,
	guint32 disruptions, gint64 now, gint64 spread);

/* Bytes that were read just before stamp. */
void gclk_session_take(
	GclkSession *session, const guint8 *bytes, gsize length, const GclkStamp *stamp);

/* What is due by now: half frames, timeouts, questions. */
void gclk_session_run(GclkSession *session, gint64 now);

/* When to run it next, CLOCK_BOOTTIME, ns. */
gint64 gclk_session_deadline(const GclkSession *session);

/* Sends mode 5, drops what was measured before, and asks (within spread ns). */
void gclk_session_event(GclkSession *session, GclkLinkEvent event, gint64 now, gint64 spread);
/* The same of one that disruptions, as given to init, has counted. */
void gclk_session_tell(GclkSession *session, GclkLinkEvent event, gint64 now, gint64 spread);

/* A burst of questions now, if none is under way. */
void gclk_session_ask(GclkSession *session, gint64 now);

/* Has something been found out since the last call? */
gboolean gclk_session_news(GclkSession *session);

#endif
