/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform on FreeBSD 12 and later. It differs from Linux in this:
 * - RAW is computed (raw-clock.h), since there is no CLOCK_MONOTONIC_RAW.
 * - A step reads and sets the clock in two calls, so it is as exact as the time between them; at
 *   securelevel 2 the kernel refuses steps.
 * - No tick word: rates beyond 500 ppm cannot be corrected.
 * - No precision clocks.
 */
#include <errno.h>
#include <string.h>
#include <sys/sysctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "platform/freebsd-clock.h"
#include "platform/freebsd-private.h"
#include "platform/native.h"
#include "platform/posix.h"
#include "platform/raw-clock.h"

#define PAIR_TRIES 3

typedef struct {
	GclkPosix posix;
	GclkRawClock raw;
	gboolean foreign_slew_dropped;
} GclkFreebsd;

static gboolean call(struct timex *tx, const char *what, GError **error)
{
	if (ntp_adjtime(tx) >= 0)
		return TRUE;
	gclk_posix_error(error, errno, "%s", what);
	return FALSE;
}

static gboolean read_timex(struct timex *tx, GError **error)
{
	memset(tx, 0, sizeof(*tx));
	return call(tx, "cannot read the kernel's clock discipline", error);
}

/* --- clocks ----------------------------------------------------------------------------------- */

/* Brings RAW up to date and returns it; without the kernel's answer it is steered like MONOTONIC.
 */
static gint64 advance_raw(GclkFreebsd *self, gint64 monotonic)
{
	GclkDiscipline now = { 0 };
	struct timex tx;

	if (read_timex(&tx, NULL))
		gclk_freebsd_read_discipline(&tx, 0, &now);
	return gclk_raw_clock_advance(&self->raw, monotonic, now.frequency_ppb, now.phase);
}

static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	gint64 monotonic = 0;

	out->width = G_MAXINT64;
	for (gint i = 0; i < PAIR_TRIES; i++) {
		gint64 before, real, after;

		gclk_posix_clock(CLOCK_MONOTONIC, &before);
		gclk_posix_clock(CLOCK_REALTIME, &real);
		gclk_posix_clock(CLOCK_MONOTONIC, &after);
		if (after - before >= out->width)
			continue;
		out->real = real;
		out->width = after - before;
		monotonic = before + out->width / 2;
	}
	out->width = MAX(out->width, platform->coarseness);
	out->raw = advance_raw((GclkFreebsd *)platform, monotonic);
}

/* CLOCK_BOOTTIME is another name of it. */
static gint64 boottime(GclkPlatform *platform)
{
	gint64 now;

	(void)platform;
	gclk_posix_clock(CLOCK_MONOTONIC, &now);
	return now;
}

/* --- discipline ------------------------------------------------------------------------------- */

static gboolean get_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error)
{
	struct ntptimeval times;
	struct timex tx;

	(void)platform;
	memset(out, 0, sizeof(*out));
	memset(&times, 0, sizeof(times));
	if (!read_timex(&tx, error))
		return FALSE;
	/* only this call tells the TAI offset */
	if (ntp_gettime(&times) < 0)
		times.tai = 0;
	gclk_freebsd_read_discipline(&tx, times.tai, out);
	return TRUE;
}

/* A slew that another program began with adjtime(2) would go on beneath ours. */
static gboolean drop_foreign_slew(GclkFreebsd *self, GError **error)
{
	const struct timeval none = { 0, 0 };

	if (self->foreign_slew_dropped)
		return TRUE;
	if (adjtime(&none, NULL)) {
		gclk_posix_error(error, errno, "cannot steer the clock");
		return FALSE;
	}
	self->foreign_slew_dropped = TRUE;
	return TRUE;
}

/* RAW must know when a phase is replaced rather than done. */
static gboolean apply(GclkFreebsd *self, struct timex *tx, const char *what, GError **error)
{
	const gboolean new_phase = (tx->modes & MOD_OFFSET) != 0;
	const gint64 phase = tx->offset;
	GclkClockPair ignored;

	read_pair(&self->posix.base, &ignored);
	if (!call(tx, what, error))
		return FALSE;
	if (new_phase)
		gclk_raw_clock_set_phase(&self->raw, phase);
	read_pair(&self->posix.base, &ignored);
	return TRUE;
}

