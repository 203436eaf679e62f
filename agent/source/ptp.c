/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The precision source: looks for its device, reads it every 2^poll s, takes the best of several
 * readings, and turns it into a sample on UTC. How the device is found stands in ptp-open.c, what
 * can go wrong with it in ptp-failure.c.
 */
#include "source/ptp.h"

#include <errno.h>
#include <string.h>

#include "source/ptp-failure.h"
#include "source/ptp-private.h"

#define LOOK_FIRST     GCLK_NS_PER_S
#define LOOK_LONGEST   (16 * GCLK_NS_PER_S)
#define BURST_READS    5
#define BURST_INTERVAL (100 * GCLK_NS_PER_MS)
/* After so many polls in a row without a sample another clock of the host has its turn. */
#define PATIENCE 8

static void poll_now(gpointer user);

/* --- reading ---------------------------------------------------------------------------------- */

static void use_method(GclkPtpSource *self, GclkPtpMethod method)
{
	static const char *const names[GCLK_PTP_METHODS] = { "PRECISE", "EXTENDED", "PLAIN" };

	self->method = method;
	self->method_works = TRUE;
	if (method == GCLK_PTP_PRECISE)
		g_strlcpy(self->base.detail.method, names[method], sizeof self->base.detail.method);
	else
		g_snprintf(self->base.detail.method, sizeof self->base.detail.method,
			"%s, best of %d", names[method], self->found.clock->readings);
}

/*
 * Reads by the first method that answers, beginning with the one that did before, or with the best
 * one after a failure and when it is time to try that again. Returns the number of readings or
 * -errno of the last method that was tried: PLAIN, which every driver has, when all fail.
 */
static gint read_device(GclkPtpSource *self, GclkPtpReading *readings, GclkClockPair *pair)
{
	GclkPlatform *platform = self->base.platform;
	gint64 now = platform->boottime(platform);
	gboolean probing = !self->method_works || now >= self->method_retry;
	gint result = -EOPNOTSUPP;
	GclkPtpMethod method;

	if (now >= self->method_retry)
		self->method_retry = now + GCLK_PTP_METHOD_RETRY;
	for (method = probing ? GCLK_PTP_PRECISE : self->method; method < GCLK_PTP_METHODS;
		method++) {
		guint n = method == GCLK_PTP_PRECISE ? 1 : (guint)self->found.clock->readings;

		result = platform->ptp_read(platform, self->ptp, method, n, readings, pair);
		if (result > 0) {
			use_method(self, method);
			return MIN(result, (gint)n);
		}
		result = result == 0 ? -EIO : result;
		if (gclk_ptp_no_time_now(-result))
			return result;
		if (!gclk_ptp_method_missing(-result) && !probing)
			break;
	}
	self->method_works = FALSE;
	return result;
}

/* --- from readings to a sample ---------------------------------------------------------------- */

/* TAI minus UTC when the device, which may keep TAI, reads so: the host's word before ours. 0: not
   known. */
static gint tai_offset(const GclkPtpSource *self, gint64 device)
{
	gint offset = 0;

	if (self->claim.has_page && self->claim.page.tai_offset)
		return self->claim.page.tai_offset;
	if (self->settings.leap)
		offset = gclk_leap_table_offset_of_tai(self->settings.leap, device);
	return offset ? offset : self->settings.tai_offset;
}

/* By how many seconds the device is ahead of UTC; FALSE with the condition set when that is open.
 */
static gboolean scale_ahead(GclkPtpSource *self, gint64 device, gint *seconds)
{
	gint tai = tai_offset(self, device);
	gint multiple = self->timescale == GCLK_TIMESCALE_TAI ? 1 : 0;

	if (self->claim.has_page && self->settings.timescale == GCLK_TIMESCALE_UNKNOWN &&
		self->timescale != GCLK_TIMESCALE_UNKNOWN &&
		!gclk_vmclock_scale(&self->claim.page, self->timescale, device, tai, &multiple)) {
		gclk_ptp_set_failure(self, GCLK_SOURCE_REFUSED,
			"keeps another timescale than its page: set \"timescale\" in [ptp] to what "
			"it is");
		return FALSE;
	}
	if (multiple != 0 && tai == 0) {
		gclk_ptp_set_failure(self, GCLK_SOURCE_REFUSED,
			"keeps TAI, and the number of leap seconds is not known here: update "
			"tzdata");
		return FALSE;
	}
	*seconds = multiple * tai;
	return TRUE;
}

