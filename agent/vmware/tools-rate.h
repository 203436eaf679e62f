/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libguestlib's counters say of the clocks here: real time that has passed on the host, in ms,
 * held against RAW, and CPU time that was stolen. Pure.
 */
#ifndef GUESTCLOCK_VMWARE_TOOLS_RATE_H
#define GUESTCLOCK_VMWARE_TOOLS_RATE_H

#include <glib.h>

#define GCLK_TOOLS_RATE_MAX 32

typedef struct {
	gint64 raw;         /* in the middle of the question, ns */
	gint64 doubt;       /* half of what the question took, ns */
	guint64 elapsed_ms; /* the host's, cut off to ms */
	guint64 stolen_ms;  /* G_MAXUINT64: not told */
} GclkToolsReading;

/* The newest readings that lie on one line, the oldest first. */
typedef struct {
	GclkToolsReading readings[GCLK_TOOLS_RATE_MAX];
	gsize n;
} GclkToolsRate;

/* All that was known counts no more: a new session, a disruption. */
void gclk_tools_rate_reset(GclkToolsRate *rate);

/* Adds a reading. One that no constant rate explains (the VM stood still, RAW jumped, the host
   counts from somewhere else) begins anew. */
void gclk_tools_rate_add(GclkToolsRate *rate, const GclkToolsReading *reading);

/* By how much the host's time runs faster than RAW, ppm: somewhere between *least and *most, for
   sure. FALSE: too few readings, or too short a time (a minute), to say anything. */
gboolean gclk_tools_rate_get(const GclkToolsRate *rate, double *least, double *most);

/* The share of the CPU time of so many CPUs that was stolen, 0 .. 1, over the readings there are;
   < 0: not known. */
double gclk_tools_rate_stolen(const GclkToolsRate *rate, guint cpus);

#endif
