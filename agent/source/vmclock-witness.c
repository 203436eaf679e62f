/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/vmclock-witness.h"

#include <errno.h>

#define PAGE_MAX 4096
#define INTERVAL GCLK_NS_PER_S
/* So many announcements that tell nothing, one soon after the other: this kernel's poll(2) does not
   wait (it learned to with Linux 7.0; the flag may be there before), or what is announced is each
   renewal of the time. */
#define IDLE_MAX 3

struct GclkVmclockWitness {
	GclkPlatform *platform;
	const GclkVmclockEvents *events;
	gpointer user;
	char *path;
	GclkPage *page; /* NULL: not there */
	guint timer;
	gboolean known;   /* seen is there */
	GclkVmclock seen; /* the page when it could last be read */
	gint64 looked;    /* boottime of that */
	guint idle;       /* announcements in a row that told nothing */
};

static void on_timer(gpointer user);

/* --- what the page says ----------------------------------------------------------------------- */

static const char *what_happened(const GclkVmclock *before, const GclkVmclock *now)
{
	if (before->has_generation && now->has_generation && before->generation != now->generation)
		return "the VM was restored from a snapshot (vmclock)";
	if (before->disruption_marker != now->disruption_marker)
		return "the VM was migrated or restored (vmclock)";
	return NULL;
}

/* TRUE: it tells something. */
static gboolean take(GclkVmclockWitness *self, const GclkVmclock *now)
{
	const char *what = self->known ? what_happened(&self->seen, now) : NULL;
	gboolean changed = now->outlook != (self->known ? self->seen.outlook : GCLK_VMCLOCK_CALM);

	self->known = TRUE;
	self->seen = *now;
	if (what)
		self->events->disrupted(self->user, what);
	if (changed)
		self->events->outlook(self->user, now->outlook);
	return what || changed;
}

/* Its markers are remembered for when it comes back; what it announced holds no more. */
static void lose_page(GclkVmclockWitness *self)
{
	self->platform->page_close(self->platform, self->page);
	self->page = NULL;
	if (!self->known || self->seen.outlook == GCLK_VMCLOCK_CALM)
		return;
	self->seen.outlook = GCLK_VMCLOCK_CALM;
	self->events->outlook(self->user, GCLK_VMCLOCK_CALM);
}

/* TRUE: it tells something. A page in the middle of an update, or whose driver waited for the end
   of one in vain, is read the next time. */
static gboolean read_page(GclkVmclockWitness *self)
{
	guint8 bytes[PAGE_MAX];
	GclkVmclock now;
	gint n = self->platform->page_read(self->platform, self->page, bytes, sizeof bytes);

	self->looked = self->platform->boottime(self->platform);
	if (n < 0 && n != -ETIMEDOUT && n != -EAGAIN)
		lose_page(self);
	return n > 0 && gclk_vmclock_parse(bytes, (gsize)n, &now, NULL) && take(self, &now);
}

/* --- when to look ----------------------------------------------------------------------------- */

static void on_news(gpointer user);

static void wait_for_news(GclkVmclockWitness *self)
{
	GclkPlatform *platform = self->platform;
	gboolean waits = self->known && self->seen.notifies && self->idle < IDLE_MAX;

	platform->timer_stop(platform, self->timer);
	self->timer = 0;
	if (!self->page)
		return;
	platform->page_watch(platform, self->page, waits ? on_news : NULL, self);
	if (!waits)
		self->timer = platform->timer_start(platform,
			INTERVAL - platform->boottime(platform) % INTERVAL, on_timer, self);
}

static void on_news(gpointer user)
{
	GclkVmclockWitness *self = user;
	gboolean soon = self->platform->boottime(self->platform) - self->looked < INTERVAL;
	gboolean tells = read_page(self);

	self->idle = soon && !tells ? self->idle + 1 : 0;
	wait_for_news(self);
}

static void on_timer(gpointer user)
{
	GclkVmclockWitness *self = user;

	self->timer = 0;
	read_page(self);
	wait_for_news(self);
}

void gclk_vmclock_witness_look(GclkVmclockWitness *self)
{
	if (!self->platform->page_open)
		return;
	if (!self->page)
		self->page = self->platform->page_open(self->platform, self->path, NULL);
	if (self->page)
		read_page(self);
	wait_for_news(self);
}

gboolean gclk_vmclock_witness_sees(const GclkVmclockWitness *self)
{
	return self->page && self->known;
}

/* --- making one ------------------------------------------------------------------------------- */

GclkVmclockWitness *gclk_vmclock_witness_new(
	GclkPlatform *platform, const char *path, const GclkVmclockEvents *events, gpointer user)
{
	GclkVmclockWitness *self = g_new0(GclkVmclockWitness, 1);

	self->platform = platform;
	self->path = g_strdup(path);
	self->events = events;
	self->user = user;
	return self;
}

void gclk_vmclock_witness_free(GclkVmclockWitness *self)
{
	if (!self)
		return;
	self->platform->timer_stop(self->platform, self->timer);
	if (self->page)
		self->platform->page_close(self->platform, self->page);
	g_free(self->path);
	g_free(self);
}
