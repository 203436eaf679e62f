/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "harness.h"
#include "source/vmclock.h"

#define PAGE    4096
#define SECONDS G_GINT64_CONSTANT(1800000000)
#define SECOND  GCLK_NS_PER_S

static void put(guint8 *page, gsize at, guint64 value, gsize width)
{
	for (gsize i = 0; i < width; i++)
		page[at + i] = (guint8)(value >> (8 * i));
}

/* A complete page: every field has a value of its own. */
static void fill(guint8 page[PAGE])
{
	memset(page, 0, PAGE);
	put(page, 0, 0x4b4c4356, 4);
	put(page, 4, PAGE, 4);
	put(page, 8, 1, 2);
	page[10] = 1;         /* X86_TSC */
	page[11] = 1;         /* TAI */
	put(page, 12, 42, 4); /* even */
	put(page, 16, 0x1122334455667788, 8);
	put(page, 24, 1 << 0 | 1 << 4 | 1 << 6 | 1 << 8, 8);
	page[34] = 2;
	put(page, 36, 37, 2);
	page[38] = 2;
	put(page, 48, 4000000000, 8);
	put(page, 64, 60000, 8); /* 15 ppm of the period */
	put(page, 72, (guint64)SECONDS, 8);
	put(page, 80, G_GUINT64_CONSTANT(1) << 62, 8); /* a quarter of a second */
	put(page, 96, 123456, 8);
	put(page, 104, 0x99aabbccddeeff00, 8);
}

static gboolean parse(const guint8 *page, gsize length, GclkVmclock *out)
{
	return gclk_vmclock_parse(page, length, out, NULL);
}

static void complete(void)
{
	guint8 page[PAGE];
	GclkVmclock clock;

	fill(page);
	CU_ASSERT_TRUE_FATAL(parse(page, PAGE, &clock));
	GCLK_ASSERT_INT(clock.timescale, GCLK_TIMESCALE_TAI);
	GCLK_ASSERT_INT(clock.status, GCLK_VMCLOCK_SYNCHRONISED);
	CU_ASSERT_TRUE(clock.disruption_marker == 0x1122334455667788);
	CU_ASSERT_TRUE(clock.has_generation);
	CU_ASSERT_TRUE(clock.generation == 0x99aabbccddeeff00);
	GCLK_ASSERT_INT(clock.tai_offset, 37);
	GCLK_ASSERT_INT(clock.leap, GCLK_LEAP_DELETE);
	CU_ASSERT_TRUE(clock.has_time);
	CU_ASSERT_TRUE(clock.counts);
	GCLK_ASSERT_INT(clock.time, SECONDS * SECOND + SECOND / 4);
	GCLK_ASSERT_INT(clock.max_error, 123456);
	GCLK_ASSERT_NEAR(clock.max_rate_error, 15e-6, 1e-12);
}

/* What QEMU and Firecracker offer: the marker, and no time. */
static void marker_only(void)
{
	guint8 page[PAGE];
	GclkVmclock clock;

	fill(page);
	page[10] = 0xff;
	put(page, 24, 0, 8);
	page[34] = 0;
	put(page, 72, 0, 8);
	put(page, 80, 0, 8);
	CU_ASSERT_TRUE_FATAL(parse(page, PAGE, &clock));
	GCLK_ASSERT_INT(clock.status, GCLK_VMCLOCK_UNKNOWN);
	CU_ASSERT_FALSE(clock.counts);
	GCLK_ASSERT_INT(clock.tai_offset, 0);
	CU_ASSERT_FALSE(clock.has_generation);
	GCLK_ASSERT_INT(clock.max_error, GCLK_BOUND_UNKNOWN);
	CU_ASSERT_TRUE(clock.max_rate_error < 0);
}

static void bad_pages(void)
{
	static const struct {
		gsize at;
		guint64 value;
		gsize width;
		const char *error;
	} cases[] = {
		{ 0, 0x5643344b, 4, "not a vmclock" },
		{ 4, 31, 4, "not a vmclock" },
		{ 4, 0, 4, "not a vmclock" },
		{ 8, 2, 2, "version 2" },
		{ 8, 0, 2, "version 0" },
		{ 12, 43, 4, "was writing" },
	};
	guint8 page[PAGE];
	GclkVmclock clock;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		fill(page);
		put(page, cases[i].at, cases[i].value, cases[i].width);
		CU_ASSERT_FALSE(gclk_vmclock_parse(page, PAGE, &clock, &error));
		GCLK_ASSERT_HAS(error ? error->message : NULL, cases[i].error);
	}
}

