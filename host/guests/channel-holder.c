/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/channel-holder.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "guestclock/text.h"

#define ANSWER_MAX 32768 /* of one message of a dump; the kernel's are smaller */

/* A socket as the kernel shows it. */
typedef struct {
	guint32 inode, peer; /* peer 0: none, or not accepted yet */
	gboolean at_path;
} Shown;

typedef struct {
	const char *path; /* or NULL */
	gboolean found;
	Shown out; /* the last one that wanted said yes to */
	gboolean (*wanted)(const Shown *shown);
} Search;

/* --- netlink ---------------------------------------------------------------------------------- */

static gboolean name_is(const struct rtattr *attribute, const char *path)
{
	gsize length = strlen(path);

	/* with or without a NUL at its end */
	return RTA_PAYLOAD(attribute) >= length && RTA_PAYLOAD(attribute) <= length + 1 &&
	       memcmp(RTA_DATA(attribute), path, length) == 0;
}

static void take_socket(const struct nlmsghdr *message, Search *search)
{
	const struct unix_diag_msg *body = NLMSG_DATA(message);
	struct rtattr *attribute = (struct rtattr *)(body + 1);
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*body));
	Shown shown = { .inode = body->udiag_ino };

	for (; left > 0 && RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == UNIX_DIAG_PEER &&
			RTA_PAYLOAD(attribute) >= sizeof(shown.peer))
			memcpy(&shown.peer, RTA_DATA(attribute), sizeof(shown.peer));
		if (attribute->rta_type == UNIX_DIAG_NAME && search->path)
			shown.at_path = name_is(attribute, search->path);
	}
	if (!search->wanted(&shown))
		return;
	search->found = TRUE;
	search->out = shown;
}

/* FALSE: that was the last one. */
static gboolean take_messages(const struct nlmsghdr *message, int length, Search *search)
{
	for (; NLMSG_OK(message, (unsigned)length); message = NLMSG_NEXT(message, length)) {
		if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY)
			return FALSE; /* done, or an error */
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			take_socket(message, search);
		if (!(message->nlmsg_flags & NLM_F_MULTI))
			return FALSE;
	}
	return TRUE;
}

static gboolean send_question(int fd, guint32 inode)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req body;
	} question = {
		.header = {
			.nlmsg_len = sizeof(question),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = (guint16)(NLM_F_REQUEST | (inode ? 0 : NLM_F_DUMP)),
		},
		.body = {
			.sdiag_family = AF_UNIX,
			.udiag_states = G_MAXUINT32,
			.udiag_ino = inode,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER,
			.udiag_cookie = { G_MAXUINT32, G_MAXUINT32 }, /* any */
		},
	};

	return send(fd, &question, sizeof(question), 0) == (gssize)sizeof(question);
}

/* inode 0: all sockets of this network namespace. FALSE: the kernel does not tell. */
static gboolean search_sockets(guint32 inode, Search *search)
{
	const struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	g_autofree struct nlmsghdr *answer = g_malloc(ANSWER_MAX);
	gboolean more = TRUE;
	gssize n = -1;

	if (fd < 0)
		return FALSE;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!send_question(fd, inode))
		more = FALSE;
	while (more && (n = recv(fd, answer, ANSWER_MAX, 0)) > 0)
		more = take_messages(answer, (int)n, search);
	close(fd);
	return n > 0;
}

/* --- whose it is ------------------------------------------------------------------------------ */

static gboolean is_number(const char *name)
{
	return name[0] && strspn(name, "0123456789") == strlen(name);
}

static gboolean links_to(const char *file, const char *wanted)
{
	char target[64];
	gssize n = readlink(file, target, sizeof(target) - 1);

	if (n < 0)
		return FALSE;
	target[n] = '\0';
	return strcmp(target, wanted) == 0;
}

static gboolean process_has(const char *pid, const char *wanted)
{
	g_autofree char *folder = g_build_filename("/proc", pid, "fd", NULL);
	g_autoptr(GDir) fds = g_dir_open(folder, 0, NULL);
	const char *name;

	while (fds && (name = g_dir_read_name(fds))) {
		g_autofree char *file = g_build_filename(folder, name, NULL);

		if (links_to(file, wanted))
			return TRUE;
	}
	return FALSE;
}

static void take_process(const char *pid, GclkChannelHolder *out)
{
	g_autofree char *file = g_build_filename("/proc", pid, "comm", NULL);
	g_autofree char *name = NULL;
	g_autofree char *clean = NULL;

	out->pid = (pid_t)g_ascii_strtoll(pid, NULL, 10);
	if (!g_file_get_contents(file, &name, NULL, NULL))
		return;
	clean = gclk_text_clean(g_strchomp(name));
	g_strlcpy(out->name, clean, sizeof(out->name));
}

static void find_process(guint32 inode, GclkChannelHolder *out)
{
	g_autofree char *wanted = g_strdup_printf("socket:[%u]", inode);
	g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
	const char *pid;

	while (processes && (pid = g_dir_read_name(processes)))
		if (is_number(pid) && process_has(pid, wanted)) {
			take_process(pid, out);
			return;
		}
}

/* --- answers ---------------------------------------------------------------------------------- */

static gboolean is_accepted_at_path(const Shown *shown)
{
	return shown->at_path && shown->peer != 0;
}

static gboolean is_any(const Shown *shown)
{
	(void)shown;
	return TRUE;
}

gboolean gclk_channel_holder_find(const char *path, GclkChannelHolder *out)
{
	Search search = { .path = path, .wanted = is_accepted_at_path };

	*out = (GclkChannelHolder){ 0 };
	if (!search_sockets(0, &search) || !search.found)
		return FALSE;
	find_process(search.out.peer, out);
	return TRUE;
}

gboolean gclk_channel_accepted(guint64 inode)
{
	Search search = { .wanted = is_any };

	return !search_sockets((guint32)inode, &search) || !search.found || search.out.peer != 0;
}

char *gclk_channel_holder_text(const GclkChannelHolder *holder)
{
	if (holder->pid == 0)
		return g_strdup("another program");
	return g_strdup_printf(
		"%s (pid %d)", holder->name[0] ? holder->name : "a program", (int)holder->pid);
}
