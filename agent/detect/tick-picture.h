/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's files say at one moment of CPU time, timer interrupts and hung ones; and, of
 * two such moments, what has happened in between.
 */
#ifndef GUESTCLOCK_TICK_PICTURE_H
#define GUESTCLOCK_TICK_PICTURE_H

#include "detect/reader.h"
#include "detect/tick-files.h"
#include "detect/tick-health.h"

typedef struct {
	gint64 raw; /* when it was taken, ns */
	GclkCpuStat stat;
	GArray *interrupts; /* guint64 a CPU; or NULL: not known */
	gboolean has_hangs;
	GclkTimerHangs hangs;
} GclkTickPicture;

/* What cannot be read is not known. Free with clear. */
void gclk_tick_picture_take(GclkTickPicture *picture, GclkReader *reader);
void gclk_tick_picture_clear(GclkTickPicture *picture);

/* From a to b. nohz_full: list of the CPUs that do without ticks, or NULL. */
GclkTickCpu gclk_tick_picture_compare(
	const GclkTickPicture *a, const GclkTickPicture *b, const char *nohz_full);

#endif
