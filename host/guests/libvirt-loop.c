/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/libvirt-loop.h"

#include <glib-unix.h>

/* A descriptor or a timer that libvirt watches. Other threads add, change and remove them; only the
   loop's thread calls back and frees. */
typedef struct {
	int id;
	int fd; /* -1: a timer */
	int events;
	virEventHandleCallback ready;
	virEventTimeoutCallback due;
	void *opaque;
	virFreeCallback free_opaque;
	GSource *source; /* or NULL: asleep */
	gboolean removed;
} Watch;

static GMutex lock;
static GMainContext *loop;
static GHashTable *watches; /* id -> Watch, those that are not removed */
static int last_id;

/* libvirt's words for what poll(2) says, and back. */
static const struct {
	int event;
	GIOCondition condition;
} conditions[] = {
	{ VIR_EVENT_HANDLE_READABLE, G_IO_IN },
	{ VIR_EVENT_HANDLE_WRITABLE, G_IO_OUT },
	{ VIR_EVENT_HANDLE_ERROR, G_IO_ERR },
	{ VIR_EVENT_HANDLE_HANGUP, G_IO_HUP },
};

static GIOCondition to_condition(int events)
{
	GIOCondition out = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
		if (events & conditions[i].event)
			out |= conditions[i].condition;
	return out;
}

static int to_events(GIOCondition condition)
{
	int out = condition & G_IO_NVAL ? VIR_EVENT_HANDLE_ERROR : 0;

	for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
		if (condition & conditions[i].condition)
			out |= conditions[i].event;
	return out;
}

/* --- calling back ----------------------------------------------------------------------------- */

static gboolean is_removed(const Watch *watch)
{
	gboolean removed;

	g_mutex_lock(&lock);
	removed = watch->removed;
	g_mutex_unlock(&lock);
	return removed;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer user)
{
	Watch *watch = user;

	if (!is_removed(watch))
		watch->ready(watch->id, fd, to_events(condition), watch->opaque);
	return G_SOURCE_CONTINUE;
}

static gboolean on_due(gpointer user)
{
	Watch *watch = user;

	if (!is_removed(watch))
		watch->due(watch->id, watch->opaque);
	return G_SOURCE_CONTINUE;
}

static gboolean reap(gpointer user)
{
	Watch *watch = user;

	if (watch->free_opaque)
		watch->free_opaque(watch->opaque);
	g_free(watch);
	return G_SOURCE_REMOVE;
}

/* --- under the lock --------------------------------------------------------------------------- */

static void fall_asleep(Watch *watch)
{
	if (!watch->source)
		return;
	g_source_destroy(watch->source);
	g_clear_pointer(&watch->source, g_source_unref);
}

static void wake_up(Watch *watch, GSource *source, GSourceFunc func)
{
	watch->source = source;
	g_source_set_callback(source, func, watch, NULL);
	g_source_attach(source, loop);
}

/* events: those to wait for, or the milliseconds of a timer; negative: never. */
static void set_events(Watch *watch, int events)
{
	fall_asleep(watch);
	watch->events = events;
	if (watch->fd >= 0 && events > 0)
		wake_up(watch, g_unix_fd_source_new(watch->fd, to_condition(events)),
			G_SOURCE_FUNC(on_ready));
	else if (watch->fd < 0 && events >= 0)
		wake_up(watch, g_timeout_source_new((guint)events), on_due);
}

static int add_watch(Watch watch, int events)
{
	Watch *copy = g_memdup2(&watch, sizeof(watch));
	int id;

	g_mutex_lock(&lock);
	id = copy->id = ++last_id;
	g_hash_table_insert(watches, GINT_TO_POINTER(id), copy);
	set_events(copy, events);
	g_mutex_unlock(&lock);
	return id;
}

static void update_watch(int id, int events)
{
	Watch *watch;

	g_mutex_lock(&lock);
	watch = g_hash_table_lookup(watches, GINT_TO_POINTER(id));
	/* a timer that is set again begins anew */
	if (watch && (watch->fd < 0 || watch->events != events))
		set_events(watch, events);
	g_mutex_unlock(&lock);
}

/* libvirt wants it freed later, and not from within. */
static int remove_watch(int id)
{
	GSource *later = NULL;
	Watch *watch;

	g_mutex_lock(&lock);
	watch = g_hash_table_lookup(watches, GINT_TO_POINTER(id));
	if (watch) {
		g_hash_table_remove(watches, GINT_TO_POINTER(id));
		fall_asleep(watch);
		watch->removed = TRUE;
		later = g_idle_source_new();
		g_source_set_priority(later, G_PRIORITY_DEFAULT);
		g_source_set_callback(later, reap, watch, NULL);
		g_source_attach(later, loop);
		g_source_unref(later);
	}
	g_mutex_unlock(&lock);
	return watch ? 0 : -1;
}

/* --- what libvirt calls ----------------------------------------------------------------------- */

static int add_handle(
	int fd, int events, virEventHandleCallback func, void *opaque, virFreeCallback free_opaque)
{
	return add_watch(
		(Watch){ .fd = fd, .ready = func, .opaque = opaque, .free_opaque = free_opaque },
		events);
}

static int add_timeout(
	int interval, virEventTimeoutCallback func, void *opaque, virFreeCallback free_opaque)
{
	return add_watch(
		(Watch){ .fd = -1, .due = func, .opaque = opaque, .free_opaque = free_opaque },
		interval);
}

static void make_loop(const GclkLibvirt *api)
{
	if (loop)
		return;
	loop = g_main_context_new();
	watches = g_hash_table_new(NULL, NULL);
	api->event_register(
		add_handle, update_watch, remove_watch, add_timeout, update_watch, remove_watch);
}

GMainContext *gclk_libvirt_loop_take(const GclkLibvirt *api)
{
	gboolean ours;

	g_mutex_lock(&lock);
	make_loop(api);
	ours = g_main_context_acquire(loop);
	g_mutex_unlock(&lock);
	return ours ? loop : NULL;
}

void gclk_libvirt_loop_give_back(GMainContext *context)
{
	/* bounded: a descriptor of another connection may be ready again and again */
	for (guint i = 0; i < 1000 && g_main_context_iteration(context, FALSE); i++)
		;
	g_main_context_release(context);
}
