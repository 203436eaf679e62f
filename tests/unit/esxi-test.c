/* SPDX-License-Identifier: BSD-2-Clause */
/* What ESXi hosts print, in every form in which they print it. The files are what people published.
 */
#include "sync/esxi.h"

#include <string.h>

#include "harness.h"
#include "sync/esxi-text.h"

#define NOW (G_GINT64_CONSTANT(1623949797) * GCLK_NS_PER_S) /* 2021-06-17 17:09:57 UTC */

static char *read_data(const char *name)
{
	const char *source = g_getenv("srcdir");
	g_autofree char *path =
		g_build_filename(source ? source : ".", "tests/data/esxi", name, NULL);
	char *text = NULL;

	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static GclkHostSync *decide(const char *text, gint64 age)
{
	return gclk_esxi_sync(text, strlen(text), NOW, age, &gclk_sync_policy_default);
}

static gboolean has_evidence(const GclkHostSync *sync, const char *part)
{
	for (guint i = 0; i < sync->evidence->len; i++)
		if (strstr(sync->evidence->pdata[i], part))
			return TRUE;
	return FALSE;
}

/* --- the host of 2021: slave, calibrated, "in control" ... and 197 ms off -----------------------
 */

static void test_ptp_2021(void)
{
	g_autofree char *stats = read_data("ptp-stats-2021");
	g_autofree char *log = read_data("ptpd.stats-2021");
	g_autofree char *both = g_strconcat(stats, log, NULL);
	const char *const texts[] = { stats, log, both };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GclkHostSync) sync = decide(texts[i], 0);

		CU_ASSERT_FALSE(sync->synchronised);
		GCLK_ASSERT_INT(sync->configured, GCLK_PROTOCOL_PTP);
		CU_ASSERT_TRUE(has_evidence(sync, "000c29fffe1ddaab"));
		CU_ASSERT_FALSE(sync->summary && strstr(sync->summary, "is synchronised by"));
	}
}

static void test_ptp_2021_figures(void)
{
	g_autofree char *log = read_data("ptpd.stats-2021");
	g_autoptr(GclkHostSync) fresh = decide(log, 0);
	g_autoptr(GclkHostSync) old = gclk_esxi_sync(
		log, strlen(log), NOW + 3600 * GCLK_NS_PER_S, 0, &gclk_sync_policy_default);

	CU_ASSERT_TRUE(has_evidence(fresh, "offset from master: -197 ms"));
	CU_ASSERT_TRUE(has_evidence(fresh, "-500000 ppb"));
	CU_ASSERT_TRUE(has_evidence(fresh, "servo is at its limit"));
	CU_ASSERT_TRUE(has_evidence(old, "old"));
	CU_ASSERT_FALSE(old->synchronised);
}

/* --- one that is right, in all forms
 * -------------------------------------------------------------- */

static const char table[] = "Metric              Value\n"
			    "------------------  -----\n"
			    "Announce received    3490\n"
			    "Best master ID       000c29fffe1ddaab(unknown)/1\n"
			    "Clock status         calibrated, in control\n"
			    "GM priority          Priority1 128, Priority2 128, clockClass 6\n"
			    "Offset from Master    -0.000004\n";
static const char structure[] = "   Announce received: 3490\n"
				"   Best master ID: 000c29fffe1ddaab(unknown)/1\n"
				"   Clock status: calibrated, in control\n"
				"   GM priority: Priority1 128, clockClass 6\n"
				"   Offset from Master: -0.000004\n";
static const char json_rows[] =
	"[{\"Metric\":\"Announce received\",\"Value\":\"3490\"},"
	"{\"metric\":\"Best master ID\",\"value\":\"000c29fffe1ddaab(unknown)/1\"},"
	"{\"Metric\":\"Clock status\",\"Value\":\"calibrated, in control\"},"
	"{\"Metric\":\"GM priority\",\"Value\":\"Priority1 128, clockClass 6\"},"
	"{\"Metric\":\"Offset from Master\",\"Value\":\"-0.000004\"}]";
static const char json_object[] =
	"{\"AnnounceReceived\": 3490, \"BestMasterID\": \"000c29fffe1ddaab(unknown)/1\","
	" \"ClockStatus\": \"calibrated, in control\", \"GMPriority\": \"clockClass 6\","
	" \"OffsetFromMaster\": -0.000004, \"Ports\": [{\"Interface\": \"vmk0\"}]}";
