/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of all guests as it travels: from the hub through a socket to `hostclock guests`, and
 * to whoever reads JSON (doc/guests-json.md). Moments become ages, so that neither end needs the
 * other's clock. Pure.
 */
#ifndef GUESTCLOCK_TABLE_H
#define GUESTCLOCK_TABLE_H

#include "guests/guest.h"

/* --- writing ---------------------------------------------------------------------------------- */

/* What stands above the guests. */
typedef struct {
	gboolean served;          /* by `hostclock serve`; FALSE: one look */
	gint64 since;             /* CLOCK_BOOTTIME since when is looked, ns */
	GclkMoment now;           /* to which ages refer */
	const char *libvirt;      /* why libvirt cannot be asked, or NULL */
	const GclkHostSync *sync; /* or NULL: not known yet */
} GclkTable;

/* In pieces, since a large table takes milliseconds: begin, add each guest, the most troubled
   first, end (which frees json, and gives the text to the caller). */
void gclk_table_begin(GclkJson *json, const GclkTable *table);
void gclk_table_add(GclkJson *json, const GclkGuest *guest, gint64 now_boottime);
char *gclk_table_end(GclkJson *json);

/* --- reading ---------------------------------------------------------------------------------- */

/* A guest and what was said of it. */
typedef struct {
	GclkGuest *guest; /* its moments are on a clock on which now is GCLK_TABLE_NOW */
	char *state;
	int exit_code; /* 0 .. 3 */
	gboolean contradicted;
} GclkTableRow;

/* Large enough that every moment of a boot lies before it and after 0. */
#define GCLK_TABLE_NOW (G_MAXINT64 / 2)

typedef struct {
	gboolean served;
	gint64 watched_for; /* ns */
	char *libvirt;      /* or NULL */
	char *host;         /* "synchronised by NTP (...)"; or NULL: not known */
	char *host_reason;  /* or NULL */
	gboolean host_synchronised, host_fallback;
	GPtrArray *rows; /* GclkTableRow *, in the order of the table; never NULL */
} GclkTableView;

/* What is not there reads as unknown, words and keys that are not known are passed over, numbers
   are brought into their range. NULL with error: not JSON, or no table. At most
   GCLK_TABLE_ROWS_MAX. */
#define GCLK_TABLE_ROWS_MAX 65536
GclkTableView *gclk_table_parse(const char *text, gsize length, GError **error);
/* The same text with those guests only that have one of the names, or ids. Caller frees. */
char *gclk_table_select(const char *text, gsize length, const char *const *names, GError **error);
void gclk_table_view_free(GclkTableView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkTableView, gclk_table_view_free)

#endif
