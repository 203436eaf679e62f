/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "composed-survey.h"
#include "harness.h"

static const GclkCheck checks[] = { gclk_check_kernel_log, NULL };
static const GclkCheck both[] = { gclk_check_clocksource, gclk_check_kernel_log, NULL };

#define RHEL53 "2.6.18-128.el5"
#define RHEL55 "2.6.18-194.el5"
#define MODERN "6.1.0-30-amd64"
#define BSD    "14.1-RELEASE"

#define NOTE     GCLK_SEVERITY_NOTE
#define WARNING  GCLK_SEVERITY_WARNING
#define CRITICAL GCLK_SEVERITY_CRITICAL

static const struct {
	const char *hypervisor, *release, *log, *id;
	GclkSeverity severity;
	const char *evidence; /* a part */
} rows[] = {
	{ "vmware", RHEL53, "warning: many lost ticks.\ntime.c: Lost 9 timer tick(s)! rip x\n",
		"log-lost-ticks", CRITICAL,
		"kernel log, 2 times, last: time.c: Lost 9 timer tick(s)! rip x\nworst: 9 ticks" },
	{ "vmware", RHEL55, "warning: many lost ticks.\n", "log-lost-ticks", WARNING,
		"kernel log: warning" },
	{ "none", RHEL53, "Losing too many ticks!\n", "log-lost-ticks", WARNING, "Losing" },
	{ "xen", "2.6.32-5-xen-amd64", "clocksource/0: Time went backwards: delta=-9\n",
		"log-time-went-backwards", WARNING, "delta=-9" },
	{ "kvm", MODERN,
		"Marking clocksource 'tsc' as unstable because the skew is too large:\n"
		"'hpet' wd_nsec: 500000000 x\n'tsc' cs_nsec: 495000000 x\n",
		"log-clocksource-unstable", WARNING, "off by -5.000 ms in 500 ms" },
	{ "kvm", MODERN, "tsc: Marking TSC unstable due to TSCs unsynchronized\n",
		"log-clocksource-unstable", WARNING, "unsynchronized" },
	{ "kvm", MODERN, "Measured 4063 cycles TSC warp between CPUs, turning off TSC clock.\n",
		"log-clocksource-unstable", WARNING, "4063" },
	{ "kvm", MODERN,
		"Override clocksource tsc is unstable and not HRT compatible - cannot switch\n",
		"log-clocksource-refused", WARNING, "Override" },
	{ "kvm", MODERN, "wd-tsc-wd read-back delay of 181880ns, clock-skew test skipped!\n",
		"log-watchdog-slow", NOTE, "worst: 0.0001819 s" },
	{ "kvm", MODERN,
		"Long readout interval, skipping watchdog check: cs_nsec: 8022630082 wd_nsec: "
		"8022627385\n",
		"log-machine-stopped", NOTE, "worst: 8.023 s" },
	{ "kvm", MODERN, "hrtimer: interrupt took 501441082 ns\n", "log-timer-late", NOTE,
		"worst: 0.5014 s" },
	{ "kvm", MODERN, "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n",
		"log-cpu-starved", WARNING, "worst: 22 s" },
	{ "kvm", MODERN, "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n",
		"log-cpu-starved", WARNING, "stalls" },
	{ "kvm", MODERN, "timekeeping: Adjusting tsc more than 11% (1 vs 2)\n",
		"log-slew-too-large", WARNING, "more than 11%" },
	{ "kvm", MODERN, "random: crng reseeded due to virtual machine fork\n", "log-restored",
		NOTE, "fork" },
	{ "microsoft", MODERN, "TIMESYNC IC: Stale time stamp, 601000000000 nsecs old\n",
		"log-hyperv-stale", WARNING, "worst: 601 s old" },
	{ "kvm", MODERN, "chronyd[8]: Forward time jump detected!\n", "log-clock-stepped", NOTE,
		"chronyd" },
	{ "kvm", BSD, "calcru: negative runtime of -41 usec for pid 0 (kernel)\n", "log-calcru",
		NOTE, "-41" },
	{ "kvm", BSD, "SMP: failed TSC synchronization test\n", "log-tsc-not-synchronous", NOTE,
		"SMP" },
	{ "microsoft", MODERN, "tsc: Marking TSC unstable due to running on Hyper-V\n", "log-ok",
		GCLK_SEVERITY_OK, "kernel log" },
	{ "kvm", MODERN, "clocksource: Switched to clocksource tsc\n", "log-ok", GCLK_SEVERITY_OK,
		"kernel log" },
	{ "kvm", MODERN, "", "log-ok", GCLK_SEVERITY_OK, "kernel log" },
};

