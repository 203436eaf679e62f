/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/selection.h"

#include "guestclock/format.h"
#include "guestclock/sample.h"

/* Another source takes over only when its quality is below this share of the current one's. */
#define CLEARLY_BETTER 0.7

typedef struct {
	guint stated, assumed; /* origins whose bound is stated, or only assumed */
} Votes;

typedef struct {
	gint64 low, high;
	Votes votes;
} Region;

static gint64 low_end(const GclkCandidate *c)
{
	gint64 end;

	return __builtin_sub_overflow(c->offset, c->bound, &end) ? G_MININT64 : end;
}

static gint64 high_end(const GclkCandidate *c)
{
	gint64 end;

	return __builtin_add_overflow(c->offset, c->bound, &end) ? G_MAXINT64 : end;
}

static gboolean covers(const GclkCandidate *c, gint64 low, gint64 high)
{
	return low_end(c) <= high && high_end(c) >= low;
}

/* A candidate is heard when it has a fresh estimate with a known bound. */
static gboolean is_heard(const GclkCandidate *c)
{
	return c->condition == GCLK_SOURCE_OK && c->estimated && !c->stale &&
	       c->bound != GCLK_BOUND_UNKNOWN;
}

static gboolean votes(const GclkCandidate *c)
{
	return is_heard(c) && !c->strayed;
}

static gboolean better(Votes a, Votes b)
{
	return a.stated != b.stated ? a.stated > b.stated : a.assumed > b.assumed;
}

/* One vote an origin: has it been counted for this region by another candidate, whose bound is
   stated where this one's is not, or which comes first? */
static gboolean is_counted(const GclkCandidate *all, guint n, guint i, gint64 low, gint64 high)
{
	for (guint j = 0; j < n; j++)
		if (j != i && votes(&all[j]) && covers(&all[j], low, high) &&
			(all[j].assumed == all[i].assumed ? j < i : all[i].assumed) &&
			g_str_equal(all[j].origin, all[i].origin))
			return TRUE;
	return FALSE;
}

static Votes count(const GclkCandidate *all, guint n, gint64 low, gint64 high)
{
	Votes v = { 0, 0 };

	for (guint i = 0; i < n; i++) {
		if (!votes(&all[i]) || !covers(&all[i], low, high) ||
			is_counted(all, n, i, low, high))
			continue;
		if (all[i].assumed)
			v.assumed++;
		else
			v.stated++;
	}
	return v;
}

/* The best region begins at the low end of some interval and ends at the nearest high end. */
static Region best_region(const GclkCandidate *all, guint n)
{
	Region best = { 0, 0, { 0, 0 } };

	for (guint i = 0; i < n; i++) {
		gint64 point = low_end(&all[i]);
		Votes v;

		if (!votes(&all[i]))
			continue;
		v = count(all, n, point, point);
		if (better(v, best.votes))
			best = (Region){ point, G_MAXINT64, v };
	}
	for (guint i = 0; i < n; i++)
		if (votes(&all[i]) && covers(&all[i], best.low, best.low))
			best.high = MIN(best.high, high_end(&all[i]));
	return best;
}

/* More than half of those with stated bounds; where there are none, of those with assumed ones. */
static gboolean has_majority(Votes in, Votes all)
{
	return all.stated ? 2 * in.stated > all.stated : 2 * in.assumed > all.assumed;
}

static gboolean preferable(const GclkCandidate *a, const GclkCandidate *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->lesser != b->lesser ? b->lesser : a->quality < b->quality;
}

static gboolean is_inside(const GclkCandidate *c, const Region *truth)
{
	return votes(c) && covers(c, truth->low, truth->high);
}

/* An unsettled one takes over only where the one in use is no better. */
static gboolean may_take_over(const GclkCandidate *c, const GclkCandidate *in_use)
{
	return !in_use || c == in_use || !c->unsettled || in_use->unsettled;
}

static gint choose(const GclkCandidate *all, guint n, const Region *truth, gint current)
{
	const GclkCandidate *in_use = NULL;
	gint best = -1;

	if (current >= 0 && current < (gint)n && is_inside(&all[current], truth))
		in_use = &all[current];
	for (guint i = 0; i < n; i++)
		if (is_inside(&all[i], truth) && may_take_over(&all[i], in_use) &&
			(best < 0 || preferable(&all[i], &all[best])))
			best = (gint)i;
	if (best >= 0 && in_use && in_use->kind == all[best].kind &&
		in_use->lesser == all[best].lesser &&
		(double)all[best].quality > CLEARLY_BETTER * (double)in_use->quality)
		return current;
	return best;
}

