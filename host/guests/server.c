/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's end of the link: slots of guests, each a stream and a session, on one reactor. */
#include "guests/server.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "guests/clock-step.h"
#include "guests/listener.h"
#include "guests/stream.h"

/* What is read of a guest in one turn of the loop. */
#define READ_MAX 2048
/* Guests that are told something all together are asked within this time. */
#define SPREAD GCLK_NS_PER_S
/* Ids whose disruptions are remembered; beyond it those of guests that are not here are forgotten,
   to whom the other number looks like one disruption more. */
#define REMEMBERED_MAX (2 * GCLK_SERVER_GUESTS_MAX)
/* A guest that came from another host, or from a saved state, is here some seconds before its
   stream is: it is told then. Later it has found out by itself. */
#define WAITS_FOR (60 * GCLK_NS_PER_S)
#define NONCES    32 /* fetched at once */

typedef struct {
	GclkWatch watch; /* first */
	GclkServer *server;
	char *id;
	char *name;             /* or NULL */
	GclkListener *listener; /* it came by, or NULL */
	guint number;           /* there */
	gboolean calling;       /* one of the owner's functions runs for it */
	gboolean gone;          /* detached meanwhile */
	gboolean ended;         /* its stream has */
	GclkStream stream;
	GclkSession session;
} Slot;

/* What a guest shall be told when it comes. */
typedef struct {
	GclkLinkEvent event;
	gint64 at; /* CLOCK_BOOTTIME, ns */
} Waiting;

struct GclkServer {
	GclkReactor *reactor;
	GclkClockStep *step;
	GclkServerEvents events;
	gpointer user;
	GclkSessionHost host;
	GHashTable *slots;      /* id, the slot's own -> Slot, owned */
	GHashTable *remembered; /* id -> disruptions */
	GHashTable *waiting;    /* id -> Waiting */
	GPtrArray *listeners;
	guint64 nonces[NONCES];
	guint nonces_left;
};

const GclkServerSettings gclk_server_settings_default = { 10 * GCLK_NS_PER_S, 8 };

/* --- what a session needs --------------------------------------------------------------------- */

static gboolean slot_send(gpointer user, GclkSessionFrame kind, guint8 frame[GCLK_LINK_FRAME_MAX],
	gsize length, GclkStamp *sent)
{
	Slot *slot = user;

	/* Questions to nobody would be answered when somebody comes, much too late. */
	if (kind == GCLK_SESSION_QUESTION && slot->session.guest.silent > 0 &&
		gclk_stream_unread(&slot->stream))
		return FALSE;
	return gclk_stream_send(&slot->stream, kind, frame, length, sent);
}

/* getrandom(2) gives up to 256 bytes whole; it fails only where the kernel has none. */
static void fill_nonces(GclkServer *server)
{
	server->nonces_left = NONCES;
	if (getrandom(server->nonces, sizeof(server->nonces), 0) == sizeof(server->nonces))
		return;
	for (guint i = 0; i < NONCES; i++)
		server->nonces[i] = (guint64)g_random_int() << 32 | g_random_int();
}

static guint64 slot_random(gpointer user)
{
	GclkServer *server = ((Slot *)user)->server;

	if (server->nonces_left == 0)
		fill_nonces(server);
	return server->nonces[--server->nonces_left];
}

/* --- slots ------------------------------------------------------------------------------------ */

static void slot_free(gpointer data)
{
	Slot *slot = data;

	gclk_reactor_end(slot->server->reactor, &slot->watch);
	if (slot->listener)
		gclk_listener_release(slot->listener, slot->number);
	g_free(slot->id);
	g_free(slot->name);
	g_free(slot);
}

/* From the table, and from memory unless one of the owner's functions runs for it. */
static void slot_drop(Slot *slot)
{
	GclkServer *server = slot->server;

	g_hash_table_steal(server->slots, slot->id);
	slot->gone = TRUE;
	if (!slot->calling)
		slot_free(slot);
}

static Slot *find(const GclkServer *server, const char *id)
{
	return g_hash_table_lookup(server->slots, id);
}

/* Wakes it for what it waits for; one that has something to tell is woken at once. */
static void slot_arm(Slot *slot)
{
	GclkReactor *reactor = slot->server->reactor;
	guint32 events = (slot->session.paused ? 0 : EPOLLIN) |
			 (slot->stream.rest_length > 0 ? EPOLLOUT : 0);

	if (!gclk_reactor_watch(reactor, &slot->watch, events))
		slot->ended = TRUE;
	gclk_reactor_call(reactor, &slot->watch,
		slot->ended || slot->stream.broken || slot->session.news
			? 0
			: gclk_session_deadline(&slot->session));
}

static void tell_heard(Slot *slot)
{
	const GclkServer *server = slot->server;

	if (!gclk_session_news(&slot->session) || !server->events.heard)
		return;
	slot->calling = TRUE;
	server->events.heard(server->user, slot->id, &slot->session.guest);
	slot->calling = FALSE;
}

