/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's own files tell of ticks and CPU time. Pure parsers of any bytes: what cannot be
 * understood is not known.
 */
#ifndef GUESTCLOCK_TICK_FILES_H
#define GUESTCLOCK_TICK_FILES_H

#include <glib.h>

#define GCLK_TICK_CPUS_MAX 1024 /* CPUs beyond are not looked at */

/* --- /proc/stat (proc(5)): in USER_HZ, 100 a second everywhere that Linux runs VMs -------------
 */

typedef struct {
	gboolean present;
	guint64 user, system; /* user, nice, system, irq, softirq: what the machine itself did */
	guint64 idle;         /* idle and iowait */
	guint64 steal;
} GclkCpuTimes;

typedef struct {
	GclkCpuTimes all;
	GclkCpuTimes *cpus; /* by number */
	guint n;
} GclkCpuStat;

/* FALSE: no line of CPU times. cpus is the caller's to g_free, also then (NULL). */
gboolean gclk_cpu_stat_parse(const char *text, GclkCpuStat *out);
void gclk_cpu_stat_clear(GclkCpuStat *stat);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkCpuStat, gclk_cpu_stat_clear)

/* Shares of the time between two readings, 0 .. 1; FALSE: the counters did not move, or went back.
 */
gboolean gclk_cpu_times_shares(
	const GclkCpuTimes *before, const GclkCpuTimes *after, double *steal, double *busy);

/* --- /proc/interrupts --------------------------------------------------------------------------
 */

/* Local timer interrupts of each CPU: the line LOC, on Hyper-V HVS (its synthetic timer) beside it;
   they are added. Indexed by the CPU's number; an array of guint64, or NULL: there is none. */
GArray *gclk_timer_interrupts_parse(const char *text);

/* --- /proc/timer_list --------------------------------------------------------------------------
 */

typedef struct {
	guint64 hangs; /* sum of .nr_hangs over the CPUs */
	gint64 worst;  /* largest .max_hang_time, ns */
} GclkTimerHangs;

/* FALSE: the kernel does not count them (no high resolution timers), or this is something else. */
gboolean gclk_timer_hangs_parse(const char *text, GclkTimerHangs *out);

/* --- small ones --------------------------------------------------------------------------------
 */

/* /sys/class/rtc/rtcN/since_epoch: s since 1970, or -1. */
gint64 gclk_rtc_seconds_parse(const char *text);

/* Is this CPU in a list like "0-3,7" (cpus(7) format of sysfs)? Anything else: no. */
gboolean gclk_cpu_list_has(const char *list, guint cpu);

#endif
