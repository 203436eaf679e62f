/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-probe.h"

#include "detect/kernel-log.h"
#include "detect/tick-files.h"
#include "detect/tick-picture.h"
#include "source/ptp-scan.h"

/* A reading costs less than a tenth of this, and an edge of the RTC's seconds is known to it. */
#define STEP (5 * GCLK_NS_PER_MS)
/* Sleeps may take a few times as long where ticks are coarse, or fail where something is odd. */
#define STEPS_SLACK 4
#define PROGRESS    (100 * GCLK_NS_PER_MS)
/* Sleeps later than this are late: ordinary machines rarely are, and ticks explain two. */
#define LATE_LIMIT (10 * GCLK_NS_PER_MS)
#define LATE_TICKS 3
/* A counter's readings: more are thinned out, so that comparing pairs stays cheap. */
#define SAMPLES_MAX     96
#define SAMPLE_INTERVAL (50 * GCLK_NS_PER_MS)
#define TSC_TRIES       5
#define PTP_READINGS    5
#define PTP_INTERVAL    (500 * GCLK_NS_PER_MS)
#define HOST_TRIES      5
/* An RTC's quartz, or the host's clock while it is slewed. */
#define RTC_ERROR_PPM  100.0
#define PTP_ERROR_PPM  100.0
#define HOST_ERROR_PPM 100.0
#define RTC_JUMP       (2 * GCLK_NS_PER_S)
#define HOST_JUMP      (PTP_INTERVAL / 5)

#define CLOCKSOURCE_FILE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

enum { RTC, TSC, PTP, HOST, N_COUNTERS };

typedef struct {
	const GclkMachine *machine;
	GclkPlatform *platform;
	const GclkTickSystem *system;
	GclkReader reader;
	char *clocksource;
	char *nohz_full;
	guint hz;
	GArray *samples[N_COUNTERS]; /* of GclkCounterSample */
	GclkTsc tsc;
	/* the RTC: path, and what was read last */
	char *rtc;
	gint64 rtc_seconds; /* -1: nothing yet */
	gint64 rtc_before;  /* RAW before that reading */
	/* the precision clock */
	GclkPtp *ptp;
	GclkPtpMethod method;
	/* the host's time; read NULL: the hypervisor does not tell it */
	GclkHostReader host;
	gint64 backlog;               /* the largest that it told of, ns; -1: none told */
	gint64 next_sample, next_ptp; /* RAW; next_ptp is for the host's time too */
	GclkWakeups wakeups;
} Probe;

