/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's insides, shared by agent.c (what is done) and agent-status.c (what is told). */
#ifndef GUESTCLOCK_AGENT_PRIVATE_H
#define GUESTCLOCK_AGENT_PRIVATE_H

#include "agent.h"
#include "detect/clock-watch.h"
#include "detect/tick-watch.h"
#include "discipline/actuator.h"
#include "discipline/estimator.h"
#include "discipline/selection.h"
#include "guestclock/leap-seconds.h"

/* What was learned is written down this often. */
#define GCLK_AGENT_SAVE_INTERVAL (600 * GCLK_NS_PER_S)

/* What is believed of a rate never measured: crystals and TSC calibrations, 1 sigma. */
#define GCLK_AGENT_SIGMA_UNKNOWN_PPB 50000.0

/* A source with its estimator and what was last said of it. */
typedef struct {
	GclkAgent *agent;
	GclkSource *source;
	GclkEstimator *estimator;
	char *key;
	gboolean sampled;
	GclkSample last;       /* the last sample, valid when sampled */
	GclkStanding standing; /* of the last selection */
	char *reason;
} GclkSlot;

struct GclkAgent {
	GclkPlatform *platform;
	const GclkConfig *config;
	const GclkEnvironment *environment;
	const GclkAgentEvents *events;
	gpointer user;
	char *control_reason;
	GclkLeapTable *leap;
	gboolean running;
	gint64 started; /* boottime, ns */

	GPtrArray *slots; /* of GclkSlot */
	GclkActuator actuator;
	GclkClockWatch watch;
	GclkTickWatch *ticks;
	GclkHostReader host; /* read NULL: none */
	guint heartbeat; /* timer */
	guint settling;  /* timer: no longer than this is waited for slow sources at the start */
	gboolean first;  /* the clock has not been corrected since the start */
	gboolean fresh;  /* ... nor by an earlier guestclockd since boot */

	GclkClockPair now;       /* of the last decision */
	char *clocksource;       /* of the kernel, or NULL */
	gint64 clocksource_raw;  /* RAW time when it was last seen to be that one */
	guint clocksource_watch; /* timer */
	char *beyond_reach;      /* the rate is: why, for people; else NULL */
	gint64 moved_raw;        /* RAW time when REAL was last moved by somebody else; 0: never */
	GclkSlot *selected;      /* or NULL */
	GclkLeap leap_ahead;     /* what the last one selected announced */
	gboolean single;
	guint origins;
	GclkState state;
	char *reason;          /* why not synchronised */
	GclkEstimate estimate; /* behind offset and bound; of the last source that was selected */
	gint64 offset, bound;  /* reference minus REAL, ns, and how far that may be off */

	guint64 steps;
	gint64 last_step, last_step_boottime;
	char *last_step_reason;
	gint64 saved_raw;    /* RAW time when memory was last saved */
	GPtrArray *findings; /* of GclkFinding */
	gboolean urgent;     /* something changed since the last report */
};

/* agent-input.c: reads the clocks. TRUE: REAL has been moved since the last look, not by us. */
gboolean gclk_agent_look(GclkAgent *agent);

/* agent-select.c: asks all sources, sets selected, single and origins; *reason: why there is none.
 */
void gclk_agent_select(GclkAgent *agent, char **reason);
/* Reference minus REAL, ns, from reference minus RAW. */
gint64 gclk_agent_offset(const GclkAgent *agent, const GclkEstimate *estimate);
gint64 gclk_agent_poll_interval(const GclkSlot *slot);

/* agent.c: offset and bound for the time of the last look. */
void gclk_agent_estimate(GclkAgent *agent);
/* One turn of the pipeline, from a look at the clocks to the report. */
void gclk_agent_decide(GclkAgent *agent);
extern const GclkSourceEvents gclk_agent_source_events; /* user: the GclkSlot */
void gclk_agent_tell_sources(GclkAgent *agent, void (*tell)(GclkSource *, gint64), gint64 value);

/* agent-clocksource.c: takes it as it is, at the start. */
void gclk_agent_take_clocksource(GclkAgent *agent);
/* Looks more often, or no longer, as the tick in force asks for. */
void gclk_agent_watch_clocksource(GclkAgent *agent);
void gclk_agent_unwatch_clocksource(GclkAgent *agent);
/* Findings on the rate that is to be set. */
void gclk_agent_note_rate(GclkAgent *agent, const GclkServoOutput *out);
/* The rate is somebody else's business: no findings on it. */
void gclk_agent_forget_rate(GclkAgent *agent);

/* agent-status.c: how far REAL may be off now, ns, or unknown. */
gint64 gclk_agent_error_bound(const GclkAgent *agent);

/* agent-ticks.c: shows the watch the time, and what the selected source has taught. */
void gclk_agent_look_at_ticks(GclkAgent *agent);
/* The clock was stepped: ticks that the hypervisor has yet to deliver would come on top. */
void gclk_agent_drop_backlog(GclkAgent *agent);

/* agent-life.c: a heartbeat comes unless there is another decision before. */
void gclk_agent_await(GclkAgent *agent);
/* Writes what was learned to the state directory. */
void gclk_agent_remember(GclkAgent *agent);

#endif
