/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/freebsd-clock.h"

#include <math.h>
#include <string.h>

#define WORD_PER_PPB   (65536.0 / 1000.0)
#define NS_PER_US      1000
#define SHIFT_PLL_LESS 2 /* Linux's SHIFT_PLL is less by that */

/* Larger ones are of no use to anybody; it is where Linux gives up. */
#define ERROR_MAX_US G_GINT64_CONSTANT(16000000)

/* With FREQHOLD the kernel does the phase by itself and leaves the frequency alone: hardupdate. */
#define PHASE_STATUS (STA_PLL | STA_FREQHOLD)

long gclk_freebsd_rate_to_word(double frequency_ppb, double tick_ppb)
{
	double rate = CLAMP(
		frequency_ppb + tick_ppb, -GCLK_FREQUENCY_LIMIT_PPB, GCLK_FREQUENCY_LIMIT_PPB);

	return lround(rate * WORD_PER_PPB);
}

long gclk_freebsd_constant(guint phase_tc)
{
	phase_tc = MIN(phase_tc, GCLK_PHASE_TC_MAX);
	return phase_tc > SHIFT_PLL_LESS ? (long)phase_tc - SHIFT_PLL_LESS : 0;
}

static long error_to_us(gint64 error)
{
	if (error >= ERROR_MAX_US * NS_PER_US)
		return ERROR_MAX_US;
	return (long)((MAX(error, 0) + NS_PER_US - 1) / NS_PER_US);
}

static int status_for(const GclkDiscipline *values, int status)
{
	status &= ~(STA_UNSYNC | STA_INS | STA_DEL);
	if (values->unsynchronised)
		status |= STA_UNSYNC;
	if (values->leap == GCLK_LEAP_INSERT)
		status |= STA_INS;
	if (values->leap == GCLK_LEAP_DELETE)
		status |= STA_DEL;
	return status;
}

void gclk_freebsd_make_discipline(
	guint fields, const GclkDiscipline *values, guint phase_tc, int status, struct timex *out)
{
	memset(out, 0, sizeof(*out));
	if (fields & GCLK_SET_FREQUENCY) {
		out->modes |= MOD_FREQUENCY;
		out->freq = gclk_freebsd_rate_to_word(values->frequency_ppb, values->tick_ppb);
	}
	if (fields & GCLK_SET_STATUS) {
		status = status_for(values, status);
		out->modes |= MOD_STATUS | MOD_MAXERROR | MOD_ESTERROR;
		out->maxerror = out->esterror = error_to_us(values->max_error);
	}
	if (fields & GCLK_SET_PHASE) {
		/* the kernel takes status, constant, nanoseconds and offset in this order */
		status |= PHASE_STATUS;
		out->modes |= MOD_STATUS | MOD_TIMECONST | MOD_NANO | MOD_OFFSET;
		out->constant = gclk_freebsd_constant(phase_tc);
		out->offset = (long)CLAMP(values->phase, -GCLK_PHASE_LIMIT, GCLK_PHASE_LIMIT);
	}
	if (out->modes & MOD_STATUS)
		out->status = status & ~STA_RONLY;
}

void gclk_freebsd_make_tai(gint tai_offset, struct timex *out)
{
	memset(out, 0, sizeof(*out));
	out->modes = MOD_TAI;
	out->constant = tai_offset;
}

void gclk_freebsd_make_phase_end(int status, struct timex *out)
{
	memset(out, 0, sizeof(*out));
	out->modes = MOD_STATUS | MOD_NANO | MOD_OFFSET;
	/* without STA_PLL the kernel would ignore the offset of zero */
	out->status = (status | PHASE_STATUS) & ~STA_RONLY;
}

void gclk_freebsd_read_discipline(const struct timex *in, long tai, GclkDiscipline *out)
{
	memset(out, 0, sizeof(*out));
	out->frequency_ppb = (double)in->freq / WORD_PER_PPB;
	out->phase = (gint64)in->offset * (in->status & STA_NANO ? 1 : NS_PER_US);
	out->max_error = (gint64)in->maxerror * NS_PER_US;
	out->unsynchronised = (in->status & STA_UNSYNC) != 0;
	out->leap = in->status & STA_INS   ? GCLK_LEAP_INSERT
		    : in->status & STA_DEL ? GCLK_LEAP_DELETE
					   : GCLK_LEAP_NONE;
	out->tai_offset = (gint)tai;
}
