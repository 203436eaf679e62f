/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: the host's header and what FreeBSD has there besides. */
#ifndef GUESTCLOCK_STUB_UNISTD_H
#define GUESTCLOCK_STUB_UNISTD_H

#include_next <unistd.h>

void closefrom(int first);
int pipe2(int fds[2], int flags);
void setproctitle(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
