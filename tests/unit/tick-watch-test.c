/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/tick-watch.h"

#include <math.h>
#include <string.h>

#include "harness.h"

#define SECOND GCLK_NS_PER_S
#define MS     GCLK_NS_PER_MS

/* --- a machine whose time the test moves ------------------------------------------------------ */

typedef struct {
	GclkPlatform platform;
	GclkTickSystem system;
	GclkTsc tsc;
	gint64 time; /* true, ns */
	gint64 raw;
	double loss;  /* share of time that RAW does not see */
	double steal; /* share of CPU time */
	gint64 stolen;
	gint64 rtc_off; /* s */
	gboolean has_rtc, synchronised;
	guint rtc_reads, stat_reads;
	GclkTickWatch *watch;
	const char *clocksource;
	guint changes;
	gint64 backlog; /* that the hypervisor tells of, ns; < 0: not told */
} Bed;

static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	*out = (GclkClockPair){ .raw = ((Bed *)platform)->raw };
}

static gboolean get_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error)
{
	(void)error;
	*out = (GclkDiscipline){ .unsynchronised = !((Bed *)platform)->synchronised };
	return TRUE;
}

static char *text_of(Bed *bed, const char *path)
{
	gint64 ticks = bed->time / (10 * MS), stolen = bed->stolen / (10 * MS);

	if (g_str_has_suffix(path, "/since_epoch") && bed->has_rtc) {
		bed->rtc_reads++;
		return g_strdup_printf("%" G_GINT64_FORMAT "\n",
			1800000000 + bed->rtc_off + (bed->time + 345 * MS) / SECOND);
	}
	if (strcmp(path, "/proc/stat") == 0) {
		bed->stat_reads++;
		return g_strdup_printf("cpu  0 0 0 %" G_GINT64_FORMAT " 0 0 0 %" G_GINT64_FORMAT
				       " 0 0\ncpu0 1 2 3 4 5 6 7 8\n",
			ticks - stolen, stolen);
	}
	return NULL;
}

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	char *text = text_of((Bed *)platform, path);

	(void)limit;
	if (!text)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s", path);
	else if (length)
		*length = strlen(text);
	return text;
}

static guint64 tsc(gpointer user)
{
	return (guint64)((Bed *)user)->time; /* 1 GHz */
}

static void bed_init(Bed *bed, const char *clocksource)
{
	*bed = (Bed){
		.platform = { .tick = 4 * MS,
			.read_pair = read_pair,
			.read_file = read_file,
			.get_discipline = get_discipline },
		.time = 1000 * SECOND,
		.raw = 50 * SECOND,
		.clocksource = clocksource,
		.has_rtc = TRUE,
	};
	bed->watch = gclk_tick_watch_new(&bed->platform, NULL, NULL);
}

static void bed_count(Bed *bed)
{
	bed->system = (GclkTickSystem){ .tsc = tsc, .user = bed };
	bed->tsc = (GclkTsc){ .invariant = TRUE, .khz = 1e6, .error_ppm = 100 };
	gclk_tick_watch_free(bed->watch);
	bed->watch = gclk_tick_watch_new(&bed->platform, &bed->system, &bed->tsc);
}

static void bed_pass(Bed *bed, gint64 ns)
{
	bed->time += ns;
	bed->raw += (gint64)((double)ns * (1 - bed->loss));
	bed->stolen += (gint64)((double)ns * bed->steal);
}

/* The daemon is awake about every five seconds. */
static void bed_run(Bed *bed, gint64 seconds, const GclkTickReference *reference)
{
	for (gint64 end = bed->time + seconds * SECOND; bed->time < end;) {
		bed_pass(bed, 5 * SECOND + 17 * MS);
		bed->changes +=
			gclk_tick_watch_look(bed->watch, bed->raw, bed->clocksource, reference);
	}
}

static const GclkTickHealth *health(const Bed *bed)
{
	return gclk_tick_watch_health(bed->watch);
}

#define ASSERT_VERDICT(bed, wanted)                                                                \
	GCLK_ASSERT_STR(                                                                           \
		gclk_tick_verdict_name(health(bed)->verdict), gclk_tick_verdict_name(wanted))

/* --- tests -------------------------------------------------------------------------------------
 */

