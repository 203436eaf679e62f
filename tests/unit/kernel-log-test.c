/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "detect/kernel-log-pattern.h"
#include "harness.h"
#include "tree-platform.h"

#define NONE GCLK_KLOG_NO_FIGURE

/* Lines of real logs, or made with the kernels' printk formats; one at least for every pattern. */
static const struct {
	const char *line;
	GclkKernelLogKind kind;
	const char *subject, *other;
	gint64 figure, interval, cpu;
} lines[] = {
	/* RHEL 4 and 5, and their contemporaries */
	{ "time.c: Lost 7 timer tick(s)! rip default_idle+0x20/0x23)", GCLK_KLOG_LOST_TICKS, NULL,
		NULL, 7, NONE, NONE },
	{ "Losing some ticks... checking if CPU frequency changed.", GCLK_KLOG_LOST_TICKS, NULL,
		NULL, NONE, NONE, NONE },
	{ "Mar 29 23:01:36 baum kernel: warning: many lost ticks.", GCLK_KLOG_LOST_TICKS, NULL,
		NULL, NONE, NONE, NONE },
	{ "[17692.221972] Your time source seems to be instable or some driver is hogging "
	  "interupts",
		GCLK_KLOG_LOST_TICKS, NULL, NULL, NONE, NONE, NONE },
	{ "Losing too many ticks!", GCLK_KLOG_LOST_TICKS, NULL, NULL, NONE, NONE, NONE },
	{ "TSC cannot be used as a timesource.  ", GCLK_KLOG_TSC_UNSTABLE, NULL, NULL, NONE, NONE,
		NONE },
	{ "Falling back to a sane timesource now.", GCLK_KLOG_TSC_UNSTABLE, NULL, NULL, NONE, NONE,
		NONE },
	{ "Using pmtmr for high-res timesource", GCLK_KLOG_TIME_SOURCE, "pmtmr", NULL, NONE, NONE,
		NONE },
	{ "[    0.000000] time.c: Using 3.579545 MHz WALL PM GTOD PIT/TSC timer.",
		GCLK_KLOG_TIME_SOURCE, "PIT/TSC", "PM", NONE, NONE, NONE },
	{ "time.c: Detected 3169.354 MHz processor.", GCLK_KLOG_TSC_FREQUENCY, NULL, NULL, 3169354,
		NONE, NONE },
	{ "Time: acpi_pm clocksource has been installed.", GCLK_KLOG_SWITCHED, "acpi_pm", NULL,
		NONE, NONE, NONE },
	{ "BUG: soft lockup detected on CPU#1!", GCLK_KLOG_SOFT_LOCKUP, NULL, NULL, NONE, NONE, 1 },
	/* 2.6.2x to 3.x */
	{ "[96712.636963] Clocksource tsc unstable (delta = 1700735019709 ns)", GCLK_KLOG_UNSTABLE,
		"tsc", NULL, G_GINT64_CONSTANT(1700735019709), NONE, NONE },
	{ "clocksource/0: Time went backwards: delta=-9223 shadow=7 offset=1", GCLK_KLOG_BACKWARDS,
		NULL, NULL, NONE, NONE, 0 },
	{ "Timer ISR/2: Time went backwards: delta=-36 delta_cpu=1 shadow=2 off=3",
		GCLK_KLOG_BACKWARDS, NULL, NULL, NONE, NONE, 2 },
	{ "<6>[    0.680061] Switching to clocksource hpet", GCLK_KLOG_SWITCHED, "hpet", NULL, NONE,
		NONE, NONE },
	{ "Marking TSC unstable due to: possible TSC halt in C2.", GCLK_KLOG_TSC_UNSTABLE,
		"possible TSC halt in C2.", NULL, NONE, NONE, NONE },
	{ "Measured 4063 cycles TSC warp between CPUs, turning off TSC clock.", GCLK_KLOG_TSC_WARP,
		NULL, NULL, 4063, NONE, NONE },
	{ "TSC freq read from hypervisor : 2926.000 MHz", GCLK_KLOG_TSC_FREQUENCY, NULL, NULL,
		2926000, NONE, NONE },
	{ "INFO: rcu_sched self-detected stall on CPU { 1}  (t=60000 jiffies)", GCLK_KLOG_STALL,
		NULL, NULL, NONE, NONE, 1 },
	{ "BUG: soft lockup - CPU#0 stuck for 61s! [swapper:0]", GCLK_KLOG_SOFT_LOCKUP, NULL, NULL,
		61, NONE, 0 },
	{ "Override clocksource tsc is not HRT compatible. Cannot switch while in HRT/NOHZ mode",
		GCLK_KLOG_OVERRIDE_REFUSED, "tsc", NULL, NONE, NONE, NONE },
	/* 4.x and later */
	{ "[    4.5] clocksource: timekeeping watchdog: Marking clocksource 'tsc' as unstable "
	  "because the skew is too large:",
		GCLK_KLOG_UNSTABLE, "tsc", NULL, NONE, NONE, NONE },
	{ "[   81.6] clocksource: timekeeping watchdog on CPU3: Marking clocksource tsc as "
	  "unstable because the skew is too large:",
		GCLK_KLOG_UNSTABLE, "tsc", NULL, NONE, NONE, NONE },
	{ "[   81.6] clocksource:                       'hpet' wd_nsec: 503306400 wd_now: 8a "
	  "wd_last: 1c mask: ffffffff",
		GCLK_KLOG_WATCHDOG_NSEC, "hpet", NULL, 503306400, NONE, NONE },
	{ "[   81.6] clocksource:                       'tsc' cs_nsec: 495198580 cs_now: 2",
		GCLK_KLOG_CLOCKSOURCE_NSEC, "tsc", NULL, 495198580, NONE, NONE },
	{ "[   81.6] clocksource:                       Clocksource 'tsc' skewed -8107820 ns (-8 "
	  "ms) over watchdog 'hpet' interval of 503306400 ns (503 ms)",
		GCLK_KLOG_SKEW, "tsc", "hpet", -8107820, 503306400, NONE },
	{ "clocksource: timekeeping watchdog on CPU227: wd-tsc-wd excessive read-back delay of "
	  "153560ns vs. limit of 125000ns, wd-wd read-back delay only 11440ns, attempt 3, marking "
	  "tsc unstable",
		GCLK_KLOG_UNSTABLE, "tsc", NULL, 11440, NONE, NONE },
	{ "clocksource: timekeeping watchdog on CPU227: wd-tsc-wd excessive read-back delay of "
	  "153560ns vs. limit of 125000ns, wd-wd read-back delay only 11440ns, attempt 3, marking "
	  "tsc unstable",
		GCLK_KLOG_READ_BACK, NULL, NULL, 153560, NONE, NONE },
	{ "clocksource: timekeeping watchdog on CPU339: hpet read-back delay of 150280ns, attempt "
	  "3, marking unstable",
		GCLK_KLOG_UNSTABLE, NULL, NULL, 150280, NONE, NONE },
	{ "[ 818.436160] clocksource: wd-tsc-wd read-back delay of 181880ns, clock-skew test "
	  "skipped!",
		GCLK_KLOG_READ_BACK, NULL, NULL, 181880, NONE, NONE },
	{ "clocksource: clock-skew test skipped!", GCLK_KLOG_READ_BACK, NULL, NULL, NONE, NONE,
		NONE },
	{ "clocksource: timekeeping watchdog on CPU1: hpet retried 3 times before success",
		GCLK_KLOG_READ_BACK, NULL, "hpet", NONE, NONE, 1 },
	{ "[   36.278056][    C2] clocksource: Long readout interval, skipping watchdog check: "
	  "cs_nsec: 1078005296 wd_nsec: 1078004682",
		GCLK_KLOG_LONG_READOUT, NULL, NULL, 1078005296, 1078004682, NONE },
	{ "kern: warning: clocksource: Long readout interval, skipping watchdog check",
		GCLK_KLOG_LONG_READOUT, NULL, NULL, NONE, NONE, NONE },
	{ "tsc: Marking TSC unstable due to clocksource watchdog", GCLK_KLOG_TSC_UNSTABLE,
		"clocksource watchdog", NULL, NONE, NONE, NONE },
	{ "TSC found unstable after boot, most likely due to broken BIOS. Use 'tsc=unstable'.",
		GCLK_KLOG_TSC_UNSTABLE, NULL, NULL, NONE, NONE, NONE },
	{ "[    1.646497] tsc: Refined TSC clocksource calibration: 1991.999 MHz",
		GCLK_KLOG_TSC_FREQUENCY, NULL, NULL, 1991999, NONE, NONE },
	{ "[    0.000002] tsc: Detected 2195.872 MHz processor", GCLK_KLOG_TSC_FREQUENCY, NULL,
		NULL, 2195872, NONE, NONE },
	{ "tsc: Detected 2400.000 MHz TSC", GCLK_KLOG_TSC_FREQUENCY, NULL, NULL, 2400000, NONE,
		NONE },
	{ "[    1.646576] clocksource: Switched to clocksource tsc", GCLK_KLOG_SWITCHED, "tsc",
		NULL, NONE, NONE, NONE },
	{ "[    8.5] clocksource: Override clocksource tsc is unstable and not HRT compatible - "
	  "cannot switch while in HRT/NOHZ mode",
		GCLK_KLOG_OVERRIDE_REFUSED, "tsc", NULL, NONE, NONE, NONE },
	{ "[   37.745745] hrtimer: interrupt took 30841560 ns", GCLK_KLOG_TIMER_LATE, NULL, NULL,
		30841560, NONE, NONE },
	{ "rcu: INFO: rcu_preempt self-detected stall on CPU", GCLK_KLOG_STALL, NULL, NULL, NONE,
		NONE, NONE },
	{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", GCLK_KLOG_STALL, NULL, NULL,
		NONE, NONE, NONE },
	{ "rcu: rcu_sched kthread starved for 5250 jiffies! g4657 f0x0", GCLK_KLOG_STALL, NULL,
		NULL, 5250, NONE, NONE },
	{ "rcu: rcu_sched kthread timer wakeup didn't happen for 5249 jiffies! g1 f0x0",
		GCLK_KLOG_STALL, NULL, NULL, 5249, NONE, NONE },
	{ "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [kworker/2:1:92]",
		GCLK_KLOG_SOFT_LOCKUP, NULL, NULL, 22, NONE, 2 },
	{ "timekeeping: Adjusting tsc more than 11% (8388608 vs 9227468)", GCLK_KLOG_ADJUSTING,
		"tsc", NULL, NONE, NONE, NONE },
	{ "random: crng reseeded due to virtual machine fork", GCLK_KLOG_RESTORED, NULL, NULL, NONE,
		NONE, NONE },
	{ "hv_utils: TIMESYNC IC: Stale time stamp, 601000000000 nsecs old", GCLK_KLOG_HYPERV_STALE,
		NULL, NULL, G_GINT64_CONSTANT(601000000000), NONE, NONE },
	/* programs */
	{ "chronyd[812]: Forward time jump detected!", GCLK_KLOG_STEPPED, NULL, NULL, NONE, NONE,
		NONE },
	{ "chronyd[812]: Backward time jump detected!", GCLK_KLOG_STEPPED, NULL, NULL, NONE, NONE,
		NONE },
	{ "chronyd[812]: System clock wrong by 64.123456 seconds", GCLK_KLOG_STEPPED, NULL, NULL,
		NONE, NONE, NONE },
	{ "chronyd[812]: System clock was stepped by 64.123456 seconds", GCLK_KLOG_STEPPED, NULL,
		NULL, NONE, NONE, NONE },
	{ "systemd-journald[200]: Time jumped backwards, rotating.", GCLK_KLOG_STEPPED, NULL, NULL,
		NONE, NONE, NONE },
	{ "systemd-resolved[300]: Clock change detected. Flushing caches.", GCLK_KLOG_STEPPED, NULL,
		NULL, NONE, NONE, NONE },
	{ "systemd[1]: Time has been changed", GCLK_KLOG_STEPPED, NULL, NULL, NONE, NONE, NONE },
	{ "ntpd[900]: time reset +1.805219 s", GCLK_KLOG_STEPPED, NULL, NULL, NONE, NONE, NONE },
	{ "ntpdate[901]: step time server 192.0.2.1 offset 2.1 sec", GCLK_KLOG_STEPPED, NULL, NULL,
		NONE, NONE, NONE },
	{ "vmsvc[400]: [timeSync] Guest clock has lost time; stepping time.", GCLK_KLOG_STEPPED,
		NULL, NULL, NONE, NONE, NONE },
	/* FreeBSD */
	{ "Time stepped from 1700000000.1 to 1700000040.2 (3.4)", GCLK_KLOG_STEPPED, NULL, NULL,
		NONE, NONE, NONE },
	{ "calcru: runtime went backwards from 6028 usec to 3014 usec for pid 12 (intr)",
		GCLK_KLOG_CALCRU, NULL, NULL, NONE, NONE, NONE },
	{ "calcru: negative runtime of -41 usec for pid 0 (kernel)", GCLK_KLOG_CALCRU, NULL, NULL,
		NONE, NONE, NONE },
	{ "microuptime() went backwards (18.4 -> 17.9)", GCLK_KLOG_BACKWARDS, NULL, NULL, NONE,
		NONE, NONE },
	{ "SMP: failed TSC synchronization test", GCLK_KLOG_SMP_TSC_FAILED, NULL, NULL, NONE, NONE,
		NONE },
};

