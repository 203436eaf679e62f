/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to a daemon, over real sockets of this machine. */
#include "sync/paths.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness.h"
#include "scratch.h"

/* --- daemons ---------------------------------------------------------------------------------- */

static int unix_daemon(const char *path)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	g_strlcpy(own.sun_path, path, sizeof(own.sun_path));
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	return fd;
}

static int udp_daemon(guint16 *port)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t length = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	getsockname(fd, (struct sockaddr *)&own, &length);
	*port = ntohs(own.sin_port);
	return fd;
}

/* Answers one request with text. */
static void serve(int fd, const char *text)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	char request[64];
	ssize_t n = recvfrom(
		fd, request, sizeof(request), MSG_DONTWAIT, (struct sockaddr *)&from, &length);

	GCLK_ASSERT_INT(n, 5);
	CU_ASSERT_EQUAL(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&from, length),
		(ssize_t)strlen(text));
}

static gboolean is_readable(const GclkPaths *paths)
{
	struct pollfd wait = { gclk_paths_fd(paths), POLLIN, 0 };

	return poll(&wait, 1, 0) == 1;
}

static void ask(GclkPaths *paths)
{
	gclk_paths_send(paths, (const guint8 *)"hello", 5);
}

/* --- cases ------------------------------------------------------------------------------------ */

static char *find_own(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "hostclock."))
			return g_build_filename(folder, name, NULL);
	return NULL;
}

static void test_unix(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "daemon.sock");
	g_autofree char *own = NULL;
	g_autofree char *left = NULL;
	GclkPaths *paths = gclk_paths_new();
	int daemon = unix_daemon(path);
	GclkDatagram datagram;
	struct stat status;

	CU_ASSERT_TRUE(gclk_paths_add_unix(paths, path));
	/* anybody may answer, whatever our umask is, and it is not the daemon's business to be root
	 */
	own = find_own(scratch);
	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT_EQUAL(stat(own, &status), 0);
	GCLK_ASSERT_INT(status.st_mode & 0777, 0666);
	ask(paths);
	CU_ASSERT_FALSE(gclk_paths_receive(paths, &datagram));
	CU_ASSERT_FALSE(is_readable(paths));
	serve(daemon, "world!");
	CU_ASSERT_TRUE(is_readable(paths));
	CU_ASSERT_TRUE(gclk_paths_receive(paths, &datagram));
	GCLK_ASSERT_INT(datagram.length, 6);
	CU_ASSERT_EQUAL(memcmp(datagram.bytes, "world!", 6), 0);
	GCLK_ASSERT_INT(datagram.pid, getpid());
	GCLK_ASSERT_INT(datagram.uid, getuid());
	GCLK_ASSERT_INT(datagram.local, TRUE);
	gclk_paths_free(paths);
	left = find_own(scratch);
	GCLK_ASSERT_STR(left, NULL);
	close(daemon);
}

static void test_mask(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "daemon.sock");
	g_autoptr(GclkPaths) paths = gclk_paths_new();
	int daemon = unix_daemon(path);
	mode_t mask = umask(0077);

	CU_ASSERT_TRUE(gclk_paths_add_unix(paths, path));
	GCLK_ASSERT_INT(umask(mask), 0077);
	close(daemon);
}

/* A socket that is connected takes nothing from others, although its mode lets everybody write. */
static void test_spoof(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "daemon.sock");
	g_autofree char *other = gclk_scratch_path(scratch, "other.sock");
	g_autoptr(GclkPaths) paths = gclk_paths_new();
	int daemon = unix_daemon(path), enemy = unix_daemon(other);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	g_autofree char *own = NULL;

	CU_ASSERT_TRUE(gclk_paths_add_unix(paths, path));
	own = find_own(scratch);
	g_strlcpy(to.sun_path, own, sizeof(to.sun_path));
	CU_ASSERT_EQUAL(sendto(enemy, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), -1);
	CU_ASSERT_EQUAL(errno, EPERM);
	close(daemon);
	close(enemy);
}

