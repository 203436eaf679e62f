/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include <string.h>

#include "harness.h"
#include "world.h"

typedef struct {
	SimWorld world;
	GclkPlatform *platform;
} Bed;

static void bed_init(Bed *bed)
{
	const SimOscillator oscillator = { 0 };

	*bed = (Bed){ 0 };
	bed->world.vm = sim_vm_new(1, 0, &oscillator);
	bed->platform = sim_platform_new(&bed->world);
}

static void bed_clear(Bed *bed)
{
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
}

static void round_trip(void)
{
	const GclkMemory in = { .known = TRUE,
		.frequency_ppb = -12345.678,
		.saved = G_GINT64_CONSTANT(1795219200123456789) };
	GclkMemory same, other;
	Bed bed;

	bed_init(&bed);
	CU_ASSERT_TRUE(gclk_memory_save(bed.platform, "/var/lib/g", "boot-1", &in, NULL));
	CU_ASSERT_TRUE(gclk_memory_load(bed.platform, "/var/lib/g", "boot-1", &same, NULL));
	CU_ASSERT_TRUE(same.known);
	GCLK_ASSERT_NEAR(same.frequency_ppb, -12345.678, 1e-9);
	GCLK_ASSERT_INT(same.saved, in.saved);
	/* another boot calibrates the raw clock anew */
	CU_ASSERT_TRUE(gclk_memory_load(bed.platform, "/var/lib/g", "boot-2", &other, NULL));
	CU_ASSERT_TRUE(other.sigma_ppb > 10 * same.sigma_ppb);
	CU_ASSERT_TRUE(same.same_boot);
	CU_ASSERT_FALSE(other.same_boot);
	bed_clear(&bed);
}

static void missing(void)
{
	GclkMemory m = { .known = TRUE };
	Bed bed;

	bed_init(&bed);
	CU_ASSERT_TRUE(gclk_memory_load(bed.platform, "/var/lib/g", "b", &m, NULL));
	CU_ASSERT_FALSE(m.known);
	bed_clear(&bed);
}

static void damaged(void)
{
	static const char *const texts[] = { "", "garbage", "[clock]\nfrequency-ppb=abc\n",
		"[clock]\nfrequency-ppb=1e30\n", "[clock]\nfrequency-ppb=nan\n",
		"[clock]\nrealtime-ns=5\n", "[other]\nfrequency-ppb=5\n" };
	Bed bed;

	bed_init(&bed);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		GclkMemory m;

		bed.platform->write_file(
			bed.platform, "/var/lib/g/memory", texts[i], strlen(texts[i]), FALSE, NULL);
		CU_ASSERT_FALSE(gclk_memory_load(bed.platform, "/var/lib/g", "b", &m, &error));
		CU_ASSERT_FALSE(m.known);
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		GCLK_ASSERT_HAS(error->message, "/var/lib/g/memory");
	}
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "what is saved is loaded", round_trip },
		{ "a missing file is an empty memory", missing },
		{ "a damaged file is an error, and empty", damaged },
		{ NULL, NULL },
	};

	return gclk_test_main("memory", cases);
}
