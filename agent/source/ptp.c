/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The precision source: looks for its device, reads it every 2^poll s, takes the best of several
 * readings, and turns it into a sample on UTC. What can go wrong with a device stands in
 * ptp-failure.c.
 */
#include "source/ptp.h"

#include <errno.h>
#include <string.h>

#include "source/ptp-claim.h"
#include "source/ptp-failure.h"
#include "guestclock/ptp-reading.h"
#include "source/ptp-scan.h"

#define LOOK_FIRST     GCLK_NS_PER_S
#define LOOK_LONGEST   (16 * GCLK_NS_PER_S)
#define BURST_READS    5
#define BURST_INTERVAL (100 * GCLK_NS_PER_MS)
/* A better method may appear when the clocksource changes: PRECISE on KVM needs kvm-clock. */
#define METHOD_RETRY (600 * GCLK_NS_PER_S)
/* After so many polls in a row without a sample another clock of the host has its turn. */
#define PATIENCE     8
#define RELEASE_FILE "/proc/sys/kernel/osrelease"

typedef struct {
	GclkSource base;
	char *device; /* as configured, or NULL */
	GclkPtpSettings settings;

	GclkPtp *ptp;            /* NULL: being looked for */
	GclkPtpDevice found;     /* what ptp is, or was */
	gboolean known;          /* found.clock_name has been seen */
	GclkTimescale timescale; /* what the driver delivers, or what is configured */
	GclkPtpMethod method;
	gboolean method_works; /* method has given readings since the device was opened */
	gint64 method_retry;   /* boottime */

	GclkPtpClaim claim;

	guint timer;
	guint burst;  /* reads left in a burst */
	guint failed; /* polls in a row without a sample */
	gint64 look;  /* wait before the next look for the device, ns */
	GclkSourceDrop drops[GCLK_PTP_DROPS];
} PtpSource;

static void poll_now(gpointer user);

static void set_failure(PtpSource *self, GclkSourceCondition condition, const char *text)
{
	gclk_source_set_condition(&self->base, condition, "%s%s%s%s %s", self->base.detail.address,
		self->known ? " (" : "", self->known ? self->found.clock_name : "",
		self->known ? ")" : "", text);
}

static void close_device(PtpSource *self)
{
	self->base.platform->ptp_close(self->base.platform, self->ptp);
	self->ptp = NULL;
	self->claim = (GclkPtpClaim){ 0 };
}

/* --- finding and opening the device ----------------------------------------------------------- */

static void set_origin(PtpSource *self)
{
	const char *origin =
		self->found.clock->host || !self->device ? GCLK_ORIGIN_HOST : self->device;

	if (strcmp(self->base.origin, origin) != 0) {
		g_free(self->base.origin);
		self->base.origin = g_strdup(origin);
	}
}

/* The device that the configuration names. Once it was open it is followed by its clock_name, since
   numbers are given out anew when a driver comes back. Returns the path to open. */
static char *find_named(PtpSource *self, const GArray *devices)
{
	const GclkPtpDevice *same = NULL;
	GclkPtpDevice named;
	gboolean listed = gclk_ptp_by_path(self->base.platform, devices, self->device, &named);

	if (self->known && !(listed && strcmp(named.clock_name, self->found.clock_name) == 0))
		same = gclk_ptp_by_name(devices, self->found.clock_name);
	if (same) {
		self->found = *same;
		return g_strdup(same->path);
	}
	if (listed || !self->known)
		self->found = named;
	return g_strdup(self->device);
}

/* Fills in found and returns the path to open; NULL: there is nothing to open. */
static char *find_device(PtpSource *self)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(self->base.platform);
	const GclkPtpDevice *chosen;

	if (self->device)
		return find_named(self, devices);
	chosen = gclk_ptp_choose_other(devices, self->failed ? self->found.path : NULL);
	if (!chosen)
		return NULL;
	self->found = *chosen;
	return g_strdup(chosen->path);
}

