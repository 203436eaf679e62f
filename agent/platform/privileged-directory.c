/* SPDX-License-Identifier: BSD-2-Clause */
/* The run and the state directory, made while there still is the right to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix.h"
#include "platform/privileged.h"

/* Has it sub-directories? Then others live here: "/run", "/var", somebody's home. */
static gboolean has_subdirectories(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	gboolean found = directory == NULL;

	if (!directory && copy >= 0)
		close(copy);
	while (!found && (entry = readdir(directory))) {
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		found = fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISDIR(status.st_mode);
	}
	if (directory)
		closedir(directory);
	return found;
}

static gboolean refuse(GError **error, const char *path)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
		"%s is used by others too: name a directory that is for guestclock alone", path);
	return FALSE;
}

/* Gives the open directory to its user. */
static gboolean hand_over(int fd, const char *path, guint mode, guint uid, guint gid,
	gboolean created, GError **error)
{
	struct stat status;

	if (fstat(fd, &status)) {
		gclk_posix_error(error, errno, "%s", path);
		return FALSE;
	}
	if (!created && status.st_uid == uid)
		return TRUE;
	if (!created && ((status.st_mode & S_ISVTX) || has_subdirectories(fd)))
		return refuse(error, path);
	if (fchown(fd, uid, gid) || fchmod(fd, mode)) {
		gclk_posix_error(error, errno, "cannot give %s to user %u", path, uid);
		return FALSE;
	}
	return TRUE;
}

gboolean gclk_privileged_prepare_directory(
	const char *path, guint mode, guint uid, guint gid, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);
	gboolean created, good;
	int fd;

	if (g_mkdir_with_parents(parent, 0755)) {
		gclk_posix_error(error, errno, "%s", parent);
		return FALSE;
	}
	created = mkdir(path, mode) == 0;
	if (!created && errno != EEXIST) {
		gclk_posix_error(error, errno, "%s", path);
		return FALSE;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		gclk_posix_error(error, errno, "%s", path);
		return FALSE;
	}
	good = geteuid() != 0 || hand_over(fd, path, mode, uid, gid, created, error);
	close(fd);
	return good;
}
