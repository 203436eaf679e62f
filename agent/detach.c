/* SPDX-License-Identifier: BSD-2-Clause */
#include "detach.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for(pid_t child, int ready)
{
	char word;
	int status = 0;

	if (read(ready, &word, 1) == 1)
		_exit(0);
	/* It closed the pipe without a word: it failed, and has said why. */
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(1);
}

int gclk_detach(void)
{
	int fds[2];
	pid_t child;

	if (pipe(fds) < 0)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child > 0) {
		close(fds[1]);
		wait_for(child, fds[0]);
	}
	close(fds[0]);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	setsid();
	/* no file system is kept busy */
	if (chdir("/") < 0)
		g_debug("cannot change to /");
	return fds[1];
}

void gclk_detach_ready(int handle)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (write(handle, "", 1) < 0)
		g_debug("whoever started this daemon did not wait");
	close(handle);
}