static void tell_left(Slot *slot)
{
	const GclkServer *server = slot->server;
	g_autofree char *id = g_strdup(slot->id);
	int error = slot->stream.error;
	GclkServerEvents events = server->events;
	gpointer user = server->user;

	slot_drop(slot);
	if (events.left)
		events.left(user, id, error);
}

/* After everything that was done from the loop. */
static void slot_settle(Slot *slot)
{
	tell_heard(slot);
	if (slot->gone)
		slot_free(slot);
	else if (slot->ended || slot->stream.broken)
		tell_left(slot);
	else
		slot_arm(slot);
}

static void slot_read(Slot *slot)
{
	guint8 bytes[READ_MAX];
	GclkStamp stamp;
	gssize n = gclk_stream_read(&slot->stream, bytes, sizeof(bytes), &stamp);

	if (n > 0) {
		gclk_session_take(&slot->session, bytes, (gsize)n, &stamp);
	} else if (n == 0) {
		slot->ended = TRUE;
	} else if (errno != EAGAIN && errno != EINTR) {
		slot->ended = TRUE;
		slot->stream.error = errno;
	}
}

/* A hang-up is told again and again: whoever is not read from is given up then. */
static void on_ready(GclkWatch *watch, guint32 events)
{
	Slot *slot = (Slot *)watch;

	if (events & EPOLLOUT)
		gclk_stream_flush(&slot->stream);
	if (events & EPOLLIN && !slot->session.paused)
		slot_read(slot);
	else if (events & (EPOLLHUP | EPOLLERR))
		slot->ended = TRUE;
	slot_settle(slot);
}

static void on_late(GclkWatch *watch)
{
	Slot *slot = (Slot *)watch;

	gclk_session_run(&slot->session, gclk_reactor_now());
	slot_settle(slot);
}

/* --- disruptions outlive a connection --------------------------------------------------------- */

static guint32 recall(const GclkServer *server, const char *id)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(server->remembered, id));
}

static gboolean is_absent(gpointer id, gpointer value G_GNUC_UNUSED, gpointer user)
{
	return !find(user, id);
}

static void remember(GclkServer *server, const char *id, guint32 disruptions)
{
	if (g_hash_table_size(server->remembered) >= REMEMBERED_MAX)
		g_hash_table_foreach_remove(server->remembered, is_absent, server);
	g_hash_table_replace(server->remembered, g_strdup(id), GUINT_TO_POINTER(disruptions));
}

static gboolean waits_no_more(gpointer id G_GNUC_UNUSED, gpointer value, gpointer user)
{
	return *(const gint64 *)user - ((const Waiting *)value)->at > WAITS_FOR;
}

static void let_wait(GclkServer *server, const char *id, GclkLinkEvent event)
{
	const Waiting waiting = { event, gclk_reactor_now() };
	gint64 now = waiting.at;

	if (g_hash_table_size(server->waiting) >= REMEMBERED_MAX)
		g_hash_table_foreach_remove(server->waiting, waits_no_more, &now);
	if (g_hash_table_size(server->waiting) < REMEMBERED_MAX)
		g_hash_table_replace(
			server->waiting, g_strdup(id), g_memdup2(&waiting, sizeof(waiting)));
}

/* The count of it is in the session already. */
static void tell_what_waits(Slot *slot)
{
	GHashTable *table = slot->server->waiting;
	const Waiting *waiting = g_hash_table_lookup(table, slot->id);
	gint64 now = gclk_reactor_now();

	if (!waiting)
		return;
	if (now - waiting->at <= WAITS_FOR)
		gclk_session_tell(&slot->session, waiting->event, now, 0);
	g_hash_table_remove(table, slot->id);
}

/* --- guests ----------------------------------------------------------------------------------- */

static Slot *attach(GclkServer *server, const char *id, int fd, GError **error)
{
	Slot *old = find(server, id);
	Slot *slot;

	if (old)
		slot_drop(old);
	if (g_hash_table_size(server->slots) >= GCLK_SERVER_GUESTS_MAX) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
			"%d guests are here already, that is all that are taken",
			GCLK_SERVER_GUESTS_MAX);
		close(fd);
		return NULL;
	}
	slot = g_new0(Slot, 1);
	slot->server = server;
	slot->watch = (GclkWatch){ .ready = on_ready, .late = on_late, .fd = fd };
	slot->id = g_strdup(id);
	if (!gclk_stream_init(&slot->stream, fd, error)) {
		slot_free(slot);
		return NULL;
	}
	gclk_session_init(&slot->session, &server->host, slot, recall(server, id),
		gclk_reactor_now(), MIN(server->host.settings.interval / 8, SPREAD));
	g_hash_table_insert(server->slots, slot->id, slot);
	tell_what_waits(slot);
	slot_arm(slot);
	return slot;
}

gboolean gclk_server_attach(GclkServer *server, const char *id, int fd, GError **error)
{
	return attach(server, id, fd, error) != NULL;
}

void gclk_server_detach(GclkServer *server, const char *id)
{
	Slot *slot = find(server, id);

	if (slot)
		slot_drop(slot);
}

