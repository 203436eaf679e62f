/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/departure.h"

#include "guestclock/sample.h"

/* From the reading before the send to the departure; more means that REAL was stepped. */
#define WAIT_MAX GCLK_NS_PER_S

void gclk_departure_sent(GclkDeparture *departure, gint64 real)
{
	departure->next_id++;
	departure->real = real;
	departure->kernel = FALSE;
}

/*
 * Is this the stamp of the last datagram, not of an older one? Kernels before 6.6 count also
 * datagrams that failed on the way out: an id beyond ours is the last one's, and sets our count
 * right. Simulators do not count at all: their ids repeat, which a kernel's never do.
 */
static gboolean is_of_last(GclkDeparture *departure, guint32 id)
{
	const gboolean repeats = departure->stamped && id == departure->stamped_id;

	departure->stamped = TRUE;
	departure->stamped_id = id;
	if ((gint32)(id - (departure->next_id - 1)) < 0)
		return repeats;
	departure->next_id = id + 1;
	return TRUE;
}

void gclk_departure_stamp(GclkDeparture *departure, gint64 real, gboolean has_id, guint32 id)
{
	gint64 wait = real - departure->real;

	if ((has_id && !is_of_last(departure, id)) || wait < 0 || wait > WAIT_MAX)
		return;
	departure->real = real;
	departure->kernel = TRUE;
}
