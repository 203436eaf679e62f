/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/chrony.h"

#include <math.h>

#include "guestclock/format.h"
#include "guestclock/ntp-packet.h"

/* ClockBound holds chronyd for lost after eight update intervals. The interval is 0 after the first
   update, so eight polls and eight seconds are the least. */
#define FRESH_INTERVALS 8
#define FRESH_LEAST     (8 * GCLK_NS_PER_S)
#define POLL_MAX        24 /* chrony.conf(5), maxpoll */

/* A last update in the future by more than this means that one of two clocks is wrong. */
#define FUTURE_MAX GCLK_NS_PER_S

#define STRATUM_MAX 15 /* chronyd's own limit; its stratum 0 is "none" */

gint64 gclk_chrony_ns(double seconds)
{
	double ns = seconds * (double)GCLK_NS_PER_S;

	if (!(fabs(ns) < 9.2e18))
		return ns < 0 ? -GCLK_BOUND_UNKNOWN : GCLK_BOUND_UNKNOWN;
	return (gint64)llrint(ns);
}

void gclk_chrony_add_source(GclkChronyAnswers *answers, const GclkChronySource *source)
{
	if (answers->n_seen < GCLK_CHRONY_SEEN_MAX)
		answers->seen[answers->n_seen] = *source;
	answers->n_seen++;
	if (source->state == GCLK_CHRONY_SOURCE_SELECTED) {
		answers->has_selected = TRUE;
		answers->selected = *source;
	}
}

static const char *state_name(GclkChronyState state)
{
	static const char *const names[] = { "selected", "not selectable", "falseticker", "jittery",
		"not selected", "selectable" };

	return names[state];
}

static const char *mode_name(GclkChronyMode mode)
{
	static const char *const names[] = { "server", "peer", "refclock" };

	return names[mode];
}

/* --- figures ---------------------------------------------------------------------------------- */

/* The reference time is of the clock as chronyd would have it, which is "correction" ahead of the
   system clock. Saturated; negative: in the future. */
static gint64 age_of(const GclkChronyTracking *tracking, gint64 now)
{
	gint64 age, correction = gclk_chrony_ns(tracking->correction);

	if (__builtin_sub_overflow(now, tracking->ref_time, &age))
		return tracking->ref_time > 0 ? -G_MAXINT64 : G_MAXINT64;
	if (__builtin_add_overflow(age, correction, &age))
		return correction < 0 ? -G_MAXINT64 : G_MAXINT64;
	return age;
}

static gint64 fresh_for(const GclkChronyAnswers *answers)
{
	gint poll = CLAMP(answers->selected.poll, 0, POLL_MAX);
	double interval = MAX(answers->tracking.interval, ldexp(1, poll));

	return MAX(gclk_chrony_ns(FRESH_INTERVALS * interval), FRESH_LEAST);
}

/* Half the delay, since it may be asymmetric; negative figures are no figures. */
static gint64 bound_of(const GclkChronyTracking *tracking)
{
	if (tracking->root_delay < 0 || tracking->root_dispersion < 0)
		return GCLK_BOUND_UNKNOWN;
	return gclk_chrony_ns(
		fabs(tracking->correction) + tracking->root_delay / 2 + tracking->root_dispersion);
}

/* --- names ------------------------------------------------------------------------------------ */

static char *source_name(const GclkChronySource *source)
{
	char text[GCLK_ADDRESS_TEXT_MAX];

	if (source->mode == GCLK_CHRONY_MODE_REFCLOCK)
		return g_strdup(gclk_ntp_refid_format(source->refid, 1, text));
	if (source->address.family == 0)
		return g_strdup("a source without an address");
	return g_strdup(gclk_address_format(&source->address, text));
}

static void add_source_evidence(const GclkChronySource *source, GclkDaemonReport *report)
{
	g_autofree char *name = source_name(source);
	char since[32];

	gclk_format_age((gint64)source->since_sample * GCLK_NS_PER_S, since);
	gclk_daemon_report_add_evidence(report,
		"source %s: %s, %s, reach %o (octal), poll %d, last sample %s%s", name,
		mode_name(source->mode), state_name(source->state), source->reach, source->poll,
		source->since_sample == G_MAXUINT32 ? "never" : since,
		source->since_sample == G_MAXUINT32 ? "" : " ago");
}

