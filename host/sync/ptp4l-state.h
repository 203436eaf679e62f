/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one ptp4l has answered, and what that means. Pure.
 *
 * The traps: after the master has died, gmPresent stays 1 and master_offset keeps its last value;
 * only the port's state and ingress_time tell. With free_running the port never gets beyond
 * UNCALIBRATED, however well it measures. (Seen with linuxptp 3.1.1 and 4.4.)
 */
#ifndef GUESTCLOCK_PTP4L_STATE_H
#define GUESTCLOCK_PTP4L_STATE_H

#include "sync/daemon-report.h"
#include "sync/ptp4l-message.h"
#include "sync/ptp4l-settings.h"

#define GCLK_PTP4L_PORTS_MAX 32

/* Port states, IEEE 1588-2008 table 8. */
enum {
	GCLK_PTP_PORT_INITIALIZING = 1,
	GCLK_PTP_PORT_FAULTY = 2,
	GCLK_PTP_PORT_DISABLED = 3,
	GCLK_PTP_PORT_LISTENING = 4,
	GCLK_PTP_PORT_PRE_MASTER = 5,
	GCLK_PTP_PORT_MASTER = 6,
	GCLK_PTP_PORT_PASSIVE = 7,
	GCLK_PTP_PORT_UNCALIBRATED = 8,
	GCLK_PTP_PORT_SLAVE = 9,
};
/* "SLAVE" ..., "state 77" for another. Static, or in buffer. */
const char *gclk_ptp_port_state_name(guint8 state, char buffer[16]);

typedef struct {
	guint16 number;
	guint8 state;
	gint8 log_sync_interval; /* as it is configured here */
	GclkPtpStamping stamping;
	char interface[32]; /* "": not told */
} GclkPtp4lPort;

/* All zero: nothing answered yet. */
typedef struct {
	guint answered, refused; /* bits: places in gclk_ptp4l_ids */
	guint16 number_ports;
	guint8 own_class; /* if it were the grandmaster */
	guint8 clock_identity[8];
	gint64 path_delay; /* mean, ns */
	guint8 gm_identity[8];
	guint8 gm_class, gm_accuracy;
	gint utc_offset; /* TAI minus UTC, s */
	guint8 time_flags;
	gint64 master_offset; /* this clock minus the master's, ns */
	gint64 ingress_time;  /* of the last Sync, by the clock that stamps packets; 0: none */
	gboolean gm_present;
	GclkPtp4lPort ports[GCLK_PTP4L_PORTS_MAX];
	guint n_ports;      /* known by PORT_DATA_SET */
	guint n_properties; /* of which PORT_PROPERTIES_NP is known */
} GclkPtp4lState;

/* What is asked for, in this order. */
#define GCLK_PTP4L_IDS 7
extern const guint16 gclk_ptp4l_ids[GCLK_PTP4L_IDS];

/* Takes in an answer. FALSE: too short for what it claims to be, or not asked for. */
gboolean gclk_ptp4l_state_take(GclkPtp4lState *state, const GclkPtpAnswer *answer);
/* Has this data set come? */
gboolean gclk_ptp4l_has(const GclkPtp4lState *state, guint16 id);
/* Has everything come that will come? */
gboolean gclk_ptp4l_state_complete(const GclkPtp4lState *state);
/* The port that matters: a slave, else one on the way to it, else a master, else the first; NULL:
   none is known. */
const GclkPtp4lPort *gclk_ptp4l_state_port(const GclkPtp4lState *state);
/* By what the port says, else by what the process was told. */
GclkPtpStamping gclk_ptp4l_stamping(const GclkPtp4lState *state, const GclkPtp4lSettings *settings);

/* What is known beside the answers. */
typedef struct {
	const GclkPtp4lSettings *settings;
	gboolean process_seen;
	gboolean able; /* to set the system clock; with process_seen */
	gint64 real;   /* CLOCK_REALTIME, ns */
	gboolean has_phc;
	gint64 phc;         /* the clock that stamps packets, at the same moment, ns */
	const char *device; /* that clock, or the interface; NULL: not known */
} GclkPtp4lView;

/* Fills in all else that answers and view tell; presence becomes ANSWERS, or GARBLED when what
   matters has not come. */
void gclk_ptp4l_judge(
	const GclkPtp4lState *state, const GclkPtp4lView *view, GclkDaemonReport *report);

/* The second proof alone: steers and why. */
void gclk_ptp4l_judge_steers(
	const GclkPtp4lState *state, const GclkPtp4lView *view, GclkDaemonReport *report);

/* "6a0a5b.fffe.155865", as pmc(8) and ptp4l(8) write it. */
void gclk_ptp_identity_format(const guint8 identity[8], char buffer[20]);
/* clockAccuracy of IEEE 1588-2019, table 5, ns; unknown for other values. */
gint64 gclk_ptp_accuracy(guint8 accuracy);

#endif
