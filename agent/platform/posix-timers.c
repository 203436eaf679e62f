/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/posix.h"

typedef struct {
	guint id;
	gint64 due; /* g_get_monotonic_time, us */
	GclkTimerFunc func;
	gpointer user;
} Timer;

/* prepare and check look at the queue themselves: g_source_set_ready_time would write to the
   context's wake-up descriptor each time and so cost a turn of the loop. */
struct GclkTimers {
	GSource source;
	GQueue queue; /* of Timer, by due, then id */
	guint last_id;
};

static gint compare(gconstpointer a, gconstpointer b, gpointer unused)
{
	const Timer *x = a, *y = b;

	(void)unused;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return (gint32)(x->id - y->id) < 0 ? -1 : 1;
}

static gboolean prepare(GSource *source, gint *timeout)
{
	const Timer *first = g_queue_peek_head(&((GclkTimers *)source)->queue);
	gint64 wait;

	*timeout = -1;
	if (!first)
		return FALSE;
	wait = first->due - g_source_get_time(source);
	if (wait <= 0) {
		*timeout = 0;
		return TRUE;
	}
	*timeout = (gint)MIN((wait + 999) / 1000, G_MAXINT);
	return FALSE;
}

static gboolean check(GSource *source)
{
	const Timer *first = g_queue_peek_head(&((GclkTimers *)source)->queue);

	return first && first->due <= g_source_get_time(source);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	GclkTimers *timers = (GclkTimers *)source;
	gint64 now = g_source_get_time(source);
	guint newest = timers->last_id;
	Timer *first;

	(void)callback;
	(void)user;
	/* Timers that are started meanwhile wait for the next turn, even without delay. */
	while (!g_source_is_destroyed(source) && (first = g_queue_peek_head(&timers->queue)) &&
		first->due <= now && (gint32)(first->id - newest) <= 0) {
		g_autofree Timer *timer = g_queue_pop_head(&timers->queue);

		timer->func(timer->user);
	}
	return G_SOURCE_CONTINUE;
}

static void finalize(GSource *source)
{
	g_queue_clear_full(&((GclkTimers *)source)->queue, g_free);
}

static GSourceFuncs functions = {
	.prepare = prepare, .check = check, .dispatch = dispatch, .finalize = finalize
};

GclkTimers *gclk_timers_new(GMainContext *context)
{
	GSource *source = g_source_new(&functions, sizeof(GclkTimers));
	GclkTimers *timers = (GclkTimers *)source;

	g_queue_init(&timers->queue);
	g_source_attach(source, context);
	return timers;
}

void gclk_timers_free(GclkTimers *timers)
{
	if (!timers)
		return;
	g_source_destroy(&timers->source);
	g_source_unref(&timers->source);
}

guint gclk_timers_start(GclkTimers *timers, gint64 delay, GclkTimerFunc func, gpointer user)
{
	Timer *timer = g_new0(Timer, 1);

	if (++timers->last_id == 0)
		timers->last_id = 1;
	timer->id = timers->last_id;
	delay = MAX(delay, 0);
	timer->due = g_get_monotonic_time() + delay / 1000 + (delay % 1000 != 0);
	timer->func = func;
	timer->user = user;
	g_queue_insert_sorted(&timers->queue, timer, compare, NULL);
	return timer->id;
}

void gclk_timers_stop(GclkTimers *timers, guint id)
{
	for (GList *link = timers->queue.head; id && link; link = link->next) {
		Timer *timer = link->data;

		if (timer->id == id) {
			g_queue_delete_link(&timers->queue, link);
			g_free(timer);
			return;
		}
	}
}
