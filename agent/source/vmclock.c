/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/vmclock.h"

#include <string.h>

#define MAGIC      0x4b4c4356u /* "VCLK" */
#define VERSION    1
#define NO_COUNTER 0xff
#define SMALLEST   32 /* up to and with flags: the driver asks no more (VMCLOCK_MIN_SIZE) */

/* Offsets in struct vmclock_abi. */
enum {
	AT_MAGIC = 0,
	AT_SIZE = 4,
	AT_VERSION = 8,
	AT_COUNTER = 10,
	AT_TIME_TYPE = 11,
	AT_SEQUENCE = 12,
	AT_DISRUPTION = 16,
	AT_FLAGS = 24,
	AT_STATUS = 34,
	AT_TAI_OFFSET = 36,
	AT_LEAP = 38,
	AT_PERIOD = 48,
	AT_PERIOD_MAX_ERROR = 64,
	AT_TIME_SECONDS = 72,
	AT_TIME_FRACTION = 80,
	AT_TIME_MAX_ERROR = 96,
	AT_GENERATION = 104,
	END = 112,
};

enum {
	FLAG_TAI_OFFSET = 1 << 0,
	FLAG_DISRUPTION_SOON = 1 << 1,
	FLAG_DISRUPTION_IMMINENT = 1 << 2,
	FLAG_PERIOD_MAX_ERROR = 1 << 4,
	FLAG_TIME_MAX_ERROR = 1 << 6,
	FLAG_GENERATION = 1 << 8,
	FLAG_NOTIFICATION = 1 << 9,
};

static guint64 little(const guint8 *bytes, gsize at, gsize width)
{
	guint64 value = 0;

	while (width-- > 0)
		value = value << 8 | bytes[at + width];
	return value;
}

static GclkTimescale timescale(guint8 time_type)
{
	static const GclkTimescale scales[] = { GCLK_TIMESCALE_UTC, GCLK_TIMESCALE_TAI,
		GCLK_TIMESCALE_MONOTONIC, GCLK_TIMESCALE_SMEARED, GCLK_TIMESCALE_SMEARED };

	return time_type < G_N_ELEMENTS(scales) ? scales[time_type] : GCLK_TIMESCALE_UNKNOWN;
}

/* VMCLOCK_LEAP_PRE_POS and _PRE_NEG; afterwards there is nothing left to do. */
static GclkLeap leap(guint8 indicator)
{
	return indicator == 1   ? GCLK_LEAP_INSERT
	       : indicator == 2 ? GCLK_LEAP_DELETE
				: GCLK_LEAP_NONE;
}

static GclkVmclockOutlook outlook(guint64 flags)
{
	return flags & FLAG_DISRUPTION_IMMINENT ? GCLK_VMCLOCK_IMMINENT
	       : flags & FLAG_DISRUPTION_SOON   ? GCLK_VMCLOCK_SOON
						: GCLK_VMCLOCK_CALM;
}

/* bytes holds END bytes; those beyond the page's size are zero. */
static void parse_time(const guint8 *bytes, gsize size, guint64 flags, GclkVmclock *out)
{
	guint64 seconds = little(bytes, AT_TIME_SECONDS, 8);
	guint64 period = little(bytes, AT_PERIOD, 8);
	guint64 max_error = little(bytes, AT_TIME_MAX_ERROR, 8);

	if (size < AT_TIME_FRACTION + 8 || seconds >= (guint64)(G_MAXINT64 / GCLK_NS_PER_S))
		return;
	out->has_time = TRUE;
	out->time =
		(gint64)seconds * GCLK_NS_PER_S +
		(gint64)((little(bytes, AT_TIME_FRACTION, 8) >> 32) * (guint64)GCLK_NS_PER_S >> 32);
	if (flags & FLAG_TIME_MAX_ERROR && size >= AT_TIME_MAX_ERROR + 8 && max_error < G_MAXINT64)
		out->max_error = (gint64)max_error;
	if (flags & FLAG_PERIOD_MAX_ERROR && period > 0)
		out->max_rate_error =
			(double)little(bytes, AT_PERIOD_MAX_ERROR, 8) / (double)period;
}

