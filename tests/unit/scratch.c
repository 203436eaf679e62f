/* SPDX-License-Identifier: BSD-2-Clause */
#include "scratch.h"

#include <glib/gstdio.h>

#include "harness.h"

GclkScratch *gclk_scratch_new(void)
{
	char *path = g_dir_make_tmp("guestclock-test-XXXXXX", NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(path);
	return path;
}

static void remove_tree(const char *path)
{
	GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		remove_tree(inner);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_remove(path);
}

void gclk_scratch_free(GclkScratch *directory)
{
	if (!directory)
		return;
	remove_tree(directory);
	g_free(directory);
}

char *gclk_scratch_path(const GclkScratch *directory, const char *name)
{
	return g_build_filename(directory, name, NULL);
}

void gclk_scratch_write(
	const GclkScratch *directory, const char *name, const char *text, gssize length)
{
	g_autofree char *path = gclk_scratch_path(directory, name);
	g_autofree char *parent = g_path_get_dirname(path);

	CU_ASSERT_EQUAL(g_mkdir_with_parents(parent, 0700), 0);
	CU_ASSERT_TRUE(g_file_set_contents(path, text, length, NULL));
}
