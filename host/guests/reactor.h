/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many descriptors and many timers behind one GSource: an epoll descriptor and a queue. A turn of
 * the main loop costs what is ready, not what is there.
 */
#ifndef GUESTCLOCK_REACTOR_H
#define GUESTCLOCK_REACTOR_H

#include "guests/timers.h"

typedef struct GclkReactor GclkReactor;
typedef struct GclkWatch GclkWatch;

/* What is watched: the first member of its owner's struct, all zero at first. It may be ended and
   freed from within its own functions. */
struct GclkWatch {
	GclkTimer timer; /* its only one; first, so that a timer is a watch */
	void (*ready)(GclkWatch *watch, guint32 events); /* EPOLLIN ... */
	void (*late)(GclkWatch *watch);                  /* its deadline has passed */
	int fd;
	guint32 events; /* those it is called for */
	gboolean watched;
};

/* Runs before sources of the usual priority: a stamp is the better the sooner it is taken. */
GclkReactor *gclk_reactor_new(GMainContext *context, GError **error);
/* All watches have ended. */
void gclk_reactor_free(GclkReactor *reactor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkReactor, gclk_reactor_free)

/* Calls ready for these events (level-triggered) of watch->fd, and on errors and hang-ups; again:
   for other events. FALSE: errno tells why. */
gboolean gclk_reactor_watch(GclkReactor *reactor, GclkWatch *watch, guint32 events);

/* Calls late once at the deadline, CLOCK_BOOTTIME, ns; again: at another one. */
void gclk_reactor_call(GclkReactor *reactor, GclkWatch *watch, gint64 deadline);

/* No more calls; closes fd. */
void gclk_reactor_end(GclkReactor *reactor, GclkWatch *watch);

/* CLOCK_BOOTTIME, ns. */
gint64 gclk_reactor_now(void);

#endif
