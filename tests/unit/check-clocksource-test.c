/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "composed-survey.h"
#include "harness.h"

static const GclkCheck checks[] = { gclk_check_clocksource, NULL };

#define MODERN "6.1.0-30-amd64"
#define SKEWED                                                                                     \
	"clocksource: timekeeping watchdog on CPU3: Marking clocksource 'tsc' as unstable "        \
	"because the skew is too large:\n"                                                         \
	"clocksource: 'hpet' wd_nsec: 500000000 wd_now: 8a wd_last: 1c mask: ffffffff\n"           \
	"clocksource: 'tsc' cs_nsec: 495000000 cs_now: 2 cs_last: 1 mask: ff\n"                    \
	"tsc: Marking TSC unstable due to clocksource watchdog\n"
#define SKEWED_AGAINST_TICKS                                                                       \
	"Clocksource 'tsc' skewed 80000000 ns (80 ms) over watchdog 'refined-jiffies' interval "   \
	"of 420000000 ns (420 ms)\n"                                                               \
	"tsc: Marking TSC unstable due to clocksource watchdog\n"

/* ids, severity, fixes and a part of the remedy of the first finding; NULL: none. */
static const struct {
	GclkComposition given;
	const char *ids;
	GclkSeverity severity;
	const char *fixes, *remedy;
} cases[] = {
	/* right */
	{ { GCLK_GUEST("kvm", MODERN, "quiet", "tsc", "tsc kvm-clock", NULL) }, "clocksource-ok",
		GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("kvm", MODERN, "quiet", "kvm-clock", "kvm-clock tsc acpi_pm", NULL) },
		"clocksource-ok", GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("microsoft", MODERN, NULL, "hyperv_clocksource_tsc_page",
		  "hyperv_clocksource_tsc_page acpi_pm",
		  "tsc: Marking TSC unstable due to running on Hyper-V\n") },
		"clocksource-ok", GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("xen", MODERN, NULL, "xen", "xen tsc", NULL) }, "clocksource-ok",
		GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("kvm", MODERN, NULL, "arch_sys_counter", "arch_sys_counter", NULL) },
		"clocksource-ok", GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST(
		  "vmware", "2.6.18-128.el5", NULL, "acpi_pm", "acpi_pm jiffies tsc pit", NULL) },
		"clocksource-ok", GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("kvm", MODERN, NULL, "tsc", NULL, NULL) }, "clocksource-ok",
		GCLK_SEVERITY_OK, "", NULL },
	/* time is lost */
	{ { GCLK_GUEST("kvm", MODERN, "ro clocksource=jiffies nohz=off highres=off", "jiffies",
		  "tsc kvm-clock acpi_pm jiffies", NULL) },
		"clocksource-loses-time", GCLK_SEVERITY_CRITICAL,
		"clocksource tsc\nboot clocksource=tsc", "echo tsc >/sys/devices" },
	{ { GCLK_GUEST("kvm", MODERN, "ro", "refined-jiffies", "refined-jiffies", NULL) },
		"clocksource-loses-time", GCLK_SEVERITY_CRITICAL, "", "invariant TSC" },
	{ { GCLK_GUEST("kvm", MODERN, "ro", "jiffies", "hpet acpi_pm jiffies", NULL) },
		"clocksource-loses-time tsc-unavailable", GCLK_SEVERITY_CRITICAL,
		"clocksource hpet", "switch to hpet" },
	{ { GCLK_GUEST("vm-other", MODERN, "ro", "pit", "hpet pit", NULL) },
		"clocksource-loses-time", GCLK_SEVERITY_CRITICAL, "clocksource hpet",
		"switch to hpet" },
	{ { GCLK_GUEST("none", MODERN, "ro", "jiffies", "jiffies", NULL) },
		"clocksource-loses-time", GCLK_SEVERITY_WARNING, "", "no better clocksource" },
	{ { GCLK_GUEST("zvm", MODERN, "ro", "jiffies", "jiffies", NULL) }, "clocksource-loses-time",
		GCLK_SEVERITY_CRITICAL, "", "no better clocksource" },
	/* a slow one */
	{ { GCLK_GUEST("vmware", MODERN, "ro clocksource=acpi_pm divider=10", "acpi_pm",
		  "tsc hpet acpi_pm", NULL) },
		"clocksource-slow", GCLK_SEVERITY_WARNING, "clocksource tsc\nboot clocksource=tsc",
		"remove clocksource=acpi_pm from" },
	{ { GCLK_GUEST("vmware", "2.6.32-754.el6", "ro clock=pmtmr", "acpi_pm", "tsc hpet acpi_pm",
		  NULL) },
		"clocksource-slow", GCLK_SEVERITY_WARNING, "clocksource tsc\nboot clocksource=tsc",
		"remove clock=pmtmr from" },
	{ { GCLK_GUEST("kvm", MODERN, "ro", "hpet", "hpet acpi_pm kvm-clock", NULL) },
		"clocksource-slow tsc-unavailable", GCLK_SEVERITY_WARNING, "clocksource kvm-clock",
		"switch to kvm-clock" },
	{ { GCLK_GUEST("kvm", MODERN, "ro", "hpet", "hpet acpi_pm", SKEWED) },
		"clocksource-slow tsc-unavailable", GCLK_SEVERITY_WARNING, "", "+invtsc" },
	{ { GCLK_GUEST("microsoft", MODERN, "ro", "acpi_pm", "acpi_pm",
		  "tsc: Marking TSC unstable due to running on Hyper-V\n") },
		"clocksource-slow", GCLK_SEVERITY_WARNING, "", "CONFIG_HYPERV_TIMER" },
	/* the user forces what is already best; switching by hand was enough */
	{ { GCLK_GUEST("kvm", MODERN, "clocksource=tsc", "acpi_pm", "tsc acpi_pm", NULL) },
		"clocksource-slow", GCLK_SEVERITY_WARNING, "clocksource tsc", "switch to tsc" },
	/* not ours to change */
	{ { GCLK_GUEST("kvm", MODERN, "clocksource=hpet", "hpet", "tsc hpet", NULL),
		  .os = GCLK_OS_LINUX, .contained = TRUE },
		"clocksource-slow", GCLK_SEVERITY_WARNING, "", "switch to tsc" },
	/* a TSC that is listed only because ticks drive the timers, and is known to be bad */
	{ { GCLK_GUEST("kvm", MODERN, "ro highres=off nohz=off clocksource=jiffies", "jiffies",
		  "tsc kvm-clock jiffies", SKEWED) },
		"clocksource-loses-time", GCLK_SEVERITY_CRITICAL,
		"clocksource kvm-clock\nboot clocksource=kvm-clock", "switch to kvm-clock" },
	{ { GCLK_GUEST("none", MODERN, "ro", "jiffies", "tsc jiffies",
		  "Measured 9 cycles TSC warp between CPUs") },
		"clocksource-loses-time", GCLK_SEVERITY_WARNING, "", "no better" },
	/* ... unless it was ticks that accused it */
	{ { GCLK_GUEST("kvm", MODERN, "ro highres=off nohz=off clocksource=jiffies", "jiffies",
		  "tsc jiffies", SKEWED_AGAINST_TICKS) },
		"clocksource-loses-time", GCLK_SEVERITY_CRITICAL,
		"clocksource tsc\nboot clocksource=tsc", "switch to tsc" },
	/* it will do */
	{ { GCLK_GUEST("bhyve", MODERN, "ro", "hpet", "hpet acpi_pm", NULL) },
		"clocksource-ok tsc-unavailable", GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("qemu", MODERN, "ro", "hpet", "tsc hpet acpi_pm", NULL) },
		"clocksource-better", GCLK_SEVERITY_NOTE, "clocksource tsc", "switch to tsc" },
	/* a right one beside a TSC that is gone */
	{ { GCLK_GUEST("kvm", MODERN, "ro", "kvm-clock", "kvm-clock acpi_pm", SKEWED) },
		"clocksource-ok tsc-unavailable", GCLK_SEVERITY_OK, "", NULL },
	/* another architecture has none to miss */
	{ { GCLK_GUEST("kvm", MODERN, "ro", "tod", "tod", NULL) }, "clocksource-ok",
		GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("kvm", MODERN, "ro", "riscv_clocksource", "riscv_clocksource", NULL) }, "",
		GCLK_SEVERITY_OK, "", NULL },
	/* where the TSC is second best, nobody misses it */
	{ { GCLK_GUEST("microsoft", MODERN, "ro", "hyperv_clocksource_tsc_page",
		  "hyperv_clocksource_tsc_page hyperv_clocksource_msr acpi_pm", NULL) },
		"clocksource-ok", GCLK_SEVERITY_OK, "", NULL },
	/* nothing is known, nothing is invented */
	{ { GCLK_GUEST("none", MODERN, "ro", "hpet", "hpet acpi_pm", SKEWED) }, "",
		GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("none", MODERN, "ro", "arch_sys_counter", "arch_sys_counter", NULL) }, "",
		GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("vm-other", MODERN, "ro", "acpi_pm", "acpi_pm", NULL) }, "",
		GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("kvm", MODERN, "ro", "sp804", "sp804 tsc", NULL) }, "", GCLK_SEVERITY_OK, "",
		NULL },
	{ { GCLK_GUEST("kvm", NULL, "ro", "acpi_pm", "acpi_pm", NULL) }, "", GCLK_SEVERITY_OK, "",
		NULL },
	{ { GCLK_GUEST("kvm", MODERN, "ro", NULL, NULL, NULL) }, "", GCLK_SEVERITY_OK, "", NULL },
	{ { GCLK_GUEST("kvm", "14.1-RELEASE", NULL, "HPET", NULL, NULL), .os = GCLK_OS_FREEBSD },
		"", GCLK_SEVERITY_OK, "", NULL },
};

