/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-watch.h"

#include <string.h>

#include "detect/reader.h"
#include "detect/tick-files.h"

#define LOOK_INTERVAL   (10 * GCLK_NS_PER_S)
#define SAMPLE_INTERVAL (30 * GCLK_NS_PER_S)
/* The rate is that of the last quarter of an hour: longer would hide that it has changed. */
#define WINDOW   (900 * GCLK_NS_PER_S)
#define RING_MAX 32
/* A verdict that has held for so long is told. */
#define CONFIRM (30 * GCLK_NS_PER_S)
/* Stolen time is looked at over the last five minutes; starved ends at half of what it begins at.
 */
#define STEAL_INTERVAL (60 * GCLK_NS_PER_S)
#define STEALS_MAX     6
#define STEAL_LEFT     0.05
/* Timers later than this are late; a single one happens to every machine. */
#define LATE_LIMIT (100 * GCLK_NS_PER_MS)
#define LATE_MIN   3
/* A counter that counts by itself and differs by so much between two neighbours was set, or the
   machine was paused. */
#define JUMP           (2 * GCLK_NS_PER_S)
#define RTC_ERROR_PPM  100.0
#define STAT_MAX       (1024 * 1024)
#define RTC_FILE       "/sys/class/rtc/rtc0/since_epoch"
#define REFERENCE_SPAN (60 * GCLK_NS_PER_S)

/* The newest samples, the oldest first. */
typedef struct {
	GclkCounterSample samples[RING_MAX];
	gsize n;
} Ring;

typedef struct {
	gint64 raw;
	GclkCpuTimes times;
} Steal;

struct GclkTickWatch {
	GclkPlatform *platform;
	const GclkTickSystem *system;
	const GclkTsc *tsc;
	GclkHostReader host; /* read NULL: none */
	gint64 backlog;      /* the largest since late_since, ns; -1: not told */
	char *clocksource;
	gint64 began;  /* RAW since the last disturbance; 0: it begins now */
	gint64 looked; /* RAW of the last judgement */
	Ring rtc, counted;
	gboolean has_rtc; /* as far as is known */
	Steal steals[STEALS_MAX];
	gsize n_steals;
	GclkWakeups late; /* since late_since */
	gint64 late_since;
	GclkTickVerdict candidate; /* what might follow health */
	gint64 candidate_since;    /* RAW; 0: none */
	GclkTickHealth health;
};

GclkTickWatch *gclk_tick_watch_new(
	GclkPlatform *platform, const GclkTickSystem *system, const GclkTsc *tsc)
{
	GclkTickWatch *watch = g_new0(GclkTickWatch, 1);

	watch->platform = platform;
	watch->system = system;
	watch->tsc = tsc;
	watch->has_rtc = TRUE;
	watch->backlog = -1;
	gclk_tick_health_init(&watch->health);
	return watch;
}

void gclk_tick_watch_free(GclkTickWatch *watch)
{
	if (!watch)
		return;
	g_free(watch->clocksource);
	g_free(watch);
}

void gclk_tick_watch_use_host(GclkTickWatch *watch, const GclkHostReader *reader)
{
	watch->host = reader ? *reader : (GclkHostReader){ 0 };
	watch->backlog = -1;
}

const GclkTickHealth *gclk_tick_watch_health(const GclkTickWatch *watch)
{
	return &watch->health;
}

void gclk_tick_watch_disturbed(GclkTickWatch *watch)
{
	watch->rtc.n = watch->counted.n = watch->n_steals = 0;
	watch->began = 0;
	watch->candidate_since = 0;
	watch->late = (GclkWakeups){ .limit = LATE_LIMIT };
	watch->backlog = -1;
}

void gclk_tick_watch_late(GclkTickWatch *watch, gint64 lateness)
{
	GclkWakeups *late = &watch->late;

	late->count++;
	late->worst = MAX(late->worst, lateness);
	if (lateness <= LATE_LIMIT)
		return;
	late->late++;
	late->late_total += lateness;
}