static gboolean set_discipline(GclkPlatform *platform, guint fields, const GclkDiscipline *values,
	guint phase_tc, GError **error)
{
	GclkFreebsd *self = (GclkFreebsd *)platform;
	struct timex tx;

	if (!drop_foreign_slew(self, error) || !read_timex(&tx, error))
		return FALSE;
	gclk_freebsd_make_discipline(fields, values, phase_tc, tx.status, &tx);
	if (tx.modes && !apply(self, &tx, "cannot steer the clock", error))
		return FALSE;
	if (!(fields & GCLK_SET_TAI) || values->tai_offset <= 0)
		return TRUE;
	gclk_freebsd_make_tai(values->tai_offset, &tx);
	return call(&tx, "cannot set the TAI offset", error);
}

/* The phase goes first: should we die in between, nothing wrong is left to go on. */
static gboolean step(GclkPlatform *platform, gint64 delta, GError **error)
{
	GclkFreebsd *self = (GclkFreebsd *)platform;
	struct timespec target;
	struct timex tx;
	gint64 now;

	if (!drop_foreign_slew(self, error) || !read_timex(&tx, error))
		return FALSE;
	gclk_freebsd_make_phase_end(tx.status, &tx);
	if (!apply(self, &tx, "cannot step the clock", error))
		return FALSE;
	gclk_posix_clock(CLOCK_REALTIME, &now);
	now += delta;
	target.tv_sec = (time_t)(now / GCLK_NS_PER_S);
	target.tv_nsec = (long)(now % GCLK_NS_PER_S);
	if (clock_settime(CLOCK_REALTIME, &target) == 0)
		return TRUE;
	gclk_posix_error(error, errno, "cannot step the clock");
	return FALSE;
}

/* --- rights ----------------------------------------------------------------------------------- */

/* A number of the kernel's, or -1 when it does not have that. */
gint gclk_freebsd_sysctl(const char *name)
{
	int value = -1;
	size_t size = sizeof(value);

	return sysctlbyname(name, &value, &size, NULL, 0) ? -1 : value;
}

/* mac_ntpd(4) lets one user beside root set the clock. */
gboolean gclk_freebsd_user_may_steer(guint uid)
{
	return uid == 0 || (gclk_freebsd_sysctl("security.mac.ntpd.enabled") == 1 &&
				   gclk_freebsd_sysctl("security.mac.ntpd.uid") == (gint)uid);
}

static gboolean may_steer(GclkPlatform *platform, const char **reason)
{
	(void)platform;
	*reason = NULL;
	if (gclk_freebsd_sysctl("security.jail.jailed") == 1)
		*reason = "a jail has no clock of its own";
	else if (!gclk_freebsd_user_may_steer(geteuid()))
		*reason = "this user may not set the clock (see mac_ntpd(4))";
	return *reason == NULL;
}

/* --- precision clocks: none ------------------------------------------------------------------- */

static GclkPtp *ptp_open(GclkPlatform *platform, const char *path, GError **error)
{
	(void)platform;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
		"%s: FreeBSD has no precision clock devices", path);
	return NULL;
}

static gint ptp_read(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair)
{
	(void)ptp;
	(void)method;
	(void)n;
	(void)out;
	platform->read_pair(platform, pair);
	return -EOPNOTSUPP;
}

static void ptp_close(GclkPlatform *platform, GclkPtp *ptp)
{
	(void)platform;
	(void)ptp;
}

/* --- life ------------------------------------------------------------------------------------- */

static void free_freebsd(GclkPlatform *platform)
{
	gclk_posix_clear((GclkPosix *)platform);
	g_free(platform);
}

GclkPlatform *gclk_native_new(GclkPrivileged *privileged, GMainContext *context)
{
	GclkFreebsd *self = g_new0(GclkFreebsd, 1);
	GclkPlatform *base = &self->posix.base;

	gclk_posix_init(&self->posix, "freebsd", privileged, context);
	base->read_pair = read_pair;
	base->boottime = boottime;
	base->get_discipline = get_discipline;
	base->set_discipline = set_discipline;
	base->step = step;
	base->may_steer = may_steer;
	base->ptp_open = ptp_open;
	base->ptp_read = ptp_read;
	base->ptp_close = ptp_close;
	base->free = free_freebsd;
	return base;
}
