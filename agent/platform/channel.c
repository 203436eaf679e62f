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

#include "guestclock/link.h"

/* --- names ------------------------------------------------------------------------------------ */

static gboolean is_port_name(const char *name)
{
	if (*name == '\0' || *name == '.' || strlen(name) > GCLK_CHANNEL_PORT_NAME_MAX)
		return FALSE;
	for (; *name; name++)
		if (!g_ascii_isalnum(*name) && !strchr("._-", *name))
			return FALSE;
	return TRUE;
}

/* Beyond 1023 any process of the host could pass for its service. */
static guint parse_vsock_port(const char *text)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, GCLK_LINK_VSOCK_PORT_MAX, &port, NULL))
		return 0;
	return (guint)port;
}

static gboolean is_socket_path(const char *path)
{
	if (*path != '/' || strlen(path) > GCLK_CHANNEL_PATH_MAX)
		return FALSE;
	for (; *path; path++)
		if (g_ascii_iscntrl(*path))
			return FALSE;
	return TRUE;
}

/* What is the matter with what stands behind the prefix, or NULL: nothing. */
static const char *check_port(GclkChannel *channel)
{
	return is_port_name(channel->name)
		       ? NULL
		       : "behind \"virtio:\" stands the name of a port: 1 to 63 letters, digits, "
			 "\".\", \"_\" and \"-\", and no \".\" in front";
}

static const char *check_vsock(GclkChannel *channel)
{
	channel->port = parse_vsock_port(channel->name);
	return channel->port ? NULL : "behind \"vsock:\" stands a port from 1 to 1023";
}

static const char *check_unix(GclkChannel *channel)
{
	return is_socket_path(channel->name)
		       ? NULL
		       : "behind \"unix:\" stands an absolute path of at most 103 bytes, without "
			 "control characters";
}

static const struct {
	const char *prefix;
	GclkChannelKind kind;
	const char *(*check)(GclkChannel *channel);
} kinds[] = {
	{ "virtio:", GCLK_CHANNEL_PORT, check_port },
	{ "vsock:", GCLK_CHANNEL_VSOCK, check_vsock },
	{ "unix:", GCLK_CHANNEL_UNIX, check_unix },
};

GclkChannel gclk_channel_parse(const char *text)
{
	GclkChannel channel = {
		.kind = GCLK_CHANNEL_BAD,
		.problem = "a channel is virtio:NAME, vsock:PORT or unix:/PATH",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!g_str_has_prefix(text, kinds[i].prefix))
			continue;
		channel.name = text + strlen(kinds[i].prefix);
		channel.problem = kinds[i].check(&channel);
		if (!channel.problem)
			channel.kind = kinds[i].kind;
	}
	return channel;
}

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
