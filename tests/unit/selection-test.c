/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/selection.h"

#include "harness.h"

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US
#define S  GCLK_NS_PER_S

static GclkCandidate ntp(const char *origin, gint64 offset, gint64 bound)
{
	return (GclkCandidate){ .name = origin,
		.origin = origin,
		.kind = GCLK_SOURCE_NTP,
		.condition = GCLK_SOURCE_OK,
		.estimated = TRUE,
		.offset = offset,
		.bound = bound,
		.quality = bound };
}

static GclkCandidate ptp(gint64 offset, gint64 bound, gboolean assumed)
{
	GclkCandidate c = ntp("host", offset, bound);

	c.kind = GCLK_SOURCE_PTP;
	c.assumed = assumed;
	return c;
}

static void clear(GclkCandidate *all, guint n, GclkSelection *s)
{
	for (guint i = 0; i < n; i++)
		g_clear_pointer(&all[i].reason, g_free);
	g_clear_pointer(&s->reason, g_free);
}

static void nobody(void)
{
	GclkCandidate none[1];
	GclkSelection s = gclk_selection_run(none, 0, -1);

	GCLK_ASSERT_INT(s.selected, -1);
	GCLK_ASSERT_HAS(s.reason, "no source of time is known");
	clear(none, 0, &s);
}

static void single(void)
{
	GclkCandidate all[] = { ntp("a", 3 * S, MS) };
	GclkSelection s = gclk_selection_run(all, 1, -1);

	GCLK_ASSERT_INT(s.selected, 0);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_SELECTED);
	CU_ASSERT_TRUE(s.single);
	clear(all, 1, &s);
}

static void unfit_sources_keep_their_reason(void)
{
	GclkCandidate all[] = { ntp("a", 0, MS), ntp("b", 0, MS), ntp("c", 0, MS), ntp("d", 0, MS),
		ntp("e", 0, GCLK_BOUND_UNKNOWN) };
	GclkSelection s;

	all[0].condition = GCLK_SOURCE_UNREACHABLE;
	all[0].condition_reason = "no answer";
	all[1].condition = GCLK_SOURCE_REFUSED;
	all[1].condition_reason = "strata too high";
	all[2].stale = TRUE;
	all[3].condition = GCLK_SOURCE_FAILED;
	all[3].condition_reason = "no key";
	s = gclk_selection_run(all, 5, -1);
	GCLK_ASSERT_INT(s.selected, -1);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_UNREACHABLE);
	GCLK_ASSERT_STR(all[0].reason, "no answer");
	GCLK_ASSERT_INT(all[1].standing, GCLK_STANDING_REFUSED);
	GCLK_ASSERT_STR(all[1].reason, "strata too high");
	GCLK_ASSERT_INT(all[2].standing, GCLK_STANDING_UNREACHABLE);
	GCLK_ASSERT_INT(all[3].standing, GCLK_STANDING_FAILED);
	GCLK_ASSERT_INT(all[4].standing, GCLK_STANDING_REFUSED);
	GCLK_ASSERT_HAS(all[4].reason, "bound");
	clear(all, 5, &s);
}

static void falseticker(void)
{
	for (guint liar = 0; liar < 3; liar++)
		for (gint sign = -1; sign <= 1; sign += 2) {
			GclkCandidate all[] = { ntp("a", 0, MS), ntp("b", 100 * US, MS),
				ntp("c", -100 * US, MS) };
			GclkSelection s;

			all[liar].offset += sign * S / 2;
			s = gclk_selection_run(all, 3, (gint)liar);
			GCLK_ASSERT_INT(all[liar].standing, GCLK_STANDING_FALSETICKER);
			GCLK_ASSERT_HAS(all[liar].reason, "contradicts 2 others");
			CU_ASSERT_TRUE(s.selected >= 0 && s.selected != (gint)liar);
			GCLK_ASSERT_INT(s.origins, 2);
			CU_ASSERT_FALSE(s.single);
			clear(all, 3, &s);
		}
}

