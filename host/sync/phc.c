/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/phc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guestclock/ptp-reading.h"
#include "guestclock/ptp-table.h"

#define CARDS_MAX 64
#define READINGS  5

/* A difference this close to whole seconds is a wrong count of leap seconds, not a clock that ran
   away. */
#define WHOLE_TOLERANCE (100 * GCLK_NS_PER_MS)
#define WHOLE_MAX       60

/* --- which clock ------------------------------------------------------------------------------ */

/* "ptp0" -> TRUE */
static gboolean is_ptp_name(const char *name)
{
	return gclk_ptp_name_matches("ptp#", name);
}

/* The first entry of a folder that is named like a clock; or NULL. */
static char *clock_in_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (is_ptp_name(name))
			return g_strconcat("/dev/", name, NULL);
	return NULL;
}

/* The kernel knows best, also for bonds and VLANs (ETHTOOL_GET_TS_INFO, linux/ethtool.h). */
static char *ask_interface(const char *interface)
{
	struct ethtool_ts_info info;
	struct ifreq request;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int failed;

	memset(&info, 0, sizeof(info));
	memset(&request, 0, sizeof(request));
	info.cmd = ETHTOOL_GET_TS_INFO;
	g_strlcpy(request.ifr_name, interface, sizeof(request.ifr_name));
	request.ifr_data = (void *)&info;
	if (fd < 0)
		return NULL;
	failed = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	return failed || info.phc_index < 0 ? NULL : g_strdup_printf("/dev/ptp%d", info.phc_index);
}

static char *clock_of_interface(const char *root, const char *interface)
{
	g_autofree char *folder = NULL;
	char *device = NULL;

	if (!*interface || strlen(interface) >= IFNAMSIZ || strchr(interface, '/'))
		return NULL;
	if (!*root)
		device = ask_interface(interface);
	folder = g_strdup_printf("%s/sys/class/net/%s/device/ptp", root, interface);
	return device ? device : clock_in_folder(folder);
}

char *gclk_phc_device(const char *root, const char *device_or_interface)
{
	g_autofree char *path = g_strconcat(root, device_or_interface, NULL);
	g_autofree char *base = NULL;
	char *real;

	if (device_or_interface[0] != '/')
		return clock_of_interface(root, device_or_interface);
	real = realpath(path, NULL);
	base = g_path_get_basename(real ? real : device_or_interface);
	free(real);
	return is_ptp_name(base) ? g_strconcat("/dev/", base, NULL) : NULL;
}

/* --- what it is ------------------------------------------------------------------------------- */

GclkReferenceKind gclk_phc_reference(const char *root, const char *device, char **clock_name)
{
	g_autofree char *resolved = gclk_phc_device(root, device);
	g_autofree char *base = resolved ? g_path_get_basename(resolved) : NULL;
	g_autofree char *path =
		base ? g_strdup_printf("%s/sys/class/ptp/%s/clock_name", root, base) : NULL;
	char *name = NULL;
	gboolean host;

	if (clock_name)
		*clock_name = NULL;
	if (!path || !g_file_get_contents(path, &name, NULL, NULL))
		return GCLK_REFERENCE_NONE;
	g_strchomp(name);
	host = gclk_ptp_clock_find(name)->host;
	if (clock_name)
		*clock_name = name;
	else
		g_free(name);
	return host ? GCLK_REFERENCE_HOST : GCLK_REFERENCE_PHC;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return strtol(x + strlen("/dev/ptp"), NULL, 10) > strtol(y + strlen("/dev/ptp"), NULL, 10)
		       ? 1
		       : -1;
}

GPtrArray *gclk_phc_cards(const char *root)
{
	GPtrArray *cards = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *folder = g_strconcat(root, "/sys/class/ptp", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && cards->len < CARDS_MAX && (name = g_dir_read_name(dir))) {
		g_autofree char *device = g_strconcat("/dev/", name, NULL);

		if (is_ptp_name(name) &&
			gclk_phc_reference(root, device, NULL) == GCLK_REFERENCE_PHC)
			g_ptr_array_add(cards, g_steal_pointer(&device));
	}
	g_ptr_array_sort(cards, by_number);
	return cards;
}

/* --- how far ---------------------------------------------------------------------------------- */

static gboolean fail(GError **error, int number, const char *device)
{
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number), "%s: %s", device,
		g_strerror(number));
	return FALSE;
}

gboolean gclk_phc_read(const char *device, GclkPhcReading *out, GError **error)
{
	static const GclkPtpMethod methods[] = { GCLK_PTP_EXTENDED, GCLK_PTP_PLAIN };
	GclkPtpReading readings[READINGS];
	const GclkPtpReading *best;
	int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	gint n = -ENODEV;

	if (fd < 0)
		return fail(error, errno, device);
	if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode))
		for (gsize i = 0; i < G_N_ELEMENTS(methods) && n <= 0; i++)
			n = gclk_ptp_device_read(fd, methods[i], READINGS, readings, NULL);
	close(fd);
	if (n <= 0)
		return fail(error, n < 0 ? -n : EIO, device);
	best = gclk_ptp_reading_best(readings, n);
	if (!best)
		return fail(error, EAGAIN, device);
	out->time = best->device;
	out->bound = (best->after - best->before) / 2;
	if (__builtin_sub_overflow(best->device, best->before + out->bound, &out->difference))
		return fail(error, ERANGE, device);
	return TRUE;
}

gint gclk_phc_judge(gint64 difference, gint ahead_s, gint64 *offset)
{
	gint64 rest, seconds, left;

	if (__builtin_sub_overflow(difference, ahead_s * GCLK_NS_PER_S, &rest))
		rest = difference;
	*offset = rest;
	if (rest > (WHOLE_MAX + 1) * GCLK_NS_PER_S || rest < -(WHOLE_MAX + 1) * GCLK_NS_PER_S)
		return 0;
	seconds = (rest + (rest < 0 ? -1 : 1) * GCLK_NS_PER_S / 2) / GCLK_NS_PER_S;
	left = rest - seconds * GCLK_NS_PER_S;
	return ABS(left) <= WHOLE_TOLERANCE && ABS(seconds) <= WHOLE_MAX ? (gint)seconds : 0;
}
