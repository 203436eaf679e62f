/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/linux-clock.h"

#include <math.h>
#include <string.h>

#ifndef ADJ_SETOFFSET
#define ADJ_SETOFFSET 0x0100
#endif

#define FREQ_PER_PPB (65536.0 / 1000.0)
#define FREQ_MAX     (500 * 65536L) /* MAXFREQ, include/linux/timex.h */

/* The kernel itself sets STA_UNSYNC beyond: NTP_PHASE_LIMIT, include/linux/timex.h */
#define ERROR_MAX_US G_GINT64_CONSTANT(16000000)

#define NS_PER_US 1000

/* With FREQHOLD the kernel spreads the phase by itself and leaves the frequency alone. */
#define PHASE_STATUS (STA_PLL | STA_FREQHOLD)

/* --- rates ------------------------------------------------------------------------------------ */

glong gclk_linux_tick_nominal(glong hz)
{
	return (1000000 + hz / 2) / hz;
}

double gclk_linux_tick_unit_ppb(glong hz)
{
	return (double)hz * 1000.0;
}

double gclk_linux_freq_to_ppb(glong freq)
{
	return (double)freq / FREQ_PER_PPB;
}

double gclk_linux_tick_to_ppb(glong tick, glong hz)
{
	return (double)(tick - gclk_linux_tick_nominal(hz)) * gclk_linux_tick_unit_ppb(hz);
}

void gclk_linux_rate_to_words(
	double frequency_ppb, double tick_ppb, glong hz, glong *freq, glong *tick)
{
	const double unit = gclk_linux_tick_unit_ppb(hz);
	const double reach = floor(GCLK_TICK_LIMIT_PPB / unit);
	double units = CLAMP(round(tick_ppb / unit), -reach, reach);
	double rest = frequency_ppb + tick_ppb - units * unit;

	if (fabs(rest) > GCLK_FREQUENCY_LIMIT_PPB) {
		double excess = rest > 0 ? rest - GCLK_FREQUENCY_LIMIT_PPB
					 : rest + GCLK_FREQUENCY_LIMIT_PPB;
		double more = excess > 0 ? ceil(excess / unit) : floor(excess / unit);

		more = CLAMP(units + more, -reach, reach) - units;
		units += more;
		rest -= more * unit;
	}
	*tick = gclk_linux_tick_nominal(hz) + lround(units);
	rest = CLAMP(rest, -GCLK_FREQUENCY_LIMIT_PPB, GCLK_FREQUENCY_LIMIT_PPB);
	*freq = CLAMP(lround(rest * FREQ_PER_PPB), -FREQ_MAX, FREQ_MAX);
}

/* --- calls ------------------------------------------------------------------------------------ */

static glong error_to_us(gint64 error)
{
	if (error >= ERROR_MAX_US * NS_PER_US)
		return ERROR_MAX_US;
	return (glong)((MAX(error, 0) + NS_PER_US - 1) / NS_PER_US);
}

static gint status_for(const GclkDiscipline *values, gint status)
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

void gclk_linux_make_discipline(guint fields, const GclkDiscipline *values, guint phase_tc,
	gint status, glong hz, struct timex *out)
{
	memset(out, 0, sizeof(*out));
	if (fields & GCLK_SET_FREQUENCY) {
		glong freq, tick;

		gclk_linux_rate_to_words(values->frequency_ppb, values->tick_ppb, hz, &freq, &tick);
		out->modes |= ADJ_FREQUENCY | ADJ_TICK;
		out->freq = freq;
		out->tick = tick;
	}
	if (fields & GCLK_SET_STATUS) {
		status = status_for(values, status);
		out->modes |= ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR;
		out->maxerror = out->esterror = error_to_us(values->max_error);
	}
	if (fields & GCLK_SET_PHASE) {
		/* the kernel takes status, nanoseconds, constant and offset in this order */
		status |= PHASE_STATUS;
		out->modes |= ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST | ADJ_OFFSET;
		out->constant = (glong)MIN(phase_tc, GCLK_PHASE_TC_MAX);
		out->offset = (glong)CLAMP(values->phase, -GCLK_PHASE_LIMIT, GCLK_PHASE_LIMIT);
	}
	if (out->modes & ADJ_STATUS)
		out->status = status & ~STA_RONLY;
}

void gclk_linux_make_tai(gint tai_offset, struct timex *out)
{
	memset(out, 0, sizeof(*out));
	out->modes = ADJ_TAI;
	out->constant = tai_offset;
}

void gclk_linux_make_step(gint64 delta, gint status, struct timex *out)
{
	gint64 seconds = delta / GCLK_NS_PER_S, rest = delta % GCLK_NS_PER_S;

	/* the second member counts upwards from the first also when the whole is negative */
	if (rest < 0) {
		rest += GCLK_NS_PER_S;
		seconds--;
	}
	memset(out, 0, sizeof(*out));
	out->modes = ADJ_SETOFFSET | ADJ_NANO | ADJ_STATUS | ADJ_OFFSET;
	out->time.tv_sec = (time_t)seconds;
	out->time.tv_usec = (suseconds_t)rest; /* ns with ADJ_NANO */
	out->offset = 0;
	/* without STA_PLL the kernel would ignore the offset of zero, and go on with the old one */
	out->status = (status | PHASE_STATUS) & ~STA_RONLY;
}

void gclk_linux_read_discipline(const struct timex *in, glong hz, GclkDiscipline *out)
{
	memset(out, 0, sizeof(*out));
	out->frequency_ppb = gclk_linux_freq_to_ppb(in->freq);
	out->tick_ppb = gclk_linux_tick_to_ppb(in->tick, hz);
	out->phase = (gint64)in->offset * (in->status & STA_NANO ? 1 : NS_PER_US);
	out->max_error = (gint64)in->maxerror * NS_PER_US;
	out->unsynchronised = (in->status & STA_UNSYNC) != 0;
	out->leap = in->status & STA_INS   ? GCLK_LEAP_INSERT
		    : in->status & STA_DEL ? GCLK_LEAP_DELETE
					   : GCLK_LEAP_NONE;
	out->tai_offset = in->tai;
}
