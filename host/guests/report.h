/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of guests for people: at most 80 columns, nothing in it can steer a terminal. Pure. */
#ifndef GUESTCLOCK_GUESTS_REPORT_H
#define GUESTCLOCK_GUESTS_REPORT_H

#include "guestclock/text.h"
#include "guests/table.h"

/* rows: GclkTableRow *, some or all of the view's. A guest has a line, and further lines if there
   is more to say. Caller frees. */
char *gclk_guests_text(const GclkTableView *view, const GPtrArray *rows, gboolean color);

/* One guest in full, with its lapses. Caller frees. */
char *gclk_guest_text(const GclkTableRow *row, gboolean color);

/* The gravest of the rows, as monitoring has it (critical outweighs unknown); libvirt out of reach
   is unknown. */
int gclk_guests_exit_code(const GclkTableView *view, const GPtrArray *rows);

/* --- words that both have in common -------------------------------------------------------------
 */

GclkStyle gclk_guest_style(const GclkTableRow *row);
/* "+12.3 us +-98.0 us"; "-": not known. Caller frees. */
char *gclk_guest_offset_text(gboolean known, gint64 offset, gint64 bound);
/* "3 s"; "-": never. */
void gclk_guest_age_text(gint64 moment, char buffer[32]);
/* "not met from 2026-11-21T11:02:03Z to 2026-11-21T11:05:03Z (3 min)". Caller frees. */
char *gclk_guest_lapse_text(const GclkNeedLapse *lapse);

#endif
