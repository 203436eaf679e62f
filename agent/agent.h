/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipeline: sources -> estimators -> selection -> servo -> actuator -> report. One agent keeps
 * one clock. It lives on the event loop of its platform and is driven by samples and one heartbeat.
 */
#ifndef GUESTCLOCK_AGENT_H
#define GUESTCLOCK_AGENT_H

#include "config.h"
#include "detect/environment.h"
#include "detect/tick-counters.h"
#include "detect/tick-health.h"
#include "guestclock/leap-seconds.h"
#include "platform/platform.h"
#include "report/status.h"
#include "source/source.h"

typedef struct GclkAgent GclkAgent;

typedef struct {
	/* Something people or the status file should see; urgent: state, selection or findings
	 * changed. */
	void (*report)(gpointer user, GclkAgent *agent, gboolean urgent);
	/* Somebody else moved the clock: who? May be NULL. */
	void (*moved)(gpointer user, GclkAgent *agent);
	/* The verdict on the ticks has changed. May be NULL. */
	void (*ticks)(gpointer user, GclkAgent *agent);
} GclkAgentEvents;

/* steers: control is `kernel`; control_reason says why it is or is not, may be NULL. All borrowed
   and outlive the agent, but for the strings, which are copied. */
GclkAgent *gclk_agent_new(GclkPlatform *platform, const GclkConfig *config,
	const GclkEnvironment *environment, gboolean steers, const char *control_reason,
	const GclkAgentEvents *events, gpointer user);
void gclk_agent_free(GclkAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkAgent, gclk_agent_free)

/* Takes the source and starts it when the agent runs. key says what it was made of: on a reload a
   source with the same key goes on undisturbed (see gclk_agent_has_source). */
void gclk_agent_add_source(GclkAgent *agent, GclkSource *source, const char *key);
gboolean gclk_agent_has_source(const GclkAgent *agent, const char *key);
/* Keeps only the sources whose key is in the NULL-terminated list. */
void gclk_agent_keep_sources(GclkAgent *agent, const char *const *keys);
/* A new configuration is in force (policy; sources are the caller's business). */
void gclk_agent_set_config(GclkAgent *agent, const GclkConfig *config);
/* Begins or ceases to steer: a rival has gone or come. */
gboolean gclk_agent_set_control(
	GclkAgent *agent, gboolean steers, const char *reason, GError **error);

/* Takes over the clock as it is, restores the learned frequency, starts the sources. */
gboolean gclk_agent_start(GclkAgent *agent, GError **error);
/* Leaves frequency in place and what was learned in the state directory; stops the sources. */
void gclk_agent_stop(GclkAgent *agent);

/* Who sees that the clocks of this guest have stopped or jumped. Each sees a disruption once: what
   one of them tells again is another one, however soon. */
typedef enum {
	GCLK_WITNESS_HOST, /* by the link */
	GCLK_WITNESS_VMCLOCK,
	GCLK_WITNESS_VMWARE,
	GCLK_WITNESS_SLEEP, /* the time since boot went on alone */
	GCLK_WITNESS_JUMP,  /* the host's clock has jumped against this guest's */
} GclkWitness;

/* A witness has seen the clocks of this guest stop or jump ("the VM was resumed"; for log and
   status): the estimators begin anew, every source is asked for a burst, one step is allowed, and
   the state is `disrupted` until a source has told what the time is. */
void gclk_agent_disrupted(GclkAgent *agent, GclkWitness witness, const char *what);
/* How the clock is kept, for the host's table. */
void gclk_agent_tell_host(GclkAgent *agent, GclkLinkGuest *out);

/* Asks every source for a burst. */
void gclk_agent_burst(GclkAgent *agent);
/* By hand: the clock is stepped either way, at once. *text says what was done, or (FALSE) why it
   cannot be; caller frees. */
gboolean gclk_agent_step(GclkAgent *agent, char **text);

/* Has every source given enough samples, or said why it does not? */
gboolean gclk_agent_settled(const GclkAgent *agent);

/* No longer waits for sources that have not spoken: what is known now decides. */
void gclk_agent_settle(GclkAgent *agent);

/* A finding that stays until it is cleared. Logged when it appears, changes or goes. */
void gclk_agent_set_finding(GclkAgent *agent, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy);
/* The same, but new figures in the words are no news: only its coming, its going and another
   severity are logged. */
void gclk_agent_refresh_finding(GclkAgent *agent, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy);
gboolean gclk_agent_has_finding(const GclkAgent *agent, const char *id);
void gclk_agent_clear_finding(GclkAgent *agent, const char *id);

/* Has the kernel taken another clocksource? Then its rate is measured anew. To be called now and
   then; the agent does so by itself while much depends on it. */
void gclk_agent_look_at_clocksource(GclkAgent *agent);

/* Counters of this system that the ticks are held against; without them only what the sources teach
   and the RTC. Both are borrowed. To be called before the start. */
void gclk_agent_use_counters(GclkAgent *agent, const GclkTickSystem *system, const GclkTsc *tsc);
/* The hypervisor tells the host's time (VMware's backdoor): after a step of ours it is told to drop
   its backlog of ticks. Copied; NULL: it does not, or is not to be asked. */
void gclk_agent_use_host_time(GclkAgent *agent, const GclkHostReader *reader);
/* The same, for a source to read it by; NULL: there is none. */
const GclkHostReader *gclk_agent_host_time(const GclkAgent *agent);
/* What is known of the ticks now. Never NULL; valid until the loop turns. */
const GclkTickHealth *gclk_agent_ticks(const GclkAgent *agent);

GclkState gclk_agent_state(const GclkAgent *agent);

/* TAI minus UTC, s, by the newest entry of this machine's table. */
gint gclk_agent_tai_offset(const GclkAgent *agent);
/* The table itself; lives as long as the agent. */
const GclkLeapTable *gclk_agent_leap_table(const GclkAgent *agent);

/* Everything that can be said now. Caller frees. */
GclkStatus *gclk_agent_status(GclkAgent *agent);

#endif
