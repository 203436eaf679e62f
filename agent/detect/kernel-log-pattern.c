/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-log-pattern.h"

#include <string.h>

/*
 * The printk formats of the kernels of twenty years. Special ones stand before general ones.
 * Sources: Linux arch/x86_64/kernel/time.c (2.6.9 to 2.6.20), arch/i386/kernel/timers/timer_tsc.c
 * and timer.c (2.6.9), kernel/time/clocksource.c (2.6.18 to 6.12), arch/x86/kernel/tsc.c and
 * tsc_sync.c, kernel/time/hrtimer.c, kernel/time/timekeeping.c, kernel/rcu/tree_stall.h,
 * kernel/watchdog.c, drivers/char/random.c, drivers/hv/hv_util.c; FreeBSD sys/kern/kern_resource.c,
 * kern_tc.c, sys/x86/x86/tsc.c; chrony, systemd, ntpd, open-vm-tools.
 */
static const GclkPattern table[] = {
	/* 2.6.9 to 2.6.20, which count ticks */
	{ GCLK_KLOG_LOST_TICKS, "time.c: Lost %f timer tick(s)!" },
	{ GCLK_KLOG_LOST_TICKS, "Losing some ticks... checking if CPU frequency changed" },
	{ GCLK_KLOG_LOST_TICKS, "warning: many lost ticks." },
	{ GCLK_KLOG_LOST_TICKS, "Your time source seems to be instable or some driver is hogging" },
	{ GCLK_KLOG_LOST_TICKS, "Losing too many ticks!" },
	{ GCLK_KLOG_TSC_UNSTABLE, "TSC cannot be used as a timesource" },
	{ GCLK_KLOG_TSC_UNSTABLE, "Falling back to a sane timesource" },
	{ GCLK_KLOG_TIME_SOURCE, "Using %s for high-res timesource" },
	{ GCLK_KLOG_TIME_SOURCE, "time.c: Using %n.%n MHz WALL %o GTOD %s " },

	/* the clocksource watchdog, oldest to newest */
	{ GCLK_KLOG_BACKWARDS, "clocksource/%c: Time went backwards" }, /* Xen */
	{ GCLK_KLOG_BACKWARDS, "Timer ISR/%c: Time went backwards" },
	{ GCLK_KLOG_UNSTABLE, "Clocksource %s unstable (delta = %f ns)" },
	{ GCLK_KLOG_UNSTABLE,
		"Marking clocksource '%s' as unstable because the skew is too large" },
	{ GCLK_KLOG_UNSTABLE, "Marking clocksource %s as unstable because the skew is too large" },
	{ GCLK_KLOG_UNSTABLE, "wd-wd read-back delay only %fns, attempt %n, marking %s unstable" },
	{ GCLK_KLOG_UNSTABLE, "read-back delay of %fns, attempt %n, marking unstable" },
	{ GCLK_KLOG_SKEW,
		"Clocksource '%s' skewed %f ns (%n ms) over watchdog '%o' interval of %i ns" },
	{ GCLK_KLOG_WATCHDOG_NSEC, "'%s' wd_nsec: %f" },
	{ GCLK_KLOG_CLOCKSOURCE_NSEC, "'%s' cs_nsec: %f" },
	{ GCLK_KLOG_READ_BACK, "read-back delay of %fns" },
	{ GCLK_KLOG_READ_BACK, "clock-skew test skipped!" },
	{ GCLK_KLOG_READ_BACK,
		"timekeeping watchdog on CPU%c: %o retried %n times before success" },
	{ GCLK_KLOG_LONG_READOUT,
		"Long readout interval, skipping watchdog check: cs_nsec: %f wd_nsec: %i" },
	{ GCLK_KLOG_LONG_READOUT, "Long readout interval, skipping watchdog check" },

	/* the TSC, and which clocksource is used */
	{ GCLK_KLOG_TSC_UNSTABLE, "Marking TSC unstable due to: %r" },
	{ GCLK_KLOG_TSC_UNSTABLE, "Marking TSC unstable due to %r" },
	{ GCLK_KLOG_TSC_UNSTABLE, "TSC found unstable after boot" },
	{ GCLK_KLOG_TSC_WARP, "Measured %f cycles TSC warp between CPUs" },
	{ GCLK_KLOG_TSC_FREQUENCY, "Refined TSC clocksource calibration: %m MHz" },
	{ GCLK_KLOG_TSC_FREQUENCY, "TSC freq read from hypervisor : %m MHz" },
	{ GCLK_KLOG_TSC_FREQUENCY, "tsc: Detected %m MHz" },
	{ GCLK_KLOG_TSC_FREQUENCY, "Detected %m MHz processor" },
	{ GCLK_KLOG_SWITCHED, "Switched to clocksource %s" },
	{ GCLK_KLOG_SWITCHED, "Switching to clocksource %s" },
	{ GCLK_KLOG_SWITCHED, "Time: %s clocksource has been installed" },
	{ GCLK_KLOG_OVERRIDE_REFUSED,
		"Override clocksource %s is unstable and not HRT compatible - cannot switch" },
	{ GCLK_KLOG_OVERRIDE_REFUSED,
		"Override clocksource %s is not HRT compatible. Cannot switch" },

	/* a vCPU that did not get to run */
	{ GCLK_KLOG_TIMER_LATE, "hrtimer: interrupt took %f ns" },
	{ GCLK_KLOG_STALL, "self-detected stall on CPU { %c}" },
	{ GCLK_KLOG_STALL, "self-detected stall on CPU" },
	{ GCLK_KLOG_STALL, "detected stalls on CPUs/tasks" },
	{ GCLK_KLOG_STALL, "kthread starved for %f jiffies" },
	{ GCLK_KLOG_STALL, "kthread timer wakeup didn't happen for %f jiffies" },
	{ GCLK_KLOG_SOFT_LOCKUP, "BUG: soft lockup - CPU#%c stuck for %fs!" },
	{ GCLK_KLOG_SOFT_LOCKUP, "BUG: soft lockup detected on CPU#%c!" },

	/* what others did to the clock, or to the machine */
	{ GCLK_KLOG_ADJUSTING, "Adjusting %s more than 11%%" },
	{ GCLK_KLOG_RESTORED, "crng reseeded due to virtual machine fork" },
	{ GCLK_KLOG_HYPERV_STALE, "TIMESYNC IC: Stale time stamp, %f nsecs old" },
	{ GCLK_KLOG_STEPPED, "Forward time jump detected!" },
	{ GCLK_KLOG_STEPPED, "Backward time jump detected!" },
	{ GCLK_KLOG_STEPPED, "System clock wrong by " },
	{ GCLK_KLOG_STEPPED, "System clock was stepped by " },
	{ GCLK_KLOG_STEPPED, "Time jumped backwards, rotating" },
	{ GCLK_KLOG_STEPPED, "Clock change detected" },
	{ GCLK_KLOG_STEPPED, "Time has been changed" },
	{ GCLK_KLOG_STEPPED, ": time reset " },
	{ GCLK_KLOG_STEPPED, "step time server " },
	{ GCLK_KLOG_STEPPED, "stepping time." },

	/* FreeBSD */
	{ GCLK_KLOG_STEPPED, "Time stepped from " },
	{ GCLK_KLOG_CALCRU, "calcru: runtime went backwards from %n usec to %n usec" },
	{ GCLK_KLOG_CALCRU, "calcru: negative " },
	{ GCLK_KLOG_BACKWARDS, "uptime() went backwards" },
	{ GCLK_KLOG_SMP_TSC_FAILED, "SMP: failed TSC synchronization test" },
};