static void test_no_way(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "daemon.sock");
	g_autofree char *file = gclk_scratch_path(scratch, "file");
	g_autofree char *longer = g_strdup_printf("/%0200d", 1);
	g_autoptr(GclkPaths) paths = gclk_paths_new();

	CU_ASSERT_FALSE(gclk_paths_add_unix(paths, path));
	GCLK_ASSERT_INT(errno, ENOENT);
	gclk_scratch_write(scratch, "file", "", 0);
	CU_ASSERT_FALSE(gclk_paths_add_unix(paths, file));
	GCLK_ASSERT_INT(errno, ECONNREFUSED);
	CU_ASSERT_FALSE(gclk_paths_add_unix(paths, longer));
	GCLK_ASSERT_INT(errno, ENAMETOOLONG);
	CU_ASSERT_FALSE(gclk_paths_add_udp(paths, "localhost", 323));
	GCLK_ASSERT_INT(errno, EINVAL);
	GCLK_ASSERT_INT(gclk_paths_fd(paths), -1);
	ask(paths); /* to nobody */
}

/* Nobody listens there: loopback tells at once, and the way is closed. */
static void test_refused(void)
{
	g_autoptr(GclkPaths) paths = gclk_paths_new();
	GclkDatagram datagram;
	guint16 port;

	close(udp_daemon(&port));
	CU_ASSERT_TRUE(gclk_paths_add_udp(paths, "127.0.0.1", port));
	CU_ASSERT_TRUE(gclk_paths_fd(paths) >= 0);
	ask(paths);
	CU_ASSERT_TRUE(is_readable(paths));
	CU_ASSERT_FALSE(gclk_paths_receive(paths, &datagram));
	GCLK_ASSERT_INT(gclk_paths_fd(paths), -1);
}

static void test_choose(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "daemon.sock");
	g_autofree char *own = NULL;
	g_autoptr(GclkPaths) paths = gclk_paths_new();
	guint16 port;
	int by_unix = unix_daemon(path), by_udp = udp_daemon(&port);
	GclkDatagram datagram;
	char nothing[8];

	CU_ASSERT_TRUE(gclk_paths_add_unix(paths, path));
	CU_ASSERT_TRUE(gclk_paths_add_udp(paths, "127.0.0.1", port));
	ask(paths);
	serve(by_udp, "udp");
	CU_ASSERT_TRUE(gclk_paths_receive(paths, &datagram));
	GCLK_ASSERT_INT(datagram.local, FALSE);
	GCLK_ASSERT_INT(datagram.pid, 0);
	gclk_paths_choose(paths, datagram.way);
	own = find_own(scratch);
	GCLK_ASSERT_STR(own, NULL); /* the other end is closed, and removed */
	GCLK_ASSERT_INT(recv(by_unix, nothing, sizeof(nothing), MSG_DONTWAIT), 5);
	ask(paths);
	serve(by_udp, "again");
	GCLK_ASSERT_INT(recv(by_unix, nothing, sizeof(nothing), MSG_DONTWAIT), -1);
	CU_ASSERT_TRUE(gclk_paths_receive(paths, &datagram));
	GCLK_ASSERT_INT(datagram.length, 5);
	close(by_unix);
	close(by_udp);
}

static void test_too_many(void)
{
	g_autoptr(GclkPaths) paths = gclk_paths_new();

	for (guint i = 0; i < 4; i++)
		CU_ASSERT_TRUE(gclk_paths_add_udp(paths, "127.0.0.1", 9));
	CU_ASSERT_FALSE(gclk_paths_add_udp(paths, "127.0.0.1", 9));
	GCLK_ASSERT_INT(errno, ENOSPC);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "UNIX socket", test_unix },
		{ "umask is as it was", test_mask },
		{ "only the daemon may answer", test_spoof },
		{ "no way", test_no_way },
		{ "refused", test_refused },
		{ "the one that answers", test_choose },
		{ "too many", test_too_many },
		{ NULL, NULL },
	};

	return gclk_test_main("paths", cases);
}
