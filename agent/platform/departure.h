/* SPDX-License-Identifier: BSD-2-Clause */
/* When the last datagram sent on a socket left: the reading before the send until the kernel's own
   stamp comes, which may be late and may be that of an older datagram. Pure. */
#ifndef GUESTCLOCK_DEPARTURE_H
#define GUESTCLOCK_DEPARTURE_H

#include <glib.h>

typedef struct {
	gint64 real;      /* REAL, ns */
	gboolean kernel;  /* from the kernel */
	guint32 next_id;  /* of the next datagram, as the kernel counts them */
	gboolean stamped; /* there has been a stamp, and stamped_id was its datagram */
	guint32 stamped_id;
} GclkDeparture;

/* A datagram was sent; REAL was read just before. */
void gclk_departure_sent(GclkDeparture *departure, gint64 real);

/* A stamp has come. id: which datagram, counted from 0 (SOF_TIMESTAMPING_OPT_ID); has_id FALSE: it
   is not told. */
void gclk_departure_stamp(GclkDeparture *departure, gint64 real, gboolean has_id, guint32 id);

#endif
