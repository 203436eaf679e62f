/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon says of itself: a plain struct, filled in by agent.c, and its two forms, JSON for
 * the status file and a table for people. The keys of the JSON are documented in
 * doc/status-json.md and are stable within a schema number.
 */
#ifndef GUESTCLOCK_STATUS_H
#define GUESTCLOCK_STATUS_H

#include "guestclock/finding.h"
#include "guestclock/protocol.h"
#include "guestclock/sample.h"
#include "guestclock/standing.h"
#include "guestclock/state.h"

#define GCLK_STATUS_SCHEMA 1
#define GCLK_STATUS_FILE   "status.json" /* in the run directory */

typedef struct {
	const char *name;
	guint64 count;
} GclkStatusCount;

typedef struct {
	char *name, *kind, *origin;
	char *address, *identity, *method; /* see GclkSourceDetail */
	GclkStanding standing;
	char *reason; /* why not selected, or NULL */
	char *note;   /* what is odd about it although it can be used, or NULL */
	gint stratum, poll;
	guint8 reach;
	gboolean has_sample;
	gint64 offset;        /* ns, reference minus local clock now, as estimated */
	gint64 last_offset;   /* ns, of the last sample as measured */
	gint64 error_bound;   /* ns or unknown: of offset */
	gboolean assumed;     /* the bound rests on an assumed reference error */
	gint64 delay;         /* ns */
	gint64 age;           /* ns since the last sample */
	gint64 jitter;        /* ns, learned one-sigma noise of a sample */
	double frequency_ppb; /* reference against RAW */
	const char *timescale;
	guint64 requests, replies;
	GArray *drops; /* of GclkStatusCount, non-zero only */
} GclkSourceStatus;

/* What the daemon knows of lost ticks (detect/tick-health.h has the words). */
typedef struct {
	char *verdict;         /* "healthy", "losing-time" ...; NULL: nothing is known */
	char *reference;       /* what the rate was held against, or NULL */
	double lost_ppm;       /* < 0: the clock gains */
	double lost_error_ppm; /* infinite: not measured */
	double confidence;     /* 0 .. 1 */
	double steal_share;    /* 0 .. 1 of CPU time; < 0: not known */
	guint hz;              /* 0: not known */
} GclkTickStatus;

/* What the host says of its own clock, by the link. */
typedef struct {
	gboolean known; /* FALSE: it says nothing, and the rest is void */
	GclkProtocol protocol;
	gboolean synchronised, fallback;
	gint64 bound; /* ns or unknown */
	GclkLeap leap;
	gint tai_offset; /* s, 0 unknown */
	gint64 age;      /* ns since it said so */
} GclkHostStatus;

typedef struct {
	GclkState state;
	char *reason;         /* why not synchronised, or NULL */
	const char *control;  /* "kernel" or "none" */
	char *control_reason; /* why it is so, or NULL */
	char *selected;       /* name of the source, or NULL */
	gboolean single;      /* one origin only: nothing contradicts it, nothing confirms it */
	gint64 offset;        /* ns: estimated reference minus local clock */
	gint64 error_bound;   /* ns or unknown: how far the clock may be off now, offset included */
	gboolean assumed;
	double frequency_ppb;       /* rate that is given to the clock */
	double frequency_error_ppb; /* one sigma */
	gint64 slew_left;           /* ns of correction the kernel has yet to do */
	GclkLeap leap;
	gint tai_offset;           /* s, 0 unknown */
	guint64 steps;             /* since start */
	gint64 last_step;          /* ns */
	gint64 last_step_boottime; /* ns, 0: none */
	char *last_step_reason;
	guint64 disruptions;             /* of the guest's clocks, that were noticed since start */
	gint64 last_disruption_boottime; /* ns, 0: none */
	char *last_disruption;           /* what happened, or NULL */
	/* the writer */
	char *version; /* of guestclockd; set by gclk_status_new */
	gint64 pid;
	char *boot_id;
	gint64 boottime;         /* ns: when this was written, CLOCK_BOOTTIME */
	gint64 realtime;         /* ns since 1970: the same by the clock itself */
	gint64 interval;         /* ns: the next one comes within this; else it is stale */
	gint64 started_boottime; /* ns */
	/* the surroundings */
	char *hypervisor, *container, *clocksource; /* verdict words, "none" or NULL unknown */
	char *servers_from; /* where the NTP servers were taken from, or NULL */
	GclkTickStatus ticks;
	GclkHostStatus host;
	GPtrArray *sources;  /* of GclkSourceStatus */
	GPtrArray *findings; /* of GclkFinding */
	GStringChunk *texts; /* of a status that was read: owns its const char * texts; else NULL */
} GclkStatus;

GclkStatus *gclk_status_new(void);
void gclk_status_free(GclkStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkStatus, gclk_status_free)
GclkSourceStatus *gclk_source_status_new(void);
void gclk_source_status_free(GclkSourceStatus *source);

/* JSON, one line a top-level key, ends with a newline. Unknown bounds are null, and so is the
   offset when its bound is unknown. Caller frees. */
char *gclk_status_to_json(const GclkStatus *status);
/* The same with the sources alone: schema, state, selected, sources. */
char *gclk_status_sources_to_json(const GclkStatus *status);

#define GCLK_STATUS_ERROR (gclk_status_error_quark())
GQuark gclk_status_error_quark(void);

/* The way back, for programs that link json-glib (status-read.c). Keys that are missing or of
   another type count as not known, unknown keys are passed over; NULL and an error only when the
   text is no JSON object, or has no schema number or a newer one. */
GclkStatus *gclk_status_from_json(const char *text, gsize length, GError **error);

/*
 * Is this status of a daemon that lives and reports? NULL: yes. Else one sentence that says what is
 * wrong ("guestclockd (pid 123) has not reported for 3 min"); caller frees. boottime and boot_id
 * are this machine's now (boot_id NULL: not known, not compared), alive: does the process exist?
 */
char *gclk_status_stale(
	const GclkStatus *status, gint64 boottime, const char *boot_id, gboolean alive);

/* Exit status of checks, as monitoring plug-ins have it: 0 synchronised without a finding, 1 worth
   a look (starting, holdover, a warning), 2 not synchronised or a critical finding. */
int gclk_status_exit_code(const GclkStatus *status);

/* Names in both directions; from_name gives -1 for an unknown word. */
const char *gclk_leap_name(GclkLeap leap);
gint gclk_leap_from_name(const char *name);

#endif
