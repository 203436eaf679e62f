/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/survey.h"

#include <string.h>

#include "detect/time-programs.h"
#include "guestclock/finding.h"

#define COMMAND_LINE_MAX 16384
#define CLOCKSOURCE      "/sys/devices/system/clocksource/clocksource0/"

static void read_linux(GclkSurvey *survey)
{
	GclkReader *reader = survey->reader;
	g_autofree char *available = gclk_reader_text(reader, CLOCKSOURCE "available_clocksource");
	g_autofree char *uptime = gclk_reader_text(reader, "/proc/uptime");

	survey->os = GCLK_OS_LINUX;
	survey->command_line = gclk_reader_text(reader, "/proc/cmdline");
	survey->clocksource = gclk_reader_text(reader, CLOCKSOURCE "current_clocksource");
	survey->clocksources = available ? g_strsplit(available, " ", -1) : NULL;
	survey->uptime = uptime ? (gint64)CLAMP(g_ascii_strtod(uptime, NULL), 0, G_MAXINT32) : 0;
}

static char *ask_sysctl(const GclkMachine *machine, const char *name)
{
	return machine->sysctl ? machine->sysctl(machine->sysctl_user, name) : NULL;
}

static void read_system(GclkSurvey *survey)
{
	const GclkMachine *machine = survey->machine;

	survey->release = gclk_reader_text(survey->reader, "/proc/sys/kernel/osrelease");
	if (survey->release || !machine->sysctl) {
		read_linux(survey);
		return;
	}
	survey->os = GCLK_OS_FREEBSD;
	survey->release = ask_sysctl(machine, "kern.osrelease");
	survey->clocksource = ask_sysctl(machine, "kern.timecounter.hardware");
}

GclkSurvey *gclk_survey_new(const GclkMachine *machine)
{
	GclkSurvey *survey = g_new0(GclkSurvey, 1);
	GclkPlatform *platform = machine->platform;
	const char *why = NULL;

	survey->machine = machine;
	survey->detection = gclk_detection_new(machine);
	survey->reader = g_new0(GclkReader, 1);
	survey->reader->platform = platform;
	survey->reader->unreadable = survey->detection->unreadable;
	read_system(survey);
	survey->log = gclk_kernel_log_new(machine, survey->reader);
	survey->programs = gclk_time_programs_find(machine, survey->reader);
	survey->has_discipline = platform->get_discipline &&
				 platform->get_discipline(platform, &survey->discipline, NULL);
	survey->may_steer = platform->may_steer && platform->may_steer(platform, &why);
	survey->may_not_why = survey->may_steer ? NULL : g_strdup(why);
	return survey;
}

void gclk_survey_free(GclkSurvey *survey)
{
	if (!survey)
		return;
	g_free(survey->release);
	g_free(survey->command_line);
	g_free(survey->clocksource);
	g_strfreev(survey->clocksources);
	gclk_kernel_log_free(survey->log);
	g_ptr_array_unref(survey->programs);
	g_free(survey->may_not_why);
	g_free(survey->reader);
	gclk_detection_free(survey->detection);
	g_free(survey);
}

GclkClocksourceVerdict gclk_survey_judge_clocksource(const GclkSurvey *survey)
{
	const GclkKernelAge age = gclk_kernel_age(survey->release);

	return survey->clocksource
		       ? gclk_clocksource_judge(
				 gclk_clocksource_row(survey->detection->hypervisor, age.age),
				 survey->clocksource)
		       : GCLK_CLOCKSOURCE_UNKNOWN;
}

static const GclkCheck checks[] = {
	gclk_check_clocksource,
	gclk_check_kernel_parameters,
	gclk_check_ticks,
	gclk_check_kernel_log,
	gclk_check_programs,
	gclk_check_offers,
	gclk_check_clock,
	gclk_check_freebsd,
};

/* From within a container nothing of the machine can be changed. */
static void send_outside(GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		GclkFinding *finding = findings->pdata[i];
		char *inside = finding->remedy;

		g_clear_pointer(&finding->fixes, g_ptr_array_unref);
		if (!inside || strcmp(finding->id, "clock-of-host") == 0)
			continue;
		finding->remedy = g_strconcat("outside this container: ", inside, NULL);
		g_free(inside);
	}
}

GPtrArray *gclk_survey_check(const GclkSurvey *survey)
{
	GPtrArray *findings = gclk_findings_new();

	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
		checks[i](survey, findings);
	if (!survey->detection->owns_clock)
		send_outside(findings);
	gclk_findings_sort(findings);
	return findings;
}
