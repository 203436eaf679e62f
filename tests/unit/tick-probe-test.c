/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe on a scripted machine, the TSC's frequency, and the parsers of the kernel's files. */
#include "detect/tick-probe.h"

#include <math.h>
#include <string.h>

#include "detect/tick-files.h"
#include "harness.h"

#define SECOND GCLK_NS_PER_S
#define MS     GCLK_NS_PER_MS
#define TSC_HZ 2600000000.0

/* --- a machine ---------------------------------------------------------------------------------
 */

/* True time passes; every `every` ns the vCPU stands still for `stop` ns. */
typedef struct {
	GclkPlatform platform;
	gint64 time; /* true, ns */
	gint64 lost; /* of it, what RAW has not seen, ns */
	gint64 stops_done;
	gint64 every, stop;
	gboolean loses; /* a stop is lost to RAW */
	gint64 tick;    /* RAW moves in steps of so many ns; 0: it is smooth */
	const char *clocksource;
	gboolean has_rtc;
	const char *rtc_text;          /* instead of the time */
	gint64 rtc_set_at, rtc_set_by; /* true time, ns; s */
	gint64 stolen;                 /* ns */
	gboolean may_hurry, hurried, slept_in_hurry;
	guint sleeps;
	gboolean sleeps_nothing;
	guint64 hangs;
	gboolean no_cpuid; /* and so no frequency of the TSC */
	gboolean has_host;
	gint64 host_set_at, host_set_by; /* as rtc_set_at; ns */
	guint host_answers;              /* then it falls silent; 0: never */
	gint64 backlog;                  /* what the hypervisor tells of, ns */
	gboolean owes_stops;             /* and all that RAW has lost besides */
	guint host_asked;
} World;

/* Time passes for the guest too, and stops come in between. */
static void pass(World *w, gint64 ns)
{
	w->time += ns;
	while (w->every && w->stop && w->time >= (w->stops_done + 1) * w->every) {
		w->stops_done++;
		w->time += w->stop;
		w->stolen += w->stop;
		if (w->loses)
			w->lost += w->stop;
	}
}

static gint64 raw_of(const World *w)
{
	gint64 raw = w->time - w->lost;

	return w->tick ? raw / w->tick * w->tick : raw;
}

static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	World *w = (World *)platform;

	pass(w, 200);
	*out = (GclkClockPair){ .raw = raw_of(w), .real = raw_of(w), .width = 100 };
}

static char *stat_text(const World *w)
{
	gint64 ticks = w->time / (10 * MS), stolen = w->stolen / (10 * MS);

	/* CPU 0 does nothing, CPU 1 runs whenever it may */
	return g_strdup_printf("cpu  %" G_GINT64_FORMAT " 0 0 %" G_GINT64_FORMAT
			       " 0 0 0 %" G_GINT64_FORMAT " 0 0\n"
			       "cpu0 0 0 0 %" G_GINT64_FORMAT " 0 0 0 0 0 0\n"
			       "cpu1 %" G_GINT64_FORMAT " 0 0 0 0 0 0 %" G_GINT64_FORMAT " 0 0\n"
			       "intr 1 2 3\n",
		ticks - stolen, ticks, stolen, ticks, ticks - stolen, stolen);
}

static char *interrupts_text(const World *w)
{
	gint64 ticks = (w->time - w->stolen) / (4 * MS);

	return g_strdup_printf("           CPU0       CPU1\n"
			       "  0:         11          0  IO-APIC   2-edge      timer\n"
			       "LOC:         %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
			       "   Local timer interrupts\n",
		ticks / 10, ticks);
}

static gint64 rtc_seconds(const World *w)
{
	return 1800000000 + (w->time + 123 * MS) / SECOND +
	       (w->rtc_set_at && w->time >= w->rtc_set_at ? w->rtc_set_by : 0);
}

