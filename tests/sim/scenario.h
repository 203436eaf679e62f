/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario: a world, what happens in it, and what the clock may not do. All in seconds. */
#ifndef GUESTCLOCK_SIM_SCENARIO_H
#define GUESTCLOCK_SIM_SCENARIO_H

#include "world.h"

#define SIM_EVENTS_MAX 8

typedef enum {
	SIM_NOTHING,
	SIM_SERVER_DOWN, /* value: which one, from 0 */
	SIM_SERVER_UP,
	SIM_SERVER_OFFSET, /* server 0 begins to lie by value seconds */
	SIM_PTP_GONE,
	SIM_PTP_BACK,
	SIM_PAUSE,       /* for value seconds */
	SIM_SUSPEND,     /* for value seconds; the kernel moves REAL on by as much */
	SIM_LEAP_SECOND, /* UTC is stepped by value: -1 inserts one */
	SIM_FREQUENCY,   /* RAW runs faster by value ppm */
	SIM_SET_CLOCK,   /* somebody moves REAL by value seconds */
	SIM_READ_ONLY,   /* no file can be written any more */
	SIM_RESTART,     /* guestclockd is killed and started again */
	SIM_KILL,        /* guestclockd is killed for good */
	SIM_STOPS,       /* from now on this share of the time is taken, in stops under 50 ms */
	SIM_CURE,        /* the kernel takes a clocksource that does not depend on ticks */
	SIM_RESTORE,     /* a snapshot is restored, value seconds after it was taken */
	SIM_MIGRATION,   /* to another host; RAW runs faster by value ppm */
	SIM_HOST_STEP,   /* the host's clock is moved by value seconds */
	SIM_HOST_SET,    /* the same, and the host says so */
	SIM_HOST_RATE,   /* the host's clock is fast by value ppm from now on */
	SIM_HOST_LOST,   /* the host says that its clock is not synchronised */
	SIM_HOST_FOUND,  /* ... that it is again, and it is */
	SIM_HOST_GONE,   /* nobody serves the link on the host */
	SIM_HOST_BACK,
} SimHappening;

typedef struct {
	double at; /* seconds from the start */
	SimHappening what;
	double value;
} SimEvent;

typedef struct {
	const char *name;
	const char *tells;      /* one line for people */
	double length, settled; /* statistics begin at settled */
	double start_offset;    /* true time minus REAL: + the clock starts behind */
	SimOscillator oscillator;
	double stops; /* share of the time that the machine does not get, in stops under 50 ms */
	guint n_servers;
	SimServer server; /* all servers are like this one ... */
	double liar;      /* ... but the last one, if this is not 0: its offset */
	gboolean has_ptp;
	SimPtp ptp;
	gboolean has_link;
	SimHost host;
	gint min_poll, max_poll, ptp_poll, link_poll;
	gint64 epoch; /* true time at the start, s since 1970; 0: 2026-11-21 */
	SimEvent events[SIM_EVENTS_MAX];
	/* what must hold */
	double converge_limit,
		converge_within;     /* |error| stays below the limit from then on, until settled */
	double rms_limit, max_limit; /* from settled to the end */
	double recover_from, recover_within; /* after an event: back below converge_limit */
	double final_rate_ppb;               /* |rate of REAL| at the end, if not 0 */
	const char *final_state;             /* the word of status.json, if not NULL */
	const char *finding;                 /* one there at the end, if not NULL */
	const char *ticks;    /* the verdict on them at the end; NULL: neither losing nor gaining */
	const char *selected; /* name of the source at the end, if not NULL */
	const char *reason;   /* part of the reason at the end, if not NULL */
	guint steps;          /* how many steps are right */
	guint disruptions;    /* how many the daemon has to notice */
} SimScenario;

/* Ended by one without a name. */
extern const SimScenario sim_scenarios[];
extern const SimScenario sim_early_scenarios[];
extern const SimScenario sim_tick_scenarios[];
extern const SimScenario sim_host_scenarios[];

typedef struct {
	double rms, max;  /* error of REAL from settled to the end, s */
	double converged; /* when |error| fell below the limit for good (up to settled), s; < 0:
			     never */
	double recovered; /* the same after recover_from; < 0: never */
	double rate_ppb;  /* of REAL at the end */
	double worst_bound_ratio; /* largest |error| / stated bound once the clock was corrected */
	guint64 steps, packets;
	double lost_ppm, told_ppm; /* what RAW lost from settled on; what the status says of it */
	char *ticks;
	char *state, *reason, *selected, *findings; /* findings: ids with blanks around them */
	guint64 disruptions;
} SimResult;

extern gboolean sim_verbose; /* print the daemon's log */

/* Runs it with this seed. */
void sim_scenario_run(const SimScenario *scenario, guint64 seed, SimResult *result);
void sim_result_clear(SimResult *result);

#endif
