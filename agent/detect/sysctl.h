/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's sysctls and its kernel's SMBIOS strings, as texts by name, so that recorded ones test
   the logic on any system. */
#ifndef GUESTCLOCK_SYSCTL_H
#define GUESTCLOCK_SYSCTL_H

#include <glib.h>

/* In front of a name: not the sysctl, but what the loader was told (kenv(1), loader.conf(5)).
   SMBIOS strings ("smbios.bios.vendor") are there only, and need it not. */
#define GCLK_SYSCTL_LOADER "loader:"

/* The value as sysctl(8) or kenv(1) print it, at most a few hundred bytes; NULL: there is none.
   Caller frees. */
typedef char *(*GclkSysctl)(gpointer user, const char *name);

/* That of this system; NULL where there are none (Linux). user is not used. */
GclkSysctl gclk_sysctl_native(void);

/* An integer of 4 or 8 bytes as text, with or without a sign; NULL: of another length. Caller
   frees. */
char *gclk_sysctl_number(gconstpointer bytes, gsize length, gboolean is_signed);

/* A GclkSysctl upon a dump: user is its text, lines "name: value" (sysctl) or name="value" (kenv).
 */
char *gclk_sysctl_recorded(gpointer user, const char *name);

#endif