/* Lines that look alike and mean nothing. */
static const char *const innocent[] = {
	"clocksource: hpet: mask: 0xffffffff max_cycles: 0xffffffff, max_idle_ns: 133484882848 ns",
	"tsc: Fast TSC calibration using PIT",
	"SMP: passed TSC synchronization test",
	"clocksource: Override clocksource tsc is not currently HRT compatible - deferring",
	"perf: interrupt took too long (2501 > 2500), lowering kernel.perf_event_max_sample_rate",
	"hrtimer: interrupt took ages ns",
	"tsc: Detected 2400 MHz processor",
	"tsc: Detected 2400.00 MHz processor",
	"tsc: Detected 99999999999.000 MHz processor",
	"Marking clocksource '",
	"Clocksource 'tsc' skewed -8 ns",
	"<",
	"<6>",
	"[",
	"'''''''''",
	"",
};

static GclkKernelLog *parse(const char *text)
{
	return gclk_kernel_log_parse(text, strlen(text));
}

static void test_lines(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GclkKernelLog) log = parse(lines[i].line);
		const GclkKernelEvent *event = gclk_kernel_log_event(log, lines[i].kind);

		if (!event)
			printf("\nnot understood: %s", lines[i].line);
		CU_ASSERT_PTR_NOT_NULL(event);
		if (!event)
			continue;
		GCLK_ASSERT_INT(event->count, 1);
		GCLK_ASSERT_STR(event->subject, lines[i].subject);
		GCLK_ASSERT_STR(event->other, lines[i].other);
		GCLK_ASSERT_INT(event->figure, lines[i].figure);
		GCLK_ASSERT_INT(event->worst, lines[i].figure);
		GCLK_ASSERT_INT(event->interval, lines[i].interval);
		GCLK_ASSERT_INT(event->cpu, lines[i].cpu);
	}
}

