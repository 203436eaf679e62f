/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one time daemon of this host says of itself, and what can be seen of it: the common coin of
 * all probes. Judging all of them together is sync.h's work.
 */
#ifndef GUESTCLOCK_DAEMON_REPORT_H
#define GUESTCLOCK_DAEMON_REPORT_H

#include "guestclock/sample.h"

typedef enum {
	GCLK_DAEMON_ABSENT,    /* does not run here */
	GCLK_DAEMON_FORBIDDEN, /* runs; asking it needs more rights */
	GCLK_DAEMON_SILENT,    /* runs; no answer in time */
	GCLK_DAEMON_GARBLED,   /* answered what cannot be understood */
	GCLK_DAEMON_ANSWERS,
} GclkDaemonPresence;

/* To what it is locked. */
typedef enum {
	GCLK_REFERENCE_NONE,
	GCLK_REFERENCE_LOCAL,    /* itself */
	GCLK_REFERENCE_NTP,      /* a server */
	GCLK_REFERENCE_PTP,      /* a grandmaster */
	GCLK_REFERENCE_REFCLOCK, /* a receiver: GPS, PPS ...; as good as stratum 1 */
	GCLK_REFERENCE_PHC, /* a hardware clock or a SOCK feed; what feeds that is not known here */
	GCLK_REFERENCE_HOST, /* the clock of the machine around this one (ptp_kvm ...) */
} GclkReferenceKind;

typedef enum {
	GCLK_STEERS_UNKNOWN,
	GCLK_STEERS_NO,  /* told not to (chronyd -x), not allowed to (no CAP_SYS_TIME), or steers a
			    PHC only */
	GCLK_STEERS_YES, /* CLOCK_REALTIME */
} GclkSteers;

typedef struct {
	const char *daemon; /* "chronyd", "ptp4l" ...; static */
	gint64 pid;         /* 0: not known */
	GclkDaemonPresence presence;
	char *problem; /* why it does not answer, or what is odd; or NULL */
	char *remedy;  /* or NULL */
	GclkSteers steers;
	char *steers_why; /* half a sentence, or NULL */

	/* The first proof: locked to a reference that is fresh. Valid with presence ANSWERS. */
	gboolean locked;
	char *locked_why; /* half a sentence with the evidence, also when it is not locked */
	GclkReferenceKind reference;
	char *source;       /* server address, refid, grandmaster identity; or NULL */
	char *device;       /* "/dev/ptp0" or an interface, where there is one; or NULL */
	gboolean automatic; /* phc2sys -a: it steers only while ptp4l follows a master */
	char *feeds; /* a refclock that it feeds instead of steering: path of the SOCK, "SHM 0"; or
			NULL */
	GclkTimescale timescale; /* that it says or is told its hardware clock keeps: TAI or UTC */
	gint stratum;            /* -1: not known */
	gint clock_class;        /* of the grandmaster; -1: not known */
	gboolean has_offset;
	gint64 offset; /* reference minus the clock that it steers, ns */
	gint64 bound;  /* how far that clock may be off UTC, ns, or unknown */
	gint64 age;    /* ns since the last update from the reference; -1: not known */
	GclkLeap leap;
	gint tai_offset; /* TAI minus UTC that it believes in, s; 0: not known */
	guint n_sources; /* that are configured, of any kind */

	GPtrArray *evidence; /* char *: what was asked and what was answered, a line each; never
				NULL */
} GclkDaemonReport;

/* Unknown in everything: absent, steers unknown, stratum -1, bound unknown, age -1. */
GclkDaemonReport *gclk_daemon_report_new(const char *daemon);
void gclk_daemon_report_free(GclkDaemonReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkDaemonReport, gclk_daemon_report_free)
void gclk_daemon_report_add_evidence(GclkDaemonReport *report, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

#endif
