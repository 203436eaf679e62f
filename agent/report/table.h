/* SPDX-License-Identifier: BSD-2-Clause */
/* The status for people: at most 80 columns, with or without colour. Used by guestclock and --once. */
#ifndef GUESTCLOCK_TABLE_H
#define GUESTCLOCK_TABLE_H

#include "report/status.h"

/* `guestclock status`: state, source, offset, bound, frequency, findings. Caller frees. */
char *gclk_table_status(const GclkStatus *status, gboolean color);

/* `guestclock sources`: one line a source, reasons below. Caller frees. */
char *gclk_table_sources(const GclkStatus *status, gboolean color);

/* "+12.3 us", "-3600.000 s", "-9.000 h": sign, a few digits that count, unit. */
void gclk_format_offset(gint64 ns, char buffer[32]);
/* The same without a sign; "unknown" for GCLK_BOUND_UNKNOWN. */
void gclk_format_bound(gint64 ns, char buffer[32]);
/* "3 s", "5 min", "2 h", "3 d", "2 yr"; a negative age is 0. */
void gclk_format_age(gint64 ns, char buffer[32]);

#endif