static void test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const GclkComposition given = { GCLK_GUEST(
			rows[i].hypervisor, rows[i].release, NULL, NULL, NULL, rows[i].log) };
		g_autoptr(GPtrArray) findings = gclk_composed_check(&given, checks);
		g_autofree char *ids = gclk_composed_ids(findings);
		const GclkFinding *finding = gclk_findings_find(findings, rows[i].id);
		g_autofree char *evidence = gclk_composed_evidence(finding);

		GCLK_ASSERT_STR(ids, rows[i].id);
		if (!finding)
			continue;
		GCLK_ASSERT_INT(finding->severity, rows[i].severity);
		GCLK_ASSERT_HAS(evidence, rows[i].evidence);
	}
}

static void test_told_once(void)
{
	const GclkComposition gone = { GCLK_GUEST("kvm", MODERN, "ro", "kvm-clock",
		"kvm-clock hpet", "tsc: Marking TSC unstable due to TSCs unsynchronized\n") };
	const GclkComposition other = { GCLK_GUEST("kvm", MODERN, "ro", "tsc", "tsc kvm-clock",
		"Clocksource hpet unstable (delta = 9 ns)\n") };
	g_autoptr(GPtrArray) a = gclk_composed_check(&gone, both);
	g_autoptr(GPtrArray) b = gclk_composed_check(&other, both);
	g_autofree char *ids_a = gclk_composed_ids(a);
	g_autofree char *ids_b = gclk_composed_ids(b);

	GCLK_ASSERT_STR(ids_a, "clocksource-ok tsc-unavailable");
	GCLK_ASSERT_STR(ids_b, "clocksource-ok log-clocksource-unstable");
}

/* A TSC that was given up does no harm where Xen's clock is right, and is what is used. */
static void test_replaced(void)
{
	static const char log[] = "tsc: Marking TSC unstable due to TSCs unsynchronized\n";
	GclkComposition given = { GCLK_GUEST(
		"xen", MODERN, NULL, "xen", "xen acpi_pm jiffies", log) };
	g_autoptr(GPtrArray) xen = gclk_composed_check(&given, both);
	g_autoptr(GPtrArray) slow = NULL;

	GCLK_ASSERT_INT(gclk_findings_find(xen, "log-clocksource-unstable")->severity, NOTE);
	given.clocksource = "acpi_pm";
	slow = gclk_composed_check(&given, both);
	GCLK_ASSERT_INT(gclk_findings_find(slow, "log-clocksource-unstable")->severity, WARNING);
}

/* What happened weeks ago does not make this machine ill for good. */
static void test_long_ago(void)
{
	static const struct {
		const char *log;
		gint64 uptime;
		GclkSeverity severity;
		const char *evidence;
	} ages[] = {
		{ "[ 3600.125000] watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n",
			3600 + 20 * 86400, NOTE, "20" },
		{ "<4>[ 3600.125000][  T9] watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n",
			3600 + 2 * 86400, NOTE, "ago" },
		{ "Nov 1 08:00:00 h kernel: [ 3600.1] watchdog: BUG: soft lockup - CPU#2 stuck for "
		  "22s! [x]\n",
			3600 + 2 * 86400, NOTE, "ago" },
		{ "[ 3600.125000] watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n",
			2 * 3600, WARNING, "60 min ago" },
		{ "[ 3600.1] watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n"
		  "[ 864000.1] rcu: INFO: rcu_sched self-detected stall on CPU\n",
			864600, WARNING, "10 min ago" },
		{ "[ 3600.1] watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n", 0, WARNING,
			"22 s" },
		{ "[ 3600.1] watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n", 60, WARNING,
			"22 s" },
		{ "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n", 20 * 86400, WARNING,
			"22 s" },
		{ "[99999999999999999999.1] BUG: soft lockup - CPU#2 stuck for 22s! [x]\n",
			20 * 86400, WARNING, "22 s" },
		{ "[-5.1] BUG: soft lockup - CPU#2 stuck for 22s! [x]\n", 20 * 86400, WARNING,
			"22 s" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ages); i++) {
		const GclkComposition given = {
			GCLK_GUEST("kvm", MODERN, NULL, NULL, NULL, ages[i].log),
			.uptime = ages[i].uptime,
		};
		g_autoptr(GPtrArray) findings = gclk_composed_check(&given, checks);
		const GclkFinding *finding = gclk_findings_find(findings, "log-cpu-starved");
		g_autofree char *evidence = gclk_composed_evidence(finding);

		CU_ASSERT_PTR_NOT_NULL_FATAL(finding);
		GCLK_ASSERT_INT(finding->severity, ages[i].severity);
		GCLK_ASSERT_HAS(evidence, ages[i].evidence);
	}
}

