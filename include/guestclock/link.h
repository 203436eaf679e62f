/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link between guest and host: NTPv4 packets (RFC 5905) with extension fields (RFC 7822) of
 * ours, each in a frame, over any byte stream: a virtio-serial port, AF_VSOCK, a UNIX socket.
 * Either end may ask (mode 3) and answers (mode 4); mode 5 comes from the host alone and means:
 * something has happened, ask me now. doc/link.md is the specification.
 *
 * A frame is "GC", the length of the packet (16 bit, big-endian), the packet. A stream outlives
 * its clients, so a reader finds its way through halves, noise and answers to somebody else: it
 * skips to the next "GC", and the origin timestamp of an answer is the nonce of the request.
 */
#ifndef GUESTCLOCK_LINK_H
#define GUESTCLOCK_LINK_H

#include "guestclock/ntp-packet.h"
#include "guestclock/protocol.h"
#include "guestclock/state.h"

#define GCLK_LINK_VERSION 1 /* of the fields; a field of a later one is passed over */
#define GCLK_LINK_PORT    "org.guestclock.0" /* name of the virtio-serial port */
/* A privileged port: any process of a guest could open another one. NTP's number. */
#define GCLK_LINK_VSOCK_PORT     123
#define GCLK_LINK_VSOCK_PORT_MAX 1023 /* of either end: only root may bind it */

#define GCLK_LINK_HEADER_SIZE 4
#define GCLK_LINK_PACKET_MIN  GCLK_NTP_HEADER_SIZE
#define GCLK_LINK_PACKET_MAX  256 /* a multiple of 4, as every packet's length */
#define GCLK_LINK_FRAME_MAX   (GCLK_LINK_HEADER_SIZE + GCLK_LINK_PACKET_MAX)
/* Half a frame to which nothing is added for so long is dropped. */
#define GCLK_LINK_PATIENCE (200 * GCLK_NS_PER_MS)

/* Extension field types: RFC 7822's space, in the range for private use 0xF000 .. 0xFFFF. */
typedef enum {
	GCLK_LINK_FIELD_HOST = 0xf6c1,  /* host to guest: what the host says of its clock */
	GCLK_LINK_FIELD_GUEST = 0xf6c2, /* guest to host: how the guest keeps its clock */
	GCLK_LINK_FIELD_EVENT = 0xf6c3, /* host to guest, mode 5: what has happened */
} GclkLinkField;

/* What a host says of its clock. leap is what is announced; whether the time may be used at all
   stands in the packet's leap indicator (3: refuse it, but its rate and its jumps are good). */
typedef struct {
	GclkProtocol protocol; /* that holds the host's clock now */
	gboolean synchronised;
	gboolean fallback;   /* PTP is set up, and NTP stands in */
	GclkLeap leap;       /* never GCLK_LEAP_UNSYNC */
	gint64 bound;        /* how far the host's clock may be off UTC, ns, or unknown */
	gint tai_offset;     /* TAI minus UTC, s, up to 255; 0: not known */
	guint32 disruptions; /* how often the host has disrupted this guest (resume, restore,
				migration) while it served it: a change is news even when the event
				packet was lost */
} GclkLinkHost;

/* How a guest keeps its clock. */
typedef enum {
	GCLK_LINK_SOURCE_NONE,
	GCLK_LINK_SOURCE_PTP,
	GCLK_LINK_SOURCE_HOST, /* the link, or another interface of the hypervisor */
	GCLK_LINK_SOURCE_NTP,
} GclkLinkSource;

#define GCLK_LINK_NAME_MAX 32
#define GCLK_LINK_TEXT_MAX 16

typedef struct {
	GclkState state;
	gboolean steers; /* FALSE: it only measures */
	GclkLinkSource source_kind;
	gint64 offset; /* the selected source minus the guest's clock, as the guest estimates, ns */
	gint64 bound;  /* how far the guest's clock may be off, ns, or unknown */
	guint32 steps; /* of its clock, since the guest's daemon started */
	guint64 uptime;                   /* s since the guest booted */
	char source[GCLK_LINK_NAME_MAX];  /* name of the selected source; ASCII, "": none */
	char version[GCLK_LINK_TEXT_MAX]; /* of guestclockd */
} GclkLinkGuest;

