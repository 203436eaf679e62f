/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdict and gate: every need against every host, and what is done about it. */
#include "gate/gate.h"

#include <string.h>

#include "gate/check-report.h"
#include "gate/journal.h"
#include "guestclock/finding.h"
#include "harness.h"

#define US GCLK_NS_PER_US

typedef struct {
	GclkProtocol effective;
	gboolean synchronised, fallback;
	gint64 bound;
} Host;

static GclkHostSync host_sync(const Host *host)
{
	return (GclkHostSync){
		.configured = host->effective,
		.effective = host->effective,
		.synchronised = host->synchronised,
		.fallback = host->fallback,
		.bound = host->bound,
		.age = 3 * GCLK_NS_PER_S,
		.stratum = -1,
		.clock_class = -1,
		.summary = (char *)"as this test says",
	};
}

/* --- verdicts --------------------------------------------------------------------------------- */

#define NO GCLK_BOUND_UNKNOWN

static void test_verdicts(void)
{
	static const Host ptp = { GCLK_PROTOCOL_PTP, TRUE, FALSE, 50 * US };
	static const Host ptp_vague = { GCLK_PROTOCOL_PTP, TRUE, FALSE, NO };
	static const Host ptp_lost = { GCLK_PROTOCOL_PTP, FALSE, FALSE, NO };
	static const Host ntp = { GCLK_PROTOCOL_NTP, TRUE, FALSE, 900 * US };
	static const Host fallen = { GCLK_PROTOCOL_NTP, TRUE, TRUE, 900 * US };
	static const Host ntp_lost = { GCLK_PROTOCOL_NTP, FALSE, FALSE, 900 * US };
	static const Host local = { GCLK_PROTOCOL_LOCAL, FALSE, FALSE, NO };
	static const Host local_lying = { GCLK_PROTOCOL_LOCAL, TRUE, FALSE, 1 };
	static const Host none = { GCLK_PROTOCOL_NONE, FALSE, FALSE, NO };
	static const Host unknown = { GCLK_PROTOCOL_UNKNOWN, FALSE, FALSE, NO };
	static const Host unknown_lying = { GCLK_PROTOCOL_UNKNOWN, TRUE, FALSE, 1 };
	enum {
		YES = GCLK_VERDICT_COMPATIBLE,
		NEIN = GCLK_VERDICT_INCOMPATIBLE,
		WHO = GCLK_VERDICT_UNKNOWN
	};
	/* any, any within 100 us, ntp, ntp within 1 ms, ptp, ptp within 100 us */
	static const GclkNeed needs[] = {
		{ TRUE, GCLK_NEED_ANY, 0, TRUE },
		{ TRUE, GCLK_NEED_ANY, 100 * US, TRUE },
		{ TRUE, GCLK_NEED_NTP, 0, TRUE },
		{ TRUE, GCLK_NEED_NTP, 1000 * US, TRUE },
		{ TRUE, GCLK_NEED_PTP, 0, TRUE },
		{ TRUE, GCLK_NEED_PTP, 100 * US, TRUE },
	};
	static const struct {
		const Host *host;
		int expected[G_N_ELEMENTS(needs)];
	} cases[] = {
		{ &ptp, { YES, YES, YES, YES, YES, YES } },
		{ &ptp_vague, { YES, WHO, YES, WHO, YES, WHO } },
		{ &ptp_lost, { YES, NEIN, NEIN, NEIN, NEIN, NEIN } },
		{ &ntp, { YES, NEIN, YES, YES, NEIN, NEIN } },
		{ &fallen, { YES, NEIN, YES, YES, NEIN, NEIN } },
		{ &ntp_lost, { YES, NEIN, NEIN, NEIN, NEIN, NEIN } },
		{ &local, { YES, NEIN, NEIN, NEIN, NEIN, NEIN } },
		{ &local_lying, { YES, NEIN, NEIN, NEIN, NEIN, NEIN } },
		{ &none, { YES, NEIN, NEIN, NEIN, NEIN, NEIN } },
		{ &unknown, { YES, WHO, WHO, WHO, WHO, WHO } },
		{ &unknown_lying, { YES, WHO, WHO, WHO, WHO, WHO } },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		for (gsize j = 0; j < G_N_ELEMENTS(needs); j++) {
			const GclkHostSync sync = host_sync(cases[i].host);
			g_auto(GclkVerdict) verdict = { 0 };

			gclk_verdict_judge(&needs[j], &sync, &verdict);
			if ((int)verdict.kind != cases[i].expected[j])
				g_printerr("host %zu, need %zu\n", i, j);
			GCLK_ASSERT_INT(verdict.kind, cases[i].expected[j]);
			CU_ASSERT_PTR_NOT_NULL(verdict.reason);
			GCLK_ASSERT_INT(verdict.remedy == NULL, cases[i].expected[j] == YES);
		}
}

static void test_at_the_limit(void)
{
	const GclkNeed need = { TRUE, GCLK_NEED_PTP, 100 * US, TRUE };
	Host host = { GCLK_PROTOCOL_PTP, TRUE, FALSE, 100 * US };
	GclkHostSync sync = host_sync(&host);
	g_auto(GclkVerdict) at = { 0 };
	g_auto(GclkVerdict) beyond = { 0 };

	gclk_verdict_judge(&need, &sync, &at);
	GCLK_ASSERT_INT(at.kind, GCLK_VERDICT_COMPATIBLE);
	sync.bound++;
	gclk_verdict_judge(&need, &sync, &beyond);
	GCLK_ASSERT_INT(beyond.kind, GCLK_VERDICT_INCOMPATIBLE);
	GCLK_ASSERT_HAS(beyond.reason, "within 100");
	GCLK_ASSERT_HAS(beyond.reason, "last update 3 s ago");
}

/* --- the gate --------------------------------------------------------------------------------- */

static void test_gate(void)
{
	enum {
		COMP = GCLK_VERDICT_COMPATIBLE,
		INC = GCLK_VERDICT_INCOMPATIBLE,
		UNK = GCLK_VERDICT_UNKNOWN
	};
	enum { ALLOW = GCLK_GATE_ALLOW, WARN = GCLK_GATE_WARN, REFUSE = GCLK_GATE_REFUSE };
	enum { PTP = GCLK_NEED_PTP, NTP = GCLK_NEED_NTP };
	enum {
		AUTO = GCLK_ON_UNKNOWN_AUTO,
		ALWAYS = GCLK_ON_UNKNOWN_REFUSE,
		NEVER = GCLK_ON_UNKNOWN_ALLOW
	};
	static const struct {
		int protocol;
		gboolean strict;
		int verdict, on_unknown;
		const char *off;
		int action;
		gboolean overridden;
	} cases[] = {
		{ PTP, TRUE, COMP, AUTO, NULL, ALLOW, FALSE },
		{ PTP, TRUE, COMP, ALWAYS, "off", ALLOW, FALSE },
		{ PTP, TRUE, INC, AUTO, NULL, REFUSE, FALSE },
		{ PTP, TRUE, INC, NEVER, NULL, REFUSE, FALSE },
		{ NTP, TRUE, INC, AUTO, NULL, REFUSE, FALSE },
		{ PTP, FALSE, INC, AUTO, NULL, WARN, FALSE },
		{ PTP, TRUE, INC, AUTO, "off", WARN, TRUE },
		{ PTP, FALSE, INC, AUTO, "off", WARN, FALSE },
		{ PTP, TRUE, UNK, AUTO, NULL, REFUSE, FALSE },
		{ NTP, TRUE, UNK, AUTO, NULL, WARN, FALSE },
		{ PTP, FALSE, UNK, AUTO, NULL, WARN, FALSE },
		{ PTP, FALSE, UNK, ALWAYS, NULL, WARN, FALSE },
		{ NTP, TRUE, UNK, ALWAYS, NULL, REFUSE, FALSE },
		{ PTP, TRUE, UNK, NEVER, NULL, WARN, FALSE },
		{ PTP, TRUE, UNK, AUTO, "off", WARN, TRUE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkNeed need = { TRUE, cases[i].protocol, 0, cases[i].strict };
		const GclkVerdict verdict = { cases[i].verdict, (char *)"why it is so",
			(char *)"do this" };
		g_auto(GclkGateDecision) decision = { 0 };

		gclk_gate_decide("db01", &need, NULL, &verdict, cases[i].on_unknown, cases[i].off,
			&decision);
		if ((int)decision.action != cases[i].action)
			g_printerr("case %zu\n", i);
		GCLK_ASSERT_INT(decision.action, cases[i].action);
		GCLK_ASSERT_INT(decision.overridden, cases[i].overridden);
		GCLK_ASSERT_INT(decision.message == NULL, cases[i].action == ALLOW);
	}
}

/* Whoever stands at the console sees only this. */
static void test_message(void)
{
	const GclkNeed need = { TRUE, GCLK_NEED_PTP, 0, TRUE };
	const GclkVerdict verdict = { GCLK_VERDICT_INCOMPATIBLE, (char *)"why it is so",
		(char *)"do this" };
	g_auto(GclkGateDecision) refused = { 0 };
	g_auto(GclkGateDecision) overridden = { 0 };

	gclk_gate_decide("db01", &need, NULL, &verdict, GCLK_ON_UNKNOWN_AUTO, NULL, &refused);
	GCLK_ASSERT_STR(refused.message, "guestclock: VM 'db01': why it is so. Refusing to start.\n"
					 "guestclock: what to do: do this");
	gclk_gate_decide(
		"db01", &need, NULL, &verdict, GCLK_ON_UNKNOWN_AUTO, "the switch", &overridden);
	GCLK_ASSERT_STR(overridden.message,
		"guestclock: VM 'db01': why it is so. Started all the same: the switch.\n"
		"guestclock: what to do: do this");
}

/* Tenants choose names, servers say what they are. */
static void test_hostile_message(void)
{
	const GclkNeed need = { TRUE, GCLK_NEED_PTP, 0, TRUE };
	const GclkVerdict verdict = { GCLK_VERDICT_INCOMPATIBLE,
		(char *)"why\nguestclock: \xc2\x9b\xff", (char *)"do\rthis\x1b[31m" };
	g_autofree char *name = g_strnfill(100000, 'x');
	g_auto(GclkGateDecision) decision = { 0 };
	g_auto(GclkGateDecision) longest = { 0 };

	gclk_gate_decide(
		"db\n01\x1b", &need, NULL, &verdict, GCLK_ON_UNKNOWN_AUTO, NULL, &decision);
	GCLK_ASSERT_STR(decision.message,
		"guestclock: VM 'db?01?': why?guestclock: ?\xef\xbf\xbd. Refusing to start.\n"
		"guestclock: what to do: do?this?[31m");
	gclk_gate_decide(name, &need, NULL, &verdict, GCLK_ON_UNKNOWN_AUTO, NULL, &longest);
	CU_ASSERT_TRUE(strlen(longest.message) < 300);
}

static void test_unreadable_need(void)
{
	static const struct {
		GclkNeedError code;
		GclkOnUnknown on_unknown;
		GclkGateAction action;
	} cases[] = {
		{ GCLK_NEED_ERROR_VALUE, GCLK_ON_UNKNOWN_AUTO, GCLK_GATE_REFUSE },
		{ GCLK_NEED_ERROR_VALUE, GCLK_ON_UNKNOWN_ALLOW, GCLK_GATE_WARN },
		{ GCLK_NEED_ERROR_XML, GCLK_ON_UNKNOWN_AUTO, GCLK_GATE_WARN },
		{ GCLK_NEED_ERROR_XML, GCLK_ON_UNKNOWN_REFUSE, GCLK_GATE_REFUSE },
	};
	const GclkNeed need = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error =
			g_error_new_literal(GCLK_NEED_ERROR, cases[i].code, "cannot be told");
		g_auto(GclkGateDecision) decision = { 0 };

		gclk_gate_decide("a", &need, error, NULL, cases[i].on_unknown, NULL, &decision);
		GCLK_ASSERT_INT(decision.action, cases[i].action);
		GCLK_ASSERT_HAS(decision.message, "cannot be told");
	}
}

/* A name cannot begin a field of its own, nor grow beyond what a record holds. */
static void test_late_record(void)
{
	g_autofree char *huge = g_strnfill(100000, 'x');
	g_autofree char *injected = gclk_journal_late_text("a\nACTION=allow\n", TRUE);
	g_autofree char *started = gclk_journal_late_text(huge, FALSE);

	CU_ASSERT_PTR_NULL(strstr(injected, "\nACTION=allow"));
	GCLK_ASSERT_HAS(injected, "\nACTION=refuse\n");
	GCLK_ASSERT_HAS(injected, "Refusing to start");
	GCLK_ASSERT_HAS(started, "\nACTION=warn\n");
	CU_ASSERT_TRUE(strlen(started) < 1024);
}

/* --- check ------------------------------------------------------------------------------------ */

static void test_check(void)
{
	static const GclkNeed strict = { TRUE, GCLK_NEED_PTP, 0, TRUE };
	static const GclkNeed lax = { TRUE, GCLK_NEED_PTP, 0, FALSE };
	const GclkVerdict yes = { GCLK_VERDICT_COMPATIBLE, (char *)"fits", NULL };
	const GclkVerdict no = { GCLK_VERDICT_INCOMPATIBLE,
		(char *)"a reason that is long enough to be broken into several lines of the table",
		(char *)"do \x1b[31m this" };
	g_autoptr(GError) error =
		g_error_new_literal(GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE, "cannot be told");
	const GclkCheckRow rows[] = {
		{ "fits", &strict, NULL, &yes },
		{ "lax", &lax, NULL, &no },
		{ "odd", &strict, error, &yes },
		{ "a-name-that-is-much-longer-than-its-column", &strict, NULL, &no },
	};
	static const int codes[] = { 0, 1, 3, 2 };
	g_autofree char *table = gclk_check_table(rows, G_N_ELEMENTS(rows), FALSE);
	g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
	g_autofree char *text = gclk_check_text(&rows[3], NULL, FALSE, FALSE);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		GCLK_ASSERT_INT(gclk_check_exit_code(&rows[i]), codes[i]);
		GCLK_ASSERT_INT(gclk_check_exit_code_all(rows, i + 1), codes[i]);
	}
	GCLK_ASSERT_INT(gclk_check_exit_code_all(rows, 0), 0);
	for (guint i = 0; lines[i]; i++)
		CU_ASSERT_TRUE(strlen(lines[i]) <= 80);
	GCLK_ASSERT_HAS(table, "ptp (warn)");
	GCLK_ASSERT_HAS(text, "incompatible: VM 'a-name");
	CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "verdicts", test_verdicts },
		{ "at the limit", test_at_the_limit },
		{ "gate", test_gate },
		{ "message", test_message },
		{ "hostile message", test_hostile_message },
		{ "unreadable need", test_unreadable_need },
		{ "late record", test_late_record },
		{ "check", test_check },
		{ NULL, NULL },
	};

	return gclk_test_main("gate", cases);
}
