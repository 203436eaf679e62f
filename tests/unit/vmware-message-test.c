/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "harness.h"
#include "vmware/tools-message.h"

/* --- text ------------------------------------------------------------------------------------- */

static void check_clean(const char *in, gsize length, gsize size, const char *expected)
{
	char out[64];

	memset(out, '#', sizeof out);
	gclk_tools_clean(in, length, out, size);
	GCLK_ASSERT_STR(out, expected);
}

static void test_clean(void)
{
	check_clean("plain", 5, 64, "plain");
	check_clean("", 0, 64, "");
	check_clean(" \t\n a \0\n\n b \n ", 14, 64, "a b");
	check_clean("\x1b[31mred\x7f", 9, 64, "?[31mred?");
	check_clean("gr\xc3\xbc\xc3\x9f", 6, 64, "gr????");
	check_clean("abcdef", 6, 4, "abc");
	check_clean("abc   def", 9, 5, "abc");
	check_clean("x", 1, 1, "");
	check_clean("cut", 2, 64, "cu");
}

/* --- messages --------------------------------------------------------------------------------- */

static void test_messages(void)
{
	GclkToolsMessage good = { .id = 7, .kind = GCLK_TOOLS_SENT, .good = 1 }, out;
	guint8 bytes[sizeof good + 8];

	g_strlcpy(good.text, "a line\nand another", sizeof good.text);
	memset(bytes, 0, sizeof bytes);
	memcpy(bytes, &good, sizeof good);
	CU_ASSERT_TRUE(gclk_tools_message_check(bytes, sizeof good, &out));
	GCLK_ASSERT_INT(out.id, 7);
	GCLK_ASSERT_STR(out.text, "a line\nand another");
	for (gsize n = 0; n < sizeof bytes; n++)
		if (n != sizeof good)
			CU_ASSERT_FALSE(gclk_tools_message_check(bytes, n, &out));

	memset(good.text, 'x', sizeof good.text); /* no end */
	CU_ASSERT_FALSE(gclk_tools_message_check(&good, sizeof good, &out));
	g_strlcpy(good.text, "\x1b[2J", sizeof good.text);
	CU_ASSERT_FALSE(gclk_tools_message_check(&good, sizeof good, &out));
	good.text[0] = '\0';
	CU_ASSERT_TRUE(gclk_tools_message_check(&good, sizeof good, &out));
	good.kind = GCLK_TOOLS_KINDS;
	CU_ASSERT_FALSE(gclk_tools_message_check(&good, sizeof good, &out));
	good.kind = G_MAXUINT32;
	CU_ASSERT_FALSE(gclk_tools_message_check(&good, sizeof good, &out));
}

static void test_errors(void)
{
	GCLK_ASSERT_HAS(gclk_tools_error_text(2), "no VMware");
	GCLK_ASSERT_HAS(gclk_tools_error_text(3), "not enabled");
	CU_ASSERT_PTR_NOT_NULL(gclk_tools_error_text(G_MAXUINT32));
	CU_ASSERT_TRUE(gclk_tools_error_lasts(3));
	CU_ASSERT_TRUE(gclk_tools_error_lasts(4));
	CU_ASSERT_FALSE(gclk_tools_error_lasts(0));
	CU_ASSERT_FALSE(gclk_tools_error_lasts(5));
	CU_ASSERT_FALSE(gclk_tools_error_lasts(99));
}

/* --- the host's time service -------------------------------------------------------------------
 */

static gint parse(const char *text, GclkToolsRow *rows)
{
	return gclk_tools_time_info(text, strlen(text), rows);
}

static void test_time_info(void)
{
	GclkToolsRow rows[GCLK_TOOLS_ROWS_MAX];

	GCLK_ASSERT_INT(parse("OK\nrefclock.protocol ntp 1234567\nsync yes in lock 99\n", rows), 2);
	GCLK_ASSERT_STR(rows[0].key, "refclock.protocol");
	GCLK_ASSERT_STR(rows[0].value, "ntp");
	GCLK_ASSERT_STR(rows[1].key, "sync");
	GCLK_ASSERT_STR(rows[1].value, "yes in lock");
	GCLK_ASSERT_INT(parse("OK\na b 1", rows), 1); /* the last line need not end */
	GCLK_ASSERT_INT(parse("OK", rows), 0);
	GCLK_ASSERT_INT(parse("OK\n", rows), 0);
	GCLK_ASSERT_INT(parse("OK\n\n\n\na b 1\n", rows), 1);
}

static void test_time_info_bad(void)
{
	static const char *const none[] = { "", "O", "ok\na b 1\n", "OKAY\n", "Unknown command",
		"ERROR\nOK\n" };
	static const char *const empty[] = { "OK\nkey\n", "OK\nkey value\n", "OK\n 1\n",
		"OK\nkey 1\n", "OK\nkey  1\n", "OK\n  value 1\n", "OK\nkey value 1x\n",
		"OK\nkey value1\n", "OK\n1\n", "OK\n \n" };
	GclkToolsRow rows[GCLK_TOOLS_ROWS_MAX];
	GString *many = g_string_new("OK\n");

	for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
		GCLK_ASSERT_INT(parse(none[i], rows), -1);
	for (gsize i = 0; i < G_N_ELEMENTS(empty); i++)
		GCLK_ASSERT_INT(parse(empty[i], rows), 0);
	for (gint i = 0; i < 1000; i++)
		g_string_append_printf(many, "key%d v 1\n", i);
	GCLK_ASSERT_INT(gclk_tools_time_info(many->str, many->len, rows), GCLK_TOOLS_ROWS_MAX);
	GCLK_ASSERT_STR(rows[GCLK_TOOLS_ROWS_MAX - 1].key, "key15");
	g_string_assign(many, "OK\n");
	for (gint i = 0; i < 500; i++)
		g_string_append(many, "longlong");
	g_string_append(many, " v\x1b 1\n");
	GCLK_ASSERT_INT(gclk_tools_time_info(many->str, many->len, rows), 1);
	GCLK_ASSERT_INT(strlen(rows[0].key), sizeof rows[0].key - 1);
	GCLK_ASSERT_STR(rows[0].value, "v?");
	g_string_free(many, TRUE);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "clean text", test_clean },
		{ "messages", test_messages },
		{ "errors of libguestlib", test_errors },
		{ "the host's time service", test_time_info },
		{ "bad answers of it", test_time_info_bad },
		{ 0 },
	};

	return gclk_test_main("vmware-message", cases);
}
