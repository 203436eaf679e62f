/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as they travel: most significant byte first. */
#ifndef GUESTCLOCK_BIG_ENDIAN_H
#define GUESTCLOCK_BIG_ENDIAN_H

#include <glib.h>

static inline guint gclk_get16(const guint8 *p)
{
	return (guint)p[0] << 8 | p[1];
}

static inline guint32 gclk_get32(const guint8 *p)
{
	return (guint32)gclk_get16(p) << 16 | gclk_get16(p + 2);
}

static inline guint64 gclk_get64(const guint8 *p)
{
	return (guint64)gclk_get32(p) << 32 | gclk_get32(p + 4);
}

static inline void gclk_put16(guint8 *p, guint value)
{
	p[0] = (guint8)(value >> 8);
	p[1] = (guint8)value;
}

static inline void gclk_put32(guint8 *p, guint32 value)
{
	gclk_put16(p, value >> 16);
	gclk_put16(p + 2, value & 0xffff);
}

static inline void gclk_put64(guint8 *p, guint64 value)
{
	gclk_put32(p, (guint32)(value >> 32));
	gclk_put32(p + 4, (guint32)value);
}

#endif
