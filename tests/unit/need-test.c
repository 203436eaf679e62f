/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/need.h"

#include <string.h>

#include "guestclock/sample.h"
#include "harness.h"

#define NS       " xmlns:guestclock='" GCLK_NEED_NAMESPACE "'"
#define DOM(m)   "<domain type='qemu'><name>a</name><metadata>" m "</metadata></domain>"
#define CLOCK(a) DOM("<guestclock:clock" NS " " a "/>")

static gboolean parse(const char *xml, GclkNeed *need, GError **error)
{
	return gclk_need_from_xml(xml, strlen(xml), need, error);
}

static void test_good(void)
{
	static const struct {
		const char *xml;
		gboolean declared;
		GclkNeedProtocol protocol;
		gint64 max_error;
		gboolean strict;
	} cases[] = {
		{ "<domain/>", FALSE, GCLK_NEED_ANY, 0, FALSE },
		{ DOM(""), FALSE, GCLK_NEED_ANY, 0, FALSE },
		{ DOM("<nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'/>"),
			FALSE, GCLK_NEED_ANY, 0, FALSE },
		{ CLOCK("protocol='any'"), TRUE, GCLK_NEED_ANY, 0, TRUE },
		{ CLOCK("protocol='ntp'"), TRUE, GCLK_NEED_NTP, 0, TRUE },
		{ CLOCK("protocol='ptp' max-error-us='100' enforce='strict'"), TRUE, GCLK_NEED_PTP,
			100 * GCLK_NS_PER_US, TRUE },
		{ CLOCK("enforce='warn' protocol='ptp'"), TRUE, GCLK_NEED_PTP, 0, FALSE },
		{ CLOCK("protocol='ntp' max-error-us='1000000000'"), TRUE, GCLK_NEED_NTP,
			1000 * GCLK_NS_PER_S, TRUE },
		/* by namespace, never by prefix */
		{ DOM("<x:clock xmlns:x='" GCLK_NEED_NAMESPACE "' protocol='ptp'/>"), TRUE,
			GCLK_NEED_PTP, 0, TRUE },
		{ DOM("<clock xmlns='" GCLK_NEED_NAMESPACE "' protocol='ptp'/>"), TRUE,
			GCLK_NEED_PTP, 0, TRUE },
		/* the domain's own <clock> is none of ours, wherever it stands */
		{ "<domain><clock offset='utc'/><metadata/></domain>", FALSE, GCLK_NEED_ANY, 0,
			FALSE },
		{ DOM("<a:b xmlns:a='urn:a'><clock protocol='ptp'/></a:b>"), FALSE, GCLK_NEED_ANY,
			0, FALSE },
		/* outside <metadata> libvirt keeps nothing of ours */
		{ "<domain><devices><guestclock:clock" NS " protocol='ptp'/></devices></domain>",
			FALSE, GCLK_NEED_ANY, 0, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		GclkNeed need = { .strict = TRUE };

		CU_ASSERT_TRUE(parse(cases[i].xml, &need, &error));
		GCLK_ASSERT_STR(error ? error->message : "", "");
		GCLK_ASSERT_INT(need.declared, cases[i].declared);
		GCLK_ASSERT_INT(need.protocol, cases[i].protocol);
		GCLK_ASSERT_INT(need.max_error, cases[i].max_error);
		GCLK_ASSERT_INT(need.strict, cases[i].strict);
	}
}

static void test_bad(void)
{
	static const struct {
		const char *xml;
		GclkNeedError code;
		const char *part;
	} cases[] = {
		{ "", GCLK_NEED_ERROR_XML, "no domain XML" },
		{ "not XML", GCLK_NEED_ERROR_XML, "broken" },
		{ "<domain>", GCLK_NEED_ERROR_XML, "broken" },
		{ "<domain><metadata></domain>", GCLK_NEED_ERROR_XML, "broken" },
		{ "<network/>", GCLK_NEED_ERROR_XML, "not that of a domain" },
		{ CLOCK("protocol='pptp'"), GCLK_NEED_ERROR_VALUE, "did you mean \"ptp\"" },
		{ CLOCK("protocol='PTP'"), GCLK_NEED_ERROR_VALUE, "none of any, ntp, ptp" },
		{ CLOCK("protocol=''"), GCLK_NEED_ERROR_VALUE, "none of" },
		{ CLOCK(""), GCLK_NEED_ERROR_VALUE, "no protocol" },
		{ CLOCK("max-error-us='5'"), GCLK_NEED_ERROR_VALUE, "no protocol" },
		{ CLOCK("protocol='ptp' max-error-us='0'"), GCLK_NEED_ERROR_VALUE, "microseconds" },
		{ CLOCK("protocol='ptp' max-error-us='-1'"), GCLK_NEED_ERROR_VALUE,
			"microseconds" },
		{ CLOCK("protocol='ptp' max-error-us='100us'"), GCLK_NEED_ERROR_VALUE,
			"microseconds" },
		{ CLOCK("protocol='ptp' max-error-us='1000000001'"), GCLK_NEED_ERROR_VALUE,
			"microseconds" },
		{ CLOCK("protocol='ptp' max-error-us='99999999999999999999'"),
			GCLK_NEED_ERROR_VALUE, "microseconds" },
		{ CLOCK("protocol='ptp' enforce='maybe'"), GCLK_NEED_ERROR_VALUE, "enforce" },
		{ CLOCK("protocol='ptp' max-eror-us='1'"), GCLK_NEED_ERROR_VALUE,
			"did you mean \"max-error-us\"" },
		{ DOM("<guestclock:clock" NS " protocol='ptp'/><guestclock:clock" NS
		      " protocol='any'/>"),
			GCLK_NEED_ERROR_VALUE, "twice" },
		/* what somebody may think is a need */
		{ DOM("<clock protocol='ptp'/>"), GCLK_NEED_ERROR_VALUE, "looks like a need" },
		{ DOM("<guestclock:clock protocol='ptp'/>"), GCLK_NEED_ERROR_VALUE,
			"looks like a need" },
		{ DOM("<g:clock xmlns:g='urn:guestclock:domain:2' protocol='ptp'/>"),
			GCLK_NEED_ERROR_VALUE, "looks like a need" },
		{ DOM("<g:clok xmlns:g='" GCLK_NEED_NAMESPACE "' protocol='ptp'/>"),
			GCLK_NEED_ERROR_VALUE, "looks like a need" },
		/* a need that is right does not make up for the XML behind it */
		{ "<domain><metadata><guestclock:clock" NS " protocol='any'/></metadata>",
			GCLK_NEED_ERROR_XML, "broken" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		GclkNeed need;

		CU_ASSERT_FALSE(parse(cases[i].xml, &need, &error));
		CU_ASSERT_FALSE(need.declared);
		CU_ASSERT_TRUE(g_error_matches(error, GCLK_NEED_ERROR, cases[i].code));
		GCLK_ASSERT_HAS(error ? error->message : cases[i].xml, cases[i].part);
	}
}

/* A billion laughs: refused where the declaration begins, before anything is expanded. */
/* For the record of a refusal, whatever the need says. */
static void test_uuid(void)
{
#define UUID "11111111-2222-3333-4444-55555555550a"
	static const struct {
		const char *xml, *uuid;
		gboolean good;
	} cases[] = {
		{ "<domain><uuid>" UUID "</uuid></domain>", UUID, TRUE },
		{ "<domain><uuid>" UUID "</uuid><metadata><clock/></metadata></domain>", UUID,
			FALSE },
		{ "<domain><uuid>" UUID "</domain>", "", FALSE },
		{ "<domain><name>" UUID "</name></domain>", "", TRUE },
		{ "<domain><sysinfo><uuid>" UUID "</uuid></sysinfo></domain>", "", TRUE },
		{ "<domain><uuid/></domain>", "", TRUE },
		{ "<domain><uuid>" UUID "0</uuid></domain>", "", TRUE },
		{ "<domain><uuid>a\nMESSAGE=b</uuid></domain>", "", TRUE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char uuid[GCLK_UUID_TEXT] = "x";
		GclkNeed need;

		GCLK_ASSERT_INT(gclk_need_from_domain(
					cases[i].xml, strlen(cases[i].xml), &need, uuid, NULL),
			cases[i].good);
		GCLK_ASSERT_STR(uuid, cases[i].uuid);
	}
}

static void test_entities(void)
{
	static const char laughs[] =
		"<!DOCTYPE domain [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
		"<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>"
		"<domain><metadata><guestclock:clock" NS " protocol='&d;'/></metadata></domain>";
	static const char external[] =
		"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain><metadata/></domain>";
	const char *const texts[] = { laughs, external };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		GclkNeed need;

		CU_ASSERT_FALSE(parse(texts[i], &need, &error));
		GCLK_ASSERT_HAS(error->message, "document type");
	}
}

static void test_huge(void)
{
	g_autoptr(GString) xml = g_string_new("<domain><description>");
	g_autoptr(GError) error = NULL;
	GclkNeed need;

	while (xml->len < GCLK_NEED_XML_MAX - 1000)
		g_string_append(xml, "0123456789abcdef");
	g_string_append(xml, "</description><metadata><guestclock:clock" NS
			     " protocol='ptp'/></metadata></domain>");
	CU_ASSERT_TRUE(parse(xml->str, &need, &error));
	GCLK_ASSERT_INT(need.protocol, GCLK_NEED_PTP);
	while (xml->len <= GCLK_NEED_XML_MAX)
		g_string_append_c(xml, ' ');
	CU_ASSERT_FALSE(parse(xml->str, &need, &error));
	GCLK_ASSERT_HAS(error->message, "too large");
}

static void test_deep(void)
{
	g_autoptr(GString) xml = g_string_new("<domain>");
	g_autoptr(GError) error = NULL;
	GclkNeed need;

	for (guint i = 0; i < 100000; i++)
		g_string_append(xml, "<a>");
	CU_ASSERT_FALSE(parse(xml->str, &need, &error));
	GCLK_ASSERT_HAS(error->message, "broken");
}

static void test_words(void)
{
	static const struct {
		const char *text;
		gboolean good;
		GclkNeedProtocol protocol;
		gint64 max_error;
		gboolean strict;
	} cases[] = {
		{ "ptp", TRUE, GCLK_NEED_PTP, 0, TRUE },
		{ " ntp \n", TRUE, GCLK_NEED_NTP, 0, TRUE },
		{ "protocol=ptp max-error-us=100 enforce=warn", TRUE, GCLK_NEED_PTP,
			100 * GCLK_NS_PER_US, FALSE },
		{ "any,max-error-us=2000", TRUE, GCLK_NEED_ANY, 2 * GCLK_NS_PER_MS, TRUE },
		{ "", FALSE, 0, 0, FALSE },
		{ "   ", FALSE, 0, 0, FALSE },
		{ "gps", FALSE, 0, 0, FALSE },
		{ "max-error-us=100", FALSE, 0, 0, FALSE },
		{ "ptp color=blue", FALSE, 0, 0, FALSE },
		{ "=", FALSE, 0, 0, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		GclkNeed need;

		GCLK_ASSERT_INT(gclk_need_from_words(cases[i].text, &need, &error), cases[i].good);
		GCLK_ASSERT_INT(error == NULL, cases[i].good);
		GCLK_ASSERT_INT(need.declared, cases[i].good);
		GCLK_ASSERT_INT(need.protocol, cases[i].protocol);
		GCLK_ASSERT_INT(need.max_error, cases[i].max_error);
		GCLK_ASSERT_INT(need.strict, cases[i].strict);
	}
}

/* What is written into the metadata reads back as the same. */
static void test_round_trip(void)
{
	for (guint protocol = GCLK_NEED_ANY; protocol <= GCLK_NEED_PTP; protocol++) {
		const GclkNeed need = { TRUE, protocol, protocol * 7 * GCLK_NS_PER_US,
			protocol % 2 };
		g_autofree char *element = gclk_need_to_xml(&need);
		g_autofree char *xml = g_strdup_printf(
			"<domain><metadata>%s</metadata></domain>", g_strrstr(element, "<clock"));
		g_autoptr(GString) full = g_string_new(xml);
		GclkNeed back;

		g_string_replace(full, "<clock", "<clock xmlns='" GCLK_NEED_NAMESPACE "'", 1);
		CU_ASSERT_TRUE(parse(full->str, &back, NULL));
		GCLK_ASSERT_INT(back.declared, TRUE);
		GCLK_ASSERT_INT(back.protocol, need.protocol);
		GCLK_ASSERT_INT(back.max_error, need.max_error);
		GCLK_ASSERT_INT(back.strict, need.strict);
	}
}

static void test_text(void)
{
	static const struct {
		GclkNeed need;
		const char *text;
	} cases[] = {
		{ { 0 }, "takes any host clock" },
		{ { TRUE, GCLK_NEED_ANY, GCLK_NS_PER_MS, TRUE }, "needs a host clock within 1" },
		{ { TRUE, GCLK_NEED_NTP, 0, TRUE }, "needs a host synchronised by NTP or PTP" },
		{ { TRUE, GCLK_NEED_PTP, 0, TRUE }, "needs a PTP-synchronised host" },
		{ { TRUE, GCLK_NEED_PTP, 100 * GCLK_NS_PER_US, TRUE },
			"needs a PTP-synchronised host within 100" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = gclk_need_text(&cases[i].need);

		GCLK_ASSERT_HAS(text, cases[i].text);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "good", test_good },
		{ "bad", test_bad },
		{ "uuid", test_uuid },
		{ "entities", test_entities },
		{ "huge", test_huge },
		{ "deep", test_deep },
		{ "words", test_words },
		{ "round trip", test_round_trip },
		{ "text", test_text },
		{ NULL, NULL },
	};

	return gclk_test_main("need", cases);
}
