/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock process's side of the privileged process: starts it and asks it. */
#include "platform/privileged.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/posix.h"
#include "platform/privileged-private.h"

/* Opens are quick; a longer wait would hurt the clock more than a source that fails. */
#define OPEN_TIMEOUT_US (3 * G_USEC_PER_SEC)

/* More requests than servers can be configured are a fault of ours. */
#define RESOLVES_MAX 64

/* For the helper's end after its sockets are closed. */
#define END_TRIES   20
#define END_WAIT_US 5000

typedef struct {
	guint16 port;
	GclkResolveFunc func;
	gpointer user;
} Pending;

struct GclkPrivileged {
	pid_t pid;
	int open_fd, resolve_fd;
	gboolean open_ended, resolve_ended;
	guint32 last_open;
	guint last_resolve;
	GHashTable *pending; /* id -> Pending */
};

/* --- starting --------------------------------------------------------------------------------- */

static char **copy_paths(const char *const *list)
{
	GPtrArray *copy = g_ptr_array_new();

	for (; list && *list; list++)
		g_ptr_array_add(copy, g_canonicalize_filename(*list, NULL));
	g_ptr_array_add(copy, NULL);
	return (char **)g_ptr_array_free(copy, FALSE);
}

static void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

/* The descriptors get fixed low numbers, so that all others can be closed without a list. */
static void settle_descriptors(GclkHelper *helper)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int open_fd = fcntl(helper->open_fd, F_DUPFD_CLOEXEC, 10);
	int resolve_fd = fcntl(helper->resolve_fd, F_DUPFD_CLOEXEC, 10);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (open_fd < 0 || resolve_fd < 0 || dup2(open_fd, 3) < 0 || dup2(resolve_fd, 4) < 0)
		_exit(1);
	helper->open_fd = 3;
	helper->resolve_fd = 4;
	gclk_privilege_close_from(5);
}

/* The forked process becomes the helper, and never returns. */
static void become_helper(GclkHelper *helper, const GclkPrivilegedPolicy *policy)
{
	g_auto(GStrv) files = copy_paths(policy->files);
	g_auto(GStrv) directories = copy_paths(policy->directories);
	g_auto(GStrv) devices = copy_paths(policy->devices);
	g_auto(GStrv) channels = g_strdupv((char **)policy->channels);
	const GclkPrivilegedPolicy absolute = { (const char *const *)files,
		(const char *const *)directories, (const char *const *)devices,
		(const char *const *)channels };

	/* It ends with the clock process, which the signals are meant for. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	gclk_privilege_set_name("gclk-privileged");
	settle_descriptors(helper);
	if (chdir("/"))
		_exit(1);
	gclk_privilege_shrink_helper();
	helper->policy = &absolute;
	gclk_helper_run(helper);
	_exit(0);
}

static GclkPrivileged *privileged_new(pid_t pid, int open_fd, int resolve_fd)
{
	GclkPrivileged *privileged = g_new0(GclkPrivileged, 1);

	privileged->pid = pid;
	privileged->open_fd = open_fd;
	privileged->resolve_fd = resolve_fd;
	privileged->pending = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return privileged;
}

GclkPrivileged *gclk_privileged_start(const GclkPrivilegedPolicy *policy, GError **error)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
	int opens[2], resolves[2];
	GclkHelper helper = {
		.resolve = gclk_resolve_blocking,
		.resolve_timeout = GCLK_HELPER_RESOLVE_S * G_USEC_PER_SEC,
	};
	pid_t pid;

	if (!gclk_privileged_user("nobody", &helper.nobody_uid, &helper.nobody_gid))
		helper.nobody_uid = helper.nobody_gid = 65534;
	if (socketpair(AF_UNIX, type, 0, opens)) {
		gclk_posix_error(error, errno, "cannot start the privileged process");
		return NULL;
	}
	if (socketpair(AF_UNIX, type, 0, resolves)) {
		gclk_posix_error(error, errno, "cannot start the privileged process");
		close_pair(opens);
		return NULL;
	}
	helper.open_fd = opens[1];
	helper.resolve_fd = resolves[1];
	pid = fork();
	if (pid == 0)
		become_helper(&helper, policy);
	if (pid < 0) {
		gclk_posix_error(error, errno, "cannot start the privileged process");
		close_pair(opens);
		close_pair(resolves);
		return NULL;
	}
	close(opens[1]);
	close(resolves[1]);
	return privileged_new(pid, opens[0], resolves[0]);
}

void gclk_privileged_free(GclkPrivileged *privileged)
{
	if (!privileged)
		return;
	close(privileged->open_fd);
	close(privileged->resolve_fd);
	for (int i = 0; i < END_TRIES && waitpid(privileged->pid, NULL, WNOHANG) == 0; i++)
		g_usleep(END_WAIT_US);
	g_hash_table_unref(privileged->pending);
	g_free(privileged);
}

gboolean gclk_privileged_alive(const GclkPrivileged *privileged)
{
	return !privileged->open_ended && !privileged->resolve_ended;
}

gint gclk_privileged_pid(const GclkPrivileged *privileged)
{
	return privileged->pid;
}

/* --- opening ---------------------------------------------------------------------------------- */

typedef struct {
	ssize_t length; /* 0: the helper has ended; -1: nothing there */
	GclkOpenReply reply;
	int fd; /* -1: none came along */
} Opened;

static Opened receive_opened(int socket)
{
	Opened opened = { .fd = -1 };
	struct iovec vector = { .iov_base = &opened.reply, .iov_len = sizeof(opened.reply) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message;
	const struct cmsghdr *rights;

	memset(&message, 0, sizeof(message));
	message.msg_iov = &vector;
	message.msg_iovlen = 1;
	message.msg_control = control;
	message.msg_controllen = sizeof(control);
	opened.length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (opened.length < 0)
		return opened;
	rights = CMSG_FIRSTHDR(&message);
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
		rights->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&opened.fd, CMSG_DATA(rights), sizeof(int));
	return opened;
}

/* Makes a reply into a descriptor or -errno. */
static int result_of(const Opened *opened)
{
	if (opened->reply.error == 0)
		return opened->fd >= 0 ? opened->fd : -EBADMSG;
	if (opened->fd >= 0)
		close(opened->fd);
	return opened->reply.error > 0 ? -opened->reply.error : -EBADMSG;
}

static int wait_opened(GclkPrivileged *privileged, guint32 id)
{
	const gint64 deadline = g_get_monotonic_time() + OPEN_TIMEOUT_US;
	struct pollfd fds = { .fd = privileged->open_fd, .events = POLLIN };

	for (;;) {
		gint64 left = deadline - g_get_monotonic_time();
		Opened opened;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&fds, 1, (int)(left / 1000 + 1)) <= 0)
			continue;
		opened = receive_opened(privileged->open_fd);
		if (opened.length < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (opened.length <= 0) {
			privileged->open_ended = TRUE;
			return -EPIPE;
		}
		if (opened.length == (ssize_t)sizeof(opened.reply) && opened.reply.id == id)
			return result_of(&opened);
		/* the answer to a question that we have given up */
		if (opened.fd >= 0)
			close(opened.fd);
	}
}

