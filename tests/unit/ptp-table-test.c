/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "harness.h"
#include "source/ptp-failure.h"
#include "guestclock/ptp-reading.h"
#include "guestclock/ptp-table.h"

static void patterns(void)
{
	static const struct {
		const char *pattern, *name;
		gboolean matches;
	} cases[] = {
		{ "ptp_vmw", "ptp_vmw", TRUE },
		{ "ptp_vmw", "ptp_vmw2", FALSE },
		{ "ptp_vmw", "ptp_vm", FALSE },
		{ "ptp_vmw", "", FALSE },
		{ "vmclock#", "vmclock0", TRUE },
		{ "vmclock#", "vmclock12", TRUE },
		{ "vmclock#", "vmclock", FALSE },
		{ "vmclock#", "vmclock0x", FALSE },
		{ "vmclock#", "vmclock-1", FALSE },
		{ "a#b#", "a12b3", TRUE },
		{ "a#b#", "a12b", FALSE },
		{ "ena-ptp-%", "ena-ptp-05", TRUE },
		{ "ena-ptp-%", "ena-ptp-1f", TRUE },
		{ "ena-ptp-%", "ena-ptp-1F", FALSE },
		{ "ena-ptp-%", "ena-ptp-5", FALSE },
		{ "ena-ptp-%", "ena-ptp-123", FALSE },
		{ "ena-ptp-%", "ena-ptp-", FALSE },
		{ "x*", "x", TRUE },
		{ "x*", "xyz", TRUE },
		{ "x*", "y", FALSE },
		{ "*", "", TRUE },
		{ "", "", TRUE },
		{ "", "x", FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		if (gclk_ptp_name_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
			GCLK_ASSERT_STR(cases[i].pattern, cases[i].name);
}

static void names(void)
{
	static const struct {
		const char *name, *driver;
		gboolean host;
	} cases[] = {
		{ "KVM virtual PTP", "ptp_kvm", TRUE },
		{ "hyperv", "hyperv", TRUE },
		{ "ptp_vmw", "ptp_vmw", TRUE },
		{ "vmclock0", "ptp_vmclock", TRUE },
		{ "ena-ptp-05", "ena", TRUE },
		{ "Virtio PTP type 0/variant 0", "virtio_rtc", TRUE },
		{ "Virtio PTP type 1/variant 0", "virtio_rtc", TRUE },
		{ "s390 STCKE Clock", "ptp_s390", TRUE },
		{ "Virtio PTP type 2/variant 0", "virtio_rtc", FALSE },
		{ "Virtio PTP type 3/variant 2", "virtio_rtc", FALSE },
		{ "Virtio PTP type 4/variant 0", "virtio_rtc", FALSE },
		{ "Virtio PTP type 17/variant 0", "virtio_rtc", FALSE },
		{ "Virtio PTP type ", "virtio_rtc", FALSE },
		{ "s390 Physical Clock", "ptp_s390", FALSE },
		{ "gve clock", "gve", FALSE },
		{ "ptp3_virt", "vclock", FALSE },
		{ "mlx5_ptp", "phc", FALSE },
		{ "52:54:00:12:34:56", "phc", FALSE },
		{ "KVM virtual PTP ", "phc", FALSE },
		{ "kvm virtual ptp", "phc", FALSE },
		{ "Hyperv", "phc", FALSE },
		{ "", "phc", FALSE },
		{ NULL, "phc", FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkPtpClock *clock = gclk_ptp_clock_find(cases[i].name);

		GCLK_ASSERT_STR(clock->driver, cases[i].driver);
		GCLK_ASSERT_INT(clock->host, cases[i].host);
	}
}

/* What every row has to keep. */
static void rows(void)
{
	const GclkPtpClock *clocks;
	gsize n = gclk_ptp_clocks(&clocks);
	gboolean past_host = FALSE;

	GCLK_ASSERT_STR(clocks[n - 1].pattern, "*");
	for (gsize i = 0; i < n; i++) {
		const GclkPtpClock *clock = &clocks[i];

		GCLK_ASSERT_INT(gclk_ptp_clock_rank(clock), i);
		CU_ASSERT_TRUE(clock->readings >= 1 && clock->readings <= GCLK_PTP_READINGS_MAX);
		CU_ASSERT_TRUE(clock->assumed_error > 0);
		CU_ASSERT_TRUE(clock->host || clock->remark);
		CU_ASSERT_FALSE(clock->host && past_host); /* the host's come first */
		past_host = past_host || !clock->host;
		if (clock->host)
			CU_ASSERT_TRUE(clock->timescale == GCLK_TIMESCALE_UTC ||
				       clock->timescale == GCLK_TIMESCALE_TAI);
	}
}

static void timescales(void)
{
	static const struct {
		const char *name, *release;
		GclkTimescale timescale;
	} cases[] = {
		{ "KVM virtual PTP", "7.0.0", GCLK_TIMESCALE_UTC },
		{ "KVM virtual PTP", NULL, GCLK_TIMESCALE_UTC },
		{ "vmclock0", "6.12.117+deb13-amd64\n", GCLK_TIMESCALE_UTC },
		{ "vmclock0", "6.19.1", GCLK_TIMESCALE_UTC },
		{ "vmclock0", "7.0.0-rc1", GCLK_TIMESCALE_TAI },
		{ "vmclock0", "7.0", GCLK_TIMESCALE_TAI },
		{ "vmclock0", "10.1", GCLK_TIMESCALE_TAI },
		{ "vmclock0", "99999999999999999999999", GCLK_TIMESCALE_TAI },
		{ "vmclock0", NULL, GCLK_TIMESCALE_UNKNOWN },
		{ "vmclock0", "", GCLK_TIMESCALE_UNKNOWN },
		{ "vmclock0", "custom", GCLK_TIMESCALE_UNKNOWN },
		{ "vmclock0", "-7", GCLK_TIMESCALE_UNKNOWN },
		{ "Virtio PTP type 0/variant 0", "6.16", GCLK_TIMESCALE_UTC },
		{ "Virtio PTP type 1/variant 0", "6.16", GCLK_TIMESCALE_TAI },
		{ "Virtio PTP type 2/variant 0", "6.16", GCLK_TIMESCALE_MONOTONIC },
		{ "Virtio PTP type 3/variant 1", "6.16", GCLK_TIMESCALE_SMEARED },
		{ "Virtio PTP type 9/variant 1", "6.16", GCLK_TIMESCALE_UNKNOWN },
		{ "mlx5_ptp", "6.16", GCLK_TIMESCALE_UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		GCLK_ASSERT_INT(gclk_ptp_clock_timescale(
					gclk_ptp_clock_find(cases[i].name), cases[i].release),
			cases[i].timescale);
}

static void expected(void)
{
	static const struct {
		const char *hypervisor, *driver, *module;
	} cases[] = {
		{ "kvm", "ptp_kvm", "ptp_kvm" },
		{ "google", "ptp_kvm", "ptp_kvm" },
		{ "vmware", "ptp_vmw", "ptp_vmw" },
		{ "microsoft", "hyperv", "hv_utils" },
		{ "amazon", "ptp_vmclock", "ptp_vmclock" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkPtpClock *clock = gclk_ptp_clock_expected(cases[i].hypervisor);

		CU_ASSERT_PTR_NOT_NULL_FATAL(clock);
		GCLK_ASSERT_STR(clock->driver, cases[i].driver);
		GCLK_ASSERT_STR(clock->module, cases[i].module);
		GCLK_ASSERT_HAS(clock->config, "CONFIG_");
	}
	CU_ASSERT_PTR_NULL(gclk_ptp_clock_expected("none"));
	CU_ASSERT_PTR_NULL(gclk_ptp_clock_expected("bhyve"));
	CU_ASSERT_PTR_NULL(gclk_ptp_clock_expected("kvm google"));
	CU_ASSERT_PTR_NULL(gclk_ptp_clock_expected(NULL));
}

/* --- readings --------------------------------------------------------------------------------- */

static void best_reading(void)
{
	const GclkPtpReading readings[] = {
		{ 1000, 1900, 0 }, { 3000, 3200, 0 }, { 5000, 5100, 0 }, /* narrowest */
		{ 7000, 7100, 0 },                                       /* as narrow, later */
		{ 9000, 8990, 0 },                                       /* REAL ran backwards */
	};
	const GclkPtpReading useless[] = {
		{ 10, 9, 0 },
		{ 0, 2 * GCLK_NS_PER_S, 0 },
		{ G_MININT64, G_MAXINT64, 0 },
	};

	CU_ASSERT_PTR_EQUAL(gclk_ptp_reading_best(readings, 5), &readings[2]);
	CU_ASSERT_PTR_EQUAL(gclk_ptp_reading_best(readings, 2), &readings[1]);
	CU_ASSERT_PTR_EQUAL(gclk_ptp_reading_best(readings, 1), &readings[0]);
	CU_ASSERT_PTR_NULL(gclk_ptp_reading_best(&readings[4], 1));
	CU_ASSERT_PTR_NULL(gclk_ptp_reading_best(useless, 3));
	CU_ASSERT_PTR_NULL(gclk_ptp_reading_best(readings, 0));
	CU_ASSERT_PTR_NULL(gclk_ptp_reading_best(readings, -19));
}

#define BASE (G_GINT64_CONSTANT(1800000000) * GCLK_NS_PER_S)

static void to_sample(void)
{
	const GclkClockPair pair = { .real = BASE + 5000, .raw = 777000, .width = 30 };
	const GclkClockPair jumped = { .real = BASE + 2 * GCLK_NS_PER_S, .raw = 777000 };
	const GclkClockPair absurd = { .real = G_MININT64, .raw = 0 };
	GclkPtpReading reading = { BASE, BASE + 2000, BASE + 1500 };
	GclkSample sample = { 0 };

	/* the device read 500 ns more than the middle of the bracket: REAL is behind by 500 */
	CU_ASSERT_TRUE(gclk_ptp_reading_to_sample(&reading, &pair, 0, &sample));
	GCLK_ASSERT_INT(sample.offset, 500);
	GCLK_ASSERT_INT(sample.real, BASE + 1000);
	GCLK_ASSERT_INT(sample.raw, 777000 - 4000);
	GCLK_ASSERT_INT(sample.delay, 2000);
	reading.device = BASE - 10;
	CU_ASSERT_TRUE(gclk_ptp_reading_to_sample(&reading, &pair, 0, &sample));
	GCLK_ASSERT_INT(sample.offset, -1010);
	/* TAI is ahead of UTC: the same instant reads 37 s more */
	reading.device = BASE + 1000 + 37 * GCLK_NS_PER_S;
	CU_ASSERT_TRUE(gclk_ptp_reading_to_sample(&reading, &pair, 37, &sample));
	GCLK_ASSERT_INT(sample.offset, 0);
	CU_ASSERT_FALSE(gclk_ptp_reading_to_sample(&reading, &jumped, 0, &sample));
	CU_ASSERT_FALSE(gclk_ptp_reading_to_sample(&reading, &absurd, 0, &sample));
	/* no overflow, whatever the driver says */
	reading.device = G_MAXINT64;
	CU_ASSERT_TRUE(gclk_ptp_reading_to_sample(&reading, &pair, 0, &sample));
	CU_ASSERT_FALSE(gclk_ptp_reading_to_sample(&reading, &pair, -37, &sample));
	reading.device = G_MININT64;
	CU_ASSERT_FALSE(gclk_ptp_reading_to_sample(&reading, &pair, 0, &sample));
}

static void plausible(void)
{
	CU_ASSERT_FALSE(gclk_ptp_time_plausible(0));
	CU_ASSERT_FALSE(gclk_ptp_time_plausible(G_MININT64));
	CU_ASSERT_FALSE(gclk_ptp_time_plausible(G_MAXINT64));
	CU_ASSERT_FALSE(gclk_ptp_time_plausible(946684800 * GCLK_NS_PER_S - 1));
	CU_ASSERT_TRUE(gclk_ptp_time_plausible(946684800 * GCLK_NS_PER_S));
	CU_ASSERT_TRUE(gclk_ptp_time_plausible(BASE));
	CU_ASSERT_TRUE(gclk_ptp_time_plausible(7258118400 * GCLK_NS_PER_S - 1));
	CU_ASSERT_FALSE(gclk_ptp_time_plausible(7258118400 * GCLK_NS_PER_S));
}

static void looks_tai(void)
{
	CU_ASSERT_TRUE(gclk_timescale_looks_tai(37 * GCLK_NS_PER_S, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(-37 * GCLK_NS_PER_S, 37)); /* behind: not TAI */
	CU_ASSERT_TRUE(gclk_timescale_looks_tai(37 * GCLK_NS_PER_S + GCLK_NS_PER_S / 2, 37));
	CU_ASSERT_TRUE(gclk_timescale_looks_tai(37 * GCLK_NS_PER_S - GCLK_NS_PER_S / 2, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(37 * GCLK_NS_PER_S + GCLK_NS_PER_S / 2 + 1, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(37 * GCLK_NS_PER_S - GCLK_NS_PER_S / 2 - 1, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(36 * GCLK_NS_PER_S, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(-40 * GCLK_NS_PER_S, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(0, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(0, 0)); /* not known: looks like nothing */
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(G_MININT64, 37));
	CU_ASSERT_FALSE(gclk_timescale_looks_tai(G_MAXINT64, 37));
}

/* --- errors ----------------------------------------------------------------------------------- */

static void failures(void)
{
	GCLK_ASSERT_INT(gclk_ptp_failure(ESTALE)->condition, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_INT(gclk_ptp_failure(EIO)->condition, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_INT(gclk_ptp_failure(ENODEV)->drop, GCLK_PTP_DROP_GONE);
	GCLK_ASSERT_INT(gclk_ptp_failure(ENXIO)->drop, GCLK_PTP_DROP_GONE);
	GCLK_ASSERT_INT(gclk_ptp_failure(EPERM)->condition, GCLK_SOURCE_FAILED);
	CU_ASSERT_PTR_NULL(gclk_ptp_failure(12345)->text);
	CU_ASSERT_TRUE(gclk_ptp_method_missing(ENODEV));
	CU_ASSERT_TRUE(gclk_ptp_method_missing(EOPNOTSUPP));
	CU_ASSERT_FALSE(gclk_ptp_method_missing(ESTALE));
	CU_ASSERT_TRUE(gclk_ptp_no_time_now(ESTALE));
	CU_ASSERT_FALSE(gclk_ptp_no_time_now(EIO));
	for (gint i = 0; i < GCLK_PTP_DROPS; i++)
		for (gint j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(gclk_ptp_drop_name(i), gclk_ptp_drop_name(j));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "patterns", patterns },
		{ "names", names },
		{ "every row", rows },
		{ "timescales", timescales },
		{ "what a hypervisor may offer", expected },
		{ "best reading", best_reading },
		{ "reading to sample", to_sample },
		{ "plausible times", plausible },
		{ "looks like TAI", looks_tai },
		{ "failures", failures },
		{ NULL, NULL },
	};

	return gclk_test_main("ptp-table", cases);
}