static void what_is_to_come(void)
{
	static const struct {
		guint64 flags;
		GclkVmclockOutlook outlook;
		gboolean notifies;
	} cases[] = {
		{ 0, GCLK_VMCLOCK_CALM, FALSE },
		{ 1 << 1, GCLK_VMCLOCK_SOON, FALSE },
		{ 1 << 2, GCLK_VMCLOCK_IMMINENT, FALSE },
		{ 1 << 1 | 1 << 2, GCLK_VMCLOCK_IMMINENT, FALSE },
		{ 1 << 9, GCLK_VMCLOCK_CALM, TRUE },
		{ ~(guint64)(1 << 1 | 1 << 2 | 1 << 9), GCLK_VMCLOCK_CALM, FALSE },
	};
	guint8 page[PAGE];
	GclkVmclock clock;

	fill(page);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		put(page, 24, cases[i].flags, 8);
		CU_ASSERT_TRUE(parse(page, PAGE, &clock));
		GCLK_ASSERT_INT(clock.outlook, cases[i].outlook);
		GCLK_ASSERT_INT(clock.notifies, cases[i].notifies);
	}
}

/* Every length: short ones are errors, longer ones give what is there; nothing is read beyond. */
static void every_length(void)
{
	guint8 page[PAGE];
	GclkVmclock clock;

	fill(page);
	for (gsize length = 0; length <= 200; length++) {
		g_autofree guint8 *copy = g_memdup2(page, length);

		GCLK_ASSERT_INT(parse(copy, length, &clock), length >= 32);
		if (length < 32)
			continue;
		GCLK_ASSERT_INT(clock.has_time, length >= 88);
		GCLK_ASSERT_INT(clock.has_generation, length >= 112);
		GCLK_ASSERT_INT(clock.max_error, length >= 104 ? 123456 : GCLK_BOUND_UNKNOWN);
	}
	/* and every size that the page may state of itself */
	for (guint size = 32; size <= 200; size++) {
		put(page, 4, size, 4);
		CU_ASSERT_TRUE(parse(page, PAGE, &clock));
		GCLK_ASSERT_INT(clock.has_time, size >= 88);
		GCLK_ASSERT_INT(clock.has_generation, size >= 112);
	}
	put(page, 4, G_MAXUINT32, 4);
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
}

static void values(void)
{
	static const struct {
		guint8 type;
		GclkTimescale timescale;
	} scales[] = { { 0, GCLK_TIMESCALE_UTC }, { 1, GCLK_TIMESCALE_TAI },
		{ 2, GCLK_TIMESCALE_MONOTONIC }, { 3, GCLK_TIMESCALE_SMEARED },
		{ 4, GCLK_TIMESCALE_SMEARED }, { 5, GCLK_TIMESCALE_UNKNOWN },
		{ 255, GCLK_TIMESCALE_UNKNOWN } };
	static const GclkLeap leaps[] = { GCLK_LEAP_NONE, GCLK_LEAP_INSERT, GCLK_LEAP_DELETE,
		GCLK_LEAP_NONE, GCLK_LEAP_NONE, GCLK_LEAP_NONE, GCLK_LEAP_NONE };
	guint8 page[PAGE];
	GclkVmclock clock;

	fill(page);
	for (gsize i = 0; i < G_N_ELEMENTS(scales); i++) {
		page[11] = scales[i].type;
		CU_ASSERT_TRUE(parse(page, PAGE, &clock));
		GCLK_ASSERT_INT(clock.timescale, scales[i].timescale);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(leaps); i++) {
		page[38] = (guint8)i;
		CU_ASSERT_TRUE(parse(page, PAGE, &clock));
		GCLK_ASSERT_INT(clock.leap, leaps[i]);
	}
	page[34] = 200;
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
	GCLK_ASSERT_INT(clock.status, GCLK_VMCLOCK_UNKNOWN);
	/* the offset counts by its size: see the header */
	put(page, 36, (guint64)-37, 2);
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
	GCLK_ASSERT_INT(clock.tai_offset, 37);
	put(page, 36, 0x8000, 2);
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
	GCLK_ASSERT_INT(clock.tai_offset, 32768);
	/* times and errors that do not fit */
	put(page, 72, G_MAXUINT64, 8);
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
	CU_ASSERT_FALSE(clock.has_time);
	put(page, 72, (guint64)SECONDS, 8);
	put(page, 80, G_MAXUINT64, 8);
	put(page, 96, G_MAXUINT64, 8);
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
	CU_ASSERT_TRUE(clock.time >= SECONDS * SECOND && clock.time < (SECONDS + 1) * SECOND);
	GCLK_ASSERT_INT(clock.max_error, GCLK_BOUND_UNKNOWN);
	put(page, 48, 0, 8); /* a period of nothing */
	CU_ASSERT_TRUE(parse(page, PAGE, &clock));
	CU_ASSERT_TRUE(clock.max_rate_error < 0);
}