int gclk_privileged_open(GclkPrivileged *privileged, const char *path, GclkAccess access)
{
	g_autofree char *name = access == GCLK_ACCESS_CHANNEL ? g_strdup(path)
							      : g_canonicalize_filename(path, NULL);
	GclkOpenRequest request;

	if (privileged->open_ended)
		return -EPIPE;
	memset(&request, 0, sizeof(request));
	request.id = ++privileged->last_open;
	request.access = access;
	if (g_strlcpy(request.path, name, sizeof(request.path)) >= sizeof(request.path))
		return -ENAMETOOLONG;
	if (send(privileged->open_fd, &request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return -ETIMEDOUT;
		privileged->open_ended = TRUE;
		return -EPIPE;
	}
	return wait_opened(privileged, request.id);
}

/* --- resolving -------------------------------------------------------------------------------- */

guint gclk_privileged_resolve(GclkPrivileged *privileged, const char *name, guint16 port,
	GclkResolveFunc func, gpointer user)
{
	GclkResolveRequest request;
	Pending *pending;

	memset(&request, 0, sizeof(request));
	if (privileged->resolve_ended || g_hash_table_size(privileged->pending) >= RESOLVES_MAX ||
		g_strlcpy(request.name, name, sizeof(request.name)) >= sizeof(request.name))
		return 0;
	if (++privileged->last_resolve == 0)
		privileged->last_resolve = 1;
	request.id = privileged->last_resolve;
	if (send(privileged->resolve_fd, &request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL) <
		0)
		return 0;
	pending = g_new0(Pending, 1);
	pending->port = port;
	pending->func = func;
	pending->user = user;
	g_hash_table_insert(privileged->pending, GUINT_TO_POINTER(request.id), pending);
	return request.id;
}

void gclk_privileged_cancel(GclkPrivileged *privileged, guint id)
{
	g_hash_table_remove(privileged->pending, GUINT_TO_POINTER(id));
}

int gclk_privileged_fd(const GclkPrivileged *privileged)
{
	return privileged->resolve_fd;
}

/* The request is taken out before it is answered: its func may cancel it, or ask again. */
static void answer(GclkPrivileged *privileged, guint id, GclkResolveReply *reply)
{
	gpointer key, value;
	g_autofree Pending *pending = NULL;

	if (!g_hash_table_steal_extended(privileged->pending, GUINT_TO_POINTER(id), &key, &value))
		return;
	pending = value;
	for (guint32 i = 0; i < reply->n; i++)
		reply->addresses[i].port = pending->port;
	pending->func(pending->user, reply->n ? reply->addresses : NULL, reply->n,
		reply->n ? NULL : reply->reason);
}

static void answer_all(GclkPrivileged *privileged, const char *reason)
{
	g_autoptr(GList) ids = g_hash_table_get_keys(privileged->pending);

	for (const GList *at = ids; at; at = at->next) {
		GclkResolveReply reply;

		gclk_resolve_fail(&reply, GPOINTER_TO_UINT(at->data), reason);
		answer(privileged, reply.id, &reply);
	}
}

void gclk_privileged_dispatch(GclkPrivileged *privileged)
{
	while (!privileged->resolve_ended) {
		GclkResolveReply reply;
		ssize_t n = recv(privileged->resolve_fd, &reply, sizeof(reply), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n <= 0) {
			privileged->resolve_ended = TRUE;
			waitpid(privileged->pid, NULL, WNOHANG);
			answer_all(privileged, "the process that resolves names has ended");
			return;
		}
		if (n == (ssize_t)sizeof(reply)) {
			gclk_resolve_check(&reply, n, reply.id);
			answer(privileged, reply.id, &reply);
		}
	}
}

/* --- becoming small --------------------------------------------------------------------------- */

gboolean gclk_privileged_drop(const char *user, GclkDropped *out, GError **error)
{
	guint uid = 0, gid = 0;
	gboolean found = gclk_privileged_user(user, &uid, &gid);

	memset(out, 0, sizeof(*out));
	out->user_missing = !found;
	return gclk_privilege_drop(found, uid, gid, out, error);
}
