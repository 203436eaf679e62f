/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock doctor: what it finds in the daemons' configurations, and in HostSync. */
#include <string.h>

#include "doctor/check.h"
#include "doctor/restrict.h"
#include "harness.h"
#include "scratch.h"

#define CHRONYD   GCLK_TIME_CHRONYD
#define NTPD      GCLK_TIME_NTPD
#define TIMESYNCD GCLK_TIME_TIMESYNCD

static GclkTimeConfig *parse(GclkTimeDaemon daemon, const char *text)
{
	return gclk_time_config_parse(daemon, "/etc/x.conf", text, strlen(text));
}

/* Ids and severities, in their order: "local-clock warning, sntp note". */
static char *list(const GPtrArray *findings)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		g_string_append_printf(out, "%s%s %s", i ? ", " : "", finding->id,
			gclk_severity_name(finding->severity));
	}
	return g_string_free(out, FALSE);
}

static char *evidence(const GPtrArray *findings, const char *id)
{
	const GclkFinding *finding = gclk_findings_find(findings, id);
	GString *out = g_string_new(NULL);

	for (guint i = 0; finding && finding->evidence && i < finding->evidence->len; i++)
		g_string_append_printf(
			out, "%s%s", i ? "|" : "", (char *)finding->evidence->pdata[i]);
	return g_string_free(out, FALSE);
}

/* --- servers ---------------------------------------------------------------------------------- */

