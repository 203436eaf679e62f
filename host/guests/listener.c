/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/listener.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "guestclock/link.h"
#include "guestclock/text.h"
#include "guests/bucket.h"
#include "guests/peer-name.h"
#include "guests/unix-place.h"

#define UNIX  "unix:"
#define USER  ",user="
#define VSOCK "vsock:"
/* Connections taken in one turn, so that those who are here are served in between. */
#define ACCEPTS 8
/* A guest that comes and goes without end: behind a UNIX socket there is one guest, or a host's own
   programs, and the rest can wait in the queue. Behind a port of AF_VSOCK there are all guests. */
static const GclkBucketSize unix_rate = { GCLK_NS_PER_S / 256, 2048 };
static const GclkBucketSize vsock_rate = { GCLK_NS_PER_S / 4, 16 };
#define CIDS_MAX 16384 /* remembered; then all are forgotten */
/* When there are no descriptors left, or nothing else to be had. */
#define BREATHER GCLK_NS_PER_S

struct GclkListener {
	GclkWatch watch; /* first */
	GclkReactor *reactor;
	char *id;             /* of the place */
	GclkUnixPlace *place; /* NULL: AF_VSOCK */
	GclkNewcomerFunc func;
	gpointer user;
	GArray *released;      /* of guint */
	guint numbers;         /* given out so far, at most at once */
	GclkBucket rate;       /* of a UNIX socket */
	GHashTable *cids;      /* of AF_VSOCK: CID -> its GclkBucket */
	GHashTable *processes; /* of a UNIX socket: number of who is here -> the process's */
	GHashTable *streams;   /* process -> how many of these are its own; none is 0 */
	gboolean complained;
};

/* --- where ------------------------------------------------------------------------------------ */

static gboolean parse_unix(const char *text, GclkListenPlace *out)
{
	const char *comma = strstr(text, USER);

	out->path = comma ? g_strndup(text, (gsize)(comma - text)) : g_strdup(text);
	out->user = comma && comma[strlen(USER)] ? g_strdup(comma + strlen(USER)) : NULL;
	out->id = g_strconcat(UNIX, out->path, NULL);
	return !comma || out->user;
}

static gboolean parse_vsock(const char *text, GclkListenPlace *out)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, GCLK_LINK_VSOCK_PORT_MAX, &port, NULL))
		return FALSE;
	out->port = (guint)port;
	out->id = g_strdup_printf(VSOCK "%u", out->port);
	return TRUE;
}

gboolean gclk_listen_place_parse(const char *where, GclkListenPlace *out, GError **error)
{
	gboolean good = FALSE;

	*out = (GclkListenPlace){ .path = NULL };
	if (g_str_has_prefix(where, UNIX "/"))
		good = parse_unix(where + strlen(UNIX), out);
	else if (g_str_has_prefix(where, VSOCK))
		good = parse_vsock(where + strlen(VSOCK), out);
	if (good)
		return TRUE;
	gclk_listen_place_clear(out);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		"\"%s\" is no place to listen at: it is unix:/PATH, unix:/PATH,user=NAME, or "
		"vsock:PORT with a port from 1 to %d",
		where, GCLK_LINK_VSOCK_PORT_MAX);
	return FALSE;
}

void gclk_listen_place_clear(GclkListenPlace *place)
{
	g_clear_pointer(&place->path, g_free);
	g_clear_pointer(&place->user, g_free);
	g_clear_pointer(&place->id, g_free);
}

char *gclk_listener_vsock_id(guint32 cid, guint32 port)
{
	if (port > GCLK_LINK_VSOCK_PORT_MAX)
		return NULL;
	return g_strdup_printf(VSOCK "%u", cid);
}

static int open_vsock(guint port, GError **error)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code;

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(fd, SOMAXCONN) == 0)
		return fd;
	code = errno;
	if (fd >= 0)
		close(fd);
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "vsock:%u: %s", port,
		code == EAFNOSUPPORT ? "this kernel has no AF_VSOCK (load the module vhost_vsock)"
				     : g_strerror(code));
	return -1;
}

