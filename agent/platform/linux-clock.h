/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between GclkDiscipline and struct timex: pure functions, so that the sign of every word can be
 * tested without touching a clock. The kernel's side is process_adjtimex_modes in
 * kernel/time/ntp.c, units are in adjtimex(2).
 */
#ifndef GUESTCLOCK_LINUX_CLOCK_H
#define GUESTCLOCK_LINUX_CLOCK_H

#include <sys/timex.h>

#include "platform/platform.h"

/* us in a tick of nominal length at that USER_HZ, and the rate of one us more a tick, in ppb. */
glong gclk_linux_tick_nominal(glong hz);
double gclk_linux_tick_unit_ppb(glong hz);

/*
 * Splits a rate into the two words: freq (ppm << 16, at most 500 ppm each way) and tick (us a tick,
 * at most 10 % each way). tick follows tick_ppb rounded to its unit; what that leaves, and
 * frequency_ppb, go into freq; only what does not fit there goes into tick as well. Beyond the
 * reach of both: the limit.
 */
void gclk_linux_rate_to_words(
	double frequency_ppb, double tick_ppb, glong hz, glong *freq, glong *tick);
/* ppb of a freq word, and of a tick word. */
double gclk_linux_freq_to_ppb(glong freq);
double gclk_linux_tick_to_ppb(glong tick, glong hz);

/*
 * Builds the call that sets the fields, except GCLK_SET_TAI: the kernel passes the TAI offset and
 * the time constant in the same member. status: as read just before; bits that are not ours are
 * kept. modes == 0: nothing to do.
 */
void gclk_linux_make_discipline(guint fields, const GclkDiscipline *values, guint phase_tc,
	gint status, glong hz, struct timex *out);
void gclk_linux_make_tai(gint tai_offset, struct timex *out);

/* Builds the one call that jumps by delta ns and drops the phase correction under way. */
void gclk_linux_make_step(gint64 delta, gint status, struct timex *out);

/* What a struct timex that the kernel filled in says. */
void gclk_linux_read_discipline(const struct timex *in, glong hz, GclkDiscipline *out);

#endif
