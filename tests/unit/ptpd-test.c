/* SPDX-License-Identifier: BSD-2-Clause */
/* What ptpd writes, and what it means. */
#include <string.h>

#include "harness.h"
#include "sync/ptpd-status.h"

/* Published in 2021 of an ESXi host that could not follow its master. */
static const char esxi_log[] =
	"2021-06-17 17:09:55.780497, slv, 000c29fffe1ddaab(unknown)/1,  0.000158176, -0.197176563,"
	"  0.197339595, -0.196736833, -500000.000000000, D, 06462, 0.000156068, 2646, -0.202338727,"
	" 1502252, -500000, 0, -0.196736833,  0.197339595\n"
	"2021-06-17 17:09:56.781782, slv, 000c29fffe1ddaab(unknown)/1,  0.000158176, -0.196595500,"
	"  0.197339595, -0.196138752, -500000.000000000, S, 04630, 0.000156068, 2646, -0.202338727,"
	" 1502252, -500000, 0, -0.196138752,  0.197339595\n";
static const char esxi_status[] =
	"Metric              Value\n"
	"------------------  -----\n"
	"Announce received   3490\n"
	"Best master ID      000c29fffe1ddaab(unknown)/1Best master IP     :  192.168.0.6\n"
	"Clock Source        ptp\n"
	"Clock correction    -7.433 ppm, mean -7.147 ppm, dev  0.177 ppm\n"
	"Clock status        calibrated, in control\n"
	"Delay mechanism     E2E\n"
	"GM priority         Priority1 128, Priority2 128, clockClass 248\n"
	"Interface           vmk0\n"
	"Transport           ipv4, multicast\n"
	"UTC properties      UTC valid: N, UTC offset: 37\n";
static const char status_file[] =
	"Interface          :  eth0\n"
	"Port state         :  PTP_SLAVE\n"
	"Best master ID     :  000c29fffe1ddaab(unknown)/1\n"
	"Best master IP     :  192.168.0.6\n"
	"GM priority        :  Priority1 128, Priority2 128, clockClass 6\n"
	"UTC properties     :  UTC valid: Y, UTC offset: 37\n"
	"Offset from Master : -0.000012500 s, mean  0.000000456 s, dev  0.000000789 s\n"
	"Mean Path Delay    :  0.000156068 s, mean  0.000156068 s, dev  0.000000789 s\n"
	"Clock status       :  calibrated, in control\n"
	"Clock correction   :  -7.433 ppm, mean -7.147 ppm, dev  0.177 ppm\n"
	"Announce received  :  3490\n";

typedef void (*Parse)(const char *text, gsize length, GclkPtpdStatus *out);

static void read_text(Parse parse, const char *text, GclkPtpdStatus *out)
{
	gclk_ptpd_status_init(out);
	parse(text, strlen(text), out);
}

static GclkDaemonReport *judge(Parse parse, const char *text, gint64 age)
{
	g_auto(GclkPtpdStatus) status = { 0 };
	GclkDaemonReport *report = gclk_daemon_report_new("ptpd");

	read_text(parse, text, &status);
	gclk_ptpd_judge(&status, age, report);
	return report;
}

static void test_status(void)
{
	g_auto(GclkPtpdStatus) status = { 0 };

	read_text(gclk_ptpd_status_parse, status_file, &status);
	GCLK_ASSERT_INT(status.state, GCLK_PTPD_STATE_SLAVE);
	GCLK_ASSERT_STR(status.master, "000c29fffe1ddaab");
	GCLK_ASSERT_STR(status.address, "192.168.0.6");
	GCLK_ASSERT_STR(status.interface, "eth0");
	GCLK_ASSERT_INT(status.clock_class, 6);
	GCLK_ASSERT_INT(status.master_offset, -12500);
	GCLK_ASSERT_INT(status.path_delay, 156068);
	GCLK_ASSERT_INT(status.drift_ppb, -7433);
	GCLK_ASSERT_INT(status.announces, 3490);
	GCLK_ASSERT_INT(status.utc_offset, 37);
	GCLK_ASSERT_INT(status.utc_valid, TRUE);
	GCLK_ASSERT_INT(status.unknown->len, 0);
}

static void test_esxi_status(void)
{
	g_auto(GclkPtpdStatus) status = { 0 };

	read_text(gclk_ptpd_status_parse, esxi_status, &status);
	GCLK_ASSERT_INT(status.state, GCLK_PTPD_STATE_UNKNOWN);
	GCLK_ASSERT_STR(status.master, "000c29fffe1ddaab");
	GCLK_ASSERT_STR(status.address, "192.168.0.6"); /* two lines in one */
	GCLK_ASSERT_INT(status.clock_class, 248);
	GCLK_ASSERT_STR(status.clock_status, "calibrated, in control");
	GCLK_ASSERT_STR(status.transport, "ipv4, multicast");
	GCLK_ASSERT_INT(status.utc_valid, FALSE);
	GCLK_ASSERT_INT(status.master_offset, GCLK_PTPD_UNKNOWN);
	GCLK_ASSERT_INT(status.unknown->len, 2);
	GCLK_ASSERT_STR(status.unknown->pdata[0], "Clock Source");
	GCLK_ASSERT_STR(status.unknown->pdata[1], "Delay mechanism");
}

static void test_log(void)
{
	g_auto(GclkPtpdStatus) status = { 0 };

	read_text(gclk_ptpd_statistics_parse, esxi_log, &status);
	GCLK_ASSERT_INT(status.state, GCLK_PTPD_STATE_SLAVE);
	GCLK_ASSERT_STR(status.master, "000c29fffe1ddaab");
	GCLK_ASSERT_INT(status.master_offset, -196595500); /* of the last line */
	GCLK_ASSERT_INT(status.path_delay, 158176);
	GCLK_ASSERT_INT(status.drift_ppb, -500000);
}

