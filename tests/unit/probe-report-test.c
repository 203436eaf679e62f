/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/probe-report.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "harness.h"
#include "guestclock/text.h"

#define NOW (G_GINT64_CONSTANT(1800000000) * GCLK_NS_PER_S)

/* A server 12 ms ahead that answered within 2 ms. */
static GclkProbe usable(void)
{
	GclkProbe probe = {
		.server = "ntp1.example",
		.addresses = 3,
		.requests = 1,
		.verdict = GCLK_PROBE_USABLE,
		.reply = {
			.verdict = GCLK_NTP_GOOD,
			.has_header = TRUE,
			.header = {
				.version = 4,
				.mode = GCLK_NTP_MODE_SERVER,
				.stratum = 2,
				.precision = -20,
				.root_delay = 4 * GCLK_NS_PER_MS,
				.root_dispersion = GCLK_NS_PER_MS,
				.refid = 0xc0000207,
				.reference = gclk_ntp_time_from_ns(NOW - 34 * GCLK_NS_PER_S),
				.transmit = gclk_ntp_time_from_ns(NOW),
			},
			.has_times = TRUE,
			.offset = 12 * GCLK_NS_PER_MS,
			.delay = 2 * GCLK_NS_PER_MS,
			.reference_bound = 3 * GCLK_NS_PER_MS,
			.reference_age = 34 * GCLK_NS_PER_S,
		},
		.sample = { .flags = GCLK_SAMPLE_KERNEL_RX | GCLK_SAMPLE_KERNEL_TX },
	};

	gclk_address_parse("192.0.2.1", 123, &probe.address);
	return probe;
}

/* The text, checked for its width, without the line breaks of wrapped lines. */
static char *text_of(const GclkProbe *probe)
{
	g_autofree char *text = gclk_probe_to_text(probe, FALSE);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) joined = g_string_new(NULL);

	CU_ASSERT_TRUE(g_str_has_suffix(text, "\n"));
	for (gchar **line = lines; *line; line++) {
		CU_ASSERT_TRUE(gclk_text_width(*line) <= 80);
		CU_ASSERT_PTR_NULL(strchr(*line, '\033'));
		if (!g_str_has_prefix(*line, "                  "))
			g_string_append_c(joined, '\n');
		else
			g_string_append_c(joined, ' ');
		g_string_append(joined, g_strstrip(*line));
	}
	return g_string_free(g_steal_pointer(&joined), FALSE);
}

static void test_usable(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = text_of(&probe);

	GCLK_ASSERT_HAS(
		text, "\nasked           ntp1.example: 192.0.2.1 port 123, one of 3 addresses\n");
	GCLK_ASSERT_HAS(text, "stratum 2, leap 0 (none), NTP version 4\n");
	GCLK_ASSERT_HAS(text, "its source      192.0.2.7; last set 34 s before it answered\n");
	GCLK_ASSERT_HAS(text, "root delay 4.00 ms, root dispersion 1.00 ms, precision 953 ns\n");
	GCLK_ASSERT_HAS(text, "+12.0 ms, give or take 4.00 ms (this clock is behind)\n");
	GCLK_ASSERT_HAS(text, "delay           2.00 ms there and back\n");
	GCLK_ASSERT_HAS(text, "measured with   kernel stamps\n");
	GCLK_ASSERT_HAS(text, "verdict         usable\n");
	CU_ASSERT_PTR_NULL(strstr(text, "because"));
}

static void test_ahead(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.reply.offset = -40 * GCLK_NS_PER_S;
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "-40.000 s, give or take 4.00 ms (this clock is ahead)");
}

static void test_numeric_and_keyed(void)
{
	const GclkNtpKey key = { .id = 7, .type = GCLK_NTP_KEY_AES128 };
	GclkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.server = "192.0.2.1";
	probe.addresses = 1;
	probe.key = &key;
	probe.reply.authentic = TRUE;
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "asked           192.0.2.1 port 123\n");
	GCLK_ASSERT_HAS(text, "with key        7 (AES128)\n");
	GCLK_ASSERT_HAS(text, "kernel stamps, authenticated by the key\n");
}

