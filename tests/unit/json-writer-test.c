/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/json-writer.h"

#include <json-glib/json-glib.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "harness.h"

/* Another program's reader must take what was written. */
static JsonParser *read_back(const char *text)
{
	JsonParser *parser = json_parser_new();
	g_autoptr(GError) error = NULL;

	if (!json_parser_load_from_data(parser, text, -1, &error))
		GCLK_ASSERT_STR(error->message, text);
	return parser;
}

static void test_layout(void)
{
	GclkJson *json = gclk_json_new();
	g_autofree char *text = NULL;

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "a", 1);
	gclk_json_begin_array(json, "b");
	gclk_json_int(json, NULL, -2);
	gclk_json_begin_object(json, NULL);
	gclk_json_boolean(json, "c", TRUE);
	gclk_json_boolean(json, "d", FALSE);
	gclk_json_end_object(json);
	gclk_json_begin_array(json, NULL);
	gclk_json_end_array(json);
	gclk_json_end_array(json);
	gclk_json_begin_object(json, "e");
	gclk_json_end_object(json);
	gclk_json_null(json, "f");
	gclk_json_end_object(json);
	text = gclk_json_finish(json);
	GCLK_ASSERT_STR(text, "{\n\"a\":1,\n\"b\":[-2,{\"c\":true,\"d\":false},[]],\n\"e\":{},\n"
			      "\"f\":null\n}\n");
	g_object_unref(read_back(text));
}

static void test_outermost(void)
{
	GclkJson *object = gclk_json_new(), *array = gclk_json_new(), *number = gclk_json_new();
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;
	g_autofree char *c = NULL;

	gclk_json_begin_object(object, NULL);
	gclk_json_end_object(object);
	a = gclk_json_finish(object);
	GCLK_ASSERT_STR(a, "{\n}\n");
	gclk_json_begin_array(array, NULL);
	gclk_json_end_array(array);
	b = gclk_json_finish(array);
	GCLK_ASSERT_STR(b, "[\n]\n");
	gclk_json_int(number, NULL, 7);
	c = gclk_json_finish(number);
	GCLK_ASSERT_STR(c, "7\n");
}

static char *write_string(const char *value)
{
	GclkJson *json = gclk_json_new();

	gclk_json_string(json, NULL, value);
	return g_strchomp(gclk_json_finish(json));
}

static void test_strings(void)
{
	static const struct {
		const char *value, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ " plain text ", "\" plain text \"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\t\r\b", "\"\\n\\t\\u000d\\u0008\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc3\xa4\xe2\x82\xac", "\"\xc3\xa4\xe2\x82\xac\"" },
		{ "bad\xff", "\"bad\xef\xbf\xbd\"" },
		{ "cut\xe2\x82", "\"cut\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ NULL, "null" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = write_string(cases[i].value);

		CU_ASSERT_TRUE(g_utf8_validate(text, -1, NULL));
		/* how many replacements a cut character gives is GLib's business */
		if (!g_str_has_prefix(cases[i].json, "\"cut"))
			GCLK_ASSERT_STR(text, cases[i].json);
	}
}

static void test_keys_are_escaped(void)
{
	GclkJson *json = gclk_json_new();
	g_autofree char *text = NULL;

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "a\"\n", 1);
	gclk_json_end_object(json);
	text = gclk_json_finish(json);
	GCLK_ASSERT_STR(text, "{\n\"a\\\"\\n\":1\n}\n");
}

static void test_numbers(void)
{
	GclkJson *json = gclk_json_new();
	g_autofree char *text = NULL;

	gclk_json_begin_array(json, NULL);
	gclk_json_int(json, NULL, G_MININT64);
	gclk_json_int(json, NULL, G_MAXINT64);
	gclk_json_uint(json, NULL, G_MAXUINT64);
	gclk_json_double(json, NULL, 0.5, 3);
	gclk_json_double(json, NULL, -12345.6789, 3);
	gclk_json_double(json, NULL, 2.5, 0);
	gclk_json_double(json, NULL, INFINITY, 3);
	gclk_json_double(json, NULL, NAN, 3);
	gclk_json_double(json, NULL, 1e300, 0);
	gclk_json_end_array(json);
	text = gclk_json_finish(json);
	CU_ASSERT_TRUE(g_str_has_prefix(text,
		"[\n-9223372036854775808,\n9223372036854775807,\n18446744073709551615,\n0.500,\n"
		"-12345.679,\n2,\nnull,\nnull,\n1"));
	g_object_unref(read_back(text));
}

/* A comma for a point would be another value for the reader. */
static void test_locale(void)
{
	static const char *const locales[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8" };
	GclkJson *json = gclk_json_new();
	g_autofree char *text = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(locales) && !setlocale(LC_ALL, locales[i]); i++)
		;
	gclk_json_double(json, NULL, 1.25, 2);
	text = gclk_json_finish(json);
	setlocale(LC_ALL, "C");
	GCLK_ASSERT_STR(text, "1.25\n");
}

static void test_free_unfinished(void)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_free(json);
	gclk_json_free(NULL);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "layout", test_layout },
		{ "outermost values", test_outermost },
		{ "strings", test_strings },
		{ "keys are escaped", test_keys_are_escaped },
		{ "numbers", test_numbers },
		{ "locale", test_locale },
		{ "freed before it is finished", test_free_unfinished },
		{ NULL, NULL },
	};

	return gclk_test_main("json-writer", cases);
}