/* --- standings -------------------------------------------------------------------------------- */

static void give(GclkCandidate *c, GclkStanding standing, char *reason)
{
	c->standing = standing;
	c->reason = reason;
}

static void judge_unfit(GclkCandidate *c)
{
	static const GclkStanding by_condition[] = {
		[GCLK_SOURCE_WAITING] = GCLK_STANDING_WAITING,
		[GCLK_SOURCE_OK] = GCLK_STANDING_WAITING,
		[GCLK_SOURCE_UNREACHABLE] = GCLK_STANDING_UNREACHABLE,
		[GCLK_SOURCE_REFUSED] = GCLK_STANDING_REFUSED,
		[GCLK_SOURCE_FAILED] = GCLK_STANDING_FAILED,
	};

	if (c->condition == GCLK_SOURCE_OK && c->estimated && c->stale)
		give(c, GCLK_STANDING_UNREACHABLE, g_strdup("no sample for too long"));
	else if (c->condition == GCLK_SOURCE_OK && c->estimated)
		give(c, GCLK_STANDING_REFUSED, g_strdup("its error bound is not known"));
	else
		give(c, by_condition[c->condition], g_strdup(c->condition_reason));
}

static char *contradiction(const GclkCandidate *c, const Region *truth, guint origins)
{
	char text[32];

	gclk_format_bound(
		low_end(c) > truth->high ? low_end(c) - truth->high : truth->low - high_end(c),
		text);
	return g_strdup_printf(
		"contradicts %u other%s by at least %s", origins, origins == 1 ? "" : "s", text);
}

static void judge(GclkCandidate *all, guint n, const Region *truth, gint selected)
{
	guint origins = truth->votes.stated + truth->votes.assumed;

	for (guint i = 0; i < n; i++) {
		GclkCandidate *c = &all[i];

		if (!is_heard(c))
			judge_unfit(c);
		else if (!covers(c, truth->low, truth->high))
			give(c, GCLK_STANDING_FALSETICKER, contradiction(c, truth, origins));
		else if ((gint)i == selected)
			give(c, GCLK_STANDING_SELECTED, NULL);
		else
			give(c, GCLK_STANDING_AGREES, NULL);
	}
}

static void judge_tie(GclkCandidate *all, guint n)
{
	for (guint i = 0; i < n; i++)
		if (is_heard(&all[i]))
			give(&all[i], GCLK_STANDING_FALSETICKER,
				g_strdup("the sources contradict each other, and none has the "
					 "majority"));
		else
			judge_unfit(&all[i]);
}

static Votes count_all(const GclkCandidate *all, guint n)
{
	return count(all, n, G_MININT64, G_MAXINT64);
}

/* Where all have strayed, all have their votes again. */
static void restore_votes(GclkCandidate *all, guint n)
{
	for (guint i = 0; i < n; i++)
		if (votes(&all[i]))
			return;
	for (guint i = 0; i < n; i++)
		all[i].strayed = FALSE;
}

GclkSelection gclk_selection_run(GclkCandidate *all, guint n, gint current)
{
	GclkSelection s = { .selected = -1 };
	Region truth;
	Votes total;

	restore_votes(all, n);
	total = count_all(all, n);
	truth = best_region(all, n);

	if (total.stated + total.assumed == 0) {
		judge(all, n, &truth, -1);
		s.reason =
			g_strdup(n ? "no source gives usable time" : "no source of time is known");
	} else if (!has_majority(truth.votes, total)) {
		judge_tie(all, n);
		s.origins = total.stated + total.assumed;
		s.reason = g_strdup_printf("%u sources contradict each other; a further one would "
					   "tell which is right",
			total.stated + total.assumed);
	} else {
		s.selected = choose(all, n, &truth, current);
		s.origins = truth.votes.stated + truth.votes.assumed;
		s.single = total.stated + total.assumed == 1;
		judge(all, n, &truth, s.selected);
	}
	return s;
}
