/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree-platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

static char *real_path(GclkPlatform *platform, const char *path)
{
	return g_strconcat(((GclkTree *)platform)->root, path, NULL);
}

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	g_autofree char *real = real_path(platform, path);
	g_autofree char *text = NULL;
	gsize n;

	if (!g_file_get_contents(real, &text, &n, error))
		return NULL;
	if (n > limit) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: too long", path);
		return NULL;
	}
	if (length)
		*length = n;
	return g_steal_pointer(&text);
}

static char *read_tail(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	g_autofree char *real = real_path(platform, path);
	int fd = g_open(real, O_RDONLY | O_CLOEXEC, 0);
	g_autofree char *text = g_malloc(limit + 1);
	gssize n = -1;

	if (fd >= 0) {
		off_t size = lseek(fd, 0, SEEK_END);

		(void)lseek(fd, MAX(size - (off_t)limit, 0), SEEK_SET);
		n = read(fd, text, limit);
		(void)close(fd);
	}
	if (n < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s", path);
		return NULL;
	}
	text[n] = '\0';
	if (length)
		*length = (gsize)n;
	return g_steal_pointer(&text);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	g_autofree char *real = real_path(platform, path);
	g_autoptr(GDir) directory = g_dir_open(real, 0, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *name;

	if (!directory)
		return NULL;
	while ((name = g_dir_read_name(directory)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static char *read_link(GclkPlatform *platform, const char *path)
{
	g_autofree char *real = real_path(platform, path);

	return g_file_read_link(real, NULL);
}

void gclk_tree_init(GclkTree *tree)
{
	g_autofree char *root = g_dir_make_tmp("guestclock-tree-XXXXXX", NULL);

	g_assert_nonnull(root);
	gclk_tree_open(tree, root);
}

void gclk_tree_open(GclkTree *tree, const char *root)
{
	memset(tree, 0, sizeof *tree);
	tree->root = g_strdup(root);
	tree->platform.name = "tree";
	tree->platform.read_file = read_file;
	tree->platform.read_tail = read_tail;
	tree->platform.list_directory = list_directory;
	tree->platform.read_link = read_link;
}

static void remove_all(const char *path)
{
	g_autoptr(GDir) directory = NULL;
	const char *name;

	if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_test(path, G_FILE_TEST_IS_DIR)) {
		(void)g_unlink(path);
		return;
	}
	directory = g_dir_open(path, 0, NULL);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		remove_all(below);
	}
	(void)g_rmdir(path);
}

void gclk_tree_clear(GclkTree *tree)
{
	remove_all(tree->root);
	g_clear_pointer(&tree->root, g_free);
}

static char *prepare(GclkTree *tree, const char *path)
{
	g_autofree char *real = real_path(&tree->platform, path);
	g_autofree char *directory = g_path_get_dirname(real);

	g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
	return g_steal_pointer(&real);
}

void gclk_tree_write(GclkTree *tree, const char *path, const char *text, gssize length)
{
	g_autofree char *real = prepare(tree, path);

	g_assert_true(g_file_set_contents(real, text, length, NULL));
}

void gclk_tree_link(GclkTree *tree, const char *path, const char *target)
{
	g_autofree char *real = prepare(tree, path);

	(void)g_unlink(real);
	g_assert_cmpint(symlink(target, real), ==, 0);
}

void gclk_tree_directory(GclkTree *tree, const char *path)
{
	g_autofree char *real = real_path(&tree->platform, path);

	g_assert_cmpint(g_mkdir_with_parents(real, 0700), ==, 0);
}

void gclk_tree_remove(GclkTree *tree, const char *path)
{
	g_autofree char *real = real_path(&tree->platform, path);

	remove_all(real);
}
