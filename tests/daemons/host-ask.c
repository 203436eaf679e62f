/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the time daemons of this machine as hostclock does, and prints what each said and what is
 * made of it:
 *
 *   host-ask [PLACE=VALUE...]
 *
 * PLACE is a member of GclkProbePlaces (probe.h); ptp4l_socket may be given several times. Prints
 * {"elapsed_ms": ..., "reports": [...], "sync": {...}}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/sync-report.h"

#define SOCKETS_MAX 16

typedef struct {
	GclkProbePlaces places;
	const char *sockets[SOCKETS_MAX + 1];
	guint n_sockets;
} Options;

static gboolean take_text(Options *options, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **place;
	} table[] = {
		{ "chrony_socket", &options->places.chrony_socket },
		{ "chrony_config", &options->places.chrony_config },
		{ "ntp_address", &options->places.ntp_address },
		{ "timesync_bus", &options->places.timesync_bus },
		{ "timesync_stamp", &options->places.timesync_stamp },
		{ "ntpctl", &options->places.ntpctl },
		{ "ptpd_status", &options->places.ptpd_status },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, name) == 0) {
			*table[i].place = value;
			return TRUE;
		}
	return FALSE;
}

static gboolean take(Options *options, char *argument)
{
	char *value = strchr(argument, '=');

	if (!value)
		return FALSE;
	*value++ = '\0';
	if (strcmp(argument, "ptp4l_socket") == 0 && options->n_sockets < SOCKETS_MAX) {
		options->sockets[options->n_sockets++] = value;
		options->places.ptp4l_sockets = options->sockets;
		return TRUE;
	}
	if (strcmp(argument, "ntp_port") == 0) {
		options->places.ntp_port = (guint16)atoi(value);
		return TRUE;
	}
	return take_text(options, argument, value);
}

/* --- printing --------------------------------------------------------------------------------- */

static void write_report(GclkJson *json, const GclkDaemonReport *report)
{
	static const char *const presences[] = { "absent", "forbidden", "silent", "garbled",
		"answers" };
	static const char *const references[] = { "none", "local", "ntp", "ptp", "refclock", "phc",
		"host" };
	static const char *const steers[] = { "unknown", "no", "yes" };

	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "daemon", report->daemon);
	gclk_json_int(json, "pid", report->pid);
	gclk_json_string(json, "presence", presences[report->presence]);
	gclk_json_string(json, "problem", report->problem);
	gclk_json_string(json, "remedy", report->remedy);
	gclk_json_string(json, "steers", steers[report->steers]);
	gclk_json_string(json, "steers_why", report->steers_why);
	gclk_json_boolean(json, "locked", report->locked);
	gclk_json_string(json, "locked_why", report->locked_why);
	gclk_json_string(json, "reference", references[report->reference]);
	gclk_json_string(json, "source", report->source);
	gclk_json_string(json, "device", report->device);
	gclk_json_string(json, "feeds", report->feeds);
	gclk_json_int(json, "stratum", report->stratum);
	gclk_json_int(json, "clock_class", report->clock_class);
	gclk_json_boolean(json, "has_offset", report->has_offset);
	gclk_json_int(json, "offset", report->offset);
	gclk_json_int(json, "bound", report->bound);
	gclk_json_int(json, "age", report->age);
	gclk_json_int(json, "leap", report->leap);
	gclk_json_int(json, "tai_offset", report->tai_offset);
	gclk_json_uint(json, "n_sources", report->n_sources);
	gclk_json_begin_array(json, "evidence");
	for (guint i = 0; i < report->evidence->len; i++)
		gclk_json_string(json, NULL, report->evidence->pdata[i]);
	gclk_json_end_array(json);
	gclk_json_end_object(json);
}

static char *ask(const GclkProbePlaces *places)
{
	gint64 start = g_get_monotonic_time();
	g_autoptr(GclkProcesses) processes = gclk_processes_read("");
	g_autoptr(GPtrArray) reports = gclk_probes_run(places, processes);
	gint64 elapsed = g_get_monotonic_time() - start;
	g_autoptr(GclkHostSync) sync = NULL;
	GclkKernelClock kernel;
	GclkJson *json = gclk_json_new();

	gclk_kernel_clock_read(&kernel);
	sync = gclk_host_sync_decide(reports, &kernel, &gclk_sync_policy_default);
	gclk_json_begin_object(json, NULL);
	gclk_json_double(json, "elapsed_ms", (double)elapsed / 1000, 3);
	gclk_json_begin_array(json, "reports");
	for (guint i = 0; i < reports->len; i++)
		write_report(json, reports->pdata[i]);
	gclk_json_end_array(json);
	gclk_host_sync_write(json, "sync", sync);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}

int main(int argc, char **argv)
{
	Options options = { 0 };
	g_autofree char *json = NULL;

	for (int i = 1; i < argc; i++)
		if (!take(&options, argv[i])) {
			fprintf(stderr, "host-ask: what is \"%s\"?\n", argv[i]);
			return 3;
		}
	json = ask(&options.places);
	fputs(json, stdout);
	return 0;
}
