/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's sysctls and its kernel's SMBIOS strings, as texts by name, so that recorded ones test
   the logic on any system. */
#ifndef GUESTCLOCK_SYSCTL_H
#define GUESTCLOCK_SYSCTL_H

#include <glib.h>

/* The value as sysctl(8) or kenv(1) print it, at most a few hundred bytes; NULL: there is none.
   Caller frees. */
typedef char *(*GclkSysctl)(gpointer user, const char *name);

/* That of this system; NULL where there are none (Linux). user is not used. */
GclkSysctl gclk_sysctl_native(void);

/* A GclkSysctl upon a dump: user is its text, lines "name: value" (sysctl) or name="value" (kenv).
 */
char *gclk_sysctl_recorded(gpointer user, const char *name);

#endif