static void test_rtc(void)
{
	Bed bed;

	bed_init(&bed, "jiffies");
	bed_run(&bed, 800, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(health(&bed)->reference, "rtc");
	GCLK_ASSERT_INT(health(&bed)->hz, 250);
	CU_ASSERT_TRUE(health(&bed)->lost_error_ppm < 1500);
	CU_ASSERT_TRUE(fabs(health(&bed)->lost_ppm) < health(&bed)->lost_error_ppm);
	CU_ASSERT_TRUE(bed.rtc_reads < 800 / 25);

	bed.loss = 0.05; /* it is seen within two minutes, and known within 20 */
	bed_run(&bed, 120, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_LOSING);
	bed_run(&bed, 1200, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_LOSING);
	GCLK_ASSERT_NEAR(health(&bed)->lost_ppm, 50000, 1500);

	bed.loss = 0;
	bed_run(&bed, 1200, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_INT(bed.changes, 3);
	gclk_tick_watch_free(bed.watch);
}

/* From the first minute: bounds narrow with time. */
static void test_narrowing(void)
{
	Bed bed;
	double before;

	bed_init(&bed, "hpet");
	bed_run(&bed, 70, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	before = health(&bed)->lost_error_ppm;
	CU_ASSERT_TRUE(before < 20000);
	bed_run(&bed, 600, NULL);
	CU_ASSERT_TRUE(health(&bed)->lost_error_ppm < before / 5);
	gclk_tick_watch_free(bed.watch);
}

/* The kernel writes its own time to the RTC: that is no witness. */
static void test_fed_rtc(void)
{
	Bed bed;

	bed_init(&bed, "jiffies");
	bed.synchronised = TRUE;
	bed_run(&bed, 300, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_UNKNOWN);
	GCLK_ASSERT_INT(bed.rtc_reads, 0);
	bed.synchronised = FALSE;
	bed_run(&bed, 300, NULL);
	GCLK_ASSERT_STR(health(&bed)->reference, "rtc");
	gclk_tick_watch_free(bed.watch);
}

/* An RTC that is set, and a pause that only the RTC saw, are no lost ticks. */
static void test_jumps(void)
{
	Bed bed;

	bed_init(&bed, "kvm-clock");
	bed_run(&bed, 600, NULL);
	bed.rtc_off = 3600;
	bed_run(&bed, 120, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	bed.rtc_off = -20;
	bed_run(&bed, 120, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	bed.time += 60 * SECOND; /* the machine stood still */
	bed_run(&bed, 120, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_INT(bed.changes, 1);
	gclk_tick_watch_free(bed.watch);

	/* where ticks are counted, only the one who knows of the pause can tell */
	bed_init(&bed, "jiffies");
	bed_run(&bed, 600, NULL);
	bed.time += 60 * SECOND;
	gclk_tick_watch_disturbed(bed.watch);
	bed_run(&bed, 600, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	gclk_tick_watch_free(bed.watch);
}

static void test_tsc(void)
{
	Bed bed;

	bed_init(&bed, "hpet");
	bed.has_rtc = FALSE;
	bed_count(&bed);
	bed.loss = 0.003;
	bed_run(&bed, 120, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_LOSING);
	GCLK_ASSERT_STR(health(&bed)->reference, "tsc");
	GCLK_ASSERT_NEAR(health(&bed)->lost_ppm, 3000, 10);
	/* another clocksource: all is new, and the TSC is no witness of itself */
	bed.clocksource = "tsc";
	bed_run(&bed, 120, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_STR(health(&bed)->reference, NULL);
	CU_ASSERT_TRUE(isinf(health(&bed)->lost_error_ppm));
	gclk_tick_watch_free(bed.watch);
}

static void test_source(void)
{
	/* 5 % of the reference's time are 52,632 ppm of RAW's */
	GclkTickReference ntp = { "ntp", 52631579, 100000 };
	Bed bed;

	bed_init(&bed, "jiffies");
	bed_run(&bed, 100, &ntp);
	ASSERT_VERDICT(&bed, GCLK_TICKS_LOSING);
	GCLK_ASSERT_STR(health(&bed)->reference, "ntp");
	GCLK_ASSERT_NEAR(health(&bed)->lost_ppm, 50000, 1);
	CU_ASSERT_TRUE(health(&bed)->lost_error_ppm >= 200);
	GCLK_ASSERT_INT(bed.rtc_reads, 0); /* it has nothing to add */

	ntp.frequency_ppb = -3e7;
	bed_run(&bed, 100, &ntp);
	ASSERT_VERDICT(&bed, GCLK_TICKS_GAINING);
	ntp.frequency_ppb = 20000; /* 20 ppm: a crystal */
	bed_run(&bed, 100, &ntp);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	ntp.frequency_ppb = 3e6; /* whatever: nothing is known of it */
	ntp.sigma_ppb = 1e9;
	bed_run(&bed, 100, &ntp);
	ASSERT_VERDICT(&bed, GCLK_TICKS_UNKNOWN);
	gclk_tick_watch_free(bed.watch);
}

/* A rate that is wrong for a moment makes no verdict. */
static void test_patience(void)
{
	GclkTickReference good = { "ntp", 1000, 1000 }, bad = { "ntp", 2e7, 1000 };
	Bed bed;

	bed_init(&bed, "jiffies");
	bed_run(&bed, 100, &good);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	GCLK_ASSERT_INT(bed.changes, 1);
	for (int i = 0; i < 5; i++) {
		bed_run(&bed, 20, &bad);
		ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
		bed_run(&bed, 20, &good);
	}
	GCLK_ASSERT_INT(bed.changes, 1);
	bed_run(&bed, 60, &bad);
	ASSERT_VERDICT(&bed, GCLK_TICKS_LOSING);
	gclk_tick_watch_free(bed.watch);
}

static void test_steal(void)
{
	Bed bed;

	bed_init(&bed, "tsc");
	bed_run(&bed, 600, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	bed.steal = 0.3;
	bed_run(&bed, 400, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_STARVED);
	GCLK_ASSERT_NEAR(health(&bed)->steal_share, 0.3, 0.01);
	bed.steal = 0.07; /* below where it began, but not gone */
	bed_run(&bed, 600, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_STARVED);
	bed.steal = 0.01;
	bed_run(&bed, 600, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	CU_ASSERT_TRUE(bed.stat_reads < 2200 / 55);
	gclk_tick_watch_free(bed.watch);
}

static void test_late(void)
{
	Bed bed;

	bed_init(&bed, "tsc");
	for (int i = 0; i < 2; i++)
		gclk_tick_watch_late(bed.watch, 2 * SECOND);
	bed_run(&bed, 300, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY); /* once or twice happens */
	for (int i = 0; i < 20; i++) {
		gclk_tick_watch_late(bed.watch, 700 * MS);
		bed_run(&bed, 20, NULL);
	}
	ASSERT_VERDICT(&bed, GCLK_TICKS_STARVED);
	bed_run(&bed, 2000, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_HEALTHY);
	gclk_tick_watch_free(bed.watch);
}

/* Nothing can be read at all, and RAW stands still or runs back. */
static void test_nothing(void)
{
	Bed bed;

	bed_init(&bed, NULL);
	bed.has_rtc = FALSE;
	bed_run(&bed, 300, NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_UNKNOWN);
	for (int i = 0; i < 10; i++)
		gclk_tick_watch_look(bed.watch, 1, "jiffies", NULL);
	gclk_tick_watch_look(bed.watch, 100 * SECOND, "jiffies", NULL);
	gclk_tick_watch_look(bed.watch, 1 * SECOND, "jiffies", NULL);
	ASSERT_VERDICT(&bed, GCLK_TICKS_UNKNOWN);
	gclk_tick_watch_free(bed.watch);
	gclk_tick_watch_free(NULL);
}

/* --- the hypervisor's word ---------------------------------------------------------------------
 */

static gboolean read_host(const GclkHostReader *reader, GclkHostTime *out)
{
	*out = (GclkHostTime){ .backlog = ((Bed *)reader->user)->backlog };
	return TRUE;
}

static gint64 backlog(const Bed *bed)
{
	return gclk_tick_watch_health(bed->watch)->backlog;
}

/* The largest of the last quarter of an hour is told. */
static void test_backlog(void)
{
	GclkHostReader reader = { .read = read_host };
	Bed bed;

	bed_init(&bed, "jiffies");
	reader.user = &bed;
	bed_run(&bed, 60, NULL);
	GCLK_ASSERT_INT(backlog(&bed), -1); /* nobody tells */
	gclk_tick_watch_use_host(bed.watch, &reader);
	bed.backlog = -1;
	bed_run(&bed, 60, NULL);
	GCLK_ASSERT_INT(backlog(&bed), -1);
	bed.backlog = 0;
	bed_run(&bed, 60, NULL);
	GCLK_ASSERT_INT(backlog(&bed), 0);
	bed.backlog = 30 * MS;
	bed_run(&bed, 20, NULL);
	bed.backlog = 0;
	bed_run(&bed, 60, NULL);
	GCLK_ASSERT_INT(backlog(&bed), 30 * MS);
	bed_run(&bed, 2000, NULL);
	GCLK_ASSERT_INT(backlog(&bed), 0);
	gclk_tick_watch_use_host(bed.watch, NULL);
	bed_run(&bed, 60, NULL);
	GCLK_ASSERT_INT(backlog(&bed), -1);
	gclk_tick_watch_free(bed.watch);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the RTC's seconds", test_rtc },
		{ "bounds narrow", test_narrowing },
		{ "an RTC that the kernel writes", test_fed_rtc },
		{ "jumps are no loss", test_jumps },
		{ "the TSC", test_tsc },
		{ "a source's word", test_source },
		{ "patience", test_patience },
		{ "stolen time", test_steal },
		{ "late timers", test_late },
		{ "nothing to go by", test_nothing },
		{ "backlog", test_backlog },
		{ NULL, NULL },
	};

	return gclk_test_main("tick-watch", cases);
}
