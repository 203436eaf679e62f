/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: kenv(2) of FreeBSD. */
#ifndef GUESTCLOCK_STUB_KENV_H
#define GUESTCLOCK_STUB_KENV_H

#define KENV_GET 0

int kenv(int action, const char *name, char *value, int length);

#endif
