/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-health.h"

#include <math.h>
#include <string.h>

#include "guestclock/sample.h"

/* No clock runs at twice its pace, or hardly at all; what seems to was not compared with what it
   should have been (a simulated clock, a counter that was set). */
#define SENSELESS_GAIN_PPM 1000000.0
#define SENSELESS_LOSS_PPM 990000.0
/* How much a verdict counts that rests on ... */
#define TRUST_STEADY     0.99 /* a reference counter */
#define TRUST_UNSTEADY   0.5  /* a TSC that may have changed its pace */
#define TRUST_CONTINUOUS 0.9  /* a clocksource that counts by itself, compared with nothing */
#define CONFIDENCE_MIN   0.6
/* Starved: late for so much of the time, or once for so long, or so much stolen. Below that, an
   ordinary machine has such moments too. */
#define LATE_SHARE  0.02
#define LATE_WORST  (200 * GCLK_NS_PER_MS)
#define STEAL_SHARE 0.10
/* Lateness of a thread that waits its turn like all others may be the machine's own load, unless
   time was stolen. */
#define OWN_BUSY    0.8
#define STEAL_TRACE 0.01

/* --- names ------------------------------------------------------------------------------------ */

static const char *const verdict_names[] = {
	[GCLK_TICKS_UNKNOWN] = "unknown",
	[GCLK_TICKS_HEALTHY] = "healthy",
	[GCLK_TICKS_STARVED] = "starved",
	[GCLK_TICKS_LOSING] = "losing-time",
	[GCLK_TICKS_GAINING] = "gaining-time",
};

const char *gclk_tick_verdict_name(GclkTickVerdict verdict)
{
	return (gsize)verdict < G_N_ELEMENTS(verdict_names) ? verdict_names[verdict] : "unknown";
}

const char *gclk_comparison_use_text(GclkComparisonUse use)
{
	static const char *const texts[] = {
		[GCLK_COMPARISON_USED] = "the reference",
		[GCLK_COMPARISON_AGREES] = "agrees",
		[GCLK_COMPARISON_DISSENTS] = "contradicts the others",
		[GCLK_COMPARISON_NOT_INDEPENDENT] = "no comparison: the clocksource reads it too",
		[GCLK_COMPARISON_NOT_STEADY] = "not believed: its rate may change",
		[GCLK_COMPARISON_TOO_SHORT] = "no comparison: too few readings",
		[GCLK_COMPARISON_SENSELESS] = "not believed: it was set, or does not count time",
	};

	return (gsize)use < G_N_ELEMENTS(texts) ? texts[use] : "";
}

/* --- clocksources ------------------------------------------------------------------------------
 */

static gboolean is_one_of(const char *name, const char *const *names)
{
	for (; name && *names; names++)
		if (strcmp(name, *names) == 0)
			return TRUE;
	return FALSE;
}

/* jiffies and refined-jiffies are incremented by the tick, the PIT is read within one (Linux:
   kernel/time/jiffies.c, drivers/clocksource/i8253.c); FreeBSD's i8254 wraps with each tick. */
gboolean gclk_tick_driven(const char *clocksource)
{
	static const char *const names[] = { "jiffies", "refined-jiffies", "pit", "i8254", NULL };

	return is_one_of(clocksource, names);
}

/* Paravirtual clocks scale the TSC (arch/x86/kernel/pvclock.c, clocksource/hyperv_timer.c). */
gboolean gclk_tick_reads_tsc(const char *clocksource)
{
	static const char *const names[] = { "tsc", "tsc-early", "kvm-clock", "xen",
		"hyperv_clocksource_tsc_page", "TSC", "TSC-low", "kvmclock", "Hyper-V-TSC", NULL };

	return is_one_of(clocksource, names);
}

/* --- one counter against RAW -------------------------------------------------------------------
 */

typedef struct {
	const GclkTickReadings *readings;
	GclkTickHealth *out;
	gint64 granularity; /* RAW moves in steps of so many ns */
} Judge;

