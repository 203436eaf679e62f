/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper's loop. Everything it reads is hostile: from the clock process, which talks to the
   network, and from its own children, which talk to name servers. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/privileged-private.h"

typedef struct {
	pid_t pid; /* 0: free */
	int fd;    /* it writes its reply here; -1: it is being killed */
	guint32 id;
	gint64 deadline; /* us */
} Child;

typedef struct {
	const GclkHelper *helper;
	Child children[GCLK_HELPER_CHILDREN_MAX];
} Loop;

/* --- opening ---------------------------------------------------------------------------------- */

/* A client that does not read its replies loses them: we never wait for it. */
static void send_open_reply(int socket, guint32 id, int result)
{
	GclkOpenReply reply = { .id = id, .error = result < 0 ? -result : 0 };
	struct iovec vector = { .iov_base = &reply, .iov_len = sizeof(reply) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message;
	struct cmsghdr *rights;

	memset(&message, 0, sizeof(message));
	memset(control, 0, sizeof(control));
	message.msg_iov = &vector;
	message.msg_iovlen = 1;
	if (result >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &result, sizeof(int));
	}
	sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (result >= 0)
		close(result);
}

/* Receives one record: its length, 0 at the end, -1 when there is none now. The buffer is larger
   than any message, so that a longer one shows. */
