/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels on FreeBSD: virtio_console(4). Its ports are terminals that do not tell whether somebody
   is at the other end. */
#include <errno.h>
#include <unistd.h>

#include "platform/channel.h"

char *gclk_channel_find_port(const char *name)
{
	g_autofree char *device = g_strconcat("/dev/vtcon/", name, NULL);

	return access(device, F_OK) == 0 ? g_steal_pointer(&device) : NULL;
}

int gclk_channel_connect_vsock(guint port)
{
	(void)port;
	return -EAFNOSUPPORT;
}

int gclk_channel_watch_open(int fd)
{
	(void)fd;
	return -1;
}

void gclk_channel_watch_clear(int watch)
{
	(void)watch;
}

void gclk_channel_watch_again(int watch, int fd)
{
	(void)watch;
	(void)fd;
}