static void tie(void)
{
	GclkCandidate all[] = { ntp("a", 0, MS), ntp("b", S, MS) };
	GclkSelection s = gclk_selection_run(all, 2, 0);

	GCLK_ASSERT_INT(s.selected, -1);
	GCLK_ASSERT_HAS(s.reason, "contradict");
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_FALSETICKER);
	clear(all, 2, &s);
}

/* Two addresses of one server are one voice. */
static void one_vote_an_origin(void)
{
	GclkCandidate all[] = { ntp("x", S, MS), ntp("x", S, MS), ntp("x", S, MS), ntp("a", 0, MS),
		ntp("b", 0, MS) };
	GclkSelection s = gclk_selection_run(all, 5, 0);

	GCLK_ASSERT_INT(s.selected, 3);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_FALSETICKER);
	clear(all, 5, &s);
}

static void precision_first(void)
{
	GclkCandidate all[] = { ntp("a", 0, 100 * US), ptp(10 * US, MS, TRUE) };
	GclkSelection s = gclk_selection_run(all, 2, 0);

	GCLK_ASSERT_INT(s.selected, 1);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_AGREES);
	clear(all, 2, &s);
}

/* A precision clock passes on a wrong host's time faithfully: servers that agree win. */
static void precision_outvoted(void)
{
	GclkCandidate all[] = { ptp(S, US, FALSE), ntp("a", 0, MS), ntp("b", 0, MS) };
	GclkSelection s = gclk_selection_run(all, 3, 0);

	CU_ASSERT_TRUE(s.selected > 0);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_FALSETICKER);
	clear(all, 3, &s);
}

/* What is only assumed does not outvote what is stated. */
static void assumed_does_not_outvote(void)
{
	GclkCandidate all[] = { ptp(S, US, TRUE), ntp("a", 0, MS) };
	GclkSelection s = gclk_selection_run(all, 2, 0);

	GCLK_ASSERT_INT(s.selected, 1);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_FALSETICKER);
	clear(all, 2, &s);
}

static void no_turns(void)
{
	GclkCandidate all[] = { ntp("a", 0, 100 * US), ntp("b", 0, 90 * US) };
	GclkSelection s = gclk_selection_run(all, 2, 0);

	GCLK_ASSERT_INT(s.selected, 0);
	clear(all, 2, &s);
	all[1].quality = 50 * US;
	s = gclk_selection_run(all, 2, 0);
	GCLK_ASSERT_INT(s.selected, 1);
	clear(all, 2, &s);
}

/* A server that serves its own clock may have no error to state; that does not make it better. */
static void own_clock_last(void)
{
	GclkCandidate all[] = { ntp("a", 0, 10 * US), ntp("b", 0, MS) };
	GclkSelection s;

	all[0].lesser = TRUE;
	s = gclk_selection_run(all, 2, 0);
	GCLK_ASSERT_INT(s.selected, 1);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_AGREES);
	clear(all, 2, &s);
}

/* Ends of intervals beyond what 64 bits hold. */
static void extremes(void)
{
	GclkCandidate all[] = { ntp("a", G_MAXINT64 - 5, G_MAXINT64 - 1),
		ntp("b", G_MININT64 + 5, G_MAXINT64 - 1), ntp("c", 0, 1) };
	GclkSelection s = gclk_selection_run(all, 3, -1);

	CU_ASSERT_TRUE(s.selected >= -1 && s.selected < 3);
	clear(all, 3, &s);
	all[0] = ntp("a", 500 * MS, MS); /* + offsets must not reach to minus infinity */
	all[1] = ntp("b", 0, MS);
	all[2] = ntp("c", 0, MS);
	s = gclk_selection_run(all, 3, 0);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_FALSETICKER);
	clear(all, 3, &s);
}

static GclkCandidate host(gint64 offset, gint64 bound, gboolean assumed)
{
	GclkCandidate c = ptp(offset, bound, assumed);

	c.name = "link";
	c.kind = GCLK_SOURCE_HOST;
	return c;
}

