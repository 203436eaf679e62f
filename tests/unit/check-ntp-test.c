/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of NTP servers: of those that were asked, and of those in a status. */
#include "doctor/check-ntp.h"

#include <errno.h>
#include <string.h>

#include "doctor/ntp-round.h"
#include "fake-platform.h"
#include "guestclock/ntp-packet.h"
#include "harness.h"
#include "status-samples.h"

#define S  GCLK_NS_PER_S
#define MS GCLK_NS_PER_MS

/* --- composed answers ---------------------------------------------------------------------------
 */

static GPtrArray *answers_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)gclk_ntp_answer_free);
}

static GclkNtpAnswer *add_answer(GPtrArray *answers, const char *name)
{
	GclkNtpAnswer *answer = g_new0(GclkNtpAnswer, 1);

	answer->name = g_strdup(name);
	g_ptr_array_add(answers, answer);
	return answer;
}

static GclkNtpAnswer *add_good(GPtrArray *answers, const char *name, gint64 offset)
{
	GclkNtpAnswer *answer = add_answer(answers, name);

	answer->usable = answer->measured = TRUE;
	answer->offset = offset;
	answer->bound = 5 * MS;
	return answer;
}

static void add_bad(GPtrArray *answers, const char *name, gboolean answered, const char *reason,
	const char *advice)
{
	GclkNtpAnswer *answer = add_answer(answers, name);

	answer->answered = answered;
	answer->reason = g_strdup(reason);
	answer->advice = advice;
}

static GPtrArray *check(const GclkNtpView *view)
{
	GPtrArray *findings = gclk_findings_new();

	gclk_check_ntp(view, findings);
	return findings;
}

static GPtrArray *check_answers(const GPtrArray *answers)
{
	const GclkNtpView view = { .answers = answers };

	return check(&view);
}

static const GclkFinding *expect(
	const GPtrArray *findings, const char *id, GclkSeverity severity, const char *part)
{
	static const GclkFinding none = { .id = (char *)"", .statement = (char *)"" };
	const GclkFinding *finding = gclk_findings_find(findings, id);

	if (!finding) {
		GCLK_ASSERT_STR(NULL, id);
		return &none;
	}
	GCLK_ASSERT_INT(finding->severity, severity);
	GCLK_ASSERT_HAS(finding->statement, part);
	return finding;
}

static void check_evidence(const GclkFinding *finding, guint i, const char *part)
{
	CU_ASSERT_TRUE_FATAL(finding->evidence && i < finding->evidence->len);
	GCLK_ASSERT_HAS(finding->evidence->pdata[i], part);
}

static void test_none(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	const GclkNtpView alone = {
		.answers = answers,
		.servers_note = "ntp1 has a key in chrony.conf, which is not taken over",
	};
	const GclkNtpView with_ptp = { .answers = answers, .has_precision = TRUE };
	g_autoptr(GPtrArray) bad = check(&alone);
	g_autoptr(GPtrArray) good = check(&with_ptp);
	const GclkFinding *finding =
		expect(bad, "ntp-none", GCLK_SEVERITY_WARNING, "no NTP server");

	GCLK_ASSERT_INT(bad->len, 1);
	GCLK_ASSERT_HAS(finding->remedy, "[server NAME]");
	check_evidence(finding, 0, "ntp1 has a key");
	expect(good, "ntp-none", GCLK_SEVERITY_NOTE, "no NTP server");
}

static gint severity(const GPtrArray *findings, const char *id)
{
	const GclkFinding *finding = gclk_findings_find(findings, id);

	return finding ? (gint)finding->severity : -1;
}

/* Where chronyd keeps the clock, or the host of a container does, its servers are its own affair.
 */
