/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/backdoor.h"

#include "guestclock/ptp-reading.h"
#include "guestclock/ptp-table.h"

/* As many as open-vm-tools takes, and the same limit for the best of them (services/plugins/
   timeSync). A read is an exit to the hypervisor: some microseconds. */
#define READS       4
#define BRACKET_MAX (2 * GCLK_NS_PER_MS)
/* REAL and RAW part by so much between two looks only when somebody sets REAL. */
#define PARTED_MAX GCLK_NS_PER_MS

#define BURST_READS    5
#define BURST_INTERVAL (100 * GCLK_NS_PER_MS)
/* A hypervisor that is so far behind with ticks does not catch up unnoticed. */
#define BACKLOG_ODD (100 * GCLK_NS_PER_MS)

typedef enum {
	DROP_SILENT,      /* the hypervisor told no time */
	DROP_BRACKET,     /* every read took too long */
	DROP_DISTURBED,   /* REAL was set in the middle */
	DROP_IMPLAUSIBLE, /* it is no time of day */
	DROPS,
} Drop;

typedef struct {
	GclkClockPair before, after;
	GclkHostTime host;
} Reading;

typedef struct {
	GclkSource base;
	GclkHostReader reader;
	gint64 assumed_error;
	guint timer;
	guint burst; /* reads left in a burst */
	GclkSourceDrop drops[DROPS];
} BackdoorSource;

static void poll_now(gpointer user);

/* --- one reading ------------------------------------------------------------------------------ */

/* How long it may have taken, at most. */
static gint64 bracket(const Reading *reading)
{
	return reading->after.raw - reading->before.raw +
	       (reading->before.width + reading->after.width) / 2;
}

static gboolean is_disturbed(const BackdoorSource *self, const Reading *reading)
{
	gint64 real = reading->after.real - reading->before.real;
	gint64 raw = reading->after.raw - reading->before.raw;

	return ABS(real - raw) > PARTED_MAX + 2 * self->base.platform->coarseness;
}

static gboolean drop(BackdoorSource *self, Drop why)
{
	self->drops[why].count++;
	return FALSE;
}

static gboolean read_once(BackdoorSource *self, Reading *out)
{
	GclkPlatform *platform = self->base.platform;
	gboolean told;

	platform->read_pair(platform, &out->before);
	told = self->reader.read(&self->reader, &out->host);
	platform->read_pair(platform, &out->after);
	if (!told)
		return drop(self, DROP_SILENT);
	if (is_disturbed(self, out))
		return drop(self, DROP_DISTURBED);
	/* where the clock moves in ticks no bracket is narrower than they are */
	if (bracket(out) < 0 || bracket(out) > BRACKET_MAX + 2 * platform->coarseness)
		return drop(self, DROP_BRACKET);
	return TRUE;
}

/* The one that took least. FALSE: none is good. */
static gboolean read_best(BackdoorSource *self, Reading *best)
{
	gboolean found = FALSE;

	for (gint i = 0; i < READS; i++) {
		Reading reading;

		if (!read_once(self, &reading))
			continue;
		if (!found || bracket(&reading) < bracket(best))
			*best = reading;
		found = TRUE;
	}
	return found;
}

/* --- from a reading to a sample ----------------------------------------------------------------
 */

/* What the hypervisor is about to replay to a clock that counts ticks; other clocks lack nothing.
 */
static gint64 owed(const BackdoorSource *self, const GclkHostTime *host)
{
	return self->base.platform->coarseness ? MAX(host->backlog, 0) : 0;
}

/* The time that is told is cut off to its resolution. */
static GclkSample to_sample(const BackdoorSource *self, const Reading *reading)
{
	const GclkHostTime *host = &reading->host;
	gint64 real = reading->before.real + (reading->after.real - reading->before.real) / 2;
	gint64 raw = reading->before.raw + (reading->after.raw - reading->before.raw) / 2;

	return (GclkSample){
		.real = real,
		.raw = raw,
		.offset = host->time + host->resolution / 2 - real - owed(self, host),
		.delay = bracket(reading) + host->resolution,
		.reference_bound = gclk_bound_add(self->assumed_error, owed(self, host)),
		.leap = GCLK_LEAP_NONE,
		.timescale = GCLK_TIMESCALE_UTC,
		.flags = GCLK_SAMPLE_ASSUMED,
	};
}

