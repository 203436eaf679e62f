/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A platform that the test holds in its hand: clocks that move only when told, a queue of timers,
 * and sockets and streams whose traffic the test reads and writes. Functions that no test of this
 * kind needs (steering, devices, files) are NULL.
 */
#ifndef GUESTCLOCK_FAKE_PLATFORM_H
#define GUESTCLOCK_FAKE_PLATFORM_H

#include "platform/platform.h"

/* 2027-01-15 08:00:00, where REAL stands at first; RAW stands at FAKE_RAW. */
#define GCLK_FAKE_REAL (G_GINT64_CONSTANT(1800000000) * GCLK_NS_PER_S)
#define GCLK_FAKE_RAW  (1000 * GCLK_NS_PER_S)

typedef struct {
	GclkAddress peer;
	gsize socket; /* number of the socket it left by, counted from 0 in the order of opening */
	GclkClockPair at;
	gsize length;
	guint8 data[512];
} GclkFakePacket;

/* What was written to a stream at once. */
typedef struct {
	GclkClockPair at;
	gsize length;
	guint8 data[512];
} GclkFakeWrite;

typedef struct {
	GclkPlatform platform;
	/* clocks */
	gint64 now;   /* ns since the test began: RAW and boottime go with it */
	gint64 real;  /* REAL minus now */
	gint64 width; /* of every pair */
	/* timers */
	GArray *timers;
	guint last_id;
	/* sockets */
	GPtrArray *sockets;          /* of GclkSocket, closed ones too */
	guint open;                  /* how many are open */
	GArray *sent;                /* of GclkFakePacket */
	gint open_error, send_error; /* errno of the next ones; 0: they succeed */
	const char *local;           /* the local address of every socket */
	gint64 departure_stamp;      /* added to REAL for the kernel's stamp; < 0: no stamp */
	gboolean arrival_stamp;
	/* streams: one at a time */
	GclkStream *stream;                   /* the open one, or NULL */
	char *channel;                        /* that was opened last */
	guint stream_opens;                   /* how often that was tried */
	GArray *written;                      /* of GclkFakeWrite */
	gint stream_error, stream_send_error; /* errno of the next ones; 0: they succeed */
	/* names */
	guint resolve_id; /* request under way, 0: none */
	guint resolves, cancels;
	char *resolve_name;
	GclkResolveFunc resolve_func;
	gpointer resolve_user;
	guint16 resolve_port;
	/* the rest */
	guint32 own_refid; /* the one that is ours, 0: none */
	guint64 random;    /* state of the generator */
} GclkFake;

GclkFake *gclk_fake_new(void);
void gclk_fake_free(GclkFake *fake);

/* Lets ns pass; timers that fall due are called in order, at their time. */
void gclk_fake_pass(GclkFake *fake, gint64 ns);

/* Lets time pass until the next timer is due and calls it. FALSE: there is none. */
gboolean gclk_fake_pass_timer(GclkFake *fake);

/* Time until the next timer, ns; -1: there is none. */
gint64 gclk_fake_next_timer(const GclkFake *fake);

/* Jumps REAL. Tells nobody. */
void gclk_fake_step(GclkFake *fake, gint64 delta);

/* The packets sent so far, and the n-th of them counted from the last (0). */
guint gclk_fake_sent(const GclkFake *fake);
const GclkFakePacket *gclk_fake_packet(const GclkFake *fake, guint from_last);

/* A datagram arrives now on the socket that packet left by. FALSE: the socket is closed. */
gboolean gclk_fake_deliver(GclkFake *fake, const GclkFakePacket *packet, const guint8 *data,
	gsize length, gboolean truncated);

/* An error comes back to that socket. FALSE: it is closed. */
gboolean gclk_fake_fail(GclkFake *fake, const GclkFakePacket *packet, gint error);

/* Somebody is at the other end of the stream, or has hung up. */
void gclk_fake_connect(GclkFake *fake, gboolean connected);

/* Bytes arrive now on the stream. FALSE: it is closed. */
gboolean gclk_fake_feed(GclkFake *fake, const guint8 *data, gsize length);

/* The stream is dead. */
void gclk_fake_break(GclkFake *fake, gint error);

/* What was written, the n-th counted from the last (0). */
const GclkFakeWrite *gclk_fake_written(const GclkFake *fake, guint from_last);

/* Answers the resolve request under way; addresses as text, ended by NULL. None: fails with reason.
 */
void gclk_fake_resolve(GclkFake *fake, const char *reason, ...) G_GNUC_NULL_TERMINATED;

#endif