static void test_servers(void)
{
	static const struct {
		GclkTimeDaemon daemon;
		const char *text, *found;
	} cases[] = {
		/* how many */
		{ CHRONYD, "", "" },
		{ CHRONYD, "server a\n", "single-source note" },
		{ CHRONYD, "server a\nserver b\n", "few-sources note" },
		{ CHRONYD, "server a\nserver b\npeer c\n", "few-sources note" },
		{ CHRONYD, "server a\nserver b\nserver c\nserver d\n", "" },
		{ CHRONYD, "pool 2.debian.pool.ntp.org iburst\n", "" },
		{ CHRONYD, "server a\nrefclock PHC /dev/ptp0\n", "" },
		{ CHRONYD, "server\npool\n", "" },
		{ CHRONYD, "# server a\nserver b\n! server c\n", "single-source note" },
		{ NTPD, "server a # server b\n", "single-source note" },
		{ NTPD, "server -4 a iburst\nserver b\n", "few-sources note" },
		{ NTPD, "pool 0.pool.ntp.org\n", "" },
		{ NTPD, "server a\nserver 127.127.20.0\n", "" },
		{ NTPD, "server a\nrefclock shm unit 0\n", "" },
		{ TIMESYNCD, "[Time]\nNTP=a b c d\n", "sntp note" },
		{ TIMESYNCD, "[Time]\nNTP=a\n", "single-source note, sntp note" },
		{ TIMESYNCD, "[Time]\nNTP=a\nNTP=\nNTP=b c\nFallbackNTP=d e f\n",
			"few-sources note, sntp note" },
		{ TIMESYNCD, "[Time]\n#NTP=\nFallbackNTP=a b c d\n", "sntp note" },
		{ TIMESYNCD, "[Other]\nNTP=a\n", "sntp note" },
		/* its own clock */
		{ CHRONYD, "local stratum 8\n", "local-clock warning" },
		{ CHRONYD, "pool p\nlocal stratum 10\n", "local-clock note" },
		{ NTPD, "server 127.127.1.0 # local clock\nfudge 127.127.1.0 stratum 3\n",
			"local-clock warning" },
		{ NTPD, "pool p\nserver 127.127.1.0\n", "local-clock warning" },
		{ NTPD, "pool p\nrefclock local stratum 10\n", "local-clock warning" },
		{ NTPD, "pool p\nserver 127.127.28.0\n", "" },
		{ NTPD, "server 127.127.1\npool p\n", "" },
		/* leap seconds */
		{ CHRONYD, "pool time.google.com\n", "" },
		{ CHRONYD, "pool time.google.com\npool pool.ntp.org\n", "leap-smear warning" },
		{ CHRONYD, "server 169.254.169.123\npool pool.ntp.org\n", "leap-smear warning" },
		{ NTPD,
			"server TIME1.GOOGLE.COM\nserver time2.google.com\nserver time.aws.com\n"
			"server fd00:ec2::123\n",
			"" },
		{ CHRONYD, "pool notgoogle.com\npool pool.ntp.org\n", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkTimeConfig) config = parse(cases[i].daemon, cases[i].text);
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		gclk_check_servers(config, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

static void test_evidence(void)
{
	g_autoptr(GclkTimeConfig) config = parse(NTPD,
		"# the seed's\nserver 127.127.1.0 # local clock\nfudge 127.127.1.0 stratum 3\n"
		"server a\n");
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autofree char *local = NULL;
	g_autofree char *single = NULL;

	gclk_check_servers(config, findings);
	local = evidence(findings, "local-clock");
	single = evidence(findings, "single-source");
	GCLK_ASSERT_STR(local, "/etc/x.conf:2: server 127.127.1.0|"
			       "/etc/x.conf:3: fudge 127.127.1.0 stratum 3");
	GCLK_ASSERT_STR(single, "/etc/x.conf:4: server a");
	GCLK_ASSERT_HAS(gclk_findings_find(findings, "single-source")->remedy, "/etc/x.conf");
}

/* A thousand lines of a kind are not a thousand lines on the screen. */
static void test_bounded(void)
{
	g_autoptr(GString) text = g_string_new("pool p\n");
	g_autoptr(GclkTimeConfig) config = NULL;
	g_autoptr(GPtrArray) findings = gclk_findings_new();

	for (guint i = 0; i < 100000; i++)
		g_string_append(text, "server 127.127.1.0\n");
	config = parse(NTPD, text->str);
	CU_ASSERT_TRUE(config->lines->len <= 4096);
	gclk_check_servers(config, findings);
	gclk_check_restrict(config, findings);
	GCLK_ASSERT_INT(gclk_findings_find(findings, "local-clock")->evidence->len, 9);
}

/* --- restrict --------------------------------------------------------------------------------- */

#define LOCAL "restrict 127.0.0.1\nrestrict ::1\n"

static void test_restrict(void)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "", "" },
		{ "server a\n", "" },
		{ "restrict default kod nomodify noquery limited\n" LOCAL "server a\n", "" },
		/* who may ask */
		{ "restrict default noquery\nserver a\n", "no-answer warning" },
		{ "restrict default noquery\nrestrict 127.0.0.1\nserver a\n", "" },
		{ "restrict default noquery\nrestrict ::1\nserver a\n", "" },
		{ "restrict -4 default noquery\nserver a\n", "" }, /* IPv6 is open */
		{ "restrict -4 default noquery\nrestrict -6 default noquery\nserver a\n",
			"no-answer warning" },
		{ "restrict default noquery\nrestrict 127.0.0.0 mask 255.0.0.0 nomodify\nserver "
		  "a\n",
			"" },
		{ "restrict default noquery\nrestrict 127.0.0.0/8\nserver a\n", "" },
		{ "restrict 127.0.0.1 noquery\nrestrict ::1 ignore\nserver a\n",
			"no-answer warning" },
		/* the same address twice: the flags add up */
		{ "restrict default nomodify\nrestrict 0.0.0.0 mask 0.0.0.0 noquery\n"
		  "restrict -6 default noquery\nserver a\n",
			"no-answer warning" },
		/* shut out */
		{ "restrict default ignore\n" LOCAL "server 10.0.0.1\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict default ignore\n" LOCAL "restrict 10.0.0.0 mask 255.0.0.0 noquery\n"
		  "server 10.0.0.1\n",
			"" },
		{ "restrict default ignore\n" LOCAL
		  "restrict 10.0.0.0/8 noserve\nserver 10.0.0.1\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict default ignore\n" LOCAL "restrict 10.0.0.1\nserver 10.0.0.2\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict default noserve\n" LOCAL "server a\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict default ignore\n" LOCAL "server a\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict -4 default ignore\n" LOCAL "server a\n", "" }, /* by IPv6 */
		{ "restrict default ignore\n" LOCAL "restrict source nomodify\nserver a\n", "" },
		{ "restrict source ignore\n" LOCAL "server a\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict default ignore\n" LOCAL "server 127.127.1.0\n", "" },
		/* by name; that of a pool is never the same address twice */
		{ "restrict default ignore\n" LOCAL "restrict A nomodify\nserver a\n",
			"restrict-by-name warning" },
		{ "restrict default ignore\n" LOCAL "restrict p nomodify\npool p\n",
			"restrict-shuts-out-servers critical" },
		{ "restrict default noquery\n" LOCAL "restrict a nomodify\nserver a\n", "" },
		/* nopeer */
		{ "restrict default nopeer\n" LOCAL "pool p\n", "restrict-pool warning" },
		{ "restrict default nopeer\n" LOCAL "restrict source noquery\npool p\n", "" },
		{ "restrict default nopeer\n" LOCAL "server a\n", "" },
		/* what is no line */
		{ "restrict\nrestrict -6\nrestrict 10.0.0.0 mask\nrestrict 10.0.0.0/99 ignore\n"
		  "restrict 10.0.0.0 mask ::1\nrestrict default mask 1.1.1.1\nserver a\n",
			"" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkTimeConfig) config = parse(NTPD, cases[i].text);
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		gclk_check_restrict(config, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

/* The first of the documents: names behind a default that ignores everybody. */
static void test_restrict_seed(void)
{
	g_autoptr(GclkTimeConfig) config = parse(NTPD,
		"restrict default ignore\nrestrict -6 default ignore\nrestrict 127.0.0.1\n"
		"restrict -6 ::1\nrestrict ntp.nict.jp kod nomodify notrap nopeer noquery\n"
		"restrict 192.168.33.0 mask 255.255.255.0 kod nomodify\n"
		"server ntp.nict.jp iburst true\nserver ntp.jst.mfeed.ad.jp iburst\n");
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autofree char *found = NULL;
	g_autofree char *named = NULL;
	g_autofree char *shut = NULL;

	gclk_check_restrict(config, findings);
	found = list(findings);
	GCLK_ASSERT_STR(found, "restrict-by-name warning, restrict-shuts-out-servers critical");
	named = evidence(findings, "restrict-by-name");
	GCLK_ASSERT_STR(named, "/etc/x.conf:5: restrict ntp.nict.jp kod nomodify notrap nopeer "
			       "noquery|/etc/x.conf:7: server ntp.nict.jp iburst true");
	shut = evidence(findings, "restrict-shuts-out-servers");
	GCLK_ASSERT_STR(shut, "/etc/x.conf:1: restrict default ignore|"
			      "/etc/x.conf:8: server ntp.jst.mfeed.ad.jp iburst");
}

/* ntpsec forbids queries by itself, and has no nopeer. */
static void test_restrict_ntpsec(void)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "server a\n", "no-answer warning" },
		{ "restrict default kod nomodify\nserver a\n", "no-answer warning" },
		{ "restrict 127.0.0.1\nserver a\n", "" },
		{ "restrict default nopeer\n" LOCAL "pool p\n", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkTimeConfig) config = parse(NTPD, cases[i].text);
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		config->ntpsec = TRUE;
		gclk_check_restrict(config, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

/* --- chronyd, ptp4l, the hardware clock ------------------------------------------------------- */

static void test_chrony(void)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "", "" }, /* could not be read */
		{ "makestep 1 3\n", "" },
		{ "initstepslew 10 a\n", "" },
		{ "server a\n", "no-makestep note" },
		{ "makestep 1 3\ncmdport 0\n", "asked-by-root-only note" },
		{ "makestep 1 3\ncmdport 0\ncmdport 323\n", "" },
		{ "makestep 1 3\nbindcmdaddress 10.0.0.1\n", "asked-by-root-only note" },
		{ "makestep 1 3\nbindcmdaddress 10.0.0.1\nbindcmdaddress 127.0.0.1\n", "" },
		{ "makestep 1 3\nbindcmdaddress 0.0.0.0\n", "" },
		{ "makestep 1 3\nbindcmdaddress /run/x.sock\n", "" },
		{ "makestep 1 3\nbindcmdaddress\ncmdport\n", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkTimeConfig) config = parse(CHRONYD, cases[i].text);
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		gclk_check_chrony(config, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

static void test_ptp4l(void)
{
	static const GclkPtp4lSocket there = { 7, "/run/ptp4lro", TRUE };
	static const GclkPtp4lSocket missing = { 7, "/run/ptp4lro", FALSE };
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GPtrArray) told = gclk_findings_new();
	g_autofree char *seen = NULL;

	gclk_check_ptp4l(&there, findings);
	GCLK_ASSERT_INT(findings->len, 0);
	gclk_check_ptp4l(&missing, findings);
	gclk_check_ptp4l(&missing, findings);
	GCLK_ASSERT_INT(findings->len, 1);
	seen = evidence(findings, "ptp4l-root-only");
	GCLK_ASSERT_HAS(seen, "process 7: there is no /run/ptp4lro");
	gclk_findings_add(told, "needs-rights", GCLK_SEVERITY_WARNING,
		"ptp4l runs, and needs more rights to be asked: x", "run hostclock as root");
	gclk_check_ptp4l(&missing, told);
	GCLK_ASSERT_INT(told->len, 1);
}

static void test_rtc(void)
{
	static const struct {
		const char *chrony; /* NULL: it does not run */
		gboolean synchronised, known, unsynchronised;
		const char *found;
	} cases[] = {
		{ "rtcsync\n", TRUE, TRUE, FALSE, "" }, { "rtcfile /x\n", TRUE, TRUE, TRUE, "" },
		{ "server a\n", TRUE, TRUE, TRUE, "rtc-not-kept note" },
		{ "", TRUE, TRUE, TRUE, "" }, /* could not be read */
		{ NULL, TRUE, TRUE, FALSE, "" }, { NULL, TRUE, TRUE, TRUE, "rtc-not-kept note" },
		{ NULL, TRUE, FALSE, TRUE, "" },
		{ NULL, FALSE, TRUE, TRUE, "" }, /* that it is not synchronised is said elsewhere */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkTimeConfig) config =
			cases[i].chrony ? parse(CHRONYD, cases[i].chrony) : NULL;
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		const GclkHostSync sync = { .synchronised = cases[i].synchronised };
		const GclkKernelClock kernel = { .known = cases[i].known,
			.unsynchronised = cases[i].unsynchronised };
		g_autofree char *found = NULL;

		gclk_check_rtc(config, &sync, &kernel, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
	}
}

/* --- HostSync --------------------------------------------------------------------------------- */

static GclkHostSync make_sync(GclkProtocol effective, gboolean synchronised)
{
	return (GclkHostSync){ .effective = effective,
		.synchronised = synchronised,
		.summary = (char *)"as this test says",
		.evidence = g_ptr_array_new(),
		.findings = gclk_findings_new() };
}

static void clear_sync(GclkHostSync *sync)
{
	g_ptr_array_unref(sync->evidence);
	g_ptr_array_unref(sync->findings);
}

static void test_sync(void)
{
	static const struct {
		GclkProtocol effective;
		gboolean synchronised;
		const char *found;
	} cases[] = {
		{ GCLK_PROTOCOL_NTP, TRUE, "synchronised ok, two-masters warning" },
		{ GCLK_PROTOCOL_NTP, FALSE, "not-synchronised critical, two-masters warning" },
		{ GCLK_PROTOCOL_NONE, FALSE, "not-synchronised critical, two-masters warning" },
		{ GCLK_PROTOCOL_LOCAL, FALSE, "not-synchronised critical, two-masters warning" },
		{ GCLK_PROTOCOL_UNKNOWN, FALSE, "unknown warning, two-masters warning" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkHostSync sync = make_sync(cases[i].effective, cases[i].synchronised);
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		g_autofree char *found = NULL;

		gclk_findings_add(sync.findings, "two-masters", GCLK_SEVERITY_WARNING, "x", "y");
		gclk_check_sync(&sync, findings);
		found = list(findings);
		GCLK_ASSERT_STR(found, cases[i].found);
		clear_sync(&sync);
	}
}

/* What is the reason of the whole is not told a second time; its evidence is bounded. */
static void test_sync_once(void)
{
	GclkHostSync sync = make_sync(GCLK_PROTOCOL_UNKNOWN, FALSE);
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	const GclkFinding *finding;
	g_autofree char *found = NULL;

	sync.reason = (char *)"ntpd: no answer";
	sync.remedy = (char *)"add a line";
	gclk_findings_add(sync.findings, "no-answer", GCLK_SEVERITY_WARNING,
		"ntpd runs, and does not answer: no answer", "add a line");
	gclk_findings_add(sync.findings, "no-answer", GCLK_SEVERITY_WARNING,
		"chronyd runs, and does not answer: something else", "add a line");
	for (guint i = 0; i < 50; i++)
		g_ptr_array_add(sync.evidence, (gpointer) "a line");
	gclk_check_sync(&sync, findings);
	found = list(findings);
	GCLK_ASSERT_STR(found, "unknown warning, no-answer warning");
	finding = findings->pdata[0];
	GCLK_ASSERT_STR(finding->statement, "This host is as this test says: ntpd: no answer");
	GCLK_ASSERT_STR(finding->remedy, "add a line");
	GCLK_ASSERT_INT(finding->evidence->len, 7);
	GCLK_ASSERT_HAS(finding->evidence->pdata[6], "44 more");
	clear_sync(&sync);
}

/* What HostSync found already gets the lines that are the cause of it, and stays one finding. */
static void test_told(void)
{
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GclkTimeConfig) ntpd = parse(NTPD, "restrict default noquery\nserver a\n");
	g_autoptr(GclkTimeConfig) chrony =
		parse(CHRONYD, "cmdport 0\nmakestep 1 3\nserver b\nlocal\n");
	g_autofree char *found = NULL;
	g_autofree char *local = NULL;
	g_autofree char *rights = NULL;
	g_autofree char *mute = NULL;

	gclk_findings_add(findings, "no-answer", GCLK_SEVERITY_WARNING,
		"ntpd runs, and does not answer: no answer", "x");
	gclk_findings_add(findings, "needs-rights", GCLK_SEVERITY_WARNING,
		"chronyd runs, and needs more rights to be asked: x", "y");
	gclk_findings_add(findings, "local-clock", GCLK_SEVERITY_WARNING,
		"chronyd follows its own clock and tells others that it is synchronised", "z");
	gclk_check_restrict(ntpd, findings);
	gclk_check_chrony(chrony, findings);
	gclk_check_servers(chrony, findings);
	found = list(findings);
	GCLK_ASSERT_STR(found, "no-answer warning, needs-rights warning, local-clock warning, "
			       "single-source note");
	mute = evidence(findings, "no-answer");
	GCLK_ASSERT_STR(mute, "/etc/x.conf:1: restrict default noquery");
	rights = evidence(findings, "needs-rights");
	GCLK_ASSERT_STR(rights, "/etc/x.conf:1: cmdport 0");
	local = evidence(findings, "local-clock");
	GCLK_ASSERT_STR(local, "/etc/x.conf:4: local");
}

/* The same where the whole verdict has that reason. */
static void test_told_as_reason(void)
{
	GclkHostSync sync = make_sync(GCLK_PROTOCOL_UNKNOWN, FALSE);
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GclkTimeConfig) ntpd = parse(NTPD, "restrict default noquery\npool p\n");
	g_autoptr(GclkTimeConfig) chrony = parse(CHRONYD, "cmdport 0\nmakestep 1 3\npool p\n");
	g_autofree char *found = NULL;
	g_autofree char *seen = NULL;

	sync.reason = (char *)"ntpd: no answer";
	sync.remedy = (char *)"add a line";
	gclk_findings_add(sync.findings, "no-answer", GCLK_SEVERITY_WARNING,
		"ntpd runs, and does not answer: no answer", "add a line");
	gclk_check_sync(&sync, findings);
	gclk_check_restrict(ntpd, findings);
	gclk_check_chrony(chrony, findings);
	found = list(findings);
	GCLK_ASSERT_STR(found, "unknown warning, asked-by-root-only note");
	seen = evidence(findings, "unknown");
	GCLK_ASSERT_STR(seen, "/etc/x.conf:1: restrict default noquery");
	clear_sync(&sync);
}

/* --- files ------------------------------------------------------------------------------------ */

static char *all_lines(const GclkTimeConfig *config)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < config->lines->len; i++) {
		const GclkConfigLine *line = config->lines->pdata[i];
		g_autofree char *file = g_path_get_basename(line->file);
		g_autofree char *words = g_strjoinv(" ", line->words);

		g_string_append_printf(out, "%s:%u:%s\n", file, line->number, words);
	}
	return g_string_free(out, FALSE);
}

