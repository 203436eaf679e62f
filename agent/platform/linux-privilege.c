/* SPDX-License-Identifier: BSD-2-Clause */
/* Users and capabilities: capabilities(7), prctl(2). */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "platform/posix.h"
#include "platform/privileged-private.h"

/* Reads files of others (keys that chrony owns), sets up and ends children, and calls the host from
   a port that only root may bind. */
static const cap_value_t helper_caps[] = { CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETGID, CAP_KILL,
	CAP_NET_BIND_SERVICE };
static const cap_value_t clock_caps[] = { CAP_SYS_TIME };

static gboolean is_permitted(cap_value_t cap)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (!caps)
		return FALSE;
	if (cap_get_flag(caps, cap, CAP_PERMITTED, &value))
		value = CAP_CLEAR;
	cap_free(caps);
	return value == CAP_SET;
}

static gboolean contains(const cap_value_t *list, gsize n, cap_value_t cap)
{
	for (gsize i = 0; i < n; i++)
		if (list[i] == cap)
			return TRUE;
	return FALSE;
}

/* Fails without CAP_SETPCAP; PR_SET_NO_NEW_PRIVS makes up for that. */
static void limit_bounding_set(const cap_value_t *keep, gsize n)
{
	for (cap_value_t cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!contains(keep, n, cap))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

/* Permitted and effective become those of the list that are permitted now, all else goes. */
static gboolean limit_capabilities(const cap_value_t *keep, gsize n)
{
	cap_t caps = cap_init();
	gboolean good = caps != NULL;

	for (gsize i = 0; good && i < n; i++)
		if (is_permitted(keep[i]))
			good = cap_set_flag(caps, CAP_PERMITTED, 1, &keep[i], CAP_SET) == 0 &&
			       cap_set_flag(caps, CAP_EFFECTIVE, 1, &keep[i], CAP_SET) == 0;
	good = good && cap_set_proc(caps) == 0;
	if (caps)
		cap_free(caps);
	return good;
}

void gclk_privilege_shrink_helper(void)
{
	limit_bounding_set(helper_caps, G_N_ELEMENTS(helper_caps));
	limit_capabilities(helper_caps, G_N_ELEMENTS(helper_caps));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Without root, or without the right to become another, it keeps its user; capabilities always go.
 */
void gclk_privilege_shrink_child(guint uid, guint gid)
{
	if (geteuid() == 0 && setgroups(0, NULL) == 0 && setgid(gid) == 0 && setuid(uid)) {
		/* stays uid 0 */
	}
	if (!limit_capabilities(NULL, 0))
		_exit(1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void gclk_privilege_close_from(int first)
{
	DIR *directory = opendir("/proc/self/fd");
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	const struct dirent *entry;

	/* collected first, since closing changes the directory */
	while (directory && (entry = readdir(directory))) {
		int fd = atoi(entry->d_name);

		if (fd >= first && fd != dirfd(directory))
			g_array_append_val(fds, fd);
	}
	for (guint i = 0; i < fds->len; i++)
		close(g_array_index(fds, int, i));
	for (int fd = first; !directory && fd < 1024; fd++)
		close(fd);
	if (directory)
		closedir(directory);
}

void gclk_privilege_set_name(const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

static gboolean become(guint uid, guint gid, GError **error)
{
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	/* setuid and setgid set all three ids of a privileged process */
	if (setgroups(0, NULL) || setgid(gid) || setuid(uid)) {
		gclk_posix_error(error, errno, "cannot become user %u, group %u", uid, gid);
		return FALSE;
	}
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return TRUE;
}

gboolean gclk_privilege_drop(gboolean found, guint uid, guint gid, GclkDropped *out, GError **error)
{
	const gboolean root = geteuid() == 0;

	out->sys_time = is_permitted(CAP_SYS_TIME);
	if (root)
		limit_bounding_set(clock_caps, G_N_ELEMENTS(clock_caps));
	if (root && found && uid != 0) {
		if (!become(uid, gid, error))
			return FALSE;
		out->switched = TRUE;
	} else if (root && setgroups(0, NULL)) {
		/* without CAP_SETGID: what the groups allow, root's own identity allows as well */
	}
	if (!limit_capabilities(clock_caps, G_N_ELEMENTS(clock_caps))) {
		gclk_posix_error(error, errno, "cannot give up privileges");
		return FALSE;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	out->uid = geteuid();
	out->gid = getegid();
	out->still_root = out->uid == 0;
	return TRUE;
}
