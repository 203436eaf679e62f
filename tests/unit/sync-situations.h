/* SPDX-License-Identifier: BSD-2-Clause */
/* Situations of a host: what its time daemons report, and what must be made of it. */
#ifndef GUESTCLOCK_TEST_SYNC_SITUATIONS_H
#define GUESTCLOCK_TEST_SYNC_SITUATIONS_H

#include "sync/sync.h"

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US
#define S  GCLK_NS_PER_S

/* A report, as far as a situation needs it. */
typedef struct {
	const char *daemon;
	GclkDaemonPresence presence;
	GclkSteers steers;
	gboolean locked;
	GclkReferenceKind reference;
	const char *source, *device, *feeds;
	gint64 offset, bound;
	gint class, n_sources, tai;
	GclkTimescale timescale;
	gint64 pid;
	gboolean automatic;
} GclkMini;

typedef enum { SAYS_NOTHING, SAYS_SYNCED, SAYS_UNSYNCED, SAYS_HYPERV } KernelSays;

typedef struct {
	const char *name;
	GclkMini reports[4];
	KernelSays kernel;
	gint kernel_tai;
	gboolean accept_local;
	/* what must come out */
	GclkProtocol configured, effective;
	gboolean synchronised, fallback;
	const char *daemon;   /* or NULL */
	const char *findings; /* ids, in order, each followed by a blank */
	const char *says;     /* a part of summary and reason, joined as verdicts do */
} GclkSituation;

/* Ended by one without a name. */
extern const GclkSituation gclk_situations[];

GclkHostSync *gclk_situation_decide(const GclkSituation *situation, gboolean backwards);

#endif