static void set_bound(GclkPtpSource *self, GclkSample *sample)
{
	sample->reference_bound = gclk_ptp_claim_bound(&self->claim, self->base.platform,
		&self->found, sample->real + sample->offset,
		tai_offset(self, sample->real + sample->offset));
	if (sample->reference_bound != GCLK_BOUND_UNKNOWN)
		return;
	sample->flags |= GCLK_SAMPLE_ASSUMED;
	sample->reference_bound = self->settings.assumed_error >= 0
					  ? self->settings.assumed_error
					  : self->found.clock->assumed_error;
}

/* --- one measurement -------------------------------------------------------------------------- */

static gboolean drop(GclkPtpSource *self, GclkPtpDrop why)
{
	self->drops[why].count++;
	return FALSE;
}

static gboolean read_failed(GclkPtpSource *self, gint error)
{
	const GclkPtpFailure *failure = gclk_ptp_failure(error);

	gclk_ptp_set_failure(
		self, failure->condition, failure->text ? failure->text : g_strerror(error));
	if (failure->drop == GCLK_PTP_DROP_GONE) {
		gclk_ptp_close_device(self);
		self->look = LOOK_FIRST;
	}
	return drop(self, failure->drop);
}

static gboolean implausible(GclkPtpSource *self, gint64 device)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(device / GCLK_NS_PER_S);
	g_autofree char *text = g_strdup_printf("says it is the year %d: nobody has set this clock",
		date ? g_date_time_get_year(date) : 0);

	gclk_ptp_set_failure(self, GCLK_SOURCE_REFUSED, text);
	return drop(self, GCLK_PTP_DROP_IMPLAUSIBLE);
}

/* TRUE when a sample went out. */
static gboolean measure(GclkPtpSource *self)
{
	GclkPtpReading readings[GCLK_PTP_READINGS_MAX];
	const GclkPtpReading *best;
	GclkSample sample = { 0 };
	GclkClockPair pair;
	const char *refusal;
	gboolean rate_only;
	gint n, ahead = 0;

	self->base.detail.requests++;
	n = read_device(self, readings, &pair);
	if (n < 0)
		return read_failed(self, -n);
	gclk_ptp_claim_renew(&self->claim, self->base.platform, &self->found,
		self->base.platform->boottime(self->base.platform));
	refusal = gclk_ptp_claim_refusal(&self->claim);
	rate_only = gclk_ptp_claim_rate_only(&self->claim);
	if (refusal && !rate_only) {
		gclk_ptp_set_failure(self, GCLK_SOURCE_REFUSED, refusal);
		return drop(self, GCLK_PTP_DROP_UNSUPPORTED);
	}
	best = gclk_ptp_reading_best(readings, n);
	if (!best)
		return drop(self, GCLK_PTP_DROP_BRACKET);
	if (!gclk_ptp_time_plausible(best->device))
		return implausible(self, best->device);
	if (!scale_ahead(self, best->device, &ahead))
		return drop(self, GCLK_PTP_DROP_SCALE);
	if (!gclk_ptp_reading_to_sample(best, &pair, ahead, &sample))
		return drop(self, GCLK_PTP_DROP_BRACKET);

	sample.timescale = self->timescale;
	sample.leap = self->claim.has_page ? self->claim.page.leap : GCLK_LEAP_NONE;
	sample.flags = rate_only ? GCLK_SAMPLE_RATE_ONLY : 0;
	set_bound(self, &sample);
	self->base.detail.replies++;
	self->base.detail.note = gclk_ptp_claim_note(&self->claim);
	if (rate_only)
		gclk_ptp_set_failure(self, GCLK_SOURCE_REFUSED, refusal);
	else
		gclk_source_set_condition(&self->base, GCLK_SOURCE_OK, NULL);
	gclk_source_emit(&self->base, &sample);
	return TRUE;
}

/* --- when to measure -------------------------------------------------------------------------- */

static void schedule(GclkPtpSource *self, gint64 delay)
{
	GclkPlatform *platform = self->base.platform;

	platform->timer_stop(platform, self->timer);
	self->timer = platform->timer_start(platform, delay, poll_now, self);
}

static gint64 poll_interval(const GclkPtpSource *self)
{
	return self->settings.poll >= 0 ? GCLK_NS_PER_S << self->settings.poll
					: GCLK_NS_PER_S >> -self->settings.poll;
}

/* A clock that gives nothing must not stand before another that would. */
static void note_outcome(GclkPtpSource *self, gboolean good)
{
	self->base.detail.reach = (guint8)(self->base.detail.reach << 1 | (good ? 1 : 0));
	self->failed = good ? 0 : self->failed + 1;
	if (self->base.detail.reach == 0 && self->base.condition == GCLK_SOURCE_OK)
		gclk_ptp_set_failure(
			self, GCLK_SOURCE_UNREACHABLE, "cannot be read without interruption");
	if (self->failed % PATIENCE == PATIENCE - 1 && !self->device)
		gclk_ptp_close_device(self);
}