static gint64 now(const Probe *probe)
{
	GclkClockPair pair;

	probe->platform->read_pair(probe->platform, &pair);
	return pair.raw;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* When there are too many, every other one goes: ends and spread stay. */
static void add_sample(GArray *samples, gint64 raw, gint64 value, gint64 uncertainty)
{
	const GclkCounterSample sample = { raw, value, uncertainty };

	if (samples->len >= SAMPLES_MAX)
		for (guint i = 1; i < samples->len; i++)
			g_array_remove_index(samples, i);
	g_array_append_val(samples, sample);
}

/* The narrowest of a few readings of the TSC around RAW. */
static void sample_tsc(Probe *probe)
{
	GclkCounterSample best = { .uncertainty = G_MAXINT64 };

	if (!probe->system->tsc || probe->tsc.khz <= 0)
		return;
	for (gint i = 0; i < TSC_TRIES; i++) {
		gint64 before = gclk_tsc_ns(&probe->tsc, probe->system->tsc(probe->system->user));
		gint64 raw = now(probe);
		gint64 after = gclk_tsc_ns(&probe->tsc, probe->system->tsc(probe->system->user));
		gint64 doubt = (after - before) / 2;

		if (after < before || doubt >= best.uncertainty)
			continue;
		best = (GclkCounterSample){ raw, before + doubt, doubt };
	}
	if (best.uncertainty != G_MAXINT64)
		add_sample(probe->samples[TSC], best.raw, best.value, best.uncertainty);
}

/* Has somebody set the RTC since the last reading? Where a lost tick is lost time it may as well be
   a stop of that length. */
static gboolean was_set(const Probe *probe, gint64 seconds, gint64 raw)
{
	gint64 moved = (seconds - probe->rtc_seconds) * GCLK_NS_PER_S;

	return probe->rtc_seconds >= 0 && !gclk_tick_driven(probe->clocksource) &&
	       ABS(moved - (raw - probe->rtc_before)) > RTC_JUMP;
}

/* An edge lies between the moment before the last reading of the old second and the one after the
   first reading of the new one. */
static void sample_rtc(Probe *probe)
{
	gint64 before = now(probe), after, seconds;
	g_autofree char *text = gclk_reader_text(&probe->reader, probe->rtc);

	after = now(probe);
	seconds = text ? gclk_rtc_seconds_parse(text) : -1;
	if (seconds < 0)
		return;
	if (was_set(probe, seconds, before))
		g_array_set_size(probe->samples[RTC], 0);
	else if (probe->rtc_seconds >= 0 && seconds != probe->rtc_seconds)
		add_sample(probe->samples[RTC], probe->rtc_before + (after - probe->rtc_before) / 2,
			seconds * GCLK_NS_PER_S, (after - probe->rtc_before) / 2);
	probe->rtc_seconds = seconds;
	probe->rtc_before = before;
}

static gint read_ptp(Probe *probe, GclkPtpReading *readings, GclkClockPair *pair)
{
	GclkPlatform *platform = probe->platform;

	for (; probe->method < GCLK_PTP_METHODS; probe->method++) {
		gint n = platform->ptp_read(
			platform, probe->ptp, probe->method, PTP_READINGS, readings, pair);

		if (n > 0)
			return n;
	}
	return 0;
}

static void sample_ptp(Probe *probe)
{
	GclkPtpReading readings[GCLK_PTP_READINGS_MAX];
	const GclkPtpReading *best;
	GclkClockPair pair;
	gint n = read_ptp(probe, readings, &pair);

	best = gclk_ptp_reading_best(readings, n);
	if (!best)
		return;
	add_sample(probe->samples[PTP],
		pair.raw - (pair.real - (best->before + (best->after - best->before) / 2)),
		best->device, (best->after - best->before) / 2 + pair.width / 2);
}

/* Ticks that the hypervisor has yet to deliver are neither lost nor kept: what the clock should
   show is somewhere between the host's time and that less the backlog. */
static gboolean read_host(Probe *probe, GclkCounterSample *out)
{
	GclkHostTime host;
	gint64 before = now(probe), after, width, backlog;

	if (!probe->host.read(&probe->host, &host))
		return FALSE;
	after = now(probe);
	width = MAX(after - before, 0);
	backlog = MAX(host.backlog, 0);
	probe->backlog = MAX(probe->backlog, host.backlog);
	*out = (GclkCounterSample){ before + width / 2, host.time - backlog / 2,
		width / 2 + host.resolution + backlog / 2 };
	return TRUE;
}

/* As was_set, for the host's time: after a migration it is another host's. */
static gboolean has_jumped(const Probe *probe, const GclkCounterSample *new)
{
	const GArray *samples = probe->samples[HOST];
	const GclkCounterSample *last =
		samples->len ? &g_array_index(samples, GclkCounterSample, samples->len - 1) : new;

	return !gclk_tick_driven(probe->clocksource) &&
	       ABS((new->value - last->value) - (new->raw - last->raw)) >
		       HOST_JUMP + new->uncertainty + last->uncertainty;
}

static void sample_host(Probe *probe)
{
	GclkCounterSample best = { .uncertainty = G_MAXINT64 }, sample;

	for (gint i = 0; i < HOST_TRIES && read_host(probe, &sample); i++)
		if (sample.uncertainty < best.uncertainty)
			best = sample;
	if (best.uncertainty == G_MAXINT64)
		return;
	if (has_jumped(probe, &best))
		g_array_set_size(probe->samples[HOST], 0);
	add_sample(probe->samples[HOST], best.raw, best.value, best.uncertainty);
}

static void sample_all(Probe *probe, gint64 raw)
{
	if (probe->rtc)
		sample_rtc(probe);
	if (raw >= probe->next_sample) {
		sample_tsc(probe);
		probe->next_sample = raw + SAMPLE_INTERVAL;
	}
	if (raw < probe->next_ptp)
		return;
	if (probe->ptp)
		sample_ptp(probe);
	if (probe->host.read)
		sample_host(probe);
	probe->next_ptp = raw + PTP_INTERVAL;
}

/* --- sleeping ----------------------------------------------------------------------------------
 */

static gint64 late_limit(guint hz)
{
	return MAX(LATE_LIMIT, hz ? LATE_TICKS * GCLK_NS_PER_S / hz : 0);
}

/* Sleeps until deadline and notes how late that ended; returns the time. */
static gint64 sleep_until(Probe *probe, gint64 deadline)
{
	GclkWakeups *w = &probe->wakeups;
	gint64 left = deadline - now(probe), late, woken;

	/* Work that took longer than a step was interrupted: that is lateness as well. */
	if (left > 0)
		probe->system->sleep(probe->system->user, left);
	woken = now(probe);
	late = MAX(woken - deadline, 0);
	w->count++;
	w->worst = MAX(w->worst, late);
	if (late > w->limit) {
		w->late++;
		w->late_total += late;
	}
	return woken;
}

static gint64 measure(Probe *probe, gint64 duration, const GclkTickBeside *beside)
{
	gint64 start = now(probe), raw = start, deadline = start, told = start;
	gint64 steps = duration / STEP * STEPS_SLACK + 1;

	for (gint64 i = 0; i < steps && raw - start < duration; i++) {
		sample_all(probe, raw);
		if (beside->step)
			beside->step(beside->user, raw - start, duration);
		/* a deadline that was missed by far is not made up for */
		deadline = MAX(deadline + STEP, raw);
		raw = sleep_until(probe, deadline);
		if (beside->progress && raw - told >= PROGRESS) {
			beside->progress(beside->user, MIN(raw - start, duration), duration);
			told = raw;
		}
	}
	probe->next_sample = probe->next_ptp = raw;
	sample_all(probe, raw);
	return raw - start;
}

/* --- beginning and end -------------------------------------------------------------------------
 */

static char *find_rtc(Probe *probe)
{
	g_auto(GStrv) names = gclk_reader_names(&probe->reader, "/sys/class/rtc");
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;

	if (!names || !names[0])
		return NULL;
	path = g_build_filename("/sys/class/rtc", names[0], "since_epoch", NULL);
	text = gclk_reader_text(&probe->reader, path);
	return text && gclk_rtc_seconds_parse(text) >= 0 ? g_steal_pointer(&path) : NULL;
}

static GclkPtp *open_ptp(GclkPlatform *platform)
{
	g_autoptr(GArray) devices = NULL;
	const GclkPtpDevice *device;

	if (!platform->ptp_open || !platform->ptp_read)
		return NULL;
	devices = gclk_ptp_scan(platform);
	device = gclk_ptp_choose(devices);
	return device ? platform->ptp_open(platform, device->path, NULL) : NULL;
}

static double log_khz(const GclkMachine *machine, GclkReader *reader)
{
	GclkKernelLog *log = gclk_kernel_log_new(machine, reader);
	double khz = 0;

	gclk_kernel_log_tsc_khz(log, &khz);
	gclk_kernel_log_free(log);
	return khz;
}

static char *find_clocksource(Probe *probe)
{
	const GclkMachine *machine = probe->machine;
	char *name = gclk_reader_text(&probe->reader, CLOCKSOURCE_FILE);

	if (!name && machine->sysctl)
		name = machine->sysctl(machine->sysctl_user, "kern.timecounter.hardware");
	return name;
}

static guint find_hz(const Probe *probe)
{
	const GclkMachine *machine = probe->machine;
	guint hz = probe->system->hz ? probe->system->hz(probe->system->user) : 0;
	g_autofree char *text = NULL;

	if (hz || !machine->sysctl)
		return hz;
	text = machine->sysctl(machine->sysctl_user, "kern.hz");
	return text ? (guint)CLAMP(g_ascii_strtoll(text, NULL, 10), 0, 100000) : 0;
}

static void begin(Probe *probe, const GclkMachine *machine)
{
	*probe = (Probe){
		.machine = machine,
		.platform = machine->platform,
		.system = machine->ticks,
		.reader = { .platform = machine->platform },
		.rtc_seconds = -1,
		.backlog = -1,
	};
	for (gsize i = 0; i < N_COUNTERS; i++)
		probe->samples[i] = g_array_new(FALSE, TRUE, sizeof(GclkCounterSample));
	probe->clocksource = find_clocksource(probe);
	probe->hz = find_hz(probe);
	probe->nohz_full = gclk_reader_text(&probe->reader, "/sys/devices/system/cpu/nohz_full");
	probe->rtc = find_rtc(probe);
	probe->ptp = open_ptp(probe->platform);
	if (machine->host_time && !machine->host_time(machine->host_time_user, &probe->host))
		probe->host.read = NULL;
	if (probe->system->tsc)
		gclk_tsc_read(machine->cpuid, log_khz(machine, &probe->reader), &probe->tsc);
	probe->wakeups.limit = late_limit(probe->hz);
}

static void end(Probe *probe)
{
	if (probe->ptp)
		probe->platform->ptp_close(probe->platform, probe->ptp);
	for (gsize i = 0; i < N_COUNTERS; i++)
		g_array_unref(probe->samples[i]);
	g_free(probe->clocksource);
	g_free(probe->nohz_full);
	g_free(probe->rtc);
}

static void add_counter(
	const Probe *probe, gsize which, const GclkTickCounter *like, GclkTickReadings *readings)
{
	GclkTickCounter *counters = (GclkTickCounter *)readings->counters;

	if (probe->samples[which]->len == 0)
		return;
	counters[readings->n_counters] = *like;
	counters[readings->n_counters].samples =
		(const GclkCounterSample *)(gconstpointer)probe->samples[which]->data;
	counters[readings->n_counters].n = probe->samples[which]->len;
	readings->n_counters++;
}

static void judge(const Probe *probe, gint64 duration, const GclkTickCpu *cpu,
	const GclkTickBeside *beside, GclkTickHealth *out)
{
	const GclkTickCounter rtc = {
		.name = "rtc", .rate_error_ppm = RTC_ERROR_PPM, .steady = TRUE
	};
	const GclkTickCounter ptp = {
		.name = "ptp", .rate_error_ppm = PTP_ERROR_PPM, .steady = TRUE
	};
	const GclkTickCounter host = {
		.name = "host", .rate_error_ppm = HOST_ERROR_PPM, .steady = TRUE
	};
	const GclkTickCounter tsc = {
		.name = "tsc",
		.origin = GCLK_COUNTER_TSC,
		.rate_error_ppm = probe->tsc.error_ppm,
		.steady = probe->tsc.invariant,
	};
	GclkTickCounter counters[GCLK_TICK_COUNTERS_MAX];
	GclkTickReadings readings = {
		.clocksource = probe->clocksource,
		.hz = probe->hz,
		.duration = duration,
		.counters = counters,
		.wakeups = probe->wakeups,
		.cpu = *cpu,
		.backlog = probe->backlog,
	};

	add_counter(probe, RTC, &rtc, &readings);
	add_counter(probe, PTP, &ptp, &readings);
	add_counter(probe, HOST, &host, &readings);
	add_counter(probe, TSC, &tsc, &readings);
	if (beside->counter && beside->counter(beside->user, &counters[readings.n_counters]))
		readings.n_counters++;
	gclk_tick_judge(&readings, out);
}

void gclk_tick_probe_run(const GclkMachine *machine, gint64 duration, const GclkTickBeside *beside,
	GclkTickHealth *out)
{
	static const GclkTickBeside nothing = { NULL, NULL, NULL, NULL };
	const GclkTickSystem *system = machine->ticks;
	GclkTickPicture first, last;
	GclkTickCpu cpu;
	Probe probe;

	gclk_tick_health_init(out);
	if (!system || !system->sleep || !machine->platform->read_pair)
		return;
	begin(&probe, machine);
	gclk_tick_picture_take(&first, &probe.reader);
	probe.wakeups.urgent = system->hurry && system->hurry(system->user, TRUE);
	duration = measure(&probe, duration, beside ? beside : &nothing);
	if (probe.wakeups.urgent)
		system->hurry(system->user, FALSE);
	gclk_tick_picture_take(&last, &probe.reader);
	cpu = gclk_tick_picture_compare(&first, &last, probe.nohz_full);
	judge(&probe, duration, &cpu, beside ? beside : &nothing, out);
	gclk_tick_picture_clear(&first);
	gclk_tick_picture_clear(&last);
	end(&probe);
}