/* Precision clock, host's clock, NTP: whatever their bounds. */
static void kinds_in_order(void)
{
	GclkCandidate all[] = { ntp("a", 0, 1 * US), host(0, 2 * MS, FALSE),
		ptp(0, 5 * MS, FALSE) };
	GclkSelection s = gclk_selection_run(all, 3, -1);

	GCLK_ASSERT_INT(s.selected, 2);
	clear(all, 3, &s);
	s = gclk_selection_run(all, 2, 0);
	GCLK_ASSERT_INT(s.selected, 1);
	clear(all, 2, &s);
}

/* The host states its bound by one way, and it is assumed by the other: one vote all the same. */
static void one_vote_stated_and_assumed(void)
{
	GclkCandidate all[] = { ptp(0, 5 * US, TRUE), host(0, 2 * MS, FALSE), ntp("a", 0, MS) };
	GclkSelection s = gclk_selection_run(all, 3, -1);

	GCLK_ASSERT_INT(s.origins, 2);
	clear(all, 3, &s);
	s = gclk_selection_run(all, 2, -1);
	GCLK_ASSERT_INT(s.origins, 1);
	CU_ASSERT_TRUE(s.single);
	clear(all, 2, &s);
}

static void the_unsettled_do_not_take_over(void)
{
	GclkCandidate all[] = { ntp("a", 0, MS), ptp(0, 60 * S, FALSE) };
	GclkSelection s;

	all[1].unsettled = TRUE;
	s = gclk_selection_run(all, 2, 0);
	GCLK_ASSERT_INT(s.selected, 0);
	GCLK_ASSERT_INT(all[1].standing, GCLK_STANDING_AGREES);
	clear(all, 2, &s);
	/* who is in use stays so */
	s = gclk_selection_run(all, 2, 1);
	GCLK_ASSERT_INT(s.selected, 1);
	clear(all, 2, &s);
	/* and where nobody is settled, all are equal */
	all[0].unsettled = TRUE;
	s = gclk_selection_run(all, 2, -1);
	GCLK_ASSERT_INT(s.selected, 1);
	clear(all, 2, &s);
}

static void the_strayed_have_no_vote(void)
{
	GclkCandidate all[] = { host(5 * S, MS, FALSE), ntp("a", 0, MS) };
	GclkSelection s;

	all[0].strayed = TRUE;
	s = gclk_selection_run(all, 2, 0);
	GCLK_ASSERT_INT(s.selected, 1);
	GCLK_ASSERT_INT(s.origins, 1);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_FALSETICKER);
	GCLK_ASSERT_HAS(all[0].reason, "contradicts 1 other");
	clear(all, 2, &s);
	/* it agrees again */
	all[0].offset = 0;
	s = gclk_selection_run(all, 2, 1);
	GCLK_ASSERT_INT(s.selected, 1);
	GCLK_ASSERT_INT(all[0].standing, GCLK_STANDING_AGREES);
	clear(all, 2, &s);
	/* alone it has one */
	s = gclk_selection_run(all, 1, -1);
	GCLK_ASSERT_INT(s.selected, 0);
	clear(all, 1, &s);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "nobody is there", nobody },
		{ "one source is used, and called single", single },
		{ "unfit sources keep their reason", unfit_sources_keep_their_reason },
		{ "one falseticker of three", falseticker },
		{ "no majority, no choice", tie },
		{ "one vote an origin", one_vote_an_origin },
		{ "precision clocks first", precision_first },
		{ "servers that agree outvote a precision clock", precision_outvoted },
		{ "assumed bounds do not outvote stated ones", assumed_does_not_outvote },
		{ "equals do not take turns", no_turns },
		{ "a server's own clock goes last", own_clock_last },
		{ "kinds have an order", kinds_in_order },
		{ "one vote an origin, stated or assumed", one_vote_stated_and_assumed },
		{ "who is unsettled does not take over", the_unsettled_do_not_take_over },
		{ "who has strayed has no vote", the_strayed_have_no_vote },
		{ "extremes", extremes },
		{ NULL, NULL },
	};

	return gclk_test_main("selection", cases);
}