/* The wait before the next look: the device was not there. */
static gint64 next_look(GclkPtpSource *self)
{
	gint64 wait = self->look;

	self->look = MIN(2 * wait, LOOK_LONGEST);
	return wait;
}

static void poll_now(gpointer user)
{
	GclkPtpSource *self = user;
	gboolean good = FALSE;

	self->timer = 0;
	if (self->ptp || gclk_ptp_open_device(self)) {
		self->look = LOOK_FIRST;
		good = measure(self);
	}
	note_outcome(self, good);
	if (self->burst > 0)
		self->burst--;
	if (!self->ptp)
		schedule(self, next_look(self));
	else
		schedule(self, self->burst > 0 ? BURST_INTERVAL : poll_interval(self));
}

static void ptp_burst(GclkSource *source)
{
	GclkPtpSource *self = (GclkPtpSource *)source;

	if (self->burst > 0)
		return;
	self->burst = BURST_READS;
	self->look = LOOK_FIRST;
	self->claim.renew = 0; /* whatever the burst is for, the host may say something else now */
	schedule(self, 0);
}

/* The first samples come close together, so that the clock is right soon. */
static void ptp_start(GclkSource *source)
{
	ptp_burst(source);
}

/* Nothing is ever under way between two calls. */
static void ptp_stepped(GclkSource *source, gint64 delta)
{
	(void)source;
	(void)delta;
}

/* A read costs the host next to nothing: the configured interval stays. */
static void ptp_tune(GclkSource *source, gint quality)
{
	(void)source;
	(void)quality;
}

static gsize ptp_drops(GclkSource *source, const GclkSourceDrop **out)
{
	*out = ((GclkPtpSource *)source)->drops;
	return GCLK_PTP_DROPS;
}

static void ptp_free(GclkSource *source)
{
	GclkPtpSource *self = (GclkPtpSource *)source;

	source->platform->timer_stop(source->platform, self->timer);
	gclk_ptp_close_device(self);
	g_free(self->device);
	g_free(self);
}

static const GclkSourceOps ptp_ops = {
	.start = ptp_start,
	.burst = ptp_burst,
	.stepped = ptp_stepped,
	.tune = ptp_tune,
	.drops = ptp_drops,
	.free = ptp_free,
};

/* --- making one ------------------------------------------------------------------------------- */

static char *nothing_found(const GArray *devices)
{
	g_autofree char *seen = NULL;

	if (devices->len == 0)
		return g_strdup("this kernel shows no precision clock (/sys/class/ptp is empty)");
	seen = gclk_ptp_describe(devices);
	return g_strdup_printf("no precision clock here is the host's: %s", seen);
}

gboolean gclk_ptp_source_candidate(GclkPlatform *platform, char **reason)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(platform);

	if (gclk_ptp_choose(devices))
		return TRUE;
	if (reason)
		*reason = nothing_found(devices);
	return FALSE;
}

GclkSource *gclk_ptp_source_new(
	GclkPlatform *platform, const GclkPtpSettings *settings, char **reason)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(platform);
	const GclkPtpDevice *chosen = settings->device ? NULL : gclk_ptp_choose(devices);
	const char *device = settings->device;
	GclkPtpSource *self;

	if (!device && !chosen) {
		if (reason)
			*reason = nothing_found(devices);
		return NULL;
	}
	self = g_new0(GclkPtpSource, 1);
	gclk_source_init(&self->base, &ptp_ops, GCLK_SOURCE_PTP, platform,
		device ? device : chosen->clock->driver, device ? device : GCLK_ORIGIN_HOST);
	self->settings = *settings;
	self->settings.poll = CLAMP(settings->poll, -3, 6);
	self->settings.device = self->device = g_strdup(device);
	self->found.clock = gclk_ptp_clock_find(NULL);
	if (device)
		gclk_ptp_by_path(platform, devices, device, &self->found);
	else
		self->found = *chosen;
	gclk_ptp_set_origin(self);
	self->look = LOOK_FIRST;
	self->base.detail.poll = self->settings.poll;
	g_strlcpy(self->base.detail.address, device ? device : chosen->path,
		sizeof self->base.detail.address);
	for (gsize i = 0; i < GCLK_PTP_DROPS; i++)
		self->drops[i].name = gclk_ptp_drop_name(i);
	return &self->base;
}
