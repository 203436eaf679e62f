/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/paths.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guestclock/address.h"
#include "sync/read-file.h"

#define WAYS_MAX 4

/* ip(7), ip_unprivileged_port_start: the same for IPv6 */
#define PORT_FILE    "/proc/sys/net/ipv4/ip_unprivileged_port_start"
#define PORT_DEFAULT 1024

typedef struct {
	int fd;    /* -1: closed */
	char *own; /* path of our end; NULL: UDP */
} Way;

struct GclkPaths {
	int epoll;
	guint n;
	Way ways[WAYS_MAX];
};

GclkPaths *gclk_paths_new(void)
{
	GclkPaths *paths = g_new0(GclkPaths, 1);

	paths->epoll = epoll_create1(EPOLL_CLOEXEC);
	return paths;
}

static void close_way(Way *way)
{
	if (way->fd >= 0)
		close(way->fd);
	way->fd = -1;
	if (way->own)
		unlink(way->own);
	g_clear_pointer(&way->own, g_free);
}

void gclk_paths_free(GclkPaths *paths)
{
	if (!paths)
		return;
	for (guint i = 0; i < paths->n; i++)
		close_way(&paths->ways[i]);
	if (paths->epoll >= 0)
		close(paths->epoll);
	g_free(paths);
}

/* Takes over fd and own, also when it fails. */
static gboolean add(GclkPaths *paths, int fd, char *own)
{
	Way way = { fd, own };
	struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = paths->n } };
	int error;

	if (paths->n < WAYS_MAX && epoll_ctl(paths->epoll, EPOLL_CTL_ADD, fd, &event) == 0) {
		paths->ways[paths->n++] = way;
		return TRUE;
	}
	error = paths->n < WAYS_MAX ? errno : ENOSPC;
	close_way(&way);
	errno = error;
	return FALSE;
}

/* --- UDP -------------------------------------------------------------------------------------- */

static socklen_t fill_address(const GclkAddress *address, struct sockaddr_storage *out)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (address->family == 4) {
		in4->sin_family = AF_INET;
		in4->sin_port = g_htons(address->port);
		memcpy(&in4->sin_addr, address->bytes, sizeof(in4->sin_addr));
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = g_htons(address->port);
	in6->sin6_scope_id = address->scope;
	memcpy(&in6->sin6_addr, address->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

static void close_keeping_errno(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

gboolean gclk_paths_is_guarded(guint16 port)
{
	g_autofree char *text = gclk_read_file(PORT_FILE, 16, NULL);

	return port < (text ? g_ascii_strtoull(text, NULL, 10) : PORT_DEFAULT);
}

gboolean gclk_paths_add_udp(GclkPaths *paths, const char *address, guint16 port)
{
	struct sockaddr_storage to;
	GclkAddress parsed;
	socklen_t length;
	int fd;

	if (!gclk_address_parse(address, port, &parsed)) {
		errno = EINVAL;
		return FALSE;
	}
	length = fill_address(&parsed, &to);
	fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return FALSE;
	if (connect(fd, (struct sockaddr *)&to, length) != 0) {
		close_keeping_errno(fd);
		return FALSE;
	}
	return add(paths, fd, NULL);
}

/* --- UNIX sockets ----------------------------------------------------------------------------- */

static gboolean fill_path(const char *path, struct sockaddr_un *out)
{
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (strlen(path) < sizeof(out->sun_path)) {
		strcpy(out->sun_path, path);
		return TRUE;
	}
	errno = ENAMETOOLONG;
	return FALSE;
}

/*
 * The folder belongs to the daemon's user, who could put a link in the place of our socket before a
 * chmod() comes to it. So the socket is born with its mode.
 */
static gboolean bind_for_everybody(int fd, const char *path)
{
	struct sockaddr_un own;
	mode_t mask;
	int result;

	if (!fill_path(path, &own))
		return FALSE;
	mask = umask(0111);
	result = bind(fd, (struct sockaddr *)&own, sizeof(own));
	umask(mask);
	return result == 0;
}

gboolean gclk_paths_add_unix(GclkPaths *paths, const char *socket_path)
{
	g_autofree char *folder = g_path_get_dirname(socket_path);

	return gclk_paths_add_unix_from(paths, socket_path, folder);
}

gboolean gclk_paths_add_unix_from(GclkPaths *paths, const char *socket_path, const char *folder)
{
	g_autofree char *own =
		g_strdup_printf("%s/hostclock.%d.%08x.sock", folder, (int)getpid(), g_random_int());
	struct sockaddr_un to;
	const int on = 1;
	int fd;

	if (!fill_path(socket_path, &to))
		return FALSE;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return FALSE;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0 ||
		!bind_for_everybody(fd, own)) {
		close_keeping_errno(fd);
		return FALSE;
	}
	return add(paths, fd, g_steal_pointer(&own));
}

/* --- asking ----------------------------------------------------------------------------------- */

int gclk_paths_fd(const GclkPaths *paths)
{
	for (guint i = 0; i < paths->n; i++)
		if (paths->ways[i].fd >= 0)
			return paths->epoll;
	return -1;
}

void gclk_paths_send(GclkPaths *paths, const guint8 *datagram, gsize length)
{
	for (guint i = 0; i < paths->n; i++) {
		Way *way = &paths->ways[i];

		if (way->fd >= 0 && send(way->fd, datagram, length, MSG_NOSIGNAL) < 0)
			close_way(way);
	}
}

static void read_sender(struct msghdr *message, GclkDatagram *out)
{
	out->pid = 0;
	out->uid = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct ucred credentials;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&credentials, CMSG_DATA(c), sizeof(credentials));
		out->pid = credentials.pid;
		out->uid = credentials.uid;
	}
}

static gboolean receive(Way *way, GclkDatagram *out)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr alignment;
	} control;
	struct iovec part = { out->bytes, sizeof(out->bytes) };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(way->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			close_way(way);
		return FALSE;
	}
	out->length = (gsize)n;
	read_sender(&message, out);
	out->local = way->own != NULL;
	return TRUE;
}

gboolean gclk_paths_receive(GclkPaths *paths, GclkDatagram *out)
{
	for (guint i = 0; i < paths->n; i++)
		if (paths->ways[i].fd >= 0 && receive(&paths->ways[i], out)) {
			out->way = i;
			return TRUE;
		}
	return FALSE;
}

void gclk_paths_choose(GclkPaths *paths, guint way)
{
	for (guint i = 0; i < paths->n; i++)
		if (i != way)
			close_way(&paths->ways[i]);
}
