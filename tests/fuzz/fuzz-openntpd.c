/* SPDX-License-Identifier: BSD-2-Clause */
/* What ntpctl prints. */
#include "fuzz.h"

#include "sync/openntpd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("openntpd");
	GclkOpenntpdStatus status;

	gclk_openntpd_parse(text, &status);
	gclk_openntpd_judge(&status, report);
	gclk_openntpd_clear(&status);
	if (report->locked)
		g_assert_true(status.synced && status.valid > 0 && status.valid <= status.total);
	g_assert_true(!report->source || g_utf8_validate(report->source, -1, NULL));
	g_assert_true(report->presence == GCLK_DAEMON_ANSWERS || !report->locked);
	return 0;
}