/* Monotonic and smeared clocks are not the time of day, unless the configuration says otherwise. */
static gboolean scale_usable(PtpSource *self)
{
	g_autofree char *release = NULL;

	self->timescale = self->settings.timescale;
	if (self->timescale == GCLK_TIMESCALE_UNKNOWN) {
		release = self->base.platform->read_file(
			self->base.platform, RELEASE_FILE, 256, NULL, NULL);
		self->timescale = gclk_ptp_clock_timescale(self->found.clock, release);
	}
	if (self->timescale == GCLK_TIMESCALE_MONOTONIC) {
		set_failure(self, GCLK_SOURCE_REFUSED, "keeps monotonic time, not the time of day");
		return FALSE;
	}
	if (self->timescale == GCLK_TIMESCALE_SMEARED) {
		set_failure(self, GCLK_SOURCE_REFUSED,
			"states that it smears leap seconds; \"timescale = utc\" in [ptp] uses it "
			"all the same");
		return FALSE;
	}
	return TRUE;
}

static void open_failed(PtpSource *self, const GError *error)
{
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
		g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_PERM))
		set_failure(self, GCLK_SOURCE_FAILED,
			"may not be opened: start guestclockd as root, which it drops but for "
			"this, "
			"and let its unit or container have the device");
	else if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		set_failure(self, GCLK_SOURCE_UNREACHABLE,
			"does not exist: is its driver loaded, and does the hypervisor give this "
			"VM the clock?");
	else
		set_failure(self, GCLK_SOURCE_UNREACHABLE,
			error ? error->message : "cannot be opened, nothing says why");
}

static gboolean open_device(PtpSource *self)
{
	GclkPlatform *platform = self->base.platform;
	g_autofree char *path = find_device(self);
	g_autoptr(GError) error = NULL;

	if (!path) {
		gclk_source_set_condition(&self->base, GCLK_SOURCE_UNREACHABLE,
			"no precision clock of the host is there any more; looking for it again");
		return FALSE;
	}
	self->known = self->found.clock_name[0] != '\0';
	g_strlcpy(self->base.detail.address, path, sizeof self->base.detail.address);
	g_strlcpy(self->base.detail.identity, self->found.clock_name,
		sizeof self->base.detail.identity);
	if (!scale_usable(self))
		return FALSE;
	self->ptp = platform->ptp_open(platform, path, &error);
	if (!self->ptp) {
		open_failed(self, error);
		return FALSE;
	}
	set_origin(self);
	self->method = GCLK_PTP_PRECISE;
	self->method_works = FALSE;
	self->method_retry = platform->boottime(platform) + METHOD_RETRY;
	return TRUE;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void use_method(PtpSource *self, GclkPtpMethod method)
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
static gint read_device(PtpSource *self, GclkPtpReading *readings, GclkClockPair *pair)
{
	GclkPlatform *platform = self->base.platform;
	gint64 now = platform->boottime(platform);
	gboolean probing = !self->method_works || now >= self->method_retry;
	gint result = -EOPNOTSUPP;
	GclkPtpMethod method;

	if (now >= self->method_retry)
		self->method_retry = now + METHOD_RETRY;
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
static gint tai_offset(const PtpSource *self, gint64 device)
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
static gboolean scale_ahead(PtpSource *self, gint64 device, gint *seconds)
{
	gint tai = tai_offset(self, device);
	gint multiple = self->timescale == GCLK_TIMESCALE_TAI ? 1 : 0;

	if (self->claim.has_page && self->settings.timescale == GCLK_TIMESCALE_UNKNOWN &&
		self->timescale != GCLK_TIMESCALE_UNKNOWN &&
		!gclk_vmclock_scale(&self->claim.page, self->timescale, device, tai, &multiple)) {
		set_failure(self, GCLK_SOURCE_REFUSED,
			"keeps another timescale than its page: set \"timescale\" in [ptp] to what "
			"it is");
		return FALSE;
	}
	if (multiple != 0 && tai == 0) {
		set_failure(self, GCLK_SOURCE_REFUSED,
			"keeps TAI, and the number of leap seconds is not known here: update "
			"tzdata");
		return FALSE;
	}
	*seconds = multiple * tai;
	return TRUE;
}

static void set_bound(PtpSource *self, GclkSample *sample)
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

static gboolean drop(PtpSource *self, GclkPtpDrop why)
{
	self->drops[why].count++;
	return FALSE;
}

static gboolean read_failed(PtpSource *self, gint error)
{
	const GclkPtpFailure *failure = gclk_ptp_failure(error);

	set_failure(self, failure->condition, failure->text ? failure->text : g_strerror(error));
	if (failure->drop == GCLK_PTP_DROP_GONE) {
		close_device(self);
		self->look = LOOK_FIRST;
	}
	return drop(self, failure->drop);
}

static gboolean implausible(PtpSource *self, gint64 device)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(device / GCLK_NS_PER_S);
	g_autofree char *text = g_strdup_printf("says it is the year %d: nobody has set this clock",
		date ? g_date_time_get_year(date) : 0);

	set_failure(self, GCLK_SOURCE_REFUSED, text);
	return drop(self, GCLK_PTP_DROP_IMPLAUSIBLE);
}

/* TRUE when a sample went out. */
static gboolean measure(PtpSource *self)
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
		set_failure(self, GCLK_SOURCE_REFUSED, refusal);
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
		set_failure(self, GCLK_SOURCE_REFUSED, refusal);
	else
		gclk_source_set_condition(&self->base, GCLK_SOURCE_OK, NULL);
	gclk_source_emit(&self->base, &sample);
	return TRUE;
}