/* --- counters --------------------------------------------------------------------------------- */

static gboolean is_due(const Ring *ring, gint64 raw)
{
	return ring->n == 0 || raw - ring->samples[ring->n - 1].raw >= SAMPLE_INTERVAL;
}

static gboolean jumped(const GclkTickWatch *watch, const Ring *ring, const GclkCounterSample *new)
{
	const GclkCounterSample *last = &ring->samples[ring->n - 1];

	return new->value < last->value ||
	       (!gclk_tick_driven(watch->clocksource) &&
		       ABS((new->value - last->value) - (new->raw - last->raw)) > JUMP);
}

static void add(const GclkTickWatch *watch, Ring *ring, const GclkCounterSample *sample)
{
	gsize old = 0;

	if (ring->n && jumped(watch, ring, sample))
		ring->n = 0;
	while (old < ring->n &&
		(sample->raw - ring->samples[old].raw > WINDOW || ring->n - old >= RING_MAX))
		old++;
	ring->n -= old;
	memmove(ring->samples, ring->samples + old, ring->n * sizeof *sample);
	ring->samples[ring->n++] = *sample;
}

static gint64 read_raw(const GclkTickWatch *watch)
{
	GclkClockPair pair;

	watch->platform->read_pair(watch->platform, &pair);
	return pair.raw;
}

static gint64 read_tsc(const GclkTickWatch *watch)
{
	return gclk_tsc_ns(watch->tsc, watch->system->tsc(watch->system->user));
}

static void count_tsc(GclkTickWatch *watch, gint64 raw)
{
	gint64 before, after;

	if (!watch->system || !watch->system->tsc || !watch->tsc || watch->tsc->khz <= 0 ||
		gclk_tick_reads_tsc(watch->clocksource) || !is_due(&watch->counted, raw))
		return;
	before = read_tsc(watch);
	raw = read_raw(watch);
	after = read_tsc(watch);
	if (after >= before)
		add(watch, &watch->counted,
			&(GclkCounterSample){
				raw, before + (after - before) / 2, (after - before) / 2 });
}

/* Would the RTC only say what the kernel has written there? */
static gboolean rtc_is_fed(const GclkTickWatch *watch)
{
	GclkDiscipline discipline = { 0 };

	return watch->platform->get_discipline(watch->platform, &discipline, NULL) &&
	       !discipline.unsynchronised;
}

/* The second that is shown began at most a second ago. */
static void read_rtc(GclkTickWatch *watch, gint64 raw)
{
	g_autofree char *text = NULL;
	gint64 seconds, after;

	if (!watch->has_rtc || !is_due(&watch->rtc, raw))
		return;
	if (rtc_is_fed(watch)) {
		watch->rtc.n = 0;
		return;
	}
	raw = read_raw(watch);
	text = watch->platform->read_file(watch->platform, RTC_FILE, 64, NULL, NULL);
	after = read_raw(watch);
	seconds = text ? gclk_rtc_seconds_parse(text) : -1;
	watch->has_rtc = seconds >= 0;
	if (watch->has_rtc)
		add(watch, &watch->rtc,
			&(GclkCounterSample){ raw + (after - raw) / 2,
				seconds * GCLK_NS_PER_S + GCLK_NS_PER_S / 2,
				GCLK_NS_PER_S / 2 + (after - raw) / 2 });
}

/*
 * One rate that fits every reading, if there is one: the reading i allows RAW's line between
 * value - uncertainty and value + uncertainty, so two of them bound its slope from both sides. The
 * readings' phases differ, so that is narrower than the first and the last alone. ends: as if only
 * two readings had been taken, that say as much. FALSE: no line fits, the rate was not constant.
 */
