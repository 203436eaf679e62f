/* SPDX-License-Identifier: BSD-2-Clause */
/* What is around the simulated machine: servers on a network, a precision clock. */
#ifndef GUESTCLOCK_SIM_WORLD_H
#define GUESTCLOCK_SIM_WORLD_H

#include "vm.h"

#define SIM_SERVERS_MAX 4

typedef struct {
	gint64 delay;       /* least one-way delay, ns */
	gint64 delay_noise; /* mean of the exponential part, each way, ns */
	double loss;        /* share of packets lost, each way */
	gint64 offset;      /* the server's clock minus true time, ns */
	guint8 stratum;     /* 16: not synchronised */
	GclkLeap leap;
	gboolean down; /* answers nothing */
} SimServer;

typedef struct {
	gint64 noise;         /* standard deviation of a reading, ns */
	gint64 bracket;       /* least width of the bracket; 0: PRECISE works */
	gint64 bracket_noise; /* mean of the exponential part before and after the reading, ns */
	gint64 offset;        /* the device's clock minus true time, ns */
	gboolean gone;        /* the device is not there */
} SimPtp;

typedef struct {
	SimVm *vm;
	SimServer servers[SIM_SERVERS_MAX]; /* at 192.0.2.1 .. */
	guint n_servers;
	gboolean has_ptp; /* /dev/ptp0, "KVM virtual PTP" */
	SimPtp ptp;
	const char *clocksource; /* NULL: jiffies or tsc, as it behaves */
	gboolean read_only; /* files cannot be written */
	guint64 packets;    /* sent by the guest */
} SimWorld;

/* The guest's platform in this world. */
GclkPlatform *sim_platform_new(SimWorld *world);

#endif