static void test_innocent(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(innocent); i++) {
		g_autoptr(GclkKernelLog) log = parse(innocent[i]);

		for (gint kind = 0; kind < GCLK_KLOG_KINDS; kind++) {
			if (gclk_kernel_log_event(log, (GclkKernelLogKind)kind))
				printf("\n%d: %s", kind, innocent[i]);
			CU_ASSERT_PTR_NULL(gclk_kernel_log_event(log, (GclkKernelLogKind)kind));
		}
	}
}

static gboolean is_sampled(const GclkPattern *pattern)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		GclkPatternMatch match;

		if (!gclk_pattern_match(pattern->text, lines[i].line, &match))
			continue;
		gclk_pattern_match_clear(&match);
		if (lines[i].kind == pattern->kind)
			return TRUE;
	}
	return FALSE;
}

/* Of the shortest line that it fits. */
static gsize least_length(const char *pattern)
{
	gsize n = 0;

	for (; *pattern; pattern++) {
		if (*pattern == '%' && *++pattern == 'r')
			continue;
		n++;
	}
	return n;
}

static void test_every_pattern(void)
{
	const GclkPattern *patterns;
	gsize n = gclk_patterns_kernel_log(&patterns);

	CU_ASSERT_TRUE(GCLK_KLOG_KINDS <= 64); /* bits of a word */
	for (gsize i = 0; i < n; i++) {
		if (!is_sampled(&patterns[i]))
			printf("\nno sample: %s", patterns[i].text);
		CU_ASSERT_TRUE(is_sampled(&patterns[i]));
		CU_ASSERT_TRUE(patterns[i].text[0] != '%');
		CU_ASSERT_TRUE(
			strcspn(patterns[i].text, "%") < 64 || !strchr(patterns[i].text, '%'));
		CU_ASSERT_TRUE(least_length(patterns[i].text) >= GCLK_PATTERN_LEAST);
	}
}