static gboolean fit(const Ring *ring, GclkCounterSample ends[2])
{
	double least = -G_MAXDOUBLE, most = G_MAXDOUBLE;
	gint64 span;

	if (ring->n < 3)
		return FALSE;
	for (gsize i = 0; i < ring->n; i++) {
		for (gsize j = i + 1; j < ring->n; j++) {
			const GclkCounterSample *a = &ring->samples[i], *b = &ring->samples[j];
			double raw = (double)(b->raw - a->raw);
			double value = (double)(b->value - a->value);
			double doubt = (double)(a->uncertainty + b->uncertainty);

			if (raw <= 0)
				return FALSE;
			least = MAX(least, (value - doubt) / raw);
			most = MIN(most, (value + doubt) / raw);
		}
	}
	if (least > most)
		return FALSE;
	span = ring->samples[ring->n - 1].raw - ring->samples[0].raw;
	ends[0] = (GclkCounterSample){ 0 };
	ends[1] = (GclkCounterSample){
		.raw = span,
		.value = (gint64)((double)span * (least + most) / 2),
		.uncertainty = (gint64)((double)span * (most - least) / 2),
	};
	return TRUE;
}

/* --- CPU time --------------------------------------------------------------------------------- */

/* The first line is enough; many CPUs make many more. */
static gboolean read_stat(const GclkTickWatch *watch, GclkCpuTimes *out)
{
	g_autofree char *text =
		watch->platform->read_file(watch->platform, "/proc/stat", STAT_MAX, NULL, NULL);
	g_auto(GclkCpuStat) stat = { 0 };
	char *end = text ? strchr(text, '\n') : NULL;

	if (!end)
		return FALSE;
	*end = '\0';
	if (!gclk_cpu_stat_parse(text, &stat))
		return FALSE;
	*out = stat.all;
	return TRUE;
}

static void read_steal(GclkTickWatch *watch, gint64 raw)
{
	Steal *steals = watch->steals;
	Steal now = { .raw = raw };

	if (watch->n_steals && raw - steals[watch->n_steals - 1].raw < STEAL_INTERVAL)
		return;
	if (!read_stat(watch, &now.times))
		return;
	if (watch->n_steals == STEALS_MAX)
		memmove(steals, steals + 1, --watch->n_steals * sizeof *steals);
	steals[watch->n_steals++] = now;
}

static GclkTickCpu sum_cpu(const GclkTickWatch *watch)
{
	GclkTickCpu cpu = { .steal = -1,
		.busy = -1,
		.hangs = -1,
		.hangs_total = -1,
		.hang_worst = -1,
		.tick_rate = -1 };

	if (watch->n_steals > 1)
		gclk_cpu_times_shares(&watch->steals[0].times,
			&watch->steals[watch->n_steals - 1].times, &cpu.steal, &cpu.busy);
	return cpu;
}

