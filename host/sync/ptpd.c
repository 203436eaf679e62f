/* SPDX-License-Identifier: BSD-2-Clause */
/* ptpd cannot be asked; it writes a status file, a statistics log, or neither. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sync/probe.h"
#include "sync/ptp4l-settings.h"
#include "sync/ptpd-status.h"
#include "sync/read-file.h"

#define TEXT_MAX (256 * 1024)

/* ptpd2(8): letters that take a value. */
#define OPTIONS "cdfiplLrRsSuU"

typedef struct {
	GclkProbe probe;
	GclkDaemonReport *report; /* or NULL */
} PtpdProbe;

/* --- what it was told ------------------------------------------------------------------------- */

typedef struct {
	char *status, *statistics;
	gboolean no_adjust;
} Settings;

static void settings_clear(Settings *settings)
{
	g_free(settings->status);
	g_free(settings->statistics);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settings, settings_clear)

static void set(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

/* "global:status_file", "--global:status_file=..."; in a file also "status_file" alone. */
static void take_setting(Settings *settings, const char *key, const char *value)
{
	const char *colon = strrchr(key, ':');

	if (colon)
		key = colon + 1;
	if (strcmp(key, "status_file") == 0)
		set(&settings->status, value);
	else if (strcmp(key, "statistics_file") == 0)
		set(&settings->statistics, value);
	else if (strcmp(key, "no_adjust") == 0)
		settings->no_adjust = g_ascii_toupper(*value) == 'Y' || *value == '1';
}

static void take_option(gpointer user, const char *name, const char *value)
{
	Settings *settings = user;

	if (strcmp(name, "S") == 0)
		set(&settings->statistics, value);
	else if (strcmp(name, "n") == 0 || strcmp(name, "noadjust") == 0)
		settings->no_adjust = TRUE;
	else
		take_setting(settings, name, value);
}

static void take_config(Settings *settings, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 4096);

	for (char **line = lines; *line; line++) {
		char *equals = strchr(*line, '=');

		if (!equals || **line == '#' || **line == ';')
			continue;
		*equals = '\0';
		take_setting(settings, g_strstrip(*line), g_strstrip(equals + 1));
	}
}

static void read_settings(const GclkProcess *process, Settings *out)
{
	const char *const *argv = (const char *const *)process->argv;
	g_autofree char *file = gclk_options_last(argv, OPTIONS, "c");
	g_autofree char *config = file ? gclk_read_file(file, TEXT_MAX, NULL) : NULL;

	memset(out, 0, sizeof(*out));
	if (config)
		take_config(out, config);
	gclk_options_each(argv, OPTIONS, take_option, out);
}

/* --- what it writes --------------------------------------------------------------------------- */

static gint64 age_of(const char *path)
{
	struct stat status;
	struct timespec now;

	if (stat(path, &status) != 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	return MAX(0, (gint64)(now.tv_sec - status.st_mtim.tv_sec) * GCLK_NS_PER_S +
			      (now.tv_nsec - status.st_mtim.tv_nsec));
}

typedef void (*Parse)(const char *text, gsize length, GclkPtpdStatus *out);

/* TRUE: the file could be read; else errno. */
static gboolean read_written(const char *path, Parse parse, GclkDaemonReport *report)
{
	g_auto(GclkPtpdStatus) status = { 0 };
	gsize length;
	g_autofree char *text = gclk_read_file(path, TEXT_MAX, &length);

	if (!text)
		return FALSE;
	gclk_ptpd_status_init(&status);
	parse(text, length, &status);
	gclk_ptpd_judge(&status, age_of(path), report);
	gclk_daemon_report_add_evidence(report, "read: %s", path);
	return TRUE;
}

static void read_either(const char *status, const char *statistics, GclkDaemonReport *report)
{
	const char *usual = "/var/run/ptpd2.status";
	int error;

	if (read_written(status ? status : usual, gclk_ptpd_status_parse, report))
		return;
	error = errno;
	if (statistics && read_written(statistics, gclk_ptpd_statistics_parse, report))
		return;
	report->presence = error == EACCES ? GCLK_DAEMON_FORBIDDEN : GCLK_DAEMON_SILENT;
	report->problem = g_strdup_printf("%s: %s", status ? status : usual, g_strerror(error));
	report->remedy = g_strdup(error == EACCES ? "run hostclock as root"
						  : "let it write a status file: "
						    "global:log_status=Y in its configuration");
}

/* --- the probe -------------------------------------------------------------------------------- */

static void finish(GclkProbe *base, GPtrArray *reports)
{
	PtpdProbe *probe = (PtpdProbe *)base;

	if (probe->report)
		g_ptr_array_add(reports, probe->report);
	g_free(probe);
}

static GclkDaemonReport *look_at(const GclkProbePlaces *places, const GclkProcess *process)
{
	GclkDaemonReport *report = gclk_daemon_report_new("ptpd");
	g_auto(Settings) settings = { 0 };

	read_settings(process, &settings);
	gclk_process_tell(process, report);
	if (settings.no_adjust) {
		report->steers = GCLK_STEERS_NO;
		set(&report->steers_why, "it was told not to adjust the clock");
	}
	read_either(places->ptpd_status ? places->ptpd_status : settings.status,
		settings.statistics, report);
	return report;
}

GclkProbe *gclk_probe_ptpd_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	PtpdProbe *probe = g_new0(PtpdProbe, 1);
	const GclkProcess *process = gclk_processes_find(processes, "ptpd2");

	probe->probe = (GclkProbe){ .fd = -1, .finish = finish };
	if (!process)
		process = gclk_processes_find(processes, "ptpd");
	if (process && process->privileged)
		probe->report = look_at(places, process);
	return &probe->probe;
}
