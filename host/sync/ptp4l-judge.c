/* SPDX-License-Identifier: BSD-2-Clause */
/* From what ptp4l has answered to a report. Pure. */
#include <string.h>

#include "guestclock/format.h"
#include "sync/ptp4l-state.h"

/* A Sync older than this many intervals, and than this at least, is not fresh. */
#define FRESH_INTERVALS 8
#define FRESH_FLOOR     (10 * GCLK_NS_PER_S)
/* Clocks that are compared may disagree by this much. */
#define AHEAD_MAX GCLK_NS_PER_S

/* Flags of TIME_PROPERTIES_DATA_SET (IEEE 1588-2008, 8.2.4). */
enum {
	FLAG_LEAP_61 = 1,
	FLAG_LEAP_59 = 2,
	FLAG_UTC_VALID = 4,
	FLAG_PTP_SCALE = 8,
	FLAG_TIME_TRACEABLE = 16,
};

typedef struct {
	const GclkPtp4lState *state;
	const GclkPtp4lView *view;
	const GclkPtp4lPort *port;
	GclkPtpStamping stamping;
	gboolean follows; /* the port is a slave, or on the way to it */
	gint64 age;       /* of the last Sync, ns; -1: none, or it cannot be told */
	gboolean fresh;
	char age_text[32];
	char gm[20];
	char state_buffer[16];
	const char *state_name;
} Judge;

/* --- is it fresh? ----------------------------------------------------------------------------- */

/* The clock that stamps packets, now. With hardware stamps and a clock that cannot be read it is
   computed from the system clock: right when that is within a second, wrong beyond, when it makes
   the age implausible or large; never small by mistake. */
static gboolean stamping_clock(const Judge *judge, gint64 *now)
{
	const GclkPtp4lState *state = judge->state;
	gint ahead = state->time_flags & FLAG_PTP_SCALE ? state->utc_offset : 0;

	switch (judge->stamping) {
	case GCLK_PTP_STAMPING_SOFTWARE:
		*now = judge->view->real;
		return TRUE;
	case GCLK_PTP_STAMPING_HARDWARE:
		*now = judge->view->has_phc ? judge->view->phc
					    : judge->view->real + ahead * GCLK_NS_PER_S;
		return judge->view->has_phc ||
		       gclk_ptp4l_has(state, GCLK_PTP_TIME_PROPERTIES_DATA_SET);
	default:
		return FALSE;
	}
}

static gint64 fresh_limit(const GclkPtp4lPort *port)
{
	gint log = CLAMP(port->log_sync_interval, -7, 7);
	gint64 interval = log >= 0 ? GCLK_NS_PER_S << log : GCLK_NS_PER_S >> -log;

	return MAX(FRESH_FLOOR, FRESH_INTERVALS * interval);
}

static void find_age(Judge *judge)
{
	gint64 now, age;

	judge->age = -1;
	if (judge->state->ingress_time == 0 || !judge->port || !stamping_clock(judge, &now) ||
		__builtin_sub_overflow(now, judge->state->ingress_time, &age) || age < -AHEAD_MAX)
		return;
	judge->age = MAX(age, 0);
	judge->fresh = judge->age <= fresh_limit(judge->port);
	gclk_format_age(judge->age, judge->age_text);
}

/* --- words ------------------------------------------------------------------------------------ */

static void tell_offset(const Judge *judge, char buffer[32])
{
	gclk_format_offset(judge->state->master_offset, buffer);
}

/* Why a port that follows a master does not count; NULL: it does. */
static char *not_fresh(const Judge *judge)
{
	if (judge->state->ingress_time == 0)
		return g_strdup("no Sync message has come from its master");
	if (judge->stamping == GCLK_PTP_STAMPING_UNKNOWN)
		return g_strdup("how old its last Sync is cannot be told: by which clock it stamps "
				"packets is not known");
	if (judge->age < 0)
		return g_strdup_printf("how old its last Sync is cannot be told%s",
			judge->view->has_phc ? ": its clock was set meanwhile"
					     : " without reading the network card's clock");
	if (!judge->fresh)
		return g_strdup_printf("the last Sync message came %s ago", judge->age_text);
	return NULL;
}

/* States in which there is no master to follow, and what they mean. */
static const char *state_meaning(guint8 state)
{
	switch (state) {
	case GCLK_PTP_PORT_INITIALIZING:
		return "it is starting";
	case GCLK_PTP_PORT_FAULTY:
		return "the network interface is down or failed";
	case GCLK_PTP_PORT_DISABLED:
		return "it is switched off";
	case GCLK_PTP_PORT_PASSIVE:
		return "another master serves that network, and it is not followed";
	default:
		return "no master is heard";
	}
}

static const char *state_remedy(guint8 state)
{
	switch (state) {
	case GCLK_PTP_PORT_LISTENING:
		return "check that the grandmaster runs, that domain and transport agree, and that "
		       "switches let PTP multicast pass (IGMP or MLD snooping often filters it)";
	case GCLK_PTP_PORT_FAULTY:
		return "check the link, and what ptp4l says in the journal";
	default:
		return NULL;
	}
}

