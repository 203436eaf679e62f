/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-files.h"

#include <string.h>

/* --- words ------------------------------------------------------------------------------------ */

/* An unsigned decimal number at *text, which is moved behind it; FALSE: there is none. Beyond 64
   bits it is the largest. */
static gboolean take_number(const char **text, guint64 *out)
{
	const char *p = *text;

	while (*p == ' ' || *p == '\t')
		p++;
	if (!g_ascii_isdigit(*p))
		return FALSE;
	*out = g_ascii_strtoull(p, (char **)text, 10);
	return TRUE;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* --- /proc/stat ------------------------------------------------------------------------------- */

/* user nice system idle iowait irq softirq steal: eight since Linux 2.6.11. Guest time is part of
   user. */
static gboolean parse_times(const char *text, GclkCpuTimes *out)
{
	guint64 v[8] = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(v); i++)
		if (!take_number(&text, &v[i]))
			return FALSE;
	*out = (GclkCpuTimes){
		.present = TRUE,
		.user = v[0] + v[1],
		.system = v[2] + v[5] + v[6],
		.idle = v[3] + v[4],
		.steal = v[7],
	};
	return TRUE;
}

static void take_cpu(GclkCpuStat *out, const char *line)
{
	guint64 number;

	if (!take_number(&line, &number) || number >= GCLK_TICK_CPUS_MAX)
		return;
	if (!out->cpus)
		out->cpus = g_new0(GclkCpuTimes, GCLK_TICK_CPUS_MAX);
	if (parse_times(line, &out->cpus[number]))
		out->n = MAX(out->n, (guint)number + 1);
}

gboolean gclk_cpu_stat_parse(const char *text, GclkCpuStat *out)
{
	*out = (GclkCpuStat){ 0 };
	/* the CPUs come first, and the line of interrupts behind them may be long */
	for (const char *line = text; g_str_has_prefix(line, "cpu"); line = next_line(line)) {
		if (line[3] == ' ')
			parse_times(line + 3, &out->all);
		else
			take_cpu(out, line + 3);
	}
	if (!out->all.present)
		gclk_cpu_stat_clear(out);
	return out->all.present;
}

void gclk_cpu_stat_clear(GclkCpuStat *stat)
{
	g_free(stat->cpus);
	*stat = (GclkCpuStat){ 0 };
}

gboolean gclk_cpu_times_shares(
	const GclkCpuTimes *before, const GclkCpuTimes *after, double *steal, double *busy)
{
	double user = (double)after->user - (double)before->user;
	double system = (double)after->system - (double)before->system;
	double idle = (double)after->idle - (double)before->idle;
	double stolen = (double)after->steal - (double)before->steal;
	double all;

	/* idle and iowait of an idle CPU are known to go back a little (proc(5)) */
	idle = MAX(idle, 0);
	all = user + system + idle + stolen;
	if (!before->present || !after->present || user < 0 || system < 0 || stolen < 0 || all <= 0)
		return FALSE;
	*steal = stolen / all;
	*busy = (user + system) / all;
	return TRUE;
}

/* --- /proc/interrupts ------------------------------------------------------------------------- */

/* The numbers of the CPUs online, from the heading "CPU0 CPU2 ...". */
static GArray *parse_heading(const char *line)
{
	GArray *cpus = g_array_new(FALSE, TRUE, sizeof(guint64));
	guint64 number;

	for (;;) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (!g_str_has_prefix(line, "CPU"))
			return cpus;
		line += 3;
		if (!take_number(&line, &number) || cpus->len >= GCLK_TICK_CPUS_MAX)
			return cpus;
		g_array_append_val(cpus, number);
	}
}

static void add_counts(const char *text, const GArray *cpus, GArray *out)
{
	guint64 count;

	for (guint i = 0; i < cpus->len && take_number(&text, &count); i++) {
		guint64 cpu = g_array_index(cpus, guint64, i);

		if (cpu >= GCLK_TICK_CPUS_MAX)
			continue;
		if (cpu >= out->len)
			g_array_set_size(out, (guint)cpu + 1);
		g_array_index(out, guint64, cpu) += count;
	}
}

GArray *gclk_timer_interrupts_parse(const char *text)
{
	g_autoptr(GArray) cpus = parse_heading(text);
	GArray *out = g_array_new(FALSE, TRUE, sizeof(guint64));

	for (const char *line = next_line(text); *line; line = next_line(line)) {
		while (*line == ' ')
			line++;
		if (g_str_has_prefix(line, "LOC:") || g_str_has_prefix(line, "HVS:"))
			add_counts(line + 4, cpus, out);
	}
	if (out->len)
		return out;
	g_array_unref(out);
	return NULL;
}

/* --- /proc/timer_list ------------------------------------------------------------------------- */

/* The number behind "  .name : ", if the line is of that name. */
static gboolean field(const char *line, const char *name, guint64 *out)
{
	while (*line == ' ')
		line++;
	if (!g_str_has_prefix(line, name))
		return FALSE;
	line += strlen(name);
	while (*line == ' ')
		line++;
	if (*line != ':')
		return FALSE;
	line++;
	return take_number(&line, out);
}

gboolean gclk_timer_hangs_parse(const char *text, GclkTimerHangs *out)
{
	gboolean found = FALSE;
	guint64 value;

	*out = (GclkTimerHangs){ 0 };
	for (const char *line = text; *line; line = next_line(line)) {
		if (field(line, ".nr_hangs", &value)) {
			out->hangs += MIN(value, G_MAXINT32);
			found = TRUE;
		} else if (field(line, ".max_hang_time", &value)) {
			out->worst = MAX(out->worst, (gint64)MIN(value, (guint64)G_MAXINT64));
		}
	}
	return found;
}

/* --- small ones ------------------------------------------------------------------------------- */

gint64 gclk_rtc_seconds_parse(const char *text)
{
	guint64 seconds;

	/* so many seconds fit into ns */
	if (!take_number(&text, &seconds) || seconds > G_MAXINT64 / 1000000000)
		return -1;
	return *text == '\0' || *text == '\n' ? (gint64)seconds : -1;
}

gboolean gclk_cpu_list_has(const char *list, guint cpu)
{
	guint64 first, last;

	while (take_number(&list, &first)) {
		last = first;
		if (*list == '-') {
			list++;
			if (!take_number(&list, &last))
				return FALSE;
		}
		if (cpu >= first && cpu <= last)
			return TRUE;
		if (*list != ',')
			return FALSE;
		list++;
	}
	return FALSE;
}
