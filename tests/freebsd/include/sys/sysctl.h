/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: sysctl(3) of FreeBSD. */
#ifndef GUESTCLOCK_STUB_SYSCTL_H
#define GUESTCLOCK_STUB_SYSCTL_H

#include <stddef.h>

#define CTL_MAXNAME    24
#define CTLTYPE        0xf
#define CTLTYPE_STRING 3
#define CTLTYPE_UINT   6
#define CTLTYPE_ULONG  8
#define CTLTYPE_U64    9

int sysctl(const int *name, unsigned int depth, void *old, size_t *old_length,
	const void *new_value, size_t new_length);
int sysctlnametomib(const char *name, int *oid, size_t *depth);
int sysctlbyname(
	const char *name, void *old, size_t *old_length, const void *new_value, size_t new_length);

#endif
