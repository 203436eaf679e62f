/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean fail(GError **error, int code, const char *address)
{
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", address,
		g_strerror(code));
	return FALSE;
}

/* "@name" is the abstract name "\0name"; only those and paths are known (sd_notify(3) since 254
   also has vsock, for managers outside of the machine). Returns the length, 0 with errno set on
   error. */
static socklen_t set_address(struct sockaddr_un *address, const char *text)
{
	gsize length = strlen(text);

	memset(address, 0, sizeof *address);
	if ((*text != '/' && *text != '@') || length < 2) {
		errno = EAFNOSUPPORT;
		return 0;
	}
	if (length >= sizeof address->sun_path) {
		errno = ENAMETOOLONG;
		return 0;
	}
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, text, length);
	length += offsetof(struct sockaddr_un, sun_path);
	if (*text == '/')
		return (socklen_t)(length + 1); /* with the NUL */
	address->sun_path[0] = '\0';
	return (socklen_t)length;
}

gboolean gclk_notify_to(const char *address, const char *message, GError **error)
{
	struct sockaddr_un peer;
	socklen_t length = set_address(&peer, address);
	ssize_t sent;
	int fd, code;

	if (!length)
		return fail(error, errno, address);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, errno, address);
	do
		sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL,
			(const struct sockaddr *)&peer, length);
	while (sent < 0 && errno == EINTR);
	code = errno;
	close(fd);
	return sent >= 0 || fail(error, code, address);
}

gboolean gclk_notify(const char *message)
{
	const char *address = g_getenv("NOTIFY_SOCKET");

	return address && *address && gclk_notify_to(address, message, NULL);
}

char *gclk_notify_status(const char *text, const char *more)
{
	g_autofree char *line = g_strdelimit(g_strdup(text), "\r\n", ' ');

	return g_strdup_printf("STATUS=%s\n%s%s", line, more ? more : "", more ? "\n" : "");
}

gint64 gclk_notify_watchdog_interval(
	const char *watchdog_usec, const char *watchdog_pid, gint64 pid)
{
	guint64 usec, owner;

	if (!watchdog_usec ||
		!g_ascii_string_to_unsigned(watchdog_usec, 10, 1, G_MAXINT64 / 1000, &usec, NULL))
		return 0;
	if (watchdog_pid &&
		(!g_ascii_string_to_unsigned(watchdog_pid, 10, 1, G_MAXINT64, &owner, NULL) ||
			(gint64)owner != pid))
		return 0;
	return (gint64)usec * 1000 / 2;
}
