/* SPDX-License-Identifier: BSD-2-Clause */
/* sim [-v] [-s SEED] [-n SEEDS] [NAME...]: runs scenarios and prints RMS, maximum and convergence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

static void complain(GString *out, gboolean bad, const char *format, double is, double limit)
{
	if (bad)
		g_string_append_printf(out, format, is, limit);
}

/* What does not hold, as text; empty when all is well. */
static GString *check(const SimScenario *s, const SimResult *r)
{
	GString *out = g_string_new(NULL);

	complain(out, r->rms > s->rms_limit, " RMS %.2e over %.2e;", r->rms, s->rms_limit);
	complain(out, r->max > s->max_limit, " max %.2e over %.2e;", r->max, s->max_limit);
	complain(out, r->converged < 0 || r->converged > s->converge_within,
		" converged after %g s, not %g;", r->converged, s->converge_within);
	complain(out, s->recover_from > 0 && (r->recovered < 0 || r->recovered > s->recover_within),
		" recovered after %g s, not %g;", r->recovered, s->recover_within);
	complain(out, s->final_rate_ppb > 0 && fabs(r->rate_ppb) > s->final_rate_ppb,
		" rate at the end %g ppb, not %g;", r->rate_ppb, s->final_rate_ppb);
	complain(out, r->steps != s->steps, " %g steps, not %g;", (double) r->steps, (double) s->steps);
	complain(out, r->worst_bound_ratio > 1, " error was %g times the stated bound;",
		r->worst_bound_ratio, 1);
	if (s->final_state && g_strcmp0(r->state, s->final_state) != 0)
		g_string_append_printf(out, " state %s, not %s;", r->state, s->final_state);
	if (s->selected && g_strcmp0(r->selected, s->selected) != 0)
		g_string_append_printf(out, " selected %s, not %s;",
			r->selected ? r->selected : "nothing", s->selected);
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
	printf("%s - %-18s seed %-3" G_GUINT64_FORMAT " RMS %.2e s  max %.2e s  converged %5.0f s%s%s\n",
		good ? "ok" : "not ok", s->name, seed, r.rms, r.max, r.converged, good ? "" : " #",
		problems->str);
	fflush(stdout);
	g_string_free(problems, TRUE);
	sim_result_clear(&r);
	return good;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("- simulated guests");
	g_autoptr(GError) error = NULL;
	guint passed = 0, failed = 0;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "sim: %s\n", error->message);
		return 2;
	}
	for (const SimScenario *s = sim_scenarios; s->name; s++) {
		if (list)
			printf("%-20s %s\n", s->name, s->tells);
		if (list || (names && !g_strv_contains((const char *const *) names, s->name)))
			continue;
		for (gint i = 0; i < seeds; i++)
			*(run_one(s, (guint64) (first_seed + i)) ? &passed : &failed) += 1;
	}
	if (!list)
		printf("%u passed, %u failed\n", passed, failed);
	g_strfreev(names);
	return failed ? 1 : 0;
}
