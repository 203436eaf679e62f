/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/timers.h"

/* heap->pdata[i] has place i + 1; its parent's place is half of its own. */
struct GclkTimers {
	GPtrArray *heap;
};

GclkTimers *gclk_timers_new(void)
{
	GclkTimers *timers = g_new0(GclkTimers, 1);

	timers->heap = g_ptr_array_new();
	return timers;
}

void gclk_timers_free(GclkTimers *timers)
{
	if (!timers)
		return;
	g_ptr_array_unref(timers->heap);
	g_free(timers);
}

static GclkTimer *at(const GclkTimers *timers, guint place)
{
	return timers->heap->pdata[place - 1];
}

static void put(GclkTimers *timers, guint place, GclkTimer *timer)
{
	timers->heap->pdata[place - 1] = timer;
	timer->place = place;
}

static void move_up(GclkTimers *timers, GclkTimer *timer)
{
	guint place = timer->place;

	for (; place > 1 && at(timers, place / 2)->deadline > timer->deadline; place /= 2)
		put(timers, place, at(timers, place / 2));
	put(timers, place, timer);
}

static void move_down(GclkTimers *timers, GclkTimer *timer)
{
	guint n = timers->heap->len;
	guint place = timer->place;

	for (guint child = 2 * place; child <= n; child = 2 * place) {
		if (child < n && at(timers, child + 1)->deadline < at(timers, child)->deadline)
			child++;
		if (at(timers, child)->deadline >= timer->deadline)
			break;
		put(timers, place, at(timers, child));
		place = child;
	}
	put(timers, place, timer);
}

void gclk_timers_set(GclkTimers *timers, GclkTimer *timer, gint64 deadline)
{
	timer->deadline = deadline;
	if (timer->place == 0) {
		g_ptr_array_add(timers->heap, timer);
		timer->place = timers->heap->len;
	}
	move_up(timers, timer);
	move_down(timers, timer);
}

void gclk_timers_remove(GclkTimers *timers, GclkTimer *timer)
{
	guint place = timer->place;
	GclkTimer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = g_ptr_array_remove_index(timers->heap, timers->heap->len - 1);
	if (last == timer)
		return;
	put(timers, place, last);
	gclk_timers_set(timers, last, last->deadline);
}

GclkTimer *gclk_timers_first(const GclkTimers *timers)
{
	return timers->heap->len > 0 ? timers->heap->pdata[0] : NULL;
}