/* FALSE: these two say nothing. */
static gboolean compare_pair(const Judge *judge, const GclkCounterSample *a,
	const GclkCounterSample *b, double rate_error, GclkTickComparison *out)
{
	double value = (double)b->value - (double)a->value;
	double raw = (double)b->raw - (double)a->raw;
	double doubt = (double)a->uncertainty + (double)b->uncertainty + (double)judge->granularity;

	if (value <= 0 || raw < 0)
		return FALSE;
	out->lost_ppm = (value - raw) / value * 1e6;
	out->error_ppm = doubt / value * 1e6 + rate_error;
	out->span = (gint64)value;
	return TRUE;
}

/* The pair of samples that leaves the least doubt. */
static gboolean compare_best(
	const Judge *judge, const GclkTickCounter *counter, GclkTickComparison *out)
{
	gboolean found = FALSE;

	for (gsize i = 0; i < counter->n; i++) {
		for (gsize j = i + 1; j < counter->n; j++) {
			GclkTickComparison c = *out;

			if (!compare_pair(judge, &counter->samples[i], &counter->samples[j],
				    counter->rate_error_ppm, &c) ||
				(found && c.error_ppm >= out->error_ppm))
				continue;
			*out = c;
			found = TRUE;
		}
	}
	return found;
}

/* How much more than on the average was lost between two neighbours at most, beyond what may be the
   measurement's doubt, as a share of the whole span. */
static double find_scatter(
	const Judge *judge, const GclkTickCounter *counter, const GclkTickComparison *c)
{
	double worst = 0;

	for (gsize i = 1; i < counter->n; i++) {
		const GclkCounterSample *x = &counter->samples[i - 1], *y = &counter->samples[i];
		double value = (double)y->value - (double)x->value;
		double raw = (double)y->raw - (double)x->raw;
		double doubt = (double)x->uncertainty + (double)y->uncertainty +
			       (double)judge->granularity;

		worst = MAX(worst, value - raw - value * c->lost_ppm * 1e-6 - doubt);
	}
	return worst / (double)c->span * 1e6;
}

static gboolean goes_back(const GclkTickCounter *counter)
{
	for (gsize i = 1; i < counter->n; i++)
		if (counter->samples[i].value < counter->samples[i - 1].value)
			return TRUE;
	return FALSE;
}

static GclkTickComparison compare(const Judge *judge, const GclkTickCounter *counter)
{
	const char *clocksource = judge->readings->clocksource;
	GclkTickComparison c = { .name = counter->name, .error_ppm = INFINITY };

	if (counter->origin == GCLK_COUNTER_TSC && gclk_tick_reads_tsc(clocksource))
		c.use = GCLK_COMPARISON_NOT_INDEPENDENT;
	else if (goes_back(counter))
		c.use = GCLK_COMPARISON_SENSELESS;
	else
		c.use = GCLK_COMPARISON_AGREES; /* until something is found against it */
	if (!compare_best(judge, counter, &c))
		c.use = GCLK_COMPARISON_TOO_SHORT;
	if (c.use != GCLK_COMPARISON_AGREES)
		return c;
	c.scatter_ppm = find_scatter(judge, counter, &c);
	if (c.lost_ppm - c.error_ppm > SENSELESS_LOSS_PPM ||
		-c.lost_ppm - c.error_ppm > SENSELESS_GAIN_PPM)
		c.use = GCLK_COMPARISON_SENSELESS;
	else if (!counter->steady && !judge->out->tick_driven)
		c.use = GCLK_COMPARISON_NOT_STEADY;
	return c;
}

/* --- all of them -------------------------------------------------------------------------------
 */

/* Each was measured over a time of its own: a burst may lie at either end. */
static gboolean overlap(const GclkTickComparison *a, const GclkTickComparison *b)
{
	double allowed = a->error_ppm + b->error_ppm + 2 * MAX(a->scatter_ppm, b->scatter_ppm);

	return fabs(a->lost_ppm - b->lost_ppm) <= allowed;
}

