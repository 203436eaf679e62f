/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/ntpd.h"

#include <string.h>

#include "guestclock/address.h"
#include "guestclock/format.h"
#include "guestclock/ntp-packet.h"

/* ntpd updates its clock when the newest of eight samples is the best of them. */
#define FRESH_POLLS 8
#define POLL_LEAST  6 /* its default minpoll */

/* RFC 5905, PHI: how fast the bound grows since the last update, ppm. */
#define DRIFT_PPM 15

#define FUTURE_MAX GCLK_NS_PER_S

/* 127.127.t.u, types of reference clock drivers */
#define TYPE_LOCAL 1
#define TYPE_SHM   28

/* --- variables -------------------------------------------------------------------------------- */

static void read_name(const GclkMode6Answer *answer, const char *name, char out[GCLK_NTPD_NAME_MAX])
{
	if (!gclk_mode6_text(answer, name, out, GCLK_NTPD_NAME_MAX))
		out[0] = '\0';
}

void gclk_ntpd_read_system(const GclkMode6Answer *answer, GclkNtpdSystem *out)
{
	memset(out, 0, sizeof(*out));
	out->leap = gclk_mode6_leap(answer->status);
	out->stratum = -1;
	gclk_mode6_integer(answer, "stratum", 0, 255, &out->stratum);
	read_name(answer, "refid", out->refid);
	gclk_mode6_time(answer, "reftime", &out->reference_time);
	out->has_root = gclk_mode6_ms(answer, "rootdelay", &out->root_delay) &&
			gclk_mode6_ms(answer, "rootdisp", &out->root_dispersion) &&
			out->root_delay >= 0 && out->root_dispersion >= 0;
	out->has_offset = gclk_mode6_ms(answer, "offset", &out->offset);
	gclk_mode6_integer(answer, "tc", 0, GCLK_NTP_POLL_MAX, &out->tc);
}

/* Reach is written in hexadecimal by some versions ("0xff"), in octal or decimal by others; what
   counts is whether it is zero. */
static gint64 read_reach(const GclkMode6Answer *answer)
{
	gint64 reach = -1;

	gclk_mode6_integer(answer, "reach", 0, 0xffff, &reach);
	return reach;
}

void gclk_ntpd_read_peer(const GclkMode6Answer *answer, GclkNtpdPeer *out)
{
	memset(out, 0, sizeof(*out));
	out->selection = gclk_mode6_selection(answer->status);
	read_name(answer, "srcadr", out->address);
	read_name(answer, "srchost", out->host);
	read_name(answer, "refid", out->refid);
	out->reach = read_reach(answer);
	gclk_mode6_integer(answer, "hpoll", 0, GCLK_NTP_POLL_MAX, &out->poll);
}

/* --- what kind of reference it is ------------------------------------------------------------- */

/* The type in 127.127.t.u; 0: a server. */
static guint refclock_type(const GclkNtpdPeer *peer)
{
	GclkAddress address;

	if (!gclk_address_parse(peer->address, 0, &address) || address.family != 4 ||
		address.bytes[0] != 127 || address.bytes[1] != 127)
		return 0;
	return address.bytes[2];
}

/* Its own clock: the local clock driver, or orphan mode, by which it serves without any source. */
static gboolean is_own_clock(const GclkNtpdSystem *system)
{
	GclkAddress address;
	guint32 refid = gclk_ntp_refid(system->refid);
	guint8 stratum = (guint8)CLAMP(system->stratum, 0, 255);

	if (g_str_has_prefix(system->refid, "LOC"))
		return TRUE;
	if (gclk_address_parse(system->refid, 0, &address) && address.family == 4)
		refid = (guint32)address.bytes[0] << 24 | address.bytes[1] << 16 |
			address.bytes[2] << 8 | address.bytes[3];
	return gclk_ntp_refid_is_local(refid, stratum);
}

static GclkReferenceKind kind_of(const GclkNtpdSystem *system, const GclkNtpdPeer *peer)
{
	guint type = peer ? refclock_type(peer) : 0;

	if (type == TYPE_LOCAL || is_own_clock(system) ||
		(type != 0 && g_str_has_prefix(peer->refid, "LOC")))
		return GCLK_REFERENCE_LOCAL;
	if (!peer)
		return GCLK_REFERENCE_NONE;
	/* shared memory is a receiver's (gpsd), unless it is named after PTP */
	if (type == TYPE_SHM &&
		(g_str_has_prefix(peer->refid, "PTP") || g_str_has_prefix(peer->refid, "PHC")))
		return GCLK_REFERENCE_PHC;
	return type != 0 ? GCLK_REFERENCE_REFCLOCK : GCLK_REFERENCE_NTP;
}

/* --- the verdict ------------------------------------------------------------------------------ */

static const char *name_of(const GclkNtpdPeer *peer)
{
	if (refclock_type(peer) != 0 && *peer->host)
		return peer->host; /* "NMEA(0)" */
	return *peer->address ? peer->address : "a peer without an address";
}

