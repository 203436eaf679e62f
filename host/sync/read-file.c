/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/read-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_all(int fd, gsize limit, gsize *length)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char part[4096];
	ssize_t n;

	while (text->len < limit &&
		(n = read(fd, part, MIN(sizeof(part), limit - text->len))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		g_string_append_len(text, part, n);
	}
	if (length)
		*length = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

char *gclk_read_file(const char *path, gsize limit, gsize *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	struct stat status;
	int error;

	if (fd < 0)
		return NULL;
	errno = EINVAL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		text = read_all(fd, limit, length);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

GString *gclk_read_stream(int fd, gsize limit)
{
	GString *out = g_string_new(NULL);
	char buffer[65536];
	ssize_t n;

	while (out->len <= limit) {
		n = read(fd, buffer, sizeof buffer);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		g_string_append_len(out, buffer, n);
	}
	return out;
}
