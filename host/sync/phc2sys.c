/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at every phc2sys of this host: one report for each precision clock that it may follow. */
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "guestclock/leap-seconds.h"
#include "guestclock/ptp-table.h"
#include "sync/phc2sys.h"
#include "sync/probe.h"
#include "sync/read-file.h"

/* Of these many at most the clock is measured. */
#define DEVICES_MAX 16

typedef struct {
	GclkProbe probe;
	GPtrArray *reports;
} Phc2sysProbe;

/* --- surroundings ----------------------------------------------------------------------------- */

static gint tai_offset_now(void)
{
	g_autofree char *text =
		gclk_read_file(GCLK_LEAP_SECONDS_FILE, GCLK_LEAP_SECONDS_FILE_MAX, NULL);
	g_autoptr(GclkLeapTable) table =
		text ? gclk_leap_table_parse(text, strlen(text), NULL) : NULL;

	if (!table)
		table = gclk_leap_table_builtin();
	return gclk_leap_table_offset(table, (gint64)time(NULL) * GCLK_NS_PER_S);
}

/* With -a it follows the clocks of ptp4l's ports. */
static void add_clocks_of_ptp4l(const GclkProcesses *processes, GPtrArray *devices)
{
	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];
		g_autoptr(GclkPtp4lSettings) settings = NULL;

		if (strcmp(process->comm, "ptp4l") != 0 || process->elsewhere ||
			!process->privileged)
			continue;
		settings = gclk_ptp4l_settings_read(process->argv);
		for (guint j = 0; j < settings->interfaces->len; j++) {
			g_autofree char *device =
				gclk_phc_device("", settings->interfaces->pdata[j]);

			if (device && devices->len < DEVICES_MAX &&
				!g_ptr_array_find_with_equal_func(
					devices, device, g_str_equal, NULL))
				g_ptr_array_add(devices, g_steal_pointer(&device));
		}
	}
}

/* Names of interfaces mean something in their own network namespace only. */
static GPtrArray *devices_of(
	const GclkPhc2sysSettings *settings, gboolean elsewhere, const GclkProcesses *processes)
{
	GPtrArray *devices = g_ptr_array_new_with_free_func(g_free);
	gboolean known = settings->source && (*settings->source == '/' || !elsewhere);
	char *device = known ? gclk_phc_device("", settings->source) : NULL;

	if (device)
		g_ptr_array_add(devices, device);
	else if (settings->automatic)
		add_clocks_of_ptp4l(processes, devices);
	if (devices->len == 0 && settings->automatic) {
		g_ptr_array_unref(devices);
		devices = gclk_phc_cards("");
	}
	return devices;
}

/* What the driver is known to keep; a network card keeps what it is given. */
static GclkTimescale timescale_of(const char *clock_name)
{
	const GclkPtpClock *clock = gclk_ptp_clock_find(clock_name);
	struct utsname system;

	if (!clock->host || uname(&system) != 0)
		return GCLK_TIMESCALE_UNKNOWN;
	return gclk_ptp_clock_timescale(clock, system.release);
}

/* --- one -------------------------------------------------------------------------------------- */

static void add_report(Phc2sysProbe *probe, const GclkProcess *process,
	const GclkPhc2sysSettings *settings, const char *device)
{
	GclkDaemonReport *report = gclk_daemon_report_new("phc2sys");
	g_autoptr(GError) error = NULL;
	g_autofree char *clock_name = NULL;
	GclkPhcReading reading;
	GclkPhc2sysView view = { .settings = settings, .able = process->able, .device = device };

	view.tai_offset = tai_offset_now();
	if (device) {
		view.kind = gclk_phc_reference("", device, &clock_name);
		view.clock_name = clock_name;
		view.timescale = timescale_of(clock_name);
		view.read = gclk_phc_read(device, &reading, &error) ? &reading : NULL;
		view.error = error;
	}
	report->pid = process->pid;
	gclk_phc2sys_judge(&view, report);
	g_ptr_array_add(probe->reports, report);
}

static void look_at(Phc2sysProbe *probe, const GclkProcess *process, const GclkProcesses *processes)
{
	const char *const *argv = (const char *const *)process->argv;
	g_autofree char *file = gclk_options_last(argv, GCLK_PHC2SYS_OPTIONS, "f");
	g_autofree char *config =
		file ? gclk_read_file(file, GCLK_LINUXPTP_CONFIG_MAX, NULL) : NULL;
	g_auto(GclkPhc2sysSettings) settings = { 0 };
	g_autoptr(GPtrArray) devices = NULL;

	gclk_phc2sys_settings_read(argv, config, &settings);
	devices = devices_of(&settings, process->elsewhere, processes);
	for (guint i = 0; i < devices->len; i++)
		add_report(probe, process, &settings, devices->pdata[i]);
	if (devices->len == 0)
		add_report(probe, process, &settings, NULL);
}

/* --- the probe -------------------------------------------------------------------------------- */

static void finish(GclkProbe *base, GPtrArray *reports)
{
	Phc2sysProbe *probe = (Phc2sysProbe *)base;

	for (guint i = 0; i < probe->reports->len; i++)
		g_ptr_array_add(reports, probe->reports->pdata[i]);
	g_ptr_array_unref(probe->reports);
	g_free(probe);
}

/* Nothing to wait for: reading a precision clock takes microseconds. */
GclkProbe *gclk_probe_phc2sys_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	Phc2sysProbe *probe = g_new0(Phc2sysProbe, 1);

	(void)places;
	probe->probe = (GclkProbe){ .fd = -1, .finish = finish };
	probe->reports = g_ptr_array_new();
	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];

		if (strcmp(process->comm, "phc2sys") == 0 && process->privileged)
			look_at(probe, process, processes);
	}
	return &probe->probe;
}
