/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where time comes from. A source measures a reference clock when it sees fit and hands every good
 * sample to its listener; it says in one sentence why it has none. It knows nothing of what is
 * done with its samples. Implementations embed GclkSource as first member (ntp.c, ptp.c).
 */
#ifndef GUESTCLOCK_SOURCE_H
#define GUESTCLOCK_SOURCE_H

#include "guestclock/link.h"
#include "guestclock/sample.h"
#include "platform/platform.h"

typedef struct GclkSource GclkSource;

/* In the configured order of preference. */
typedef enum {
	GCLK_SOURCE_PTP,  /* precision clock of the hypervisor, or a named device */
	GCLK_SOURCE_HOST, /* the host's clock by the link, or by VMware's backdoor */
	GCLK_SOURCE_NTP,
} GclkSourceKind;

/* What the source itself can tell; whether it agrees with others is for selection to say. */
typedef enum {
	GCLK_SOURCE_WAITING, /* nothing known yet: resolving, opening, first exchange under way */
	GCLK_SOURCE_OK,      /* gives samples */
	GCLK_SOURCE_UNREACHABLE, /* no answer (NTP), device gone (PTP) */
	GCLK_SOURCE_REFUSED,     /* it answers, and its answers cannot be used: see reason */
	GCLK_SOURCE_FAILED, /* cannot be used until something outside changes: key, permission */
} GclkSourceCondition;

typedef struct {
	/* A sample that passed every check. */
	void (*sample)(gpointer user, GclkSource *source, const GclkSample *sample);
	/* Condition or reason changed. */
	void (*changed)(gpointer user, GclkSource *source);
	/* The source is a witness: the clocks of this guest have stopped or jumped (what: "the VM
	   was resumed", static), whether or not they show it. */
	void (*disrupted)(gpointer user, GclkSource *source, const char *what);
	/* The reference's own clock was set or changed its ways, says the other end. That proves
	   nothing: it may explain a jump, which is then the reference's own, and no more. */
	void (*reference_jumped)(gpointer user, GclkSource *source);
	/* What the host says of its own clock, whenever it does; raw: RAW then. It holds for all
	   sources of origin GCLK_ORIGIN_HOST. NULL: it says nothing any more. */
	void (*claimed)(gpointer user, GclkSource *source, const GclkLinkHost *claim, gint64 raw);
} GclkSourceEvents;

/* What reports show beside the samples; filled in as far as it applies, text never NULL. */
typedef struct {
	char address[GCLK_ADDRESS_TEXT_MAX]; /* NTP: the address in use; PTP: device path */
	char identity[48];                   /* NTP: refid as text; PTP: clock_name */
	char method[48];                     /* NTP: "kernel stamps" ...; PTP: "PRECISE" ... */
	gint stratum;                        /* NTP, 0: unknown */
	gint poll;                           /* log2 s */
	guint8 reach;                        /* last eight polls, newest in bit 0 */
	gint64 root_delay;                   /* ns */
	gint64 root_dispersion;              /* ns */
	const char *note; /* what is odd about it although it works, static text; NULL: nothing */
	guint64 requests, replies; /* PTP: reads tried, reads that gave a sample */
} GclkSourceDetail;

/* A counter of dropped input, by reason; name is a stable key for machines ("bad-origin"). */
typedef struct {
	const char *name;
	guint64 count;
} GclkSourceDrop;

typedef struct {
	/* Begins to measure. */
	void (*start)(GclkSource *source);
	/* Measures soon and several times (at least four samples if all goes well). A burst under
	   way is not restarted; servers are never asked more often than RFC 5905 section 14 allows.
	 */
	void (*burst)(GclkSource *source);
	/* REAL has jumped by delta ns: exchanges under way are void. */
	void (*stepped)(GclkSource *source, gint64 delta);
	/* How well the poll interval does: + worth polling less often, - more often (see agent.c).
	 */
	void (*tune)(GclkSource *source, gint quality);
	/* The counters of dropped input; returns their number, *out points into the source. */
	gsize (*drops)(GclkSource *source, const GclkSourceDrop **out);
	void (*free)(GclkSource *source);
} GclkSourceOps;

struct GclkSource {
	const GclkSourceOps *ops;
	GclkPlatform *platform; /* not owned */
	const GclkSourceEvents *events;
	gpointer user;
	GclkSourceKind kind;
	char *name;   /* as configured: "ntp1.example", "/dev/ptp0"; unique; owned */
	char *origin; /* whose clock this is: one vote an origin ("host", "192.0.2.1"); owned */
	GclkSourceCondition condition;
	char *reason; /* one sentence for people when condition is not OK, else NULL; owned */
	GclkSourceDetail detail;
};

static inline void gclk_source_start(GclkSource *source)
{
	source->ops->start(source);
}

static inline void gclk_source_burst(GclkSource *source)
{
	source->ops->burst(source);
}

static inline void gclk_source_stepped(GclkSource *source, gint64 delta)
{
	source->ops->stepped(source, delta);
}

/* Frees any kind of source; NULL is ignored. */
void gclk_source_free(GclkSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkSource, gclk_source_free)

/* For implementations: fills in the common part (events and user are set by whoever starts it). */
void gclk_source_init(GclkSource *source, const GclkSourceOps *ops, GclkSourceKind kind,
	GclkPlatform *platform, const char *name, const char *origin);

/* For implementations: sets condition and reason (printf style, NULL: none) and tells the listener
   if either changed. */
void gclk_source_set_condition(GclkSource *source, GclkSourceCondition condition,
	const char *reason, ...) G_GNUC_PRINTF(3, 4);

/* For implementations: tell the listener, if it listens to that. */
void gclk_source_disrupted(GclkSource *source, const char *what);
void gclk_source_reference_jumped(GclkSource *source);
void gclk_source_claim(GclkSource *source, const GclkLinkHost *claim, gint64 raw);

/* For implementations: hands a sample to the listener. */
void gclk_source_emit(GclkSource *source, const GclkSample *sample);

/* "ntp", "ptp" and "ok", "waiting" ...: the words of status.json. */
const char *gclk_source_kind_name(GclkSourceKind kind);
const char *gclk_source_condition_name(GclkSourceCondition condition);

#endif
