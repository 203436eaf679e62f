/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NTPv4 packet (RFC 5905 section 7.3, extension fields RFC 7822) as plain data, for client and
 * server, over UDP and over the link. Nothing here judges a packet; source/ntp-check.h does.
 */
#ifndef GUESTCLOCK_NTP_PACKET_H
#define GUESTCLOCK_NTP_PACKET_H

#include "guestclock/sample.h"

#define GCLK_NTP_PORT        123
#define GCLK_NTP_VERSION     4
#define GCLK_NTP_HEADER_SIZE 48
/* Longest packet that is read: a header and 1 KiB of extension fields and MAC. */
#define GCLK_NTP_PACKET_MAX 1072
/* More extension fields than any use of them needs; a packet with more is malformed. */
#define GCLK_NTP_FIELDS_MAX  16
#define GCLK_NTP_STRATUM_MAX 16 /* MAXSTRAT: this and beyond is not synchronised */
#define GCLK_NTP_POLL_MAX    17 /* MAXPOLL, log2 s */
#define GCLK_NTP_MAXDISP     (16 * GCLK_NS_PER_S)
/* Seconds from the epoch of NTP era 0 (1900) to that of POSIX. */
#define GCLK_NTP_UNIX_EPOCH G_GINT64_CONSTANT(2208988800)

/* RFC 5905 figure 10. */
typedef enum {
	GCLK_NTP_MODE_SYMMETRIC_ACTIVE = 1,
	GCLK_NTP_MODE_SYMMETRIC_PASSIVE = 2,
	GCLK_NTP_MODE_CLIENT = 3,
	GCLK_NTP_MODE_SERVER = 4,
	GCLK_NTP_MODE_BROADCAST = 5,
	GCLK_NTP_MODE_CONTROL = 6,
} GclkNtpMode;

/* Timestamps are 64 bit NTP timestamps: seconds since the start of some era in the upper half, the
   fraction in the lower; 0 means "not set". */
typedef struct {
	GclkLeap leap;
	guint8 version;         /* 0 .. 7 */
	guint8 mode;            /* 0 .. 7, GclkNtpMode */
	guint8 stratum;         /* 0: unspecified or kiss-o'-death */
	gint8 poll;             /* log2 s */
	gint8 precision;        /* log2 s */
	gint64 root_delay;      /* ns, 0 .. 65536 s */
	gint64 root_dispersion; /* ns, 0 .. 65536 s */
	guint32 refid;          /* first byte on the wire in the upper eight bits */
	guint64 reference, origin, receive, transmit;
} GclkNtpHeader;

/* Reads the header from the first 48 bytes. */
void gclk_ntp_header_decode(const guint8 bytes[GCLK_NTP_HEADER_SIZE], GclkNtpHeader *out);

/* Writes it. root_delay and root_dispersion are rounded up, and saturate at 65536 s. */
void gclk_ntp_header_encode(const GclkNtpHeader *header, guint8 bytes[GCLK_NTP_HEADER_SIZE]);

/* --- what follows the header ------------------------------------------------------------------ */

/* One extension field. */
typedef struct {
	guint16 type;
	const guint8 *value; /* points into the packet; with its padding */
	gsize length;        /* of value */
} GclkNtpField;

/* Where things stand in a packet. */
typedef struct {
	gsize fields;     /* number of extension fields; they begin at GCLK_NTP_HEADER_SIZE */
	gsize fields_end; /* what a MAC covers: header and fields */
	gsize mac_length; /* of the MAC without its key id; 0: no MAC, or a crypto-NAK */
	guint32 key_id;   /* key id in front of the MAC */
	const guint8 *mac;
	gboolean crypto_nak; /* a key id of 0 and nothing else: RFC 5905 section 9.2 */
} GclkNtpLayout;

/*
 * Finds fields and MAC. FALSE: the lengths do not add up, or there are too many fields. What is
 * left at the end and is 20 to 24 bytes long is a MAC in version 4 (RFC 7822 section 7.5.1.4); in
 * earlier versions, which know no fields, everything after the header is one.
 */
gboolean gclk_ntp_layout_parse(const guint8 *packet, gsize length, GclkNtpLayout *out);

/* The field at *offset (start with GCLK_NTP_HEADER_SIZE), which moves on; FALSE at end (use
   layout.fields_end) and on a field that does not fit. */
gboolean gclk_ntp_field_next(const guint8 *packet, gsize end, gsize *offset, GclkNtpField *out);

/* Appends a field, padded with zeros to 28 bytes at least, so that it may be the last one
   (RFC 7822 section 7.5.1.1). Returns the new length, or 0 if it does not fit into size. */
gsize gclk_ntp_field_append(guint8 *packet, gsize length, gsize size, guint16 type,
	const guint8 *value, gsize value_length);

/* --- numbers ---------------------------------------------------------------------------------- */

/* NTP timestamp to ns since 1970, in the era that brings it within 68 years of pivot (ns since
   1970, between 1900 and 2190). */
gint64 gclk_ntp_time_to_ns(guint64 time, gint64 pivot);

/* ns since 1970 to NTP timestamp; never 0. */
guint64 gclk_ntp_time_from_ns(gint64 ns);

/* a - b in ns, whatever their eras, if they are within 68 years of each other. */
gint64 gclk_ntp_time_diff(guint64 a, guint64 b);

/* NTP short format (16.16 s) to ns, rounded down, and back, rounded up. */
gint64 gclk_ntp_short_to_ns(guint32 value);
guint32 gclk_ntp_short_from_ns(gint64 ns);

/* 2^exponent seconds in ns, at least 1, saturated at 2^33 s. */
gint64 gclk_ntp_log2_to_ns(gint exponent);

/* --- reference ids ---------------------------------------------------------------------------- */

#define GCLK_NTP_REFID_TEXT_MAX 16

/* The refid as people know it: with stratum 0 (kiss code) and 1 the ASCII text ("GPS", "RATE"),
   with others the IPv4 address, which for an IPv6 upstream is a hash. Text that is not printable is
   written as eight hexadecimal digits. Returns buffer. */
const char *gclk_ntp_refid_format(
	guint32 refid, guint8 stratum, char buffer[GCLK_NTP_REFID_TEXT_MAX]);

/* Four characters as a refid, fewer are padded with zeros: gclk_ntp_refid("GPS"). */
guint32 gclk_ntp_refid(const char *text);

/* Does a server with this stratum and refid serve its own, undisciplined clock? "LOCL" at stratum
   1, 127.127.1.x at any (ntpd's local clock driver; chronyd's "local"), and 127.0.0.1 above stratum
   1 (ntpd's orphan mode). */
gboolean gclk_ntp_refid_is_local(guint32 refid, guint8 stratum);

#endif
