/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's clocks from its sysctls: what is parsed, and what nonsense does to it. Whole machines
   are in machines-test. */
#include "detect/freebsd-clock-facts.h"
#include "harness.h"

static GclkFreebsdClock *clock_of(const char *dump)
{
	return gclk_freebsd_clock_new(gclk_sysctl_recorded, (gpointer)dump);
}

static void reads_releases(void)
{
	static const struct {
		const char *dump;
		guint major, minor;
	} rows[] = {
		{ "kern.osrelease: 13.1-RELEASE-p3", 13, 1 },
		{ "kern.osrelease: 9.2-STABLE", 9, 2 },
		{ "kern.osrelease: 15.0-CURRENT", 15, 0 },
		{ "kern.osrelease: 13", 0, 0 },
		{ "kern.osrelease: next", 0, 0 },
		{ "", 0, 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GclkFreebsdClock) clock = clock_of(rows[i].dump);

		GCLK_ASSERT_INT(clock->major, rows[i].major);
		GCLK_ASSERT_INT(clock->minor, rows[i].minor);
	}
}

static void compares_releases(void)
{
	g_autoptr(GclkFreebsdClock) clock = clock_of("kern.osrelease: 13.1-RELEASE");
	g_autoptr(GclkFreebsdClock) unknown = clock_of("");

	CU_ASSERT_TRUE(gclk_freebsd_since(clock, 13, 1));
	CU_ASSERT_TRUE(gclk_freebsd_since(clock, 13, 0));
	CU_ASSERT_TRUE(gclk_freebsd_since(clock, 9, 2));
	CU_ASSERT_FALSE(gclk_freebsd_since(clock, 13, 2));
	CU_ASSERT_FALSE(gclk_freebsd_since(clock, 14, 0));
	CU_ASSERT_FALSE(gclk_freebsd_since(unknown, 4, 0));
}

static void reads_choices(void)
{
	g_autoptr(GclkFreebsdClock) clock =
		clock_of("kern.timecounter.choice: ACPI-fast(900) ARM MPCore Timecounter(1000) "
			 "TSC-low(-100) dummy(-1000000)\n"
			 "kern.timecounter.hardware: ARM MPCore Timecounter\n");
	const GclkFreebsdTimer *now = gclk_freebsd_timer_find(clock->choice, clock->timecounter);

	GCLK_ASSERT_INT(clock->choice->len, 4);
	CU_ASSERT_PTR_NOT_NULL_FATAL(now);
	GCLK_ASSERT_STR(now->name, "ARM MPCore Timecounter");
	GCLK_ASSERT_INT(now->quality, 1000);
	GCLK_ASSERT_INT(gclk_freebsd_timer_find(clock->choice, "TSC-low")->quality, -100);
	GCLK_ASSERT_INT(gclk_freebsd_timer_find(clock->choice, "dummy")->quality, -1000000);
	CU_ASSERT_PTR_NULL(gclk_freebsd_timer_find(clock->choice, "HPET"));
	CU_ASSERT_PTR_NULL(gclk_freebsd_timer_find(clock->choice, NULL));
	CU_ASSERT_PTR_NULL(gclk_freebsd_timer_find(clock->event_choice, "HPET"));
}

static void bad_choices_end(void)
{
	static const struct {
		const char *dump;
		guint n;
	} rows[] = {
		{ "kern.timecounter.choice: ", 0 },
		{ "kern.timecounter.choice: HPET", 0 },
		{ "kern.timecounter.choice: HPET(", 0 },
		{ "kern.timecounter.choice: (950)", 0 },
		{ "kern.timecounter.choice: HPET()", 0 },
		{ "kern.timecounter.choice: HPET(9x)", 0 },
		{ "kern.timecounter.choice: HPET(99999999999)", 0 },
		{ "kern.timecounter.choice: HPET(950) )(", 1 },
		{ "kern.timecounter.choice: HPET(950) TSC(1000) (", 2 },
	};
	g_autoptr(GString) many = g_string_new("kern.timecounter.choice: ");

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GclkFreebsdClock) clock = clock_of(rows[i].dump);

		GCLK_ASSERT_INT(clock->choice->len, rows[i].n);
	}
	for (guint i = 0; i < 100; i++)
		g_string_append(many, "a(1)");
	g_autoptr(GclkFreebsdClock) clock = clock_of(many->str);
	GCLK_ASSERT_INT(clock->choice->len, 32);
}

