/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's word in the table and its rank: each trouble, its borders, and which outweighs which.
 */
#include "guests/guest.h"

#include "harness.h"

#define S   GCLK_NS_PER_S
#define MS  GCLK_NS_PER_MS
#define US  GCLK_NS_PER_US
#define NOW (1000 * S)

/* One that runs, is synchronised, and was seen a second ago. */
static GclkGuest *fine_guest(void)
{
	GclkGuest *guest = gclk_guest_new("id", "db01");

	guest->listed = guest->running = guest->has_channel = TRUE;
	guest->verdict.kind = GCLK_VERDICT_COMPATIBLE;
	guest->by = GCLK_GUEST_BY_LINK;
	guest->seen = guest->measured = guest->reported = NOW - S;
	guest->has_offset = guest->has_report = TRUE;
	guest->offset = 20 * US;
	guest->uncertainty = 100 * US;
	guest->host_bound = 1 * MS;
	guest->report = (GclkLinkGuest){ .state = GCLK_STATE_SYNCHRONISED,
		.steers = TRUE,
		.source_kind = GCLK_LINK_SOURCE_HOST,
		.bound = 1 * MS };
	return guest;
}

static void check(const GclkGuest *guest, const char *state, GclkGuestTrouble trouble, int code)
{
	GCLK_ASSERT_STR(gclk_guest_state(guest, NOW), state);
	GCLK_ASSERT_INT(gclk_guest_trouble(guest, NOW), trouble);
	GCLK_ASSERT_INT(gclk_guest_trouble_exit_code(gclk_guest_trouble(guest, NOW)), code);
}

static void test_states(void)
{
	static const struct {
		GclkState state;
		const char *word;
		GclkGuestTrouble trouble;
		int code;
	} cases[] = {
		{ GCLK_STATE_SYNCHRONISED, "synchronised", GCLK_TROUBLE_NONE, 0 },
		{ GCLK_STATE_STARTING, "starting", GCLK_TROUBLE_WAVERS, 1 },
		{ GCLK_STATE_HOLDOVER, "holdover", GCLK_TROUBLE_WAVERS, 1 },
		{ GCLK_STATE_UNSYNCHRONISED, "unsynchronised", GCLK_TROUBLE_UNSYNCHRONISED, 2 },
		{ GCLK_STATE_DISRUPTED, "disrupted", GCLK_TROUBLE_DISRUPTED, 2 },
		{ GCLK_STATES, "unknown", GCLK_TROUBLE_UNSYNCHRONISED, 2 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkGuest) guest = fine_guest();

		guest->report.state = cases[i].state;
		check(guest, cases[i].word, cases[i].trouble, cases[i].code);
	}
}

/* What is not running says nothing, whatever it said before. */
static void test_not_running(void)
{
	g_autoptr(GclkGuest) guest = fine_guest();

	guest->report.state = GCLK_STATE_UNSYNCHRONISED;
	guest->offset = 3600 * S;
	guest->running = FALSE;
	check(guest, "shut off", GCLK_TROUBLE_SHUT_OFF, 0);
	guest->paused = TRUE;
	check(guest, "paused", GCLK_TROUBLE_PAUSED, 0);
}

static void test_freshness(void)
{
	g_autoptr(GclkGuest) guest = fine_guest();

	GCLK_ASSERT_INT(guest->patience, GCLK_GUEST_PATIENCE_MIN);
	guest->reported = guest->measured = guest->seen = NOW - guest->patience;
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->reported = guest->measured = guest->seen = NOW - guest->patience - 1;
	check(guest, "no answer", GCLK_TROUBLE_NO_ANSWER, 3);
	guest->measured = NOW; /* by somebody else's agent, which says nothing of itself */
	check(guest, "answers", GCLK_TROUBLE_NONE, 0);
	guest->measured = NOW - guest->patience - 1;
	CU_ASSERT_FALSE(gclk_guest_is_fresh(guest, 0, 1)); /* never is not fresh after a boot */
	guest->by = GCLK_GUEST_BY_NONE;
	check(guest, "no agent", GCLK_TROUBLE_NO_AGENT, 0);
}

static void test_guest_agent(void)
{
	g_autoptr(GclkGuest) guest = fine_guest();

	guest->by = GCLK_GUEST_BY_AGENT;
	check(guest, "qemu-ga", GCLK_TROUBLE_NONE, 0);
	guest->offset = -3 * S;
	check(guest, "qemu-ga", GCLK_TROUBLE_OFF, 1);
	guest->measured = NOW - guest->patience - 1;
	check(guest, "no answer", GCLK_TROUBLE_NO_ANSWER, 3);
	guest->measured = NOW;
	guest->has_offset = FALSE;
	check(guest, "no answer", GCLK_TROUBLE_NO_ANSWER, 3);
}

