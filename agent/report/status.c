/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"
#include "guestclock/format.h"

#include "report/status.h"

#include <math.h>
#include <string.h>

#include "guestclock/json-writer.h"
#include "report/table.h"

/* What may pass beyond the promised interval before a status counts as stale: a busy machine. */
#define STALE_SLACK (5 * GCLK_NS_PER_S)

static const char *const leap_names[] = {
	[GCLK_LEAP_NONE] = "none",
	[GCLK_LEAP_INSERT] = "insert",
	[GCLK_LEAP_DELETE] = "delete",
	[GCLK_LEAP_UNSYNC] = "unsynchronised",
};

GQuark gclk_status_error_quark(void)
{
	return g_quark_from_static_string("gclk-status-error-quark");
}

static const char *to_name(const char *const *names, gsize n, guint value)
{
	return value < n ? names[value] : "unknown";
}

static gint from_name(const char *const *names, gsize n, const char *name)
{
	for (gsize i = 0; name && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (gint)i;
	return -1;
}

#define NAMES(names) names, G_N_ELEMENTS(names)

const char *gclk_leap_name(GclkLeap leap)
{
	return to_name(NAMES(leap_names), leap);
}

gint gclk_leap_from_name(const char *name)
{
	return from_name(NAMES(leap_names), name);
}

/* --- memory ----------------------------------------------------------------------------------- */

GclkStatus *gclk_status_new(void)
{
	GclkStatus *status = g_new0(GclkStatus, 1);

	status->control = "none";
	status->error_bound = GCLK_BOUND_UNKNOWN;
	status->ticks.lost_error_ppm = INFINITY;
	status->ticks.steal_share = -1;
	status->version = g_strdup(PACKAGE_VERSION);
	status->sources = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_source_status_free);
	status->findings = gclk_findings_new();
	return status;
}

void gclk_status_free(GclkStatus *status)
{
	if (!status)
		return;
	g_free(status->reason);
	g_free(status->control_reason);
	g_free(status->selected);
	g_free(status->last_step_reason);
	g_free(status->last_disruption);
	g_free(status->version);
	g_free(status->boot_id);
	g_free(status->hypervisor);
	g_free(status->container);
	g_free(status->clocksource);
	g_free(status->servers_from);
	g_free(status->ticks.verdict);
	g_free(status->ticks.reference);
	g_ptr_array_unref(status->sources);
	g_ptr_array_unref(status->findings);
	g_clear_pointer(&status->texts, g_string_chunk_free);
	g_free(status);
}

GclkSourceStatus *gclk_source_status_new(void)
{
	GclkSourceStatus *source = g_new0(GclkSourceStatus, 1);

	source->error_bound = GCLK_BOUND_UNKNOWN;
	source->drops = g_array_new(FALSE, FALSE, sizeof(GclkStatusCount));
	return source;
}

void gclk_source_status_free(GclkSourceStatus *source)
{
	if (!source)
		return;
	g_free(source->name);
	g_free(source->kind);
	g_free(source->origin);
	g_free(source->address);
	g_free(source->identity);
	g_free(source->method);
	g_free(source->reason);
	g_free(source->note);
	g_array_unref(source->drops);
	g_free(source);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_known(GclkJson *json, const char *key, gboolean known, gint64 value)
{
	if (known)
		gclk_json_int(json, key, value);
	else
		gclk_json_null(json, key);
}

static void write_bound(GclkJson *json, const char *key, gint64 bound)
{
	write_known(json, key, bound != GCLK_BOUND_UNKNOWN, bound);
}

static void write_source(GclkJson *json, const GclkSourceStatus *source)
{
	gboolean sample = source->has_sample;

	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "name", source->name);
	gclk_json_string(json, "kind", source->kind);
	gclk_json_string(json, "origin", source->origin);
	gclk_json_string(json, "state", gclk_standing_name(source->standing));
	gclk_json_string(json, "reason", source->reason);
	gclk_json_string(json, "note", source->note);
	gclk_json_string(json, "address", source->address);
	gclk_json_string(json, "identity", source->identity);
	gclk_json_string(json, "method", source->method);
	write_known(json, "stratum", source->stratum > 0, source->stratum);
	gclk_json_int(json, "poll_log2s", source->poll);
	gclk_json_int(json, "reach", source->reach);
	write_known(json, "offset_ns", sample && source->error_bound != GCLK_BOUND_UNKNOWN,
		source->offset);
	write_bound(json, "error_bound_ns", sample ? source->error_bound : GCLK_BOUND_UNKNOWN);
	gclk_json_boolean(json, "error_bound_assumed", source->assumed);
	write_known(json, "last_offset_ns", sample, source->last_offset);
	write_known(json, "delay_ns", sample, source->delay);
	write_known(json, "age_ns", sample, source->age);
	write_known(json, "jitter_ns", sample, source->jitter);
	if (sample)
		gclk_json_double(json, "frequency_ppb", source->frequency_ppb, 3);
	else
		gclk_json_null(json, "frequency_ppb");
	gclk_json_string(json, "timescale", source->timescale);
	gclk_json_uint(json, "requests", source->requests);
	gclk_json_uint(json, "replies", source->replies);
	gclk_json_begin_object(json, "dropped");
	for (guint i = 0; i < source->drops->len; i++) {
		const GclkStatusCount *drop = &g_array_index(source->drops, GclkStatusCount, i);

		gclk_json_uint(json, drop->name, drop->count);
	}
	gclk_json_end_object(json);
	gclk_json_end_object(json);
}

