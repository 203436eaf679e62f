/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/freebsd-clock-facts.h"

#include <stdio.h>
#include <string.h>

#define CHOICE_MAX 32 /* a machine has about six */

static const char *const number_names[GCLK_FREEBSD_NUMBERS] = {
	[GCLK_FREEBSD_HZ] = "kern.hz",
	[GCLK_FREEBSD_STEPWARNINGS] = "kern.timecounter.stepwarnings",
	[GCLK_FREEBSD_SMP_TSC] = "kern.timecounter.smp_tsc",
	[GCLK_FREEBSD_DISABLE_TSC] = "machdep.disable_tsc",
	[GCLK_FREEBSD_PERIODIC] = "kern.eventtimer.periodic",
	[GCLK_FREEBSD_HV_THRESHOLD] = "hw.hvtimesync.sample_thresh",
	[GCLK_FREEBSD_HV_IGNORE_SYNC] = "hw.hvtimesync.ignore_sync",
};

const char *gclk_freebsd_number_name(GclkFreebsdNumber number)
{
	return number_names[number];
}

/* Made printable and without blanks around it; NULL: there is none. */
static char *text_of(GclkSysctl sysctl, gpointer user, const char *name)
{
	char *text = sysctl(user, name);

	for (char *c = text; c && *c; c++)
		if (!g_ascii_isprint(*c))
			*c = '?';
	return text ? g_strstrip(text) : NULL;
}

static void read_numbers(GclkFreebsdClock *clock, GclkSysctl sysctl, gpointer user)
{
	for (gsize i = 0; i < GCLK_FREEBSD_NUMBERS; i++) {
		g_autofree char *text = text_of(sysctl, user, number_names[i]);

		clock->numbers[i].known =
			text && g_ascii_string_to_signed(text, 10, G_MININT32, G_MAXINT32,
					&clock->numbers[i].value, NULL);
	}
}

static void clear_timer(gpointer timer)
{
	g_free(((GclkFreebsdTimer *)timer)->name);
}

/* "ACPI-fast(900) ARM MPCore Timecounter(1000) dummy(-1000000)"; what is not of this form ends it.
 */
static GArray *parse_choice(const char *text)
{
	GArray *choice = g_array_new(FALSE, FALSE, sizeof(GclkFreebsdTimer));

	g_array_set_clear_func(choice, clear_timer);
	while (text && choice->len < CHOICE_MAX) {
		const char *open = strchr(text, '(');
		const char *close = open ? strchr(open, ')') : NULL;
		g_autofree char *number = close ? g_strndup(open + 1, close - open - 1) : NULL;
		GclkFreebsdTimer timer = { 0 };
		gint64 quality;

		if (!number || open == text ||
			!g_ascii_string_to_signed(
				number, 10, G_MININT32, G_MAXINT32, &quality, NULL))
			break;
		timer.name = g_strstrip(g_strndup(text, open - text));
		timer.quality = (gint)quality;
		g_array_append_val(choice, timer);
		text = close + 1;
	}
	return choice;
}

GclkFreebsdClock *gclk_freebsd_clock_new(GclkSysctl sysctl, gpointer user)
{
	GclkFreebsdClock *clock = g_new0(GclkFreebsdClock, 1);
	g_autofree char *release = text_of(sysctl, user, "kern.osrelease");
	g_autofree char *choice = text_of(sysctl, user, "kern.timecounter.choice");
	g_autofree char *event_choice = text_of(sysctl, user, "kern.eventtimer.choice");

	if (!release || sscanf(release, "%3u.%3u", &clock->major, &clock->minor) != 2)
		clock->major = clock->minor = 0;
	clock->vm_guest = text_of(sysctl, user, "kern.vm_guest");
	clock->timecounter = text_of(sysctl, user, "kern.timecounter.hardware");
	clock->choice = parse_choice(choice);
	clock->event_timer = text_of(sysctl, user, "kern.eventtimer.timer");
	clock->event_choice = parse_choice(event_choice);
	clock->loader_hz = text_of(sysctl, user, GCLK_SYSCTL_LOADER "kern.hz");
	read_numbers(clock, sysctl, user);
	return clock;
}

void gclk_freebsd_clock_free(GclkFreebsdClock *clock)
{
	if (!clock)
		return;
	g_free(clock->vm_guest);
	g_free(clock->timecounter);
	g_array_unref(clock->choice);
	g_free(clock->event_timer);
	g_array_unref(clock->event_choice);
	g_free(clock->loader_hz);
	g_free(clock);
}

gboolean gclk_freebsd_is(const GclkFreebsdClock *clock, GclkFreebsdNumber number, gint64 value)
{
	return clock->numbers[number].known && clock->numbers[number].value == value;
}

const GclkFreebsdTimer *gclk_freebsd_timer_find(const GArray *choice, const char *name)
{
	for (guint i = 0; name && i < choice->len; i++) {
		const GclkFreebsdTimer *timer = &g_array_index(choice, GclkFreebsdTimer, i);

		if (strcmp(timer->name, name) == 0)
			return timer;
	}
	return NULL;
}

gboolean gclk_freebsd_since(const GclkFreebsdClock *clock, guint major, guint minor)
{
	return clock->major > major || (clock->major == major && clock->minor >= minor);
}
