/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-picture.h"

#define FILE_MAX       (4 * 1024 * 1024) /* /proc/interrupts and timer_list of a thousand CPUs */
#define CPU_NEVER_IDLE 0.95

/* --- one moment ------------------------------------------------------------------------------- */

static char *read_big(GclkReader *reader, const char *path)
{
	return gclk_reader_bytes(reader, path, FILE_MAX, NULL);
}

void gclk_tick_picture_take(GclkTickPicture *picture, GclkReader *reader)
{
	g_autofree char *stat = read_big(reader, "/proc/stat");
	g_autofree char *interrupts = read_big(reader, "/proc/interrupts");
	g_autofree char *timers = read_big(reader, "/proc/timer_list"); /* root only */
	GclkClockPair pair;

	reader->platform->read_pair(reader->platform, &pair);
	*picture = (GclkTickPicture){ .raw = pair.raw };
	if (stat)
		gclk_cpu_stat_parse(stat, &picture->stat);
	if (interrupts)
		picture->interrupts = gclk_timer_interrupts_parse(interrupts);
	picture->has_hangs = timers && gclk_timer_hangs_parse(timers, &picture->hangs);
}

void gclk_tick_picture_clear(GclkTickPicture *picture)
{
	gclk_cpu_stat_clear(&picture->stat);
	g_clear_pointer(&picture->interrupts, g_array_unref);
}

/* --- two of them ------------------------------------------------------------------------------ */

/* Was this CPU never idle in between? Only then does it get every tick: with NO_HZ an idle one
   stops them, and one of nohz_full does without them too. */
static gboolean never_idle(
	const GclkTickPicture *a, const GclkTickPicture *b, const char *nohz_full, guint cpu)
{
	double steal, busy;

	return cpu < a->stat.n && cpu < b->stat.n &&
	       gclk_cpu_times_shares(&a->stat.cpus[cpu], &b->stat.cpus[cpu], &steal, &busy) &&
	       steal + busy > CPU_NEVER_IDLE && !(nohz_full && gclk_cpu_list_has(nohz_full, cpu));
}

static void compare_interrupts(
	const GclkTickPicture *a, const GclkTickPicture *b, const char *nohz_full, GclkTickCpu *out)
{
	double seconds = (double)(b->raw - a->raw) / 1e9;

	if (!a->interrupts || !b->interrupts || seconds <= 0)
		return;
	for (guint i = 0; i < MIN(a->interrupts->len, b->interrupts->len); i++) {
		guint64 before = g_array_index(a->interrupts, guint64, i);
		guint64 after = g_array_index(b->interrupts, guint64, i);
		double rate = (double)(after - before) / seconds;

		if (after < before || !never_idle(a, b, nohz_full, i))
			continue;
		out->tick_rate = out->busy_cpus++ ? MIN(out->tick_rate, rate) : rate;
	}
}

GclkTickCpu gclk_tick_picture_compare(
	const GclkTickPicture *a, const GclkTickPicture *b, const char *nohz_full)
{
	GclkTickCpu out = { .steal = -1,
		.busy = -1,
		.hangs = -1,
		.hangs_total = -1,
		.hang_worst = -1,
		.tick_rate = -1 };

	gclk_cpu_times_shares(&a->stat.all, &b->stat.all, &out.steal, &out.busy);
	compare_interrupts(a, b, nohz_full, &out);
	if (a->has_hangs && b->has_hangs && b->hangs.hangs >= a->hangs.hangs) {
		out.hangs = (gint64)(b->hangs.hangs - a->hangs.hangs);
		out.hangs_total = (gint64)b->hangs.hangs;
		out.hang_worst = b->hangs.worst;
	}
	return out;
}
