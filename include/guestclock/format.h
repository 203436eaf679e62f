/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations for people: three digits that count, and a unit that fits. */
#ifndef GUESTCLOCK_FORMAT_H
#define GUESTCLOCK_FORMAT_H

#include "guestclock/sample.h"

/* "+12.3 us", "-3600.000 s", "-9.000 h": sign, a few digits that count, unit. */
void gclk_format_offset(gint64 ns, char buffer[32]);
/* The same without a sign; "unknown" for GCLK_BOUND_UNKNOWN. */
void gclk_format_bound(gint64 ns, char buffer[32]);
/* "3 s", "5 min", "2.5 h", "3 d", "2 yr", at most six columns; a negative age is 0. */
void gclk_format_age(gint64 ns, char buffer[32]);

#endif
