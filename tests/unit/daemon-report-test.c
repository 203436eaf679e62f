/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/daemon-report.h"

#include "harness.h"

static void test_new(void)
{
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("chronyd");

	GCLK_ASSERT_STR(report->daemon, "chronyd");
	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ABSENT);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_UNKNOWN);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_NONE);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_INT(report->has_offset, FALSE);
	GCLK_ASSERT_INT(report->stratum, -1);
	GCLK_ASSERT_INT(report->clock_class, -1);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(report->age, -1);
	GCLK_ASSERT_INT(report->evidence->len, 0);
}

static void test_evidence(void)
{
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("ntpd");

	gclk_daemon_report_add_evidence(report, "leap %d", 3);
	gclk_daemon_report_add_evidence(report, "%s", "100 %s");
	GCLK_ASSERT_INT(report->evidence->len, 2);
	GCLK_ASSERT_STR(report->evidence->pdata[0], "leap 3");
	GCLK_ASSERT_STR(report->evidence->pdata[1], "100 %s");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "unknown in everything", test_new },
		{ "evidence", test_evidence },
		{ NULL, NULL },
	};

	return gclk_test_main("daemon-report", cases);
}