static void test_cases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) findings = gclk_composed_check(&cases[i].given, checks);
		g_autofree char *ids = gclk_composed_ids(findings);
		const GclkFinding *first = findings->len ? findings->pdata[0] : NULL;
		g_autofree char *fixes = gclk_composed_fixes(first);

		GCLK_ASSERT_STR(ids, cases[i].ids);
		GCLK_ASSERT_STR(fixes, cases[i].fixes);
		if (!first)
			continue;
		GCLK_ASSERT_INT(first->severity, cases[i].severity);
		if (cases[i].remedy)
			GCLK_ASSERT_HAS(first->remedy, cases[i].remedy);
		else
			CU_ASSERT_PTR_NULL(first->remedy);
	}
}

static void test_words(void)
{
	const GclkComposition ok = { GCLK_GUEST(
		"kvm", MODERN, "ro", "tsc", "tsc kvm-clock", NULL) };
	const GclkComposition slow = { GCLK_GUEST(
		"vmware", MODERN, "ro clocksource=acpi_pm", "acpi_pm", "tsc acpi_pm ", NULL) };
	g_autoptr(GPtrArray) good = gclk_composed_check(&ok, checks);
	g_autoptr(GPtrArray) bad = gclk_composed_check(&slow, checks);
	const GclkFinding *finding = gclk_findings_find(bad, "clocksource-slow");
	g_autofree char *evidence = gclk_composed_evidence(finding);

	GCLK_ASSERT_STR(gclk_findings_find(good, "clocksource-ok")->statement,
		"clocksource tsc, as is right for KVM");
	GCLK_ASSERT_HAS(finding->statement, "clocksource acpi_pm is wrong for VMware, where tsc");
	GCLK_ASSERT_HAS(evidence, "current_clocksource: acpi_pm");
	GCLK_ASSERT_HAS(evidence, "available_clocksource: tsc acpi_pm\n");
	GCLK_ASSERT_HAS(evidence, "/proc/cmdline: clocksource=acpi_pm");
	GCLK_ASSERT_HAS(evidence, "4.7 s");
}

