/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hook that hangs would freeze the whole host's administration (libvirt has no timeout of its
 * own). Whatever happens, the process ends within the budget.
 */
#ifndef GUESTCLOCK_BUDGET_H
#define GUESTCLOCK_BUDGET_H

#include <glib.h>

#define GCLK_BUDGET_MS 1000

/* From now on: after GCLK_BUDGET_MS the process prints "guestclock: ..." on the descriptor and
   exits with this status. */
void gclk_budget_start(int status, int fd);
/*
 * What is then recorded, by a datagram on the connected socket journal (-1: nowhere): refused with
 * a status other than 0, else started. Both texts are copied.
 */
void gclk_budget_set_record(int journal, const char *refused, const char *started);
/* Another status. */
void gclk_budget_set_status(int status);
/* The decision has been told: the process still ends in time, with this status and in silence. */
void gclk_budget_decided(int status);

#endif
