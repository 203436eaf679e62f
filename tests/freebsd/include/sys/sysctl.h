/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: sysctl(3) of FreeBSD. */
#ifndef GUESTCLOCK_STUB_SYSCTL_H
#define GUESTCLOCK_STUB_SYSCTL_H

#include <stddef.h>

int sysctlbyname(
	const char *name, void *old, size_t *old_length, const void *new_value, size_t new_length);

#endif
