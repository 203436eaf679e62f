/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking a user up, in a child: the C library loads what nsswitch.conf names for it
 * (libnss_systemd alone is several hundred kilobytes), which would stay with the daemon for good.
 */
#include <errno.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/privileged.h"

typedef struct {
	gboolean found;
	guint uid, gid;
} Answer;

static gboolean parse_id(const char *text, guint *id)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &value, NULL))
		return FALSE;
	*id = (guint)value;
	return TRUE;
}

/* In the child. */
static Answer look_up(const char *user)
{
	guint uid = 0;
	gboolean by_id = parse_id(user, &uid);
	const struct passwd *entry = by_id ? getpwuid(uid) : getpwnam(user);

	if (entry)
		return (Answer){ TRUE, entry->pw_uid, entry->pw_gid };
	return (Answer){ by_id, uid, uid };
}

static gboolean read_answer(int fd, Answer *out)
{
	ssize_t n;

	do
		n = read(fd, out, sizeof *out);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *out;
}

static void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static gboolean ask_child(const char *user, Answer *out)
{
	int ends[2];
	pid_t child;
	gboolean answered;

	if (pipe(ends) < 0)
		return FALSE;
	child = fork();
	if (child == 0) {
		const Answer answer = look_up(user);

		_exit(write(ends[1], &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
	}
	close(ends[1]);
	answered = child > 0 && read_answer(ends[0], out);
	close(ends[0]);
	if (child > 0)
		reap(child);
	return answered;
}

gboolean gclk_privileged_user(const char *user, guint *uid, guint *gid)
{
	g_auto(GStrv) parts = g_strsplit(user, ":", 2);
	Answer answer = { 0 };

	if (!parts[0])
		return FALSE;
	if (parts[1])
		return parse_id(parts[0], uid) && parse_id(parts[1], gid);
	if (!ask_child(user, &answer) || !answer.found)
		return FALSE;
	*uid = answer.uid;
	*gid = answer.gid;
	return TRUE;
}
