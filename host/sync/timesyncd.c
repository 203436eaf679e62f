/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/timesyncd.h"

#include <string.h>

#include "guestclock/format.h"
#include "guestclock/ntp-packet.h"

/* timesyncd(8): polls every 32 s to 2048 s. */
#define POLL_DEFAULT (32 * G_GUINT64_CONSTANT(1000000))
#define POLL_MAX     (G_GUINT64_CONSTANT(86400) * 1000000)
#define FRESH_POLLS  2
#define FUTURE_MAX   GCLK_NS_PER_S
#define DRIFT_PPM    15                            /* RFC 5905, PHI */
#define LARGE        (G_GUINT64_CONSTANT(1) << 52) /* us, 142 years: no interval is longer */
#define SERVERS_MAX  64
#define FAMILY_INET  2 /* AF_INET and AF_INET6 of Linux */
#define FAMILY_INET6 10

/* --- properties ------------------------------------------------------------------------------- */

/* g_variant_lookup_value() that is not fooled by a nested variant of another type. */
static GVariant *get(GVariant *properties, const char *name, const char *type)
{
	return g_variant_lookup_value(properties, name, G_VARIANT_TYPE(type));
}

static void read_message(GVariant *properties, GclkTimesyncdState *out)
{
	g_autoptr(GVariant) message = get(properties, "NTPMessage", "(uuuuittayttttbtt)");
	GclkTimesyncdState *s = out;
	guint version, mode;
	gint precision;

	if (!message)
		return;
	g_variant_get(message, "(uuuuitt@ayttttbtt)", &s->leap, &version, &mode, &s->stratum,
		&precision, &s->root_delay, &s->root_dispersion, NULL, &s->origin, &s->receive,
		&s->transmit, &s->destination, &s->ignored, &s->packet_count, &s->jitter);
	s->has_message = s->packet_count > 0 && mode == GCLK_NTP_MODE_SERVER && s->destination != 0;
}

