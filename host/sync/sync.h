/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HostSync: who holds this host's clock, and how well? Two proofs are needed: a daemon is locked to
 * a fresh reference, and that daemon is what steers CLOCK_REALTIME. The decision is pure.
 */
#ifndef GUESTCLOCK_SYNC_H
#define GUESTCLOCK_SYNC_H

#include "guestclock/protocol.h"
#include "sync/daemon-report.h"
#include "sync/probe.h"

/* What the kernel says of its clock: plausibility, never a proof. */
typedef struct {
	gboolean known;
	gboolean unsynchronised; /* STA_UNSYNC, or TIME_ERROR */
	gint64 max_error;        /* ns */
	gint tai_offset;         /* s; 0: not set */
	gboolean hyperv; /* this host is a guest of Hyper-V, whose time synchronization may step it
			  */
} GclkKernelClock;

void gclk_kernel_clock_read(GclkKernelClock *out);

/* Has the kernel's driver taken Hyper-V's time synchronization device? root: "" or a folder under
   which /sys lies. Bounded work. */
gboolean gclk_hyperv_sets_clock(const char *root);

typedef struct {
	gint64 ptp_offset_max; /* a PTP clock further off does not count as locked; default 100 us
				*/
	gint64 ntp_bound_max;  /* an NTP clock with a larger bound does not count; default 1 s */
	gint clock_class_max; /* of a grandmaster; default 127: 6, 7, 13, 14, 52, 58 ... but not 248
			       */
	gboolean accept_local_reference; /* a GPS or PPS receiver satisfies `ptp` too; default no */
} GclkSyncPolicy;

extern const GclkSyncPolicy gclk_sync_policy_default;

typedef struct {
	GclkProtocol configured;   /* the best that is set up here, working or not */
	GclkProtocol effective;    /* what holds the clock now */
	gboolean synchronised;     /* both proofs are there */
	gboolean fallback;         /* PTP is set up, does not work, and NTP stands in */
	char *daemon;              /* "chronyd", "ptp4l+phc2sys"; or NULL */
	char *source;              /* or NULL */
	gint stratum, clock_class; /* -1: not known */
	gboolean has_offset;
	gint64 offset; /* reference minus host clock, ns */
	gint64 bound;  /* how far the host clock may be off UTC, ns, or unknown */
	gint64 age;    /* ns since the last update; -1: not known */
	GclkLeap leap;
	gint tai_offset;     /* s; 0: not known */
	char *summary;       /* one sentence for people: "synchronised by NTP (chronyd, stratum
				3, 10.0.0.1)" */
	char *reason;        /* why not synchronised, or NULL */
	char *remedy;        /* or NULL */
	GPtrArray *evidence; /* char *: each with the daemon in front; never NULL */
	GPtrArray *findings; /* GclkFinding *: two masters, 37 s, an answer that needs more rights
				...; never NULL */
} GclkHostSync;

/* Pure. reports: GclkDaemonReport *, in any order. */
GclkHostSync *gclk_host_sync_decide(
	const GPtrArray *reports, const GclkKernelClock *kernel, const GclkSyncPolicy *policy);
void gclk_host_sync_free(GclkHostSync *sync);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkHostSync, gclk_host_sync_free)

/* Asks everybody and decides; about as long as the slowest daemon takes, at most 200 ms or so. */
GclkHostSync *gclk_host_sync_ask(const GclkProbePlaces *places, const GclkSyncPolicy *policy);

/* JSON object of a HostSync, keys documented in doc/host-status-json.md. Caller frees. */
char *gclk_host_sync_json(const GclkHostSync *sync);

#endif