static char *text_of(World *w, const char *path)
{
	if (strcmp(path, "/sys/devices/system/clocksource/clocksource0/current_clocksource") == 0)
		return w->clocksource ? g_strdup_printf("%s\n", w->clocksource) : NULL;
	if (strcmp(path, "/sys/class/rtc/rtc0/since_epoch") == 0 && w->has_rtc)
		return w->rtc_text ? g_strdup(w->rtc_text)
				   : g_strdup_printf("%" G_GINT64_FORMAT "\n", rtc_seconds(w));
	if (strcmp(path, "/proc/stat") == 0)
		return stat_text(w);
	if (strcmp(path, "/proc/interrupts") == 0)
		return interrupts_text(w);
	if (strcmp(path, "/proc/timer_list") == 0)
		return g_strdup_printf("cpu: 0\n  .nr_hangs       : %" G_GUINT64_FORMAT
				       "\n  .max_hang_time  : 1234567\n",
			w->hangs);
	return NULL;
}

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	char *text = text_of((World *)platform, path);

	(void)limit;
	pass((World *)platform, 20000);
	if (!text)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such file", path);
	else if (length)
		*length = strlen(text);
	return text;
}

static char **list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	if (((World *)platform)->has_rtc && strcmp(path, "/sys/class/rtc") == 0)
		return g_strsplit("rtc0", ",", -1);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such directory", path);
	return NULL;
}

static guint hz(gpointer user)
{
	(void)user;
	return 250;
}

static guint64 tsc(gpointer user)
{
	World *w = user;

	pass(w, 20);
	return (guint64)((double)w->time * TSC_HZ / 1e9);
}

/* Sleeps end with a tick, where RAW counts these. */
static void sleep_in(gpointer user, gint64 ns)
{
	World *w = user;
	gint64 until = raw_of(w) + ns;

	w->sleeps++;
	w->slept_in_hurry = w->slept_in_hurry || w->hurried;
	w->hangs += w->sleeps % 400 == 0;
	if (w->sleeps_nothing)
		return;
	while (raw_of(w) < until)
		pass(w, 50000);
}

static gboolean hurry(gpointer user, gboolean on)
{
	World *w = user;

	w->hurried = on && w->may_hurry;
	return w->may_hurry;
}

static gboolean read_host(const GclkHostReader *reader, GclkHostTime *out)
{
	World *w = reader->user;

	pass(w, 3000);
	if (w->host_answers && ++w->host_asked > w->host_answers)
		return FALSE;
	*out = (GclkHostTime){
		.time = 1800000000 * SECOND + w->time / 1000 * 1000 +
			(w->host_set_at && w->time >= w->host_set_at ? w->host_set_by : 0),
		.resolution = 1000,
		.backlog = w->backlog + (w->owes_stops ? w->lost : 0),
	};
	return TRUE;
}

static gboolean find_host(gpointer user, GclkHostReader *out)
{
	World *w = user;

	*out = (GclkHostReader){ .read = read_host, .user = w };
	return w->has_host;
}

static void cpuid_invariant(guint32 leaf, guint32 r[4])
{
	static const struct {
		guint32 leaf, r[4];
	} leaves[] = {
		{ 0, { 0x16, 0, 0, 0 } },
		{ 1, { 0, 0, 1U << 31, 0 } },
		{ 0x15, { 2, 208, 25000000, 0 } }, /* 25 MHz * 208 / 2 */
		{ 0x40000000, { 0x40000010, 0, 0, 0 } },
		{ 0x80000000, { 0x80000008, 0, 0, 0 } },
		{ 0x80000007, { 0, 0, 0, 1U << 8 } },
	};

	memset(r, 0, 4 * sizeof *r);
	for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++)
		if (leaves[i].leaf == leaf)
			memcpy(r, leaves[i].r, sizeof leaves[i].r);
}

static World world_on(const char *clocksource)
{
	return (World){
		.platform = { .name = "scripted",
			.read_pair = read_pair,
			.read_file = read_file,
			.list_directory = list_directory },
		.time = 77 * SECOND + 345678901,
		.clocksource = clocksource,
		.may_hurry = TRUE,
	};
}

