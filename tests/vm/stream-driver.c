/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's streams on real channels, for stream-test.
 *
 * In the guest, as guestclockd does it (the privileged process opens, another user talks):
 *   stream-driver serve CHANNEL     says back what it receives; prints a line an event, and ends
 * when the stream has failed stream-driver open CHANNEL      prints why it cannot be opened
 *   stream-driver listen PORT       the other end of a vsock stream: prints from which port the
 * first one comes, says "hello", prints what it says
 *
 * On the host, at the port's UNIX socket:
 *   stream-driver ask SOCKET TEXT... connects for each text, says it at once, prints what comes
 * back within a second; after "@TEXT" it hangs up without waiting
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/native.h"

#define PATIENCE_MS 1000

typedef struct {
	GclkPlatform *platform;
	GclkStream *stream;
} Driver;

/* --- the guest -------------------------------------------------------------------------------- */

static void received(gpointer user, const guint8 *data, gsize length, const GclkClockPair *arrival)
{
	Driver *driver = user;
	g_autoptr(GError) error = NULL;

	(void)arrival;
	printf("received %.*s\n", (int)MIN(length, 100), (const char *)data);
	if (!driver->platform->stream_send(
		    driver->platform, driver->stream, data, MIN(length, 4096), NULL, &error))
		printf("not sent: %s\n", error->message);
}

static void connected(gpointer user, gboolean is_connected)
{
	(void)user;
	puts(is_connected ? "connected" : "hung up");
}

static void failed(gpointer user, int error)
{
	Driver *driver = user;

	printf("failed: %s\n", error ? g_strerror(error) : "closed");
	driver->platform->stream_close(driver->platform, driver->stream);
	driver->stream = NULL;
}

static const GclkStreamEvents events = {
	.received = received, .connected = connected, .failed = failed
};

static int give_up(const GError *error)
{
	printf("cannot: %s\n", error->message);
	return 1;
}

static int serve(const char *channel, gboolean stay)
{
	const char *const channels[] = { channel, NULL };
	const GclkPrivilegedPolicy policy = { NULL, NULL, NULL, channels };
	g_autoptr(GMainContext) context = NULL;
	g_autoptr(GclkPrivileged) privileged = NULL;
	g_autoptr(GError) error = NULL;
	GclkDropped dropped;
	Driver driver;

	privileged = gclk_privileged_start(&policy, &error);
	if (!privileged || !gclk_privileged_drop("guestclock", &dropped, &error))
		return give_up(error);
	context = g_main_context_new();
	gclk_loop_install_poll(context);
	driver.platform = gclk_native_new(privileged, context);
	driver.stream =
		driver.platform->stream_open(driver.platform, channel, &events, &driver, &error);
	if (!driver.stream)
		return give_up(error);
	puts("open");
	while (stay && driver.stream)
		g_main_context_iteration(context, TRUE);
	driver.platform->stream_close(driver.platform, driver.stream);
	driver.platform->free(driver.platform);
	return 0;
}

#ifdef __linux__
#include <linux/vm_sockets.h>

static int listen_vsock(guint port)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port
	};
	socklen_t length = sizeof(address);
	int listener = socket(AF_VSOCK, SOCK_STREAM, 0), peer;
	char text[100] = "";

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) ||
		listen(listener, 1)) {
		printf("cannot listen: %s\n", g_strerror(errno));
		return 1;
	}
	puts("listening");
	peer = accept(listener, (struct sockaddr *)&address, &length);
	printf("from port %u\n", address.svm_port);
	if (send(peer, "hello", 5, 0) == 5 && recv(peer, text, sizeof(text) - 1, 0) > 0)
		printf("received %s\n", text);
	return 0;
}
#else
static int listen_vsock(guint port)
{
	(void)port;
	return 1;
}
#endif

/* --- the host --------------------------------------------------------------------------------- */

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		fprintf(stderr, "%s: %s\n", path, g_strerror(errno));
		exit(1);
	}
	return fd;
}

/* All that comes until it is quiet for a while. */
static void print_answers(int fd)
{
	struct pollfd fds = { .fd = fd, .events = POLLIN };
	char text[1000];
	ssize_t n;

	while (poll(&fds, 1, PATIENCE_MS) == 1 && (n = recv(fd, text, sizeof(text), 0)) > 0)
		fwrite(text, 1, (size_t)n, stdout);
	putchar('\n');
}

static int ask(const char *path, char **texts)
{
	for (; *texts; texts++) {
		const gboolean dies = **texts == '@';
		const char *text = *texts + dies;
		int fd = connect_to(path);

		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			return 1;
		if (!dies)
			print_answers(fd);
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], TRUE);
	if (argc == 3 && strcmp(argv[1], "open") == 0)
		return serve(argv[2], FALSE);
	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		return listen_vsock((guint)atoi(argv[2]));
	if (argc >= 4 && strcmp(argv[1], "ask") == 0)
		return ask(argv[2], argv + 3);
	fprintf(stderr, "use: stream-driver serve|open CHANNEL, listen PORT, ask SOCKET TEXT...\n");
	return 2;
}