static void test_local_clock(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.reply.local_clock = TRUE;
	probe.reply.header.refid = 0x7f7f0101;
	probe.reply.header.reference = 0;
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "127.127.1.1: it serves its own clock (local); never set\n");
	GCLK_ASSERT_HAS(text, "verdict         usable\n");
	GCLK_ASSERT_HAS(text, "but             it serves its own clock (local): nothing tells");
}

static void test_old_reference(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.reply.header.reference = gclk_ntp_time_from_ns(NOW - 3 * 86400 * GCLK_NS_PER_S);
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "last set 3 d before it answered (long ago)");
}

static void test_refused(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.verdict = GCLK_PROBE_REFUSED;
	probe.reply.verdict = GCLK_NTP_UNSYNCHRONISED;
	probe.reply.has_times = FALSE;
	probe.reply.header.leap = GCLK_LEAP_UNSYNC;
	probe.reply.header.stratum = 0;
	probe.reply.header.refid = gclk_ntp_refid("INIT");
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "leap 3 (unsynchronised)");
	GCLK_ASSERT_HAS(text, "its source      INIT;");
	GCLK_ASSERT_HAS(text,
		"verdict         refused\nbecause         the server answers, but is itself not");
	GCLK_ASSERT_HAS(text, "\"strata too high\"");
	GCLK_ASSERT_HAS(text, "what to do      Look at the server: chronyc tracking, or ntpq -p.");
	CU_ASSERT_PTR_NULL(strstr(text, "offset"));
	CU_ASSERT_PTR_NULL(strstr(text, "measured"));
}

/* What came instead of an answer is not shown as one. */
static void test_not_an_answer(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.verdict = GCLK_PROBE_REFUSED;
	probe.reply.verdict = GCLK_NTP_BAD_MAC;
	probe.reply.has_times = FALSE;
	text = text_of(&probe);
	CU_ASSERT_PTR_NULL(strstr(text, "stratum"));
	GCLK_ASSERT_HAS(text, "the two keys differ");
}

static void test_silence(void)
{
	GclkProbe probe = { .server = "evil\033[31m.example", .verdict = GCLK_PROBE_NO_ANSWER };
	g_autofree char *text = NULL;

	probe.silence = (char *)"the name cannot be resolved";
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "asked           evil?[31m.example\n");
	GCLK_ASSERT_HAS(
		text, "verdict         no answer\nbecause         the name cannot be resolved");
}

static void test_color(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = gclk_probe_to_text(&probe, TRUE);

	GCLK_ASSERT_HAS(text, "\033[");
}

static JsonObject *object_of(const GclkProbe *probe, JsonParser *parser)
{
	g_autofree char *text = gclk_probe_to_json(probe);

	CU_ASSERT_TRUE_FATAL(json_parser_load_from_data(parser, text, -1, NULL));
	return json_node_get_object(json_parser_get_root(parser));
}

static void test_json(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	GclkProbe probe = usable();
	JsonObject *object = object_of(&probe, parser), *part;

	GCLK_ASSERT_STR(json_object_get_string_member(object, "server"), "ntp1.example");
	GCLK_ASSERT_STR(json_object_get_string_member(object, "address"), "192.0.2.1");
	GCLK_ASSERT_INT(json_object_get_int_member(object, "port"), 123);
	GCLK_ASSERT_STR(json_object_get_string_member(object, "verdict"), "usable");
	CU_ASSERT_TRUE(json_object_get_null_member(object, "reason"));
	part = json_object_get_object_member(object, "answer");
	GCLK_ASSERT_INT(json_object_get_int_member(part, "stratum"), 2);
	GCLK_ASSERT_STR(json_object_get_string_member(part, "refid"), "192.0.2.7");
	GCLK_ASSERT_INT(json_object_get_int_member(part, "root_delay_ns"), 4000000);
	GCLK_ASSERT_INT(json_object_get_int_member(part, "reference_age_ns"), 34 * GCLK_NS_PER_S);
	part = json_object_get_object_member(object, "measurement");
	GCLK_ASSERT_INT(json_object_get_int_member(part, "offset_ns"), 12000000);
	GCLK_ASSERT_INT(json_object_get_int_member(part, "error_bound_ns"), 4000000);
	GCLK_ASSERT_STR(json_object_get_string_member(part, "stamps"), "kernel stamps");
}

