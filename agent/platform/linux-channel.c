/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels on Linux: drivers/char/virtio_console.c, vsock(7), epoll(7). */
#include <dirent.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/channel.h"

#define PORTS     "/sys/class/virtio-ports"
#define PORT_LINK "/dev/virtio-ports/" /* udev makes these */
/* Below, well-known services live. */
#define VSOCK_PORT_FIRST 512
#define VSOCK_PORT_LAST  1023

/* --- the port of a name ----------------------------------------------------------------------- */

/* The name that the host gave the port; the file ends with a newline. */
static gboolean has_name(const char *ports, const char *entry, const char *name)
{
	g_autofree char *path = g_build_filename(ports, entry, "name", NULL);
	g_autofree char *content = NULL;

	return g_file_get_contents(path, &content, NULL, NULL) &&
	       strcmp(g_strchomp(content), name) == 0;
}

/* "vport1p2": the number of the device, and that of the port on it. */
static gboolean is_port(const char *entry)
{
	const char digits[] = "0123456789";
	gsize n;

	if (!g_str_has_prefix(entry, "vport"))
		return FALSE;
	entry += strlen("vport");
	n = strspn(entry, digits);
	if (n == 0 || entry[n] != 'p')
		return FALSE;
	entry += n + 1;
	return *entry && entry[strspn(entry, digits)] == '\0';
}

char *gclk_channel_find_port_in(const char *ports, const char *name)
{
	DIR *directory = opendir(ports);
	const struct dirent *entry;
	char *device = NULL;

	while (directory && !device && (entry = readdir(directory)))
		if (is_port(entry->d_name) && has_name(ports, entry->d_name, name))
			device = g_strconcat("/dev/", entry->d_name, NULL);
	if (directory)
		closedir(directory);
	return device;
}

char *gclk_channel_find_port(const char *name)
{
	char *device = gclk_channel_find_port_in(PORTS, name);
	g_autofree char *link = NULL;

	if (device)
		return device;
	link = g_strconcat(PORT_LINK, name, NULL);
	return access(link, F_OK) == 0 ? g_steal_pointer(&link) : NULL;
}

/* --- vsock ------------------------------------------------------------------------------------ */

int gclk_channel_bind_vsock(int fd)
{
	for (guint port = VSOCK_PORT_LAST; port >= VSOCK_PORT_FIRST; port--) {
		struct sockaddr_vm address = {
			.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port
		};

		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return 0;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

int gclk_channel_connect_vsock(guint port)
{
	struct sockaddr_vm host = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = -gclk_channel_bind_vsock(fd);
	if (!error && connect(fd, (struct sockaddr *)&host, sizeof(host)) && errno != EINPROGRESS)
		error = errno;
	if (!error)
		return fd;
	close(fd);
	return -error;
}

/* --- changes of a port ------------------------------------------------------------------------ */

/* The driver wakes whoever waits when the host opens or closes its side, when bytes come and when
   there is room again; edge triggered, that is one event each. */
static struct epoll_event changes(void)
{
	return (struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLET };
}

int gclk_channel_watch_open(int fd)
{
	struct epoll_event event = changes();
	int watch = epoll_create1(EPOLL_CLOEXEC);

	if (watch >= 0 && epoll_ctl(watch, EPOLL_CTL_ADD, fd, &event)) {
		close(watch);
		return -1;
	}
	return watch;
}

void gclk_channel_watch_clear(int watch)
{
	struct epoll_event event;

	if (epoll_wait(watch, &event, 1, 0) < 0)
		return;
}

void gclk_channel_watch_again(int watch, int fd)
{
	struct epoll_event event = changes();

	if (epoll_ctl(watch, EPOLL_CTL_MOD, fd, &event))
		return;
}
