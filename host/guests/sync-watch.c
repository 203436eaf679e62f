/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/sync-watch.h"

/* A thread asks, and leaves what it found in the box; a source on the main context takes it out.
   Nothing is written for the gate's cache: what a hook asks itself is fresher than what was found
   here some seconds ago, and it takes milliseconds. */
struct GclkSyncWatch {
	GMainContext *context;
	gint64 interval; /* us */
	GclkSyncWatchFunc func;
	gpointer user;
	GThread *thread;
	GSource *delivery;

	GMutex lock; /* for what follows */
	GCond wake;
	gboolean ending, hurry;
	GclkProbePlaces places;
	GclkSyncPolicy policy;
	GclkHostSync *box; /* or NULL */
};

/* --- the texts of places ---------------------------------------------------------------------- */

static GclkProbePlaces copy_places(const GclkProbePlaces *places)
{
	return (GclkProbePlaces){
		.chrony_socket = g_strdup(places->chrony_socket),
		.chrony_config = g_strdup(places->chrony_config),
		.ptp4l_sockets =
			(const char *const *)g_strdupv((char **)(gpointer)places->ptp4l_sockets),
		.ntp_address = g_strdup(places->ntp_address),
		.ntp_port = places->ntp_port,
		.timesync_bus = g_strdup(places->timesync_bus),
		.timesync_stamp = g_strdup(places->timesync_stamp),
		.ntpctl = g_strdup(places->ntpctl),
		.ptpd_status = g_strdup(places->ptpd_status),
	};
}

static void clear_places(GclkProbePlaces *places)
{
	const char *const texts[] = { places->chrony_socket, places->chrony_config,
		places->ntp_address, places->timesync_bus, places->timesync_stamp, places->ntpctl,
		places->ptpd_status };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free((gpointer)texts[i]);
	g_strfreev((char **)(gpointer)places->ptp4l_sockets);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void put(GclkSyncWatch *watch, GclkHostSync *sync)
{
	GclkHostSync *old;

	g_mutex_lock(&watch->lock);
	old = watch->box; /* the main thread was busy: it only wants the last one */
	watch->box = sync;
	g_mutex_unlock(&watch->lock);
	gclk_host_sync_free(old);
	g_source_set_ready_time(watch->delivery, 0);
}

/* FALSE: it is to end. */
static gboolean wait_for(GclkSyncWatch *watch, gint64 until)
{
	gboolean ending;

	g_mutex_lock(&watch->lock);
	while (!watch->ending && !watch->hurry &&
		g_cond_wait_until(&watch->wake, &watch->lock, until))
		;
	watch->hurry = FALSE;
	ending = watch->ending;
	g_mutex_unlock(&watch->lock);
	return !ending;
}

static GclkHostSync *ask(GclkSyncWatch *watch)
{
	GclkProbePlaces places;
	GclkSyncPolicy policy;
	GclkHostSync *sync;

	g_mutex_lock(&watch->lock);
	places = copy_places(&watch->places);
	policy = watch->policy;
	g_mutex_unlock(&watch->lock);
	sync = gclk_host_sync_ask(&places, &policy);
	clear_places(&places);
	return sync;
}

static gpointer ask_again_and_again(gpointer user)
{
	GclkSyncWatch *watch = user;
	gint64 next = g_get_monotonic_time();

	do {
		put(watch, ask(watch));
		next = MAX(next + watch->interval, g_get_monotonic_time());
	} while (wait_for(watch, next));
	return NULL;
}

/* --- the main context ------------------------------------------------------------------------- */

static gboolean deliver(gpointer user)
{
	GclkSyncWatch *watch = user;
	GclkHostSync *sync;

	g_source_set_ready_time(watch->delivery, -1);
	g_mutex_lock(&watch->lock);
	sync = g_steal_pointer(&watch->box);
	g_mutex_unlock(&watch->lock);
	if (sync)
		watch->func(watch->user, sync);
	return G_SOURCE_CONTINUE;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	(void)source;
	return callback(user);
}

static GSource *new_delivery(GclkSyncWatch *watch)
{
	static GSourceFuncs funcs = { .dispatch = dispatch };
	GSource *source = g_source_new(&funcs, sizeof(GSource));

	g_source_set_callback(source, deliver, watch, NULL);
	g_source_attach(source, watch->context);
	return source;
}

GclkSyncWatch *gclk_sync_watch_new(GMainContext *context, const GclkProbePlaces *places,
	const GclkSyncPolicy *policy, gint64 interval, GclkSyncWatchFunc func, gpointer user)
{
	GclkSyncWatch *watch = g_new0(GclkSyncWatch, 1);

	watch->context = context ? g_main_context_ref(context) : NULL;
	watch->places = copy_places(places);
	watch->policy = *policy;
	watch->interval = MAX(interval / 1000, 1);
	watch->func = func;
	watch->user = user;
	g_mutex_init(&watch->lock);
	g_cond_init(&watch->wake);
	watch->delivery = new_delivery(watch);
	watch->thread = g_thread_new("host-sync", ask_again_and_again, watch);
	return watch;
}

void gclk_sync_watch_configure(
	GclkSyncWatch *watch, const GclkProbePlaces *places, const GclkSyncPolicy *policy)
{
	g_mutex_lock(&watch->lock);
	clear_places(&watch->places);
	watch->places = copy_places(places);
	watch->policy = *policy;
	watch->hurry = TRUE;
	g_cond_signal(&watch->wake);
	g_mutex_unlock(&watch->lock);
}

void gclk_sync_watch_free(GclkSyncWatch *watch)
{
	if (!watch)
		return;
	g_mutex_lock(&watch->lock);
	watch->ending = TRUE;
	g_cond_signal(&watch->wake);
	g_mutex_unlock(&watch->lock);
	g_thread_join(watch->thread);
	g_source_destroy(watch->delivery);
	g_source_unref(watch->delivery);
	gclk_host_sync_free(watch->box);
	g_mutex_clear(&watch->lock);
	g_cond_clear(&watch->wake);
	clear_places(&watch->places);
	g_clear_pointer(&watch->context, g_main_context_unref);
	g_free(watch);
}