static void test_json_silence(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	const GclkProbe probe = {
		.server = "nas",
		.verdict = GCLK_PROBE_NO_ANSWER,
		.silence = (char *)"no answer",
	};
	JsonObject *object = object_of(&probe, parser);

	GCLK_ASSERT_STR(json_object_get_string_member(object, "verdict"), "no-answer");
	GCLK_ASSERT_STR(json_object_get_string_member(object, "reason"), "no answer");
	CU_ASSERT_TRUE(json_object_get_null_member(object, "reason_id"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "address"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "answer"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "measurement"));
}

/* The name has two more addresses, which were tried in vain. */
static void add_failures(GclkProbe *probe)
{
	gclk_address_parse("2001:db8::1", 123, &probe->failures[0].address);
	probe->failures[0].reason = g_strdup("the request to 2001:db8::1 could not be sent");
	gclk_address_parse("192.0.2.9", 123, &probe->failures[1].address);
	probe->failures[1].reason = g_strdup("no answer from 192.0.2.9 port 123: silence");
	probe->n_failures = 2;
}

static void test_failures(void)
{
	GclkProbe probe = usable();
	g_autofree char *text = NULL;
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonArray *before;

	add_failures(&probe);
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "192.0.2.1 port 123, one of 3 addresses\n"
			      "before that     the request to 2001:db8::1 could not be sent\n"
			      "before that     no answer from 192.0.2.9 port 123: silence\n");
	before = json_object_get_array_member(object_of(&probe, parser), "before");
	GCLK_ASSERT_INT(json_array_get_length(before), 2);
	GCLK_ASSERT_STR(
		json_object_get_string_member(json_array_get_object_element(before, 1), "address"),
		"192.0.2.9");
	GCLK_ASSERT_HAS(
		json_object_get_string_member(json_array_get_object_element(before, 1), "reason"),
		"silence");
	gclk_probe_clear(&probe);
	GCLK_ASSERT_INT(probe.n_failures, 0);
}

static void test_own_address(void)
{
	GclkProbe probe = {
		.server = "192.0.2.1",
		.addresses = 1,
		.verdict = GCLK_PROBE_REFUSED,
		.own = TRUE,
		.silence = g_strdup("192.0.2.1 is this machine's own address"),
	};
	g_autofree char *text = text_of(&probe);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *object = object_of(&probe, parser);

	GCLK_ASSERT_HAS(text, "verdict         refused\n");
	GCLK_ASSERT_HAS(text, "because         192.0.2.1 is this machine's own address\n");
	GCLK_ASSERT_HAS(text, "what to do      name the server that");
	GCLK_ASSERT_STR(json_object_get_string_member(object, "reason_id"), "own-address");
	GCLK_ASSERT_STR(json_object_get_string_member(object, "verdict"), "refused");
	gclk_probe_clear(&probe);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "usable", test_usable },
		{ "clock ahead", test_ahead },
		{ "numeric, with key", test_numeric_and_keyed },
		{ "local clock", test_local_clock },
		{ "old reference", test_old_reference },
		{ "refused", test_refused },
		{ "not an answer", test_not_an_answer },
		{ "silence", test_silence },
		{ "colour", test_color },
		{ "addresses tried in vain", test_failures },
		{ "own address", test_own_address },
		{ "JSON", test_json },
		{ "JSON of a silence", test_json_silence },
		{ NULL, NULL },
	};

	return gclk_test_main("probe-report", cases);
}
