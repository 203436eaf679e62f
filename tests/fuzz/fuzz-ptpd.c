/* SPDX-License-Identifier: BSD-2-Clause */
/* What ptpd writes: as a status, as a log; and as the settings of linuxptp's programs. */
#include "fuzz.h"

#include <string.h>

#include "sync/ptp4l-settings.h"
#include "sync/ptpd-status.h"

static void check_ptpd(const char *text, size_t size, gboolean log)
{
	g_auto(GclkPtpdStatus) status = { 0 };
	GclkDaemonReport *report = gclk_daemon_report_new("ptpd");

	gclk_ptpd_status_init(&status);
	if (log)
		gclk_ptpd_statistics_parse(text, size, &status);
	else
		gclk_ptpd_status_parse(text, size, &status);
	gclk_ptpd_judge(&status, GCLK_NS_PER_S, report);
	g_assert_true(!report->locked || report->presence == GCLK_DAEMON_ANSWERS);
	g_assert_true(report->presence != GCLK_DAEMON_ANSWERS || report->locked_why);
	g_assert_true(report->clock_class >= -1 && report->clock_class <= 255);
	gclk_daemon_report_free(report);
}

static void check_settings(const char *text)
{
	g_auto(GStrv) argv = g_strsplit_set(text, " \n", 32);
	GclkPtp4lSettings *settings = gclk_ptp4l_settings_new((const char *const *)argv, text);
	g_auto(GclkPhc2sysSettings) phc2sys = { 0 };

	g_assert_true(settings->transport_specific <= 15);
	gclk_ptp4l_settings_free(settings);
	gclk_phc2sys_settings_read((const char *const *)argv, text, &phc2sys);
	g_assert_true(ABS(phc2sys.offset_s) <= 3600);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = g_strndup((const char *)data, size);
	char *copy = g_memdup2(data, size); /* not ended by a NUL: reads beyond are seen */

	if (copy) {
		check_ptpd(copy, size, FALSE);
		check_ptpd(copy, size, TRUE);
	}
	check_settings(text);
	g_free(copy);
	g_free(text);
	return 0;
}
