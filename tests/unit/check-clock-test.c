/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock itself: discipline, RTC, the host's clock beside it, and whose it is. */
#include <string.h>

#include "doctor-bed.h"
#include "harness.h"

static void check(GclkBed *bed)
{
	gclk_bed_check(bed, gclk_check_clock);
}

static void set_rtc(GclkBed *bed, gint64 minus_clock_s)
{
	g_autofree char *text = g_strdup_printf(
		"%" G_GINT64_FORMAT "\n", bed->real / GCLK_NS_PER_S + minus_clock_s);

	gclk_tree_write(&bed->tree, "/sys/class/rtc/rtc0/since_epoch", text, -1);
	gclk_tree_write(&bed->tree, "/sys/class/rtc/rtc0/name", "rtc_cmos\n", -1);
}

static void bed_init(GclkBed *bed)
{
	gclk_bed_init(bed);
	set_rtc(bed, 0);
}

static void assert_text(const GclkBed *bed, const char *id, const char *part)
{
	g_autofree char *text = gclk_bed_text(bed, id);

	GCLK_ASSERT_HAS(text, part);
}

/* --- discipline ------------------------------------------------------------------------------- */

static void all_is_well(void)
{
	GclkBed bed;

	bed_init(&bed);
	bed.discipline.frequency_ppb = -12345;
	check(&bed);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock"), GCLK_SEVERITY_OK);
	assert_text(&bed, "clock", "frequency -12.345 ppm");
	gclk_bed_clear(&bed);
}

static void unsynchronised(void)
{
	GclkBed bed;

	bed_init(&bed);
	bed.discipline.unsynchronised = TRUE;
	bed.discipline.max_error = 16 * GCLK_NS_PER_S;
	check(&bed); /* nobody steers: no wonder */
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-unsynchronised"), GCLK_SEVERITY_NOTE);
	assert_text(&bed, "clock-unsynchronised", "never synchronised");
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "clock"));
	gclk_bed_process(&bed, 9, "ntpd", "ntpd: [priv]", "root"); /* OpenNTPD never says so */
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-unsynchronised"), GCLK_SEVERITY_NOTE);
	gclk_bed_process(&bed, 9, "chronyd", "chronyd", "time");
	bed.discipline.max_error = GCLK_NS_PER_S;
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-unsynchronised"), GCLK_SEVERITY_WARNING);
	assert_text(&bed, "clock-unsynchronised", "chronyd runs, but has not synchronised");
	assert_text(&bed, "clock-unsynchronised", "chronyc -n sources");
	gclk_bed_process(&bed, 9, "guestclockd", "guestclockd", "time");
	check(&bed);
	assert_text(&bed, "clock-unsynchronised", "guestclock sources");
	gclk_bed_clear(&bed);
}

static void frequency(void)
{
	static const struct {
		double ppb;
		const char *part; /* NULL: no finding */
	} ways[] = { { 498000, NULL }, { -498000, NULL }, { 500000, "loses more" },
		{ -499999, "gains more" } };

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		GclkBed bed;

		bed_init(&bed);
		bed.discipline.frequency_ppb = ways[i].ppb;
		check(&bed);
		GCLK_ASSERT_INT(gclk_bed_severity(&bed, "frequency-at-limit"),
			ways[i].part ? GCLK_SEVERITY_WARNING : -1);
		if (ways[i].part)
			assert_text(&bed, "frequency-at-limit", ways[i].part);
		gclk_bed_clear(&bed);
	}
}

static void tick(void)
{
	GclkBed bed;

	bed_init(&bed);
	bed.discipline.tick_ppb = 700000;
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "tick-left-behind"), GCLK_SEVERITY_WARNING);
	assert_text(&bed, "tick-left-behind", "700 ppm too fast");
	assert_text(&bed, "tick-left-behind", "adjtimex --tick 10000");
	bed.discipline.tick_ppb = -100000;
	check(&bed);
	assert_text(&bed, "tick-left-behind", "100 ppm too slow");
	gclk_bed_process(&bed, 9, "systemd-timesyn", "systemd-timesyncd", "time");
	check(&bed); /* it does not touch the tick */
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "tick-left-behind"), GCLK_SEVERITY_WARNING);
	gclk_bed_process(&bed, 10, "chronyd", "chronyd -x", "time");
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "tick-left-behind"), GCLK_SEVERITY_WARNING);
	gclk_bed_process(&bed, 10, "chronyd", "chronyd", "time");
	check(&bed);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "tick-left-behind"));
	gclk_bed_clear(&bed);
}

