/* SPDX-License-Identifier: BSD-2-Clause */
/* A HostSync as people and programs read it. Pure. */
#ifndef GUESTCLOCK_SYNC_REPORT_H
#define GUESTCLOCK_SYNC_REPORT_H

#include "guestclock/json-writer.h"
#include "sync/sync.h"

/* Writes it as an object; key as json-writer.h has it. gclk_host_sync_json (sync.h) is this alone.
 */
void gclk_host_sync_write(GclkJson *json, const char *key, const GclkHostSync *sync);

/* One screen, at most 80 columns: the answer in one sentence, then the figures, findings, evidence.
   Caller frees. */
char *gclk_host_sync_text(const GclkHostSync *sync, gboolean color);

/* One line for Nagios and Icinga: "HOSTCLOCK OK - ...|offset=-0.000012s bound=0.000310s;;;0 ..."
   with the word of exit_code (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN); figures that are not known
   are left out, nothing in the text can break the format. Caller frees. */
char *gclk_host_sync_nagios(const GclkHostSync *sync, int exit_code);

#endif