static void test_ntpd_files(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "ntpsec/ntp.conf");
	char *argv[] = { (char *)"/usr/sbin/ntpd", (char *)"-p", (char *)"/run/ntpd.pid",
		(char *)"-c", path, (char *)"-g", NULL };
	g_autoptr(GclkTimeConfig) config = NULL;
	g_autofree char *lines = NULL;

	gclk_scratch_write(scratch, "ntpsec/ntp.conf",
		"server a\nincludefile more\nincludefile none\nincludefile ntp.conf\n", -1);
	gclk_scratch_write(scratch, "ntpsec/more", "server b # c\n\nserver d\n", -1);
	gclk_scratch_write(scratch, "ntpsec/ntp.d/2.conf", "server f\n", -1);
	gclk_scratch_write(scratch, "ntpsec/ntp.d/1.conf", "server e\n", -1);
	gclk_scratch_write(scratch, "ntpsec/ntp.d/1.conf~", "server g\n", -1);
	config = gclk_time_config_read(NTPD, NULL, argv);
	lines = all_lines(config);
	GCLK_ASSERT_STR(config->file, path);
	CU_ASSERT_TRUE(config->ntpsec);
	CU_ASSERT_TRUE(g_str_has_prefix(lines,
		"ntp.conf:1:server a\nmore:1:server b\nmore:3:server d\nntp.conf:1:server a\n"));
	CU_ASSERT_TRUE(g_str_has_suffix(lines, "1.conf:1:server e\n2.conf:1:server f\n"));
	GCLK_ASSERT_HAS((char *)config->unreadable->pdata[0], "/ntpsec/none: No such file");
	CU_ASSERT_TRUE(config->lines->len < 100); /* it includes itself, and ends */
}