static void on_newcomer(gpointer user, const GclkNewcomer *newcomer)
{
	GclkServer *server = user;
	g_autoptr(GError) error = NULL;
	const gboolean by_name = newcomer->named && !find(server, newcomer->named);
	const char *id = by_name ? newcomer->named : newcomer->id;
	Slot *slot = attach(server, id, newcomer->fd, &error);

	if (!slot) {
		gclk_listener_release(newcomer->listener, newcomer->number);
		g_debug("%s: %s", id, error->message);
		return;
	}
	slot->listener = newcomer->listener;
	slot->number = newcomer->number;
	slot->session.guest.name = slot->name = g_strdup(newcomer->name);
	if (server->events.joined)
		server->events.joined(server->user, id);
}

gboolean gclk_server_listen(
	GclkServer *server, const char *where, const char *group, GError **error)
{
	GclkListener *listener =
		gclk_listener_new(server->reactor, where, group, on_newcomer, server, error);

	if (listener)
		g_ptr_array_add(server->listeners, listener);
	return listener != NULL;
}

const GclkServerGuest *gclk_server_look(const GclkServer *server, const char *id)
{
	const Slot *slot = find(server, id);

	return slot ? &slot->session.guest : NULL;
}

/* --- what the owner wants --------------------------------------------------------------------- */

void gclk_server_ask(GclkServer *server, const char *id)
{
	Slot *slot = find(server, id);

	if (!slot)
		return;
	gclk_session_ask(&slot->session, gclk_reactor_now());
	slot_arm(slot);
}

static void slot_event(Slot *slot, GclkLinkEvent event, gint64 spread)
{
	gclk_session_event(&slot->session, event, gclk_reactor_now(), spread);
	slot_arm(slot);
}

static void event_for_all(GclkServer *server, GclkLinkEvent event)
{
	GHashTableIter iter;
	gpointer id, value;

	g_hash_table_iter_init(&iter, server->slots);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		slot_event(value, event, SPREAD);
	if (!gclk_link_event_disrupts(event))
		return;
	g_hash_table_iter_init(&iter, server->remembered);
	while (g_hash_table_iter_next(&iter, &id, &value))
		g_hash_table_iter_replace(&iter, GUINT_TO_POINTER(GPOINTER_TO_UINT(value) + 1));
	g_hash_table_iter_init(&iter, server->slots);
	while (g_hash_table_iter_next(&iter, &id, &value))
		remember(server, id, ((Slot *)value)->session.disruptions);
}

void gclk_server_event(GclkServer *server, const char *id, GclkLinkEvent event)
{
	Slot *slot;

	if (!id) {
		event_for_all(server, event);
		return;
	}
	slot = find(server, id);
	if (gclk_link_event_disrupts(event))
		remember(server, id, recall(server, id) + 1);
	if (slot)
		slot_event(slot, event, 0);
	else
		let_wait(server, id, event);
}

void gclk_server_set_clock(GclkServer *server, const GclkServerClock *clock)
{
	gboolean known = server->host.reference != 0;
	gboolean changed = clock->claim.synchronised != server->host.clock.claim.synchronised;

	server->host.clock = *clock;
	server->host.reference = gclk_ntp_time_from_ns(g_get_real_time() * GCLK_NS_PER_US);
	if (known && changed)
		event_for_all(server, GCLK_LINK_EVENT_HOST_CLOCK);
}

void gclk_server_set_settings(GclkServer *server, const GclkServerSettings *settings)
{
	server->host.settings = *settings;
}

/* No guest has run while its host slept: that is a pause of all of them, of which no hypervisor
   tells. */
static void on_step(gpointer user, gboolean slept)
{
	GclkServer *server = user;

	g_message("%s: the guests are told",
		slept ? "this host was suspended" : "this host's clock was stepped");
	event_for_all(server, slept ? GCLK_LINK_EVENT_RESUMED : GCLK_LINK_EVENT_HOST_CLOCK);
	if (server->events.stepped)
		server->events.stepped(server->user);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void listener_free(gpointer listener)
{
	gclk_listener_free(listener);
}

GclkServer *gclk_server_new(GMainContext *context, const GclkServerSettings *settings,
	const GclkServerEvents *events, gpointer user, GError **error)
{
	GclkReactor *reactor = gclk_reactor_new(context, error);
	GclkServer *server;

	if (!reactor)
		return NULL;
	server = g_new0(GclkServer, 1);
	server->reactor = reactor;
	server->step = gclk_clock_step_new(reactor, on_step, server);
	if (events)
		server->events = *events;
	server->user = user;
	server->host = (GclkSessionHost){
		.port = { slot_send, slot_random },
		.settings = *settings,
		.clock = { .claim.bound = GCLK_BOUND_UNKNOWN, .stratum = GCLK_NTP_STRATUM_MAX },
	};
	server->slots = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, slot_free);
	server->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	server->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	server->listeners = g_ptr_array_new_with_free_func(listener_free);
	return server;
}

void gclk_server_free(GclkServer *server)
{
	if (!server)
		return;
	g_hash_table_unref(server->slots);
	g_hash_table_unref(server->remembered);
	g_hash_table_unref(server->waiting);
	g_ptr_array_unref(server->listeners);
	gclk_clock_step_free(server->step);
	gclk_reactor_free(server->reactor);
	g_free(server);
}
