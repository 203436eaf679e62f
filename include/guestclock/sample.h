/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One measurement of a reference clock: the common coin of sources, estimators and reports.
 *
 * Two local clocks appear. REAL is CLOCK_REALTIME, which people see and which is steered. RAW is
 * CLOCK_MONOTONIC_RAW, which nobody steers. Sources measure against REAL and note how far REAL
 * was from RAW at that instant; estimators work on RAW, and so need not know what was done to
 * REAL in between, by us or by anybody else.
 */
#ifndef GUESTCLOCK_SAMPLE_H
#define GUESTCLOCK_SAMPLE_H

#include <glib.h>

#define GCLK_NS_PER_S  G_GINT64_CONSTANT(1000000000)
#define GCLK_NS_PER_MS G_GINT64_CONSTANT(1000000)
#define GCLK_NS_PER_US G_GINT64_CONSTANT(1000)

/* An error bound that is not known is infinite. Sums of bounds saturate here. */
#define GCLK_BOUND_UNKNOWN G_MAXINT64

/* Leap indicator, RFC 5905 figure 9. */
typedef enum {
	GCLK_LEAP_NONE = 0,
	GCLK_LEAP_INSERT = 1, /* the last minute of the day has 61 seconds */
	GCLK_LEAP_DELETE = 2, /* the last minute of the day has 59 seconds */
	GCLK_LEAP_UNSYNC = 3, /* the reference does not know the time */
} GclkLeap;

typedef enum {
	GCLK_TIMESCALE_UNKNOWN,
	GCLK_TIMESCALE_UTC,
	GCLK_TIMESCALE_TAI,
	GCLK_TIMESCALE_MONOTONIC, /* no relation to civil time */
	GCLK_TIMESCALE_SMEARED,   /* UTC with leap seconds spread over hours */
} GclkTimescale;

typedef enum {
	GCLK_SAMPLE_KERNEL_RX = 1 << 0, /* arrival stamped by the kernel */
	GCLK_SAMPLE_KERNEL_TX = 1 << 1, /* departure stamped by the kernel */
	GCLK_SAMPLE_ASSUMED =
		1 << 2, /* reference_bound is configured, not stated by the reference */
	GCLK_SAMPLE_AUTHENTIC = 1 << 3, /* proved by a symmetric key */
	GCLK_SAMPLE_RATE_ONLY = 1 << 4, /* the reference says that it does not know the time: only
					   its rate and its jumps count */
} GclkSampleFlags;

/* REAL and RAW read together. */
typedef struct {
	gint64 real;  /* ns since 1970, UTC as the local clock has it */
	gint64 raw;   /* ns since some moment before boot */
	gint64 width; /* ns between the two RAW readings around REAL; half of it bounds the error */
} GclkClockPair;

typedef struct {
	gint64 real;            /* REAL at the instant for which the offset holds, ns since 1970 */
	gint64 raw;             /* RAW at that instant, ns */
	gint64 offset;          /* reference (as UTC) minus REAL, ns; positive: REAL is behind */
	gint64 delay;           /* round trip or read bracket, ns, >= 0 */
	gint64 reference_bound; /* how far the reference itself may be off, ns, or unknown */
	GclkLeap leap;
	GclkTimescale timescale; /* of the reference, before it was converted to UTC */
	guint flags;             /* GclkSampleFlags */
} GclkSample;

/* a + b, both >= 0; unknown when either is, or when the sum does not fit. */
static inline gint64 gclk_bound_add(gint64 a, gint64 b)
{
	return a == GCLK_BOUND_UNKNOWN || b > GCLK_BOUND_UNKNOWN - a ? GCLK_BOUND_UNKNOWN : a + b;
}

/* The largest possible error of a sample's offset: half the delay plus the reference's bound. */
static inline gint64 gclk_sample_bound(const GclkSample *sample)
{
	return gclk_bound_add(sample->delay / 2, sample->reference_bound);
}

#endif