/* Lateness is forgotten after a while. One late timer is nothing. */
static GclkWakeups sum_wakeups(GclkTickWatch *watch, gint64 raw)
{
	GclkWakeups out;

	if (watch->late_since == 0 || raw - watch->late_since > WINDOW) {
		watch->late = (GclkWakeups){ .limit = LATE_LIMIT };
		watch->late_since = raw;
		watch->backlog = -1;
	}
	out = watch->late;
	if (out.late >= LATE_MIN)
		return out;
	return (GclkWakeups){ .limit = LATE_LIMIT };
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* As if the reference had been read at both ends of the time that it may rest on. */
static GclkTickCounter from_reference(
	const GclkTickReference *reference, gint64 measured, GclkCounterSample ends[2])
{
	gint64 span = CLAMP(measured, REFERENCE_SPAN, WINDOW);

	ends[0] = (GclkCounterSample){ 0 };
	ends[1] = (GclkCounterSample){
		.raw = span,
		.value = span + (gint64)((double)span * reference->frequency_ppb * 1e-9),
	};
	return (GclkTickCounter){
		.name = reference->name,
		.rate_error_ppm = 2 * reference->sigma_ppb / 1000,
		.steady = TRUE,
		.samples = ends,
		.n = 2,
	};
}

/* After sum_wakeups, which forgets it after a while. */
static gint64 read_backlog(GclkTickWatch *watch)
{
	GclkHostTime time;

	if (watch->host.read && watch->host.read(&watch->host, &time))
		watch->backlog = MAX(watch->backlog, time.backlog);
	return watch->backlog;
}

static void judge(
	GclkTickWatch *watch, gint64 raw, const GclkTickReference *reference, GclkTickHealth *out)
{
	GclkCounterSample ends[2];
	GclkTickCounter counters[2];
	gboolean fits;
	GclkTickReadings readings = {
		.clocksource = watch->clocksource,
		.hz = watch->platform->tick ? (guint)(GCLK_NS_PER_S / watch->platform->tick) : 0,
		.duration = raw - watch->began,
		.counters = counters,
		.wakeups = sum_wakeups(watch, raw),
		.cpu = sum_cpu(watch),
	};

	readings.backlog = read_backlog(watch);
	if (reference) {
		counters[readings.n_counters++] =
			from_reference(reference, readings.duration, ends);
		gclk_tick_judge(&readings, out);
		return;
	}
	fits = fit(&watch->rtc, ends);
	counters[readings.n_counters++] = (GclkTickCounter){ .name = "rtc",
		.rate_error_ppm = RTC_ERROR_PPM,
		.steady = TRUE,
		.samples = fits ? ends : watch->rtc.samples,
		.n = fits ? 2 : watch->rtc.n };
	if (watch->counted.n)
		counters[readings.n_counters++] = (GclkTickCounter){ .name = "tsc",
			.origin = GCLK_COUNTER_TSC,
			.rate_error_ppm = watch->tsc->error_ppm,
			.steady = watch->tsc->invariant,
			.samples = watch->counted.samples,
			.n = watch->counted.n };
	gclk_tick_judge(&readings, out);
}

/* Starved ends where the reason has clearly gone, lest it come and go all day. */
static void hold(const GclkTickWatch *watch, GclkTickHealth *fresh)
{
	if (watch->health.verdict == GCLK_TICKS_STARVED && fresh->verdict == GCLK_TICKS_HEALTHY &&
		fresh->steal_share >= STEAL_LEFT)
		fresh->verdict = GCLK_TICKS_STARVED;
}

static gboolean publish(GclkTickWatch *watch, gint64 raw, GclkTickHealth *fresh)
{
	GclkTickVerdict verdict = fresh->verdict;
	gboolean first =
		watch->health.verdict == GCLK_TICKS_UNKNOWN && verdict == GCLK_TICKS_HEALTHY;

	if (verdict == watch->health.verdict) {
		watch->health = *fresh;
		watch->candidate_since = 0;
		return FALSE;
	}
	if (watch->candidate_since == 0 || watch->candidate != verdict) {
		watch->candidate = verdict;
		watch->candidate_since = raw;
	}
	if (!first && raw - watch->candidate_since < CONFIRM)
		return FALSE;
	watch->health = *fresh;
	watch->candidate_since = 0;
	return TRUE;
}

static void take_clocksource(GclkTickWatch *watch, const char *clocksource)
{
	if (g_strcmp0(clocksource, watch->clocksource) == 0)
		return;
	g_free(watch->clocksource);
	watch->clocksource = g_strdup(clocksource);
	gclk_tick_watch_disturbed(watch);
}

gboolean gclk_tick_watch_look(GclkTickWatch *watch, gint64 raw, const char *clocksource,
	const GclkTickReference *reference)
{
	GclkTickHealth fresh;

	take_clocksource(watch, clocksource);
	if (watch->began == 0)
		watch->began = raw;
	else if (raw - watch->looked < LOOK_INTERVAL)
		return FALSE;
	watch->looked = raw;
	if (reference) {
		/* what follows upon the source begins anew */
		watch->rtc.n = watch->counted.n = 0;
	} else {
		count_tsc(watch, raw);
		read_rtc(watch, raw);
	}
	read_steal(watch, raw);
	judge(watch, raw, reference, &fresh);
	hold(watch, &fresh);
	return publish(watch, raw, &fresh);
}
