/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/query.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guests/unix-place.h"

/* For a reader who does not read. */
#define CLIENT_PATIENCE_S 5
/* Written in one turn of the loop, so that no reader keeps the guests waiting. */
#define PIECE (64 * 1024)

typedef struct {
	GclkQuery *query;
	int fd;
	GSource *writable, *timeout;
	GBytes *text; /* NULL: it is being made */
	gsize sent;
} Client;

struct GclkQuery {
	GMainContext *context;
	GclkHub *hub;
	GclkUnixPlace *place;
	int fd, spare;
	GSource *acceptable;
	GPtrArray *clients;  /* of Client */
	GBytes *text;        /* the last answer, or NULL */
	gint64 made;         /* when, g_get_monotonic_time */
	GclkHubTable *table; /* the next one, while it is being made; or NULL */
	GSource *making;     /* a piece in each turn of the loop */
};

static void destroy_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

/* --- clients ---------------------------------------------------------------------------------- */

static void client_free(gpointer data)
{
	Client *client = data;

	destroy_source(&client->writable);
	destroy_source(&client->timeout);
	g_clear_pointer(&client->text, g_bytes_unref);
	close(client->fd);
	g_free(client);
}

/* Frees the client and destroys the source we are in. */
static gboolean hang_up(Client *client)
{
	g_ptr_array_remove_fast(client->query->clients, client);
	return G_SOURCE_REMOVE;
}

static gboolean client_writable(gint fd, GIOCondition condition, gpointer user)
{
	Client *client = user;
	gsize length = 0;
	const guint8 *text = g_bytes_get_data(client->text, &length);
	ssize_t sent = send(fd, text + client->sent, MIN(length - client->sent, PIECE),
		MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR) && !(condition & G_IO_ERR))
		return G_SOURCE_CONTINUE;
	if (sent < 0)
		return hang_up(client);
	client->sent += (gsize)sent;
	return client->sent < length ? G_SOURCE_CONTINUE : hang_up(client);
}

static gboolean client_stalls(gpointer user)
{
	return hang_up(user);
}

static void begin_answer(Client *client)
{
	client->text = g_bytes_ref(client->query->text);
	client->writable = g_unix_fd_source_new(client->fd, G_IO_OUT | G_IO_ERR);
	g_source_set_callback(
		client->writable, (GSourceFunc)(void (*)(void))client_writable, client, NULL);
	g_source_attach(client->writable, client->query->context);
}

static gboolean make_on(gpointer user)
{
	GclkQuery *query = user;
	char *text;

	if (gclk_hub_table_step(query->table))
		return G_SOURCE_CONTINUE;
	text = gclk_hub_table_finish(g_steal_pointer(&query->table));
	g_clear_pointer(&query->text, g_bytes_unref);
	query->text = g_bytes_new_take(text, strlen(text));
	query->made = g_get_monotonic_time();
	for (guint i = 0; i < query->clients->len; i++) {
		Client *client = query->clients->pdata[i];

		if (!client->text)
			begin_answer(client);
	}
	destroy_source(&query->making);
	return G_SOURCE_REMOVE;
}

static void begin_table(GclkQuery *query)
{
	query->table = gclk_hub_table_new(query->hub);
	/* as urgent as the guests: a piece, then they, then the next */
	query->making = g_idle_source_new();
	g_source_set_priority(query->making, G_PRIORITY_DEFAULT);
	g_source_set_callback(query->making, make_on, query, NULL);
	g_source_attach(query->making, query->context);
}

static gboolean is_fresh(const GclkQuery *query)
{
	return query->text && (g_get_monotonic_time() - query->made) * 1000 < GCLK_QUERY_FRESH;
}

static void add_client(GclkQuery *query, int fd)
{
	Client *client = g_new0(Client, 1);

	client->query = query;
	client->fd = fd;
	client->timeout = g_timeout_source_new_seconds(CLIENT_PATIENCE_S);
	g_source_set_callback(client->timeout, client_stalls, client, NULL);
	g_source_attach(client->timeout, query->context);
	g_ptr_array_add(query->clients, client);
	if (is_fresh(query))
		begin_answer(client);
	else if (!query->table)
		begin_table(query);
}

