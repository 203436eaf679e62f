/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/reactor.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "guestclock/sample.h"

/* Of a turn: the others of the loop shall have theirs. */
#define EVENTS 64
#define TIMERS 256

typedef struct {
	GSource source;
	GclkReactor *reactor;
} Source;

struct GclkReactor {
	Source *source;
	gpointer tag;
	int epoll;
	GclkTimers *timers;
	gboolean dispatching; /* somebody may turn the loop from within a call */
	/* The turn under way: what is ready and has not been called yet. */
	struct epoll_event ready[EVENTS];
	gint next, n;
};

gint64 gclk_reactor_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (gint64)t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

/* --- the source ------------------------------------------------------------------------------- */

static gboolean prepare(GSource *source, gint *timeout)
{
	const GclkTimer *first = gclk_timers_first(((Source *)source)->reactor->timers);
	gint64 wait;

	*timeout = -1;
	if (!first)
		return FALSE;
	wait = first->deadline - gclk_reactor_now();
	*timeout = (gint)CLAMP((wait + GCLK_NS_PER_MS - 1) / GCLK_NS_PER_MS, 0, G_MAXINT);
	return wait <= 0;
}

static gboolean check(GSource *source)
{
	const GclkReactor *reactor = ((Source *)source)->reactor;
	const GclkTimer *first = gclk_timers_first(reactor->timers);

	return g_source_query_unix_fd(source, reactor->tag) != 0 ||
	       (first && first->deadline <= gclk_reactor_now());
}

static void call_ready(GclkReactor *reactor)
{
	reactor->n = epoll_wait(reactor->epoll, reactor->ready, EVENTS, 0);
	for (reactor->next = 0; reactor->next < reactor->n;) {
		const struct epoll_event *event = &reactor->ready[reactor->next++];
		GclkWatch *watch = event->data.ptr;

		if (watch)
			watch->ready(watch, event->events);
	}
	reactor->n = 0;
}

static void call_late(GclkReactor *reactor)
{
	gint64 now = gclk_reactor_now();

	for (guint i = 0; i < TIMERS; i++) {
		GclkTimer *timer = gclk_timers_first(reactor->timers);
		GclkWatch *watch = (GclkWatch *)timer;

		if (!timer || timer->deadline > now)
			return;
		gclk_timers_remove(reactor->timers, timer);
		watch->late(watch);
	}
}

static gboolean dispatch(
	GSource *source, GSourceFunc func G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
	GclkReactor *reactor = ((Source *)source)->reactor;

	if (reactor->dispatching)
		return G_SOURCE_CONTINUE;
	reactor->dispatching = TRUE;
	call_ready(reactor);
	call_late(reactor);
	reactor->dispatching = FALSE;
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .prepare = prepare, .check = check, .dispatch = dispatch };

/* --- watches ---------------------------------------------------------------------------------- */

gboolean gclk_reactor_watch(GclkReactor *reactor, GclkWatch *watch, guint32 events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (watch->watched && watch->events == events)
		return TRUE;
	if (epoll_ctl(reactor->epoll, watch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd,
		    &event) != 0)
		return FALSE;
	watch->watched = TRUE;
	watch->events = events;
	return TRUE;
}

void gclk_reactor_call(GclkReactor *reactor, GclkWatch *watch, gint64 deadline)
{
	gclk_timers_set(reactor->timers, &watch->timer, deadline);
}

void gclk_reactor_end(GclkReactor *reactor, GclkWatch *watch)
{
	gclk_timers_remove(reactor->timers, &watch->timer);
	for (gint i = reactor->next; i < reactor->n; i++)
		if (reactor->ready[i].data.ptr == watch)
			reactor->ready[i].data.ptr = NULL;
	if (watch->watched)
		epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->watched = FALSE;
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

/* --- the whole -------------------------------------------------------------------------------- */

GclkReactor *gclk_reactor_new(GMainContext *context, GError **error)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	GclkReactor *reactor;

	if (epoll < 0) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "epoll: %s",
			g_strerror(errno));
		return NULL;
	}
	reactor = g_new0(GclkReactor, 1);
	reactor->epoll = epoll;
	reactor->timers = gclk_timers_new();
	reactor->source = (Source *)g_source_new(&source_funcs, sizeof(Source));
	reactor->source->reactor = reactor;
	reactor->tag = g_source_add_unix_fd(&reactor->source->source, epoll, G_IO_IN);
	/* Else GLib takes the descriptor out before each dispatch and puts it back after it, and
	   wakes itself up for either: two system calls more, and a turn for nothing. */
	g_source_set_can_recurse(&reactor->source->source, TRUE);
	g_source_set_priority(&reactor->source->source, G_PRIORITY_HIGH);
	g_source_attach(&reactor->source->source, context);
	return reactor;
}

void gclk_reactor_free(GclkReactor *reactor)
{
	if (!reactor)
		return;
	g_source_destroy(&reactor->source->source);
	g_source_unref(&reactor->source->source);
	close(reactor->epoll);
	gclk_timers_free(reactor->timers);
	g_free(reactor);
}