static void write_sources(GclkJson *json, const GclkStatus *status)
{
	gclk_json_begin_array(json, "sources");
	for (guint i = 0; i < status->sources->len; i++)
		write_source(json, g_ptr_array_index(status->sources, i));
	gclk_json_end_array(json);
}

static void write_findings(GclkJson *json, const GclkStatus *status)
{
	gclk_json_begin_array(json, "findings");
	for (guint i = 0; i < status->findings->len; i++) {
		const GclkFinding *finding = g_ptr_array_index(status->findings, i);

		gclk_json_begin_object(json, NULL);
		gclk_json_string(json, "id", finding->id);
		gclk_json_string(json, "severity", gclk_severity_name(finding->severity));
		gclk_json_string(json, "statement", finding->statement);
		gclk_json_string(json, "remedy", finding->remedy);
		gclk_json_end_object(json);
	}
	gclk_json_end_array(json);
}

static void write_known_double(
	GclkJson *json, const char *key, gboolean known, double value, guint decimals)
{
	if (known)
		gclk_json_double(json, key, value, decimals);
	else
		gclk_json_null(json, key);
}

static void write_ticks(GclkJson *json, const GclkTickStatus *ticks)
{
	gboolean measured = isfinite(ticks->lost_error_ppm);

	gclk_json_begin_object(json, "ticks");
	gclk_json_string(json, "verdict", ticks->verdict ? ticks->verdict : "unknown");
	write_known_double(json, "lost_ppm", measured, ticks->lost_ppm, 3);
	write_known_double(json, "lost_error_ppm", measured, ticks->lost_error_ppm, 3);
	gclk_json_string(json, "reference", ticks->reference);
	gclk_json_double(json, "confidence", ticks->confidence, 3);
	write_known_double(json, "steal_share", ticks->steal_share >= 0, ticks->steal_share, 4);
	write_known(json, "hz", ticks->hz > 0, ticks->hz);
	gclk_json_end_object(json);
}

static void write_host(GclkJson *json, const GclkHostStatus *host)
{
	if (!host->known) {
		gclk_json_null(json, "host");
		return;
	}
	gclk_json_begin_object(json, "host");
	gclk_json_string(json, "protocol", gclk_protocol_name(host->protocol));
	gclk_json_boolean(json, "synchronised", host->synchronised);
	gclk_json_boolean(json, "fallback", host->fallback);
	write_bound(json, "error_bound_ns", host->bound);
	gclk_json_string(json, "leap", gclk_leap_name(host->leap));
	write_known(json, "tai_offset_s", host->tai_offset != 0, host->tai_offset);
	gclk_json_int(json, "age_ns", host->age);
	gclk_json_end_object(json);
}

