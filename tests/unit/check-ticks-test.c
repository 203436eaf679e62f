/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <string.h>

#include "composed-survey.h"
#include "harness.h"

static const GclkCheck checks[] = { gclk_check_ticks, NULL };
/* What is wrong with the clocksource is the cause of what is measured. */
static const GclkCheck with_cause[] = { gclk_check_clocksource, gclk_check_kernel_parameters,
	gclk_check_ticks, NULL };

#define MODERN "6.1.0-30-amd64"
#define RHEL5  "2.6.18-92.el5"
#define ALL    "tsc hpet acpi_pm jiffies"

/* --- what was measured -------------------------------------------------------------------------
 */

/* Against the RTC; infinite error: against nothing. */
static GclkTickHealth measured(GclkTickVerdict verdict, double lost_ppm, double error_ppm)
{
	GclkTickHealth health;

	gclk_tick_health_init(&health);
	health.verdict = verdict;
	health.lost_ppm = lost_ppm;
	health.lost_error_ppm = error_ppm;
	health.reference = isinf(error_ppm) ? NULL : "rtc";
	health.confidence = 0.97;
	health.measured = health.duration = 10 * GCLK_NS_PER_S;
	health.hz = 250;
	health.tick_driven = TRUE;
	health.comparisons[0] = (GclkTickComparison){ "rtc", GCLK_COMPARISON_USED, lost_ppm,
		error_ppm, 0, 10 * GCLK_NS_PER_S };
	health.n_comparisons = health.reference ? 1 : 0;
	return health;
}

static const GclkFinding *first(const GPtrArray *findings)
{
	CU_ASSERT_TRUE_FATAL(findings->len > 0);
	return findings->pdata[0];
}

static GPtrArray *check(const char *release, const char *clocksource, const char *available,
	const GclkTickHealth *ticks)
{
	const GclkComposition given = {
		GCLK_GUEST("qemu", release, NULL, clocksource, available, NULL),
		.ticks = ticks,
	};

	return gclk_composed_check(&given, checks);
}

static GPtrArray *check_with_cause(const char *command_line, const char *clocksource,
	const char *log, const GclkTickHealth *ticks)
{
	const GclkComposition given = {
		GCLK_GUEST("qemu", MODERN, command_line, clocksource, ALL, log),
		.ticks = ticks,
	};

	return gclk_composed_check(&given, with_cause);
}

#define ASSERT_IDS(findings, wanted)                                                               \
	do {                                                                                       \
		g_autofree char *ids_ = gclk_composed_ids(findings);                               \
		GCLK_ASSERT_STR(ids_, wanted);                                                     \
	} while (0)

/* --- tests -------------------------------------------------------------------------------------
 */

/* The one that is measured. */
static const GclkFinding *loss_of(const GPtrArray *findings)
{
	const GclkFinding *loss = gclk_findings_find(findings, "tick-loss");

	CU_ASSERT_PTR_NOT_NULL_FATAL(loss);
	return loss;
}

static void test_losing(void)
{
	const GclkTickHealth ticks = measured(GCLK_TICKS_LOSING, 48811, 912);
	g_autoptr(GPtrArray) findings =
		check_with_cause("clocksource=jiffies nohz=off", "jiffies", NULL, &ticks);
	g_autofree char *evidence = gclk_composed_evidence(loss_of(findings));
	g_autofree char *fixes = gclk_composed_fixes(loss_of(findings));

	/* one cause, told once */
	ASSERT_IDS(findings, "kernel-parameter-nohz tick-loss");
	GCLK_ASSERT_INT(loss_of(findings)->severity, GCLK_SEVERITY_CRITICAL);
	GCLK_ASSERT_HAS(loss_of(findings)->statement,
		"the clock loses 4.9 % of its time (49,000 ppm +- 910), by the RTC over 10 s: "
		"3 min an hour");
	GCLK_ASSERT_HAS(loss_of(findings)->remedy, "echo tsc >");
	GCLK_ASSERT_HAS(loss_of(findings)->remedy, "remove clocksource=jiffies");
	GCLK_ASSERT_STR(fixes, "clocksource tsc\nboot clocksource=tsc");
	GCLK_ASSERT_HAS(evidence, "/proc/cmdline: clocksource=jiffies");
	GCLK_ASSERT_HAS(evidence, "clocksource jiffies: time is the number of ticks");
	GCLK_ASSERT_HAS(evidence, "the RTC: the clock loses 49,000 ppm +- 910 over 10.0 s");
	GCLK_ASSERT_HAS(evidence, "250 ticks a second");
	GCLK_ASSERT_HAS(evidence, "97 %");
}

