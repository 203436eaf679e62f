/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NTP control messages (mode 6, RFC 9327), by which ntpd of ntp.org and ntpsec tell their state:
 * requests, fragments put together again, and the text of variables. Pure.
 */
#ifndef GUESTCLOCK_NTPD_PACKET_H
#define GUESTCLOCK_NTPD_PACKET_H

#include "guestclock/sample.h"

typedef enum {
	GCLK_MODE6_READSTAT = 1,
	GCLK_MODE6_READVAR = 2,
} GclkMode6Op;

#define GCLK_MODE6_REQUEST_MAX   512
#define GCLK_MODE6_ANSWER_MAX    8192 /* of all fragments; an ntpd sends some 700 bytes */
#define GCLK_MODE6_FRAGMENTS_MAX 32

/* Writes a request and returns its length; text (may be NULL): names of variables with commas
   between them, cut off where it does not fit. */
gsize gclk_mode6_request(GclkMode6Op op, guint16 sequence, guint16 association, const char *text,
	guint8 packet[GCLK_MODE6_REQUEST_MAX]);

/* An answer on its way; {0} and the three fields of the request to begin with. */
typedef struct {
	GclkMode6Op op;
	guint16 sequence, association;

	guint16 status; /* of the system or the association, from the last fragment */
	guint16 error;  /* code, if it is one */
	guint n;
	struct {
		guint16 offset, length;
	} fragments[GCLK_MODE6_FRAGMENTS_MAX];
	gboolean has_end;
	gsize length; /* of the whole, known with has_end */
	guint8 data[GCLK_MODE6_ANSWER_MAX];
} GclkMode6Answer;

typedef enum {
	GCLK_MODE6_FOREIGN, /* not for this request: to be left alone */
	GCLK_MODE6_MORE,    /* a part of it */
	GCLK_MODE6_ERROR,   /* the whole of it: an error */
	GCLK_MODE6_GARBLED,
	GCLK_MODE6_COMPLETE,
} GclkMode6Result;

GclkMode6Result gclk_mode6_take(GclkMode6Answer *answer, const guint8 *packet, gsize length);

/* Error codes, RFC 9327 section 2: only those that are told apart. */
#define GCLK_MODE6_ERROR_PERMISSION       1
#define GCLK_MODE6_ERROR_UNKNOWN_VARIABLE 5

/* --- READSTAT --------------------------------------------------------------------------------- */

typedef struct {
	guint16 association, status;
} GclkMode6Peer;

guint gclk_mode6_n_peers(const GclkMode6Answer *answer);
GclkMode6Peer gclk_mode6_peer(const GclkMode6Answer *answer, guint i);

/* Status words: of the system, and how a peer stands in the selection: 6 system peer, 7 the same
   with PPS. */
static inline GclkLeap gclk_mode6_leap(guint16 system_status)
{
	return (GclkLeap)(system_status >> 14);
}

static inline guint gclk_mode6_selection(guint16 peer_status)
{
	return peer_status >> 8 & 7;
}

static inline gboolean gclk_mode6_is_selected(guint16 peer_status)
{
	return gclk_mode6_selection(peer_status) >= 6;
}

/* --- READVAR ---------------------------------------------------------------------------------- */

/* The text of a variable without its quotes. FALSE: not there, too long, or not printable ASCII
   (some variables begin with whatever stood in ntpd's memory). */
gboolean gclk_mode6_text(const GclkMode6Answer *answer, const char *name, char *out, gsize size);
/* A whole number within the limits, decimal or with 0x. */
gboolean gclk_mode6_integer(
	const GclkMode6Answer *answer, const char *name, gint64 min, gint64 max, gint64 *out);
/* Milliseconds as ns, saturated; not NaN. */
gboolean gclk_mode6_ms(const GclkMode6Answer *answer, const char *name, gint64 *out);
/* A time stamp, "0xeeab45ba.2385b4f8"; 0 when it is not set. */
gboolean gclk_mode6_time(const GclkMode6Answer *answer, const char *name, guint64 *out);

#endif