/* --- the TSC ---------------------------------------------------------------------------------- */

static const GclkFinding *missing(GPtrArray *findings)
{
	const GclkFinding *finding = gclk_findings_find(findings, "tsc-unavailable");

	CU_ASSERT_PTR_NOT_NULL_FATAL(finding);
	return finding;
}

static void test_why_the_tsc_is_gone(void)
{
	const GclkComposition told = { GCLK_GUEST(
		"kvm", MODERN, "ro", "hpet", "hpet acpi_pm", SKEWED) };
	const GclkComposition silent = { GCLK_GUEST(
		"kvm", MODERN, "ro", "hpet", "hpet acpi_pm", "hello\n") };
	const GclkComposition unread = { GCLK_GUEST(
		"kvm", MODERN, "ro", "kvm-clock", "kvm-clock hpet", NULL) };
	g_autoptr(GPtrArray) a = gclk_composed_check(&told, checks);
	g_autoptr(GPtrArray) b = gclk_composed_check(&silent, checks);
	g_autoptr(GPtrArray) c = gclk_composed_check(&unread, checks);
	const GclkComposition accepted = { GCLK_GUEST(
		"bhyve", MODERN, "ro", "hpet", "hpet acpi_pm", NULL) };
	g_autoptr(GPtrArray) d = gclk_composed_check(&accepted, checks);
	g_autofree char *known = gclk_composed_evidence(missing(a));
	g_autofree char *unsaid = gclk_composed_evidence(missing(b));
	g_autofree char *unknown = gclk_composed_evidence(missing(c));

	GCLK_ASSERT_INT(missing(a)->severity, GCLK_SEVERITY_NOTE); /* told with what it does */
	GCLK_ASSERT_INT(missing(c)->severity, GCLK_SEVERITY_NOTE); /* kvm-clock is right */
	CU_ASSERT_PTR_NULL(missing(c)->remedy);
	GCLK_ASSERT_INT(missing(d)->severity, GCLK_SEVERITY_WARNING);
	GCLK_ASSERT_HAS(missing(d)->remedy, "invariant");
	GCLK_ASSERT_HAS(known, "because the skew is too large");
	GCLK_ASSERT_HAS(known, "due to clocksource watchdog");
	GCLK_ASSERT_HAS(known, "off by -5.000 ms in 500 ms (-10000 ppm)");
	GCLK_ASSERT_HAS(unsaid, "does not say why");
	GCLK_ASSERT_HAS(unknown, "cannot be read");
}