/* What VMware's backdoor tells besides the time. */
static void test_backlog(void)
{
	static const struct {
		gint64 backlog;
		const char *evidence; /* NULL: not a word */
	} rows[] = {
		{ 250 * GCLK_NS_PER_MS, "up to 250 ms of timer ticks yet to deliver" },
		{ 0, "the hypervisor owes no timer ticks" },
		{ -1, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		GclkTickHealth ticks = measured(GCLK_TICKS_LOSING, 49000, 900);
		g_autoptr(GPtrArray) findings = NULL;
		g_autofree char *evidence = NULL;

		ticks.backlog = rows[i].backlog;
		ticks.reference = ticks.comparisons[0].name = "host";
		findings = check(MODERN, "jiffies", ALL, &ticks);
		evidence = gclk_composed_evidence(loss_of(findings));
		GCLK_ASSERT_HAS(evidence, "the host's clock: the clock loses 49,000 ppm");
		if (rows[i].evidence)
			GCLK_ASSERT_HAS(evidence, rows[i].evidence);
		else
			CU_ASSERT_PTR_NULL(strstr(evidence, "the hypervisor"));
	}
}

/* What guestclockd knows is not told as measured over so and so long. */
static void test_daemons_word(void)
{
	GclkTickHealth ticks = measured(GCLK_TICKS_HEALTHY, 12, 3);
	g_autoptr(GPtrArray) findings = NULL;
	g_autofree char *evidence = NULL;

	ticks.reference = ticks.comparisons[0].name = GCLK_TICK_COUNTER_DAEMON;
	findings = check(MODERN, "tsc", ALL, &ticks);
	evidence = gclk_composed_evidence(first(findings));
	GCLK_ASSERT_HAS(first(findings)->statement,
		"the clock is right to 15 ppm by guestclockd over the last minutes");
	GCLK_ASSERT_HAS(evidence,
		"guestclockd: the clock loses 12 ppm +- 3 over the last minutes (the reference)");
}

/* Nobody is sent to a TSC that is known to be bad, nor away from kvm-clock to one that may change
   its rate, nor to another clocksource where this one is right. */
static void test_no_bad_tsc(void)
{
	const GclkTickHealth lost = measured(GCLK_TICKS_LOSING, 3000, 200);
	const GclkComposition emulated = {
		GCLK_GUEST("qemu", MODERN, NULL, "jiffies", ALL,
			"[    0.1] Measured 3000 cycles TSC warp between CPUs, turning off TSC "
			"clock.\n"),
		.ticks = &lost,
	};
	g_autoptr(GPtrArray) warped = gclk_composed_check(&emulated, with_cause);
	g_autofree char *fixes = gclk_composed_fixes(loss_of(warped));
	GclkTickHealth slow = lost;
	g_autoptr(GPtrArray) right = NULL;

	GCLK_ASSERT_STR(fixes, "clocksource hpet");
	GCLK_ASSERT_HAS(loss_of(warped)->remedy, "echo hpet");
	slow.tick_driven = FALSE;
	right = check_with_cause("ro", "kvm-clock", NULL, &slow);
	ASSERT_IDS(right, "clocksource-ok kernel-parameters-ok clock-slow");
	CU_ASSERT_PTR_NULL(((GclkFinding *)right->pdata[2])->fixes);
	GCLK_ASSERT_HAS(
		((GclkFinding *)right->pdata[2])->remedy, "the rate of this counter is wrong");
}

/* Nothing to switch to, a kernel that needs a parameter instead, a contained process, FreeBSD. */
static void test_remedies(void)
{
	const GclkTickHealth ticks = measured(GCLK_TICKS_LOSING, 3000, 200);
	g_autoptr(GPtrArray) alone = check(MODERN, "jiffies", "jiffies", &ticks);
	g_autoptr(GPtrArray) old = check(RHEL5, "jiffies", NULL, &ticks);
	const GclkComposition contained = { GCLK_GUEST("qemu", MODERN, NULL, "jiffies", ALL, NULL),
		.contained = TRUE, .ticks = &ticks };
	g_autoptr(GPtrArray) guest = gclk_composed_check(&contained, with_cause);
	const GclkComposition bsd = { GCLK_GUEST("qemu", "14.1-RELEASE", NULL, "i8254", NULL, NULL),
		.os = GCLK_OS_FREEBSD, .ticks = &ticks };
	g_autoptr(GPtrArray) freebsd = gclk_composed_check(&bsd, checks);

	GCLK_ASSERT_HAS(first(alone)->remedy, "let the host offer a TSC");
	CU_ASSERT_PTR_NULL(first(alone)->fixes);
	GCLK_ASSERT_HAS(first(alone)->statement, "0.3 %");
	GCLK_ASSERT_HAS(first(alone)->statement, "11 s an hour");
	GCLK_ASSERT_HAS(first(old)->remedy, "divider=10");
	GCLK_ASSERT_HAS(loss_of(guest)->remedy, "echo tsc");
	CU_ASSERT_PTR_NULL(loss_of(guest)->fixes);
	GCLK_ASSERT_HAS(first(freebsd)->remedy, "kern.timecounter");
	CU_ASSERT_PTR_NULL(strstr(first(freebsd)->remedy, "/sys"));
}

static void test_wrong_rates(void)
{
	GclkTickHealth slow = measured(GCLK_TICKS_LOSING, 900, 150);
	GclkTickHealth fast = measured(GCLK_TICKS_GAINING, -52000, 150);
	g_autoptr(GPtrArray) one = NULL;
	g_autoptr(GPtrArray) two = check(RHEL5, "jiffies", NULL, &fast);
	g_autoptr(GPtrArray) three = NULL;

	slow.tick_driven = FALSE;
	one = check(MODERN, "tsc", "tsc", &slow);
	ASSERT_IDS(one, "clock-slow");
	GCLK_ASSERT_HAS(first(one)->statement, "it loses 0.09 % of its time (900 ppm +- 150)");
	GCLK_ASSERT_HAS(first(one)->remedy, "the rate of this counter is wrong");
	ASSERT_IDS(two, "clock-fast");
	GCLK_ASSERT_HAS(first(two)->statement, "it gains 5.2 % of its time (52,000 ppm +- 150)");
	GCLK_ASSERT_HAS(first(two)->remedy, "boot this kernel with");
	fast.tick_driven = FALSE;
	three = check(MODERN, "tsc", "tsc", &fast);
	GCLK_ASSERT_HAS(first(three)->remedy, "the rate of this counter is wrong");
}

static void test_starved(void)
{
	GclkTickHealth ticks = measured(GCLK_TICKS_STARVED, 0, INFINITY);
	g_autoptr(GPtrArray) findings = NULL;
	g_autofree char *evidence = NULL;

	ticks.tick_driven = FALSE;
	ticks.steal_share = ticks.cpu.steal = 0.12;
	ticks.cpu.busy = 0.5;
	ticks.cpu.busy_cpus = 1;
	ticks.cpu.tick_rate = 221.4;
	ticks.wakeups = (GclkWakeups){ .count = 1000,
		.late = 31,
		.limit = 12 * GCLK_NS_PER_MS,
		.worst = 48 * GCLK_NS_PER_MS };
	ticks.lateness_worst = ticks.wakeups.worst;
	findings = check(MODERN, "tsc", ALL, &ticks);
	ASSERT_IDS(findings, "starved");
	GCLK_ASSERT_INT(first(findings)->severity, GCLK_SEVERITY_WARNING);
	GCLK_ASSERT_STR(first(findings)->statement, "this machine does not get the CPU when it "
						    "needs it: 12 % of its CPU time is stolen, "
						    "it wakes up to 48.0 ms late, but the clock is "
						    "read from tsc, which loses nothing by "
						    "lost ticks");
	CU_ASSERT_PTR_NULL(first(findings)->fixes);
	evidence = gclk_composed_evidence(first(findings));
	GCLK_ASSERT_HAS(
		evidence, "31 of 1000 sleeps ended more than 12.0 ms late, the worst 48.0 ms");
	GCLK_ASSERT_HAS(evidence, "behind other programs' work");
	GCLK_ASSERT_HAS(evidence, "12.0 % of the CPU time stolen, 50 % used");
	GCLK_ASSERT_HAS(evidence, "221 ticks a second on a CPU that was never idle, of 250");
}

static void test_healthy(void)
{
	GclkTickHealth ticks = measured(GCLK_TICKS_HEALTHY, 40, 900);
	g_autoptr(GPtrArray) against = check(MODERN, "hpet", ALL, &ticks);
	g_autoptr(GPtrArray) alone = NULL;
	g_autoptr(GPtrArray) none = check(MODERN, "hpet", ALL, NULL);

	ASSERT_IDS(against, "ticks-ok");
	GCLK_ASSERT_INT(first(against)->severity, GCLK_SEVERITY_OK);
	GCLK_ASSERT_HAS(first(against)->statement, "right to 940 ppm by the RTC over 10 s");
	ticks = measured(GCLK_TICKS_HEALTHY, 0, INFINITY);
	alone = check(MODERN, "tsc", ALL, &ticks);
	GCLK_ASSERT_HAS(first(alone)->statement, "there was no independent counter");
	GCLK_ASSERT_INT(none->len, 0); /* not measured: nothing to say */
}

/* Not known is not healthy. */
static void test_unknown(void)
{
	GclkTickHealth ticks = measured(GCLK_TICKS_UNKNOWN, 0, INFINITY);
	g_autoptr(GPtrArray) nothing = check(MODERN, "jiffies", ALL, &ticks);
	g_autoptr(GPtrArray) contradiction = NULL;
	g_autoptr(GPtrArray) brief = NULL;

	ASSERT_IDS(nothing, "ticks-unknown");
	GCLK_ASSERT_INT(first(nothing)->severity, GCLK_SEVERITY_NOTE);
	GCLK_ASSERT_HAS(first(nothing)->statement, "no counter to hold the clock against");
	ticks.contradiction = TRUE;
	contradiction = check(MODERN, "jiffies", ALL, &ticks);
	GCLK_ASSERT_HAS(first(contradiction)->statement, "contradict each other");
	ticks = measured(GCLK_TICKS_UNKNOWN, 700, 12000);
	brief = check(MODERN, "jiffies", ALL, &ticks);
	GCLK_ASSERT_HAS(first(brief)->statement, "too briefly");
	GCLK_ASSERT_HAS(first(brief)->remedy, "--seconds");
}

static void test_hangs(void)
{
	GclkTickHealth ticks = measured(GCLK_TICKS_HEALTHY, 0, 100);
	g_autoptr(GPtrArray) long_ago = NULL;
	g_autoptr(GPtrArray) now = NULL;

	ticks.cpu.hangs = 0;
	ticks.cpu.hangs_total = 3;
	ticks.cpu.hang_worst = GCLK_NS_PER_MS; /* nothing to speak of */
	long_ago = check(MODERN, "hpet", ALL, &ticks);
	ASSERT_IDS(long_ago, "ticks-ok");
	ticks.cpu.hangs = 1;
	now = check(MODERN, "hpet", ALL, &ticks);
	ASSERT_IDS(now, "ticks-ok timer-hangs");
	GCLK_ASSERT_INT(((GclkFinding *)now->pdata[1])->severity, GCLK_SEVERITY_NOTE);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "time is lost", test_losing },
		{ "ticks yet to be delivered", test_backlog },
		{ "the daemon's word", test_daemons_word },
		{ "a bad TSC", test_no_bad_tsc },
		{ "remedies", test_remedies },
		{ "wrong rates", test_wrong_rates },
		{ "starved", test_starved },
		{ "healthy", test_healthy },
		{ "not known", test_unknown },
		{ "timers hung", test_hangs },
		{ NULL, NULL },
	};

	return gclk_test_main("check-ticks", cases);
}
