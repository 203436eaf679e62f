/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include <math.h>

#define FILE_NAME  "memory"
#define GROUP      "clock"
#define SIZE_LIMIT 4096

/* The boot's TSC calibration differs from the last one by some ppm (seen: 1 to 20). */
#define SIGMA_REBOOT_PPB    20000.0
#define SIGMA_SAME_BOOT_PPB 200.0
/* Beyond what tick and frequency word can do, the file is damaged. */
#define FREQUENCY_SANE_PPB (GCLK_TICK_LIMIT_PPB + GCLK_FREQUENCY_LIMIT_PPB)

static gboolean parse(
	const char *text, gsize length, const char *boot_id, GclkMemory *out, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *boot = NULL;
	GError *problem = NULL;

	/* GKeyFile's own message would quote what may be anything at all. */
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, NULL)) {
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "damaged");
		return FALSE;
	}
	out->frequency_ppb = g_key_file_get_double(file, GROUP, "frequency-ppb", &problem);
	if (problem) {
		g_error_free(problem);
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
			"frequency-ppb is missing or not a number");
		return FALSE;
	}
	if (!(fabs(out->frequency_ppb) <= FREQUENCY_SANE_PPB)) {
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
			"frequency-ppb is out of range");
		return FALSE;
	}
	boot = g_key_file_get_string(file, GROUP, "boot-id", NULL);
	out->saved = g_key_file_get_int64(file, GROUP, "realtime-ns", NULL);
	out->same_boot = boot && g_strcmp0(boot, boot_id) == 0;
	out->sigma_ppb = out->same_boot ? SIGMA_SAME_BOOT_PPB : SIGMA_REBOOT_PPB;
	out->known = TRUE;
	return TRUE;
}

gboolean gclk_memory_load(GclkPlatform *platform, const char *directory, const char *boot_id,
	GclkMemory *out, GError **error)
{
	g_autofree char *path = g_build_filename(directory, FILE_NAME, NULL);
	g_autofree char *text = NULL;
	GError *problem = NULL;
	gsize length = 0;

	*out = (GclkMemory){ 0 };
	text = platform->read_file(platform, path, SIZE_LIMIT, &length, &problem);
	if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		g_error_free(problem);
		return TRUE;
	}
	if (problem) {
		g_propagate_error(error, problem);
		return FALSE;
	}
	if (parse(text, length, boot_id, out, error))
		return TRUE;
	*out = (GclkMemory){ 0 };
	g_prefix_error(error, "%s: ", path);
	return FALSE;
}

gboolean gclk_memory_save(GclkPlatform *platform, const char *directory, const char *boot_id,
	const GclkMemory *memory, GError **error)
{
	g_autofree char *path = g_build_filename(directory, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *text = NULL;
	gsize length = 0;

	g_key_file_set_double(file, GROUP, "frequency-ppb", memory->frequency_ppb);
	g_key_file_set_int64(file, GROUP, "realtime-ns", memory->saved);
	if (boot_id)
		g_key_file_set_string(file, GROUP, "boot-id", boot_id);
	text = g_key_file_to_data(file, &length, NULL);
	return platform->write_file(platform, path, text, length, FALSE, error);
}
