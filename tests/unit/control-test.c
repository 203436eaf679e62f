/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/control.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "scratch.h"

#define NOBODY 65534

typedef struct {
	GclkScratch *directory;
	char *path;
	GMainContext *context;
	GclkControlSocket *control;
	guint requests;
	char *last;
} Fixture;

static char *on_request(gpointer user, const char *request)
{
	Fixture *f = user;

	f->requests++;
	g_free(f->last);
	f->last = g_strdup(request);
	if (strcmp(request, "null") == 0)
		return NULL;
	if (strcmp(request, "long") == 0)
		return g_strnfill(4 * GCLK_CONTROL_MESSAGE_MAX, 'x');
	return g_strdup_printf("ok %s", request);
}

static void set_up(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	memset(f, 0, sizeof *f);
	f->directory = gclk_scratch_new();
	f->path = gclk_scratch_path(f->directory, GCLK_CONTROL_FILE);
	f->context = g_main_context_new();
	f->control = gclk_control_new(f->path, f->context, on_request, f, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->control);
}

static void tear_down(Fixture *f)
{
	gclk_control_free(f->control);
	g_main_context_unref(f->context);
	gclk_scratch_free(f->directory);
	g_free(f->path);
	g_free(f->last);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Runs the daemon's loop until nothing is left to do. */
static void run(Fixture *f)
{
	while (g_main_context_iteration(f->context, FALSE))
		;
}

/* What the daemon answers to the bytes; NULL: it closed without a word. */
static char *exchange(Fixture *f, const void *bytes, gsize length)
{
	char text[GCLK_CONTROL_MESSAGE_MAX + 1];
	int fd = connect_to(f->path);
	ssize_t got;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	run(f);
	CU_ASSERT_EQUAL(send(fd, bytes, length, 0), (ssize_t)length);
	run(f);
	got = recv(fd, text, sizeof text, MSG_DONTWAIT);
	close(fd);
	run(f);
	return got > 0 ? g_strndup(text, (gsize)got) : NULL;
}

static void check_exchange(Fixture *f, const void *bytes, gsize length, const char *expected)
{
	g_autofree char *reply = exchange(f, bytes, length);

	GCLK_ASSERT_STR(reply, expected);
}

static void test_requests(void)
{
	Fixture f;

	set_up(&f);
	check_exchange(&f, "burst", 5, "ok burst");
	GCLK_ASSERT_STR(f.last, "burst");
	check_exchange(&f, "step now\n", 9, "ok step now");
	check_exchange(&f, "reload\r\n", 8, "ok reload");
	check_exchange(&f, "null", 4, "error no reply");
	GCLK_ASSERT_INT(f.requests, 4);
	tear_down(&f);
}

static void test_garbage(void)
{
	char large[GCLK_CONTROL_MESSAGE_MAX + 1], limit[GCLK_CONTROL_MESSAGE_MAX];
	Fixture f;

	memset(large, 'a', sizeof large);
	memset(limit, 'a', sizeof limit);
	set_up(&f);
	check_exchange(&f, "\n", 1, "error the request is not text");
	check_exchange(&f, "bu\0rst", 6, "error the request is not text");
	check_exchange(&f, "\x1b[31m", 5, "error the request is not text");
	check_exchange(&f, "\xff\xfe", 2, "error the request is not text");
	check_exchange(&f, "a\nb", 3, "error the request is not text");
	check_exchange(&f, large, sizeof large, "error the request is too long");
	GCLK_ASSERT_INT(f.requests, 0);
	g_free(exchange(&f, limit, sizeof limit));
	GCLK_ASSERT_INT(f.requests, 1);
	GCLK_ASSERT_INT(strlen(f.last), GCLK_CONTROL_MESSAGE_MAX);
	/* after all of that it still serves */
	check_exchange(&f, "burst", 5, "ok burst");
	tear_down(&f);
}

static void test_long_reply_is_cut(void)
{
	g_autofree char *reply = NULL;
	Fixture f;

	set_up(&f);
	reply = exchange(&f, "long", 4);
	GCLK_ASSERT_INT(reply ? strlen(reply) : 0, GCLK_CONTROL_MESSAGE_MAX);
	tear_down(&f);
}

/* Clients that go away without a word, before and after they were accepted. */
static void test_silent_clients_that_leave(void)
{
	Fixture f;
	int a, b;

	set_up(&f);
	a = connect_to(f.path);
	close(a);
	run(&f);
	b = connect_to(f.path);
	run(&f);
	close(b);
	run(&f);
	check_exchange(&f, "burst", 5, "ok burst");
	GCLK_ASSERT_INT(f.requests, 1);
	tear_down(&f);
}

static void test_too_many_clients(void)
{
	int fds[GCLK_CONTROL_CLIENTS_MAX];
	char text[64] = "";
	Fixture f;
	int extra;

	set_up(&f);
	for (int i = 0; i < GCLK_CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_to(f.path);
		run(&f);
	}
	extra = connect_to(f.path);
	run(&f);
	CU_ASSERT_TRUE(recv(extra, text, sizeof text - 1, MSG_DONTWAIT) > 0);
	GCLK_ASSERT_STR(text, "error too many clients");
	close(extra);
	for (int i = 0; i < GCLK_CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	run(&f);
	check_exchange(&f, "burst", 5, "ok burst");
	tear_down(&f);
}

/* Who connects and says nothing is let go after a while. */
static void test_patience(void)
{
	struct pollfd wait = { .events = POLLIN };
	gint64 begin = g_get_monotonic_time();
	Fixture f;

	set_up(&f);
	wait.fd = connect_to(f.path);
	while (poll(&wait, 1, 0) == 0 && g_get_monotonic_time() - begin < 20 * G_USEC_PER_SEC)
		g_main_context_iteration(f.context, TRUE);
	CU_ASSERT_TRUE(g_get_monotonic_time() - begin > 4 * G_USEC_PER_SEC);
	CU_ASSERT_TRUE(g_get_monotonic_time() - begin < 15 * G_USEC_PER_SEC);
	GCLK_ASSERT_INT(f.requests, 0);
	close(wait.fd);
	tear_down(&f);
}

static void test_socket_file(void)
{
	struct stat facts;
	Fixture f;

	set_up(&f);
	CU_ASSERT_EQUAL(stat(f.path, &facts), 0);
	CU_ASSERT_TRUE(S_ISSOCK(facts.st_mode));
	GCLK_ASSERT_INT(facts.st_mode & 0777, 0600);
	gclk_control_free(f.control);
	CU_ASSERT_NOT_EQUAL(stat(f.path, &facts), 0);
	f.control = gclk_control_new(f.path, f.context, on_request, &f, NULL);
	CU_ASSERT_PTR_NOT_NULL(f.control);
	tear_down(&f);
}

/* A second daemon must not take the socket of a living one, but may replace a dead one's. */
static void test_path_in_use(void)
{
	g_autoptr(GError) error = NULL;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofree char *dead = NULL;
	GclkControlSocket *control;
	Fixture f;
	int fd;

	set_up(&f);
	CU_ASSERT_PTR_NULL(gclk_control_new(f.path, f.context, on_request, &f, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST));
	g_clear_error(&error);
	check_exchange(&f, "burst", 5, "ok burst");

	dead = gclk_scratch_path(f.directory, "dead");
	g_strlcpy(address.sun_path, dead, sizeof address.sun_path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	control = gclk_control_new(dead, f.context, on_request, &f, &error);
	CU_ASSERT_PTR_NOT_NULL(control);
	gclk_control_free(control);

	gclk_scratch_write(f.directory, "file", "precious", -1);
	g_free(dead);
	dead = gclk_scratch_path(f.directory, "file");
	CU_ASSERT_PTR_NULL(gclk_control_new(dead, f.context, on_request, &f, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST));
	CU_ASSERT_TRUE(g_file_test(dead, G_FILE_TEST_IS_REGULAR));
	tear_down(&f);
}

static void test_bad_paths(void)
{
	g_autofree char *large = g_strnfill(300, 'x');
	g_autoptr(GError) error = NULL;

	CU_ASSERT_PTR_NULL(gclk_control_new(large, NULL, on_request, NULL, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG));
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(
		gclk_control_new("/nonexistent/control", NULL, on_request, NULL, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
}

/* --- the client's side --------------------------------------------------------------------------
 */

static gpointer ask_burst(gpointer path)
{
	return gclk_control_ask(path, "burst", 10000, NULL);
}

static void test_ask(void)
{
	GThread *thread;
	g_autofree char *reply = NULL;
	gint64 begin = g_get_monotonic_time();
	Fixture f;

	set_up(&f);
	thread = g_thread_new("client", ask_burst, f.path);
	while (!f.requests && g_get_monotonic_time() - begin < 10 * G_USEC_PER_SEC)
		g_main_context_iteration(f.context, TRUE);
	reply = g_thread_join(thread);
	GCLK_ASSERT_STR(reply, "ok burst");
	tear_down(&f);
}

static void check_ask_fails(const char *path, int timeout_ms, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *reply = gclk_control_ask(path, "burst", timeout_ms, &error);

	GCLK_ASSERT_STR(reply, NULL);
	GCLK_ASSERT_HAS(error ? error->message : "", why);
}

static void test_ask_nobody(void)
{
	g_autofree char *none = NULL;
	g_autoptr(GError) error = NULL;
	Fixture f;

	set_up(&f);
	none = gclk_scratch_path(f.directory, "none");
	CU_ASSERT_PTR_NULL(gclk_control_ask(none, "burst", 1000, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	/* a daemon that hangs: it listens, and its loop does not run */
	check_ask_fails(f.path, 50, g_strerror(ETIMEDOUT));
	tear_down(&f);
}

/* A listener that takes the request and hangs up. */
static gpointer hang_up(gpointer listener)
{
	char byte;
	int fd = accept(GPOINTER_TO_INT(listener), NULL, NULL);

	(void)!recv(fd, &byte, sizeof byte, 0);
	close(fd);
	return NULL;
}

static int listen_raw(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	return fd;
}

static void test_ask_the_dead(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "control");
	g_autofree char *large = g_strnfill(300, 'x');
	g_autoptr(GError) error = NULL;
	int fd = listen_raw(path);
	GThread *thread = g_thread_new("listener", hang_up, GINT_TO_POINTER(fd));

	check_ask_fails(path, 10000, g_strerror(ECONNRESET));
	g_thread_join(thread);
	close(fd);
	/* the file is left, and nobody listens: to the user that is no daemon */
	CU_ASSERT_PTR_NULL(gclk_control_ask(path, "burst", 1000, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(gclk_control_ask(large, "burst", 1000, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG));
}

/* --- who may ---------------------------------------------------------------------------------- */

/* In a process of another user: does it get a refusal? The mode of the socket is opened for that,
   so that only the credentials stand between. */
static void be_nobody(const char *path)
{
	char text[128] = "";
	int fd;

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		_exit(10);
	fd = connect_to(path);
	if (fd < 0)
		_exit(11);
	(void)!send(fd, "burst", 5, MSG_NOSIGNAL);
	if (recv(fd, text, sizeof text - 1, 0) <= 0)
		_exit(12);
	_exit(strcmp(text, "error only root may give commands") == 0 ? 0 : 13);
}

static void test_others_are_refused(void)
{
	gint64 begin = g_get_monotonic_time();
	int status = -1;
	Fixture f;
	pid_t child;

	if (geteuid() != 0) {
		printf("(needs root, skipped) ");
		return;
	}
	set_up(&f);
	CU_ASSERT_EQUAL(g_chmod(f.directory, 0755), 0);
	CU_ASSERT_EQUAL(g_chmod(f.path, 0666), 0);
	child = fork();
	if (child == 0)
		be_nobody(f.path);
	while (waitpid(child, &status, WNOHANG) == 0 &&
		g_get_monotonic_time() - begin < 10 * G_USEC_PER_SEC) {
		run(&f);
		g_usleep(1000);
	}
	GCLK_ASSERT_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	GCLK_ASSERT_INT(f.requests, 0);
	tear_down(&f);
}

/* The reply to a client that connected as uid, while the daemon runs as NOBODY. */
static void check_uid(Fixture *f, uid_t uid, const char *expected)
{
	char text[128] = "";
	int fd;

	CU_ASSERT_EQUAL_FATAL(seteuid(uid), 0);
	fd = connect_to(f->path);
	CU_ASSERT_TRUE(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(seteuid(0), 0);
	CU_ASSERT_EQUAL_FATAL(seteuid(NOBODY), 0);
	run(f);
	(void)!send(fd, "burst", 5, MSG_NOSIGNAL);
	run(f);
	if (recv(fd, text, sizeof text - 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET)
		(void)!recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
	CU_ASSERT_EQUAL_FATAL(seteuid(0), 0);
	GCLK_ASSERT_STR(text, expected);
	close(fd);
	run(f);
}

static void test_root_and_own_user(void)
{
	Fixture f;

	if (geteuid() != 0) {
		printf("(needs root, skipped) ");
		return;
	}
	set_up(&f);
	CU_ASSERT_EQUAL(g_chmod(f.directory, 0755), 0);
	CU_ASSERT_EQUAL(g_chmod(f.path, 0666), 0);
	check_uid(&f, 0, "ok burst");
	check_uid(&f, NOBODY, "ok burst");
	check_uid(&f, NOBODY - 1, "error only root may give commands");
	GCLK_ASSERT_INT(f.requests, 2);
	tear_down(&f);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "requests", test_requests },
		{ "garbage", test_garbage },
		{ "a long reply is cut", test_long_reply_is_cut },
		{ "clients that leave", test_silent_clients_that_leave },
		{ "too many clients", test_too_many_clients },
		{ "patience", test_patience },
		{ "the socket file", test_socket_file },
		{ "path in use", test_path_in_use },
		{ "bad paths", test_bad_paths },
		{ "asking", test_ask },
		{ "nobody answers", test_ask_nobody },
		{ "asking the dead", test_ask_the_dead },
		{ "others are refused", test_others_are_refused },
		{ "root and the daemon's own user", test_root_and_own_user },
		{ NULL, NULL },
	};

	return gclk_test_main("control", cases);
}