/* --- the first proof -------------------------------------------------------------------------- */

static void judge_follower(const Judge *judge, GclkDaemonReport *report)
{
	const GclkPtp4lSettings *settings = judge->view->settings;
	gboolean slave = judge->port->state == GCLK_PTP_PORT_SLAVE;
	g_autofree char *trouble = not_fresh(judge);
	char offset[32];

	report->reference = GCLK_REFERENCE_PTP;
	report->source = g_strdup(judge->gm);
	report->age = judge->age;
	report->has_offset = judge->state->ingress_time != 0;
	report->offset = report->has_offset && judge->state->master_offset != G_MININT64
				 ? -judge->state->master_offset
				 : 0;
	tell_offset(judge, offset);
	/* one that does not steer its clock stays UNCALIBRATED: ntpshm.c and refclock_sock.c of
	   linuxptp never say that their servo has locked */
	if (!trouble && !slave && !settings->free_running && !settings->feeds)
		trouble = g_strdup("its servo has not locked yet");
	report->locked = !trouble;
	if (trouble)
		report->locked_why = g_strdup_printf(
			"port %u is %s, but %s", judge->port->number, judge->state_name, trouble);
	else
		report->locked_why = g_strdup_printf(
			"port %u is %s of %s, last Sync %s ago, %s from it", judge->port->number,
			slave             ? "SLAVE"
			: settings->feeds ? "UNCALIBRATED (feeding a refclock), and hears"
					  : "UNCALIBRATED (free running), and hears",
			judge->gm, judge->age_text, offset);
}

static void judge_lock(const Judge *judge, GclkDaemonReport *report)
{
	if (judge->follows) {
		judge_follower(judge, report);
		return;
	}
	if (judge->port->state == GCLK_PTP_PORT_MASTER) {
		report->reference = GCLK_REFERENCE_LOCAL;
		report->locked_why =
			g_strdup_printf("port %u is MASTER: it gives the time and follows nobody",
				judge->port->number);
		return;
	}
	report->locked_why = g_strdup_printf("port %u is %s: %s", judge->port->number,
		judge->state_name, state_meaning(judge->port->state));
}

/* The grandmaster's own error, the offset as measured, and what an asymmetric path may hide. */
static gint64 follower_bound(const GclkPtp4lState *state)
{
	gint64 offset = state->master_offset;

	if (!gclk_ptp4l_has(state, GCLK_PTP_PARENT_DATA_SET) ||
		!gclk_ptp4l_has(state, GCLK_PTP_CURRENT_DATA_SET) || offset == G_MININT64)
		return GCLK_BOUND_UNKNOWN;
	return gclk_bound_add(gclk_bound_add(gclk_ptp_accuracy(state->gm_accuracy), ABS(offset)),
		ABS(state->path_delay));
}

static void judge_quality(const Judge *judge, GclkDaemonReport *report)
{
	const GclkPtp4lState *state = judge->state;

	if (gclk_ptp4l_has(state, GCLK_PTP_PARENT_DATA_SET))
		report->clock_class = state->gm_class;
	if (judge->follows && judge->fresh)
		report->bound = follower_bound(state);
	if (!gclk_ptp4l_has(state, GCLK_PTP_TIME_PROPERTIES_DATA_SET))
		return;
	report->timescale =
		state->time_flags & FLAG_PTP_SCALE ? GCLK_TIMESCALE_TAI : GCLK_TIMESCALE_UTC;
	if (state->time_flags & FLAG_PTP_SCALE)
		report->tai_offset = state->utc_offset;
	report->leap = state->time_flags & FLAG_LEAP_61   ? GCLK_LEAP_INSERT
		       : state->time_flags & FLAG_LEAP_59 ? GCLK_LEAP_DELETE
							  : GCLK_LEAP_NONE;
}

/* --- the second proof ------------------------------------------------------------------------- */

static void set_no_steers(GclkDaemonReport *report, const char *remedy, const char *why)
{
	report->steers = GCLK_STEERS_NO;
	g_free(report->steers_why);
	g_free(report->remedy);
	report->steers_why = g_strdup(why);
	report->remedy = g_strdup(remedy);
}

static void set_steers(GclkDaemonReport *report, GclkSteers steers, const char *why)
{
	report->steers = steers;
	g_free(report->steers_why);
	report->steers_why = g_strdup(why);
}

