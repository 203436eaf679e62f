/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness.h"
#include "scratch.h"

/* The manager's end of the socket; name "@x" is abstract. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (*name == '@')
		address.sun_path[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, length), 0);
	return fd;
}

static char *receive(int fd)
{
	char text[4096];
	ssize_t length = recv(fd, text, sizeof text, 0);

	return length < 0 ? NULL : g_strndup(text, (gsize)length);
}

static void check_delivery(const char *name)
{
	int fd = listen_at(name);
	g_autoptr(GError) error = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *none = NULL;

	CU_ASSERT_TRUE(gclk_notify_to(name, "READY=1", &error));
	CU_ASSERT_TRUE(gclk_notify_to(name, "STATUS=good\nWATCHDOG=1\n", &error));
	first = receive(fd);
	second = receive(fd);
	none = receive(fd);
	GCLK_ASSERT_STR(first, "READY=1");
	GCLK_ASSERT_STR(second, "STATUS=good\nWATCHDOG=1\n");
	GCLK_ASSERT_STR(none, NULL);
	close(fd);
}

static void test_path(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "notify");

	check_delivery(path);
}

static void test_abstract(void)
{
	g_autofree char *name = g_strdup_printf("@guestclock-test-%d", (int)getpid());

	check_delivery(name);
}

static void check_bad(const char *address, GFileError code)
{
	g_autoptr(GError) error = NULL;

	CU_ASSERT_FALSE(gclk_notify_to(address, "READY=1", &error));
	CU_ASSERT_TRUE_FATAL(error != NULL);
	GCLK_ASSERT_INT(error->code, code);
	GCLK_ASSERT_HAS(error->message, address);
	CU_ASSERT_FALSE(gclk_notify_to(address, "READY=1", NULL));
}

static void test_bad_addresses(void)
{
	g_autofree char *large = g_strnfill(200, 'x');

	check_bad("", G_FILE_ERROR_FAILED);
	check_bad("/", G_FILE_ERROR_FAILED);
	check_bad("@", G_FILE_ERROR_FAILED);
	check_bad("relative", G_FILE_ERROR_FAILED);
	check_bad("vsock:2:1234", G_FILE_ERROR_FAILED);
	check_bad("/nonexistent/notify", G_FILE_ERROR_NOENT);
	large[0] = '/';
	check_bad(large, G_FILE_ERROR_NAMETOOLONG);
}

/* A path that fills sun_path to the last byte but the NUL. */
static void test_longest_path(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	gsize room = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	g_autofree char *path = g_strnfill(room, 'x');

	memcpy(path, directory, strlen(directory));
	path[strlen(directory)] = '/';
	check_delivery(path);
	g_free(path);
	path = g_strnfill(room + 1, 'x');
	path[0] = '/';
	check_bad(path, G_FILE_ERROR_NAMETOOLONG);
}

/* A manager that does not read must not hold up the clock. */
static void test_full_queue(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "notify");
	int fd = listen_at(path);
	gboolean good = TRUE;
	gint64 begin = g_get_monotonic_time();

	for (int i = 0; i < 100000 && good; i++)
		good = gclk_notify_to(path, "WATCHDOG=1", NULL);
	CU_ASSERT_FALSE(good);
	CU_ASSERT_TRUE(g_get_monotonic_time() - begin < 20 * G_USEC_PER_SEC);
	close(fd);
}

static void test_environment(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "notify");
	g_autofree char *text = NULL;
	int fd = listen_at(path);

	g_unsetenv("NOTIFY_SOCKET");
	CU_ASSERT_FALSE(gclk_notify("READY=1"));
	g_setenv("NOTIFY_SOCKET", "", TRUE);
	CU_ASSERT_FALSE(gclk_notify("READY=1"));
	g_setenv("NOTIFY_SOCKET", path, TRUE);
	CU_ASSERT_TRUE(gclk_notify("READY=1"));
	g_unsetenv("NOTIFY_SOCKET");
	text = receive(fd);
	GCLK_ASSERT_STR(text, "READY=1");
	close(fd);
}

/* A name with a line break in it cannot smuggle in a line of its own. */
static void test_status(void)
{
	g_autofree char *plain = gclk_notify_status("synchronised", NULL);
	g_autofree char *with = gclk_notify_status("a\nMAINPID=1\r\nb", "WATCHDOG=1");

	GCLK_ASSERT_STR(plain, "STATUS=synchronised\n");
	GCLK_ASSERT_STR(with, "STATUS=a MAINPID=1  b\nWATCHDOG=1\n");
}

static void test_watchdog_interval(void)
{
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval(NULL, NULL, 5), 0);
	GCLK_ASSERT_INT(
		gclk_notify_watchdog_interval("30000000", NULL, 5), G_GINT64_CONSTANT(15000000000));
	GCLK_ASSERT_INT(
		gclk_notify_watchdog_interval("30000000", "5", 5), G_GINT64_CONSTANT(15000000000));
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval("30000000", "6", 5), 0);
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval("30000000", "x", 5), 0);
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval("0", NULL, 5), 0);
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval("-1", NULL, 5), 0);
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval("", NULL, 5), 0);
	GCLK_ASSERT_INT(gclk_notify_watchdog_interval("18446744073709551615", NULL, 5), 0);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "to a path", test_path },
		{ "to an abstract name", test_abstract },
		{ "bad addresses", test_bad_addresses },
		{ "longest path", test_longest_path },
		{ "full queue", test_full_queue },
		{ "environment", test_environment },
		{ "status line", test_status },
		{ "watchdog interval", test_watchdog_interval },
		{ NULL, NULL },
	};

	return gclk_test_main("notify", cases);
}
