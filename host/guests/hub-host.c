/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of the host's own clock: what the guests are told of it, and whether it is what
   they need. */
#include "guestclock/address.h"
#include "guests/hub-private.h"

/* A host that PTP holds is what a server with a receiver of its own is to NTP. */
#define STRATUM_OF_PTP 1
/* Held by something that says no stratum. */
#define STRATUM_UNKNOWN 3

/* --- what the guests are told ----------------------------------------------------------------- */

static guint8 stratum_of(const GclkHostSync *sync)
{
	if (!sync->synchronised)
		return GCLK_NTP_STRATUM_MAX;
	if (sync->effective == GCLK_PROTOCOL_PTP)
		return STRATUM_OF_PTP;
	return sync->stratum > 0 && sync->stratum < GCLK_NTP_STRATUM_MAX ? (guint8)sync->stratum
									 : STRATUM_UNKNOWN;
}

/* An address above stratum 1, else a word (RFC 5905 section 7.3). */
static guint32 refid_of(const GclkHostSync *sync)
{
	GclkAddress address;

	if (!sync->synchronised)
		return gclk_ntp_refid("INIT");
	if (sync->effective == GCLK_PROTOCOL_PTP)
		return gclk_ntp_refid("PTP");
	if (sync->source && gclk_address_parse(sync->source, 0, &address) &&
		!gclk_address_is_loopback(&address))
		return gclk_address_refid(&address);
	return gclk_ntp_refid("HOST");
}

void gclk_hub_clock(const GclkHostSync *sync, GclkServerClock *out)
{
	*out = (GclkServerClock){ .claim = { .protocol = GCLK_PROTOCOL_UNKNOWN,
					  .bound = GCLK_BOUND_UNKNOWN },
		.stratum = GCLK_NTP_STRATUM_MAX,
		.refid = gclk_ntp_refid("INIT") };
	if (!sync)
		return;
	out->claim.protocol = sync->effective;
	out->claim.synchronised = sync->synchronised;
	out->claim.fallback = sync->fallback;
	out->claim.bound = sync->bound;
	out->claim.leap = sync->leap == GCLK_LEAP_UNSYNC ? GCLK_LEAP_NONE : sync->leap;
	out->claim.tai_offset = sync->tai_offset;
	out->stratum = stratum_of(sync);
	out->refid = refid_of(sync);
}

/* --- what they need --------------------------------------------------------------------------- */

static void judge_need(const GclkHub *hub, GclkGuest *guest)
{
	GclkVerdict *verdict = &guest->verdict;

	gclk_verdict_clear(verdict);
	verdict->kind = GCLK_VERDICT_UNKNOWN;
	if (guest->need_error) {
		verdict->reason = g_strdup(guest->need_error);
		verdict->remedy = g_strdup("set the need right with hostclock require");
	} else if (hub->sync) {
		gclk_verdict_judge(&guest->need, hub->sync, verdict);
	} else if (!guest->need.declared) {
		verdict->kind = GCLK_VERDICT_COMPATIBLE;
		verdict->reason = g_strdup("it takes any host clock");
	} else {
		verdict->reason = g_strdup("the state of this host's clock is not known now");
	}
}

void gclk_hub_judge(GclkHub *hub, GclkHubRow *row, GclkMoment now)
{
	GclkGuest *guest = row->guest;
	GclkNeedEvent event;

	judge_need(hub, guest);
	guest->host_bound =
		hub->sync && hub->sync->synchronised ? hub->sync->bound : GCLK_BOUND_UNKNOWN;
	if (!row->began || !hub->sync_at)
		return; /* it does not run, or nothing has been found out yet */
	event = gclk_need_watch_see(&row->watch, guest->lapses, &guest->verdict, row->earlier, now);
	guest->lapses_total += event == GCLK_NEED_LOST;
	if (hub->recorder)
		gclk_recorder_push(hub->recorder, gclk_record_of_need(event, guest, hub->sync));
}

static void judge_all(GclkHub *hub, GclkMoment now)
{
	GHashTableIter iter;
	gpointer row;

	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		gclk_hub_judge(hub, row, now);
}

/* --- news of it ------------------------------------------------------------------------------- */

static gboolean is_synchronised(const GclkHostSync *sync)
{
	return sync && sync->synchronised;
}

/* Another protocol, or fallback: as good as before perhaps, but another clock. */
static gboolean has_changed_hands(const GclkHostSync *old, const GclkHostSync *new)
{
	return old && new && (old->effective != new->effective || old->fallback != new->fallback);
}

void gclk_hub_take_sync(gpointer user, GclkHostSync *sync)
{
	GclkHub *hub = user;
	g_autoptr(GclkHostSync) old = hub->sync;
	const gboolean first = !hub->sync_at;
	const gboolean held = is_synchronised(old) == is_synchronised(sync);
	const gboolean hands = has_changed_hands(old, sync);
	const GclkMoment now = gclk_hub_now();
	GclkServerClock clock;

	hub->sync = sync;
	hub->sync_at = now.boottime;
	gclk_hub_clock(sync, &clock);
	gclk_server_set_clock(hub->server, &clock);
	/* loss and return of the hold the server tells by itself */
	if (!first && held && hands)
		gclk_server_event(hub->server, NULL, GCLK_LINK_EVENT_HOST_CLOCK);
	if (sync && hub->recorder && (first || !held || hands))
		gclk_recorder_push(hub->recorder, gclk_record_of_host(sync));
	judge_all(hub, now);
}
