/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/channel.h"
#include "platform/posix.h"

int gclk_posix_open(GclkPosix *posix, const char *path, GclkAccess access)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not stop the clock. */
	const int common = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd, error;

	switch (access) {
	case GCLK_ACCESS_DEVICE:
		fd = open(path, O_RDWR | common);
		if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
			fd = open(path, O_RDONLY | common);
		break;
	case GCLK_ACCESS_DIRECTORY:
		fd = open(path, O_RDONLY | O_DIRECTORY | common);
		break;
	case GCLK_ACCESS_CHANNEL:
		fd = gclk_channel_open(path);
		errno = fd < 0 ? -fd : 0;
		break;
	default:
		fd = open(path, O_RDONLY | common);
		break;
	}
	if (fd >= 0)
		return fd;
	error = errno;
	if (posix->privileged && (error == EACCES || error == EPERM))
		return gclk_privileged_open(posix->privileged, path, access);
	return -error;
}

/* Reads at most limit + 1 bytes, so that a longer file shows. */
static GString *read_all(int fd, gsize limit, int *error)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];

	*error = 0;
	while (text->len <= limit) {
		gsize want = MIN(sizeof(buffer), limit + 1 - text->len);
		ssize_t n = read(fd, buffer, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			*error = errno;
		if (n <= 0)
			break;
		g_string_append_len(text, buffer, n);
	}
	return text;
}

char *gclk_posix_read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	int fd = gclk_posix_open((GclkPosix *)platform, path, GCLK_ACCESS_FILE);
	int reading = 0;
	GString *text;

	if (length)
		*length = 0;
	if (fd < 0) {
		gclk_posix_error(error, -fd, "%s", path);
		return NULL;
	}
	text = read_all(fd, limit, &reading);
	close(fd);
	if (reading) {
		gclk_posix_error(error, reading, "%s", path);
	} else if (text->len > limit) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			"%s: larger than %" G_GSIZE_FORMAT " bytes", path, limit);
	} else {
		if (length)
			*length = text->len;
		return g_string_free(text, FALSE);
	}
	g_string_free(text, TRUE);
	return NULL;
}

/* Goes to where the last limit bytes begin. Returns 0 or an errno. */
static int seek_tail(int fd, gsize limit)
{
	struct stat status;
	off_t from;

	if (fstat(fd, &status))
		return errno;
	if (!S_ISREG(status.st_mode))
		return EINVAL;
	from = status.st_size - (off_t)MIN(limit, (gsize)G_MAXINT32);
	return from > 0 && lseek(fd, from, SEEK_SET) < 0 ? errno : 0;
}

char *gclk_posix_read_tail(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	int fd = gclk_posix_open((GclkPosix *)platform, path, GCLK_ACCESS_FILE);
	int failure = fd < 0 ? -fd : seek_tail(fd, limit);
	GString *text = NULL;

	if (!failure)
		text = read_all(fd, limit, &failure);
	if (fd >= 0)
		close(fd);
	if (failure) {
		gclk_posix_error(error, failure, "%s", path);
		if (text)
			g_string_free(text, TRUE);
		return NULL;
	}
	g_string_truncate(text, MIN(text->len, limit)); /* it may have grown meanwhile */
	if (length)
		*length = text->len;
	return g_string_free(text, FALSE);
}

/* --- writing ---------------------------------------------------------------------------------- */

static int write_all(int fd, const char *text, gsize length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		text += n;
		length -= (gsize)n;
	}
	return 0;
}

/* A fixed name, so that a kill leaves one file at most; never through a link somebody left there.
 */
static int create(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags, 0644);

	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, flags, 0644);
	return fd;
}

static int fill(const char *path, const char *text, gsize length, gboolean durable)
{
	int fd = create(path);
	int error;

	if (fd < 0)
		return errno;
	error = write_all(fd, text, length);
	/* readers are other users, whatever our umask */
	if (!error && fchmod(fd, 0644))
		error = errno;
	if (!error && durable && fsync(fd))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	return error;
}

/* The new name is on the disk only when the directory is. Not all file systems can, so errors do
   not count. */
static void sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

gboolean gclk_posix_write_file(GclkPlatform *platform, const char *path, const char *text,
	gsize length, gboolean durable, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *temporary = g_strdup_printf("%s/.%s.tmp", directory, name);
	int failure = fill(temporary, text, length, durable);

	(void)platform;
	if (!failure && rename(temporary, path))
		failure = errno;
	if (failure) {
		unlink(temporary);
		gclk_posix_error(error, failure, "%s", path);
		return FALSE;
	}
	if (durable)
		sync_directory(directory);
	return TRUE;
}

/* --- directories, links, random --------------------------------------------------------------- */

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **gclk_posix_list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	int fd = gclk_posix_open((GclkPosix *)platform, path, GCLK_ACCESS_DIRECTORY);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	GPtrArray *names;

	if (!directory) {
		gclk_posix_error(error, fd < 0 ? -fd : errno, "%s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	names = g_ptr_array_new();
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
	closedir(directory);
	g_ptr_array_sort(names, by_name);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

char *gclk_posix_read_link(GclkPlatform *platform, const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target));

	(void)platform;
	return n < 0 || (gsize)n == sizeof(target) ? NULL : g_strndup(target, (gsize)n);
}

/* Kernels before 3.17 have the device only. */
static ssize_t random_device(guint8 *bytes, gsize length)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, length);

	if (fd >= 0)
		close(fd);
	return n;
}

void gclk_posix_random(GclkPlatform *platform, gpointer bytes, gsize length)
{
	guint8 *at = bytes;

	(void)platform;
	while (length > 0) {
		gsize want = MIN(length, 256); /* these come whole: getrandom(2) */
		ssize_t n = getrandom(at, want, 0);

		if (n < 0 && errno == ENOSYS)
			n = random_device(at, want);
		/* Without chance a reply can be forged: no honest way on. */
		if (n < 0 && errno != EINTR)
			g_error("no random numbers: %s", g_strerror(errno));
		if (n > 0) {
			at += n;
			length -= (gsize)n;
		}
	}
}
