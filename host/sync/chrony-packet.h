/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chronyd's command and monitoring protocol, version 6: three of its requests, those that any user
 * may ask and that chrony.conf(5) declares stable ("opencommands"): tracking, number of sources,
 * one source. Big-endian; a request is as long as its reply. Pure.
 */
#ifndef GUESTCLOCK_CHRONY_PACKET_H
#define GUESTCLOCK_CHRONY_PACKET_H

#include "guestclock/address.h"
#include "guestclock/sample.h"

typedef enum {
	GCLK_CHRONY_N_SOURCES = 14,
	GCLK_CHRONY_SOURCE_DATA = 15,
	GCLK_CHRONY_TRACKING = 33,
} GclkChronyCommand;

#define GCLK_CHRONY_PORT       323
#define GCLK_CHRONY_PACKET_MAX 104

/* Writes a request and returns its length. index: of the source, for SOURCE_DATA. */
gsize gclk_chrony_request(GclkChronyCommand command, guint32 sequence, guint32 index,
	guint8 packet[GCLK_CHRONY_PACKET_MAX]);

typedef enum {
	GCLK_CHRONY_REPLY_FOREIGN, /* not an answer to this request: to be left alone */
	GCLK_CHRONY_REPLY_REFUSED, /* the command is not allowed to us */
	GCLK_CHRONY_REPLY_FAILED,  /* an error of another kind, or of another version */
	GCLK_CHRONY_REPLY_GARBLED, /* a wrong length, type or value */
	GCLK_CHRONY_REPLY_GOOD,
} GclkChronyReply;

typedef enum {
	GCLK_CHRONY_SOURCE_SELECTED = 0,
	GCLK_CHRONY_SOURCE_NONSELECTABLE,
	GCLK_CHRONY_SOURCE_FALSETICKER,
	GCLK_CHRONY_SOURCE_JITTERY,
	GCLK_CHRONY_SOURCE_UNSELECTED,
	GCLK_CHRONY_SOURCE_SELECTABLE,
} GclkChronyState;

typedef enum {
	GCLK_CHRONY_MODE_CLIENT = 0,
	GCLK_CHRONY_MODE_PEER,
	GCLK_CHRONY_MODE_REFCLOCK,
} GclkChronyMode;

#define GCLK_CHRONY_REFID_LOCAL 0x7f7f0101 /* "local stratum N": its own clock */

/* Seconds are as the packet has them; all of them are finite. */
typedef struct {
	guint32 refid;       /* 0: none */
	GclkAddress address; /* family 0: none */
	guint stratum;       /* its own */
	GclkLeap leap;
	gboolean has_ref_time;
	gint64 ref_time;                    /* last update, ns since 1970, saturated */
	double correction;                  /* reference minus system clock, s */
	double last_offset;                 /* s */
	double frequency;                   /* ppm */
	double root_delay, root_dispersion; /* s */
	double interval;                    /* between the last two updates, s; 0 after the first */
} GclkChronyTracking;

typedef struct {
	GclkAddress address; /* of a server; family 0 with a refclock */
	guint32 refid;       /* of a refclock */
	gint poll;           /* log2 s */
	guint stratum;
	GclkChronyState state;
	GclkChronyMode mode;
	guint reach;          /* the last eight polls, a bit each, the latest in bit 0 */
	guint32 since_sample; /* s; G_MAXUINT32: never */
} GclkChronySource;

/* Each reads the reply to its request with this sequence; out is set with GOOD only. */
GclkChronyReply gclk_chrony_read_tracking(
	const guint8 *packet, gsize length, guint32 sequence, GclkChronyTracking *out);
GclkChronyReply gclk_chrony_read_n_sources(
	const guint8 *packet, gsize length, guint32 sequence, guint32 *out);
GclkChronyReply gclk_chrony_read_source(
	const guint8 *packet, gsize length, guint32 sequence, GclkChronySource *out);

/* Its 32 bit floating point number: 7 bits of exponent, 25 of coefficient, both signed. */
double gclk_chrony_float(guint32 bits);

#endif