static GclkTickHealth probe(World *w, gint64 duration)
{
	const GclkTickSystem system = { hz, tsc, sleep_in, hurry, w };
	const GclkMachine machine = {
		.platform = &w->platform,
		.cpuid = w->no_cpuid ? NULL : cpuid_invariant,
		.ticks = &system,
		.host_time = find_host,
		.host_time_user = w,
	};
	GclkTickHealth health;

	w->stops_done = w->every ? w->time / w->every : 0;
	gclk_tick_probe_run(&machine, duration, NULL, &health);
	return health;
}

static const GclkTickComparison *find(const GclkTickHealth *health, const char *name)
{
	for (gsize i = 0; i < health->n_comparisons; i++)
		if (strcmp(health->comparisons[i].name, name) == 0)
			return &health->comparisons[i];
	return NULL;
}

#define ASSERT_VERDICT(health, wanted)                                                             \
	GCLK_ASSERT_STR(gclk_tick_verdict_name((health).verdict), gclk_tick_verdict_name(wanted))

/* --- measured ----------------------------------------------------------------------------------
 */

/* Stops of 20 ms, 5 % or 30 % of the time, clock steps of 4 ms, whole seconds of the RTC. */
static void lose(double share, gint64 duration)
{
	World w = world_on("jiffies");
	GclkTickHealth h;
	const GclkTickComparison *rtc;

	w.loses = w.has_rtc = TRUE;
	w.tick = 4 * MS;
	w.stop = 20 * MS;
	w.every = (gint64)((double)w.stop / share);
	h = probe(&w, duration);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_NEAR(h.lost_ppm, share * 1e6, share * 1e5);
	GCLK_ASSERT_STR(h.reference, "tsc");
	rtc = find(&h, "rtc");
	GCLK_ASSERT_INT(rtc ? (gint)rtc->use : -1, GCLK_COMPARISON_AGREES);
	GCLK_ASSERT_NEAR(rtc ? rtc->lost_ppm : 0, share * 1e6, share * 1e5);
	CU_ASSERT_TRUE(h.confidence > 0.9);
	/* whatever was lost, the machine's own clock does not see that it woke late */
	CU_ASSERT_TRUE(h.late_share < 0.02);
}

static void test_losing(void)
{
	lose(0.05, 5 * SECOND);
	lose(0.05, 10 * SECOND);
	lose(0.30, 5 * SECOND);
	lose(0.30, 10 * SECOND);
}

/* The same stops, but time is read from a counter. */
static void test_starved(void)
{
	World w = world_on("tsc");
	GclkTickHealth h;

	w.has_rtc = TRUE;
	w.stop = 40 * MS;
	w.every = 800 * MS;
	h = probe(&w, 5 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_STARVED);
	GCLK_ASSERT_STR(h.reference, "rtc");
	CU_ASSERT_TRUE(fabs(h.lost_ppm) < h.lost_error_ppm);
	CU_ASSERT_TRUE(h.late_share > 0.02 && h.late_share < 0.06);
	CU_ASSERT_TRUE(h.lateness_worst > 20 * MS && h.lateness_worst <= 41 * MS);
	GCLK_ASSERT_NEAR(h.steal_share, 0.025, 0.003); /* one of two CPUs */
	GCLK_ASSERT_INT(h.cpu.busy_cpus, 1);
	GCLK_ASSERT_NEAR(h.cpu.tick_rate, 250 * 0.95, 5);
	GCLK_ASSERT_INT(h.cpu.hangs, 2);
	GCLK_ASSERT_INT(h.cpu.hangs_total, 2);
	GCLK_ASSERT_INT(h.cpu.hang_worst, 1234567);
	CU_ASSERT_TRUE(h.wakeups.urgent && w.slept_in_hurry && !w.hurried);
}