static gboolean refuse(BackdoorSource *self)
{
	gclk_source_set_condition(&self->base, GCLK_SOURCE_REFUSED,
		"the host tells a time by VMware's backdoor that it cannot be: is its clock set?");
	return drop(self, DROP_IMPLAUSIBLE);
}

/* TRUE when a sample went out. */
static gboolean measure(BackdoorSource *self)
{
	GclkSource *base = &self->base;
	GclkSample sample;
	Reading reading;

	base->detail.requests++;
	if (!read_best(self, &reading))
		return FALSE;
	if (!gclk_ptp_time_plausible(reading.host.time))
		return refuse(self);
	sample = to_sample(self, &reading);
	base->detail.replies++;
	base->detail.note = owed(self, &reading.host) > BACKLOG_ODD
				    ? "the hypervisor is far behind with timer ticks, which this "
				      "clock counts"
				    : NULL;
	gclk_source_set_condition(base, GCLK_SOURCE_OK, NULL);
	gclk_source_emit(base, &sample);
	return TRUE;
}

/* --- when to measure -------------------------------------------------------------------------- */

static void schedule(BackdoorSource *self, gint64 delay)
{
	GclkPlatform *platform = self->base.platform;

	platform->timer_stop(platform, self->timer);
	self->timer = platform->timer_start(platform, delay, poll_now, self);
}

static void note_outcome(BackdoorSource *self, gboolean good)
{
	GclkSource *base = &self->base;

	base->detail.reach = (guint8)(base->detail.reach << 1 | (good ? 1 : 0));
	if (base->detail.reach == 0 && base->condition != GCLK_SOURCE_REFUSED)
		gclk_source_set_condition(base, GCLK_SOURCE_UNREACHABLE,
			"VMware's backdoor tells no time any more, or cannot be read without "
			"interruption");
}

static void poll_now(gpointer user)
{
	BackdoorSource *self = user;

	self->timer = 0;
	note_outcome(self, measure(self));
	if (self->burst > 0)
		self->burst--;
	schedule(self, self->burst > 0 ? BURST_INTERVAL : GCLK_NS_PER_S << self->base.detail.poll);
}

static void backdoor_burst(GclkSource *source)
{
	BackdoorSource *self = (BackdoorSource *)source;

	if (self->burst > 0)
		return;
	self->burst = BURST_READS;
	schedule(self, 0);
}

static void backdoor_stepped(GclkSource *source, gint64 delta)
{
	/* nothing is ever under way between two calls */
	(void)source;
	(void)delta;
}

static void backdoor_tune(GclkSource *source, gint quality)
{
	/* a read costs next to nothing: the configured interval stays */
	(void)source;
	(void)quality;
}

static gsize backdoor_drops(GclkSource *source, const GclkSourceDrop **out)
{
	*out = ((BackdoorSource *)source)->drops;
	return DROPS;
}

static void backdoor_free(GclkSource *source)
{
	source->platform->timer_stop(source->platform, ((BackdoorSource *)source)->timer);
	g_free(source);
}

static const GclkSourceOps backdoor_ops = {
	.start = backdoor_burst,
	.burst = backdoor_burst,
	.stepped = backdoor_stepped,
	.tune = backdoor_tune,
	.drops = backdoor_drops,
	.free = backdoor_free,
};

GclkSource *gclk_backdoor_source_new(GclkPlatform *platform, const GclkBackdoorSettings *settings)
{
	static const char *const names[DROPS] = { "silent", "bracket", "disturbed", "implausible" };
	BackdoorSource *self = g_new0(BackdoorSource, 1);

	gclk_source_init(&self->base, &backdoor_ops, GCLK_SOURCE_HOST, platform, "vmware-backdoor",
		GCLK_ORIGIN_HOST);
	self->reader = *settings->reader;
	self->assumed_error = settings->assumed_error;
	self->base.detail.poll = CLAMP(settings->poll, 0, 10);
	g_strlcpy(self->base.detail.identity, "VMware", sizeof self->base.detail.identity);
	g_strlcpy(self->base.detail.method, self->reader.name ? self->reader.name : "",
		sizeof self->base.detail.method);
	for (gsize i = 0; i < DROPS; i++)
		self->drops[i].name = names[i];
	return &self->base;
}