static const char keyvalue[] = "PtpStats.AnnounceReceived.integer=3490\n"
			       "PtpStats.BestMasterID.string=000c29fffe1ddaab(unknown)/1\n"
			       "PtpStats.ClockStatus.string=calibrated, in control\n"
			       "PtpStats.GMPriority.string=Priority1 128, clockClass 6\n"
			       "PtpStats.OffsetFromMaster.string=-0.000004\n";

static void test_good(void)
{
	const char *const texts[] = { table, structure, json_rows, json_object, keyvalue };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GclkHostSync) sync = decide(texts[i], 0);

		if (!sync->synchronised)
			g_printerr("form %zu: %s\n", i, sync->reason ? sync->reason : "");
		CU_ASSERT_TRUE(sync->synchronised);
		GCLK_ASSERT_INT(sync->effective, GCLK_PROTOCOL_PTP);
		CU_ASSERT_TRUE(sync->has_offset);
		GCLK_ASSERT_INT(sync->offset, 4000); /* its clock is behind the master's */
		GCLK_ASSERT_INT(sync->clock_class, 6);
	}
}

/* The same, but one thing is wrong. */
static void test_almost_good(void)
{
	static const struct {
		const char *from, *to, *why;
	} cases[] = {
		{ "received    3490", "received    0", "Announce" },
		{ "in control", "not controlled", "not controlled" },
		{ "-0.000004", "-0.000101", "101" },
		{ "clockClass 6", "clockClass 248", "248" },
		{ "clockClass 6", "no class", "clockClass" },
		{ "Offset from Master    -0.000004", "x  y", "offset" },
		{ "Metric              Value", "Clock Source        ntp", "clock source is ntp" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(table);
		g_autoptr(GclkHostSync) sync = NULL;

		GCLK_ASSERT_INT(g_string_replace(text, cases[i].from, cases[i].to, 0), 1);
		sync = decide(text->str, 0);
		CU_ASSERT_FALSE(sync->synchronised);
		CU_ASSERT_TRUE((sync->reason && strstr(sync->reason, cases[i].why)) ||
			       has_evidence(sync, cases[i].why));
	}
}

/* A file of unknown age proves nothing. */
static void test_age(void)
{
	g_autoptr(GclkHostSync) unknown = decide(table, -1);
	g_autoptr(GclkHostSync) old = decide(table, 3600 * GCLK_NS_PER_S);

	CU_ASSERT_FALSE(unknown->synchronised);
	CU_ASSERT_FALSE(old->synchronised);
}

static void test_no_announce(void)
{
	g_autoptr(GclkHostSync) sync = decide("Metric  Value\nAnnounce received   0\n", 0);

	CU_ASSERT_FALSE(sync->synchronised);
	GCLK_ASSERT_HAS(sync->remedy ? sync->remedy : "", "snooping");
}

/* --- NTP -------------------------------------------------------------------------------------- */

static void test_ntpq(void)
{
	g_autofree char *good = read_data("ntpq-2016-nas");
	g_autofree char *bad = read_data("ntpq-2010-unsynchronised");
	g_autoptr(GclkHostSync) yes = decide(good, 0);
	g_autoptr(GclkHostSync) no = decide(bad, 0);

	CU_ASSERT_TRUE(yes->synchronised);
	GCLK_ASSERT_INT(yes->effective, GCLK_PROTOCOL_NTP);
	GCLK_ASSERT_STR(yes->source, "ntp-a3.nict.go.");
	GCLK_ASSERT_INT(yes->stratum, 2);
	GCLK_ASSERT_INT(yes->offset, -3131 * GCLK_NS_PER_US);
	GCLK_ASSERT_INT(yes->age, GCLK_NS_PER_S);
	GCLK_ASSERT_INT(yes->bound, GCLK_BOUND_UNKNOWN); /* ntpq -p tells none */
	CU_ASSERT_FALSE(no->synchronised);
}

static void test_peers(void)
{
	static const char header[] =
		"     remote           refid      st t when poll reach   delay   offset  jitter\n"
		"==============================================================\n";
	static const struct {
		const char *row;
		gboolean synchronised;
		GclkProtocol effective;
	} cases[] = {
		{ "*10.0.0.1 .GPS. 1 u 12 64 377 0.1 0.2 0.3\n", TRUE, GCLK_PROTOCOL_NTP },
		{ "o10.0.0.1 .PPS. 1 u 12 64 1 0.1 0.2 0.3\n", TRUE, GCLK_PROTOCOL_NTP },
		{ "*10.0.0.1 .GPS. 1 u 12 64 0 0.1 0.2 0.3\n", FALSE, GCLK_PROTOCOL_NONE },
		{ "*10.0.0.1 .INIT. 16 u - 64 377 0.1 0.2 0.3\n", FALSE, GCLK_PROTOCOL_NONE },
		{ "+10.0.0.1 .GPS. 1 u 12 64 377 0.1 0.2 0.3\n", FALSE, GCLK_PROTOCOL_NONE },
		{ "*LOCAL(0) .LOCL. 5 l 12 64 377 0.0 0.0 0.0\n", FALSE, GCLK_PROTOCOL_LOCAL },
		{ "*127.127.1.0 .LOCL. 10 l 5 64 377 0.0 0.0 0.0\n", FALSE, GCLK_PROTOCOL_LOCAL },
		{ "", FALSE, GCLK_PROTOCOL_NONE },
		{ "*cut off\n", FALSE, GCLK_PROTOCOL_NONE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(header, cases[i].row, NULL);
		g_autoptr(GclkHostSync) sync = decide(text, 0);

		if (sync->synchronised != cases[i].synchronised)
			g_printerr("case %zu\n", i);
		GCLK_ASSERT_INT(sync->synchronised, cases[i].synchronised);
		GCLK_ASSERT_INT(sync->effective, cases[i].effective);
	}
}

static void test_ntp_get(void)
{
	static const char on[] =
		"   Enabled: true\n   Loglevel: warning\n   PID: 2099\n   Servers: a, b\n";
	static const char off[] =
		"{\"Enabled\": false, \"Loglevel\": \"warning\", \"Servers\": [\"a\"]}";
	static const char with_peers[] =
		"Enabled: true\nServers: a\nremote refid st t when poll reach delay offset jitter\n"
		"*a .GPS. 1 u 1 64 377 0.1 0.2 0.3\n";
	g_autoptr(GclkHostSync) alone = decide(on, 0);
	g_autoptr(GclkHostSync) switched_off = decide(off, 0);
	g_autoptr(GclkHostSync) both = decide(with_peers, 0);

	GCLK_ASSERT_INT(alone->effective, GCLK_PROTOCOL_UNKNOWN); /* what is missing is not "no" */
	CU_ASSERT_FALSE(alone->synchronised);
	GCLK_ASSERT_INT(switched_off->effective, GCLK_PROTOCOL_NONE);
	CU_ASSERT_TRUE(both->synchronised);
	CU_ASSERT_TRUE(has_evidence(both, "servers: a"));
}

/* PTP in control, NTP running beside: PTP holds the clock. */
static void test_both(void)
{
	g_autofree char *text = g_strconcat(table, "Clock Source  ptp\n",
		"remote refid st t when poll reach delay offset jitter\n"
		"*a .GPS. 1 u 1 64 377 0.1 0.2 0.3\n",
		NULL);
	g_autoptr(GclkHostSync) sync = decide(text, 0);

	CU_ASSERT_TRUE(sync->synchronised);
	GCLK_ASSERT_INT(sync->effective, GCLK_PROTOCOL_PTP);
}

/* --- bad input ----------------------------------------------------------------------------------
 */

static void test_rubbish(void)
{
	g_autofree char *deep = g_strnfill(200000, '[');
	g_autofree char *long_line = g_strnfill(2 * GCLK_ESXI_TEXT_MAX, 'x');
	const char *const texts[] = { "", "0001-01-01 00:00:00.0, slv", "\n\n", "no such command",
		"{", "[]", "null", "\xff\xfe\x01",
		"ssh: connect to host esx1 port 22: No route to host", deep, long_line };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GclkHostSync) sync = decide(texts[i], 0);

		CU_ASSERT_FALSE(sync->synchronised);
		GCLK_ASSERT_INT(sync->effective, GCLK_PROTOCOL_UNKNOWN);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the host of 2021", test_ptp_2021 },
		{ "its figures", test_ptp_2021_figures },
		{ "good in every form", test_good },
		{ "almost good", test_almost_good },
		{ "age", test_age },
		{ "no Announce", test_no_announce },
		{ "ntpq", test_ntpq },
		{ "peers", test_peers },
		{ "ntp get", test_ntp_get },
		{ "both", test_both },
		{ "rubbish", test_rubbish },
		{ NULL, NULL },
	};

	return gclk_test_main("esxi", cases);
}