static void test_anothers(void)
{
	g_autoptr(GPtrArray) none = answers_new();
	g_autoptr(GPtrArray) dead = answers_new();
	static const struct {
		GclkNtpView view;
		gint none, dead, some;
	} rows[] = {
		{ { 0 }, GCLK_SEVERITY_WARNING, GCLK_SEVERITY_CRITICAL, GCLK_SEVERITY_WARNING },
		{ { .kept = TRUE }, GCLK_SEVERITY_NOTE, GCLK_SEVERITY_CRITICAL,
			GCLK_SEVERITY_WARNING }, /* our own configuration names the servers */
		{ { .kept = TRUE, .servers_from = "/etc/chrony.conf" }, GCLK_SEVERITY_NOTE,
			GCLK_SEVERITY_WARNING, GCLK_SEVERITY_NOTE },
		{ { .kept = TRUE, .servers_from = "/etc/chrony.conf", .has_precision = TRUE },
			GCLK_SEVERITY_NOTE, GCLK_SEVERITY_NOTE, GCLK_SEVERITY_NOTE },
		{ { .servers_from = "/etc/chrony.conf", .has_precision = TRUE }, GCLK_SEVERITY_NOTE,
			GCLK_SEVERITY_WARNING, GCLK_SEVERITY_WARNING },
		{ { .foreign = TRUE, .servers_from = "/etc/ntp.conf" }, GCLK_SEVERITY_NOTE,
			GCLK_SEVERITY_NOTE, GCLK_SEVERITY_NOTE },
	};

	add_bad(dead, "silent", FALSE, "no answer", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		GclkNtpView view = rows[i].view;
		g_autoptr(GPtrArray) some = answers_new();
		g_autoptr(GPtrArray) a = NULL;
		g_autoptr(GPtrArray) b = NULL;
		g_autoptr(GPtrArray) c = NULL;

		add_bad(some, "silent", FALSE, "no answer", NULL);
		add_good(some, "good", 0);
		view.answers = none;
		a = check(&view);
		view.answers = dead;
		b = check(&view);
		view.answers = some;
		c = check(&view);
		GCLK_ASSERT_INT(severity(a, "ntp-none"), rows[i].none);
		GCLK_ASSERT_INT(severity(b, "ntp-unusable"), rows[i].dead);
		GCLK_ASSERT_INT(severity(c, "ntp-unreachable"), rows[i].some);
	}
}

/* Nobody in a container is told to start a daemon for a clock that is not his. */
static void test_foreign(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	const GclkNtpView view = { .answers = answers, .foreign = TRUE };
	g_autoptr(GPtrArray) findings = NULL;

	add_good(answers, "a", 40 * 60 * S);
	findings = check(&view);
	GCLK_ASSERT_STR(gclk_findings_find(findings, "clock-offset")->remedy,
		"the clock is the host's: it has to be set right there");
}

static void test_only_one_refused(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	const GclkNtpView view = { .answers = answers, .servers_from = "/etc/chrony.conf" };
	g_autoptr(GPtrArray) findings = NULL;
	const GclkFinding *finding;

	add_bad(answers, "nas", TRUE, "the server answers, but is itself not synchronised",
		"Look at the server");
	findings = check(&view);
	GCLK_ASSERT_INT(findings->len, 1);
	finding = expect(findings, "ntp-unusable", GCLK_SEVERITY_CRITICAL,
		"the only NTP server, nas, cannot be used: the server answers, but");
	GCLK_ASSERT_STR(finding->remedy, "Look at the server");
	check_evidence(finding, 0, "taken from /etc/chrony.conf");
}

static void test_none_usable(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	const GclkNtpView view = { .answers = answers, .has_precision = TRUE };
	g_autoptr(GPtrArray) findings = NULL;
	const GclkFinding *finding;

	add_bad(answers, "a", FALSE, "no answer from 192.0.2.1 port 123", NULL);
	add_bad(answers, "b", TRUE, "stratum 16", "advice");
	findings = check(&view);
	finding = expect(findings, "ntp-unusable", GCLK_SEVERITY_WARNING,
		"none of the 2 NTP servers can be used");
	check_evidence(finding, 0, "a: no answer");
	check_evidence(finding, 1, "b: stratum 16");
	GCLK_ASSERT_STR(finding->remedy, "guestclock probe a shows all that it says");
}