static void test_log_ends(void)
{
	static const struct {
		const char *text;
		GclkPtpdState state;
	} cases[] = {
		{ "", GCLK_PTPD_STATE_UNKNOWN }, { "\n\n", GCLK_PTPD_STATE_UNKNOWN },
		{ "# Timestamp, State, Clock ID\n", GCLK_PTPD_STATE_UNKNOWN },
		{ "t, init, \nt, lstn_init, 1\n", GCLK_PTPD_STATE_LISTENING },
		{ "t, slv, a(b)/1, 0.1, 0.2, 0, 0, 5\nt, slv, a(b)/1, 0.1, 0.", /* half a line */
			GCLK_PTPD_STATE_SLAVE },
		{ "t, mst\n", GCLK_PTPD_STATE_MASTER },
		{ "t, nonsense\n", GCLK_PTPD_STATE_UNKNOWN },
		{ "t, slv\n", GCLK_PTPD_STATE_UNKNOWN }, /* a slave has figures */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GclkPtpdStatus) status = { 0 };

		read_text(gclk_ptpd_statistics_parse, cases[i].text, &status);
		GCLK_ASSERT_INT(status.state, cases[i].state);
		if (status.state == GCLK_PTPD_STATE_SLAVE)
			GCLK_ASSERT_INT(status.master_offset, 200 * GCLK_NS_PER_MS);
	}
}

static void test_slave(void)
{
	g_autoptr(GclkDaemonReport) report =
		judge(gclk_ptpd_status_parse, status_file, GCLK_NS_PER_S);
	g_autoptr(GclkDaemonReport) old =
		judge(gclk_ptpd_status_parse, status_file, 31 * GCLK_NS_PER_S);
	g_autoptr(GclkDaemonReport) ageless = judge(gclk_ptpd_status_parse, status_file, -1);

	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_PTP);
	GCLK_ASSERT_INT(report->offset, 12500); /* the local clock is behind */
	GCLK_ASSERT_INT(report->clock_class, 6);
	GCLK_ASSERT_INT(report->tai_offset, 37);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(old->locked, FALSE);
	GCLK_ASSERT_HAS(old->locked_why, "old");
	GCLK_ASSERT_INT(ageless->locked, FALSE);
}

/* The host of 2021: slave, 197 ms off, its servo at the limit. */
static void test_pinned(void)
{
	g_autoptr(GclkDaemonReport) report =
		judge(gclk_ptpd_statistics_parse, esxi_log, GCLK_NS_PER_S);

	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_HAS(report->locked_why, "limit");
	GCLK_ASSERT_INT(report->offset, 196595500);
}

static void test_troubles(void)
{
	static const struct {
		const char *text;
		const char *why;
		GclkReferenceKind reference;
		gboolean multicast;
	} cases[] = {
		{ "Announce received : 0\nPort state : PTP_LISTENING\n", "no Announce",
			GCLK_REFERENCE_NONE, TRUE },
		{ "Port state : PTP_LISTENING\n", "no master is heard", GCLK_REFERENCE_NONE, TRUE },
		{ "Port state : PTP_MASTER\n", "master", GCLK_REFERENCE_LOCAL, FALSE },
		{ "Port state : PTP_FAULTY\n", "faulty", GCLK_REFERENCE_NONE, FALSE },
		{ "Port state : PTP_UNCALIBRATED\n", "uncalibrated", GCLK_REFERENCE_PTP, FALSE },
		{ "Port state : PTP_SLAVE\nClock status : calibrated\n", "its clock is calibrated",
			GCLK_REFERENCE_PTP, FALSE },
		{ "Port state : PTP_SLAVE\nClock correction : 500.0 ppm\n", "limit",
			GCLK_REFERENCE_PTP, FALSE },
		{ "Interface : eth0\n", "does not tell", GCLK_REFERENCE_NONE, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkDaemonReport) report =
			judge(gclk_ptpd_status_parse, cases[i].text, 0);

		GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
		GCLK_ASSERT_INT(report->locked, FALSE);
		GCLK_ASSERT_HAS(report->locked_why, cases[i].why);
		GCLK_ASSERT_INT(report->reference, cases[i].reference);
		CU_ASSERT_EQUAL(
			report->remedy && strstr(report->remedy, "multicast"), cases[i].multicast);
	}
}

static void test_garbage(void)
{
	static const char *const texts[] = { "", "hello\n", ": : :\n", "x : y\n",
		"Offset from Master\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GclkDaemonReport) report = judge(gclk_ptpd_status_parse, texts[i], 0);

		GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_GARBLED);
		GCLK_ASSERT_INT(report->locked, FALSE);
	}
}

static void test_many_keys(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_auto(GclkPtpdStatus) status = { 0 };

	for (int i = 0; i < 10000; i++)
		g_string_append_printf(text, "Key %d : value\n", i);
	read_text(gclk_ptpd_status_parse, text->str, &status);
	GCLK_ASSERT_INT(status.unknown->len, 32);
	GCLK_ASSERT_INT(status.known, 0);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a status file", test_status },
		{ "ESXi's table", test_esxi_status },
		{ "a log", test_log },
		{ "ends of logs", test_log_ends },
		{ "a slave", test_slave },
		{ "a servo at its limit", test_pinned },
		{ "troubles", test_troubles },
		{ "garbage", test_garbage },
		{ "many keys", test_many_keys },
		{ NULL, NULL },
	};

	return gclk_test_main("ptpd", cases);
}
