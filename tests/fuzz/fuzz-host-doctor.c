/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hostclock doctor reads of others: ntp.conf, chrony.conf, timesyncd.conf, domain XML, hook
 * scripts, /proc/PID/stat. Whatever stands there, each finding can be printed and the work ends;
 * XML that is refused says nothing.
 */
#include "fuzz.h"

#include <string.h>

#include "doctor/check.h"
#include "doctor/examination.h"

static void print(GPtrArray *findings)
{
	g_auto(GclkHostDiagnosis) diagnosis = { .findings = findings,
		.unseen = g_ptr_array_new_with_free_func(g_free) };
	g_autofree char *text = gclk_host_diagnosis_text(&diagnosis, FALSE, FALSE);
	g_autofree char *json = gclk_host_diagnosis_json(&diagnosis);

	g_assert(g_utf8_validate(text, -1, NULL));
	g_assert(g_utf8_validate(json, -1, NULL));
	g_assert(findings->len < 64);
}

static void as_config(GclkTimeDaemon daemon, gboolean ntpsec, const char *text, gsize length)
{
	g_autoptr(GclkTimeConfig) config = gclk_time_config_parse(daemon, "/x", text, length);
	GPtrArray *findings = gclk_findings_new();

	config->ntpsec = ntpsec;
	gclk_check_servers(config, findings);
	if (daemon == GCLK_TIME_NTPD)
		gclk_check_restrict(config, findings);
	if (daemon == GCLK_TIME_CHRONYD)
		gclk_check_chrony(config, findings);
	print(findings);
}

static void as_xml(const char *text, gsize length)
{
	const GclkHostSync sync = { .effective = GCLK_PROTOCOL_NONE };
	const GclkDomain domain = { .name = (char *)"x" };
	const GclkDomainClock nothing = { 0 };
	GclkDomainCase row = { .domain = &domain };
	g_autoptr(GError) error = NULL;
	GPtrArray *findings = gclk_findings_new();

	row.has_clock = gclk_domain_clock_from_xml(text, length, &row.clock, &error);
	g_assert(row.has_clock == (error == NULL));
	g_assert(row.has_clock || memcmp(&row.clock, &nothing, sizeof(nothing)) == 0);
	gclk_check_domains(&row, 1, GCLK_GATE_ASKED, &sync, findings);
	print(findings);
}

static void as_hook(const char *text)
{
	g_autoptr(GclkHookView) view = gclk_hook_view_new("/h");
	GclkHookFile *file = gclk_hook_view_add_file(view, "/h/qemu");
	GPtrArray *findings = gclk_findings_new();

	view->has_libvirt = file->executable = TRUE;
	gclk_hook_file_take_text(file, text);
	gclk_check_hook(view, findings);
	print(findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	g_autofree char *copy = g_strndup(text, size);
	guint64 ticks;

	as_config(GCLK_TIME_NTPD, FALSE, text, size);
	as_config(GCLK_TIME_NTPD, TRUE, text, size);
	as_config(GCLK_TIME_CHRONYD, FALSE, text, size);
	as_config(GCLK_TIME_TIMESYNCD, FALSE, text, size);
	as_xml(text, size);
	as_hook(copy);
	gclk_stat_start(copy, &ticks);
	return 0;
}
