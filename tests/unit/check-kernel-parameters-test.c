/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "composed-survey.h"
#include "harness.h"

static const GclkCheck checks[] = { gclk_check_kernel_parameters, NULL };
static const GclkCheck both[] = { gclk_check_clocksource, gclk_check_kernel_parameters, NULL };

#define RHEL4  "2.6.9-89.EL"
#define RHEL50 "2.6.18-8.el5"
#define RHEL53 "2.6.18-128.el5"
#define RHEL55 "2.6.18-194.el5"
#define RHEL6  "2.6.32-754.el6.x86_64"
#define MODERN "6.1.0-30-amd64"

#define OK       GCLK_SEVERITY_OK
#define NOTE     GCLK_SEVERITY_NOTE
#define WARNING  GCLK_SEVERITY_WARNING
#define CRITICAL GCLK_SEVERITY_CRITICAL

#define PARAMETER "kernel-parameter-"

/* One parameter, one generation, one hypervisor: what is said. */
static const struct {
	const char *hypervisor, *release, *line, *id;
	GclkSeverity severity;
} rows[] = {
	{ "vmware", MODERN, "divider=10", PARAMETER "divider", NOTE },
	{ "none", RHEL6, "divider=10", PARAMETER "divider", NOTE },
	{ "vmware", RHEL55, "divider=10", "kernel-parameters-ok", OK }, /* for load only */
	{ "vmware", RHEL55, "clocksource=acpi_pm", PARAMETER "clocksource", NOTE },
	{ "vmware", RHEL6, "clocksource=acpi_pm", PARAMETER "clocksource", WARNING },
	{ "kvm", MODERN, "clocksource=acpi_pm", PARAMETER "clocksource", WARNING },
	{ "kvm", MODERN, "clocksource=hpet", PARAMETER "clocksource", WARNING },
	{ "kvm", MODERN, "clocksource=jiffies", PARAMETER "clocksource", CRITICAL },
	{ "kvm", MODERN, "clocksource=pit", PARAMETER "clocksource", CRITICAL },
	{ "none", MODERN, "clocksource=refined-jiffies", PARAMETER "clocksource", CRITICAL },
	{ "kvm", MODERN, "clocksource=tsc", "kernel-parameters-ok", OK },
	{ "bhyve", MODERN, "clocksource=hpet", "kernel-parameters-ok", OK },
	{ "none", MODERN, "clocksource=hpet", "", OK },
	{ "vm-other", MODERN, "clocksource=acpi_pm", "kernel-parameters-ok", OK },
	{ "vmware", MODERN, "clock=pmtmr", PARAMETER "clock", WARNING },
	{ "vmware", MODERN, "clock=hpet", PARAMETER "clock", WARNING },
	{ "vmware", MODERN, "clock=pit", PARAMETER "clock", CRITICAL },
	{ "vmware", MODERN, "clock=tsc", PARAMETER "clock", NOTE },
	{ "kvm", MODERN, "notsc", PARAMETER "notsc", WARNING },
	{ "none", MODERN, "notsc", "", OK },
	{ "kvm", MODERN, "tsc=unstable", PARAMETER "tsc", WARNING },
	{ "zvm", MODERN, "tsc=unstable", "kernel-parameters-ok", OK },
	{ "vmware", RHEL6, "tsc=reliable", "kernel-parameters-ok", OK },
	{ "vmware", MODERN, "tsc=reliable", PARAMETER "tsc", NOTE },
	{ "vmware", MODERN, "tsc=nowatchdog", PARAMETER "tsc", NOTE },
	{ "kvm", MODERN, "tsc=reliable", PARAMETER "tsc", NOTE },
	{ "kvm", MODERN, "tsc=nowatchdog", PARAMETER "tsc", NOTE },
	{ "none", MODERN, "tsc=reliable", "", OK },
	{ "kvm", MODERN, "no-kvmclock", PARAMETER "no-kvmclock", WARNING },
	{ "kvm", MODERN, "no_kvmclock", PARAMETER "no-kvmclock", WARNING },
	{ "vmware", MODERN, "no-kvmclock", "kernel-parameters-ok", OK },
	{ "kvm", MODERN, "nopv", PARAMETER "nopv", WARNING },
	{ "xen", MODERN, "xen_nopv", PARAMETER "nopv", WARNING },
	{ "kvm", MODERN, "nohz=off", PARAMETER "nohz", NOTE },
	{ "kvm", MODERN, "nohz=on", "kernel-parameters-ok", OK },
	{ "none", MODERN, "nohz=off", "", OK },
	{ "kvm", MODERN, "highres=off", PARAMETER "highres", NOTE },
	{ "kvm", MODERN, "nolapic_timer", PARAMETER "nolapic-timer", WARNING },
	{ "kvm", MODERN, "lpj=10399992", PARAMETER "lpj", NOTE },
	{ "kvm", MODERN, "hpet=disable", PARAMETER "hpet", NOTE },
	{ "none", MODERN, "hpet=disable", "", OK },
	{ "kvm", MODERN, "report_lost_ticks", PARAMETER "report-lost-ticks", NOTE },
	{ "xen", MODERN, "independent_wallclock=1", PARAMETER "independent-wallclock", NOTE },
	{ "kvm", MODERN, "processor.max_cstate=1", PARAMETER "max-cstate", NOTE },
	{ "kvm", MODERN, "intel_idle.max_cstate=0", PARAMETER "max-cstate", NOTE },
	{ "kvm", MODERN, "ro quiet", "kernel-parameters-ok", OK },
	{ "kvm", MODERN, "ro -- divider=10", "kernel-parameters-ok", OK },
	{ "kvm", MODERN, "dividers=10 xclocksource=acpi_pm", "kernel-parameters-ok", OK },
	{ "kvm", "nonsense", "divider=10", "", OK },
	/* kernels that count ticks */
	{ "vmware", RHEL4, "ro", PARAMETER "missing", WARNING },
	{ "vmware", RHEL4, "clock=pmtmr", PARAMETER "missing", WARNING },
	{ "vmware", RHEL4, "clock=pmtmr divider=10", "kernel-parameters-ok", OK },
	{ "vmware", RHEL50, "ro", PARAMETER "missing", WARNING },
	{ "vmware", RHEL50, "clocksource=acpi_pm", "kernel-parameters-ok", OK },
	{ "vmware", RHEL53, "divider=4 clocksource=acpi_pm", PARAMETER "missing", WARNING },
	{ "vmware", RHEL53, "divider=10 clocksource=acpi_pm notsc", "kernel-parameters-ok", OK },
	{ "vmware", RHEL55, "ro", "kernel-parameters-ok", OK },
	{ "none", RHEL53, "ro", "", OK },
	{ "xen", "2.6.18-128.el5xen", "ro", "kernel-parameters-ok", OK },
	{ "kvm", "2.6.18-6-amd64", "ro", "kernel-counts-ticks", WARNING },
};