static void test_chrony_files(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "chrony.conf");
	g_autofree char *text =
		g_strdup_printf("server a\nsourcedir %s/s\nconfdir %s/d\n", scratch, scratch);
	char *argv[] = { (char *)"chronyd", (char *)"-F", (char *)"1", (char *)"-f", path, NULL };
	char *inline_argv[] = { (char *)"chronyd", (char *)"server z", NULL };
	g_autoptr(GclkTimeConfig) config = NULL;
	g_autoptr(GclkTimeConfig) command_line = NULL;
	g_autofree char *lines = NULL;
	g_autofree char *shown = NULL;

	gclk_scratch_write(scratch, "chrony.conf", text, -1);
	gclk_scratch_write(scratch, "s/x.sources", "server b\n", -1);
	gclk_scratch_write(scratch, "s/x.conf", "server none\n", -1);
	gclk_scratch_write(scratch, "d/y.conf", "server c\n", -1);
	config = gclk_time_config_read(CHRONYD, NULL, argv);
	lines = all_lines(config);
	GCLK_ASSERT_STR(config->file, path);
	GCLK_ASSERT_HAS(lines, "chrony.conf:1:server a\n");
	GCLK_ASSERT_HAS(lines, "x.sources:1:server b\n");
	GCLK_ASSERT_HAS(lines, "y.conf:1:server c\n");
	CU_ASSERT_PTR_NULL(strstr(lines, "none"));
	command_line = gclk_time_config_read(CHRONYD, NULL, inline_argv);
	shown = gclk_config_line_show(command_line->lines->pdata[0]);
	GCLK_ASSERT_STR(shown, "on its command line: server z");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "servers", test_servers },
		{ "evidence", test_evidence },
		{ "bounded", test_bounded },
		{ "restrict", test_restrict },
		{ "restrict: the document", test_restrict_seed },
		{ "restrict: ntpsec", test_restrict_ntpsec },
		{ "chronyd", test_chrony },
		{ "ptp4l", test_ptp4l },
		{ "hardware clock", test_rtc },
		{ "HostSync", test_sync },
		{ "HostSync, once", test_sync_once },
		{ "told already", test_told },
		{ "told as the reason", test_told_as_reason },
		{ "files of ntpd", test_ntpd_files },
		{ "files of chronyd", test_chrony_files },
		{ NULL, NULL },
	};

	return gclk_test_main("host-doctor-time", cases);
}