static ssize_t receive(int socket, void *buffer, gsize size)
{
	ssize_t n = recv(socket, buffer, size, MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		return 0;
	return n;
}

/* FALSE: the clock process has gone. */
static gboolean serve_open(const GclkHelper *helper)
{
	char bytes[sizeof(GclkOpenRequest) + 1];
	ssize_t n = receive(helper->open_fd, bytes, sizeof(bytes));
	GclkOpenRequest request;
	int result;

	if (n <= 0)
		return n < 0;
	result = -gclk_policy_judge_open(helper->policy, bytes, (gsize)n, &request);
	if (result == 0)
		result = gclk_helper_open(request.path, (GclkAccess)request.access);
	send_open_reply(helper->open_fd, request.id, result);
	return TRUE;
}

/* --- resolving -------------------------------------------------------------------------------- */

static void send_resolve_reply(const Loop *loop, const GclkResolveReply *reply)
{
	send(loop->helper->resolve_fd, reply, sizeof(*reply), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void refuse(const Loop *loop, guint32 id, const char *reason)
{
	GclkResolveReply reply;

	gclk_resolve_fail(&reply, id, reason);
	send_resolve_reply(loop, &reply);
}

static void be_child(const Loop *loop, const char *name, int fd)
{
	const struct rlimit none = { 0, 0 };
	GclkResolveReply reply;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	alarm(GCLK_HELPER_RESOLVE_S + 5); /* should the helper be gone by then */
	/* nothing but the pipe */
	if (dup2(fd, 3) < 0)
		_exit(1);
	gclk_privilege_close_from(4);
	setrlimit(RLIMIT_CORE, &none);
	gclk_privilege_set_name("gclk-resolve");
	gclk_privilege_shrink_child(loop->helper->nobody_uid, loop->helper->nobody_gid);
	loop->helper->resolve(name, &reply);
	_exit(write(3, &reply, sizeof(reply)) == (ssize_t)sizeof(reply) ? 0 : 1);
}

static Child *free_child(Loop *loop)
{
	for (gsize i = 0; i < GCLK_HELPER_CHILDREN_MAX; i++)
		if (!loop->children[i].pid)
			return &loop->children[i];
	return NULL;
}

static gboolean start_child(Loop *loop, const GclkResolveRequest *request)
{
	Child *child = free_child(loop);
	int fds[2];

	if (!child || pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return FALSE;
	child->pid = fork();
	if (child->pid == 0)
		be_child(loop, request->name, fds[1]);
	close(fds[1]);
	if (child->pid < 0) {
		child->pid = 0;
		close(fds[0]);
		return FALSE;
	}
	child->fd = fds[0];
	child->id = request->id;
	child->deadline = g_get_monotonic_time() + loop->helper->resolve_timeout;
	return TRUE;
}

/* FALSE: the clock process has gone. */
static gboolean serve_resolve(Loop *loop)
{
	char bytes[sizeof(GclkResolveRequest) + 1];
	ssize_t n = receive(loop->helper->resolve_fd, bytes, sizeof(bytes));
	GclkResolveRequest request;
	const char *reason;

	if (n <= 0)
		return n < 0;
	reason = gclk_policy_judge_resolve(bytes, (gsize)n, &request);
	if (!reason && !start_child(loop, &request))
		reason = "no process for resolving could be started";
	if (reason)
		refuse(loop, request.id, reason);
	return TRUE;
}

/* The slot stays taken until the child has been waited for: so its number cannot become another
   process's before the kill, and a child that hangs in the kernel does not hang us. */
static void end_child(Child *child)
{
	kill(child->pid, SIGKILL);
	close(child->fd);
	child->fd = -1;
}

static void reap(Child *child)
{
	if (waitpid(child->pid, NULL, WNOHANG) != 0)
		child->pid = 0;
}

static void serve_child(Loop *loop, Child *child, gboolean readable)
{
	GclkResolveReply reply;

	memset(&reply, 0, sizeof(reply));
	if (readable) {
		/* written at once, since it is shorter than PIPE_BUF */
		gclk_resolve_check(&reply, read(child->fd, &reply, sizeof(reply)), child->id);
		send_resolve_reply(loop, &reply);
		end_child(child);
	} else if (g_get_monotonic_time() >= child->deadline) {
		refuse(loop, child->id, "no name server answered in time");
		end_child(child);
	}
}

/* --- the loop --------------------------------------------------------------------------------- */

/* ms until the first child's time is up, or until the next look at one that dies; -1: for ever */
static int until_deadline(const Loop *loop)
{
	const gint64 soon = g_get_monotonic_time() + G_USEC_PER_SEC / 50;
	gint64 first = G_MAXINT64;

	for (gsize i = 0; i < GCLK_HELPER_CHILDREN_MAX; i++)
		if (loop->children[i].pid)
			first = MIN(first,
				loop->children[i].fd < 0 ? soon : loop->children[i].deadline);
	if (first == G_MAXINT64)
		return -1;
	return (int)(MAX(first - g_get_monotonic_time(), 0) / 1000 + 1);
}

static gboolean turn(Loop *loop)
{
	/* while all children are busy, further requests wait in the socket */
	struct pollfd fds[2 + GCLK_HELPER_CHILDREN_MAX] = {
		{ .fd = loop->helper->open_fd, .events = POLLIN },
		{ .fd = loop->helper->resolve_fd, .events = free_child(loop) ? POLLIN : 0 },
	};

	for (gsize i = 0; i < GCLK_HELPER_CHILDREN_MAX; i++) {
		fds[2 + i].fd = loop->children[i].pid ? loop->children[i].fd : -1;
		fds[2 + i].events = POLLIN;
	}
	if (poll(fds, G_N_ELEMENTS(fds), until_deadline(loop)) < 0)
		return errno == EINTR;
	for (gsize i = 0; i < GCLK_HELPER_CHILDREN_MAX; i++) {
		Child *child = &loop->children[i];

		if (child->pid && child->fd >= 0)
			serve_child(loop, child, fds[2 + i].revents != 0);
		if (child->pid && child->fd < 0)
			reap(child);
	}
	if (fds[0].revents && !serve_open(loop->helper))
		return FALSE;
	if (fds[1].revents & (POLLHUP | POLLERR))
		return FALSE;
	return !fds[1].revents || serve_resolve(loop);
}

void gclk_helper_run(const GclkHelper *helper)
{
	Loop loop = { .helper = helper };

	while (turn(&loop))
		;
	for (gsize i = 0; i < GCLK_HELPER_CHILDREN_MAX; i++)
		if (loop.children[i].pid && loop.children[i].fd >= 0)
			end_child(&loop.children[i]);
}