static void tai(void)
{
	GclkBed bed;

	bed_init(&bed);
	check(&bed);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "tai-offset-missing"));
	gclk_bed_process(&bed, 9, "ptp4l", "ptp4l -i eth0", "root");
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "tai-offset-missing"), GCLK_SEVERITY_NOTE);
	bed.discipline.tai_offset = 37;
	check(&bed);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "tai-offset-missing"));
	gclk_bed_clear(&bed);
}

/* --- RTC -------------------------------------------------------------------------------------- */

#define HOUR 3600

static void rtc_in_local_time(void)
{
	static const struct {
		gint64 minus_clock_s;
		const char *id; /* NULL: all is well */
		const char *part;
	} ways[] = {
		{ 0, NULL, NULL }, { 4, NULL, NULL }, { -5, NULL, NULL },
		{ HOUR, "rtc-local", "ahead of this clock by 1 h 00 min" },
		{ HOUR + 8, "rtc-local", "ahead of this clock by 1 h 00 min" },
		{ -5 * HOUR, "rtc-local", "behind this clock by 5 h 00 min" },
		{ 5 * HOUR + 45 * 60, "rtc-local", "ahead of this clock by 5 h 45 min" },
		{ 14 * HOUR, "rtc-local", "14 h" }, { 15 * HOUR, "rtc-off", "ahead" },
		{ -40 * 60, "rtc-off", "behind" }, /* 40 minutes slow is no zone */
		{ HOUR + 11, "rtc-off", "ahead" }, { 7, "rtc-off", "ahead" },
		{ -GCLK_BED_REAL / GCLK_NS_PER_S, "rtc-off", "behind" }, /* never set: 1970 */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		GclkBed bed;

		bed_init(&bed);
		set_rtc(&bed, ways[i].minus_clock_s);
		check(&bed);
		GCLK_ASSERT_INT(gclk_bed_severity(&bed, "rtc-local"),
			g_strcmp0(ways[i].id, "rtc-local") == 0 ? GCLK_SEVERITY_WARNING : -1);
		GCLK_ASSERT_INT(gclk_bed_severity(&bed, "rtc-off"),
			g_strcmp0(ways[i].id, "rtc-off") == 0 ? GCLK_SEVERITY_NOTE : -1);
		if (ways[i].id)
			assert_text(&bed, ways[i].id, ways[i].part);
		gclk_bed_clear(&bed);
	}
}

static void rtc_by_adjtime(void)
{
	GclkBed bed;

	bed_init(&bed);
	gclk_tree_write(&bed.tree, "/etc/adjtime", "0.0 0 0.0\n0\nUTC\n", -1);
	check(&bed);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "rtc-local"));
	gclk_tree_write(&bed.tree, "/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n", -1);
	gclk_tree_write(&bed.tree, "/sys/class/rtc/rtc0/hctosys", "1\n", -1);
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "rtc-local"), GCLK_SEVERITY_WARNING);
	assert_text(&bed, "rtc-local", "/etc/adjtime: LOCAL");
	assert_text(&bed, "rtc-local", "hctosys");
	assert_text(&bed, "rtc-local", "hwclock --systohc --utc");
	gclk_tree_directory(&bed.tree, "/run/systemd/system");
	check(&bed);
	assert_text(&bed, "rtc-local", "timedatectl set-local-rtc 0");
	gclk_tree_write(&bed.tree, "/etc/adjtime", "LOCAL\n", -1);
	check(&bed);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "rtc-local"));
	gclk_bed_clear(&bed);
}

static void rtc_that_is_strange(void)
{
	static const char *const texts[] = { "", "soon\n", "-5\n", "99999999999999999999999\n",
		"\177ELF" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		GclkBed bed;

		bed_init(&bed);
		gclk_tree_write(&bed.tree, "/sys/class/rtc/rtc0/since_epoch", texts[i], -1);
		check(&bed);
		GCLK_ASSERT_INT(bed.findings->len, 1);
		gclk_bed_clear(&bed);
	}
}

static void no_rtc(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "no-rtc"), GCLK_SEVERITY_NOTE);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock"), GCLK_SEVERITY_OK);
	gclk_bed_clear(&bed);
}

/* --- the host's clock ------------------------------------------------------------------------- */