/* --- many lines ------------------------------------------------------------------------------- */

static void test_count_and_worst(void)
{
	g_autoptr(GclkKernelLog) log = parse("time.c: Lost 3 timer tick(s)! rip a\n"
					     "time.c: Lost 90 timer tick(s)! rip b\r\n"
					     "warning: many lost ticks.\n"
					     "time.c: Lost 4 timer tick(s)! rip c\n");
	const GclkKernelEvent *event = gclk_kernel_log_event(log, GCLK_KLOG_LOST_TICKS);

	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	GCLK_ASSERT_INT(event->count, 4);
	GCLK_ASSERT_INT(event->figure, 4);
	GCLK_ASSERT_INT(event->worst, 90);
	GCLK_ASSERT_STR(event->line, "time.c: Lost 4 timer tick(s)! rip c");
	GCLK_ASSERT_STR(gclk_kernel_log_origin(log), "kernel");
	CU_ASSERT_PTR_NULL(gclk_kernel_log_release(log));
}

static void test_worst_is_farthest(void)
{
	g_autoptr(GclkKernelLog) log = parse(
		"Clocksource 'tsc' skewed 5 ns (0 ms) over watchdog 'hpet' interval of 9 ns (0 "
		"ms)\n"
		"Clocksource 'tsc' skewed -7 ns (0 ms) over watchdog 'hpet' interval of 9 ns\n"
		"Clocksource 'tsc' skewed 6 ns (0 ms) over watchdog 'acpi_pm' interval of 8 ns\n");
	const GclkKernelEvent *event = gclk_kernel_log_event(log, GCLK_KLOG_SKEW);
	gint64 skew, interval;

	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	GCLK_ASSERT_INT(event->worst, -7);
	GCLK_ASSERT_STR(event->other, "acpi_pm");
	CU_ASSERT_TRUE(gclk_kernel_log_skew(log, &skew, &interval));
	GCLK_ASSERT_INT(skew, 6);
	GCLK_ASSERT_INT(interval, 8);
}