/* Only what is surely wrong counts: the offset less its uncertainty. */
static void test_offsets(void)
{
	static const struct {
		gint64 offset, uncertainty;
		GclkGuestTrouble trouble;
	} cases[] = {
		{ GCLK_GUEST_OFF + 100, 100, GCLK_TROUBLE_NONE },
		{ GCLK_GUEST_OFF + 101, 100, GCLK_TROUBLE_OFF },
		{ -GCLK_GUEST_OFF - 101, 100, GCLK_TROUBLE_OFF },
		{ GCLK_GUEST_FAR_OFF + 100, 100, GCLK_TROUBLE_OFF },
		{ GCLK_GUEST_FAR_OFF + 101, 100, GCLK_TROUBLE_FAR_OFF },
		{ 3 * S, 5 * S, GCLK_TROUBLE_NONE },
		{ G_MININT64, 0, GCLK_TROUBLE_FAR_OFF },
		{ G_MAXINT64, G_MAXINT64, GCLK_TROUBLE_NONE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkGuest) guest = fine_guest();

		guest->report.bound = GCLK_BOUND_UNKNOWN; /* it claims nothing */
		guest->offset = cases[i].offset;
		guest->uncertainty = cases[i].uncertainty;
		GCLK_ASSERT_INT(gclk_guest_trouble(guest, NOW), cases[i].trouble);
	}
}

/* A confident wrong time: beyond what the host, the guest and the measurement allow together. */
static void test_contradiction(void)
{
	g_autoptr(GclkGuest) guest = fine_guest();
	const gint64 allowed = 1 * MS + 1 * MS + 100 * US + GCLK_GUEST_SLACK;

	guest->offset = -allowed;
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->offset = -allowed - 1;
	check(guest, "synchronised", GCLK_TROUBLE_CONTRADICTED, 2);
	guest->report.state = GCLK_STATE_HOLDOVER;
	check(guest, "holdover", GCLK_TROUBLE_CONTRADICTED, 2);
	guest->report.state = GCLK_STATE_DISRUPTED; /* it does not say that it is right */
	check(guest, "disrupted", GCLK_TROUBLE_DISRUPTED, 2);
	guest->report.state = GCLK_STATE_SYNCHRONISED;
	guest->host_bound = GCLK_BOUND_UNKNOWN; /* the host may be the one that is wrong */
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->host_bound = 1 * MS;
	guest->report.bound = GCLK_BOUND_UNKNOWN;
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->report.bound = GCLK_BOUND_UNKNOWN - 1; /* the sum is too large for anything */
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->report.bound = -1; /* nonsense is no claim */
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
}

static void test_needs(void)
{
	g_autoptr(GclkGuest) guest = fine_guest();

	guest->need = (GclkNeed){ TRUE, GCLK_NEED_PTP, 0, TRUE };
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->verdict.kind = GCLK_VERDICT_UNKNOWN;
	check(guest, "synchronised", GCLK_TROUBLE_NEED_UNKNOWN, 3);
	guest->verdict.kind = GCLK_VERDICT_INCOMPATIBLE;
	check(guest, "synchronised", GCLK_TROUBLE_NEED_NOT_MET, 2);
	guest->need.strict = FALSE;
	check(guest, "synchronised", GCLK_TROUBLE_NEED_WARNS, 1);
	guest->running = FALSE; /* it may be powered on elsewhere */
	check(guest, "shut off", GCLK_TROUBLE_SHUT_OFF, 0);
	guest->paused = TRUE; /* it may go on at any moment */
	check(guest, "paused", GCLK_TROUBLE_NEED_WARNS, 1);
	guest->paused = FALSE;
	guest->running = TRUE;
	guest->need = (GclkNeed){ 0 };
	check(guest, "synchronised", GCLK_TROUBLE_NONE, 0);
	guest->verdict.kind = GCLK_VERDICT_UNKNOWN;
	guest->need_error = g_strdup("no such word");
	check(guest, "synchronised", GCLK_TROUBLE_NEED_UNKNOWN, 3);
}

static void test_notes(void)
{
	g_autoptr(GclkGuest) guest = fine_guest();

	guest->problem = g_strdup("something");
	check(guest, "synchronised", GCLK_TROUBLE_NOTED, 0);
	g_clear_pointer(&guest->problem, g_free);
	gclk_need_lapses_add(guest->lapses)->back.boottime = NOW;
	check(guest, "synchronised", GCLK_TROUBLE_NOTED, 0);
}

static void test_names(void)
{
	for (gint by = GCLK_GUEST_BY_NONE; by <= GCLK_GUEST_BY_AGENT; by++)
		GCLK_ASSERT_INT(gclk_guest_by_from_name(gclk_guest_by_name((GclkGuestBy)by)), by);
	GCLK_ASSERT_INT(gclk_guest_by_from_name("LINK"), -1);
	GCLK_ASSERT_INT(gclk_guest_by_from_name(NULL), -1);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "states", test_states },
		{ "not running", test_not_running },
		{ "freshness", test_freshness },
		{ "QEMU guest agent", test_guest_agent },
		{ "offsets", test_offsets },
		{ "contradiction", test_contradiction },
		{ "needs", test_needs },
		{ "notes", test_notes },
		{ "names", test_names },
		{ NULL, NULL },
	};

	return gclk_test_main("guest", cases);
}