static void bounds(void)
{
	GclkVmclock clock = { .timescale = GCLK_TIMESCALE_UTC,
		.has_time = TRUE,
		.time = SECONDS * SECOND,
		.max_error = 1000,
		.max_rate_error = 1e-6 };

	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, SECONDS * SECOND, 37), 1000);
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, (SECONDS + 10) * SECOND, 37), 1000 + 10000);
	/* before the reference point: no smaller than at it */
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, (SECONDS - 10) * SECOND, 37), 1000);
	clock.timescale = GCLK_TIMESCALE_TAI;
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, (SECONDS - 37) * SECOND, 37), 1000);
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, (SECONDS - 27) * SECOND, 37), 1000 + 10000);
	clock.max_rate_error = -1;
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, SECONDS * SECOND, 37), GCLK_BOUND_UNKNOWN);
	clock.max_rate_error = 1e12;
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, G_MAXINT64, 37), GCLK_BOUND_UNKNOWN);
	clock.max_rate_error = 0;
	clock.max_error = GCLK_BOUND_UNKNOWN;
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, SECONDS * SECOND, 37), GCLK_BOUND_UNKNOWN);
	clock.max_error = 1;
	clock.has_time = FALSE;
	GCLK_ASSERT_INT(gclk_vmclock_bound(&clock, SECONDS * SECOND, 37), GCLK_BOUND_UNKNOWN);
}

#define UTC GCLK_TIMESCALE_UTC
#define TAI GCLK_TIMESCALE_TAI

static void scales(void)
{
	static const struct {
		GclkTimescale page, delivered;
		gint64 ahead;  /* device ahead of UTC, s */
		gint age;      /* of the reference point, s */
		gint multiple; /* 99: cannot tell */
	} cases[] = {
		/* the page keeps what the driver delivers: its word, however old */
		{ UTC, UTC, 0, 0, 0 },
		{ UTC, UTC, 0, 5000, 0 },
		{ TAI, TAI, 37, 5000, 1 },
		/* the driver converts: by which sign? */
		{ TAI, UTC, 0, 1, 0 },
		{ TAI, UTC, 74, 1, 2 },
		{ UTC, TAI, 37, 1, 1 },
		{ UTC, TAI, -37, 1, -1 },
		{ UTC, TAI, -37, 29, -1 },
		{ UTC, TAI, 37, -4, 1 },
		{ UTC, TAI, 37, 31, 99 },
		{ UTC, TAI, 37, -6, 99 },
		{ UTC, TAI, 1000, 1, 99 },
		{ GCLK_TIMESCALE_MONOTONIC, UTC, 0, 1, 99 },
		{ GCLK_TIMESCALE_SMEARED, UTC, 0, 1, 99 },
		{ GCLK_TIMESCALE_UNKNOWN, UTC, 0, 1, 99 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkVmclock clock = { .timescale = cases[i].page,
			.has_time = TRUE,
			.time = (SECONDS - cases[i].age + (cases[i].page == TAI ? 37 : 0)) *
				SECOND };
		gint multiple = 99;

		gclk_vmclock_scale(&clock, cases[i].delivered, (SECONDS + cases[i].ahead) * SECOND,
			37, &multiple);
		GCLK_ASSERT_INT(multiple, cases[i].multiple);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a complete page", complete },
		{ "the marker alone", marker_only },
		{ "bad pages", bad_pages },
		{ "what is to come", what_is_to_come },
		{ "every length", every_length },
		{ "values", values },
		{ "bounds", bounds },
		{ "scale of the PTP device", scales },
		{ NULL, NULL },
	};

	return gclk_test_main("vmclock", cases);
}
