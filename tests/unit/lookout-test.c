/* SPDX-License-Identifier: BSD-2-Clause */
#include "lookout.h"

#include <string.h>

#include "build-config.h"
#include "harness.h"
#include "world.h"

#define YEAR_S (G_GINT64_CONSTANT(365) * 86400)

typedef struct {
	SimWorld world;
	GclkPlatform *platform;
	GclkLookout lookout;
} Bed;

static void bed_init(Bed *bed)
{
	const SimOscillator oscillator = { 0 };

	*bed = (Bed){ 0 };
	bed->world.vm = sim_vm_new(1, 0, &oscillator);
	bed->platform = sim_platform_new(&bed->world);
	bed->lookout.platform = bed->platform;
	bed->lookout.config = gclk_config_new();
}

static void bed_clear(Bed *bed)
{
	gclk_config_free(bed->lookout.config);
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
}

static void set_file(Bed *bed, const char *path, const char *format, gint64 seconds)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, seconds);
	g_autofree char *text = g_strconcat(format, number, "\n", NULL);

	bed->platform->write_file(bed->platform, path, text, strlen(text), FALSE, NULL);
}

static void set_rtc(Bed *bed, gint64 seconds)
{
	set_file(bed, "/sys/class/rtc/rtc0/since_epoch", "", seconds);
}

static gint64 pivot_s(Bed *bed)
{
	return gclk_lookout_era_pivot(&bed->lookout) / GCLK_NS_PER_S;
}

/* Nothing is known: the build. What lies before it is wrong, and so is what lies an age after. */
static void eras(void)
{
	g_autofree char *memory = NULL;
	Bed bed;

	bed_init(&bed);
	memory = g_build_filename(bed.lookout.config->state_directory, "memory", NULL);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_rtc(&bed, 5);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_rtc(&bed, GCLK_BUILD_TIME + 3 * YEAR_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME + 3 * YEAR_S);
	set_rtc(&bed, GCLK_BUILD_TIME + 73 * YEAR_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_rtc(&bed, -1);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_file(&bed, memory, "[clock]\nfrequency-ppb=0\nrealtime-ns=",
		(GCLK_BUILD_TIME + 7 * YEAR_S) * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME + 7 * YEAR_S);
	set_rtc(&bed, GCLK_BUILD_TIME + 9 * YEAR_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME + 9 * YEAR_S);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "around when are we", eras },
		{ NULL, NULL },
	};

	return gclk_test_main("lookout", cases);
}