static void test_some_unusable(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	g_autoptr(GPtrArray) findings = NULL;

	add_good(answers, "a", 2 * MS);
	add_bad(answers, "b", TRUE, "stratum 16", "advice");
	add_bad(answers, "c", FALSE, "no answer", NULL);
	findings = check_answers(answers);
	expect(findings, "ntp-refused", GCLK_SEVERITY_WARNING,
		"the NTP server b cannot be used: stratum 16");
	expect(findings, "ntp-unreachable", GCLK_SEVERITY_WARNING,
		"the NTP server c cannot be used: no answer");
	expect(findings, "ntp-single", GCLK_SEVERITY_NOTE, "one NTP server only can be used");
	expect(findings, "clock-offset", GCLK_SEVERITY_OK,
		"right within 7.00 ms by 1 NTP server (a)");
	GCLK_ASSERT_INT(gclk_findings_exit_code(findings), 1);
}

static void test_all_good(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	g_autoptr(GPtrArray) findings = NULL;

	add_good(answers, "a", 2 * MS);
	add_good(answers, "b", 3 * MS);
	add_good(answers, "c", -1 * MS);
	findings = check_answers(answers);
	GCLK_ASSERT_INT(findings->len, 1);
	expect(findings, "clock-offset", GCLK_SEVERITY_OK, "by 3 NTP servers that agree");
}

static void check_offset(gint64 offset, GclkSeverity severity, const char *part)
{
	g_autoptr(GPtrArray) answers = answers_new();
	g_autoptr(GPtrArray) findings = NULL;

	add_good(answers, "a", offset);
	add_good(answers, "b", offset);
	findings = check_answers(answers);
	expect(findings, "clock-offset", severity, part);
}

/* Positive: the local clock is behind. What the bound leaves open is not held against the clock. */
static void test_offsets(void)
{
	check_offset(105 * MS, GCLK_SEVERITY_OK, "right within 110 ms");
	check_offset(105 * MS + 1, GCLK_SEVERITY_WARNING, "the clock is behind by 105 ms");
	check_offset(-106 * MS, GCLK_SEVERITY_WARNING, "the clock is ahead by 106 ms");
	check_offset(1005 * MS, GCLK_SEVERITY_WARNING, "behind by 1.005 s");
	check_offset(1005 * MS + 1, GCLK_SEVERITY_CRITICAL, "behind by 1.005 s");
	check_offset(2412 * S, GCLK_SEVERITY_CRITICAL, "behind by 2412.000 s (40 min)");
	check_offset(-40 * 86400 * S, GCLK_SEVERITY_CRITICAL, "ahead by 40.00 d (40 d)");
	check_offset(G_MININT64, GCLK_SEVERITY_CRITICAL, "ahead by 292");
	check_offset(G_MAXINT64, GCLK_SEVERITY_CRITICAL, "behind by 292");
}

/* Who keeps the clock decides how it is set. */
static void test_setters(void)
{
	static const struct {
		const char *keeper, *remedy;
	} cases[] = { { NULL, "systemctl enable --now guestclockd" },
		{ "chronyd", "chronyc makestep" }, { "guestclockd", "guestclock step" },
		{ "openntpd", "restart the program" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) answers = answers_new();
		const GclkNtpView view = { .answers = answers, .keeper = cases[i].keeper };
		g_autoptr(GPtrArray) findings = NULL;
		const GclkFinding *finding;

		add_good(answers, "a", 5 * S);
		findings = check(&view);
		finding = expect(findings, "clock-offset", GCLK_SEVERITY_CRITICAL,
			"by 5.000 s: so says the NTP server a");
		GCLK_ASSERT_HAS(finding->remedy, cases[i].remedy);
		check_evidence(finding, 0, "a: +5.000 s, give or take 5.00 ms");
	}
}

static void test_falseticker(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	g_autoptr(GPtrArray) findings = NULL;
	const GclkFinding *finding;

	add_good(answers, "a", MS);
	add_good(answers, "liar", 3 * S);
	add_good(answers, "c", 2 * MS);
	findings = check_answers(answers);
	finding = expect(findings, "ntp-falseticker", GCLK_SEVERITY_WARNING,
		"the NTP server liar contradicts the others");
	check_evidence(finding, 0, "liar: +3.000 s");
	expect(findings, "clock-offset", GCLK_SEVERITY_OK, "by 2 NTP servers that agree");
}

