/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/fix-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_ENDING ".guestclock-new"
#define SETTING_MAX      4096

static void set_error(GError **error, int number, const char *path, const char *what)
{
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s%s%s", path,
		what ? what : "", what ? ": " : "", g_strerror(number));
}

static void refuse_link(GError **error, const char *path)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_LOOP,
		"%s is a symbolic link: nothing is written through it; make it a real file or "
		"directory, or change what it points to by hand",
		path);
}

void gclk_fix_file_clear(GclkFixFile *file)
{
	g_clear_pointer(&file->text, g_free);
	*file = (GclkFixFile){ 0 };
}

/* --- the way to a file ------------------------------------------------------------------------ */

static gboolean is_link(int directory, const char *name)
{
	struct stat facts;

	return fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode);
}

/* One step down. Takes over directory. -1 with errno, ELOOP for a link. */
static int enter(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int number = fd >= 0 ? 0 : is_link(directory, name) ? ELOOP : errno;

	close(directory);
	errno = number;
	return fd;
}

/* Opens the directory that holds the last part of path, and gives that part. -1 with errno. */
static int walk(int root, const char *path, char **last)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	int directory = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *pending = NULL;

	for (char **part = parts; directory >= 0 && *part; part++) {
		if (!**part)
			continue;
		if (strcmp(*part, "..") == 0 || strcmp(*part, ".") == 0) {
			close(directory);
			errno = EINVAL;
			return -1;
		}
		if (pending)
			directory = enter(directory, pending);
		pending = *part;
	}
	if (directory >= 0)
		*last = g_strdup(pending ? pending : ".");
	return directory;
}

/* Always FALSE. */
static gboolean tell_walk(int number, const char *path, GError **error)
{
	if (number == ELOOP)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_LOOP,
			"%s: a directory on the way is a symbolic link: nothing is written through "
			"it",
			path);
	else
		set_error(error, number, path, NULL);
	return FALSE;
}

static int walk_or_tell(int root, const char *path, char **last, GError **error)
{
	int directory = walk(root, path, last);

	if (directory < 0)
		tell_walk(errno, path, error);
	return directory;
}

gboolean gclk_fix_exists(int root, const char *path)
{
	g_autofree char *last = NULL;
	int directory = walk(root, path, &last);
	struct stat facts;
	gboolean exists =
		directory >= 0 && fstatat(directory, last, &facts, AT_SYMLINK_NOFOLLOW) == 0;

	if (directory >= 0)
		close(directory);
	return exists;
}

gboolean gclk_fix_is_directory(int root, const char *path)
{
	int fd = gclk_fix_directory_open(root, path, NULL);

	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* At most limit bytes; a longer file is an error (EFBIG). */
static int read_all(int fd, gsize limit, GString *out)
{
	char buffer[4096];

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return 0;
		g_string_append_len(out, buffer, n);
		if (out->len > limit)
			return EFBIG;
	}
}

static gboolean read_open_file(
	int fd, const char *path, gsize limit, GclkFixFile *out, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct stat facts;
	int number;

	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
		g_set_error(
			error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is not a regular file", path);
		return FALSE;
	}
	number = read_all(fd, limit, text);
	if (number) {
		set_error(error, number, path, NULL);
		return FALSE;
	}
	out->exists = TRUE;
	out->mode = facts.st_mode & 07777;
	out->uid = facts.st_uid;
	out->gid = facts.st_gid;
	out->length = text->len;
	out->text = g_string_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}

