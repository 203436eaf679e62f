/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ptpd writes of itself: its status file, and its statistics log. ESXi's ptpd shows the same
 * status with `esxcli system ptp stats get`, as a table of two columns, and the same log as
 * ptpd.stats. Pure; keys are matched tolerantly, and those that are not known are kept to be shown.
 */
#ifndef GUESTCLOCK_PTPD_STATUS_H
#define GUESTCLOCK_PTPD_STATUS_H

#include "sync/daemon-report.h"

/* A figure that was not told. */
#define GCLK_PTPD_UNKNOWN G_MININT64

typedef enum {
	GCLK_PTPD_STATE_UNKNOWN,
	GCLK_PTPD_STATE_INITIALIZING,
	GCLK_PTPD_STATE_FAULTY,
	GCLK_PTPD_STATE_DISABLED,
	GCLK_PTPD_STATE_LISTENING,
	GCLK_PTPD_STATE_MASTER,
	GCLK_PTPD_STATE_PASSIVE,
	GCLK_PTPD_STATE_UNCALIBRATED,
	GCLK_PTPD_STATE_SLAVE,
} GclkPtpdState;

typedef struct {
	GclkPtpdState state;
	char *master;         /* its identity; or NULL */
	char *address;        /* its IP address; or NULL */
	char *interface;      /* or NULL */
	char *transport;      /* "ipv4, multicast"; or NULL */
	char *clock_status;   /* "calibrated, in control"; or NULL */
	gint clock_class;     /* of the grandmaster; -1: not told */
	gint64 master_offset; /* this clock minus the master's, ns */
	gint64 path_delay;    /* ns */
	gint64 drift_ppb;     /* correction of its rate, as ptpd says it */
	gint64 announces;     /* received since it started */
	gint utc_offset;      /* 0: not told */
	gboolean utc_valid;
	guint known;        /* keys, or lines of the log, that were understood */
	GPtrArray *unknown; /* char *: keys that were not, at most 32; never NULL */
} GclkPtpdStatus;

/* "Key : value", or a table with at least two blanks between its columns. Call with a cleared
   struct; gclk_ptpd_status_clear frees. */
void gclk_ptpd_status_parse(const char *text, gsize length, GclkPtpdStatus *out);
/* The last line of the log that is whole:
   time, state, master, one way delay, offset from master, slave to master, master to slave,
   drift, ... Offsets and delays in seconds, the drift in ppb. */
void gclk_ptpd_statistics_parse(const char *text, gsize length, GclkPtpdStatus *out);
void gclk_ptpd_status_init(GclkPtpdStatus *status);
void gclk_ptpd_status_clear(GclkPtpdStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkPtpdStatus, gclk_ptpd_status_clear)

/* "Announce received", "AnnounceReceived" and "announce_received" are one key. */
gboolean gclk_ptpd_same_key(const char *a, const char *b);

/* Fills in the first proof. age: of what was read, ns; -1: not known, and then nothing counts as
   fresh. */
void gclk_ptpd_judge(const GclkPtpdStatus *status, gint64 age, GclkDaemonReport *report);

#endif