static void test_skew_of_two_lines(void)
{
	g_autoptr(GclkKernelLog) slow = parse("'hpet' wd_nsec: 503306400 wd_now: 8a\n"
					      "'tsc' cs_nsec: 495198580 cs_now: 1\n");
	g_autoptr(GclkKernelLog) half = parse("'hpet' wd_nsec: 503306400 wd_now: 8a\n");
	g_autoptr(GclkKernelLog) absurd = parse("'hpet' wd_nsec: -9223372036854775800\n"
						"'tsc' cs_nsec: 9223372036854775800\n");
	g_autoptr(GclkKernelLog) still = parse("'hpet' wd_nsec: 0\n'tsc' cs_nsec: 5\n");
	gint64 skew = 0, interval = 0;

	CU_ASSERT_TRUE(gclk_kernel_log_skew(slow, &skew, &interval));
	GCLK_ASSERT_INT(skew, -8107820);
	GCLK_ASSERT_INT(interval, 503306400);
	CU_ASSERT_FALSE(gclk_kernel_log_skew(half, &skew, &interval));
	CU_ASSERT_FALSE(gclk_kernel_log_skew(absurd, &skew, &interval));
	CU_ASSERT_FALSE(gclk_kernel_log_skew(still, &skew, &interval));
	CU_ASSERT_FALSE(gclk_kernel_log_skew(NULL, &skew, &interval));
}

static void test_frequency(void)
{
	g_autoptr(GclkKernelLog) log =
		parse("tsc: Detected 2599.998 MHz processor\n"
		      "tsc: Refined TSC clocksource calibration: 2600.001 MHz\n");
	g_autoptr(GclkKernelLog) zero = parse("tsc: Detected 0.000 MHz processor\n");
	double khz = 0;

	CU_ASSERT_TRUE(gclk_kernel_log_tsc_khz(log, &khz));
	GCLK_ASSERT_NEAR(khz, 2600001.0, 0.0);
	CU_ASSERT_FALSE(gclk_kernel_log_tsc_khz(zero, &khz));
	CU_ASSERT_FALSE(gclk_kernel_log_tsc_khz(NULL, &khz));
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(NULL, GCLK_KLOG_STALL));
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(log, GCLK_KLOG_KINDS));
}