gsize gclk_patterns_kernel_log(const GclkPattern **out)
{
	*out = table;
	return G_N_ELEMENTS(table);
}

/* --- matching --------------------------------------------------------------------------------- */

void gclk_pattern_match_clear(GclkPatternMatch *match)
{
	g_clear_pointer(&match->subject, g_free);
	g_clear_pointer(&match->other, g_free);
}

/* Returns behind the number, or NULL: none, or one that is too large to be believed. */
static const char *take_integer(const char *text, gint64 *out)
{
	const gboolean negative = *text == '-';
	const char *p = text + negative;
	gint64 value = 0;

	if (!g_ascii_isdigit(*p))
		return NULL;
	for (; g_ascii_isdigit(*p); p++) {
		if (value > (G_MAXINT64 - 9) / 10)
			return NULL;
		value = value * 10 + (*p - '0');
	}
	*out = negative ? -value : value;
	return p;
}

/* "2599.998" gives 2599998. */
static const char *take_thousandths(const char *text, gint64 *out)
{
	gint64 whole, part;
	const char *point = take_integer(text, &whole);
	const char *end = point && *point == '.' ? take_integer(point + 1, &part) : NULL;

	if (!end || end - point != 4 || whole < 0 || whole > G_MAXINT32)
		return NULL;
	*out = whole * 1000 + part;
	return end;
}

static const char *take_word(const char *text, char end, char **out)
{
	const char stops[] = { ' ', end, '\0' };
	const gsize n = strcspn(text, stops);

	if (n == 0)
		return NULL;
	g_free(*out);
	*out = g_strndup(text, n);
	return text + n;
}

/* One %x; next is the pattern's character behind it. */
static const char *take(char what, char next, const char *text, GclkPatternMatch *match)
{
	gint64 ignored;

	switch (what) {
	case 's':
		return take_word(text, next, &match->subject);
	case 'o':
		return take_word(text, next, &match->other);
	case 'r':
		g_free(match->subject);
		match->subject = g_strdup(text);
		return text + strlen(text);
	case 'f':
		return take_integer(text, &match->figure);
	case 'm':
		return take_thousandths(text, &match->figure);
	case 'i':
		return take_integer(text, &match->interval);
	case 'c':
		return take_integer(text, &match->cpu);
	case 'n':
		return take_integer(text, &ignored);
	default:
		return *text == what ? text + 1 : NULL; /* %% */
	}
}

static gboolean match_here(const char *pattern, const char *text, GclkPatternMatch *match)
{
	for (; *pattern && text; pattern++) {
		if (*pattern != '%') {
			text = *text == *pattern ? text + 1 : NULL;
			continue;
		}
		pattern++;
		text = take(*pattern, pattern[1], text, match);
	}
	return text != NULL;
}

gboolean gclk_pattern_match(const char *pattern, const char *line, GclkPatternMatch *out)
{
	const gsize head = strcspn(pattern, "%");
	char anchor[64];

	g_strlcpy(anchor, pattern, MIN(sizeof anchor, head + 1));
	for (const char *at = strstr(line, anchor); at; at = strstr(at + 1, anchor)) {
		GclkPatternMatch match = { NULL, NULL, GCLK_KLOG_NO_FIGURE, GCLK_KLOG_NO_FIGURE,
			GCLK_KLOG_NO_FIGURE };

		if (match_here(pattern, at, &match)) {
			*out = match;
			return TRUE;
		}
		gclk_pattern_match_clear(&match);
	}
	return FALSE;
}
