/* SPDX-License-Identifier: BSD-2-Clause */
/* Statuses as daemons would report them, for the tests of everything that shows them. */
#ifndef GUESTCLOCK_STATUS_SAMPLES_H
#define GUESTCLOCK_STATUS_SAMPLES_H

#include "report/status.h"

typedef struct {
	const char *name; /* also the name of the golden files */
	GclkStatus *(*make)(void);
} GclkStatusSample;

extern const GclkStatusSample gclk_status_samples[]; /* ended by a NULL name */

#endif
