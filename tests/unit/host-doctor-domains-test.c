/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock doctor: each domain's clock against what its guest should have; the report. */
#include <string.h>

#include "doctor/check.h"
#include "doctor/examination.h"
#include "harness.h"

#define OS(id)                                                                                     \
	"<metadata><l:libosinfo xmlns:l='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"          \
	"<l:os id='" id "'/></l:libosinfo></metadata>"
#define LINUX   OS("http://debian.org/debian/12")
#define WINDOWS OS("http://microsoft.com/win/11")
#define X86     "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
#define CHANNEL                                                                                    \
	"<devices><channel type='unix'><target type='virtio' name='org.guestclock.0'/>"            \
	"</channel></devices>"
#define KVM(inner)   "<domain type='kvm'><name>a</name>" inner X86 CHANNEL "</domain>"
#define RTC          "<timer name='rtc' tickpolicy='catchup'/>"
#define NO_HPET      "<timer name='hpet' present='no'/>"
#define HYPERV       "<timer name='hypervclock' present='yes'/>"
#define GOOD(offset) "<clock offset='" offset "'>" RTC NO_HPET "</clock>"

/* --- the XML ---------------------------------------------------------------------------------- */

static void test_parse(void)
{
	static const char xml[] =
		"<domain type='kvm' xmlns:x='urn:x'>" WINDOWS
		"<os><type arch='x86_64'>hvm</type></os>"
		"<clock offset='localtime'><timer name='rtc' tickpolicy='catchup' track='guest'/>"
		"<timer name='hpet' present='no'/><timer name='hypervclock' present='yes'/>"
		"<timer name='kvmclock' present='no'/></clock>"
		"<devices><x:y><channel><target name='org.guestclock.0'/></channel></x:y>"
		"<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/>"
		"</channel></devices></domain>";
	GclkDomainClock clock;

	CU_ASSERT_TRUE(gclk_domain_clock_from_xml(xml, strlen(xml), &clock, NULL));
	CU_ASSERT_TRUE(clock.qemu);
	GCLK_ASSERT_INT(clock.guest, GCLK_GUEST_WINDOWS);
	GCLK_ASSERT_INT(clock.offset, GCLK_CLOCK_LOCALTIME);
	CU_ASSERT_TRUE(clock.rtc_catchup);
	GCLK_ASSERT_INT(clock.hpet, GCLK_TIMER_ABSENT);
	GCLK_ASSERT_INT(clock.hypervclock, GCLK_TIMER_PRESENT);
	GCLK_ASSERT_INT(clock.kvmclock, GCLK_TIMER_ABSENT);
	CU_ASSERT_FALSE(clock.has_channel); /* that one stands elsewhere */
}

static void test_parse_forms(void)
{
	static const struct {
		const char *xml;
		gboolean good;
		GclkDomainClock clock;
	} cases[] = {
		{ "<domain/>", TRUE, { 0 } },
		{ KVM(LINUX GOOD("utc")), TRUE,
			{ TRUE, GCLK_GUEST_LINUX, GCLK_CLOCK_UTC, TRUE, GCLK_TIMER_ABSENT, 0, 0,
				TRUE } },
		{ KVM("<clock offset='timezone' timezone='Asia/Tokyo'/>"), TRUE,
			{ TRUE, 0, GCLK_CLOCK_OTHER, FALSE, 0, 0, 0, TRUE } },
		{ KVM("<clock><timer/><timer name='rtc'/><timer name='hpet'/></clock>"), TRUE,
			{ TRUE, 0, 0, FALSE, GCLK_TIMER_PRESENT, 0, 0, TRUE } },
		{ KVM(OS("http://freebsd.org/freebsd/14")), TRUE,
			{ TRUE, GCLK_GUEST_UNKNOWN, 0, FALSE, 0, 0, 0, TRUE } },
		{ KVM("<metadata><libosinfo><os id='http://debian.org/debian/12'/></libosinfo>"
		      "</metadata>"),
			TRUE, { TRUE, GCLK_GUEST_UNKNOWN, 0, FALSE, 0, 0, 0, TRUE } },
		{ "<domain type='lxc'>" X86 "</domain>", TRUE, { 0 } },
		{ "<domain type='kvm'><os><type arch='aarch64'>hvm</type></os></domain>", TRUE,
			{ 0 } },
		{ "", FALSE, { 0 } },
		{ "<domain type='kvm'>" X86, FALSE, { 0 } },
		{ "<!DOCTYPE a><domain type='kvm'>" X86 "</domain>", FALSE, { 0 } },
		{ "<network/>", FALSE, { 0 } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		GclkDomainClock clock;

		GCLK_ASSERT_INT(gclk_domain_clock_from_xml(
					cases[i].xml, strlen(cases[i].xml), &clock, &error),
			cases[i].good);
		CU_ASSERT_EQUAL(cases[i].good, error == NULL);
		GCLK_ASSERT_INT(clock.qemu, cases[i].clock.qemu);
		GCLK_ASSERT_INT(clock.guest, cases[i].clock.guest);
		GCLK_ASSERT_INT(clock.offset, cases[i].clock.offset);
		GCLK_ASSERT_INT(clock.rtc_catchup, cases[i].clock.rtc_catchup);
		GCLK_ASSERT_INT(clock.hpet, cases[i].clock.hpet);
		GCLK_ASSERT_INT(clock.has_channel, cases[i].clock.has_channel);
	}
}

/* --- the findings ----------------------------------------------------------------------------- */

static char *list(const GPtrArray *findings)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		g_string_append_printf(out, "%s%s %s", i ? ", " : "", finding->id,
			gclk_severity_name(finding->severity));
	}
	return g_string_free(out, FALSE);
}

