/* SPDX-License-Identifier: BSD-2-Clause */
/* A numeric IPv4 or IPv6 address with a UDP port. Plain data, compared with gclk_address_equal. */
#ifndef GUESTCLOCK_ADDRESS_H
#define GUESTCLOCK_ADDRESS_H

#include <glib.h>

#define GCLK_ADDRESS_TEXT_MAX 64

typedef struct {
	guint8 family;    /* 4, 6, or 0: none */
	guint8 bytes[16]; /* network order; IPv4 in the first four */
	guint16 port;     /* host order */
	guint32 scope;    /* IPv6 zone index, 0: none */
} GclkAddress;

/* Parses "192.0.2.1", "2001:db8::1", "fe80::1%eth0" (no port, no brackets). FALSE: not an address.
 */
gboolean gclk_address_parse(const char *text, guint16 port, GclkAddress *out);

/* Writes the address without the port; returns buffer. */
const char *gclk_address_format(const GclkAddress *address, char buffer[GCLK_ADDRESS_TEXT_MAX]);

/* Same family, bytes and scope; the port counts only if with_port. */
gboolean gclk_address_equal(const GclkAddress *a, const GclkAddress *b, gboolean with_port);

/* 127.0.0.0/8 or ::1 */
gboolean gclk_address_is_loopback(const GclkAddress *address);

/* The reference id by which a server names this address as its own source: the IPv4 address, or
   the first four bytes of the MD5 of the IPv6 address (RFC 5905 section 7.3). */
guint32 gclk_address_refid(const GclkAddress *address);

#endif
