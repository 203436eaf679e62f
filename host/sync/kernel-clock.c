/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/timex.h>

#include "sync/read-file.h"
#include "sync/sync.h"

#define DEVICES_MAX 256

/* HV_TS_GUID of include/linux/hyperv.h */
#define TIME_SYNC_CLASS "{9527e630-d0ae-497b-adce-e80ab0175caf}"

static gboolean is_time_sync(const char *device)
{
	g_autofree char *path = g_build_filename(device, "class_id", NULL);
	g_autofree char *driver = g_build_filename(device, "driver", NULL);
	g_autofree char *class_id = gclk_read_file(path, 64, NULL);

	return class_id && g_ascii_strcasecmp(g_strstrip(class_id), TIME_SYNC_CLASS) == 0 &&
	       g_file_test(driver, G_FILE_TEST_EXISTS);
}

gboolean gclk_hyperv_sets_clock(const char *root)
{
	g_autofree char *folder = g_strconcat(root, "/sys/bus/vmbus/devices", NULL);
	g_autoptr(GDir) devices = g_dir_open(folder, 0, NULL);
	gboolean found = FALSE;
	const char *name;

	for (guint i = 0; devices && !found && i < DEVICES_MAX; i++) {
		g_autofree char *device = NULL;

		name = g_dir_read_name(devices);
		if (!name)
			break;
		device = g_build_filename(folder, name, NULL);
		found = is_time_sync(device);
	}
	return found;
}

void gclk_kernel_clock_read(GclkKernelClock *out)
{
	struct timex state; /* modes 0: only read, which anybody may */
	int result;

	memset(out, 0, sizeof(*out));
	memset(&state, 0, sizeof(state));
	out->hyperv = gclk_hyperv_sets_clock("");
	result = adjtimex(&state);
	if (result < 0)
		return;
	out->known = TRUE;
	out->unsynchronised = result == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
	out->max_error = state.maxerror * GCLK_NS_PER_US;
	out->tai_offset = state.tai;
}
