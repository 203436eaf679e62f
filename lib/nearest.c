/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/nearest.h"

#include <string.h>

#define WORD_MAX 63

guint gclk_word_distance(const char *a, const char *b)
{
	gsize m = strlen(a), n = strlen(b);
	guint rows[3][WORD_MAX + 1]; /* the row being filled and the two before it, by turns */

	if (m > WORD_MAX || n > WORD_MAX)
		return G_MAXUINT;
	for (gsize j = 0; j <= n; j++)
		rows[0][j] = (guint)j;
	for (gsize i = 1; i <= m; i++) {
		guint *row = rows[i % 3];
		const guint *last = rows[(i + 2) % 3];
		const guint *before = rows[(i + 1) % 3];

		row[0] = (guint)i;
		for (gsize j = 1; j <= n; j++) {
			char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
			guint best = last[j - 1] + (x != y);

			best = MIN(best, last[j] + 1);
			best = MIN(best, row[j - 1] + 1);
			if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) &&
				y == g_ascii_tolower(a[i - 2]))
				best = MIN(best, before[j - 2] + 1);
			row[j] = best;
		}
	}
	return rows[m % 3][n];
}

const char *gclk_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	guint best = G_MAXUINT;

	for (; *words; words++) {
		guint distance = gclk_word_distance(word, *words);
		gsize limit = MIN(3, (strlen(*words) + 2) / 3);

		if (distance <= limit && distance < best) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}
