/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of one guest: a row of `hostclock guests`. Plain data; hub.c fills it in, report.c
 * shows it. Offsets are host minus guest: positive, the guest is behind. Pure.
 */
#ifndef GUESTCLOCK_GUEST_H
#define GUESTCLOCK_GUEST_H

#include "gate/verdict.h"
#include "guestclock/link.h"
#include "guests/needs.h"

/* By what the guest's clock is seen. */
typedef enum {
	GCLK_GUEST_BY_NONE,  /* neither agent: it cannot be asked */
	GCLK_GUEST_BY_LINK,  /* our own agent */
	GCLK_GUEST_BY_AGENT, /* the QEMU guest agent: microseconds, tens of milliseconds' care */
} GclkGuestBy;

/* "none", "link", "qemu-ga"; from_name gives -1 for another word or NULL. */
const char *gclk_guest_by_name(GclkGuestBy by);
gint gclk_guest_by_from_name(const char *name);

/* A guest further off its host is worth a warning; and much further is critical. What an agent of
   ours cannot hold closer, and what breaks Kerberos, is between them. */
#define GCLK_GUEST_OFF     (100 * GCLK_NS_PER_MS)
#define GCLK_GUEST_FAR_OFF (10 * GCLK_NS_PER_S)
/* Of what guest and host say of themselves: both have grown a little older. */
#define GCLK_GUEST_SLACK (50 * GCLK_NS_PER_US)
/* An answer that is older does not count as fresh, unless the guest is asked more seldom. */
#define GCLK_GUEST_PATIENCE_MIN (30 * GCLK_NS_PER_S)

typedef struct {
	char *id;        /* libvirt: the UUID; else that of the stream: "unix:/path", "vsock:3" */
	char *name;      /* for people: the domain's, or the id */
	gboolean listed; /* by libvirt; else it came by a listener */
	gboolean running, paused; /* as libvirt says; both FALSE: shut off */
	gboolean has_channel;     /* of the link */
	gboolean has_agent;       /* the QEMU guest agent is connected */

	GclkNeed need;
	char *need_error; /* why the need cannot be told, or NULL */
	GclkVerdict verdict;
	GPtrArray *lapses;    /* of GclkNeedLapse *, oldest first; never NULL */
	guint64 lapses_total; /* with those that are forgotten */

	GclkGuestBy by;
	char *problem;   /* why it is not seen, or not well: a sentence; or NULL */
	gint64 patience; /* ns: answers that are older are not fresh */
	gint64 seen;     /* CLOCK_BOOTTIME of the last good answer, ns; 0: never */
	gboolean has_offset;
	gint64 offset;       /* host minus guest, ns */
	gint64 uncertainty;  /* half of the least round trip, ns; with GetTime its resolution too */
	gint64 measured;     /* CLOCK_BOOTTIME, ns */
	gint64 host_bound;   /* how far the host's own clock may be off UTC, ns, or unknown */
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
   (the guest's own word while it is fresh), "answers" (it gives none), "no answer", "no agent",
   "paused", "shut off", "qemu-ga". now: CLOCK_BOOTTIME. */
const char *gclk_guest_state(const GclkGuest *guest, gint64 now);

/* How much it deserves a look: a guest is as troubled as the worst that is true of it, and the
   table is sorted by that, the worst first. */
typedef enum {
	GCLK_TROUBLE_NONE,
	GCLK_TROUBLE_SHUT_OFF,
	GCLK_TROUBLE_PAUSED,
	GCLK_TROUBLE_NO_AGENT,       /* nobody in it could be asked */
	GCLK_TROUBLE_NOTED,          /* it had lapses, or there is something to be said */
	GCLK_TROUBLE_WAVERS,         /* it says: starting, or in holdover */
	GCLK_TROUBLE_OFF,            /* off its host */
	GCLK_TROUBLE_NEED_WARNS,     /* its need is not met, and only asks for a warning */
	GCLK_TROUBLE_NO_ANSWER,      /* somebody in it could be asked, and does not answer */
	GCLK_TROUBLE_NEED_UNKNOWN,   /* whether its need is met cannot be told */
	GCLK_TROUBLE_DISRUPTED,      /* it says so */
	GCLK_TROUBLE_UNSYNCHRONISED, /* it says so */
	GCLK_TROUBLE_FAR_OFF,
	GCLK_TROUBLE_CONTRADICTED, /* it says that it is right, and the host sees otherwise */
	GCLK_TROUBLE_NEED_NOT_MET,
	GCLK_TROUBLES,
} GclkGuestTrouble;

GclkGuestTrouble gclk_guest_trouble(const GclkGuest *guest, gint64 now);

/* As monitoring plug-ins have it: 0, 1 warning, 2 critical, 3 unknown. */
int gclk_guest_trouble_exit_code(GclkGuestTrouble trouble);

/* Is it further off its host than both say of themselves? Then one of them is wrong. */
#define GCLK_GUEST_CONTRADICTION                                                                   \
	"it differs from this host by more than the two say of themselves: one of them is wrong"
gboolean gclk_guest_is_contradicted(const GclkGuest *guest, gint64 now);

/* Has something come at that moment (CLOCK_BOOTTIME, 0: never), and is not too old? */
gboolean gclk_guest_is_fresh(const GclkGuest *guest, gint64 moment, gint64 now);

#endif