static void against_the_host(void)
{
	static const struct {
		gint64 offset;
		gint severity;
		const char *part;
	} ways[] = {
		{ 40 * GCLK_NS_PER_MS, -1, NULL },
		{ 60 * GCLK_NS_PER_MS, GCLK_SEVERITY_WARNING, "60.0 ms behind the host's" },
		{ -60 * GCLK_NS_PER_MS, GCLK_SEVERITY_WARNING, "60.0 ms ahead of the host's" },
		{ 2400 * GCLK_NS_PER_S, GCLK_SEVERITY_CRITICAL, "behind the host's" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		GclkBed bed;

		bed_init(&bed);
		gclk_bed_ptp(&bed, 0, "mlx5_ptp"); /* never believed */
		gclk_bed_ptp(&bed, 1, "KVM virtual PTP");
		bed.ptp_offset = ways[i].offset;
		check(&bed);
		GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-off-host"), ways[i].severity);
		if (ways[i].part)
			assert_text(&bed, "clock-off-host", ways[i].part);
		gclk_bed_clear(&bed);
	}
}

/* Whom to believe is not known where a daemon holds the clock for right. */
static void against_the_host_and_a_daemon(void)
{
	GclkBed bed;

	bed_init(&bed);
	gclk_bed_process(&bed, 12, "chronyd", "/usr/sbin/chronyd", "root");
	gclk_bed_ptp(&bed, 1, "KVM virtual PTP");
	bed.ptp_offset = 2400 * GCLK_NS_PER_S;
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-off-host"), GCLK_SEVERITY_WARNING);
	assert_text(&bed, "clock-off-host", "so says chronyd");
	assert_text(&bed, "clock-off-host", "find out which is wrong");
	bed.discipline.unsynchronised = TRUE;
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-off-host"), GCLK_SEVERITY_CRITICAL);
	gclk_bed_clear(&bed);
}

/* A clock in TAI is 37 s ahead, and that is right. */
static void host_in_tai(void)
{
	GclkBed bed;

	bed_init(&bed);
	gclk_tree_write(&bed.tree, "/proc/sys/kernel/osrelease", "7.0.0\n", -1);
	gclk_bed_ptp(&bed, 0, "vmclock0");
	bed.ptp_offset = 37 * GCLK_NS_PER_S;
	check(&bed); /* the kernel does not know TAI: nothing can be said */
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "clock-off-host"));
	bed.discipline.tai_offset = 37;
	check(&bed);
	CU_ASSERT_PTR_NULL(gclk_bed_find(&bed, "clock-off-host"));
	bed.ptp_offset = 39 * GCLK_NS_PER_S;
	check(&bed);
	assert_text(&bed, "clock-off-host", "2.000 s behind");
	gclk_bed_clear(&bed);
}

/* --- whose it is ------------------------------------------------------------------------------ */

static void containers(void)
{
	GclkBed bed;

	bed_init(&bed);
	bed.discipline.unsynchronised = TRUE;
	gclk_tree_link(&bed.tree, "/proc/self/ns/pid", "pid:[4026532200]");
	gclk_tree_write(&bed.tree, "/.dockerenv", "", 0);
	bed.may_not = "this process has no CAP_SYS_TIME";
	check(&bed);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-of-host"), GCLK_SEVERITY_NOTE);
	assert_text(&bed, "clock-of-host",
		"the clock here belongs to the host: this is a container (docker)\n"
		"run guestclock on the host instead\n");
	assert_text(&bed, "clock-of-host", "no CAP_SYS_TIME");
	bed.may_not = NULL;
	check(&bed);
	assert_text(&bed, "clock-of-host", "without CAP_SYS_TIME");
	gclk_bed_clear(&bed);
}

static void without_the_capability(void)
{
	GclkBed bed;

	bed_init(&bed);
	bed.may_not = "this process has no CAP_SYS_TIME";
	check(&bed);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock-not-settable"), GCLK_SEVERITY_NOTE);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "clock"), GCLK_SEVERITY_OK);
	gclk_bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase tests[] = {
		{ "all is well", all_is_well },
		{ "unsynchronised", unsynchronised },
		{ "frequency at its limit", frequency },
		{ "a tick left behind", tick },
		{ "TAI", tai },
		{ "RTC in local time", rtc_in_local_time },
		{ "RTC by /etc/adjtime", rtc_by_adjtime },
		{ "RTC that is strange", rtc_that_is_strange },
		{ "no RTC", no_rtc },
		{ "against the host", against_the_host },
		{ "beside a daemon", against_the_host_and_a_daemon },
		{ "a host in TAI", host_in_tai },
		{ "containers", containers },
		{ "without the capability", without_the_capability },
		{ NULL, NULL },
	};

	return gclk_test_main("check-clock", tests);
}