static void test_disagree(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	g_autoptr(GPtrArray) findings = NULL;

	add_good(answers, "a", MS);
	add_good(answers, "b", 3 * S);
	findings = check_answers(answers);
	check_evidence(
		expect(findings, "ntp-disagree", GCLK_SEVERITY_WARNING, "contradict each other"), 1,
		"b: +3.000 s");
	CU_ASSERT_PTR_NULL(gclk_findings_find(findings, "clock-offset"));
}

static void test_local_clock(void)
{
	g_autoptr(GPtrArray) answers = answers_new();
	g_autoptr(GPtrArray) findings = NULL;

	add_good(answers, "nas", MS)->local_clock = TRUE;
	findings = check_answers(answers);
	expect(findings, "ntp-local-clock", GCLK_SEVERITY_NOTE, "nas serves its own clock");
	GCLK_ASSERT_INT(gclk_findings_exit_code(findings), 0);
}

/* --- from a status -------------------------------------------------------------------------------
 */

static GPtrArray *check_status(const char *name)
{
	const GclkStatusSample *sample = gclk_status_samples;
	const GclkNtpView view = { .keeper = "chronyd" };
	GPtrArray *findings = gclk_findings_new();
	g_autoptr(GclkStatus) status = NULL;

	while (sample->name && strcmp(sample->name, name) != 0)
		sample++;
	CU_ASSERT_PTR_NOT_NULL_FATAL(sample->name);
	status = sample->make();
	gclk_check_ntp_status(&view, status, findings);
	return findings;
}

static void test_status_good(void)
{
	g_autoptr(GPtrArray) findings = check_status("ptp-and-two-servers");

	expect(findings, "clock-offset", GCLK_SEVERITY_OK, "guestclockd keeps the clock");
	GCLK_ASSERT_INT(gclk_findings_exit_code(findings), 0);
}

static void test_status_bad(void)
{
	g_autoptr(GPtrArray) findings = check_status("unsynchronised");

	expect(findings, "clock-unsynchronised", GCLK_SEVERITY_CRITICAL, "none of 4 sources");
	GCLK_ASSERT_INT(gclk_findings_exit_code(findings), 2);
}

static void test_status_others(void)
{
	g_autoptr(GPtrArray) starting = check_status("starting");
	g_autoptr(GPtrArray) holdover = check_status("holdover");
	g_autoptr(GPtrArray) liar = check_status("falseticker");
	g_autoptr(GPtrArray) wrong = check_status("measured-wrong");

	expect(starting, "clock-starting", GCLK_SEVERITY_NOTE, "is starting");
	expect(holdover, "clock-holdover", GCLK_SEVERITY_WARNING, "lost its sources");
	expect(liar, "falseticker", GCLK_SEVERITY_WARNING, "contradicts the others");
	GCLK_ASSERT_HAS(
		expect(wrong, "clock-off", GCLK_SEVERITY_CRITICAL, "guestclockd says")->remedy,
		"chronyc makestep");
}

/* --- one exchange with each ---------------------------------------------------------------------
 */

static void on_done(gpointer user)
{
	(*(guint *)user)++;
}

typedef struct {
	GclkFake *fake;
	GclkConfig *config;
	GclkNtpRound *round;
	guint done;
} Rig;

static void rig_begin(Rig *rig, ...) G_GNUC_NULL_TERMINATED;
static void rig_begin(Rig *rig, ...)
{
	const char *name;
	va_list names;

	*rig = (Rig){ .fake = gclk_fake_new(), .config = gclk_config_new() };
	va_start(names, rig);
	while ((name = va_arg(names, const char *)) != NULL)
		g_ptr_array_add(rig->config->servers, gclk_server_config_new(name, name));
	va_end(names);
	rig->round =
		gclk_ntp_round_start(&rig->fake->platform, rig->config, NULL, on_done, &rig->done);
	GCLK_ASSERT_INT(rig->done, 0);
	gclk_fake_pass(rig->fake, 0);
}

static GPtrArray *rig_end(Rig *rig)
{
	GPtrArray *answers = gclk_ntp_round_answers(rig->round);

	gclk_ntp_round_free(rig->round);
	GCLK_ASSERT_INT(rig->fake->timers->len, 0);
	GCLK_ASSERT_INT(rig->fake->open, 0);
	GCLK_ASSERT_INT(rig->fake->resolve_id, 0);
	gclk_config_free(rig->config);
	gclk_fake_free(rig->fake);
	return answers;
}

