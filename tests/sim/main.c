/* SPDX-License-Identifier: BSD-2-Clause */
/* sim [-v] [-s SEED] [-n SEEDS] [NAME...]: runs scenarios and prints RMS, maximum and convergence.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

static gint first_seed = 1, seeds = 1;
static gboolean list;
static char **names;

static const GOptionEntry entries[] = {
	{ "seed", 's', 0, G_OPTION_ARG_INT, &first_seed, "First seed", "N" },
	{ "seeds", 'n', 0, G_OPTION_ARG_INT, &seeds, "Number of seeds", "N" },
	{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &sim_verbose, "Print the daemon's log", NULL },
	{ "list", 'l', 0, G_OPTION_ARG_NONE, &list, "Name the scenarios", NULL },
	{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "[NAME...]" },
	{ 0 },
};

static void limit(GString *out, const char *what, double is, double most)
{
	if (!(is <= most))
		g_string_append_printf(out, " %s %.3g over %.3g;", what, is, most);
}

static void word(GString *out, const char *what, const char *is, const char *wanted)
{
	if (wanted && g_strcmp0(is, wanted) != 0)
		g_string_append_printf(out, " %s %s, not %s;", what, is ? is : "nothing", wanted);
}

static double never_is_infinite(double seconds)
{
	return seconds < 0 ? INFINITY : seconds;
}

/* The verdict on the ticks, and a tenth of the rate. */
static void check_ticks(GString *out, const SimScenario *s, const SimResult *r)
{
	gboolean rate = g_str_has_suffix(r->ticks, "-time");

	if (s->ticks)
		word(out, "ticks", r->ticks, s->ticks);
	else if (rate)
		g_string_append_printf(out, " ticks %s;", r->ticks);
	if (rate)
		limit(out, "lost ppm told wrong by", fabs(r->told_ppm - r->lost_ppm),
			fabs(r->lost_ppm) / 10);
}

/* What does not hold, as text; empty when all is well. */
static GString *check(const SimScenario *s, const SimResult *r)
{
	GString *out = g_string_new(NULL);

	limit(out, "RMS", r->rms, s->rms_limit);
	limit(out, "max", r->max, s->max_limit);
	limit(out, "converged after", never_is_infinite(r->converged), s->converge_within);
	if (s->recover_from > 0)
		limit(out, "recovered after", never_is_infinite(r->recovered), s->recover_within);
	if (s->final_rate_ppb > 0)
		limit(out, "rate at the end", fabs(r->rate_ppb), s->final_rate_ppb);
	limit(out, "error against stated bound", r->worst_bound_ratio, 1);
	if (r->steps != s->steps)
		g_string_append_printf(out, " %u steps, not %u;", (guint)r->steps, s->steps);
	word(out, "state", r->state, s->final_state);
	word(out, "selected", r->selected, s->selected);
	check_ticks(out, s, r);
	if (r->disruptions != s->disruptions)
		g_string_append_printf(
			out, " %u disruptions, not %u;", (guint)r->disruptions, s->disruptions);
	if (s->reason && !strstr(r->reason ? r->reason : "", s->reason))
		g_string_append_printf(out, " reason: %s;", r->reason);
	if (s->finding && !strstr(r->findings, s->finding))
		g_string_append_printf(out, " no finding %s;", s->finding);
	return out;
}

static gboolean run_one(const SimScenario *s, guint64 seed)
{
	SimResult r;
	GString *problems;
	gboolean good;

	sim_scenario_run(s, seed, &r);
	problems = check(s, &r);
	good = problems->len == 0;
	printf("%s - %-18s seed %-3" G_GUINT64_FORMAT
	       " RMS %.2e s  max %.2e s  converged %5.0f s%s%s\n",
		good ? "ok" : "not ok", s->name, seed, r.rms, r.max, r.converged, good ? "" : " #",
		problems->str);
	fflush(stdout);
	g_string_free(problems, TRUE);
	sim_result_clear(&r);
	return good;
}

typedef struct {
	guint passed, failed;
} Count;

/* Those of a table that were asked for. */
static void run_table(const SimScenario *s, Count *count)
{
	for (; s->name; s++) {
		if (list)
			printf("%-20s %s\n", s->name, s->tells);
		if (list || (names && !g_strv_contains((const char *const *)names, s->name)))
			continue;
		for (gint i = 0; i < seeds; i++)
			*(run_one(s, (guint64)(first_seed + i)) ? &count->passed
								: &count->failed) += 1;
	}
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("- simulated guests");
	g_autoptr(GError) error = NULL;
	Count count = { 0, 0 };

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "sim: %s\n", error->message);
		return 2;
	}
	run_table(sim_scenarios, &count);
	run_table(sim_early_scenarios, &count);
	run_table(sim_tick_scenarios, &count);
	run_table(sim_host_scenarios, &count);
	if (!list)
		printf("%u passed, %u failed\n", count.passed, count.failed);
	g_strfreev(names);
	return count.failed ? 1 : 0;
}
