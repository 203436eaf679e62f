/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/table.h"

#include "sync/sync-report.h"

#define SCHEMA 1

/* Unknown is null, never 0. */
static void write_if(GclkJson *json, const char *key, gboolean known, gint64 value)
{
	if (known)
		gclk_json_int(json, key, value);
	else
		gclk_json_null(json, key);
}

static void write_bound(GclkJson *json, const char *key, gint64 bound)
{
	write_if(json, key, bound != GCLK_BOUND_UNKNOWN, bound);
}

/* CLOCK_REALTIME for people, CLOCK_BOOTTIME for how long. */
static void write_moment(GclkJson *json, const char *key, GclkMoment moment, gint64 now)
{
	g_autofree char *age = g_strconcat(key, "_age_ns", NULL);
	g_autofree char *time = g_strconcat(key, "_ns", NULL);

	write_if(json, time, moment.boottime > 0, moment.real);
	write_if(json, age, moment.boottime > 0, now - moment.boottime);
}

static void write_lapse(GclkJson *json, const GclkNeedLapse *lapse, gint64 now)
{
	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "verdict", gclk_verdict_name(lapse->kind));
	gclk_json_boolean(json, "over", lapse->back.boottime > 0);
	gclk_json_boolean(json, "stopped", lapse->stopped);
	gclk_json_boolean(json, "lost_earlier", lapse->earlier);
	write_moment(json, "met", lapse->met, now);
	write_moment(json, "lost", lapse->lost, now);
	write_moment(json, "back", lapse->back, now);
	gclk_json_int(json, "duration_ns", gclk_need_lapse_duration(lapse, now));
	gclk_json_string(json, "reason", lapse->reason);
	gclk_json_end_object(json);
}

static void write_need(GclkJson *json, const GclkGuest *guest, gint64 now)
{
	if (guest->need_error) {
		gclk_json_null(json, "need");
	} else {
		gclk_json_begin_object(json, "need");
		gclk_need_write(json, &guest->need);
		gclk_json_end_object(json);
	}
	gclk_json_string(json, "need_error", guest->need_error);
	gclk_json_string(json, "verdict", gclk_verdict_name(guest->verdict.kind));
	gclk_json_string(json, "verdict_reason", guest->verdict.reason);
	gclk_json_string(json, "verdict_remedy", guest->verdict.remedy);
	gclk_json_uint(json, "lapses_total", guest->lapses_total);
	gclk_json_begin_array(json, "lapses");
	for (guint i = 0; i < guest->lapses->len; i++)
		write_lapse(json, guest->lapses->pdata[i], now);
	gclk_json_end_array(json);
}

static void write_report(GclkJson *json, const GclkGuest *guest, gint64 now)
{
	const GclkLinkGuest *report = &guest->report;

	if (!guest->has_report) {
		gclk_json_null(json, "report");
		return;
	}
	gclk_json_begin_object(json, "report");
	gclk_json_int(json, "age_ns", now - guest->reported);
	gclk_json_string(json, "state", gclk_state_name(report->state));
	gclk_json_boolean(json, "steers", report->steers);
	gclk_json_string(json, "source_kind", gclk_link_source_name(report->source_kind));
	gclk_json_string(json, "source", *report->source ? report->source : NULL);
	write_if(json, "offset_ns", report->source_kind != GCLK_LINK_SOURCE_NONE, report->offset);
	write_bound(json, "error_bound_ns", report->bound);
	gclk_json_uint(json, "steps", report->steps);
	gclk_json_uint(json, "uptime_s", report->uptime);
	gclk_json_string(json, "version", *report->version ? report->version : NULL);
	gclk_json_end_object(json);
}

static void write_seen(GclkJson *json, const GclkGuest *guest, gint64 now)
{
	gclk_json_string(json, "seen_by", gclk_guest_by_name(guest->by));
	gclk_json_string(json, "problem", guest->problem);
	write_if(json, "seen_age_ns", guest->seen > 0, now - guest->seen);
	write_if(json, "offset_ns", guest->has_offset, guest->offset);
	write_if(json, "offset_uncertainty_ns", guest->has_offset, guest->uncertainty);
	write_if(json, "offset_age_ns", guest->has_offset, now - guest->measured);
	gclk_json_boolean(json, "contradicted", gclk_guest_is_contradicted(guest, now));
	write_report(json, guest, now);
	gclk_json_uint(json, "asked", guest->asked);
	gclk_json_uint(json, "answered", guest->answered);
	gclk_json_uint(json, "stale", guest->stale);
	gclk_json_uint(json, "noise_bytes", guest->noise);
	gclk_json_uint(json, "refused", guest->refused);
}

void gclk_table_add(GclkJson *json, const GclkGuest *guest, gint64 now)
{
	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "id", guest->id);
	gclk_json_string(json, "name", guest->name);
	gclk_json_boolean(json, "listed", guest->listed);
	gclk_json_boolean(json, "running", guest->running);
	gclk_json_boolean(json, "paused", guest->paused);
	gclk_json_boolean(json, "has_channel", guest->has_channel);
	gclk_json_boolean(json, "has_agent", guest->has_agent);
	gclk_json_string(json, "state", gclk_guest_state(guest, now));
	gclk_json_int(
		json, "exit_code", gclk_guest_trouble_exit_code(gclk_guest_trouble(guest, now)));
	write_need(json, guest, now);
	write_seen(json, guest, now);
	gclk_json_end_object(json);
}

void gclk_table_begin(GclkJson *json, const GclkTable *table)
{
	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", SCHEMA);
	gclk_json_boolean(json, "served", table->served);
	gclk_json_int(json, "time_ns", table->now.real);
	gclk_json_int(json, "watched_for_ns", MAX(table->now.boottime - table->since, 0));
	gclk_json_string(json, "libvirt_problem", table->libvirt);
	if (table->sync)
		gclk_host_sync_write(json, "host", table->sync);
	else
		gclk_json_null(json, "host");
	gclk_json_begin_array(json, "guests");
}

char *gclk_table_end(GclkJson *json)
{
	gclk_json_end_array(json);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