static void test_hyperv_does_without(void)
{
	g_autoptr(GclkKernelLog) hyperv =
		parse("tsc: Marking TSC unstable due to running on Hyper-V");
	g_autoptr(GclkKernelLog) other =
		parse("tsc: Marking TSC unstable due to clocksource watchdog");

	CU_ASSERT_TRUE(gclk_kernel_log_tsc_is_unused_by_design(hyperv));
	CU_ASSERT_FALSE(gclk_kernel_log_tsc_is_unused_by_design(other));
	CU_ASSERT_FALSE(gclk_kernel_log_tsc_is_unused_by_design(NULL));
}

/* What another boot said does not count; a line that only speaks of a version begins none. */
static void test_boots(void)
{
	g_autoptr(GclkKernelLog) log = parse(
		"Nov  1 08:00:00 h kernel: warning: many lost ticks.\n"
		"Nov  2 08:00:00 h kernel: [    0.000000] Linux version 6.1.0-30-amd64 (gcc) #1\n"
		"Nov  2 08:00:01 h kernel: [    1.2] hrtimer: interrupt took 9 ns\n"
		"Nov  2 08:00:02 h tool[3]: Linux version 5.0 is old\n");
	g_autoptr(GclkKernelLog) ring =
		parse("<5>[    0.000000][    T0] Linux version 6.18.5 (x)\n");
	g_autoptr(GclkKernelLog) freebsd =
		parse("calcru: negative runtime of -4 usec for pid 1 (init)\n"
		      "Copyright (c) 1992-2023 The FreeBSD Project.\n"
		      "SMP: failed TSC synchronization test\n");

	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(log, GCLK_KLOG_LOST_TICKS));
	CU_ASSERT_PTR_NOT_NULL(gclk_kernel_log_event(log, GCLK_KLOG_TIMER_LATE));
	GCLK_ASSERT_STR(gclk_kernel_log_release(log), "6.1.0-30-amd64");
	GCLK_ASSERT_STR(gclk_kernel_log_release(ring), "6.18.5");
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(freebsd, GCLK_KLOG_CALCRU));
	CU_ASSERT_PTR_NOT_NULL(gclk_kernel_log_event(freebsd, GCLK_KLOG_SMP_TSC_FAILED));
}

/* --- rubbish ---------------------------------------------------------------------------------- */

static void test_shown_lines_are_clean(void)
{
	static const char text[] = "\0\0\x1b[31m\xff hrtimer: interrupt took 5 ns \x1b]0;x\x07";
	g_autoptr(GclkKernelLog) log = gclk_kernel_log_parse(text, sizeof text - 1);
	const GclkKernelEvent *event = gclk_kernel_log_event(log, GCLK_KLOG_TIMER_LATE);

	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT_TRUE(g_utf8_validate(event->line, -1, NULL));
	CU_ASSERT_PTR_NULL(strchr(event->line, '\x1b'));
	CU_ASSERT_PTR_NULL(strchr(event->line, '\x07'));
	GCLK_ASSERT_HAS(event->line, "hrtimer: interrupt took 5 ns");
}

static void test_long_lines(void)
{
	const gsize length = 1024 * 1024;
	g_autofree char *text = g_malloc(length);
	g_autoptr(GclkKernelLog) log = NULL;
	const GclkKernelEvent *event;

	memset(text, 'x', length);
	memcpy(text, "hrtimer: interrupt took 5 ns ", 29);
	memcpy(text + 5000, "warning: many lost ticks.", 25); /* beyond what is looked at */
	log = gclk_kernel_log_parse(text, length);
	event = gclk_kernel_log_event(log, GCLK_KLOG_TIMER_LATE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	GCLK_ASSERT_HAS(event->line, "hrtimer: interrupt took 5 ns ");
	CU_ASSERT_TRUE(strlen(event->line) <= 160);
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(log, GCLK_KLOG_LOST_TICKS));
}

static void test_nothing(void)
{
	g_autoptr(GclkKernelLog) empty = gclk_kernel_log_parse("", 0);
	g_autoptr(GclkKernelLog) null = gclk_kernel_log_parse(NULL, 0);

	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(empty, GCLK_KLOG_SWITCHED));
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(null, GCLK_KLOG_SWITCHED));
	gclk_kernel_log_free(NULL);
}