static void test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const GclkComposition given = { GCLK_GUEST(
			rows[i].hypervisor, rows[i].release, rows[i].line, NULL, NULL, NULL) };
		g_autoptr(GPtrArray) findings = gclk_composed_check(&given, checks);
		g_autofree char *ids = gclk_composed_ids(findings);

		if (strcmp(ids, rows[i].id) != 0)
			printf("\n%s on %s, %s", rows[i].line, rows[i].hypervisor, rows[i].release);
		GCLK_ASSERT_STR(ids, rows[i].id);
		if (findings->len)
			GCLK_ASSERT_INT(
				((GclkFinding *)findings->pdata[0])->severity, rows[i].severity);
	}
}

static void test_words(void)
{
	const GclkComposition given = { GCLK_GUEST(
		"vmware", MODERN, "ro divider=10 clocksource=acpi_pm", NULL, NULL, NULL) };
	g_autoptr(GPtrArray) findings = gclk_composed_check(&given, checks);
	const GclkFinding *divider = gclk_findings_find(findings, PARAMETER "divider");
	const GclkFinding *clocksource = gclk_findings_find(findings, PARAMETER "clocksource");
	g_autofree char *evidence = gclk_composed_evidence(divider);

	GCLK_ASSERT_INT(findings->len, 2);
	GCLK_ASSERT_HAS(divider->remedy, "remove divider=10 from");
	GCLK_ASSERT_HAS(evidence, "/proc/cmdline: divider=10\nkernel: " MODERN);
	GCLK_ASSERT_HAS(clocksource->statement, "cured kernels that count ticks");
	GCLK_ASSERT_HAS(clocksource->statement, "harms this one");
}

static void test_missing_cure(void)
{
	const GclkComposition none = { GCLK_GUEST("vmware", RHEL53, "ro", NULL, NULL, NULL) };
	const GclkComposition half = { GCLK_GUEST(
		"vmware", RHEL53, "ro divider=10", NULL, NULL, NULL) };
	const GclkComposition contained = { GCLK_GUEST("vmware", RHEL53, "ro", NULL, NULL, NULL),
		.contained = TRUE };
	g_autoptr(GPtrArray) a = gclk_composed_check(&none, checks);
	g_autoptr(GPtrArray) b = gclk_composed_check(&half, checks);
	g_autoptr(GPtrArray) c = gclk_composed_check(&contained, checks);
	const GclkFinding *finding = gclk_findings_find(a, PARAMETER "missing");
	g_autofree char *all = gclk_composed_fixes(finding);
	g_autofree char *rest = gclk_composed_fixes(gclk_findings_find(b, PARAMETER "missing"));
	g_autofree char *ours = gclk_composed_fixes(gclk_findings_find(c, PARAMETER "missing"));

	GCLK_ASSERT_STR(all, "boot divider=10\nboot clocksource=acpi_pm");
	GCLK_ASSERT_STR(rest, "boot clocksource=acpi_pm");
	GCLK_ASSERT_STR(ours, "");
	GCLK_ASSERT_HAS(finding->statement, "Red Hat Enterprise Linux 5.1 to 5.3 counts ticks");
	GCLK_ASSERT_HAS(finding->remedy, "it harms newer ones");
	GCLK_ASSERT_HAS(finding->remedy, "/boot/grub/grub.conf");
}

