/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of the emulated machine: those below its root in the place of the real ones. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 64

static struct {
	char path[256], target[256];
} links[LINKS_MAX];
static unsigned n_links;
static char root[8192]; /* "": nothing is redirected */

void machine_files_start(void)
{
	long length;
	char *text = machine_read("links", &length);
	char *rest = text;

	for (char *line; n_links < LINKS_MAX && (line = strsep(&rest, "\n"));)
		if (sscanf(line, "%255s %255s", links[n_links].path, links[n_links].target) == 2)
			n_links++;
	free(text);
	snprintf(root, sizeof root, "%s/root", machine_folder);
}

/* The path to use instead: path itself, or one in buffer. A precision clock that the machine has
   opens (machine-kernel.c answers for it). */
static const char *redirect(const char *path, char buffer[16384])
{
	static const char *const below[] = { "/proc", "/sys", "/run", "/boot", "/efi", "/etc",
		"/lib/modules", "/usr/lib/modules", "/var/log", "/var/run", "/.dockerenv" };

	if (root[0] && path && strncmp(path, "/dev/ptp", 8) == 0) {
		snprintf(buffer, 16384, "%s/sys/class/ptp/%s", root, path + 5);
		return access(buffer, F_OK) == 0 ? "/dev/null" : buffer;
	}
	for (unsigned i = 0; root[0] && path && i < sizeof below / sizeof below[0]; i++) {
		size_t length = strlen(below[i]);

		if (strncmp(path, below[i], length) != 0 ||
			(path[length] != '/' && path[length] != '\0'))
			continue;
		snprintf(buffer, 16384, "%s%s", root, path);
		return buffer;
	}
	return path;
}

static int open_at(int directory, const char *path, int flags, mode_t mode)
{
	char buffer[16384];

	return (int)syscall(SYS_openat, directory, redirect(path, buffer), flags, mode);
}

#define OPEN_MODE(flags, mode)                                                                     \
	do {                                                                                       \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		if ((flags) & (O_CREAT | __O_TMPFILE))                                             \
			(mode) = va_arg(arguments, mode_t);                                        \
		va_end(arguments);                                                                 \
	} while (0)

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	OPEN_MODE(flags, mode);
	return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	OPEN_MODE(flags, mode);
	return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;

	OPEN_MODE(flags, mode);
	return open_at(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;

	OPEN_MODE(flags, mode);
	return open_at(directory, path, flags | O_LARGEFILE, mode);
}

ssize_t readlink(const char *path, char *target, size_t size)
{
	char buffer[16384];
	size_t length;

	if (redirect(path, buffer) == path)
		return syscall(SYS_readlinkat, AT_FDCWD, path, target, size);
	for (unsigned i = 0; i < n_links; i++) {
		if (strcmp(links[i].path, path) != 0)
			continue;
		length = strlen(links[i].target);
		length = length < size ? length : size;
		memcpy(target, links[i].target, length);
		return (ssize_t)length;
	}
	errno = ENOENT;
	return -1;
}