static gboolean counts(const Judge *judge, gsize i)
{
	return judge->out->comparisons[i].use == GCLK_COMPARISON_AGREES;
}

static gboolean is_steady(const Judge *judge, gsize i)
{
	return judge->readings->counters[i].steady;
}

/* How many believed counters agree with this one, itself included. An unsteady one has no vote
   against a steady one. */
static guint votes(const Judge *judge, gsize i)
{
	guint n = 0;

	for (gsize j = 0; j < judge->out->n_comparisons; j++)
		n += counts(judge, j) && is_steady(judge, j) >= is_steady(judge, i) &&
		     overlap(&judge->out->comparisons[i], &judge->out->comparisons[j]);
	return n;
}

/* Steady before unsteady, then the majority, then the smallest error. */
static gboolean is_better(const Judge *judge, gsize a, gsize b)
{
	if (is_steady(judge, a) != is_steady(judge, b))
		return is_steady(judge, a);
	if (votes(judge, a) != votes(judge, b))
		return votes(judge, a) > votes(judge, b);
	return judge->out->comparisons[a].error_ppm < judge->out->comparisons[b].error_ppm;
}

/* The index of the reference, or -1. */
static gint choose(const Judge *judge)
{
	gint best = -1;

	for (gsize i = 0; i < judge->out->n_comparisons; i++)
		if (counts(judge, i) && (best < 0 || is_better(judge, i, (gsize)best)))
			best = (gint)i;
	return best;
}

/* Two against one is a majority, one against one is none. */
static void mark_dissent(Judge *judge, gsize reference)
{
	guint against = 0;

	for (gsize i = 0; i < judge->out->n_comparisons; i++) {
		GclkTickComparison *c = &judge->out->comparisons[i];

		if (!counts(judge, i) || overlap(c, &judge->out->comparisons[reference]))
			continue;
		c->use =
			is_steady(judge, i) ? GCLK_COMPARISON_DISSENTS : GCLK_COMPARISON_NOT_STEADY;
		against += is_steady(judge, i) >= is_steady(judge, reference);
	}
	judge->out->contradiction = against > 0 && votes(judge, reference) <= against;
}

/* Sets rate, error, reference. Returns the index of the reference, or -1. */
static gint find_rate(Judge *judge)
{
	GclkTickHealth *out = judge->out;
	GclkTickComparison *used;
	gint reference;

	out->n_comparisons = MIN(judge->readings->n_counters, GCLK_TICK_COUNTERS_MAX);
	for (gsize i = 0; i < out->n_comparisons; i++)
		out->comparisons[i] = compare(judge, &judge->readings->counters[i]);
	reference = choose(judge);
	if (reference < 0)
		return -1;
	used = &out->comparisons[reference];
	mark_dissent(judge, (gsize)reference);
	if (out->contradiction) {
		used->use = GCLK_COMPARISON_DISSENTS;
		return -1;
	}
	used->use = GCLK_COMPARISON_USED;
	out->reference = used->name;
	out->lost_ppm = used->lost_ppm;
	out->lost_error_ppm = used->error_ppm + used->scatter_ppm;
	out->measured = used->span;
	return reference;
}

/* --- the verdict -------------------------------------------------------------------------------
 */

/* The probability that a normal distribution with deviation error / 2 stays below margin. */
static double probability(double margin, double error)
{
	return error > 0 ? 0.5 * (1 + erf(2 * margin / error / G_SQRT2)) : margin >= 0 ? 1 : 0;
}

static double late_share(const GclkTickReadings *readings)
{
	if (readings->duration <= 0)
		return 0;
	return MIN((double)readings->wakeups.late_total / (double)readings->duration, 1);
}