/* The dearest MiB: quotes, at each of which some pattern begins, and lines that all match. */
static void test_time(void)
{
	const gsize length = GCLK_KERNEL_LOG_LIMIT;
	g_autofree char *text = g_malloc(length);
	static const char line[] = "hrtimer: interrupt took 5 ns\n";
	g_autoptr(GclkKernelLog) quotes = NULL;
	g_autoptr(GclkKernelLog) matches = NULL;
	gint64 begin = g_get_monotonic_time();

	memset(text, '\'', length);
	quotes = gclk_kernel_log_parse(text, length);
	for (gsize i = 0; i + sizeof line <= length; i += sizeof line - 1)
		memcpy(text + i, line, sizeof line - 1);
	matches = gclk_kernel_log_parse(text, length);
	CU_ASSERT_TRUE(gclk_kernel_log_event(matches, GCLK_KLOG_TIMER_LATE)->count > 30000);
	CU_ASSERT_TRUE(g_get_monotonic_time() - begin < 5 * G_USEC_PER_SEC);
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct {
	const char *text, *why;
	gsize limit;
} Ring;

static char *read_ring(gpointer user, gsize limit, gsize *length, const char **why)
{
	Ring *ring = user;

	ring->limit = limit;
	*why = ring->why;
	if (!ring->text)
		return NULL;
	*length = strlen(ring->text);
	return g_strdup(ring->text);
}

typedef struct {
	GclkTree tree;
	Ring ring;
	GclkMachine machine;
	GclkReader reader;
} Fixture;

static void set_up(Fixture *f)
{
	memset(f, 0, sizeof *f);
	gclk_tree_init(&f->tree);
	f->machine.platform = f->reader.platform = &f->tree.platform;
	f->machine.kernel_log = read_ring;
	f->machine.kernel_log_user = &f->ring;
	f->reader.unreadable = gclk_facts_new();
	gclk_tree_write(&f->tree, "/proc/sys/kernel/osrelease", "6.1.0-30-amd64\n", -1);
}

static void tear_down(Fixture *f)
{
	g_ptr_array_unref(f->reader.unreadable);
	gclk_tree_clear(&f->tree);
}

#define WHY "permission denied (needs root or CAP_SYSLOG)"

static void test_ring_first(void)
{
	Fixture f;
	g_autoptr(GclkKernelLog) log = NULL;

	set_up(&f);
	f.ring.text = "clocksource: Switched to clocksource tsc\n";
	gclk_tree_write(&f.tree, "/var/log/kern.log", "Switched to clocksource hpet\n", -1);
	log = gclk_kernel_log_new(&f.machine, &f.reader);
	CU_ASSERT_PTR_NOT_NULL_FATAL(log);
	GCLK_ASSERT_INT(f.ring.limit, GCLK_KERNEL_LOG_LIMIT);
	GCLK_ASSERT_STR(gclk_kernel_log_event(log, GCLK_KLOG_SWITCHED)->subject, "tsc");
	GCLK_ASSERT_INT(f.reader.unreadable->len, 0);
	tear_down(&f);
}

static void test_forbidden(void)
{
	Fixture f;

	set_up(&f);
	f.ring.why = WHY;
	CU_ASSERT_PTR_NULL(gclk_kernel_log_new(&f.machine, &f.reader));
	GCLK_ASSERT_STR(gclk_facts_find(f.reader.unreadable, GCLK_KERNEL_LOG_FACT), WHY);
	f.reader.platform->read_tail = NULL; /* a platform without such files */
	CU_ASSERT_PTR_NULL(gclk_kernel_log_new(&f.machine, &f.reader));
	tear_down(&f);
}

static void test_no_log_at_all(void)
{
	Fixture f;

	set_up(&f);
	f.machine.kernel_log = NULL;
	CU_ASSERT_PTR_NULL(gclk_kernel_log_new(&f.machine, &f.reader));
	GCLK_ASSERT_INT(f.reader.unreadable->len, 0);
	tear_down(&f);
}

static void test_files(void)
{
	static const char *const files[] = { "/var/run/dmesg.boot", "/var/log/dmesg",
		"/var/log/syslog", "/var/log/messages", "/var/log/kern.log" };
	Fixture f;

	set_up(&f);
	f.ring.why = WHY;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GclkKernelLog) log = NULL;

		gclk_tree_write(&f.tree, files[i], "Switched to clocksource hpet\n", -1);
		log = gclk_kernel_log_new(&f.machine, &f.reader);
		CU_ASSERT_PTR_NOT_NULL_FATAL(log);
		GCLK_ASSERT_STR(gclk_kernel_log_origin(log), files[i]);
	}
	GCLK_ASSERT_INT(f.reader.unreadable->len, 0);
	tear_down(&f);
}