static void test_blamed_tsc(void)
{
	const GclkComposition given = { GCLK_GUEST("kvm", MODERN, "ro", "kvm-clock", "kvm-clock",
		"Marking clocksource 'tsc-early' as unstable because the skew is too large:\n"
		"'refined-jiffies' wd_nsec: 484000000 x\n'tsc-early' cs_nsec: 505000000 x\n") };
	g_autoptr(GPtrArray) findings = gclk_composed_check(&given, checks);
	g_autofree char *evidence = gclk_composed_evidence(missing(findings));

	GCLK_ASSERT_HAS(evidence, "the watchdog was refined-jiffies, which counts ticks");
	CU_ASSERT_PTR_NULL(strstr(evidence, "does not say why"));
}

static void test_forbidden_tsc(void)
{
	static const char *const lines[] = { "ro notsc", "ro tsc=unstable" };

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		const GclkComposition given = { GCLK_GUEST(
			"vmware", MODERN, lines[i], "acpi_pm", "acpi_pm", NULL) };
		g_autoptr(GPtrArray) findings = gclk_composed_check(&given, checks);
		const GclkFinding *finding = missing(findings);

		GCLK_ASSERT_STR(finding->statement, "the command line forbids the TSC");
		GCLK_ASSERT_HAS(finding->remedy, lines[i] + strlen("ro "));
	}
}

static void variable_cpuid(guint32 leaf, guint32 registers[4])
{
	memset(registers, 0, 4 * sizeof *registers);
	registers[0] = leaf == 0x80000000u ? 0x80000008u : 0;
}

static void invariant_cpuid(guint32 leaf, guint32 registers[4])
{
	variable_cpuid(leaf, registers);
	registers[3] = leaf == 0x80000007u ? 1u << 8 : 0;
}

static void silent_cpuid(guint32 leaf, guint32 registers[4])
{
	(void)leaf;
	memset(registers, 0, 4 * sizeof *registers);
}

static void test_variable_tsc(void)
{
	GclkComposition given = { GCLK_GUEST(
		"kvm", MODERN, "clocksource=tsc", "tsc", "kvm-clock tsc hpet", NULL) };
	g_autoptr(GPtrArray) variable = NULL;
	g_autoptr(GPtrArray) invariant = NULL;
	g_autoptr(GPtrArray) unknown = NULL;
	g_autofree char *fixes = NULL;

	given.cpuid = variable_cpuid;
	variable = gclk_composed_check(&given, checks);
	given.cpuid = invariant_cpuid;
	invariant = gclk_composed_check(&given, checks);
	given.cpuid = silent_cpuid;
	unknown = gclk_composed_check(&given, checks);
	fixes = gclk_composed_fixes(gclk_findings_find(variable, "clocksource-tsc-variable"));
	GCLK_ASSERT_STR(fixes, "clocksource kvm-clock\nboot clocksource=kvm-clock");
	CU_ASSERT_PTR_NOT_NULL(gclk_findings_find(invariant, "clocksource-ok"));
	CU_ASSERT_PTR_NOT_NULL(gclk_findings_find(unknown, "clocksource-ok"));
	given.cpuid = variable_cpuid;
	given.clocksources = "tsc hpet"; /* nothing better */
	g_ptr_array_unref(unknown);
	unknown = gclk_composed_check(&given, checks);
	CU_ASSERT_PTR_NOT_NULL(gclk_findings_find(unknown, "clocksource-ok"));
}

int main(void)
{
	static const GclkTestCase all[] = {
		{ "cases", test_cases },
		{ "words", test_words },
		{ "why the TSC is gone", test_why_the_tsc_is_gone },
		{ "a TSC that ticks blamed", test_blamed_tsc },
		{ "a forbidden TSC", test_forbidden_tsc },
		{ "a TSC that is not invariant", test_variable_tsc },
		{ NULL, NULL },
	};

	return gclk_test_main("check-clocksource", all);
}
