/* SPDX-License-Identifier: BSD-2-Clause */
/* What the answers of ntpd (ntp.org, ntpsec) mean. Pure. */
#ifndef GUESTCLOCK_NTPD_H
#define GUESTCLOCK_NTPD_H

#include "sync/daemon-report.h"
#include "sync/ntpd-packet.h"

/* Only names that every version knows: one that is unknown spoils the whole answer. */
#define GCLK_NTPD_SYSTEM_VARIABLES "stratum,refid,reftime,rootdelay,rootdisp,offset,tc"
#define GCLK_NTPD_PEER_VARIABLES   "srcadr,srchost,stratum,refid,reach,hpoll,delay,offset,jitter"

#define GCLK_NTPD_NAME_MAX 80

typedef struct {
	GclkLeap leap;
	gint64 stratum; /* -1: not told */
	char refid[GCLK_NTPD_NAME_MAX];
	guint64 reference_time; /* NTP timestamp; 0: none */
	gboolean has_root, has_offset;
	gint64 root_delay, root_dispersion; /* ns, as of the last update */
	gint64 offset;                      /* reference minus system clock, ns */
	gint64 tc;                          /* log2 s, of its loop; 0: not told */
} GclkNtpdSystem;

typedef struct {
	guint selection;                  /* 6: system peer, 7: the same with PPS */
	char address[GCLK_NTPD_NAME_MAX]; /* "127.127.t.u" is a reference clock of type t */
	char host[GCLK_NTPD_NAME_MAX];    /* or "" */
	char refid[GCLK_NTPD_NAME_MAX];
	gint64 reach; /* the last eight polls; -1: not told */
	gint64 poll;  /* log2 s; 0: not told */
} GclkNtpdPeer;

void gclk_ntpd_read_system(const GclkMode6Answer *answer, GclkNtpdSystem *out);
void gclk_ntpd_read_peer(const GclkMode6Answer *answer, GclkNtpdPeer *out);

/*
 * Fills in the first proof: locked when the system's leap indicator is not 3 and a peer is
 * selected, was reached in its last eight polls, is not a local clock, and the last update is not
 * too long ago. A peer may be selected long before the system believes it. peer: the selected one,
 * or NULL. now: CLOCK_REALTIME, ns.
 */
void gclk_ntpd_judge(const GclkNtpdSystem *system, const GclkNtpdPeer *peer, guint n_peers,
	gint64 now, GclkDaemonReport *report);

#endif