static void read_server(GVariant *properties, GclkTimesyncdState *out)
{
	g_autoptr(GVariant) name = get(properties, "ServerName", "s");
	g_autoptr(GVariant) address = get(properties, "ServerAddress", "(iay)");
	g_autoptr(GVariant) bytes = NULL;
	GclkAddress found = { 0 };
	const guint8 *data;
	gsize length = 0;
	gint32 family;

	if (name && *g_variant_get_string(name, NULL)) {
		g_strlcpy(out->server, g_variant_get_string(name, NULL), sizeof(out->server));
		g_strcanon(out->server,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%", '?');
		return;
	}
	if (!address)
		return;
	g_variant_get(address, "(i@ay)", &family, &bytes);
	data = g_variant_get_fixed_array(bytes, &length, 1);
	if ((family == FAMILY_INET && length == 4) || (family == FAMILY_INET6 && length == 16)) {
		found.family = family == FAMILY_INET ? 4 : 6;
		memcpy(found.bytes, data, length);
		gclk_address_format(&found, out->server);
	}
}

static guint count_servers(GVariant *properties, const char *name)
{
	g_autoptr(GVariant) servers = get(properties, name, "as");

	return servers ? (guint)MIN(g_variant_n_children(servers), SERVERS_MAX) : 0;
}

gboolean gclk_timesyncd_read(GVariant *properties, GclkTimesyncdState *out)
{
	g_autoptr(GVariant) poll = NULL;

	memset(out, 0, sizeof(*out));
	if (!g_variant_is_of_type(properties, G_VARIANT_TYPE_VARDICT))
		return FALSE;
	read_message(properties, out);
	read_server(properties, out);
	poll = get(properties, "PollIntervalUSec", "t");
	out->poll_interval = poll ? g_variant_get_uint64(poll) : 0;
	out->n_servers = count_servers(properties, "SystemNTPServers") +
			 count_servers(properties, "RuntimeNTPServers") +
			 count_servers(properties, "LinkNTPServers");
	if (out->n_servers == 0)
		out->n_servers = count_servers(properties, "FallbackNTPServers");
	return TRUE;
}

/* --- figures ---------------------------------------------------------------------------------- */

static gboolean has_sane_times(const GclkTimesyncdState *s)
{
	return s->origin < LARGE && s->receive < LARGE && s->transmit < LARGE &&
	       s->destination < LARGE;
}

/* RFC 5905, theta: server minus local clock, ns. */
static gint64 offset_of(const GclkTimesyncdState *s)
{
	gint64 there = (gint64)s->receive - (gint64)s->origin;
	gint64 back = (gint64)s->transmit - (gint64)s->destination;

	return (there + back) / 2 * GCLK_NS_PER_US;
}

static gint64 us_to_ns(guint64 us)
{
	return us < LARGE ? (gint64)us * GCLK_NS_PER_US : GCLK_BOUND_UNKNOWN;
}

static gint64 bound_of(const GclkTimesyncdState *s, gint64 age)
{
	gint64 there = (gint64)s->destination - (gint64)s->origin;
	gint64 delay = there - ((gint64)s->transmit - (gint64)s->receive);
	gint64 bound = ABS(offset_of(s));

	if (age < 0)
		return GCLK_BOUND_UNKNOWN;
	bound = gclk_bound_add(bound, MAX(delay, 0) / 2 * GCLK_NS_PER_US);
	bound = gclk_bound_add(bound, us_to_ns(s->root_delay / 2));
	bound = gclk_bound_add(bound, us_to_ns(s->root_dispersion));
	bound = gclk_bound_add(bound, us_to_ns(s->jitter));
	return gclk_bound_add(bound, age / 1000000 * DRIFT_PPM);
}

/* -1: not known. The stamp tells of adjustments; without it the last answer must do. */
static gint64 age_of(const GclkTimesyncdState *s, gint64 stamp, gint64 now)
{
	gint64 last = stamp;

	if (last == 0 && s->has_message && has_sane_times(s))
		last = (gint64)s->destination * GCLK_NS_PER_US;
	if (last <= 0 || now < last - FUTURE_MAX)
		return -1;
	return MAX(now - last, 0);
}

static gint64 fresh_for(const GclkTimesyncdState *s)
{
	guint64 poll = MAX(s->poll_interval, POLL_DEFAULT);

	return FRESH_POLLS * (gint64)MIN(poll, POLL_MAX) * GCLK_NS_PER_US;
}

/* --- the verdict ------------------------------------------------------------------------------ */

static char *why_not_locked(const GclkTimesyncdState *s, gint64 age)
{
	char text[32];

	if (!s->has_message)
		return g_strdup(*s->server ? "not synchronised: no server has answered yet"
					   : "not synchronised: it has no server");
	if (s->leap >= GCLK_LEAP_UNSYNC || s->stratum < 1 || s->stratum >= GCLK_NTP_STRATUM_MAX)
		return g_strdup_printf("%s itself is not synchronised", s->server);
	if (s->ignored)
		return g_strdup_printf(
			"the last answer of %s was an outlier, and was not used", s->server);
	if (!has_sane_times(s) || age < 0)
		return g_strdup("the time of its last update cannot be right");
	if (age > fresh_for(s)) {
		gclk_format_age(age, text);
		return g_strdup_printf("its last update from %s was %s ago", s->server, text);
	}
	return NULL;
}

static void add_evidence(const GclkTimesyncdState *s, gint64 stamp, GclkDaemonReport *report)
{
	char offset[32], age[32];

	gclk_format_offset(report->offset, offset);
	gclk_format_age(report->age, age);
	if (s->has_message)
		gclk_daemon_report_add_evidence(report,
			"server %s: leap %u, stratum %u, %" G_GUINT64_FORMAT
			" answers, the last one%s used, offset %s",
			*s->server ? s->server : "without a name", s->leap, s->stratum,
			s->packet_count, s->ignored ? " not" : "",
			report->has_offset ? offset : "unknown");
	else
		gclk_daemon_report_add_evidence(report, "no answer of a server");
	if (stamp != 0)
		gclk_daemon_report_add_evidence(
			report, "clock adjusted %s ago", report->age < 0 ? "an unknown time" : age);
	else
		gclk_daemon_report_add_evidence(report, "no adjustment of the clock is recorded");
}

void gclk_timesyncd_judge(
	const GclkTimesyncdState *state, gint64 stamp, gint64 now, GclkDaemonReport *report)
{
	char age[32];

	report->presence = GCLK_DAEMON_ANSWERS;
	report->n_sources = state->n_servers;
	report->age = age_of(state, stamp, now);
	report->leap = state->has_message ? (GclkLeap)MIN(state->leap, GCLK_LEAP_UNSYNC)
					  : GCLK_LEAP_UNSYNC;
	if (*state->server)
		report->source = g_strdup(state->server);
	if (state->has_message) {
		report->reference = GCLK_REFERENCE_NTP;
		if (state->stratum >= 1 && state->stratum < GCLK_NTP_STRATUM_MAX - 1)
			report->stratum = (gint)state->stratum + 1;
		report->has_offset = has_sane_times(state);
	}
	if (report->has_offset) {
		report->offset = offset_of(state);
		report->bound = bound_of(state, report->age);
	}
	report->locked_why = why_not_locked(state, report->age);
	if (!report->locked_why && report->bound == GCLK_BOUND_UNKNOWN)
		report->locked_why =
			g_strdup("what its server says of its own error cannot be right");
	report->locked = !report->locked_why;
	if (report->locked) {
		gclk_format_age(report->age, age);
		report->locked_why = g_strdup_printf("the last answer of %s was used, %s ago",
			*state->server ? state->server : "its server", age);
	}
	add_evidence(state, stamp, report);
}
