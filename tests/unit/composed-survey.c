/* SPDX-License-Identifier: BSD-2-Clause */
#include "composed-survey.h"

#include <string.h>

#include "detect/reader.h"

static void fill(const GclkComposition *from, GclkSurvey *survey)
{
	survey->os = from->os;
	survey->ticks = from->ticks;
	survey->uptime = from->uptime;
	survey->release = g_strdup(from->release);
	survey->command_line = g_strdup(from->command_line);
	survey->clocksource = g_strdup(from->clocksource);
	survey->clocksources = from->clocksources ? g_strsplit(from->clocksources, " ", -1) : NULL;
	survey->log = from->log ? gclk_kernel_log_parse(from->log, strlen(from->log)) : NULL;
}

static void empty(GclkSurvey *survey)
{
	g_free(survey->release);
	g_free(survey->command_line);
	g_free(survey->clocksource);
	g_strfreev(survey->clocksources);
	gclk_kernel_log_free(survey->log);
}

GPtrArray *gclk_composed_check(const GclkComposition *from, const GclkCheck *checks)
{
	GPtrArray *findings = gclk_findings_new();
	g_autoptr(GPtrArray) unreadable = gclk_facts_new();
	GclkDetection detection = { .hypervisor = from->hypervisor ? from->hypervisor : "none",
		.owns_clock = !from->contained,
		.unreadable = unreadable };
	const GclkMachine machine = { .cpuid = from->cpuid };
	GclkSurvey survey = { .detection = &detection, .machine = &machine };

	gclk_facts_add(unreadable, GCLK_KERNEL_LOG_FACT, from->log_unreadable);
	fill(from, &survey);
	for (; *checks; checks++)
		(*checks)(&survey, findings);
	empty(&survey);
	return findings;
}

static void add(GString *out, const char *separator, const char *text)
{
	if (out->len)
		g_string_append(out, separator);
	g_string_append(out, text);
}

char *gclk_composed_evidence(const GclkFinding *finding)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; finding && finding->evidence && i < finding->evidence->len; i++)
		add(out, "\n", finding->evidence->pdata[i]);
	return g_string_free(out, FALSE);
}

char *gclk_composed_fixes(const GclkFinding *finding)
{
	static const char *const kinds[] = {
		[GCLK_FIX_CLOCKSOURCE] = "clocksource",
		[GCLK_FIX_BOOT_PARAMETER] = "boot",
		[GCLK_FIX_MODULE] = "module",
		[GCLK_FIX_SYSCTL] = "sysctl",
		[GCLK_FIX_LOADER] = "loader",
	};
	GString *out = g_string_new(NULL);

	for (guint i = 0; finding && finding->fixes && i < finding->fixes->len; i++) {
		const GclkFix *fix = finding->fixes->pdata[i];
		g_autofree char *text = g_strconcat(kinds[fix->kind], " ", fix->name,
			fix->value ? "=" : NULL, fix->value, NULL);

		add(out, "\n", text);
	}
	return g_string_free(out, FALSE);
}

char *gclk_composed_ids(const GPtrArray *findings)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		add(out, " ", finding->id);
	}
	return g_string_free(out, FALSE);
}
