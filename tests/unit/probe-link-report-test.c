/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/probe-link.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "guestclock/text.h"
#include "harness.h"

#define US GCLK_NS_PER_US

static GclkLinkProbe usable(void)
{
	return (GclkLinkProbe){
		.channel = "virtio:org.guestclock.0",
		.condition = GCLK_SOURCE_OK,
		.requests = 9,
		.replies = 8,
		.stratum = 1,
		.has_host = TRUE,
		.host = {
			.protocol = GCLK_PROTOCOL_PTP,
			.synchronised = TRUE,
			.bound = 10 * US,
			.tai_offset = 37,
		},
		.sampled = TRUE,
		.sample = { .offset = -1500 * US, .delay = 200 * US, .reference_bound = 10 * US },
	};
}

static char *text_of(const GclkLinkProbe *probe)
{
	char *text = gclk_link_probe_to_text(probe, FALSE);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (gchar **line = lines; *line; line++)
		CU_ASSERT_TRUE(gclk_text_width(*line) <= 80);
	return text;
}

static void test_usable(void)
{
	GclkLinkProbe probe = usable();
	g_autofree char *text = text_of(&probe);

	GCLK_ASSERT_HAS(text, "asked           virtio:org.guestclock.0\n");
	GCLK_ASSERT_HAS(text, "answers         8 to 9 requests, stratum 1\n");
	GCLK_ASSERT_HAS(text, "host's clock    synchronised, protocol ptp\n");
	GCLK_ASSERT_HAS(text, "its accuracy    off by no more than 10.0 us\n");
	GCLK_ASSERT_HAS(text, "TAI minus UTC   37 s\n");
	GCLK_ASSERT_HAS(
		text, "offset          -1.50 ms, give or take 110 us (this clock is ahead)\n");
	GCLK_ASSERT_HAS(text, "verdict         usable\n");
	CU_ASSERT_PTR_NULL(strstr(text, "because"));
	GCLK_ASSERT_INT(gclk_link_probe_exit_code(&probe), 0);
}

static void test_refused(void)
{
	GclkLinkProbe probe = usable();
	g_autofree char *text = NULL;

	probe.condition = GCLK_SOURCE_REFUSED;
	probe.reason = "the host says that its clock is not synchronised";
	probe.host.synchronised = FALSE;
	probe.host.protocol = GCLK_PROTOCOL_NONE;
	probe.host.bound = GCLK_BOUND_UNKNOWN;
	probe.sample.reference_bound = GCLK_BOUND_UNKNOWN;
	text = text_of(&probe);
	GCLK_ASSERT_HAS(text, "host's clock    NOT synchronised, protocol none\n");
	GCLK_ASSERT_HAS(text, "its accuracy    not told\n");
	GCLK_ASSERT_HAS(text, "give or take unknown");
	GCLK_ASSERT_HAS(text, "because         the host says that");
	GCLK_ASSERT_INT(gclk_link_probe_exit_code(&probe), 2);
}

static void test_silence(void)
{
	const GclkLinkProbe probe = {
		.channel = "unix:/run/x",
		.condition = GCLK_SOURCE_UNREACHABLE,
		.reason = "there is no such socket",
	};
	g_autofree char *text = text_of(&probe);

	CU_ASSERT_PTR_NULL(strstr(text, "host's clock"));
	CU_ASSERT_PTR_NULL(strstr(text, "offset"));
	GCLK_ASSERT_HAS(text, "verdict         no answer\n");
	GCLK_ASSERT_INT(gclk_link_probe_exit_code(&probe), 3);
}

static JsonObject *object_of(const GclkLinkProbe *probe, JsonParser *parser)
{
	g_autofree char *text = gclk_link_probe_to_json(probe);

	CU_ASSERT_TRUE_FATAL(json_parser_load_from_data(parser, text, -1, NULL));
	return json_node_get_object(json_parser_get_root(parser));
}

static void test_json(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	GclkLinkProbe probe = usable();
	JsonObject *object = object_of(&probe, parser);
	JsonObject *host = json_object_get_object_member(object, "host");
	JsonObject *measurement = json_object_get_object_member(object, "measurement");

	GCLK_ASSERT_STR(json_object_get_string_member(object, "verdict"), "usable");
	GCLK_ASSERT_STR(json_object_get_string_member(host, "protocol"), "ptp");
	GCLK_ASSERT_INT(json_object_get_int_member(host, "error_bound_ns"), 10 * US);
	GCLK_ASSERT_INT(json_object_get_int_member(host, "tai_offset_s"), 37);
	GCLK_ASSERT_INT(json_object_get_int_member(measurement, "offset_ns"), -1500 * US);
	GCLK_ASSERT_INT(json_object_get_int_member(measurement, "error_bound_ns"), 110 * US);
}

static void test_json_silence(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	const GclkLinkProbe probe = {
		.channel = "vsock:123",
		.condition = GCLK_SOURCE_FAILED,
		.reason = "it may not be opened",
	};
	JsonObject *object = object_of(&probe, parser);

	GCLK_ASSERT_STR(json_object_get_string_member(object, "verdict"), "no-answer");
	CU_ASSERT_TRUE(json_object_get_null_member(object, "host"));
	CU_ASSERT_TRUE(json_object_get_null_member(object, "measurement"));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "usable", test_usable },
		{ "refused", test_refused },
		{ "silence", test_silence },
		{ "JSON", test_json },
		{ "JSON of a silence", test_json_silence },
		{ NULL, NULL },
	};

	return gclk_test_main("probe-link-report", cases);
}