/* Is at the other end root, or who we are? */
static gboolean is_trusted(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       length == sizeof peer && (peer.uid == 0 || peer.uid == geteuid());
}

static gboolean acceptable(gint listener, GIOCondition condition, gpointer user)
{
	GclkQuery *query = user;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)condition;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* else he would wait, and the loop would spin: hang up on him by the spare one */
		close(query->spare);
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			close(fd);
		query->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return G_SOURCE_CONTINUE;
	}
	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (query->clients->len >= GCLK_QUERY_CLIENTS_MAX || !is_trusted(fd))
		close(fd);
	else
		add_client(query, fd);
	return G_SOURCE_CONTINUE;
}

/* --- the listener ----------------------------------------------------------------------------- */

GclkQuery *gclk_query_new(GMainContext *context, const char *path, GclkHub *hub, GError **error)
{
	int fd = -1;
	GclkUnixPlace *place = gclk_unix_place_new(path, NULL, NULL, &fd, error);
	GclkQuery *query;

	if (!place)
		return NULL;
	query = g_new0(GclkQuery, 1);
	query->context = context ? g_main_context_ref(context) : NULL;
	query->hub = hub;
	query->place = place;
	query->fd = fd;
	query->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	query->clients = g_ptr_array_new_with_free_func(client_free);
	query->acceptable = g_unix_fd_source_new(fd, G_IO_IN);
	g_source_set_callback(
		query->acceptable, (GSourceFunc)(void (*)(void))acceptable, query, NULL);
	g_source_attach(query->acceptable, context);
	return query;
}

void gclk_query_free(GclkQuery *query)
{
	if (!query)
		return;
	g_ptr_array_unref(query->clients);
	destroy_source(&query->acceptable);
	destroy_source(&query->making);
	gclk_hub_table_free(query->table);
	close(query->fd);
	close(query->spare);
	gclk_unix_place_free(query->place);
	g_clear_pointer(&query->text, g_bytes_unref);
	g_clear_pointer(&query->context, g_main_context_unref);
	g_free(query);
}

/* --- the client's side ------------------------------------------------------------------------ */

static void fail(GError **error, int code, const char *path)
{
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", path,
		g_strerror(code));
}

static int connect_to(const char *path, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
		fail(error, ENAMETOOLONG, path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	/* a socket file without a listener means the same to the user as none */
	fail(error, errno == ECONNREFUSED ? ENOENT : errno, path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Waits for more, and takes it in. 1: there is more to come; 0: the end; -1: errno. */
static int read_more(int fd, GString *out, gint64 deadline)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char piece[PIECE];
	gint64 left = (deadline - g_get_monotonic_time()) / 1000;
	int ready = left > 0 ? poll(&wait, 1, (int)MIN(left, G_MAXINT)) : 0;
	ssize_t length;

	if (ready == 0 || out->len > GCLK_QUERY_SIZE_MAX) {
		errno = ready ? EFBIG : ETIMEDOUT;
		return -1;
	}
	length = ready < 0 ? -1 : read(fd, piece, sizeof piece);
	if (length < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -1;
	g_string_append_len(out, piece, length);
	return length > 0;
}

char *gclk_query_ask(const char *path, int timeout, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)timeout * 1000;
	g_autoptr(GString) out = g_string_new(NULL);
	int fd = connect_to(path, error);
	int more, code;

	if (fd < 0)
		return NULL;
	do
		more = read_more(fd, out, deadline);
	while (more > 0);
	code = errno;
	close(fd);
	if (more == 0 && out->len)
		return g_string_free(g_steal_pointer(&out), FALSE);
	/* hung up on without a word: too many ask, or he does not trust us */
	fail(error, more < 0 ? code : EPERM, path);
	return NULL;
}