static void write_clock(GclkJson *json, const GclkStatus *status)
{
	gboolean known = status->error_bound != GCLK_BOUND_UNKNOWN;

	gclk_json_string(json, "state", gclk_state_name(status->state));
	gclk_json_string(json, "reason", status->reason);
	gclk_json_string(json, "control", status->control);
	gclk_json_string(json, "control_reason", status->control_reason);
	gclk_json_string(json, "selected", status->selected);
	gclk_json_boolean(json, "single", status->single);
	write_known(json, "offset_ns", known, status->offset);
	write_bound(json, "error_bound_ns", status->error_bound);
	gclk_json_boolean(json, "error_bound_assumed", status->assumed);
	gclk_json_double(json, "frequency_ppb", status->frequency_ppb, 3);
	gclk_json_double(json, "frequency_error_ppb", status->frequency_error_ppb, 3);
	gclk_json_int(json, "slew_left_ns", status->slew_left);
	gclk_json_string(json, "leap", gclk_leap_name(status->leap));
	write_known(json, "tai_offset_s", status->tai_offset != 0, status->tai_offset);
	gclk_json_uint(json, "steps", status->steps);
	write_known(json, "last_step_ns", status->steps > 0, status->last_step);
	write_known(json, "last_step_boottime_ns", status->steps > 0, status->last_step_boottime);
	gclk_json_string(json, "last_step_reason", status->last_step_reason);
	gclk_json_uint(json, "disruptions", status->disruptions);
	write_known(json, "last_disruption_boottime_ns", status->disruptions > 0,
		status->last_disruption_boottime);
	gclk_json_string(json, "last_disruption", status->last_disruption);
}

static void write_writer(GclkJson *json, const GclkStatus *status)
{
	gclk_json_string(json, "version", status->version);
	gclk_json_int(json, "pid", status->pid);
	gclk_json_string(json, "boot_id", status->boot_id);
	gclk_json_int(json, "boottime_ns", status->boottime);
	gclk_json_int(json, "realtime_ns", status->realtime);
	gclk_json_int(json, "interval_ns", status->interval);
	gclk_json_int(json, "started_boottime_ns", status->started_boottime);
}

char *gclk_status_to_json(const GclkStatus *status)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", GCLK_STATUS_SCHEMA);
	write_clock(json, status);
	write_writer(json, status);
	gclk_json_string(json, "hypervisor", status->hypervisor);
	gclk_json_string(json, "container", status->container);
	gclk_json_string(json, "clocksource", status->clocksource);
	gclk_json_string(json, "servers_from", status->servers_from);
	write_ticks(json, &status->ticks);
	write_host(json, &status->host);
	write_sources(json, status);
	write_findings(json, status);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}

char *gclk_status_sources_to_json(const GclkStatus *status)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", GCLK_STATUS_SCHEMA);
	gclk_json_string(json, "state", gclk_state_name(status->state));
	gclk_json_string(json, "selected", status->selected);
	write_sources(json, status);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}

/* --- judgement -------------------------------------------------------------------------------- */

char *gclk_status_stale(
	const GclkStatus *status, gint64 boottime, const char *boot_id, gboolean alive)
{
	gint64 interval = MAX(status->interval, 0);
	char age[32];

	/* differences of times that a damaged file may hold: no overflow, whatever they are */
	interval = MIN(interval, 3600 * GCLK_NS_PER_S);
	if (boot_id && status->boot_id && strcmp(boot_id, status->boot_id) != 0)
		return g_strdup(
			"the status is of an earlier boot; guestclockd has not reported since");
	if (!alive)
		return g_strdup_printf("guestclockd (pid %" G_GINT64_FORMAT
				       ") is not running any more",
			status->pid);
	if (status->boottime < 0 || status->boottime > boottime + STALE_SLACK)
		return g_strdup("the status carries a time after now: it is not of this boot");
	if (boottime - status->boottime <= 2 * interval + STALE_SLACK)
		return NULL;
	gclk_format_age(boottime - status->boottime, age);
	return g_strdup_printf(
		"guestclockd (pid %" G_GINT64_FORMAT ") has not reported for %s", status->pid, age);
}

int gclk_status_exit_code(const GclkStatus *status)
{
	static const int by_state[] = {
		[GCLK_STATE_STARTING] = 1,
		[GCLK_STATE_SYNCHRONISED] = 0,
		[GCLK_STATE_HOLDOVER] = 1,
		[GCLK_STATE_UNSYNCHRONISED] = 2,
		[GCLK_STATE_DISRUPTED] = 2,
	};
	int code = (gsize)status->state < G_N_ELEMENTS(by_state) ? by_state[status->state] : 2;

	for (guint i = 0; i < status->findings->len; i++) {
		const GclkFinding *finding = g_ptr_array_index(status->findings, i);

		if (finding->severity == GCLK_SEVERITY_CRITICAL)
			code = 2;
		else if (finding->severity == GCLK_SEVERITY_WARNING)
			code = MAX(code, 1);
	}
	return code;
}
