/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

G_STATIC_ASSERT(GCLK_CHANNEL_PATH_MAX < sizeof(((struct sockaddr_un *)NULL)->sun_path));

/* --- opening ---------------------------------------------------------------------------------- */

static int fail(int fd, int error)
{
	close(fd);
	return -error;
}

/* Where the port is a terminal (FreeBSD's /dev/vtcon), line editing would eat frames. */
static gboolean make_raw(int fd)
{
	struct termios attributes;

	if (!isatty(fd))
		return TRUE;
	if (tcgetattr(fd, &attributes))
		return FALSE;
	cfmakeraw(&attributes);
	attributes.c_cflag |= CLOCAL; /* no carrier is no reason to fail */
	return tcsetattr(fd, TCSANOW, &attributes) == 0;
}

static int open_port(const char *name)
{
	g_autofree char *device = gclk_channel_find_port(name);
	struct stat status;
	int fd;

	if (!device)
		return -ENOENT;
	fd = open(device, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		return fail(fd, errno);
	if (!S_ISCHR(status.st_mode))
		return fail(fd, ENODEV);
	return make_raw(fd) ? fd : fail(fd, errno);
}

static int open_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EINPROGRESS)
		return fd;
	return fail(fd, errno);
}

int gclk_channel_open(const char *text)
{
	GclkChannel channel = gclk_channel_parse(text);

	switch (channel.kind) {
	case GCLK_CHANNEL_PORT:
		return open_port(channel.name);
	case GCLK_CHANNEL_VSOCK:
		return gclk_channel_connect_vsock(channel.port);
	case GCLK_CHANNEL_UNIX:
		return open_unix(channel.name);
	default:
		return -EINVAL;
	}
}
