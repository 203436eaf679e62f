/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/link-port.h"

#include <string.h>

/* Linux, drivers/char/virtio_console.c: a directory a port, with its name. (The links that udev
   makes below /dev/virtio-ports are not there without udev.) */
#define CLASS_DIRECTORY "/sys/class/virtio-ports"
#define NAME_FILE_MAX   4096 /* a sysfs attribute is at most a page */
/* FreeBSD, virtio_console(4): the ports by name. */
#define FREEBSD_DIRECTORY "/dev/vtcon"

static gboolean has_name(GclkPlatform *platform, const char *port, const char *name)
{
	g_autofree char *path = g_strdup_printf(CLASS_DIRECTORY "/%s/name", port);
	g_autofree char *text = platform->read_file(platform, path, NAME_FILE_MAX, NULL, NULL);

	return text && strcmp(g_strchomp(text), name) == 0;
}

gboolean gclk_link_port_exists(GclkPlatform *platform, const char *name)
{
	g_auto(GStrv) ports = platform->list_directory(platform, CLASS_DIRECTORY, NULL);
	g_auto(GStrv) named = NULL;

	for (guint i = 0; ports && ports[i]; i++)
		if (has_name(platform, ports[i], name))
			return TRUE;
	if (ports)
		return FALSE;
	named = platform->list_directory(platform, FREEBSD_DIRECTORY, NULL);
	return named && g_strv_contains((const char *const *)named, name);
}
