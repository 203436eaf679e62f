/* SPDX-License-Identifier: BSD-2-Clause */
/* Between GclkDiscipline and FreeBSD's struct timex: pure functions. The kernel's side is
   sys/kern/kern_ntptime.c. */
#ifndef GUESTCLOCK_FREEBSD_CLOCK_H
#define GUESTCLOCK_FREEBSD_CLOCK_H

#include <sys/time.h>
#include <sys/timex.h>

#include "platform/platform.h"

/* ppm << 16 for the sum of both rates, at most 500 ppm each way: there is no tick to change. */
long gclk_freebsd_rate_to_word(double frequency_ppb, double tick_ppb);

/* FreeBSD corrects 1/2^(4 + constant) of the phase left in each second (SHIFT_PLL 4), Linux
   1/2^(2 + tc): the constant for the same pace, where there is one (tc >= 2). */
long gclk_freebsd_constant(guint phase_tc);

/* As gclk_linux_make_discipline: everything but GCLK_SET_TAI, which shares a member with the
   constant. status: as read just before. */
void gclk_freebsd_make_discipline(
	guint fields, const GclkDiscipline *values, guint phase_tc, int status, struct timex *out);
/* The kernel ignores TAI offsets below 1. */
void gclk_freebsd_make_tai(gint tai_offset, struct timex *out);
/* Drops the phase correction under way. */
void gclk_freebsd_make_phase_end(int status, struct timex *out);

void gclk_freebsd_read_discipline(const struct timex *in, long tai, GclkDiscipline *out);

#endif