/* What the check of the clocksource has told with its effect is not told twice. */
static void test_told_once(void)
{
	const GclkComposition forced = { GCLK_GUEST(
		"kvm", MODERN, "clocksource=acpi_pm", "acpi_pm", "tsc acpi_pm", NULL) };
	const GclkComposition gone = { GCLK_GUEST(
		"kvm", MODERN, "notsc", "kvm-clock", "kvm-clock", NULL) };
	const GclkComposition unstable = { GCLK_GUEST(
		"kvm", MODERN, "tsc=unstable", "hpet", "hpet", NULL) };
	const GclkComposition overruled = { GCLK_GUEST(
		"kvm", MODERN, "clocksource=acpi_pm", "tsc", "tsc acpi_pm", NULL) };
	g_autoptr(GPtrArray) a = gclk_composed_check(&forced, both);
	g_autoptr(GPtrArray) b = gclk_composed_check(&gone, both);
	g_autoptr(GPtrArray) c = gclk_composed_check(&unstable, both);
	g_autoptr(GPtrArray) d = gclk_composed_check(&overruled, both);
	g_autofree char *ids_a = gclk_composed_ids(a);
	g_autofree char *ids_b = gclk_composed_ids(b);
	g_autofree char *ids_c = gclk_composed_ids(c);
	g_autofree char *ids_d = gclk_composed_ids(d);
	g_autofree char *fixes =
		gclk_composed_fixes(gclk_findings_find(d, PARAMETER "clocksource"));

	GCLK_ASSERT_STR(ids_a, "clocksource-slow");
	GCLK_ASSERT_STR(ids_b, "clocksource-ok tsc-unavailable");
	GCLK_ASSERT_STR(ids_c, "clocksource-slow tsc-unavailable");
	GCLK_ASSERT_STR(ids_d, "clocksource-ok " PARAMETER "clocksource");
	GCLK_ASSERT_STR(fixes, "boot clocksource=tsc"); /* right now, wrong after the next boot */
}

static void test_less_if_good(void)
{
	const GclkComposition good = { GCLK_GUEST(
		"kvm", MODERN, "no-kvmclock", "tsc", "tsc hpet", NULL) };
	const GclkComposition bad = { GCLK_GUEST(
		"kvm", MODERN, "no-kvmclock", "hpet", "hpet", NULL) };
	g_autoptr(GPtrArray) a = gclk_composed_check(&good, checks);
	g_autoptr(GPtrArray) b = gclk_composed_check(&bad, checks);

	GCLK_ASSERT_INT(gclk_findings_find(a, PARAMETER "no-kvmclock")->severity, NOTE);
	GCLK_ASSERT_INT(gclk_findings_find(b, PARAMETER "no-kvmclock")->severity, WARNING);
}

static void test_once_each(void)
{
	const GclkComposition twice = { GCLK_GUEST("kvm", MODERN,
		"processor.max_cstate=1 intel_idle.max_cstate=0 lpj=1 lpj=2", NULL, NULL, NULL) };
	const GclkComposition freebsd = { GCLK_GUEST("kvm", "14.1-RELEASE", "divider=10", NULL,
						  NULL, NULL),
		.os = GCLK_OS_FREEBSD };
	const GclkComposition unknown = { GCLK_GUEST("kvm", MODERN, NULL, NULL, NULL, NULL) };
	g_autoptr(GPtrArray) a = gclk_composed_check(&twice, checks);
	g_autoptr(GPtrArray) b = gclk_composed_check(&freebsd, checks);
	g_autoptr(GPtrArray) c = gclk_composed_check(&unknown, checks);
	g_autofree char *ids = gclk_composed_ids(a);

	GCLK_ASSERT_STR(ids, PARAMETER "max-cstate " PARAMETER "lpj");
	GCLK_ASSERT_INT(b->len, 0);
	GCLK_ASSERT_INT(c->len, 0);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "rows", test_rows },
		{ "words", test_words },
		{ "a missing cure", test_missing_cure },
		{ "told once", test_told_once },
		{ "less, if the clocksource is right", test_less_if_good },
		{ "once each", test_once_each },
		{ NULL, NULL },
	};

	return gclk_test_main("check-kernel-parameters", cases);
}