/* The answer of a server whose clock is so far ahead, to the request counted from the last. */
static void reply(Rig *rig, guint from_last, guint8 stratum, gint64 ahead)
{
	const GclkFakePacket *request = gclk_fake_packet(rig->fake, from_last);
	GclkNtpHeader asked, header = {
		.version = 4,
		.mode = GCLK_NTP_MODE_SERVER,
		.leap = stratum < 16 ? GCLK_LEAP_NONE : GCLK_LEAP_UNSYNC,
		.stratum = stratum,
		.precision = -24,
		.root_delay = 10 * MS,
		.root_dispersion = 2 * MS,
		.refid = 0xc6336401,
	};
	guint8 packet[GCLK_NTP_HEADER_SIZE];

	gclk_ntp_header_decode(request->data, &asked);
	header.origin = asked.transmit;
	header.receive = header.transmit = gclk_ntp_time_from_ns(request->at.real + MS + ahead);
	header.reference = gclk_ntp_time_from_ns(request->at.real - 30 * S + ahead);
	gclk_ntp_header_encode(&header, packet);
	CU_ASSERT_TRUE(gclk_fake_deliver(rig->fake, request, packet, sizeof(packet), FALSE));
}

static void test_round(void)
{
	Rig rig;
	g_autoptr(GPtrArray) answers = NULL;
	const GclkNtpAnswer *answer;

	rig_begin(&rig, "192.0.2.1", "192.0.2.2", "192.0.2.3", NULL);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 3);
	gclk_fake_pass(rig.fake, 2 * MS);
	reply(&rig, 2, 2, 5 * S);
	reply(&rig, 1, 16, 0);
	/* the third is silent: once more after 2 s, and no later than 4 s all is over */
	gclk_fake_pass(rig.fake, 2 * S);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 4);
	GCLK_ASSERT_INT(rig.done, 0);
	gclk_fake_pass(rig.fake, 2 * S);
	GCLK_ASSERT_INT(rig.done, 1);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 4);
	answers = rig_end(&rig);
	answer = answers->pdata[0];
	CU_ASSERT_TRUE(answer->usable && answer->measured);
	GCLK_ASSERT_NEAR((double)answer->offset, 5e9, 1e6);
	GCLK_ASSERT_STR(answer->address, "192.0.2.1");
	answer = answers->pdata[1];
	CU_ASSERT_FALSE(answer->usable);
	CU_ASSERT_TRUE(answer->answered);
	GCLK_ASSERT_HAS(answer->reason, "not synchronised");
	GCLK_ASSERT_HAS(answer->advice, "chronyc tracking");
	answer = answers->pdata[2];
	CU_ASSERT_FALSE(answer->usable || answer->answered);
	GCLK_ASSERT_HAS(answer->reason, "no answer from 192.0.2.3 port 123");
}

static void test_round_names(void)
{
	Rig rig;
	g_autoptr(GPtrArray) answers = NULL;

	rig_begin(&rig, "ntp1.example", NULL);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 0);
	gclk_fake_resolve(rig.fake, NULL, "192.0.2.1", "192.0.2.9", NULL);
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 1);
	/* refused there: the next address at once */
	CU_ASSERT_TRUE(gclk_fake_fail(rig.fake, gclk_fake_packet(rig.fake, 0), ECONNREFUSED));
	GCLK_ASSERT_INT(gclk_fake_sent(rig.fake), 2);
	gclk_fake_pass(rig.fake, 2 * MS);
	reply(&rig, 0, 2, 0);
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_INT(rig.done, 1);
	answers = rig_end(&rig);
	GCLK_ASSERT_STR(((GclkNtpAnswer *)answers->pdata[0])->address, "192.0.2.9");
	CU_ASSERT_TRUE(((GclkNtpAnswer *)answers->pdata[0])->usable);
}