gboolean gclk_fix_file_read(
	int root, const char *path, gsize limit, GclkFixFile *out, GError **error)
{
	g_autofree char *last = NULL;
	int directory = walk(root, path, &last);
	gboolean link, good;
	int fd, number;

	*out = (GclkFixFile){ 0 };
	if (directory < 0 && errno == ENOENT)
		return TRUE;
	if (directory < 0)
		return tell_walk(errno, path, error);
	fd = openat(directory, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	number = fd < 0 ? errno : 0;
	link = fd < 0 && is_link(directory, last);
	close(directory);
	if (link)
		refuse_link(error, path);
	else if (number && number != ENOENT)
		set_error(error, number, path, NULL);
	if (fd < 0)
		return number == ENOENT && !link;
	good = read_open_file(fd, path, limit, out, error);
	close(fd);
	return good;
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

static int fill(int fd, const GclkFixFile *file)
{
	struct stat facts;
	int number = write_all(fd, file->text, file->length);

	if (!number && fstat(fd, &facts) != 0)
		number = errno;
	if (!number && (facts.st_uid != file->uid || facts.st_gid != file->gid) &&
		fchown(fd, file->uid, file->gid) != 0)
		number = errno;
	/* after the owner, whose change drops some bits */
	if (!number && fchmod(fd, file->mode) != 0)
		number = errno;
	if (!number && fsync(fd) != 0)
		number = errno;
	return number;
}

/* The rest of an earlier attempt is swept away; O_EXCL does not follow links either. */
static int create(int directory, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(directory, name, 0) == 0)
		fd = openat(directory, name, flags, 0600);
	return fd;
}

static int replace(int directory, const char *name, const GclkFixFile *file)
{
	g_autofree char *temporary = g_strconcat(".", name, TEMPORARY_ENDING, NULL);
	int fd = create(directory, temporary);
	int number;

	if (fd < 0)
		return errno;
	number = fill(fd, file);
	if (close(fd) != 0 && !number)
		number = errno;
	if (!number && renameat(directory, temporary, directory, name) != 0)
		number = errno;
	if (number)
		unlinkat(directory, temporary, 0);
	else
		(void)fsync(directory); /* not every file system can */
	return number;
}

gboolean gclk_fix_file_write(int root, const char *path, const GclkFixFile *file, GError **error)
{
	g_autofree char *last = NULL;
	int directory = walk_or_tell(root, path, &last, error);
	int number;

	if (directory < 0)
		return FALSE;
	number = is_link(directory, last) ? ELOOP : replace(directory, last, file);
	close(directory);
	if (number == ELOOP)
		refuse_link(error, path);
	else if (number)
		set_error(error, number, path, "cannot be written");
	return number == 0;
}

gboolean gclk_fix_file_remove(int root, const char *path, GError **error)
{
	g_autofree char *last = NULL;
	int directory = walk(root, path, &last);
	int number = directory < 0 ? errno : 0;

	if (directory >= 0) {
		number = unlinkat(directory, last, 0) == 0 ? 0 : errno;
		(void)fsync(directory);
		close(directory);
	}
	if (number && number != ENOENT)
		set_error(error, number, path, "cannot be removed");
	return number == 0 || number == ENOENT;
}

/* --- directories ------------------------------------------------------------------------------ */

gboolean gclk_fix_directory_make(int root, const char *path, guint mode, GError **error)
{
	g_autofree char *last = NULL;
	int directory = walk_or_tell(root, path, &last, error);
	int number;

	if (directory < 0)
		return FALSE;
	number = mkdirat(directory, last, mode) == 0 ? 0 : errno;
	if (!number)
		(void)fsync(directory);
	close(directory);
	if (number == EEXIST)
		return TRUE;
	if (number)
		set_error(error, number, path, "cannot be made");
	return number == 0;
}

void gclk_fix_directory_remove(int root, const char *path)
{
	g_autofree char *last = NULL;
	int directory = walk(root, path, &last);

	if (directory < 0)
		return;
	(void)unlinkat(directory, last, AT_REMOVEDIR);
	close(directory);
}

int gclk_fix_directory_open(int root, const char *path, GError **error)
{
	g_autofree char *last = NULL;
	int directory = walk_or_tell(root, path, &last, error);
	int fd;

	if (directory < 0)
		return -1;
	fd = enter(directory, last);
	if (fd < 0 && errno == ELOOP)
		refuse_link(error, path);
	else if (fd < 0)
		set_error(error, errno, path, NULL);
	return fd;
}

/* --- settings of the kernel --------------------------------------------------------------------
 */

static int open_setting(int root, const char *path, int flags, GError **error)
{
	g_autofree char *last = NULL;
	int directory = walk_or_tell(root, path, &last, error);
	int fd;

	if (directory < 0)
		return -1;
	fd = openat(directory, last, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		set_error(error, errno, path, NULL);
	close(directory);
	return fd;
}

char *gclk_fix_setting_read(int root, const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	int fd = open_setting(root, path, O_RDONLY, error);
	int number;

	if (fd < 0)
		return NULL;
	number = read_all(fd, SETTING_MAX, text);
	close(fd);
	if (number) {
		set_error(error, number, path, NULL);
		return NULL;
	}
	return g_strstrip(g_string_free(g_steal_pointer(&text), FALSE));
}

gboolean gclk_fix_setting_write(int root, const char *path, const char *value, GError **error)
{
	int fd = open_setting(root, path, O_WRONLY | O_TRUNC, error);
	int number;

	if (fd < 0)
		return FALSE;
	/* in one go: the kernel takes each write for a whole value */
	errno = EIO;
	number = write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : errno;
	if (close(fd) != 0 && !number)
		number = errno;
	if (number)
		set_error(error, number, path, "the kernel does not take it");
	return number == 0;
}