/* --- when to measure -------------------------------------------------------------------------- */

static void schedule(PtpSource *self, gint64 delay)
{
	GclkPlatform *platform = self->base.platform;

	platform->timer_stop(platform, self->timer);
	self->timer = platform->timer_start(platform, delay, poll_now, self);
}

static gint64 poll_interval(const PtpSource *self)
{
	return self->settings.poll >= 0 ? GCLK_NS_PER_S << self->settings.poll
					: GCLK_NS_PER_S >> -self->settings.poll;
}

/* A clock that gives nothing must not stand before another that would. */
static void note_outcome(PtpSource *self, gboolean good)
{
	self->base.detail.reach = (guint8)(self->base.detail.reach << 1 | (good ? 1 : 0));
	self->failed = good ? 0 : self->failed + 1;
	if (self->base.detail.reach == 0 && self->base.condition == GCLK_SOURCE_OK)
		set_failure(self, GCLK_SOURCE_UNREACHABLE, "cannot be read without interruption");
	if (self->failed % PATIENCE == PATIENCE - 1 && !self->device)
		close_device(self);
}

/* The wait before the next look: the device was not there. */
static gint64 next_look(PtpSource *self)
{
	gint64 wait = self->look;

	self->look = MIN(2 * wait, LOOK_LONGEST);
	return wait;
}

static void poll_now(gpointer user)
{
	PtpSource *self = user;
	gboolean good = FALSE;

	self->timer = 0;
	if (self->ptp || open_device(self)) {
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
	PtpSource *self = (PtpSource *)source;

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
	*out = ((PtpSource *)source)->drops;
	return GCLK_PTP_DROPS;
}

static void ptp_free(GclkSource *source)
{
	PtpSource *self = (PtpSource *)source;

	source->platform->timer_stop(source->platform, self->timer);
	close_device(self);
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
	PtpSource *self;

	if (!device && !chosen) {
		if (reason)
			*reason = nothing_found(devices);
		return NULL;
	}
	self = g_new0(PtpSource, 1);
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
	set_origin(self);
	self->look = LOOK_FIRST;
	self->base.detail.poll = self->settings.poll;
	g_strlcpy(self->base.detail.address, device ? device : chosen->path,
		sizeof self->base.detail.address);
	for (gsize i = 0; i < GCLK_PTP_DROPS; i++)
		self->drops[i].name = gclk_ptp_drop_name(i);
	return &self->base;
}