static void test_round_unresolved(void)
{
	Rig rig;
	g_autoptr(GPtrArray) answers = NULL;

	rig_begin(&rig, "ntp1.example", NULL);
	gclk_fake_pass(rig.fake, 3 * S);
	GCLK_ASSERT_INT(rig.done, 1);
	answers = rig_end(&rig);
	GCLK_ASSERT_HAS(((GclkNtpAnswer *)answers->pdata[0])->reason,
		"\"ntp1.example\" cannot be resolved: the name server does not answer");
	g_clear_pointer(&answers, g_ptr_array_unref);
	rig_begin(&rig, "ntp1.example", NULL);
	gclk_fake_resolve(rig.fake, "no such host", NULL);
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_INT(rig.done, 1);
	answers = rig_end(&rig);
	GCLK_ASSERT_HAS(((GclkNtpAnswer *)answers->pdata[0])->reason, "no such host");
}

/* A forged packet does not keep the true answer out, and is told when nothing better comes. */
static void test_round_forged(void)
{
	static const guint8 noise[4] = { 0x24, 2, 6, 0 };
	Rig rig;
	g_autoptr(GPtrArray) answers = NULL;

	rig_begin(&rig, "192.0.2.1", NULL);
	gclk_fake_deliver(rig.fake, gclk_fake_packet(rig.fake, 0), noise, sizeof(noise), FALSE);
	GCLK_ASSERT_INT(rig.done, 0);
	gclk_fake_pass(rig.fake, 2 * MS);
	reply(&rig, 0, 2, 0);
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_INT(rig.done, 1);
	answers = rig_end(&rig);
	CU_ASSERT_TRUE(((GclkNtpAnswer *)answers->pdata[0])->usable);
}

static void test_round_local_errors(void)
{
	Rig rig;
	g_autoptr(GPtrArray) answers = NULL;

	rig_begin(&rig, NULL);
	GCLK_ASSERT_INT(rig.done, 1);
	answers = rig_end(&rig);
	GCLK_ASSERT_INT(answers->len, 0);
	g_clear_pointer(&answers, g_ptr_array_unref);
	rig = (Rig){ .fake = gclk_fake_new(), .config = gclk_config_new() };
	g_ptr_array_add(rig.config->servers, gclk_server_config_new("a", "192.0.2.1"));
	g_ptr_array_add(rig.config->servers, gclk_server_config_new("b", "192.0.2.2"));
	((GclkServerConfig *)rig.config->servers->pdata[1])->key = 7;
	rig.fake->send_error = ENETUNREACH;
	rig.round = gclk_ntp_round_start(&rig.fake->platform, rig.config, NULL, on_done, &rig.done);
	gclk_fake_pass(rig.fake, 0);
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_INT(rig.done, 1);
	answers = rig_end(&rig);
	GCLK_ASSERT_HAS(((GclkNtpAnswer *)answers->pdata[0])->reason, "could not be sent");
	GCLK_ASSERT_HAS(((GclkNtpAnswer *)answers->pdata[1])->reason, "its key 7");
}

/* Freed in the middle: nothing is left behind (rig_end looks). */
static void test_round_stopped(void)
{
	Rig rig;
	g_autoptr(GPtrArray) answers = NULL;

	rig_begin(&rig, "192.0.2.1", "ntp1.example", NULL);
	answers = rig_end(&rig);
	GCLK_ASSERT_INT(rig.done, 0);
	GCLK_ASSERT_STR(((GclkNtpAnswer *)answers->pdata[0])->reason, "no answer yet");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "no server", test_none },
		{ "servers of another", test_anothers },
		{ "the clock is the host's", test_foreign },
		{ "the only one is refused", test_only_one_refused },
		{ "none can be used", test_none_usable },
		{ "some cannot be used", test_some_unusable },
		{ "all is well", test_all_good },
		{ "offsets", test_offsets },
		{ "how a clock is set right", test_setters },
		{ "a falseticker", test_falseticker },
		{ "nobody agrees", test_disagree },
		{ "a server with its own clock", test_local_clock },
		{ "a good status", test_status_good },
		{ "a bad status", test_status_bad },
		{ "other statuses", test_status_others },
		{ "a round", test_round },
		{ "a round with names", test_round_names },
		{ "names without an address", test_round_unresolved },
		{ "forged packets", test_round_forged },
		{ "nothing to send, or no way to", test_round_local_errors },
		{ "stopped in the middle", test_round_stopped },
		{ NULL, NULL },
	};

	return gclk_test_main("check-ntp", cases);
}
