/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzing without a fuzzer, for every make check: runs a target over its corpus, over each input
 * cut short at every length, and over a few thousand damaged ones. The damage is seeded, so that a
 * failure comes again; without arguments the corpus is that of the program's name.
 */
#include "fuzz.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define CUT_MAX 4096 /* every prefix up to this length */
#define DAMAGED 500  /* versions of each input */
#define SEED    20260615

/* Inputs are copied to a block of their very size: a sanitizer then sees each byte beyond. */
static void run(const guint8 *data, gsize size)
{
	guint8 *copy = g_malloc(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	g_free(copy);
}

static void run_cut(const guint8 *data, gsize size)
{
	for (gsize length = 0; length < MIN(size, CUT_MAX); length++)
		run(data, length);
}

static void damage(GRand *random, guint8 *data, gsize size)
{
	static const guint8 borders[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, '\n', '0', '-' };
	gsize at = (gsize)g_rand_int_range(random, 0, (gint32)size);

	switch (g_rand_int_range(random, 0, 4)) {
	case 0:
		data[at] ^= (guint8)(1 << g_rand_int_range(random, 0, 8));
		break;
	case 1:
		data[at] = borders[g_rand_int_range(random, 0, G_N_ELEMENTS(borders))];
		break;
	case 2:
		data[at] = (guint8)g_rand_int(random);
		break;
	default:
		memmove(data, data + at, size - at); /* something from elsewhere */
		break;
	}
}

static void run_damaged(GRand *random, const guint8 *data, gsize size)
{
	g_autofree guint8 *copy = g_malloc(size ? size : 1);

	for (guint i = 0; size > 0 && i < DAMAGED; i++) {
		memcpy(copy, data, size);
		for (gint32 n = g_rand_int_range(random, 1, 8); n > 0; n--)
			damage(random, copy, size);
		run(copy, size);
	}
}

static guint run_directory(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	g_autoptr(GRand) random = g_rand_new_with_seed(SEED);
	const char *name;
	guint n = 0;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_autofree char *text = NULL;
		gsize size;

		if (!g_file_get_contents(file, &text, &size, NULL))
			continue;
		g_rand_set_seed(random, SEED + (guint32)size);
		run((const guint8 *)text, size);
		run_cut((const guint8 *)text, size);
		run_damaged(random, (const guint8 *)text, size);
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *source = g_getenv("srcdir");
	g_autofree char *name = g_path_get_basename(argv[0]);
	g_autofree char *path = NULL;
	guint n;

	path = argc > 1 ? g_strdup(argv[1])
			: g_build_filename(source ? source : ".", "tests/fuzz/corpus",
				  g_str_has_prefix(name, "fuzz-") ? name + strlen("fuzz-") : name,
				  NULL);
	n = run_directory(path);
	printf("%s: %u inputs from %s\n", name, n, path);
	return n > 0 ? 0 : 1; /* a corpus that is not there proves nothing */
}
