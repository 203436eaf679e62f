/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/openntpd.h"

#include "harness.h"

static const char synced[] = "4/5 peers valid, constraint offset 0s, clock synced, stratum 3\n"
			     "\n"
			     "peer\n"
			     "   wt tl st  next  poll          offset       delay      jitter\n"
			     "192.0.2.7 from pool pool.ntp.org\n"
			     "    1  8  2    3s   33s         1.026ms     9.999ms     0.301ms\n"
			     "2001:db8::1 ntp.example.org\n"
			     " *  1 10  2   19s   30s        -0.250ms     9.999ms     0.301ms\n";

static GclkDaemonReport *judge(const char *text)
{
	GclkDaemonReport *report = gclk_daemon_report_new("openntpd");
	GclkOpenntpdStatus status;

	gclk_openntpd_parse(text, &status);
	gclk_openntpd_judge(&status, report);
	gclk_openntpd_clear(&status);
	return report;
}

static void test_synced(void)
{
	g_autoptr(GclkDaemonReport) report = judge(synced);

	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_HAS(report->locked_why, "4 of 5 sources are valid");
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_NTP);
	GCLK_ASSERT_STR(report->source, "2001:db8::1");
	GCLK_ASSERT_INT(report->stratum, 3);
	GCLK_ASSERT_INT(report->n_sources, 5);
	GCLK_ASSERT_INT(report->has_offset, TRUE);
	GCLK_ASSERT_INT(report->offset, -250000);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(report->age, -1);
}

static void test_sensor(void)
{
	g_autoptr(GclkDaemonReport) report =
		judge("1/1 sensors valid, clock synced, stratum 1\nsensor\n"
		      "   wt gd st  next  poll          offset  correction\n"
		      "nmea0\n *  1  1  0    5s   15s        -0.300ms     0.000ms\n");

	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_REFCLOCK);
	GCLK_ASSERT_STR(report->source, "nmea0");
}

static void test_not_locked(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "0/4 peers valid, clock unsynced\n", "unsynced" },
		{ "1/4 peers valid, clock unsynced, clock offset is 12.345ms\n", "unsynced" },
		{ "0/4 peers valid, clock synced, stratum 3\n", "none of its 4 sources" },
		{ "no peers and no sensors configured\nclock synced, stratum 3\n",
			"none of its 0 sources" },
		{ "9/4 peers valid, clock synced\n", "none of its 0 sources" },
		{ "-1/4 peers valid, clock synced\n", "none of its 0 sources" },
		{ "1/1 peers valid, clock synced, stratum 3\npeer\na\n"
		  " *  1  0  2   19s   30s             ---- peer not valid ----\n",
			"does not answer any more" },
		{ "4/4 peers valid, clock syncedish\n", "unsynced" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkDaemonReport) report = judge(cases[i].text);

		GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
		GCLK_ASSERT_INT(report->locked, FALSE);
		GCLK_ASSERT_HAS(report->locked_why, cases[i].why);
	}
}

static void test_no_answer(void)
{
	g_autoptr(GclkDaemonReport) empty = judge("");
	g_autoptr(GclkDaemonReport) strange = judge("\x01\x02\xff\n *\n *  1\npeer\n");
	g_autoptr(GclkDaemonReport) unreached =
		judge("ntpctl: connect: /run/openntpd.sock: No such file or directory\n");
	g_autoptr(GclkDaemonReport) forbidden =
		judge("ntpctl: connect: /run/openntpd.sock: Permission denied\n");

	GCLK_ASSERT_INT(empty->presence, GCLK_DAEMON_GARBLED);
	GCLK_ASSERT_INT(strange->presence, GCLK_DAEMON_GARBLED);
	GCLK_ASSERT_INT(strange->locked, FALSE);
	GCLK_ASSERT_INT(unreached->presence, GCLK_DAEMON_SILENT);
	GCLK_ASSERT_INT(forbidden->presence, GCLK_DAEMON_FORBIDDEN);
	GCLK_ASSERT_HAS(forbidden->remedy, "root");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "synced", test_synced },
		{ "a sensor", test_sensor },
		{ "not locked", test_not_locked },
		{ "no answer", test_no_answer },
		{ NULL, NULL },
	};

	return gclk_test_main("openntpd", cases);
}