/* Empty files, and those that speak of another kernel, are passed over. */
static void test_stale_files(void)
{
	Fixture f;
	g_autoptr(GclkKernelLog) log = NULL;

	set_up(&f);
	f.ring.why = WHY;
	gclk_tree_write(&f.tree, "/var/log/kern.log", "", 0);
	gclk_tree_write(&f.tree, "/var/log/messages",
		"Nov  1 08:00:00 h kernel: Linux version 5.10.0-8-amd64 (gcc)\n"
		"Nov  1 08:00:00 h kernel: warning: many lost ticks.\n",
		-1);
	gclk_tree_write(&f.tree, "/var/log/dmesg",
		"[    0.000000] Linux version 6.1.0-30-amd64 (gcc)\n", -1);
	log = gclk_kernel_log_new(&f.machine, &f.reader);
	CU_ASSERT_PTR_NOT_NULL_FATAL(log);
	GCLK_ASSERT_STR(gclk_kernel_log_origin(log), "/var/log/dmesg");
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(log, GCLK_KLOG_LOST_TICKS));
	tear_down(&f);
}

/* A file of so many bytes, whose end is text. */
static void write_huge(Fixture *f, const char *path, gint64 size, const char *text)
{
	g_autofree char *real = g_strconcat(f->tree.root, path, NULL);
	const gsize length = strlen(text);
	int fd;

	gclk_tree_write(&f->tree, path, "Switched to clocksource jiffies\n", -1);
	fd = g_open(real, O_WRONLY | O_CLOEXEC, 0);
	CU_ASSERT_TRUE(pwrite(fd, text, length, size - (gint64)length) == (gssize)length);
	close(fd);
}

static glong peak_kib(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) ? 0 : usage.ru_maxrss;
}

static void test_huge_file(void)
{
	Fixture f;
	g_autoptr(GclkKernelLog) log = NULL;
	gint64 begin = g_get_monotonic_time();
	glong peak = peak_kib();

	set_up(&f);
	f.ring.why = WHY;
	write_huge(&f, "/var/log/kern.log", 100 * 1024 * 1024, "\nhrtimer: interrupt took 5 ns\n");
	log = gclk_kernel_log_new(&f.machine, &f.reader);
	CU_ASSERT_PTR_NOT_NULL_FATAL(log);
	CU_ASSERT_PTR_NOT_NULL(gclk_kernel_log_event(log, GCLK_KLOG_TIMER_LATE));
	CU_ASSERT_PTR_NULL(gclk_kernel_log_event(log, GCLK_KLOG_SWITCHED)); /* its beginning */
	CU_ASSERT_TRUE(g_get_monotonic_time() - begin < 2 * G_USEC_PER_SEC);
	CU_ASSERT_TRUE(peak_kib() - peak < 16 * 1024);
	tear_down(&f);
}

/* A log that gives more than it was asked for, as a lying one may. */
static void test_native(void)
{
	GclkKernelLogRead native = gclk_kernel_log_native();
	const char *why = NULL;
	gsize length = 0;
	g_autofree char *text = native ? native(NULL, 4096, &length, &why) : NULL;

	CU_ASSERT_TRUE(!native || (text != NULL) != (why != NULL));
	CU_ASSERT_TRUE(length <= 4096);
	if (text)
		GCLK_ASSERT_INT(text[length], '\0');
	if (why)
		CU_ASSERT_TRUE(why[0] != '\0');
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "lines of all generations", test_lines },
		{ "lines that look alike", test_innocent },
		{ "every pattern has a sample", test_every_pattern },
		{ "count and worst", test_count_and_worst },
		{ "the worst is the farthest", test_worst_is_farthest },
		{ "skew of two lines", test_skew_of_two_lines },
		{ "the TSC's frequency", test_frequency },
		{ "Hyper-V does without the TSC", test_hyperv_does_without },
		{ "another boot", test_boots },
		{ "shown lines are clean", test_shown_lines_are_clean },
		{ "long lines", test_long_lines },
		{ "nothing", test_nothing },
		{ "bounded time", test_time },
		{ "the kernel's own log first", test_ring_first },
		{ "forbidden", test_forbidden },
		{ "no log at all", test_no_log_at_all },
		{ "files", test_files },
		{ "stale files", test_stale_files },
		{ "a file of 100 MB", test_huge_file },
		{ "the log of this system", test_native },
		{ NULL, NULL },
	};

	return gclk_test_main("kernel-log", cases);
}
