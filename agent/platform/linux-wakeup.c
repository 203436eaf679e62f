/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

gboolean gclk_wakeup_open(int fds[2])
{
	fds[0] = fds[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return fds[0] >= 0;
}

void gclk_wakeup_close(int fds[2])
{
	if (fds[0] >= 0)
		close(fds[0]);
	fds[0] = fds[1] = -1;
}

void gclk_wakeup_signal(int write_fd)
{
	const guint64 one = 1;

	/* A full counter is readable already; nothing else can go wrong. */
	if (write(write_fd, &one, sizeof(one)) < 0)
		return;
}

void gclk_wakeup_clear(int read_fd)
{
	guint64 count;

	if (read(read_fd, &count, sizeof(count)) < 0)
		return;
}
