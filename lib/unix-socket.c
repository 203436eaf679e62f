/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h" /* _GNU_SOURCE: struct ucred */

#include "guestclock/unix-socket.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean fail(GError **error, int code, const char *path)
{
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", path,
		g_strerror(code));
	return FALSE;
}

/* Closes fd, if there is one. */
static int fail_open(GError **error, int code, const char *path, int fd)
{
	if (fd >= 0)
		close(fd);
	fail(error, code, path);
	return -1;
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

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Removes a socket at path that nobody listens on. */
static gboolean clear_path(const char *path, const struct sockaddr_un *address, GError **error)
{
	struct stat facts;
	int fd, result;

	if (lstat(path, &facts) != 0)
		return errno == ENOENT || fail(error, errno, path);
	if (!S_ISSOCK(facts.st_mode))
		return fail(error, EEXIST, path);
	fd = new_socket();
	if (fd < 0)
		return fail(error, errno, path);
	result = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
	close(fd);
	if (result != ECONNREFUSED && result != ENOENT)
		return fail(error, EEXIST, path);
	return unlink(path) == 0 || errno == ENOENT || fail(error, errno, path);
}

int gclk_unix_listen(const char *path, int backlog, GError **error)
{
	struct sockaddr_un address;
	int fd;

	if (!set_address(&address, path, error) || !clear_path(path, &address, error))
		return -1;
	fd = new_socket();
	/* who connects in the moment before chmod can be asked for its credentials all the same */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
		g_chmod(path, 0600) != 0 || listen(fd, backlog) != 0)
		return fail_open(error, errno, path, fd);
	return fd;
}

int gclk_unix_connect(const char *path, GError **error)
{
	struct sockaddr_un address;
	int fd;

	if (!set_address(&address, path, error))
		return -1;
	fd = new_socket();
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		/* a socket file without a listener means the same to the user as none */
		return fail_open(error, errno == ECONNREFUSED ? ENOENT : errno, path, fd);
	return fd;
}

gboolean gclk_unix_peer_is_trusted(int fd)
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