/* On bare metal there is no host that could be asked for CPU time. */
static void test_remedies(void)
{
	GclkComposition given = { GCLK_GUEST(
		"kvm", MODERN, NULL, NULL, NULL, "hrtimer: interrupt took 5 ns\n") };
	g_autoptr(GPtrArray) virtual = gclk_composed_check(&given, checks);
	GclkComposition ticks = { GCLK_GUEST(
		"vmware", RHEL53, NULL, NULL, NULL, "warning: many lost ticks.\n") };
	g_autoptr(GPtrArray) bare = NULL;
	g_autoptr(GPtrArray) lost = NULL;

	lost = gclk_composed_check(&ticks, checks);
	GCLK_ASSERT_HAS(gclk_findings_find(lost, "log-lost-ticks")->remedy,
		"boot with divider=10 clocksource=acpi_pm, which Red Hat Enterprise Linux 5.1");
	ticks.release = "2.6.18-6-amd64";
	g_ptr_array_unref(lost);
	lost = gclk_composed_check(&ticks, checks);
	GCLK_ASSERT_STR(gclk_findings_find(lost, "log-lost-ticks")->remedy, "update the kernel");
	given.hypervisor = "none";
	bare = gclk_composed_check(&given, checks);
	GCLK_ASSERT_HAS(gclk_findings_find(virtual, "log-timer-late")->remedy, "host");
	CU_ASSERT_PTR_NULL(gclk_findings_find(bare, "log-timer-late")->remedy);
	given.log = "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [x]\n";
	g_ptr_array_unref(bare);
	bare = gclk_composed_check(&given, checks);
	GCLK_ASSERT_INT(gclk_findings_find(bare, "log-cpu-starved")->severity, NOTE);
}

static void test_unreadable(void)
{
	GclkComposition given = { GCLK_GUEST("kvm", MODERN, NULL, NULL, NULL, NULL),
		.log_unreadable = "permission denied" };
	g_autoptr(GPtrArray) forbidden = gclk_composed_check(&given, checks);
	const GclkFinding *finding = gclk_findings_find(forbidden, "log-unreadable");
	g_autofree char *evidence = gclk_composed_evidence(finding);
	g_autoptr(GPtrArray) missing = NULL;

	given.log_unreadable = NULL;
	missing = gclk_composed_check(&given, checks);
	CU_ASSERT_PTR_NOT_NULL_FATAL(finding);
	GCLK_ASSERT_INT(finding->severity, NOTE);
	GCLK_ASSERT_HAS(evidence, "permission denied");
	GCLK_ASSERT_HAS(finding->remedy, "as root");
	GCLK_ASSERT_INT(missing->len, 0); /* there is none, and nobody forbids it */
}

/* Silence of a FreeBSD guest about calcru proves nothing, and the finding says so. */
static void test_silence(void)
{
	const GclkComposition guest = { GCLK_GUEST("kvm", BSD, NULL, NULL, NULL, "x\n"),
		.os = GCLK_OS_FREEBSD };
	const GclkComposition bare = { GCLK_GUEST("none", BSD, NULL, NULL, NULL, "x\n"),
		.os = GCLK_OS_FREEBSD };
	g_autoptr(GPtrArray) a = gclk_composed_check(&guest, checks);
	g_autoptr(GPtrArray) b = gclk_composed_check(&bare, checks);
	g_autofree char *little = gclk_composed_evidence(gclk_findings_find(a, "log-ok"));
	g_autofree char *enough = gclk_composed_evidence(gclk_findings_find(b, "log-ok"));
	const GclkComposition ring = { GCLK_GUEST("kvm", MODERN, NULL, NULL, NULL, "x\n") };
	const GclkComposition boot = { GCLK_GUEST(
		"kvm", MODERN, NULL, NULL, NULL, "Linux version " MODERN " (gcc)\n") };
	g_autoptr(GPtrArray) c = gclk_composed_check(&ring, checks);
	g_autoptr(GPtrArray) d = gclk_composed_check(&boot, checks);
	g_autofree char *cut = gclk_composed_evidence(gclk_findings_find(c, "log-ok"));
	g_autofree char *whole = gclk_composed_evidence(gclk_findings_find(d, "log-ok"));

	GCLK_ASSERT_HAS(little, "calcru");
	GCLK_ASSERT_STR(enough, "kernel log");
	GCLK_ASSERT_HAS(cut, "no longer in it");
	GCLK_ASSERT_STR(whole, "kernel log");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "rows", test_rows },
		{ "told once", test_told_once },
		{ "given up, and replaced", test_replaced },
		{ "long ago", test_long_ago },
		{ "remedies", test_remedies },
		{ "an unreadable log", test_unreadable },
		{ "silence", test_silence },
		{ NULL, NULL },
	};

	return gclk_test_main("check-kernel-log", cases);
}