void gclk_ptp4l_judge_steers(
	const GclkPtp4lState *state, const GclkPtp4lView *view, GclkDaemonReport *report)
{
	const GclkPtp4lSettings *settings = view->settings;
	GclkPtpStamping stamping = gclk_ptp4l_stamping(state, settings);
	g_autofree char *why = NULL;

	if (stamping == GCLK_PTP_STAMPING_HARDWARE) {
		why = g_strdup_printf("it steers the clock of the network card%s%s%s, not the "
				      "system clock",
			view->device ? " (" : "", view->device ? view->device : "",
			view->device ? ")" : "");
		set_no_steers(report,
			"start phc2sys, which carries PTP to the system clock (phc2sys -a -r)",
			why);
	} else if (settings->feeds) {
		why = g_strdup_printf("it feeds the refclock %s", settings->feeds);
		set_no_steers(report, "let chronyd follow that refclock", why);
	} else if (settings->free_running) {
		set_no_steers(report, "set free_running to 0 in its configuration",
			"it was told to run free (free_running)");
	} else if (!view->process_seen) {
		set_steers(report, GCLK_STEERS_UNKNOWN, "its process cannot be seen from here");
	} else if (!view->able) {
		set_no_steers(report, "let it keep CAP_SYS_TIME",
			"it may not set the clock (no CAP_SYS_TIME)");
	} else if (stamping == GCLK_PTP_STAMPING_UNKNOWN) {
		set_steers(report, GCLK_STEERS_UNKNOWN,
			"by which clock it stamps packets is not known");
	} else if (settings->incomplete) {
		set_steers(report, GCLK_STEERS_UNKNOWN, "its configuration file cannot be read");
	} else {
		set_steers(report, GCLK_STEERS_YES,
			"it stamps packets by the system clock, and steers that");
	}
}

/* --- evidence --------------------------------------------------------------------------------- */

static void add_port_evidence(const GclkPtp4lState *state, GclkDaemonReport *report)
{
	for (guint i = 0; i < GCLK_PTP4L_PORTS_MAX && state->ports[i].number; i++) {
		const GclkPtp4lPort *port = &state->ports[i];
		char buffer[16];

		gclk_daemon_report_add_evidence(report, "PORT_DATA_SET: port %u%s%s%s is %s",
			port->number, *port->interface ? " (" : "", port->interface,
			*port->interface ? ")" : "", gclk_ptp_port_state_name(port->state, buffer));
	}
}

static void add_evidence(const Judge *judge, GclkDaemonReport *report)
{
	const GclkPtp4lState *state = judge->state;

	add_port_evidence(state, report);
	if (gclk_ptp4l_has(state, GCLK_PTP_TIME_STATUS_NP))
		gclk_daemon_report_add_evidence(report,
			"TIME_STATUS_NP: master_offset %" G_GINT64_FORMAT
			" ns, ingress_time %" G_GINT64_FORMAT " (%s%s), gmPresent %d",
			state->master_offset, state->ingress_time,
			judge->age >= 0 ? judge->age_text : "age not known",
			judge->age >= 0 ? " ago" : "", state->gm_present);
	if (gclk_ptp4l_has(state, GCLK_PTP_PARENT_DATA_SET))
		gclk_daemon_report_add_evidence(report,
			"PARENT_DATA_SET: grandmaster %s, clockClass %u, clockAccuracy 0x%02x",
			judge->gm, state->gm_class, state->gm_accuracy);
	if (gclk_ptp4l_has(state, GCLK_PTP_TIME_PROPERTIES_DATA_SET))
		gclk_daemon_report_add_evidence(report,
			"TIME_PROPERTIES_DATA_SET: UTC offset %d s (%s), %s timescale, %s",
			state->utc_offset,
			state->time_flags & FLAG_UTC_VALID ? "valid" : "not said to be valid",
			state->time_flags & FLAG_PTP_SCALE ? "PTP" : "arbitrary",
			state->time_flags & FLAG_TIME_TRACEABLE ? "traceable" : "not traceable");
	if (gclk_ptp4l_has(state, GCLK_PTP_CURRENT_DATA_SET))
		gclk_daemon_report_add_evidence(report,
			"CURRENT_DATA_SET: meanPathDelay %" G_GINT64_FORMAT " ns",
			state->path_delay);
}

/* --- all of it -------------------------------------------------------------------------------- */

void gclk_ptp4l_judge(
	const GclkPtp4lState *state, const GclkPtp4lView *view, GclkDaemonReport *report)
{
	Judge judge = { .state = state, .view = view, .port = gclk_ptp4l_state_port(state) };

	judge.stamping = gclk_ptp4l_stamping(state, view->settings);
	gclk_ptp_identity_format(state->gm_identity, judge.gm);
	report->device = g_strdup(view->device);
	report->feeds = g_strdup(view->settings->feeds);
	if (!judge.port || !gclk_ptp4l_has(state, GCLK_PTP_TIME_STATUS_NP) ||
		!gclk_ptp4l_has(state, GCLK_PTP_PARENT_DATA_SET)) {
		report->presence = GCLK_DAEMON_GARBLED;
		report->problem = g_strdup("its answers lack the state of its port, the offset or "
					   "the grandmaster");
		return;
	}
	report->presence = GCLK_DAEMON_ANSWERS;
	report->n_sources = judge.port->state == GCLK_PTP_PORT_MASTER ? 0 : 1;
	judge.state_name = gclk_ptp_port_state_name(judge.port->state, judge.state_buffer);
	judge.follows = judge.port->state == GCLK_PTP_PORT_SLAVE ||
			judge.port->state == GCLK_PTP_PORT_UNCALIBRATED;
	find_age(&judge);
	judge_lock(&judge, report);
	if (!report->locked) {
		g_free(report->remedy);
		report->remedy = g_strdup(state_remedy(judge.port->state));
	}
	judge_quality(&judge, report);
	add_evidence(&judge, report);
}