static void reads_numbers(void)
{
	g_autoptr(GclkFreebsdClock) clock =
		clock_of("kern.hz: 1000\nkern.timecounter.stepwarnings: one\n"
			 "hw.hvtimesync.sample_thresh: -1\nmachdep.disable_tsc: 99999999999\n");

	CU_ASSERT_TRUE(gclk_freebsd_is(clock, GCLK_FREEBSD_HZ, 1000));
	CU_ASSERT_FALSE(gclk_freebsd_is(clock, GCLK_FREEBSD_HZ, 100));
	CU_ASSERT_TRUE(gclk_freebsd_is(clock, GCLK_FREEBSD_HV_THRESHOLD, -1));
	CU_ASSERT_FALSE(clock->numbers[GCLK_FREEBSD_STEPWARNINGS].known);
	CU_ASSERT_FALSE(clock->numbers[GCLK_FREEBSD_DISABLE_TSC].known);
	CU_ASSERT_FALSE(gclk_freebsd_is(clock, GCLK_FREEBSD_SMP_TSC, 0));
	CU_ASSERT_PTR_NULL(clock->loader_hz);
}

/* The loader's word and the kernel's value have one name, and stay apart. */
static void tells_loader_from_kernel(void)
{
	g_autoptr(GclkFreebsdClock) clock = clock_of("kern.hz=\"1000\"\nkern.hz: 100\n");
	g_autoptr(GclkFreebsdClock) only = clock_of("kern.hz=\"1000\"\n");

	GCLK_ASSERT_STR(clock->loader_hz, "1000");
	CU_ASSERT_TRUE(gclk_freebsd_is(clock, GCLK_FREEBSD_HZ, 100));
	CU_ASSERT_FALSE(only->numbers[GCLK_FREEBSD_HZ].known);
}

static void odd_bytes_are_made_printable(void)
{
	g_autoptr(GclkFreebsdClock) clock =
		clock_of("kern.vm_guest: \x1b[31m\nkern.timecounter.hardware:  HPET \n");

	GCLK_ASSERT_STR(clock->vm_guest, "?[31m");
	GCLK_ASSERT_STR(clock->timecounter, "HPET");
}

static void integers_of_the_kernel(void)
{
	const gint32 minus = -1;
	const gint64 wide = G_GINT64_CONSTANT(-5000000000);
	g_autofree char *is_signed = gclk_sysctl_number(&minus, sizeof minus, TRUE);
	g_autofree char *is_unsigned = gclk_sysctl_number(&minus, sizeof minus, FALSE);
	g_autofree char *is_wide = gclk_sysctl_number(&wide, sizeof wide, TRUE);
	g_autofree char *is_huge = gclk_sysctl_number(&wide, sizeof wide, FALSE);

	GCLK_ASSERT_STR(is_signed, "-1");
	GCLK_ASSERT_STR(is_unsigned, "4294967295");
	GCLK_ASSERT_STR(is_wide, "-5000000000");
	GCLK_ASSERT_STR(is_huge, "18446744068709551616");
	CU_ASSERT_PTR_NULL(gclk_sysctl_number(&wide, 0, TRUE));
	CU_ASSERT_PTR_NULL(gclk_sysctl_number(&wide, 3, TRUE));
}

static const GclkTestCase cases[] = {
	{ "reads releases", reads_releases },
	{ "compares releases", compares_releases },
	{ "reads choices", reads_choices },
	{ "bad choices end", bad_choices_end },
	{ "reads numbers", reads_numbers },
	{ "tells the loader from the kernel", tells_loader_from_kernel },
	{ "odd bytes are made printable", odd_bytes_are_made_printable },
	{ "integers of the kernel", integers_of_the_kernel },
	{ 0 },
};

int main(void)
{
	return gclk_test_main("freebsd-clock-facts", cases);
}
