/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks of `hostclock doctor`, each pure: from what was read to findings, which are added.
 * Those of HostSync are there already; a check that comes to the same adds its evidence to them.
 */
#ifndef GUESTCLOCK_DOCTOR_CHECK_H
#define GUESTCLOCK_DOCTOR_CHECK_H

#include "doctor/domain-clock.h"
#include "doctor/hook-view.h"
#include "doctor/time-config.h"
#include "gate/domains.h"
#include "guestclock/finding.h"
#include "sync/sync.h"

/* --- the gate --------------------------------------------------------------------------------- */

typedef enum {
	GCLK_GATE_UNSEEN,     /* it could not be looked at */
	GCLK_GATE_NOT_HERE,   /* this host has no libvirt */
	GCLK_GATE_ABSENT,     /* no hook of ours */
	GCLK_GATE_DEAF,       /* there is one, and libvirt starts VMs without asking it */
	GCLK_GATE_MAY_BE_OFF, /* it is doubtful whether libvirt calls it */
	GCLK_GATE_ASKED,      /* libvirt calls it, whatever comes of that */
} GclkGateStanding;

GclkGateStanding gclk_check_hook(const GclkHookView *view, GPtrArray *findings);

typedef struct {
	gboolean enforce;
	const char *config_file, *switch_file;
	gint64 config_since, switch_since; /* when it changed last, Unix time, s; 0: it is not there
					    */
} GclkGateSwitch;

void gclk_check_switch(const GclkGateSwitch *view, GPtrArray *findings);

/* --- the daemons ------------------------------------------------------------------------------ */

/* HostSync as a finding; its own are added, each once. */
void gclk_check_sync(const GclkHostSync *sync, GPtrArray *findings);

/* How many servers there are, own clocks among them, servers that smear leap seconds. */
void gclk_check_servers(const GclkTimeConfig *config, GPtrArray *findings);
/* chronyd: who may ask it, makestep. */
void gclk_check_chrony(const GclkTimeConfig *config, GPtrArray *findings);
/* ntpd: its restrict lines. */
void gclk_check_restrict(const GclkTimeConfig *config, GPtrArray *findings);

/* Who keeps the clock that the next boot begins with. chrony: its configuration, if it runs and
   steers, or NULL. */
void gclk_check_rtc(const GclkTimeConfig *chrony, const GclkHostSync *sync,
	const GclkKernelClock *kernel, GPtrArray *findings);

typedef struct {
	gint64 pid;
	const char *socket; /* where its read-only socket would be */
	gboolean there;
} GclkPtp4lSocket;

void gclk_check_ptp4l(const GclkPtp4lSocket *socket, GPtrArray *findings);

/* --- the domains ------------------------------------------------------------------------------ */

typedef struct {
	const GclkDomain *domain;
	gboolean has_clock; /* its XML could be understood */
	GclkDomainClock clock;
} GclkDomainCase;

/* One finding a kind, with the names. */
void gclk_check_domains(const GclkDomainCase *cases, gsize n, GclkGateStanding gate,
	const GclkHostSync *sync, GPtrArray *findings);

/* --- what they share -------------------------------------------------------------------------- */

/* The finding of that id whose statement begins with the daemon's name, if there is one; else a new
   one, whose statement begins so: "DAEMON ...". */
GclkFinding *gclk_check_tell(GPtrArray *findings, const char *daemon, const char *id,
	GclkSeverity severity, const char *remedy, const char *format, ...) G_GNUC_PRINTF(6, 7);
/* The finding that says that the daemon could not be asked, or NULL. */
GclkFinding *gclk_check_mute(const GPtrArray *findings, const char *daemon);
/* A line of a configuration as evidence. */
void gclk_check_show(GclkFinding *finding, const GclkConfigLine *line);

#endif
