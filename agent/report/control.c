/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h" /* _GNU_SOURCE: struct ucred, accept4 */

#include "report/control.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A client that says nothing for so long is in the way of others. */
#define CLIENT_PATIENCE_S 5

typedef struct {
	GclkControlSocket *control;
	int fd;
	GSource *readable, *timeout;
} Client;

struct GclkControlSocket {
	char *path;
	struct stat place; /* what was at path when it was bound */
	int fd;
	GMainContext *context;
	GSource *acceptable;
	GPtrArray *clients; /* of Client */
	GclkControlHandler handler;
	gpointer user;
};

static gboolean fail(GError **error, int code, const char *path)
{
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", path,
		g_strerror(code));
	return FALSE;
}

static gboolean set_address(struct sockaddr_un *address, const char *path, GError **error)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if (g_strlcpy(address->sun_path, path, sizeof address->sun_path) >=
		sizeof address->sun_path)
		return fail(error, ENAMETOOLONG, path);
	return TRUE;
}

/* May whoever is at the other end give commands? */
static gboolean is_allowed(int fd)
{
	uid_t uid;
#ifdef SO_PEERCRED
	struct ucred peer;
	socklen_t length = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || length != sizeof peer)
		return FALSE;
	uid = peer.uid;
#else
	gid_t gid;

	if (getpeereid(fd, &uid, &gid) != 0)
		return FALSE;
#endif
	return uid == 0 || uid == geteuid();
}

/* --- clients ---------------------------------------------------------------------------------- */

static void destroy_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_source_unref(*source);
	*source = NULL;
}

static void client_free(gpointer data)
{
	Client *client = data;

	destroy_source(&client->readable);
	destroy_source(&client->timeout);
	close(client->fd);
	g_free(client);
}

static void reply(int fd, const char *text)
{
	gsize length = MIN(strlen(text), GCLK_CONTROL_MESSAGE_MAX);

	/* a client that does not wait for its answer gets none */
	while (send(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
		;
}

/* Cuts line ends off; FALSE: this is no request. */
static gboolean is_request(char *text, gsize length)
{
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	text[length] = '\0';
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isprint(text[i]))
			return FALSE;
	return length > 0;
}

static void serve(Client *client, char *text, gsize length, gboolean truncated)
{
	g_autofree char *answer = NULL;

	if (truncated)
		reply(client->fd, "error the request is too long");
	else if (!is_request(text, length))
		reply(client->fd, "error the request is not text");
	else {
		answer = client->control->handler(client->control->user, text);
		reply(client->fd, answer ? answer : "error no reply");
	}
}

static gboolean client_readable(gint fd, GIOCondition condition, gpointer user)
{
	Client *client = user;
	char text[GCLK_CONTROL_MESSAGE_MAX + 1];
	struct iovec part = { .iov_base = text, .iov_len = GCLK_CONTROL_MESSAGE_MAX };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t length;

	(void)condition;
	length = recvmsg(fd, &message, MSG_DONTWAIT);
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (length > 0)
		serve(client, text, (gsize)length, (message.msg_flags & MSG_TRUNC) != 0);
	/* one request a connection; this frees the client and destroys the source we are in */
	g_ptr_array_remove_fast(client->control->clients, client);
	return G_SOURCE_REMOVE;
}

static gboolean client_silent(gpointer user)
{
	Client *client = user;

	g_ptr_array_remove_fast(client->control->clients, client);
	return G_SOURCE_REMOVE;
}

static void add_client(GclkControlSocket *control, int fd)
{
	Client *client = g_new0(Client, 1);

	client->control = control;
	client->fd = fd;
	client->readable = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_source_set_callback(
		client->readable, (GSourceFunc)(void (*)(void))client_readable, client, NULL);
	g_source_attach(client->readable, control->context);
	client->timeout = g_timeout_source_new_seconds(CLIENT_PATIENCE_S);
	g_source_set_callback(client->timeout, client_silent, client, NULL);
	g_source_attach(client->timeout, control->context);
	g_ptr_array_add(control->clients, client);
}

/* Says why not, and takes what was sent already off the socket: closing it unread would show as
   ECONNRESET before the reply. */
static void turn_away(int fd, const char *why)
{
	char byte;

	reply(fd, why);
	while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) > 0)
		;
	close(fd);
}

static gboolean acceptable(gint listener, GIOCondition condition, gpointer user)
{
	GclkControlSocket *control = user;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)condition;
	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (!is_allowed(fd))
		turn_away(fd, "error only root may give commands");
	else if (control->clients->len >= GCLK_CONTROL_CLIENTS_MAX)
		turn_away(fd, "error too many clients");
	else
		add_client(control, fd);
	return G_SOURCE_CONTINUE;
}