gboolean gclk_vmclock_parse(const guint8 *page, gsize length, GclkVmclock *out, GError **error)
{
	guint8 bytes[END] = { 0 };
	guint64 flags, status;
	gint16 tai;
	gsize size;

	memset(out, 0, sizeof *out);
	out->max_error = GCLK_BOUND_UNKNOWN;
	out->max_rate_error = -1;
	size = length >= SMALLEST ? MIN(length, little(page, AT_SIZE, 4)) : length;
	if (size < SMALLEST || little(page, AT_MAGIC, 4) != MAGIC) {
		g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a vmclock page");
		return FALSE;
	}
	if (little(page, AT_VERSION, 2) != VERSION) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"vmclock page of version %d, only %d is known",
			(int)little(page, AT_VERSION, 2), VERSION);
		return FALSE;
	}
	memcpy(bytes, page, MIN(size, END));
	if (bytes[AT_SEQUENCE] & 1) {
		g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"the hypervisor was writing the vmclock page");
		return FALSE;
	}

	flags = little(bytes, AT_FLAGS, 8);
	status = bytes[AT_STATUS];
	out->counts = bytes[AT_COUNTER] != NO_COUNTER;
	out->timescale = timescale(bytes[AT_TIME_TYPE]);
	out->status = status <= GCLK_VMCLOCK_UNRELIABLE ? (GclkVmclockStatus)status
							: GCLK_VMCLOCK_UNKNOWN;
	out->disruption_marker = little(bytes, AT_DISRUPTION, 8);
	out->outlook = outlook(flags);
	out->notifies = (flags & FLAG_NOTIFICATION) != 0;
	out->has_generation = flags & FLAG_GENERATION && size >= END;
	out->generation = out->has_generation ? little(bytes, AT_GENERATION, 8) : 0;
	tai = (gint16)little(bytes, AT_TAI_OFFSET, 2);
	out->tai_offset = flags & FLAG_TAI_OFFSET ? ABS((gint)tai) : 0;
	out->leap = leap(bytes[AT_LEAP]);
	parse_time(bytes, size, flags, out);
	return TRUE;
}

/* The reference point on UTC. */
static gint64 reference(const GclkVmclock *page, gint tai_offset)
{
	return page->time -
	       (page->timescale == GCLK_TIMESCALE_TAI ? tai_offset * GCLK_NS_PER_S : 0);
}

gint64 gclk_vmclock_bound(const GclkVmclock *page, gint64 utc, gint tai_offset)
{
	double age, bound;

	if (!page->has_time || page->max_error == GCLK_BOUND_UNKNOWN || page->max_rate_error < 0)
		return GCLK_BOUND_UNKNOWN;
	age = (double)utc - (double)reference(page, tai_offset);
	bound = (double)page->max_error + MAX(age, 0) * page->max_rate_error;
	return bound < 9e18 ? (gint64)bound : GCLK_BOUND_UNKNOWN;
}

/* How old the reference point may be, and how far it may lie ahead: together less than a TAI
   offset. */
#define OLDEST (30 * GCLK_NS_PER_S)
#define NEWEST (-5 * GCLK_NS_PER_S)

gboolean gclk_vmclock_scale(const GclkVmclock *page, GclkTimescale delivered, gint64 device,
	gint tai_offset, gint *multiple)
{
	gint good = delivered == GCLK_TIMESCALE_TAI ? 1 : 0;
	gint wrong_sign = delivered == GCLK_TIMESCALE_TAI ? -1 : 2;
	gint candidates[] = { good, wrong_sign };
	gint64 ahead;

	if (page->timescale == delivered) {
		*multiple = good;
		return TRUE;
	}
	if (!page->has_time || tai_offset <= 0 ||
		(page->timescale != GCLK_TIMESCALE_UTC && page->timescale != GCLK_TIMESCALE_TAI) ||
		__builtin_sub_overflow(device, reference(page, tai_offset), &ahead))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
		gint64 shift = candidates[i] * tai_offset * GCLK_NS_PER_S;
		gint64 age;

		if (!__builtin_sub_overflow(ahead, shift, &age) && age > NEWEST && age < OLDEST) {
			*multiple = candidates[i];
			return TRUE;
		}
	}
	return FALSE;
}
