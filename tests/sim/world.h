/* SPDX-License-Identifier: BSD-2-Clause */
/* What is around the simulated machine: servers on a network, a precision clock. */
#ifndef GUESTCLOCK_SIM_WORLD_H
#define GUESTCLOCK_SIM_WORLD_H

#include "guestclock/link.h"
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

/* The machine that the simulated one runs on, as the link and the precision clock show it. */
typedef struct {
	gint64 delay, delay_noise; /* of the link, as of a server, ns */
	gint64 offset;             /* its clock minus true time, ns ... */
	gint64 since;              /* ... at this true time; it goes on by: */
	double frequency_ppm;      /* + fast */
	gboolean synchronised;     /* says so */
	GclkProtocol protocol;
	gint64 bound; /* that it claims, ns or unknown */
	GclkLeap leap;
	gboolean mute;       /* claims nothing: an NTP server and no more */
	gboolean gone;       /* nobody serves there */
	gboolean loses_news; /* event packets get lost */
	guint32 disruptions;
} SimHost;

typedef struct {
	SimVm *vm;
	SimServer servers[SIM_SERVERS_MAX]; /* at 192.0.2.1 .. */
	guint n_servers;
	gboolean has_ptp; /* /dev/ptp0, "KVM virtual PTP" */
	SimPtp ptp;
	gboolean has_link; /* SIM_CHANNEL */
	SimHost host;
	GclkStream *stream;      /* the link while the guest has it open, or NULL */
	const char *clocksource; /* NULL: jiffies or tsc, as it behaves */
	gboolean read_only;      /* files cannot be written */
	guint64 packets;         /* sent by the guest */
} SimWorld;

#define SIM_CHANNEL "virtio:" GCLK_LINK_PORT

/* The host's clock minus true time now, ns. */
gint64 sim_host_error(const SimWorld *world);
/* From now on its clock is fast by so much. */
void sim_host_rate(SimWorld *world, double frequency_ppm);
/* Something has happened: it is counted, and told at once. */
void sim_host_tells(SimWorld *world, GclkLinkEvent event);
/* It hangs up, or is there again. */
void sim_host_gone(SimWorld *world, gboolean gone);

/* The guest's platform in this world. */
GclkPlatform *sim_platform_new(SimWorld *world);

#endif
