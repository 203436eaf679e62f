/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ptp-scan.h"

#include <string.h>

#define CLASS_DIRECTORY "/sys/class/ptp"
#define NAME_FILE_MAX   4096 /* a sysfs attribute is at most a page */

/* Fills in the clock_name without its newline, each unprintable byte as '?'. */
static void read_name(GclkPlatform *platform, const char *device, char name[GCLK_PTP_NAME_MAX])
{
	g_autofree char *path = g_strdup_printf(CLASS_DIRECTORY "/%s/clock_name", device);
	g_autofree char *text = platform->read_file(platform, path, NAME_FILE_MAX, NULL, NULL);

	name[0] = '\0';
	if (!text)
		return;
	g_strlcpy(name, g_strchomp(text), GCLK_PTP_NAME_MAX);
	for (char *c = name; *c; c++)
		if (!g_ascii_isprint(*c))
			*c = '?';
}

/* "ptp12" is 12; other names are no devices. */
static gboolean parse_device(const char *text, guint *number)
{
	guint64 value;

	return g_str_has_prefix(text, "ptp") &&
	       g_ascii_string_to_unsigned(text + 3, 10, 0, 99999, &value, NULL) &&
	       ((*number = (guint)value), TRUE);
}

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
	guint left = ((const GclkPtpDevice *)a)->number, right = ((const GclkPtpDevice *)b)->number;

	return left < right ? -1 : left > right;
}

GArray *gclk_ptp_scan(GclkPlatform *platform)
{
	g_auto(GStrv) names = platform->list_directory(platform, CLASS_DIRECTORY, NULL);
	GArray *devices = g_array_new(FALSE, TRUE, sizeof(GclkPtpDevice));

	for (guint i = 0; names && names[i] && devices->len < GCLK_PTP_DEVICES_MAX; i++) {
		GclkPtpDevice device = { 0 };

		if (!parse_device(names[i], &device.number))
			continue;
		g_snprintf(device.path, sizeof device.path, "/dev/ptp%u", device.number);
		read_name(platform, names[i], device.clock_name);
		device.clock = gclk_ptp_clock_find(device.clock_name);
		g_array_append_val(devices, device);
	}
	g_array_sort(devices, compare_numbers);
	return devices;
}

/* except: a path that is passed over, or NULL. */
static const GclkPtpDevice *choose(const GArray *devices, const char *except)
{
	const GclkPtpDevice *best = NULL;

	for (guint i = 0; i < devices->len; i++) {
		const GclkPtpDevice *device = &g_array_index(devices, GclkPtpDevice, i);

		if (!device->clock->host || g_strcmp0(device->path, except) == 0)
			continue;
		if (!best || gclk_ptp_clock_rank(device->clock) < gclk_ptp_clock_rank(best->clock))
			best = device;
	}
	return best;
}

const GclkPtpDevice *gclk_ptp_choose(const GArray *devices)
{
	return choose(devices, NULL);
}

const GclkPtpDevice *gclk_ptp_choose_other(const GArray *devices, const char *path)
{
	const GclkPtpDevice *other = choose(devices, path);

	return other ? other : choose(devices, NULL);
}

const GclkPtpDevice *gclk_ptp_by_name(const GArray *devices, const char *clock_name)
{
	const GclkPtpDevice *found = NULL;

	for (guint i = 0; i < devices->len; i++) {
		const GclkPtpDevice *device = &g_array_index(devices, GclkPtpDevice, i);

		if (strcmp(device->clock_name, clock_name) != 0)
			continue;
		if (found)
			return NULL;
		found = device;
	}
	return found;
}

gboolean gclk_ptp_by_path(
	GclkPlatform *platform, const GArray *devices, const char *path, GclkPtpDevice *out)
{
	g_autofree char *target = platform->read_link(platform, path);
	g_autofree char *base = g_path_get_basename(target ? target : path);
	guint number;

	memset(out, 0, sizeof *out);
	g_strlcpy(out->path, path, sizeof out->path);
	out->clock = gclk_ptp_clock_find(NULL);
	if (!parse_device(base, &number))
		return FALSE;
	for (guint i = 0; i < devices->len; i++) {
		const GclkPtpDevice *device = &g_array_index(devices, GclkPtpDevice, i);

		if (device->number == number) {
			*out = *device;
			return TRUE;
		}
	}
	return FALSE;
}

char *gclk_ptp_describe(const GArray *devices)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < devices->len; i++) {
		const GclkPtpDevice *device = &g_array_index(devices, GclkPtpDevice, i);

		g_string_append_printf(text, "%s%s (%s)", i ? "; " : "",
			device->path + strlen("/dev/"),
			device->clock_name[0] ? device->clock_name : "no name");
		if (device->clock->remark)
			g_string_append_printf(text, ": %s", device->clock->remark);
	}
	return g_string_free(text, FALSE);
}