/* --- who -------------------------------------------------------------------------------------- */

static guint take_number(GclkListener *listener)
{
	guint last = listener->released->len;
	guint number;

	if (last == 0)
		return ++listener->numbers;
	number = g_array_index(listener->released, guint, last - 1);
	g_array_set_size(listener->released, last - 1);
	return number;
}

static guint count_streams(const GclkListener *listener, gint pid)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(listener->streams, GINT_TO_POINTER(pid)));
}

static void set_streams(GclkListener *listener, gint pid, guint n)
{
	if (n)
		g_hash_table_insert(listener->streams, GINT_TO_POINTER(pid), GUINT_TO_POINTER(n));
	else
		g_hash_table_remove(listener->streams, GINT_TO_POINTER(pid));
}

static void note_arrival(GclkListener *listener, guint number, gint pid)
{
	g_hash_table_insert(listener->processes, GUINT_TO_POINTER(number), GINT_TO_POINTER(pid));
	set_streams(listener, pid, count_streams(listener, pid) + 1);
}

void gclk_listener_release(GclkListener *listener, guint number)
{
	gint pid;

	if (number == 0)
		return;
	pid = GPOINTER_TO_INT(g_hash_table_lookup(listener->processes, GUINT_TO_POINTER(number)));
	g_hash_table_remove(listener->processes, GUINT_TO_POINTER(number));
	set_streams(listener, pid, count_streams(listener, pid) - 1);
	g_array_append_val(listener->released, number);
}

/* The process at the other end; 0: one of another namespace. */
static gint find_process(const GclkListener *listener, int fd)
{
	struct ucred peer = { 0 };
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
		return 0;
	g_debug("%s: process %d of user %u", listener->id, (int)peer.pid, (guint)peer.uid);
	return peer.pid;
}

/* A UNIX socket does not tell one guest from another; who holds the other end may. Or NULL. */
static char *find_name(gint pid)
{
	g_autofree char *name = gclk_peer_name_of(pid);

	return name ? gclk_text_clean(name) : NULL;
}

static gboolean has_enough(GclkListener *listener, gint pid, int fd)
{
	if (pid == 0 || count_streams(listener, pid) < GCLK_LISTENER_PROCESS_MAX)
		return FALSE;
	g_debug("%s: process %d has %d streams already", listener->id, pid,
		GCLK_LISTENER_PROCESS_MAX);
	close(fd);
	return TRUE;
}

static void welcome_process(GclkListener *listener, gint pid, int fd)
{
	guint number = take_number(listener);
	g_autofree char *id = g_strdup_printf("%s#%u", listener->id, number);
	g_autofree char *name = find_name(pid);
	g_autofree char *named = name ? g_strdup_printf("%s@%s", listener->id, name) : NULL;
	const GclkNewcomer newcomer = { listener, id, number, name, named, fd };

	note_arrival(listener, number, pid);
	listener->func(listener->user, &newcomer);
}

static void welcome_unix(GclkListener *listener, int fd)
{
	gint pid = find_process(listener, fd);

	if (!has_enough(listener, pid, fd))
		welcome_process(listener, pid, fd);
}

static gboolean comes_too_often(GclkListener *listener, guint32 cid)
{
	GclkBucket *rate = g_hash_table_lookup(listener->cids, GUINT_TO_POINTER(cid));

	if (!rate) {
		if (g_hash_table_size(listener->cids) >= CIDS_MAX)
			g_hash_table_remove_all(listener->cids);
		rate = g_new0(GclkBucket, 1);
		g_hash_table_insert(listener->cids, GUINT_TO_POINTER(cid), rate);
	}
	return !gclk_bucket_take(rate, &vsock_rate, gclk_reactor_now());
}

