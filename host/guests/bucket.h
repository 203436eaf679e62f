/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token bucket in one number: the moment at which it will be full again. Taking a token moves
 * that moment into the future, at most by depth tokens' worth. An empty struct is a full bucket.
 */
#ifndef GUESTCLOCK_BUCKET_H
#define GUESTCLOCK_BUCKET_H

#include <glib.h>

typedef struct {
	gint64 period; /* ns until a token is there again */
	gint64 depth;  /* tokens that it holds */
} GclkBucketSize;

typedef struct {
	gint64 full_at; /* ns, of the clock that now is of */
} GclkBucket;

/* Takes n tokens, whether they are there or not: it may owe some afterwards. */
static inline void gclk_bucket_spend(
	GclkBucket *bucket, const GclkBucketSize *size, gint64 now, gint64 n)
{
	bucket->full_at = MAX(bucket->full_at, now) + n * size->period;
}

/* How long until at least n of its tokens are there, ns; 0: they are. */
static inline gint64 gclk_bucket_wait(
	const GclkBucket *bucket, const GclkBucketSize *size, gint64 now, gint64 n)
{
	gint64 empty_for = bucket->full_at - now - (size->depth - n) * size->period;

	return MAX(empty_for, 0);
}

/* Takes a token if one is there. */
static inline gboolean gclk_bucket_take(GclkBucket *bucket, const GclkBucketSize *size, gint64 now)
{
	if (gclk_bucket_wait(bucket, size, now, 1) > 0)
		return FALSE;
	gclk_bucket_spend(bucket, size, now, 1);
	return TRUE;
}

#endif
