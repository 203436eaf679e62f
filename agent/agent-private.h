/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's insides, shared by agent.c (what is done) and agent-status.c (what is told). */
#ifndef GUESTCLOCK_AGENT_PRIVATE_H
#define GUESTCLOCK_AGENT_PRIVATE_H

#include "agent.h"
#include "detect/clock-watch.h"
#include "detect/tick-watch.h"
#include "discipline/actuator.h"
#include "discipline/estimator.h"
#include "discipline/host-claim.h"
#include "discipline/selection.h"
#include "guestclock/leap-seconds.h"
#include "guestclock/ptp-table.h"

/* What was learned is written down this often. */
#define GCLK_AGENT_SAVE_INTERVAL (600 * GCLK_NS_PER_S)

/* What is believed of a rate never measured: crystals and TSC calibrations, 1 sigma. */
#define GCLK_AGENT_SIGMA_UNKNOWN_PPB 50000.0

/* By so many samples the rate of a source is known. */
#define GCLK_AGENT_SAMPLES_SETTLED 8

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
	gboolean contradicts; /* the others, when it was last clear what it says */
	gboolean waits;       /* ... before a disruption: they are heard first */
	gboolean strayed;     /* its clock was set, and does not agree with the others since */
} GclkSlot;

/* The last disruption. */
typedef struct {
	guint64 count;     /* since the start */
	char *what;        /* NULL: there was none */
	gint64 boottime;   /* when it was seen, ns */
	gint64 raw;        /* the same in RAW */
	gboolean open;     /* no source has told what the time is now */
	gboolean may_step; /* one step either way is allowed, until every source was heard */
	gboolean stepped;  /* it has been made; another one takes more */
	guint witnesses;   /* who has told of it: bits by GclkWitness */
} GclkDisruption;

/* What lay between the time and the clock of a host that does not know it: see agent-hold.c. */
typedef struct {
	const GclkSlot *slot; /* NULL: there was no such clock */
	gint64 last_raw;      /* the sample of the selected source that it was noted at */
	gint64 raw;           /* RAW then, ns */
	gint64 ahead;         /* reference minus the host's clock, ns */
	gint64 bound;         /* how far that may be off, ns */
	gint64 jump_raw;      /* the last jump of the host's clock before */
} GclkHold;

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
	GclkClockWatch watch; /* of REAL */
	GclkClockWatch sleep; /* of the time since boot */
	GclkTickWatch *ticks;
	GclkHostReader host; /* read NULL: none */
	guint heartbeat;     /* timer */
	guint settling; /* timer: no longer than this is waited for slow sources at the start */
	gboolean first; /* the clock has not been corrected since the start */
	gboolean fresh; /* ... nor by an earlier guestclockd since boot */

	GclkClockPair now;       /* of the last decision */
	char *clocksource;       /* of the kernel, or NULL */
	gint64 clocksource_raw;  /* RAW time when it was last seen to be that one */
	guint clocksource_watch; /* timer */
	char *beyond_reach;      /* the rate is: why, for people; else NULL */
	GclkDisruption disruption;
	gint64 host_set_raw;     /* RAW time when the host said that its clock was set; 0: never */
	GclkSlot *jumped;        /* its clock has jumped: it, or this guest's? NULL: none has */
	GclkHostClaim claim;     /* what the host says of its clock */
	const GclkSlot *claimer; /* by whom; NULL: by nobody yet */
	gboolean claim_awaited;  /* it was disrupted since, and may be another host */
	GclkHold hold;
	gboolean held;          /* no source, and the host's clock holds the rate */
	const GclkSlot *holder; /* that one, while held */
	gint64 moved_raw;       /* RAW time when REAL was last moved by somebody else; 0: never */
	GclkSlot *selected;     /* or NULL */
	GclkLeap leap_ahead;    /* what the last one selected announced */
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

/* agent-disruption.c: the clocks were moved, by whomever: asks every source what the time is. */
void gclk_agent_disturbed(GclkAgent *agent);
/* As gclk_agent_disrupted, while the agent looks at the clocks: without a decision. */
void gclk_agent_begin_disruption(GclkAgent *agent, GclkWitness witness, const char *what);
/* A source's clock has jumped against RAW. Was it that clock, or ours? Others can tell, later. */
void gclk_agent_note_jump(GclkAgent *agent, GclkSlot *slot);
/* The host says that its own clock was set: a jump that it makes now is its own. */
void gclk_agent_note_host_set(GclkAgent *agent);
void gclk_agent_look_at_jump(GclkAgent *agent);
/* Has every source had its say since the start or the disruption, or time enough for it? */
gboolean gclk_agent_all_heard(const GclkAgent *agent);
void gclk_agent_end_waits(GclkAgent *agent);
/* This was done to the clock: a disruption may be over. */
void gclk_agent_note_correction(GclkAgent *agent, GclkServoAction action);
/* Why the state is `disrupted`; caller frees. */
char *gclk_agent_disruption_reason(const GclkAgent *agent);

/* agent-claim.c: the host says so of its clock; NULL: it says nothing any more, and nothing but its
   doubts is remembered, for a while. */
void gclk_agent_take_claim(
	GclkAgent *agent, const GclkSlot *slot, const GclkLinkHost *host, gint64 raw);
/* It may be another host now. */
void gclk_agent_doubt_claim(GclkAgent *agent);
/* The source goes, and what was said by it. */
void gclk_agent_forget_claim(GclkAgent *agent, const GclkSlot *slot);
/* What was claimed goes for this sample too, if its source shows the host's clock. */
void gclk_agent_bind_claim(const GclkAgent *agent, const GclkSlot *slot, GclkSample *sample);
/* Why the source must not be used as time, by what the host says or has yet to say; static text, or
   NULL. */
const char *gclk_agent_claim_refusal(const GclkAgent *agent, const GclkSlot *slot);
/* After a disruption the source waits for the host's word. */
gboolean gclk_agent_awaits_claim(const GclkAgent *agent, const GclkSlot *slot);

/* agent-hold.c: the time is known; notes what lies between it and the host's clock. */
void gclk_agent_note_hold(GclkAgent *agent);
/* No source is selected: carries the estimate on, by what was learned, or by the host's clock where
   that is better. */
void gclk_agent_hold(GclkAgent *agent);
void gclk_agent_end_hold(GclkAgent *agent);
/* Adds to the reason why there is no source that the rate is held; *reason is replaced. */
void gclk_agent_tell_hold(const GclkAgent *agent, char **reason);

/* agent-select.c: asks all sources, sets selected, single and origins; *reason: why there is none.
 */
void gclk_agent_select(GclkAgent *agent, char **reason);
/* Reference minus REAL, ns, from reference minus RAW. */
gint64 gclk_agent_offset(const GclkAgent *agent, const GclkEstimate *estimate);
gint64 gclk_agent_poll_interval(const GclkSlot *slot);
/* No sample for too long. */
gboolean gclk_agent_is_stale(const GclkAgent *agent, const GclkSlot *slot);

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
/* From now on sources have some seconds to speak; see gclk_agent_all_heard. */
void gclk_agent_begin_settling(GclkAgent *agent);
/* Writes what was learned to the state directory. */
void gclk_agent_remember(GclkAgent *agent);

#endif
