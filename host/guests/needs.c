/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/needs.h"

/* --- lapses ----------------------------------------------------------------------------------- */

static void free_lapse(gpointer data)
{
	GclkNeedLapse *lapse = data;

	g_free(lapse->reason);
	g_free(lapse);
}

GPtrArray *gclk_need_lapses_new(void)
{
	return g_ptr_array_new_with_free_func(free_lapse);
}

GclkNeedLapse *gclk_need_lapses_add(GPtrArray *lapses)
{
	GclkNeedLapse *lapse = g_new0(GclkNeedLapse, 1);

	if (lapses->len >= GCLK_NEED_LAPSES_MAX)
		g_ptr_array_remove_index(lapses, 0);
	g_ptr_array_add(lapses, lapse);
	return lapse;
}

static gboolean is_set(const GclkMoment *moment)
{
	return moment->boottime > 0;
}

GclkNeedLapse *gclk_need_lapses_open(const GPtrArray *lapses)
{
	GclkNeedLapse *last = lapses->len ? lapses->pdata[lapses->len - 1] : NULL;

	return last && !is_set(&last->back) ? last : NULL;
}

gint64 gclk_need_lapse_duration(const GclkNeedLapse *lapse, gint64 now_boottime)
{
	gint64 end = is_set(&lapse->back) ? lapse->back.boottime : now_boottime;

	return MAX(end - lapse->lost.boottime, 0);
}

char *gclk_moment_text(GclkMoment moment)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(moment.real / GCLK_NS_PER_S);

	return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("unknown");
}

/* --- the watch -------------------------------------------------------------------------------- */

static void set_reason(GclkNeedLapse *lapse, const GclkVerdict *verdict)
{
	lapse->kind = verdict->kind;
	g_free(lapse->reason);
	lapse->reason = g_strdup(verdict->reason);
}

static GclkNeedEvent begin(
	GclkNeedWatch *watch, GPtrArray *lapses, const GclkVerdict *verdict, GclkMoment since)
{
	GclkNeedLapse *lapse = gclk_need_lapses_add(lapses);

	lapse->met = watch->met;
	lapse->lost = since;
	lapse->earlier = watch->earlier && !is_set(&watch->met);
	set_reason(lapse, verdict);
	watch->unknown = (GclkMoment){ 0 };
	return GCLK_NEED_LOST;
}

static GclkNeedEvent end(GclkNeedLapse *lapse, GclkMoment now, gboolean stopped)
{
	lapse->back = now;
	lapse->stopped = stopped;
	return stopped ? GCLK_NEED_STOPPED : GCLK_NEED_BACK;
}

static GclkNeedEvent see_met(GclkNeedWatch *watch, GclkNeedLapse *open, GclkMoment now)
{
	watch->met = now;
	watch->unknown = (GclkMoment){ 0 };
	return open ? end(open, now, FALSE) : GCLK_NEED_SAME;
}

static GclkNeedEvent see_unknown(
	GclkNeedWatch *watch, GPtrArray *lapses, const GclkVerdict *verdict, GclkMoment now)
{
	if (!is_set(&watch->unknown))
		watch->unknown = now;
	if (now.boottime - watch->unknown.boottime < GCLK_NEED_GRACE)
		return GCLK_NEED_SAME;
	return begin(watch, lapses, verdict, watch->unknown);
}

/* What was waited out as unknown was not met either. */
static GclkNeedEvent see_not_met(
	GclkNeedWatch *watch, GPtrArray *lapses, const GclkVerdict *verdict, GclkMoment now)
{
	return begin(watch, lapses, verdict, is_set(&watch->unknown) ? watch->unknown : now);
}

GclkNeedEvent gclk_need_watch_see(GclkNeedWatch *watch, GPtrArray *lapses,
	const GclkVerdict *verdict, gboolean earlier, GclkMoment now)
{
	GclkNeedLapse *open = gclk_need_lapses_open(lapses);

	if (!watch->watching)
		*watch = (GclkNeedWatch){ .watching = TRUE, .earlier = earlier };
	if (verdict->kind == GCLK_VERDICT_COMPATIBLE)
		return see_met(watch, open, now);
	if (open && open->kind == GCLK_VERDICT_UNKNOWN &&
		verdict->kind == GCLK_VERDICT_INCOMPATIBLE) {
		set_reason(open, verdict);
		return GCLK_NEED_WORSE;
	}
	if (open)
		return GCLK_NEED_SAME;
	return verdict->kind == GCLK_VERDICT_UNKNOWN ? see_unknown(watch, lapses, verdict, now)
						     : see_not_met(watch, lapses, verdict, now);
}

GclkNeedEvent gclk_need_watch_stop(GclkNeedWatch *watch, GPtrArray *lapses, GclkMoment now)
{
	GclkNeedLapse *open = gclk_need_lapses_open(lapses);

	*watch = (GclkNeedWatch){ 0 };
	return open ? end(open, now, TRUE) : GCLK_NEED_SAME;
}