/* How sure it is that the vCPU did not get to run when it should have: 0, it did. */
static double starvation(const Judge *judge)
{
	const GclkWakeups *w = &judge->readings->wakeups;
	const GclkTickCpu *cpu = &judge->readings->cpu;
	gboolean late = judge->out->late_share >= LATE_SHARE || w->worst >= LATE_WORST;
	gboolean stolen = cpu->steal >= STEAL_SHARE;

	if (cpu->hangs > 0 && (late || cpu->steal >= STEAL_TRACE))
		return 0.95;
	if (late && (w->urgent || cpu->steal >= STEAL_TRACE))
		return 0.95;
	if (stolen)
		return 0.9;
	/* not in front of all others: is it the machine's own load? */
	return late && cpu->busy < OWN_BUSY ? 0.7 : 0;
}

static void judge_timers(Judge *judge, double confidence)
{
	GclkTickHealth *out = judge->out;
	double starved = starvation(judge);

	out->verdict = starved > 0 ? GCLK_TICKS_STARVED : GCLK_TICKS_HEALTHY;
	out->confidence = starved > 0 ? confidence * starved : confidence;
}

/* Nothing was compared: what is known of the clocksource itself must do. */
static void judge_unmeasured(Judge *judge)
{
	if (judge->out->contradiction || judge->out->tick_driven || !judge->readings->clocksource)
		return;
	judge_timers(judge, TRUST_CONTINUOUS);
}

/* A counter that runs by itself loses nothing by lost ticks, however short the measurement: what
   was measured only takes from that trust as far as it speaks against it (Bayes' rule, with the
   likelihood of the normal distribution). */
static double continuous_trust(double beyond, double error)
{
	double z = beyond > 0 && error > 0 ? 2 * beyond / error : 0;
	double odds = TRUST_CONTINUOUS / (1 - TRUST_CONTINUOUS) * exp(-z * z / 2);

	return odds / (1 + odds);
}

static void judge_rate(Judge *judge, gsize reference)
{
	GclkTickHealth *out = judge->out;
	double trust = is_steady(judge, reference) ? TRUST_STEADY : TRUST_UNSTEADY;
	double error = out->comparisons[reference].error_ppm;
	double beyond = fabs(out->lost_ppm) - GCLK_TICK_RATE_LIMIT;
	double sound = trust * probability(-beyond, error);

	if (beyond > error) {
		out->verdict = out->lost_ppm > 0 ? GCLK_TICKS_LOSING : GCLK_TICKS_GAINING;
		out->confidence = trust * probability(beyond, error);
		return;
	}
	if (!out->tick_driven && judge->readings->clocksource)
		sound = MAX(sound, continuous_trust(beyond, error));
	judge_timers(judge, sound);
	if (out->confidence < CONFIDENCE_MIN)
		out->verdict = GCLK_TICKS_UNKNOWN;
}

void gclk_tick_health_init(GclkTickHealth *health)
{
	*health = (GclkTickHealth){
		.verdict = GCLK_TICKS_UNKNOWN,
		.lost_error_ppm = INFINITY,
		.steal_share = -1,
		.cpu = { .steal = -1,
			.busy = -1,
			.hangs = -1,
			.hangs_total = -1,
			.hang_worst = -1,
			.tick_rate = -1 },
		.backlog = -1,
	};
}

void gclk_tick_judge(const GclkTickReadings *readings, GclkTickHealth *out)
{
	Judge judge = { .readings = readings, .out = out };
	gint reference;

	gclk_tick_health_init(out);
	out->hz = readings->hz;
	out->tick_driven = gclk_tick_driven(readings->clocksource);
	out->duration = out->measured = readings->duration;
	out->wakeups = readings->wakeups;
	out->lateness_worst = readings->wakeups.worst;
	out->late_share = late_share(readings);
	out->cpu = readings->cpu;
	out->steal_share = readings->cpu.steal;
	out->backlog = readings->backlog;
	/* HZ 100 is the coarsest there is */
	if (out->tick_driven)
		judge.granularity = GCLK_NS_PER_S / (readings->hz ? readings->hz : 100);
	reference = find_rate(&judge);
	if (reference >= 0)
		judge_rate(&judge, (gsize)reference);
	else
		judge_unmeasured(&judge);
}
