/* SPDX-License-Identifier: BSD-2-Clause */
/* An agent in a small simulated world, for tests of what it does and says. */
#ifndef GUESTCLOCK_AGENT_BED_H
#define GUESTCLOCK_AGENT_BED_H

#include "agent.h"
#include "world.h"

#define BED_EPOCH (1795219200 * GCLK_NS_PER_S)

typedef struct {
	SimWorld world;
	GclkPlatform *platform;
	GclkConfig *config;
	GclkEnvironment environment;
	GclkAgent *agent;
	guint reports, urgent;
} Bed;

/* NTP servers at 192.0.2.1 ..; RAW is fast by ppm. Nothing else is there until it is put into the
   world before the start. */
void bed_init(Bed *bed, guint n_servers, double ppm);
void bed_add_server(Bed *bed, guint number);
/* A link to a host whose clock is held, by rounds 16 s apart. */
void bed_add_link(Bed *bed);
/* A precision clock of the hypervisor. */
void bed_add_ptp(Bed *bed);
void bed_start(Bed *bed, gboolean steers);
void bed_run(Bed *bed, gint64 seconds);
void bed_clear(Bed *bed);

/* True time minus REAL, ns. */
gint64 bed_error(const Bed *bed);

/* The status now, in place of the one before; the last one is the caller's. */
GclkStatus *bed_status(Bed *bed, GclkStatus **status);

/* By id, or by name; NULL: there is none. */
const GclkFinding *bed_finding(const GclkStatus *status, const char *id);
const GclkSourceStatus *bed_source(const GclkStatus *status, const char *name);

#endif