static void test_healthy(void)
{
	World w = world_on("hpet");
	GclkTickHealth h;

	w.has_rtc = TRUE;
	h = probe(&w, 5 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(h.reference, "tsc");
	GCLK_ASSERT_NEAR(h.lost_ppm, 0, 1);
	GCLK_ASSERT_INT(h.hz, 250);
	CU_ASSERT_TRUE(h.wakeups.count > 900 && h.wakeups.count < 1100);
	CU_ASSERT_TRUE(h.duration >= 5 * SECOND && h.duration < 5 * SECOND + 50 * MS);
}

/* As on many microVMs: the TSC is all there is, and it is the clocksource. */
static void test_nothing_to_compare(void)
{
	World w = world_on("tsc");
	GclkTickHealth h = probe(&w, SECOND);

	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(h.reference, NULL);
	CU_ASSERT_TRUE(isinf(h.lost_error_ppm));
	GCLK_ASSERT_INT(find(&h, "rtc") == NULL, TRUE);
}

/* On VMware, with nothing but the backdoor. */
static void test_host(void)
{
	World losing = world_on("jiffies"), fine = world_on("tsc");
	GclkTickHealth h;

	losing.has_host = losing.no_cpuid = losing.loses = TRUE;
	losing.tick = 4 * MS;
	losing.stop = 20 * MS;
	losing.every = 400 * MS;
	h = probe(&losing, 5 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_STR(h.reference, "host");
	GCLK_ASSERT_NEAR(h.lost_ppm, 47600, 5000);
	GCLK_ASSERT_INT(h.backlog, 0);

	fine.has_host = TRUE;
	h = probe(&fine, 5 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(h.reference, "host");
	GCLK_ASSERT_NEAR(h.lost_ppm, 0, 2);
	/* twice half a bracket and the resolution, over 5 s, and the host's own rate */
	GCLK_ASSERT_NEAR(h.lost_error_ppm, 101, 1);
	fine.has_host = FALSE;
	h = probe(&fine, SECOND);
	GCLK_ASSERT_STR(h.reference, NULL);
	GCLK_ASSERT_INT(h.backlog, -1);
}

/* What the hypervisor still owes is not lost yet, and what it makes up for is no gain. */
static void test_backlog(void)
{
	World w = world_on("jiffies");
	GclkTickHealth h;

	w.has_host = w.no_cpuid = w.loses = w.owes_stops = TRUE;
	w.stop = 20 * MS;
	w.every = 400 * MS;
	h = probe(&w, 5 * SECOND);
	CU_ASSERT_TRUE(h.verdict != GCLK_TICKS_LOSING);
	CU_ASSERT_TRUE(h.lost_error_ppm > 20000);
	CU_ASSERT_TRUE(h.backlog > 200 * MS && h.backlog < 300 * MS);
	/* half of it is owed from the beginning: the rate is known all the same */
	w = world_on("jiffies");
	w.has_host = w.no_cpuid = w.loses = TRUE;
	w.backlog = 2 * MS;
	w.stop = 20 * MS;
	w.every = 400 * MS;
	h = probe(&w, 5 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_NEAR(h.lost_ppm, 47600, 5000);
	GCLK_ASSERT_INT(h.backlog, 2 * MS);
	w = world_on("tsc");
	w.has_host = TRUE;
	w.backlog = -1; /* commands 46 and 23 */
	h = probe(&w, SECOND);
	GCLK_ASSERT_INT(h.backlog, -1);
	GCLK_ASSERT_STR(h.reference, "host");
}

/* The host's time is set meanwhile, or is told no more. */
static void test_bad_host(void)
{
	static const gint64 by[] = { -30 * SECOND, SECOND / 2, -SECOND / 2, 3600 * SECOND };
	World silent = world_on("hpet"), counting = world_on("jiffies");
	GclkTickHealth h;

	for (gsize i = 0; i < G_N_ELEMENTS(by); i++) {
		World w = world_on("tsc");

		w.has_host = TRUE;
		w.host_set_at = w.time + 1900 * MS;
		w.host_set_by = by[i];
		h = probe(&w, 5 * SECOND);
		ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
		GCLK_ASSERT_STR(h.reference, "host");
		GCLK_ASSERT_NEAR(h.lost_ppm, 0, 2);
		GCLK_ASSERT_NEAR((double)h.measured, 3e9, 0.1e9);
	}
	/* where ticks are counted, a jump may be a stop: two against one */
	counting.has_host = counting.has_rtc = TRUE;
	counting.host_set_at = counting.time + 1900 * MS;
	counting.host_set_by = -30 * SECOND;
	h = probe(&counting, 5 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_INT(find(&h, "host")->use, GCLK_COMPARISON_SENSELESS);
	silent.has_host = TRUE;
	silent.host_answers = 3;
	h = probe(&silent, 2 * SECOND);
	ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_INT(find(&h, "host")->use, GCLK_COMPARISON_TOO_SHORT);
}

static void test_lying_rtc(void)
{
	static const char *const texts[] = { "", "\n", "yesterday\n", "99999999999999999999\n",
		"-5\n", "1800000000 and more\n", "\x01\x02\x03", "1800000000\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		World w = world_on("hpet");
		GclkTickHealth h;

		w.has_rtc = TRUE;
		w.rtc_text = texts[i];
		h = probe(&w, SECOND);
		ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
		CU_ASSERT_PTR_NULL(find(&h, "rtc"));
	}
}

/* Somebody sets the RTC meanwhile: what was measured before counts no more. */
static void test_rtc_set(void)
{
	static const gint64 by[] = { 30, -30, 3600 };

	for (gsize i = 0; i < G_N_ELEMENTS(by); i++) {
		World w = world_on("hpet");
		GclkTickHealth h;

		w.has_rtc = TRUE;
		w.rtc_set_at = w.time + 2 * SECOND + 300 * MS;
		w.rtc_set_by = by[i];
		h = probe(&w, 6 * SECOND);
		ASSERT_VERDICT(h, GCLK_TICKS_HEALTHY);
		GCLK_ASSERT_INT(find(&h, "rtc")->use, GCLK_COMPARISON_AGREES);
		GCLK_ASSERT_NEAR(find(&h, "rtc")->lost_ppm, 0, 5000);
		GCLK_ASSERT_INT(find(&h, "rtc")->span, 3 * SECOND);
	}
}

static void test_bounded(void)
{
	World w = world_on("jiffies");
	GclkMachine machine = { .platform = &w.platform };
	GclkTickHealth h;

	/* a clock that stands still */
	w.tick = 3600 * SECOND;
	w.sleeps_nothing = TRUE;
	h = probe(&w, SECOND);
	CU_ASSERT_TRUE(w.sleeps <= 1000);
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);

	gclk_tick_probe_run(&machine, SECOND, NULL, &h); /* no counters at all */
	ASSERT_VERDICT(h, GCLK_TICKS_UNKNOWN);
	CU_ASSERT_TRUE(isinf(h.lost_error_ppm));
	GCLK_ASSERT_NEAR(h.steal_share, -1, 0);
}

static guint told;

static void tell(gpointer user, gint64 done, gint64 duration)
{
	gint64 *last = user;

	told++;
	CU_ASSERT_TRUE(done > *last && done <= duration);
	*last = done;
}

static void test_progress(void)
{
	World w = world_on("hpet");
	const GclkTickSystem system = { .sleep = sleep_in, .user = &w };
	const GclkMachine machine = { .platform = &w.platform, .ticks = &system };
	GclkTickHealth h;
	gint64 last = 0;
	const GclkTickBeside beside = { .progress = tell, .user = &last };

	told = 0;
	gclk_tick_probe_run(&machine, 2 * SECOND, &beside, &h);
	CU_ASSERT_TRUE(told >= 15 && told <= 20);
	GCLK_ASSERT_INT(h.hz, 0);
	CU_ASSERT_FALSE(h.wakeups.urgent);
}

/* Something that measures beside the probe, every quarter of a second. */
typedef struct {
	World *world;
	guint steps;
	GclkCounterSample samples[16];
	gsize n;
	gint64 took; /* ns, once */
} Beside;

static void step_beside(gpointer user, gint64 done, gint64 duration)
{
	Beside *b = user;

	b->steps++;
	CU_ASSERT_TRUE(done < duration);
	if (done < (gint64)b->n * SECOND / 4 || b->n >= G_N_ELEMENTS(b->samples))
		return;
	b->samples[b->n++] =
		(GclkCounterSample){ raw_of(b->world), b->world->time - 5 * SECOND, 1000 };
	pass(b->world, b->took);
	b->took = 0;
}

static gboolean count_beside(gpointer user, GclkTickCounter *out)
{
	Beside *b = user;

	*out = (GclkTickCounter){ .name = "ntp", .steady = TRUE, .samples = b->samples, .n = b->n };
	return b->n > 1;
}

static void test_beside(void)
{
	World w = world_on("jiffies");
	const GclkTickSystem system = { .sleep = sleep_in, .user = &w };
	const GclkMachine machine = { .platform = &w.platform, .ticks = &system };
	Beside b = { .world = &w };
	const GclkTickBeside beside = { .step = step_beside, .counter = count_beside, .user = &b };
	GclkTickHealth h;

	w.loses = TRUE;
	w.tick = MS;
	w.stop = 20 * MS;
	w.every = 400 * MS;
	w.stops_done = w.time / w.every;
	gclk_tick_probe_run(&machine, 4 * SECOND, &beside, &h);
	ASSERT_VERDICT(h, GCLK_TICKS_LOSING);
	GCLK_ASSERT_STR(h.reference, "ntp");
	GCLK_ASSERT_NEAR(h.lost_ppm, 47600, 5000);
	CU_ASSERT_TRUE(b.steps > 700 && b.steps <= 801);

	/* one that blocks is late, and one without a result is not there */
	w = world_on("tsc");
	b = (Beside){ .world = &w, .took = 400 * MS };
	gclk_tick_probe_run(&machine, 100 * MS, &beside, &h);
	GCLK_ASSERT_INT(h.n_comparisons, 0);
	CU_ASSERT_TRUE(h.lateness_worst > 390 * MS);
}

/* --- the TSC -----------------------------------------------------------------------------------
 */

static void cpuid_vmware(guint32 leaf, guint32 r[4])
{
	cpuid_invariant(leaf, r);
	if (leaf == 0x40000010)
		r[0] = 2400000;
}

/* Answers every leaf with ones, or with what it was asked for. */
static void cpuid_ones(guint32 leaf, guint32 r[4])
{
	(void)leaf;
	memset(r, 0xff, 4 * sizeof *r);
}

static void cpuid_zeros(guint32 leaf, guint32 r[4])
{
	(void)leaf;
	memset(r, 0, 4 * sizeof *r);
}

static void test_tsc(void)
{
	GclkTsc t;

	gclk_tsc_read(cpuid_invariant, 2599000, &t);
	CU_ASSERT_TRUE(t.invariant);
	GCLK_ASSERT_NEAR(t.khz, 2600000, 1e-6);
	GCLK_ASSERT_STR(t.stated_by, "CPUID 0x15");
	CU_ASSERT_TRUE(t.error_ppm < 500);
	gclk_tsc_read(cpuid_vmware, 2599000, &t);
	GCLK_ASSERT_NEAR(t.khz, 2400000, 1e-6);
	GCLK_ASSERT_STR(t.stated_by, "CPUID 0x40000010");

	gclk_tsc_read(cpuid_zeros, 2599000.5, &t);
	CU_ASSERT_FALSE(t.invariant);
	GCLK_ASSERT_NEAR(t.khz, 2599000.5, 1e-6);
	GCLK_ASSERT_NEAR(t.error_ppm, 20500, 1e-6); /* not invariant */
	gclk_tsc_read(cpuid_zeros, 0, &t);
	GCLK_ASSERT_NEAR(t.khz, 0, 0);
	GCLK_ASSERT_INT(gclk_tsc_ns(&t, 12345), 0);
	gclk_tsc_read(cpuid_ones, 0, &t); /* nonsense is not a frequency */
	CU_ASSERT_TRUE(t.khz == 0 || (t.khz >= 10e3 && t.khz <= 20e6));
	gclk_tsc_read(NULL, 2599000, &t);
	GCLK_ASSERT_NEAR(t.khz, 0, 0);

	gclk_tsc_read(cpuid_invariant, 0, &t);
	GCLK_ASSERT_INT(gclk_tsc_ns(&t, 2600000000ULL * 86400 * 1000), 86400000 * SECOND);
}

/* --- files -------------------------------------------------------------------------------------
 */

static void test_stat(void)
{
	g_auto(GclkCpuStat) a = { 0 };
	g_auto(GclkCpuStat) b = { 0 };
	double steal, busy;

	CU_ASSERT_TRUE(gclk_cpu_stat_parse("cpu  100 10 50 800 20 0 10 10 0 0\n"
					   "cpu0 100 10 50 800 20 0 10 10 0 0\n"
					   "cpu3 1 2 3 4 5 6 7 8 9 10\n"
					   "intr 5 6 7\n",
		&a));
	GCLK_ASSERT_INT(a.all.user, 110);
	GCLK_ASSERT_INT(a.all.system, 60);
	GCLK_ASSERT_INT(a.all.idle, 820);
	GCLK_ASSERT_INT(a.all.steal, 10);
	GCLK_ASSERT_INT(a.n, 4);
	CU_ASSERT_FALSE(a.cpus[1].present);
	GCLK_ASSERT_INT(a.cpus[3].system, 3 + 6 + 7);

	/* idle went back, as it may */
	CU_ASSERT_TRUE(gclk_cpu_stat_parse("cpu  150 10 80 790 20 0 10 30 0 0\n", &b));
	CU_ASSERT_TRUE(gclk_cpu_times_shares(&a.all, &b.all, &steal, &busy));
	GCLK_ASSERT_NEAR(steal, 0.2, 1e-9);
	GCLK_ASSERT_NEAR(busy, 0.8, 1e-9);
	CU_ASSERT_FALSE(gclk_cpu_times_shares(&b.all, &a.all, &steal, &busy));
	CU_ASSERT_FALSE(gclk_cpu_times_shares(&a.all, &a.all, &steal, &busy));
	CU_ASSERT_FALSE(gclk_cpu_times_shares(&a.cpus[1], &b.all, &steal, &busy));
}

static void test_bad_stat(void)
{
	static const char *const texts[] = { "", "cpu", "cpu ", "cpu  1 2 3\n", "intr 1\n",
		"cpu x\n", "cpu0 1 2 3 4 5 6 7 8\n", "\ncpu  1 2 3 4 5 6 7 8\n" };
	GclkCpuStat stat;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		CU_ASSERT_FALSE(gclk_cpu_stat_parse(texts[i], &stat));
		CU_ASSERT_PTR_NULL(stat.cpus);
	}
	CU_ASSERT_TRUE(gclk_cpu_stat_parse("cpu  1 2 3 4 5 6 7 8\n"
					   "cpu99999999999 1 2 3 4 5 6 7 8\ncpu7 1\n",
		&stat));
	GCLK_ASSERT_INT(stat.n, 0);
	gclk_cpu_stat_clear(&stat);
}

static void test_interrupts(void)
{
	/* CPU 1 is offline */
	g_autoptr(GArray) counts =
		gclk_timer_interrupts_parse("            CPU0       CPU2       \n"
					    "   0:         11          0  IO-APIC  timer\n"
					    " NMI:          1          2   Non-maskable\n"
					    " LOC:       1000       2000   Local timer interrupts\n"
					    " HVS:          5          6   Hyper-V stimer0\n"
					    " ERR:          0\n");
	static const char *const none[] = { "", "\n", "CPU0\n", "CPU0\nLOC: x\n", "LOC: 1 2\n",
		"CPU\nLOC: 1\n", "CPU0 CPU1\n LOCAL: 1 2\n" };

	GCLK_ASSERT_INT(counts->len, 3);
	GCLK_ASSERT_INT(g_array_index(counts, guint64, 0), 1005);
	GCLK_ASSERT_INT(g_array_index(counts, guint64, 1), 0);
	GCLK_ASSERT_INT(g_array_index(counts, guint64, 2), 2006);
	for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
		CU_ASSERT_PTR_NULL(gclk_timer_interrupts_parse(none[i]));
	CU_ASSERT_PTR_NULL(gclk_timer_interrupts_parse("CPU99999\nLOC: 1\n"));
}

static void test_hangs(void)
{
	GclkTimerHangs hangs;

	CU_ASSERT_TRUE(gclk_timer_hangs_parse("cpu: 0\n"
					      "  .nr_events      : 100\n"
					      "  .nr_hangs       : 3\n"
					      "  .max_hang_time  : 500\n"
					      "cpu: 1\n"
					      "  .nr_hangs       : 4\n"
					      "  .max_hang_time  : 70000\n",
		&hangs));
	GCLK_ASSERT_INT(hangs.hangs, 7);
	GCLK_ASSERT_INT(hangs.worst, 70000);
	CU_ASSERT_FALSE(gclk_timer_hangs_parse("", &hangs));
	CU_ASSERT_FALSE(gclk_timer_hangs_parse(".nr_hangs 7\n.nr_hangs:\n", &hangs));
	CU_ASSERT_FALSE(gclk_timer_hangs_parse("  .max_hang_time  : 500\n", &hangs));
	CU_ASSERT_TRUE(gclk_timer_hangs_parse(
		".nr_hangs: 99999999999999999999999\n.max_hang_time: 99999999999999999999999",
		&hangs));
	GCLK_ASSERT_INT(hangs.worst, G_MAXINT64);
}

static void test_lists(void)
{
	CU_ASSERT_TRUE(gclk_cpu_list_has("0-3,7", 3));
	CU_ASSERT_TRUE(gclk_cpu_list_has("0-3,7", 7));
	CU_ASSERT_FALSE(gclk_cpu_list_has("0-3,7", 5));
	CU_ASSERT_FALSE(gclk_cpu_list_has("", 0));
	CU_ASSERT_FALSE(gclk_cpu_list_has("(null)", 0)); /* what old kernels print */
	CU_ASSERT_FALSE(gclk_cpu_list_has("0-", 0));
	CU_ASSERT_FALSE(gclk_cpu_list_has("1x0", 0));
	GCLK_ASSERT_INT(gclk_rtc_seconds_parse("1800000000\n"), 1800000000);
	GCLK_ASSERT_INT(gclk_rtc_seconds_parse("18 "), -1);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "lost ticks", test_losing },
		{ "a starved vCPU", test_starved },
		{ "a healthy machine", test_healthy },
		{ "nothing to compare with", test_nothing_to_compare },
		{ "the host's time", test_host },
		{ "ticks yet to be delivered", test_backlog },
		{ "a host's time that is set", test_bad_host },
		{ "an RTC that lies", test_lying_rtc },
		{ "an RTC that is set", test_rtc_set },
		{ "bounded", test_bounded },
		{ "progress", test_progress },
		{ "a counter beside it", test_beside },
		{ "how fast the TSC counts", test_tsc },
		{ "/proc/stat", test_stat },
		{ "/proc/stat, broken", test_bad_stat },
		{ "/proc/interrupts", test_interrupts },
		{ "/proc/timer_list", test_hangs },
		{ "lists and seconds", test_lists },
		{ NULL, NULL },
	};

	return gclk_test_main("tick-probe", cases);
}