static gint64 fresh_for(const GclkNtpdSystem *system, const GclkNtpdPeer *peer)
{
	gint poll = (gint)MAX(MAX(peer->poll, system->tc), POLL_LEAST);

	return FRESH_POLLS * gclk_ntp_log2_to_ns(poll);
}

/* NULL: nothing speaks against it. age: -1 when it is not known. */
static char *why_not_locked(
	const GclkNtpdSystem *system, const GclkNtpdPeer *peer, guint n_peers, gint64 age)
{
	char text[32];

	if (n_peers == 0)
		return g_strdup("not synchronised: it has no peers");
	if (!peer || !gclk_mode6_is_selected((guint16)(peer->selection << 8)))
		return g_strdup_printf(
			"not synchronised: none of its %u peers is selected", n_peers);
	if (system->leap == GCLK_LEAP_UNSYNC)
		return g_strdup_printf("not synchronised yet: %s is selected, but its leap "
				       "indicator is still 3",
			name_of(peer));
	if (system->stratum < 1 || system->stratum >= GCLK_NTP_STRATUM_MAX)
		return g_strdup("not synchronised: it has no stratum");
	if (peer->reach <= 0)
		return g_strdup_printf(peer->reach < 0 ? "it does not tell whether %s is reachable"
						       : "%s is still selected, but has not been "
							 "reached in its last eight polls",
			name_of(peer));
	if (age < 0)
		return g_strdup("the time of its last update cannot be right");
	if (age > fresh_for(system, peer)) {
		gclk_format_age(age, text);
		return g_strdup_printf("its last update from %s was %s ago", name_of(peer), text);
	}
	return NULL;
}

static gint64 age_of(const GclkNtpdSystem *system, gint64 now)
{
	gint64 age;

	if (system->reference_time == 0)
		return -1;
	age = now - gclk_ntp_time_to_ns(system->reference_time, now);
	return age < -FUTURE_MAX ? -1 : MAX(age, 0);
}

static gint64 bound_of(const GclkNtpdSystem *system, gint64 age)
{
	gint64 bound;

	if (!system->has_root || !system->has_offset || age < 0)
		return GCLK_BOUND_UNKNOWN;
	bound = gclk_bound_add(ABS(system->offset), system->root_delay / 2);
	bound = gclk_bound_add(bound, system->root_dispersion);
	return gclk_bound_add(bound, age / 1000000 * DRIFT_PPM);
}

static void add_evidence(const GclkNtpdSystem *system, const GclkNtpdPeer *peer, guint n_peers,
	GclkDaemonReport *report)
{
	char offset[32], bound[32], age[32];

	gclk_format_offset(system->offset, offset);
	gclk_format_bound(report->bound, bound);
	gclk_format_age(report->age, age);
	gclk_daemon_report_add_evidence(report,
		"system: leap %d, stratum %" G_GINT64_FORMAT
		", refid %s, last update %s ago, clock off by %s, bound %s",
		system->leap, system->stratum, *system->refid ? system->refid : "none",
		report->age < 0 ? "an unknown time" : age,
		system->has_offset ? offset : "an unknown time", bound);
	gclk_daemon_report_add_evidence(report, "peers: %u", n_peers);
	if (peer)
		gclk_daemon_report_add_evidence(report,
			"peer %s: selection %u, reach %" G_GINT64_MODIFIER
			"x (hexadecimal), poll %" G_GINT64_FORMAT,
			name_of(peer), peer->selection, peer->reach < 0 ? 0 : peer->reach,
			peer->poll);
}

void gclk_ntpd_judge(const GclkNtpdSystem *system, const GclkNtpdPeer *peer, guint n_peers,
	gint64 now, GclkDaemonReport *report)
{
	char age[32];

	report->presence = GCLK_DAEMON_ANSWERS;
	report->reference = kind_of(system, peer);
	report->leap = system->leap;
	report->n_sources = n_peers;
	report->age = age_of(system, now);
	if (system->stratum >= 1 && system->stratum < GCLK_NTP_STRATUM_MAX)
		report->stratum = (gint)system->stratum;
	if (peer)
		report->source = g_strdup(name_of(peer));
	if (system->leap != GCLK_LEAP_UNSYNC && system->has_offset) {
		report->has_offset = TRUE;
		report->offset = system->offset;
		report->bound = bound_of(system, report->age);
	}
	report->locked_why = why_not_locked(system, peer, n_peers, report->age);
	if (report->reference == GCLK_REFERENCE_LOCAL) {
		g_free(report->locked_why);
		report->locked_why = g_strdup("it follows its own clock (local clock driver or "
					      "orphan mode)");
		report->has_offset = FALSE;
		report->bound = GCLK_BOUND_UNKNOWN;
	}
	if (!report->locked_why && report->bound == GCLK_BOUND_UNKNOWN)
		report->locked_why = g_strdup("it does not tell how far its clock may be off");
	report->locked = !report->locked_why;
	if (report->locked) {
		gclk_format_age(report->age, age);
		report->locked_why = g_strdup_printf("%s is selected, reach %" G_GINT64_MODIFIER
						     "x, last update %s ago",
			name_of(peer), peer->reach, age);
	}
	add_evidence(system, peer, n_peers, report);
}
