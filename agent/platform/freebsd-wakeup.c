/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/wakeup.h"

#include <fcntl.h>
#include <unistd.h>

gboolean gclk_wakeup_open(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0)
		return TRUE;
	fds[0] = fds[1] = -1;
	return FALSE;
}

void gclk_wakeup_close(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

void gclk_wakeup_signal(int write_fd)
{
	/* a full pipe is readable already */
	if (write(write_fd, "", 1) < 0)
		return;
}

void gclk_wakeup_clear(int read_fd)
{
	char bytes[64];

	while (read(read_fd, bytes, sizeof(bytes)) > 0)
		;
}
