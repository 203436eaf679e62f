/* SPDX-License-Identifier: BSD-2-Clause */
/* How the helper opens what the policy allows, with regard to links that the clock process may have
   put there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/channel.h"
#include "platform/privileged-private.h"

#define COMMON (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Closes fd unless it is of that type. */
static int only(int fd, mode_t type)
{
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type)
		return fd;
	close(fd);
	return type == S_IFREG && S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
}

/* root may point anywhere; a link of somebody else's would make us read for him. */
static gboolean is_root_link(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode) &&
	       (status.st_uid == 0 || status.st_uid == geteuid());
}

static int open_plain(const char *path, int flags, mode_t type)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | flags | COMMON);

	/* Linux says ELOOP, FreeBSD EMLINK, and with O_DIRECTORY it is ENOTDIR */
	if (fd < 0 && (errno == ELOOP || errno == EMLINK || errno == ENOTDIR) && is_root_link(path))
		fd = open(path, O_RDONLY | flags | COMMON);
	return only(fd, type);
}

static int open_device(const char *path, int flags)
{
	int fd = open(path, O_RDWR | flags | COMMON);

	if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		fd = open(path, O_RDONLY | flags | COMMON);
	return only(fd, S_IFCHR);
}

/* udev's links (/dev/ptp_kvm) point to a neighbour by its number, and to nothing else. */
static int open_precision_clock(const char *path)
{
	char target[GCLK_HELPER_PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	g_autofree char *whole = NULL;

	if (n < 0)
		return open_device(path, O_NOFOLLOW);
	target[n] = '\0';
	whole = target[0] == '/' ? g_strdup(target) : g_strconcat("/dev/", target, NULL);
	if (!gclk_policy_path_is_normal(whole) || !gclk_policy_is_precision_clock(whole))
		return -EACCES;
	return open_device(whole, O_NOFOLLOW);
}

int gclk_helper_open(const char *path, GclkAccess access)
{
	switch (access) {
	case GCLK_ACCESS_FILE:
		if (gclk_policy_is_clock_page(path))
			return only(open(path, O_RDONLY | O_NOFOLLOW | COMMON), S_IFCHR);
		return open_plain(path, 0, S_IFREG);
	case GCLK_ACCESS_DIRECTORY:
		return open_plain(path, O_DIRECTORY, S_IFDIR);
	case GCLK_ACCESS_DEVICE:
		if (gclk_policy_is_precision_clock(path))
			return open_precision_clock(path);
		/* named by the administrator: where it leads is his business */
		return open_device(path, 0);
	case GCLK_ACCESS_CHANNEL:
		return gclk_channel_open(path);
	default:
		return -EINVAL;
	}
}