static const GclkHostSync ntp_host = { .effective = GCLK_PROTOCOL_NTP,
	.synchronised = TRUE,
	.bound = GCLK_NS_PER_MS,
	.summary = (char *)"as this test says" };

static void test_clocks(void)
{
	static const struct {
		const char *xml, *found;
	} cases[] = {
		{ KVM(LINUX GOOD("utc")), "" },
		{ KVM(GOOD("utc")), "" },
		{ KVM(GOOD("localtime")), "" }, /* nobody knows what runs in it */
		{ KVM(LINUX GOOD("localtime")), "linux-localtime warning" },
		{ KVM(LINUX GOOD("variable")), "" },
		{ KVM(LINUX "<clock offset='utc'>" RTC NO_HPET
			    "<timer name='kvmclock' present='no'/></clock>"),
			"linux-without-kvmclock warning" },
		{ KVM(LINUX "<clock offset='utc'>" RTC "</clock>"), "hpet note" },
		{ KVM("<clock offset='utc'>" RTC "<timer name='hpet' present='yes'/></clock>"),
			"hpet note" },
		{ KVM("<clock offset='utc'>" NO_HPET "</clock>"), "rtc-ticks note" },
		{ KVM("<clock offset='utc'>" NO_HPET "<timer name='rtc' tickpolicy='delay'/>"
		      "</clock>"),
			"rtc-ticks note" },
		{ KVM(""), "rtc-ticks note, hpet note" },
		{ "<domain type='kvm'>" X86 GOOD("utc") "</domain>", "no-channel note" },
		{ "<domain type='lxc'><os><type arch='x86_64'>exe</type></os></domain>", "" },
		{ KVM(WINDOWS "<clock offset='localtime'>" RTC NO_HPET HYPERV "</clock>"), "" },
		{ KVM(WINDOWS "<clock offset='utc'>" RTC NO_HPET HYPERV "</clock>"),
			"windows-utc note" },
		{ KVM(WINDOWS "<clock offset='localtime'>" RTC NO_HPET "</clock>"),
			"windows-without-hypervclock warning" },
		{ KVM(WINDOWS "<clock offset='localtime'>" NO_HPET HYPERV "</clock>"),
			"windows-rtc-ticks warning" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkDomain domain = { .name = (char *)"a" };
		GclkDomainCase row = { .domain = &domain, .has_clock = TRUE };
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		CU_ASSERT_TRUE(gclk_domain_clock_from_xml(
			cases[i].xml, strlen(cases[i].xml), &row.clock, NULL));
		gclk_check_domains(&row, 1, GCLK_GATE_ASKED, &ntp_host, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

static void test_needs(void)
{
	const GclkNeed none = { 0 }, any = { TRUE, GCLK_NEED_ANY, 0, TRUE },
		       ptp = { TRUE, GCLK_NEED_PTP, 0, TRUE },
		       ptp_warn = { TRUE, GCLK_NEED_PTP, 0, FALSE };
	const struct {
		GclkNeed need;
		gboolean running;
		GclkGateStanding gate;
		const char *found;
	} cases[] = {
		{ none, TRUE, GCLK_GATE_ABSENT, "" },
		{ any, TRUE, GCLK_GATE_ASKED, "" },
		{ any, FALSE, GCLK_GATE_ABSENT, "need-without-gate critical" },
		{ any, FALSE, GCLK_GATE_DEAF, "need-without-gate critical" },
		{ any, FALSE, GCLK_GATE_MAY_BE_OFF, "" },
		{ any, FALSE, GCLK_GATE_UNSEEN, "" },
		{ any, FALSE, GCLK_GATE_NOT_HERE, "" },
		{ ptp, TRUE, GCLK_GATE_ASKED, "need-unmet-running critical" },
		{ ptp, FALSE, GCLK_GATE_ASKED, "need-unmet warning" },
		{ ptp_warn, TRUE, GCLK_GATE_ASKED, "" },
		{ ptp_warn, FALSE, GCLK_GATE_ASKED, "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkDomain domain = {
			.name = (char *)"a", .need = cases[i].need, .running = cases[i].running
		};
		const GclkDomainCase row = { .domain = &domain };
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		gclk_check_domains(&row, 1, cases[i].gate, &ntp_host, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

static void test_unclear(void)
{
	g_autoptr(GError) word = g_error_new_literal(
		GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE, "the need says \"pptp\"");
	g_autoptr(GError) broken =
		g_error_new_literal(GCLK_NEED_ERROR, GCLK_NEED_ERROR_XML, "no XML");
	const GclkDomain domains[] = { { .name = (char *)"a", .need_error = broken },
		{ .name = (char *)"b", .need_error = word } };
	const GclkDomainCase rows[] = { { .domain = &domains[0] }, { .domain = &domains[1] } };
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	const GclkFinding *finding;

	gclk_check_domains(rows, 2, GCLK_GATE_ASKED, &ntp_host, findings);
	GCLK_ASSERT_INT(findings->len, 1);
	finding = findings->pdata[0];
	GCLK_ASSERT_STR(finding->id, "need-unclear");
	GCLK_ASSERT_STR(finding->evidence->pdata[0], "b");
	GCLK_ASSERT_STR(finding->evidence->pdata[1], "b: the need says \"pptp\"");
}

/* Of a thousand domains the finding names a few, and counts the others. */
static void test_many(void)
{
	static GclkDomain domains[1000];
	static GclkDomainCase rows[1000];
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	const GclkFinding *finding;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		domains[i].name = g_strdup_printf("vm%03zu", i);
		rows[i] = (GclkDomainCase){ .domain = &domains[i],
			.has_clock = TRUE,
			.clock = { .qemu = TRUE, .has_channel = TRUE, .rtc_catchup = TRUE } };
	}
	gclk_check_domains(rows, G_N_ELEMENTS(rows), GCLK_GATE_ASKED, &ntp_host, findings);
	GCLK_ASSERT_INT(findings->len, 1);
	finding = findings->pdata[0];
	GCLK_ASSERT_STR(finding->evidence->pdata[0],
		"vm000, vm001, vm002, vm003, vm004, vm005, vm006, vm007 and 992 more");
	GCLK_ASSERT_HAS(finding->statement, "VMs have");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_free(domains[i].name);
	gclk_check_domains(rows, 0, GCLK_GATE_ABSENT, &ntp_host, findings);
	GCLK_ASSERT_INT(findings->len, 1);
}

/* --- the report ------------------------------------------------------------------------------- */

static void test_report(void)
{
	g_auto(GclkHostDiagnosis) diagnosis = { .findings = gclk_findings_new(),
		.unseen = g_ptr_array_new_with_free_func(g_free) };
	g_autofree char *good = NULL;
	g_autofree char *bad = NULL;
	g_autofree char *json = NULL;

	gclk_findings_add(diagnosis.findings, "hook", GCLK_SEVERITY_OK, "the hook is loaded", NULL);
	good = gclk_host_diagnosis_text(&diagnosis, TRUE, FALSE);
	GCLK_ASSERT_STR(good,
		"OK        Nothing is wrong with this host's clock, as far as can be seen\n"
		"\n"
		"Fine      the hook is loaded\n");
	gclk_findings_add(diagnosis.findings, "x", GCLK_SEVERITY_WARNING, "it is wrong", "mend it");
	for (guint i = 0; i < 9; i++)
		g_ptr_array_add(diagnosis.unseen, g_strdup_printf("/file%u: \033[31mno", i));
	gclk_findings_sort(diagnosis.findings);
	bad = gclk_host_diagnosis_text(&diagnosis, FALSE, FALSE);
	CU_ASSERT_TRUE(g_str_has_prefix(bad, "WARNING   it is wrong\n      ->  mend it\n"));
	GCLK_ASSERT_HAS(bad, "Not looked at (root may see more)\n          /file0: ?[31mno\n");
	GCLK_ASSERT_HAS(bad, "and 3 more: hostclock doctor --json");
	json = gclk_host_diagnosis_json(&diagnosis);
	GCLK_ASSERT_HAS(json, "\"severity\":\"warning\"");
	GCLK_ASSERT_HAS(json, "\"unseen\":[");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "XML", test_parse },
		{ "XML: forms", test_parse_forms },
		{ "clocks", test_clocks },
		{ "needs", test_needs },
		{ "needs that are unclear", test_unclear },
		{ "many", test_many },
		{ "report", test_report },
		{ NULL, NULL },
	};

	return gclk_test_main("host-doctor-domains", cases);
}
