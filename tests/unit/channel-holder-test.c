/* SPDX-License-Identifier: BSD-2-Clause */
/* Who holds a channel: real sockets, another process, what the kernel says of them. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests/channel-holder.h"
#include "harness.h"
#include "scratch.h"

static int open_socket(const char *path, gboolean listens)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (listens) {
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
			return -1;
	} else if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		return -1;
	}
	return fd;
}

/* A process that connects, and stays until it is killed. */
static pid_t start_client(const char *path)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		if (open_socket(path, FALSE) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		child = -1;
	close(ready[0]);
	return child;
}

static guint64 inode_of(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

static void test_held(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "port");
	g_autofree char *text = NULL;
	int listener = open_socket(path, TRUE), held, ours;
	GclkChannelHolder holder;
	pid_t client;

	CU_ASSERT_FALSE(gclk_channel_holder_find(path, &holder));
	client = start_client(path);
	CU_ASSERT_FATAL(client > 0);
	CU_ASSERT_FALSE(gclk_channel_holder_find(path, &holder)); /* not accepted yet */
	held = accept(listener, NULL, NULL);
	CU_ASSERT_TRUE(gclk_channel_holder_find(path, &holder));
	GCLK_ASSERT_INT(holder.pid, client);
	CU_ASSERT_TRUE(holder.name[0] != '\0');
	text = gclk_channel_holder_text(&holder);
	GCLK_ASSERT_HAS(text, "(pid ");

	ours = open_socket(path, FALSE); /* the second client: it waits */
	CU_ASSERT_TRUE(ours >= 0);
	CU_ASSERT_FALSE(gclk_channel_accepted(inode_of(ours)));
	CU_ASSERT_TRUE(gclk_channel_holder_find(path, &holder));
	GCLK_ASSERT_INT(holder.pid, client);

	kill(client, SIGKILL);
	waitpid(client, NULL, 0);
	close(held);
	held = accept(listener, NULL, NULL);
	CU_ASSERT_TRUE(gclk_channel_accepted(inode_of(ours)));
	CU_ASSERT_TRUE(gclk_channel_holder_find(path, &holder));
	GCLK_ASSERT_INT(holder.pid, getpid());
	close(held);
	close(ours);
	close(listener);
	unlink(path);
}

static void test_nobody(void)
{
	GclkChannelHolder holder;

	CU_ASSERT_FALSE(gclk_channel_holder_find("/nowhere/at/all", &holder));
	CU_ASSERT_FALSE(gclk_channel_holder_find("", &holder));
	CU_ASSERT_TRUE(gclk_channel_accepted(G_MAXUINT32)); /* no such socket: nothing is said */
}

static void test_text(void)
{
	const GclkChannelHolder unknown = { 0 }, nameless = { .pid = 7 },
				socat = { .pid = 1234, .name = "socat" };
	g_autofree char *a = gclk_channel_holder_text(&unknown);
	g_autofree char *b = gclk_channel_holder_text(&nameless);
	g_autofree char *c = gclk_channel_holder_text(&socat);

	GCLK_ASSERT_STR(a, "another program");
	GCLK_ASSERT_STR(b, "a program (pid 7)");
	GCLK_ASSERT_STR(c, "socat (pid 1234)");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a channel that somebody holds", test_held },
		{ "nobody", test_nobody },
		{ "in words", test_text },
		{ 0 },
	};

	return gclk_test_main("channel-holder", cases);
}
