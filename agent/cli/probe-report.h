/* SPDX-License-Identifier: BSD-2-Clause */
/* What a probe found, as text for people and as JSON. Pure: from a struct to text. */
#ifndef GUESTCLOCK_PROBE_REPORT_H
#define GUESTCLOCK_PROBE_REPORT_H

#include "source/ntp-exchange.h"

typedef enum {
	GCLK_PROBE_USABLE,
	GCLK_PROBE_REFUSED,   /* it answered, and the answer cannot be used */
	GCLK_PROBE_NO_ANSWER, /* reply.verdict GOOD: nothing came at all */
} GclkProbeVerdict;

#define GCLK_PROBE_ADDRESSES 16

/* An address that was tried before the one that the probe is about. */
typedef struct {
	GclkAddress address;
	char *reason; /* why it is not that one; owned */
} GclkProbeFailure;

typedef struct {
	const char *server;  /* as asked for */
	GclkAddress address; /* the last that was tried; family 0: the name was not resolved */
	gsize addresses;     /* that the name has; 1 for a numeric one */
	GclkProbeFailure failures[GCLK_PROBE_ADDRESSES];
	gsize n_failures;
	guint requests;        /* that were sent, to all of them */
	const GclkNtpKey *key; /* or NULL */
	GclkProbeVerdict verdict;
	GclkNtpReply reply; /* the answer, or what came instead of one */
	GclkSample sample;  /* with GCLK_PROBE_USABLE */
	char *silence;      /* why nothing was sent or came; owned */
	gboolean own;       /* REFUSED: it is this machine's own address, see silence */
} GclkProbe;

/* Frees what is owned. */
void gclk_probe_clear(GclkProbe *probe);

/* At most 80 columns. Caller frees. */
char *gclk_probe_to_text(const GclkProbe *probe, gboolean color);

/* One object; units are in the names, what is not known is null. Caller frees. */
char *gclk_probe_to_json(const GclkProbe *probe);

#endif
