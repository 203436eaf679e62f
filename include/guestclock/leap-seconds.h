/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAI minus UTC. The table is the leap-seconds.list of IERS and NIST, which tzdata brings
 * (/usr/share/zoneinfo/leap-seconds.list); the newest value is built in for machines without it.
 */
#ifndef GUESTCLOCK_LEAP_SECONDS_H
#define GUESTCLOCK_LEAP_SECONDS_H

#include "guestclock/sample.h"

#define GCLK_LEAP_SECONDS_FILE     "/usr/share/zoneinfo/leap-seconds.list"
#define GCLK_LEAP_SECONDS_FILE_MAX (256 * 1024)

typedef struct GclkLeapTable GclkLeapTable;

#define GCLK_LEAP_ERROR (gclk_leap_error_quark())
GQuark gclk_leap_error_quark(void);

/*
 * Parses the file. NULL with an error that names the line: not a number, out of order, an offset
 * that changes by more than a second, no entry at all, or a hash line (#h) that does not match the
 * data.
 */
GclkLeapTable *gclk_leap_table_parse(const char *text, gsize length, GError **error);

/* 37 s since 2017-01-01 (IERS Bulletin C 52), without an expiry. */
GclkLeapTable *gclk_leap_table_builtin(void);

void gclk_leap_table_free(GclkLeapTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkLeapTable, gclk_leap_table_free)

/* TAI minus UTC in seconds at utc (ns since 1970); 0 before the first entry. */
gint gclk_leap_table_offset(const GclkLeapTable *table, gint64 utc);

/*
 * TAI minus UTC at a time that is given in TAI (ns since 1970); 0 before the first entry. During an
 * inserted second the new offset counts already, as in the kernel, which repeats 23:59:59.
 */
gint gclk_leap_table_offset_of_tai(const GclkLeapTable *table, gint64 tai);

/* The last entry: for those who do not know the date yet. Leap seconds still to come count. */
gint gclk_leap_table_latest(const GclkLeapTable *table);

/* The leap second at the end of the UTC day of utc, or none. */
GclkLeap gclk_leap_table_leap(const GclkLeapTable *table, gint64 utc);

/* Until when the table is complete, ns since 1970; 0: not stated. */
gint64 gclk_leap_table_expiry(const GclkLeapTable *table);

/* The expiry is stated and has passed: a newer leap second may be missing. */
gboolean gclk_leap_table_expired(const GclkLeapTable *table, gint64 utc);

/*
 * Is this the last UTC day of a month? Only then can a leap second come at its end (ITU-R
 * TF.460-6), and only then may the kernel's flag be armed: the kernel acts at the end of the very
 * day on which it is set.
 */
gboolean gclk_leap_day(gint64 utc);

#endif
