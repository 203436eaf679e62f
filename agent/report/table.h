/* SPDX-License-Identifier: BSD-2-Clause */
/* The status for people: at most 80 columns, with or without colour. Used by guestclock and --once. */
#ifndef GUESTCLOCK_TABLE_H
#define GUESTCLOCK_TABLE_H

#include "report/status.h"

/* `guestclock status`: state, source, offset, bound, frequency, findings. Caller frees. */
char *gclk_table_status(const GclkStatus *status, gboolean color);

/* `guestclock sources`: one line a source, reasons below. Caller frees. */
char *gclk_table_sources(const GclkStatus *status, gboolean color);

#endif
