/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/nearest.h"

#include <string.h>

#include "harness.h"

static void test_distance(void)
{
	static const struct {
		const char *a, *b;
		guint distance;
	} cases[] = {
		{ "", "", 0 },
		{ "abc", "abc", 0 },
		{ "ABC", "abc", 0 },
		{ "", "abc", 3 },
		{ "abc", "abd", 1 },
		{ "abc", "ab", 1 },
		{ "abc", "abxc", 1 },
		{ "abc", "acb", 1 }, /* neighbours swapped */
		{ "kitten", "sitting", 3 },
		{ "ca", "abc", 3 }, /* string alignment: no letter is touched twice */
		{ "minpoll", "mimpol", 2 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GCLK_ASSERT_INT(gclk_word_distance(cases[i].a, cases[i].b), cases[i].distance);
		GCLK_ASSERT_INT(gclk_word_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static void test_long_words(void)
{
	char at_limit[64], beyond[65];

	memset(at_limit, 'x', 63);
	at_limit[63] = '\0';
	memset(beyond, 'x', 64);
	beyond[64] = '\0';
	GCLK_ASSERT_INT(gclk_word_distance(at_limit, at_limit), 0);
	GCLK_ASSERT_INT(gclk_word_distance(at_limit, beyond), G_MAXUINT);
	GCLK_ASSERT_INT(gclk_word_distance(beyond, "x"), G_MAXUINT);
}

static void test_nearest(void)
{
	static const char *const words[] = { "status", "sources", "waitsync", "step", NULL };
	static const char *const ties[] = { "ab", "ac", NULL };
	static const char *const none[] = { NULL };

	GCLK_ASSERT_STR(gclk_nearest("staus", words), "status");
	GCLK_ASSERT_STR(gclk_nearest("STATUS", words), "status");
	GCLK_ASSERT_STR(gclk_nearest("source", words), "sources");
	GCLK_ASSERT_STR(gclk_nearest("wiatsync", words), "waitsync");
	GCLK_ASSERT_STR(gclk_nearest("steep", words), "step");
	GCLK_ASSERT_STR(gclk_nearest("stop", words), "step");
	GCLK_ASSERT_STR(gclk_nearest("stxxus", words), "status"); /* two of six */
	GCLK_ASSERT_STR(gclk_nearest("sxxxus", words), NULL);     /* three of six */
	GCLK_ASSERT_STR(gclk_nearest("xyitsxyc", words), NULL);   /* four, however long the word */
	GCLK_ASSERT_STR(gclk_nearest("xyitsxnc", words), "waitsync");
	GCLK_ASSERT_STR(gclk_nearest("aa", ties), "ab"); /* the first of equals */
	GCLK_ASSERT_STR(gclk_nearest("tracking", words), NULL);
	GCLK_ASSERT_STR(gclk_nearest("", words), NULL);
	GCLK_ASSERT_STR(gclk_nearest("status", none), NULL);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "distances", test_distance },
		{ "long words", test_long_words },
		{ "did you mean", test_nearest },
		{ NULL, NULL },
	};

	return gclk_test_main("nearest", cases);
}
