/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ESXi host prints of its clock, as lines: the human layouts of esxcli and ntpq are not
 * documented and change, so esxcli's JSON and keyvalue forms are made into the same plain lines
 * "key: value" first. Pure.
 */
#ifndef GUESTCLOCK_ESXI_TEXT_H
#define GUESTCLOCK_ESXI_TEXT_H

#include "guestclock/sample.h"

/* More is not read. */
#define GCLK_ESXI_TEXT_MAX (1024 * 1024)

/* A line of `ntpq -p`. */
typedef struct {
	char tally; /* '*' system peer, 'o' with PPS, '+', '-', 'x', ' ' ... */
	char *remote, *refid;
	gint stratum;                 /* -1: not told */
	char type;                    /* 'l': a local clock or receiver */
	gint64 when;                  /* ns since the last packet; -1: none yet */
	guint reach;                  /* octal in the table */
	gint64 delay, offset, jitter; /* ns; offset: reference minus host clock */
} GclkNtpqPeer;

typedef struct {
	GString *status;        /* lines "key: value" of PTP, for ptpd-status.h */
	GString *statistics;    /* lines of ptpd.stats */
	gint64 statistics_time; /* of the last one, ns since 1970; 0: none */
	gboolean has_peers;     /* a table of ntpq was there, perhaps an empty one */
	GArray *peers;          /* GclkNtpqPeer */
	gboolean has_ntp;       /* esxcli system ntp get was there */
	gboolean ntp_enabled;
	char *ntp_servers;  /* or NULL */
	char *clock_source; /* "ptp", "ntp": which of the two steers, or NULL */
} GclkEsxiText;

/* Any number of outputs one after the other, in any of the forms. */
void gclk_esxi_text_parse(const char *text, gsize length, GclkEsxiText *out);
void gclk_esxi_text_clear(GclkEsxiText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkEsxiText, gclk_esxi_text_clear)

#endif
