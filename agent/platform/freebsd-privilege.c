/* SPDX-License-Identifier: BSD-2-Clause */
/* Users: FreeBSD has no capabilities, so who sets the clock is root or the user of mac_ntpd(4). */
#include <errno.h>
#include <grp.h>
#include <sys/types.h>
#include <unistd.h>

#include "platform/freebsd-private.h"
#include "platform/posix.h"
#include "platform/privileged-private.h"

/* The helper opens files of root and of others: it stays root. */
void gclk_privilege_shrink_helper(void)
{
}

void gclk_privilege_shrink_child(guint uid, guint gid)
{
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(gid) || setuid(uid)))
		_exit(1);
}

void gclk_privilege_close_from(int first)
{
	closefrom(first);
}

void gclk_privilege_set_name(const char *name)
{
	setproctitle("%s", name);
}

gboolean gclk_privilege_drop(gboolean found, guint uid, guint gid, GclkDropped *out, GError **error)
{
	const gboolean root = geteuid() == 0;

	if (root && found && uid != 0 && gclk_freebsd_user_may_steer(uid)) {
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid)) {
			gclk_posix_error(error, errno, "cannot become user %u, group %u", uid, gid);
			return FALSE;
		}
		out->switched = TRUE;
	}
	out->uid = geteuid();
	out->gid = getegid();
	out->still_root = out->uid == 0;
	out->sys_time = gclk_freebsd_user_may_steer(out->uid);
	return TRUE;
}
