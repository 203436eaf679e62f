/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this packet an answer to what we asked, and may it be believed? A function from data to a
 * verdict: every check of RFC 5905 section 8 (tests 1 to 7 of the on-wire protocol) and section 9.2
 * (fit to synchronise to), in one place, and one table of what each outcome means for people.
 */
#ifndef GUESTCLOCK_NTP_CHECK_H
#define GUESTCLOCK_NTP_CHECK_H

#include "guestclock/address.h"
#include "guestclock/ntp-key.h"
#include "guestclock/ntp-packet.h"

/* In the order of the checks: the first that fails gives the verdict. */
typedef enum {
	GCLK_NTP_GOOD,
	/* Not an answer to our request, or not provably so: dropped, the true one may still come.
	 */
	GCLK_NTP_OVERSIZED,
	GCLK_NTP_SHORT,
	GCLK_NTP_VERSION_UNKNOWN,
	GCLK_NTP_MODE_WRONG,
	GCLK_NTP_MALFORMED,
	GCLK_NTP_DUPLICATE,   /* test 1: an answer that was already taken, sent again */
	GCLK_NTP_STEPPED,     /* answer to a request that a step of the clock made void */
	GCLK_NTP_LATE,        /* answer to an earlier request, after its time was up */
	GCLK_NTP_UNSOLICITED, /* no request is under way */
	GCLK_NTP_BAD_ORIGIN,  /* test 2 */
	GCLK_NTP_CRYPTO_NAK,
	GCLK_NTP_MAC_MISSING,
	GCLK_NTP_MAC_OTHER_KEY,
	GCLK_NTP_BAD_MAC, /* test 5 */
	/* An answer, and a kiss-o'-death (section 7.4). */
	GCLK_NTP_KOD_RATE,
	GCLK_NTP_KOD_DENY,
	GCLK_NTP_KOD_RSTR,
	GCLK_NTP_KOD_OTHER,
	/* An answer by a server that says itself that it does not know the time: test 6. */
	GCLK_NTP_UNSYNCHRONISED,
	GCLK_NTP_STRATUM_0,
	GCLK_NTP_STRATUM_16,
	/* An answer whose content cannot be used. */
	GCLK_NTP_LOOP,      /* the server takes its time from this machine */
	GCLK_NTP_ZERO_TIME, /* test 3: receive or transmit timestamp not set */
	GCLK_NTP_FROZEN,    /* test 1: the same timestamps as in the last answer */
	GCLK_NTP_BACKWARDS, /* transmitted before it was received, by more than its precision */
	GCLK_NTP_REFERENCE_FUTURE, /* test 7: its clock was last set after it answered */
	GCLK_NTP_LOCAL_STEP,       /* our own clock jumped during the exchange */
	GCLK_NTP_NEGATIVE_DELAY,
	GCLK_NTP_ROOT_DISTANCE, /* test 7 and section 11.2.1 */
	GCLK_NTP_VERDICTS,
} GclkNtpVerdict;

typedef enum {
	GCLK_NTP_CLASS_GOOD,
	GCLK_NTP_CLASS_DROP,      /* not the answer: go on waiting */
	GCLK_NTP_CLASS_KOD,       /* the server tells us to behave otherwise */
	GCLK_NTP_CLASS_REFUSED,   /* unusable until something changes at the server */
	GCLK_NTP_CLASS_TRANSIENT, /* this one is unusable, the next may be good */
} GclkNtpClass;

/* How long requests are remembered so that answers to them can be told from forgeries. */
#define GCLK_NTP_NONCES 8

/* What the verdict depends on besides the packet. */
typedef struct {
	guint64 nonce;    /* transmit timestamp of the request under way; 0: none is */
	guint64 answered; /* nonce of the last request that got an answer; 0: none */
	guint64 voided;   /* nonce of the last request that a step made void; 0: none */
	guint64 earlier[GCLK_NTP_NONCES];    /* nonces that were given up */
	guint64 last_receive, last_transmit; /* of the last good answer */
	const GclkNtpKey *key;               /* NULL: answers are not authenticated */
	gint64 pivot;                        /* ns since 1970: resolves the era */
	gint64 departure;                    /* REAL when the request left, ns (T1) */
	gint64 arrival;                      /* REAL when the packet came, ns (T4) */
	gint64 elapsed;                      /* RAW between the two, ns, >= 0 */
	gint64 precision;                    /* ns: of our own stamps */
	gint64 max_distance;                 /* ns: largest root distance that is accepted */
	/* Over the link a server that does not know the time (tests 6 and 7) is heard all the same,
	   for its rate and its jumps: the verdict is good, and unfit says the rest. */
	gboolean link;
	/* Is this refid one of our own addresses? NULL: never. */
	gboolean (*own_refid)(gpointer user, guint32 refid);
	gpointer user;
} GclkNtpContext;

/* The outcome. header is set if has_header, the last four if has_times: checks end at the first
   that fails. */
typedef struct {
	GclkNtpVerdict verdict;
	GclkNtpVerdict unfit; /* over the link: what forbids to believe its time; GOOD: nothing */
	gsize length;
	gboolean has_header;
	GclkNtpHeader header;
	gboolean authentic;    /* proved by the key of the context */
	guint32 key_id;        /* of a MAC in the packet, 0: none */
	gboolean local_clock;  /* the server serves its own, undisciplined clock */
	gint64 distance_limit; /* ns: max_distance of the context */
	gboolean has_times;
	gint64 offset;          /* ns, server minus REAL; positive: REAL is behind */
	gint64 delay;           /* ns, floored at our own precision and at 1 */
	gint64 reference_bound; /* ns: root delay / 2 + root dispersion + the server's precision */
	gint64 reference_age;   /* ns since the server's clock was last set; -1: it does not say */
} GclkNtpReply;

/* Judges a datagram. truncated: it was longer than length. */
void gclk_ntp_check(const GclkNtpContext *context, const guint8 *packet, gsize length,
	gboolean truncated, GclkNtpReply *out);

/* Stable key for counters and JSON: "bad-origin". */
const char *gclk_ntp_verdict_name(GclkNtpVerdict verdict);
GclkNtpClass gclk_ntp_verdict_class(GclkNtpVerdict verdict);

/* What it means, one sentence for people without a full stop, with the figures of this reply. */
char *gclk_ntp_reply_reason(const GclkNtpReply *reply);

/* What to do about it, one or two sentences; NULL when there is nothing to do. */
const char *gclk_ntp_verdict_advice(GclkNtpVerdict verdict);

/* What a code of a kiss-o'-death means (RFC 5905 section 7.4 and IANA's list), or NULL. */
const char *gclk_ntp_kiss_meaning(guint32 refid);

/* Why there was no answer from address and its port: error is what the system said (errno), or 0;
   keyed: the request was authenticated. One sentence without a full stop. */
char *gclk_ntp_silence_reason(const GclkAddress *address, gint error, gboolean keyed);

/* The note on a server that serves its own clock, for reports: "serves its own clock (local)". */
#define GCLK_NTP_LOCAL_CLOCK_NOTE "serves its own clock (local)"

#endif
