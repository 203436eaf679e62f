/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PTP management messages (IEEE 1588-2008, clause 15) as ptp4l speaks them on its UNIX datagram
 * sockets: one GET of 54 bytes, and the answers to it. All numbers are big-endian.
 */
#ifndef GUESTCLOCK_PTP4L_MESSAGE_H
#define GUESTCLOCK_PTP4L_MESSAGE_H

#include <glib.h>

#define GCLK_PTP_GET_SIZE 54
/* The largest message that ptp4l sends is one Ethernet frame. */
#define GCLK_PTP_MESSAGE_MAX 1500

/* Table 40 of the standard; those from 0xC000 on are linuxptp's own (tlv.h). */
enum {
	GCLK_PTP_DEFAULT_DATA_SET = 0x2000,
	GCLK_PTP_CURRENT_DATA_SET = 0x2001,
	GCLK_PTP_PARENT_DATA_SET = 0x2002,
	GCLK_PTP_TIME_PROPERTIES_DATA_SET = 0x2003,
	GCLK_PTP_PORT_DATA_SET = 0x2004,
	GCLK_PTP_TIME_STATUS_NP = 0xC000,
	GCLK_PTP_PORT_PROPERTIES_NP = 0xC004,
};

typedef struct {
	guint16 id;
	guint16 sequence;
	guint16 port; /* a number for the asker, which comes back */
	guint8 domain;
	guint8 transport_specific; /* 0 .. 15; 1 with gPTP */
} GclkPtpAsk;

void gclk_ptp_get_encode(const GclkPtpAsk *ask, guint8 out[GCLK_PTP_GET_SIZE]);

typedef struct {
	GclkPtpAsk ask; /* what it answers */
	guint16 error;  /* managementErrorId, table 72 (6: not supported); 0: none */
	const guint8 *data;
	gsize length; /* of data; 0 with an error */
} GclkPtpAnswer;

/* FALSE: not an answer to a GET, or cut short. data points into message. */
gboolean gclk_ptp_answer_parse(const guint8 *message, gsize length, GclkPtpAnswer *out);

#endif