static void welcome_vsock(GclkListener *listener, int fd, const struct sockaddr_vm *peer)
{
	g_autofree char *id = gclk_listener_vsock_id(peer->svm_cid, peer->svm_port);
	const GclkNewcomer newcomer = { .listener = listener, .id = id, .fd = fd };

	if (id && !comes_too_often(listener, peer->svm_cid)) {
		listener->func(listener->user, &newcomer);
		return;
	}
	g_debug("%s: CID %u, port %u: %s", listener->id, peer->svm_cid, peer->svm_port,
		id ? "comes too often" : "any process of the guest may use such a port");
	close(fd);
}

/* --- connections ------------------------------------------------------------------------------ */

/* Whoever comes next waits in the queue. */
static void rest(GclkListener *listener, gint64 ns)
{
	gclk_reactor_watch(listener->reactor, &listener->watch, 0);
	gclk_reactor_call(listener->reactor, &listener->watch, gclk_reactor_now() + ns);
}

/* Without a rest the loop would turn for nothing. */
static void fail(GclkListener *listener, int code)
{
	if (!listener->complained)
		g_warning("%s: a guest cannot be let in: %s", listener->id, g_strerror(code));
	listener->complained = TRUE;
	rest(listener, BREATHER);
}

static gboolean is_passing(int code)
{
	return code == EAGAIN || code == EINTR || code == ECONNABORTED;
}

/* FALSE: there is nobody, for now. */
static gboolean accept_one(GclkListener *listener)
{
	struct sockaddr_vm peer = { .svm_port = G_MAXUINT32 };
	socklen_t length = sizeof(peer);
	int fd = accept4(listener->watch.fd, listener->place ? NULL : (struct sockaddr *)&peer,
		listener->place ? NULL : &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (!is_passing(errno))
			fail(listener, errno);
		return FALSE;
	}
	listener->complained = FALSE;
	if (listener->place)
		welcome_unix(listener, fd);
	else
		welcome_vsock(listener, fd, &peer);
	return TRUE;
}

static void on_ready(GclkWatch *watch, guint32 events G_GNUC_UNUSED)
{
	GclkListener *listener = (GclkListener *)watch;

	for (guint i = 0; i < ACCEPTS; i++) {
		if (listener->place &&
			!gclk_bucket_take(&listener->rate, &unix_rate, gclk_reactor_now())) {
			rest(listener, BREATHER / 4);
			return;
		}
		if (!accept_one(listener))
			return;
	}
}

static void on_late(GclkWatch *watch)
{
	GclkListener *listener = (GclkListener *)watch;

	gclk_reactor_watch(listener->reactor, watch, EPOLLIN);
}

/* --- the whole -------------------------------------------------------------------------------- */

GclkListener *gclk_listener_new(GclkReactor *reactor, const char *where, const char *group,
	GclkNewcomerFunc func, gpointer user, GError **error)
{
	g_autoptr(GclkListener) listener = g_new0(GclkListener, 1);
	g_auto(GclkListenPlace) place = { 0 };

	listener->reactor = reactor;
	listener->watch = (GclkWatch){ .ready = on_ready, .late = on_late, .fd = -1 };
	listener->func = func;
	listener->user = user;
	listener->released = g_array_new(FALSE, FALSE, sizeof(guint));
	listener->cids = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	listener->processes = g_hash_table_new(NULL, NULL);
	listener->streams = g_hash_table_new(NULL, NULL);
	if (!gclk_listen_place_parse(where, &place, error))
		return NULL;
	listener->id = g_strdup(place.id);
	if (place.path)
		listener->place = gclk_unix_place_new(
			place.path, place.user, group, &listener->watch.fd, error);
	else
		listener->watch.fd = open_vsock(place.port, error);
	if (listener->watch.fd < 0)
		return NULL;
	if (!gclk_reactor_watch(reactor, &listener->watch, EPOLLIN)) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s", where,
			g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&listener);
}

void gclk_listener_free(GclkListener *listener)
{
	if (!listener)
		return;
	gclk_reactor_end(listener->reactor, &listener->watch);
	gclk_unix_place_free(listener->place);
	g_array_unref(listener->released);
	g_hash_table_unref(listener->cids);
	g_hash_table_unref(listener->processes);
	g_hash_table_unref(listener->streams);
	g_free(listener->id);
	g_free(listener);
}
