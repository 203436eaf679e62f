/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform on Linux 3.10 and later (ADJ_SETOFFSET, SO_TIMESTAMPING, /dev/ptp*). */
#include <time.h>
#include <unistd.h>

#include "platform/linux-private.h"
#include "platform/native.h"

#define PAIR_TRIES 3

/* RAW, REAL, RAW: the narrowest of a few, since an interrupt in between makes it wide. */
static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	out->width = G_MAXINT64;
	for (gint i = 0; i < PAIR_TRIES; i++) {
		gint64 before, real, after;

		gclk_posix_clock(CLOCK_MONOTONIC_RAW, &before);
		gclk_posix_clock(CLOCK_REALTIME, &real);
		gclk_posix_clock(CLOCK_MONOTONIC_RAW, &after);
		if (after - before >= out->width)
			continue;
		out->real = real;
		out->raw = before + (after - before) / 2;
		out->width = after - before;
	}
	out->width = MAX(out->width, platform->coarseness);
}

/* The coarse clocks move with the tick and say so. */
static gint64 tick_length(void)
{
	struct timespec t;

	return clock_getres(CLOCK_MONOTONIC_COARSE, &t) < 0 ? 0 : t.tv_nsec;
}

/* Simulators know no CLOCK_BOOTTIME. */
static gint64 boottime(GclkPlatform *platform)
{
	gint64 now;

	(void)platform;
	if (!gclk_posix_clock(CLOCK_BOOTTIME, &now))
		gclk_posix_clock(CLOCK_MONOTONIC, &now);
	return now;
}

static void free_linux(GclkPlatform *platform)
{
	gclk_posix_clear((GclkPosix *)platform);
	g_free(platform);
}

GclkPlatform *gclk_native_new(GclkPrivileged *privileged, GMainContext *context)
{
	GclkLinux *self = g_new0(GclkLinux, 1);
	GclkPlatform *base = &self->posix.base;

	gclk_posix_init(&self->posix, "linux", privileged, context);
	self->hz = sysconf(_SC_CLK_TCK);
	if (self->hz <= 0)
		self->hz = 100;
	base->tick = tick_length();
	base->read_pair = read_pair;
	base->boottime = boottime;
	base->get_discipline = gclk_linux_get_discipline;
	base->set_discipline = gclk_linux_set_discipline;
	base->step = gclk_linux_step;
	base->may_steer = gclk_linux_may_steer;
	base->ptp_open = gclk_linux_ptp_open;
	base->ptp_read = gclk_linux_ptp_read;
	base->ptp_close = gclk_linux_ptp_close;
	base->free = free_linux;
	return base;
}