/* What has happened to a guest, or to the host's clock. */
typedef enum {
	GCLK_LINK_EVENT_OTHER, /* and numbers not known here */
	GCLK_LINK_EVENT_RESUMED,
	GCLK_LINK_EVENT_RESTORED, /* from a snapshot or a saved state */
	GCLK_LINK_EVENT_MIGRATED,
	GCLK_LINK_EVENT_HOST_CLOCK, /* the host's clock was stepped, lost its hold, or has it again
				     */
	GCLK_LINK_EVENTS,
} GclkLinkEvent;

/* "something happened", "resumed", "restored", "migrated", "the host's clock changed" */
const char *gclk_link_event_name(GclkLinkEvent event);
/* Does it stop or jump the guest's clocks? */
gboolean gclk_link_event_disrupts(GclkLinkEvent event);
/* "none", "ptp", "host", "ntp" */
const char *gclk_link_source_name(GclkLinkSource source);

typedef struct {
	GclkNtpHeader header;
	gboolean has_host, has_guest, has_event;
	GclkLinkHost host;
	GclkLinkGuest guest;
	GclkLinkEvent event;
} GclkLinkPacket;

/* --- packets ---------------------------------------------------------------------------------- */

/* From the payload of a frame. FALSE: not an NTP packet of version 4 and mode 3, 4 or 5, or its
   fields do not fit. Fields that are not known, of a later version or too short to be understood
   are passed over; of a field that stands twice the first that is understood counts. Values outside
   their range read as unknown (protocol, bound), unsynchronised (state), none or 0; texts come out
   printable ASCII. What stands behind the fields (a MAC) is not looked at. */
gboolean gclk_link_packet_decode(const guint8 *bytes, gsize length, GclkLinkPacket *out);

/* The whole frame, with its header and the fields that are set; returns its length. */
gsize gclk_link_packet_encode(const GclkLinkPacket *packet, guint8 frame[GCLK_LINK_FRAME_MAX]);

/* A request with that nonce (never 0); poll: log2 s. Add fields before it is encoded. */
void gclk_link_request(GclkLinkPacket *out, guint64 nonce, gint poll);

/* Turns *out, whose header says what the answering end says of itself (leap, stratum, precision,
   root delay and dispersion, refid, reference), into the answer to a request that was received at
   that NTP timestamp. The transmit timestamp is the caller's, just before the write: see stamp. */
void gclk_link_answer(GclkLinkPacket *out, const GclkNtpHeader *request, guint64 receive);

/* Puts the transmit timestamp into an encoded frame: the last thing before the write. */
void gclk_link_stamp(guint8 frame[GCLK_LINK_FRAME_MAX], guint64 transmit);

/* --- frames ----------------------------------------------------------------------------------- */

typedef struct {
	guint8 bytes[GCLK_LINK_FRAME_MAX];
	gsize have;     /* of a frame not yet whole */
	guint64 frames; /* whole ones, handed on */
	guint64 noise;  /* bytes passed over in search of a frame */
	guint64 cut;    /* halves dropped */
} GclkLinkReader;       /* all zero at first */

/* payload: 48 .. GCLK_LINK_PACKET_MAX bytes, a multiple of 4, valid during the call. FALSE: stop
   here, the rest of what was fed is dropped and the reader is not touched any more (it may have
   been freed). */
typedef gboolean (*GclkLinkPayloadFunc)(gpointer user, const guint8 *payload, gsize length);

/* Takes in what was read from the stream, in pieces as they come. FALSE: func has stopped it. */
gboolean gclk_link_reader_feed(GclkLinkReader *reader, const guint8 *bytes, gsize length,
	GclkLinkPayloadFunc func, gpointer user);

/* Does it hold half a frame? Then it is to be cut after GCLK_LINK_PATIENCE without a byte. */
static inline gboolean gclk_link_reader_half(const GclkLinkReader *reader)
{
	return reader->have > 0;
}

/* Drops half a frame: nothing came for a while, or the other end has hung up. */
void gclk_link_reader_cut(GclkLinkReader *reader);

#endif
