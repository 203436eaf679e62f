/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Edits of an administrator's files below a root directory, which may be an image that somebody
 * else made: no symbolic link is followed on the way or at the end, a file is replaced as a whole
 * or not at all, its mode and owner stay.
 *
 * root is a descriptor of that directory, paths are absolute below it. Errors: G_FILE_ERROR, with
 * the path and the cure where there is one.
 */
#ifndef GUESTCLOCK_FIX_FILES_H
#define GUESTCLOCK_FIX_FILES_H

#include <glib.h>

/* Larger files are not edited. */
#define GCLK_FIX_FILE_MAX 65536

typedef struct {
	gboolean exists;
	char *text; /* NUL-terminated; NULL if it does not exist */
	gsize length;
	guint mode; /* permission bits */
	guint uid, gid;
} GclkFixFile;

void gclk_fix_file_clear(GclkFixFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkFixFile, gclk_fix_file_clear)

/* A file that is missing, or whose directory is, is no error: exists is FALSE. One of more than
   limit bytes is one. */
gboolean gclk_fix_file_read(
	int root, const char *path, gsize limit, GclkFixFile *out, GError **error);

/* Replaces or makes the file with the text, mode and owner given. */
gboolean gclk_fix_file_write(int root, const char *path, const GclkFixFile *file, GError **error);

/* A file that is not there is fine. */
gboolean gclk_fix_file_remove(int root, const char *path, GError **error);

/* Is there something of this name, of whatever kind? */
gboolean gclk_fix_exists(int root, const char *path);
gboolean gclk_fix_is_directory(int root, const char *path);

/* Makes one directory, whose parent exists. One that is there is fine. */
gboolean gclk_fix_directory_make(int root, const char *path, guint mode, GError **error);
/* Removes it if it is empty. */
void gclk_fix_directory_remove(int root, const char *path);
/* Opens it; -1 with an error. Caller closes. */
int gclk_fix_directory_open(int root, const char *path, GError **error);

/* A setting of the kernel, a file of sysfs or procfs: one line. */
char *gclk_fix_setting_read(int root, const char *path, GError **error);
gboolean gclk_fix_setting_write(int root, const char *path, const char *value, GError **error);

#endif
