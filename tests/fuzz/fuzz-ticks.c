/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's files tell of ticks: /proc/stat, interrupts, timer_list, lists of CPUs, RTCs.
 */
#include "fuzz.h"

#include <glib.h>

#include "detect/tick-files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GclkCpuStat) stat = { 0 };
	g_autoptr(GArray) interrupts = NULL;
	GclkTimerHangs hangs;
	double steal = 0, busy = 0;
	gint64 seconds;

	if (gclk_cpu_stat_parse(text, &stat)) {
		g_assert_cmpuint(stat.n, <=, GCLK_TICK_CPUS_MAX);
		for (guint i = 0; i < stat.n; i++)
			if (gclk_cpu_times_shares(&stat.cpus[i], &stat.all, &steal, &busy))
				g_assert_true(steal >= 0 && busy >= 0 && steal + busy <= 1.000001);
	}
	interrupts = gclk_timer_interrupts_parse(text);
	g_assert_true(!interrupts || interrupts->len <= GCLK_TICK_CPUS_MAX);
	if (gclk_timer_hangs_parse(text, &hangs))
		g_assert_cmpint(hangs.worst, >=, 0);
	seconds = gclk_rtc_seconds_parse(text);
	g_assert_true(seconds >= -1 && seconds <= G_MAXINT64 / 1000000000);
	gclk_cpu_list_has(text, 3);
	return 0;
}
