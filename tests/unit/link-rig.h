/* SPDX-License-Identifier: BSD-2-Clause */
/* A link source against a host that the test plays, on the platform held in the hand. */
#ifndef GUESTCLOCK_LINK_RIG_H
#define GUESTCLOCK_LINK_RIG_H

#include "fake-platform.h"
#include "source/link.h"

#define GCLK_RIG_CHANNEL "virtio:org.guestclock.0"
#define GCLK_RIG_ROUND   8 /* exchanges */

#define GCLK_RIG_ASSERT_CONDITION(rig, expected)                                                   \
	GCLK_ASSERT_STR(gclk_source_condition_name((rig)->source->condition),                      \
		gclk_source_condition_name(expected))

typedef struct {
	GclkFake *fake;
	GclkSource *source;
	GclkLinkPacket host;    /* what the host says in its answers; times are filled in */
	gint64 ahead;           /* of the host against REAL */
	gint64 way, back, held; /* how long packets travel and wait */
	/* what the guest tells the host */
	GclkLinkGuest guest;
	guint tells;
	/* what the source said */
	guint samples, changes, disruptions, claims, unclaims;
	guint reference_jumps;
	GclkSample last;
	const char *what;
	GclkLinkHost claim;
	gint64 claim_raw;
	void (*on_sample)(GclkSource *source);
} GclkLinkRig;

/* A host that PTP holds within 10 us, two ms away each way. Started, its channel not yet open. */
void gclk_link_rig_init(GclkLinkRig *rig, const char *channel, gint poll);
void gclk_link_rig_clear(GclkLinkRig *rig);

/* Opens the channel, with somebody at the other end; the first request is out. */
void gclk_link_rig_connect(GclkLinkRig *rig);

/* The request that was written, the n-th counted from the last (0), as the host reads it. FALSE: it
   is none. */
gboolean gclk_link_rig_request(const GclkLinkRig *rig, guint from_last, GclkLinkPacket *out);

/* The host's answer to it, by rig->host, as a frame. Returns its length. */
gsize gclk_link_rig_answer(
	const GclkLinkRig *rig, guint from_last, guint8 frame[GCLK_LINK_FRAME_MAX]);

/* The last request is answered after its time on the way. */
void gclk_link_rig_reply(GclkLinkRig *rig);

/* n requests, answered; the next one is waited for as long as it takes. */
void gclk_link_rig_converse(GclkLinkRig *rig, guint n);

/* Begins so: connected, and the burst of the beginning over. asked: the first request of the next
   round is out too. FALSE: it does not come to that. */
gboolean gclk_link_rig_settle(GclkLinkRig *rig, gboolean asked);

/* Lets time pass until the source writes again. FALSE: it does not within limit. */
gboolean gclk_link_rig_next(GclkLinkRig *rig, gint64 limit);

/* A frame with that packet arrives now. */
void gclk_link_rig_feed(GclkLinkRig *rig, const GclkLinkPacket *packet);

/* The count of dropped input by that name. */
guint64 gclk_link_rig_dropped(const GclkLinkRig *rig, const char *name);

#endif
