/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/clock-step.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "guestclock/sample.h"

struct GclkClockStep {
	GclkWatch watch; /* first */
	GclkReactor *reactor;
	GclkClockStepFunc stepped;
	gpointer user;
	gint64 suspended; /* ns since boot, when it was looked at last */
};

/* The year 2255, close to what the kernel can count to. */
#define NEVER G_GINT64_CONSTANT(9000000000)
/* Less is the time between two readings. */
#define SLEEP_MIN (10 * GCLK_NS_PER_MS)

static gint64 read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

/* CLOCK_MONOTONIC stands still in a suspend, CLOCK_BOOTTIME does not. */
static gint64 time_suspended(void)
{
	gint64 monotonic = read_clock(CLOCK_MONOTONIC);

	return read_clock(CLOCK_BOOTTIME) - monotonic;
}

static gboolean arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = NEVER };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0;
}

static void on_ready(GclkWatch *watch, guint32 events G_GNUC_UNUSED)
{
	GclkClockStep *step = (GclkClockStep *)watch;
	guint64 expirations;
	gboolean cancelled =
		read(watch->fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
	gint64 before = step->suspended;

	if (!cancelled)
		return;
	step->suspended = time_suspended();
	if (!arm(watch->fd))
		gclk_reactor_watch(step->reactor, watch, 0);
	step->stepped(step->user, step->suspended - before > SLEEP_MIN);
}

GclkClockStep *gclk_clock_step_new(GclkReactor *reactor, GclkClockStepFunc stepped, gpointer user)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	GclkClockStep *step;

	if (fd < 0)
		return NULL;
	step = g_new0(GclkClockStep, 1);
	step->watch.fd = fd;
	step->watch.ready = on_ready;
	step->reactor = reactor;
	step->stepped = stepped;
	step->user = user;
	step->suspended = time_suspended();
	if (arm(fd) && gclk_reactor_watch(reactor, &step->watch, EPOLLIN))
		return step;
	gclk_clock_step_free(step);
	return NULL;
}

void gclk_clock_step_free(GclkClockStep *step)
{
	if (!step)
		return;
	gclk_reactor_end(step->reactor, &step->watch);
	g_free(step);
}