/* --- the listener ----------------------------------------------------------------------------- */

/* Removes a socket at path that nobody listens on. */
static gboolean clear_path(const char *path, const struct sockaddr_un *address, GError **error)
{
	struct stat facts;
	int fd, result;

	if (lstat(path, &facts) != 0)
		return errno == ENOENT || fail(error, errno, path);
	if (!S_ISSOCK(facts.st_mode))
		return fail(error, EEXIST, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, errno, path);
	result = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
	close(fd);
	if (result != ECONNREFUSED && result != ENOENT)
		return fail(error, EEXIST, path);
	return unlink(path) == 0 || errno == ENOENT || fail(error, errno, path);
}

static int listen_at(const char *path, GError **error)
{
	struct sockaddr_un address;
	int fd;

	if (!set_address(&address, path, error) || !clear_path(path, &address, error))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		fail(error, errno, path);
		return -1;
	}
	/* who connects in the moment before chmod is asked for its credentials all the same */
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
		g_chmod(path, 0600) != 0 || listen(fd, GCLK_CONTROL_CLIENTS_MAX) != 0) {
		fail(error, errno, path);
		close(fd);
		return -1;
	}
	return fd;
}

GclkControlSocket *gclk_control_new(const char *path, GMainContext *context,
	GclkControlHandler handler, gpointer user, GError **error)
{
	GclkControlSocket *control;
	int fd = listen_at(path, error);

	if (fd < 0)
		return NULL;
	control = g_new0(GclkControlSocket, 1);
	control->path = g_strdup(path);
	control->fd = fd;
	if (lstat(path, &control->place) != 0)
		memset(&control->place, 0, sizeof control->place);
	control->context = context ? g_main_context_ref(context) : NULL;
	control->handler = handler;
	control->user = user;
	control->clients = g_ptr_array_new_with_free_func(client_free);
	control->acceptable = g_unix_fd_source_new(fd, G_IO_IN);
	g_source_set_callback(
		control->acceptable, (GSourceFunc)(void (*)(void))acceptable, control, NULL);
	g_source_attach(control->acceptable, context);
	return control;
}

gboolean gclk_control_is_there(const GclkControlSocket *control)
{
	struct stat now;

	return lstat(control->path, &now) == 0 && now.st_dev == control->place.st_dev &&
	       now.st_ino == control->place.st_ino;
}

void gclk_control_free(GclkControlSocket *control)
{
	if (!control)
		return;
	g_ptr_array_unref(control->clients);
	destroy_source(&control->acceptable);
	close(control->fd);
	if (gclk_control_is_there(control)) /* else it is somebody else's by now */
		unlink(control->path);
	g_free(control->path);
	g_clear_pointer(&control->context, g_main_context_unref);
	g_free(control);
}

/* --- the client's side ------------------------------------------------------------------------ */

static char *ask(int fd, const struct sockaddr_un *address, const char *request, int timeout_ms,
	const char *path, GError **error)
{
	char text[GCLK_CONTROL_MESSAGE_MAX + 1];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t length;
	int ready;

	if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
		/* a socket file without a listener means the same to the user as none */
		fail(error, errno == ECONNREFUSED ? ENOENT : errno, path);
		return NULL;
	}
	/* a daemon that refused at once has closed already; its reply can be read all the same */
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 && errno != EPIPE) {
		fail(error, errno, path);
		return NULL;
	}
	do
		ready = poll(&wait, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	length = ready > 0 ? recv(fd, text, GCLK_CONTROL_MESSAGE_MAX, MSG_DONTWAIT) : -1;
	/* turned away while we sent: the reset comes first, the reason is behind it */
	if (ready > 0 && length < 0 && errno == ECONNRESET)
		length = recv(fd, text, GCLK_CONTROL_MESSAGE_MAX, MSG_DONTWAIT);
	if (length <= 0) {
		fail(error, ready == 0 ? ETIMEDOUT : length == 0 ? ECONNRESET : errno, path);
		return NULL;
	}
	return g_strndup(text, (gsize)length);
}

char *gclk_control_ask(const char *path, const char *request, int timeout_ms, GError **error)
{
	struct sockaddr_un address;
	char *answer;
	int fd;

	if (!set_address(&address, path, error))
		return NULL;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		fail(error, errno, path);
		return NULL;
	}
	answer = ask(fd, &address, request, timeout_ms, path, error);
	close(fd);
	return answer;
}
