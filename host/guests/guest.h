/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of one guest: a row of `hostclock guests`. Plain data; hub.c fills it in, report.c
 * shows it. Offsets are host minus guest: positive, the guest is behind.
 */
#ifndef GUESTCLOCK_GUEST_H
#define GUESTCLOCK_GUEST_H

#include "gate/verdict.h"
#include "guestclock/link.h"

/* By what the guest's clock is seen. */
typedef enum {
	GCLK_GUEST_BY_NONE,  /* neither agent: it cannot be asked */
	GCLK_GUEST_BY_LINK,  /* our own agent */
	GCLK_GUEST_BY_AGENT, /* the QEMU guest agent: microseconds, tens of milliseconds' care */
} GclkGuestBy;

/* The host did not meet a running guest's need from lost to back. */
typedef struct {
	gint64 lost, back; /* CLOCK_REALTIME, ns since 1970; back 0: it is still so */
	gint64 lost_boottime, back_boottime; /* the same, unaffected by the clock that was lost */
	char *reason;                        /* the verdict's */
} GclkNeedLapse;

/* More of a guest are forgotten, oldest first; the journal has them all. */
#define GCLK_GUEST_LAPSES_MAX 16

typedef struct {
	char *id;   /* libvirt: the UUID; else that of the stream: "unix:/path", "vsock:3" */
	char *name; /* for people: the domain's, or the id */
	gboolean running, paused; /* as libvirt says; both FALSE: shut off */

	GclkNeed need;
	char *need_error; /* why the need cannot be told, or NULL */
	GclkVerdict verdict;
	GPtrArray *lapses; /* of GclkNeedLapse *, oldest first; never NULL */

	GclkGuestBy by;
	char *problem; /* why it is not seen, or not well: a sentence; or NULL */
	gint64 seen;   /* CLOCK_BOOTTIME of the last good answer, ns; 0: never */
	gboolean has_offset;
	gint64 offset;       /* host minus guest, ns */
	gint64 uncertainty;  /* half of the least round trip, ns; with GetTime its resolution too */
	gint64 measured;     /* CLOCK_BOOTTIME, ns */
	gboolean has_report; /* the guest's own words */
	GclkLinkGuest report;
	gint64 reported; /* CLOCK_BOOTTIME, ns */

	guint64 asked, answered;
	guint64 stale, noise, refused; /* answers to nobody; bytes; packets over the limit */
} GclkGuest;

GclkGuest *gclk_guest_new(const char *id, const char *name);
void gclk_guest_free(GclkGuest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkGuest, gclk_guest_free)

/* In one word for the table: "synchronised", "holdover", "disrupted", "unsynchronised", "starting"
   (the guest's own word while it is fresh), "no answer", "no agent", "paused", "shut off",
   "qemu-ga". now: CLOCK_BOOTTIME. */
const char *gclk_guest_state(const GclkGuest *guest, gint64 now);

/* How much it deserves a look, 0: not at all; ranks the table. */
gint gclk_guest_trouble(const GclkGuest *guest, gint64 now);

#endif