static void add_evidence(const GclkChronyAnswers *answers, const GclkChronyRefclock *refclock,
	GclkDaemonReport *report)
{
	const GclkChronyTracking *t = &answers->tracking;
	char offset[32], bound[32], age[32];

	gclk_format_offset(gclk_chrony_ns(t->correction), offset);
	gclk_format_bound(report->bound, bound);
	gclk_format_age(report->age, age);
	gclk_daemon_report_add_evidence(report,
		"tracking: refid %08X, stratum %u, leap %d, last update %s ago, clock off by %s, "
		"bound %s",
		t->refid, t->stratum, t->leap, report->age < 0 ? "an unknown time" : age, offset,
		bound);
	gclk_daemon_report_add_evidence(report, "sources: %u", answers->n_sources);
	for (guint i = 0; i < MIN(answers->n_seen, GCLK_CHRONY_SEEN_MAX); i++)
		add_source_evidence(&answers->seen[i], report);
	if (answers->n_seen > GCLK_CHRONY_SEEN_MAX && answers->has_selected)
		add_source_evidence(&answers->selected, report);
	if (refclock && refclock->text)
		gclk_daemon_report_add_evidence(
			report, "the selected one is refclock %s", refclock->text);
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* NULL: nothing speaks against it. */
static char *why_not_locked(const GclkChronyAnswers *answers, gint64 age)
{
	const GclkChronyTracking *t = &answers->tracking;
	g_autofree char *name = answers->has_selected ? source_name(&answers->selected) : NULL;
	char text[32];

	if (t->leap == GCLK_LEAP_UNSYNC || t->refid == 0)
		return g_strdup(answers->n_sources == 0
					? "not synchronised: it has no sources"
					: "not synchronised: no source is good enough yet");
	if (t->refid == GCLK_CHRONY_REFID_LOCAL)
		return g_strdup("it follows its own clock (\"local\" in its configuration)");
	if (!answers->has_selected)
		return g_strdup_printf("none of its %u sources is selected", answers->n_sources);
	if (t->stratum == 0 || t->stratum > STRATUM_MAX)
		return g_strdup_printf("its stratum %u is none", t->stratum);
	if (answers->selected.reach == 0)
		return g_strdup_printf("%s is still selected, but has not been reached in its last "
				       "eight polls",
			name);
	if (!t->has_ref_time || age < -FUTURE_MAX)
		return g_strdup("the time of its last update cannot be right");
	if (age > fresh_for(answers)) {
		gclk_format_age(age, text);
		return g_strdup_printf("its last update from %s was %s ago", name, text);
	}
	if (bound_of(t) == GCLK_BOUND_UNKNOWN)
		return g_strdup("its root delay and dispersion cannot be right");
	return NULL;
}

static GclkReferenceKind kind_of(
	const GclkChronyAnswers *answers, const GclkChronyRefclock *refclock)
{
	if (answers->tracking.refid == GCLK_CHRONY_REFID_LOCAL)
		return GCLK_REFERENCE_LOCAL;
	if (!answers->has_selected)
		return GCLK_REFERENCE_NONE;
	if (answers->selected.mode != GCLK_CHRONY_MODE_REFCLOCK)
		return GCLK_REFERENCE_NTP;
	return refclock ? refclock->kind : GCLK_REFERENCE_PHC;
}

static void fill_in(const GclkChronyAnswers *answers, const GclkChronyRefclock *refclock,
	gint64 now, GclkDaemonReport *report)
{
	const GclkChronyTracking *t = &answers->tracking;
	gint64 age = age_of(t, now);

	report->presence = GCLK_DAEMON_ANSWERS;
	report->reference = kind_of(answers, refclock);
	report->leap = t->leap;
	report->n_sources = answers->n_sources;
	if (t->stratum >= 1 && t->stratum <= STRATUM_MAX)
		report->stratum = (gint)t->stratum;
	if (t->has_ref_time && age >= -FUTURE_MAX)
		report->age = MAX(age, 0);
	if (t->leap != GCLK_LEAP_UNSYNC && t->refid != 0 && t->refid != GCLK_CHRONY_REFID_LOCAL) {
		report->has_offset = TRUE;
		report->offset = gclk_chrony_ns(t->correction);
		report->bound = bound_of(t);
	}
	if (answers->has_selected)
		report->source = source_name(&answers->selected);
	if (refclock)
		report->device = g_strdup(refclock->device);
}

void gclk_chrony_judge(const GclkChronyAnswers *answers, const GclkChronyRefclock *refclock,
	gint64 now, GclkDaemonReport *report)
{
	char age[32];

	fill_in(answers, refclock, now, report);
	report->locked_why = why_not_locked(answers, age_of(&answers->tracking, now));
	report->locked = !report->locked_why && report->reference != GCLK_REFERENCE_LOCAL;
	if (report->locked) {
		gclk_format_age(report->age, age);
		report->locked_why = g_strdup_printf("%s is selected, reach %o, last update %s ago",
			report->source, answers->selected.reach, age);
	} else if (!report->locked_why) {
		report->locked_why = g_strdup("it follows this machine's own clock");
	}
	add_evidence(answers, refclock, report);
}
