/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/actuator.h"

/* The kernel lets maxerror grow by itself (500 ppm); it is told again when ours differs by this
   share, or after so long. */
#define TELL_SHARE    0.25
#define TELL_INTERVAL (16 * GCLK_NS_PER_S)

gboolean gclk_actuator_begin(GclkActuator *a, GclkPlatform *platform, gboolean steers,
	const double *learned, GError **error)
{
	GclkDiscipline now = { 0 };

	*a = (GclkActuator){ .platform = platform, .steers = steers };
	/* Where the kernel does not even let itself be read, the clock can still be measured. */
	if (!platform->get_discipline(platform, &now, steers ? error : NULL))
		return !steers;
	a->frequency_ppb = now.frequency_ppb;
	a->tick_ppb = now.tick_ppb;
	a->unsynchronised = now.unsynchronised;
	a->leap = now.leap;
	a->tai_offset = now.tai_offset;
	if (!steers)
		return TRUE;
	now.phase = 0;
	if (learned) {
		gclk_servo_split(*learned, now.tick_ppb, &now.tick_ppb, &now.frequency_ppb);
		a->frequency_ppb = now.frequency_ppb;
		a->tick_ppb = now.tick_ppb;
	}
	return platform->set_discipline(
		platform, GCLK_SET_FREQUENCY | GCLK_SET_PHASE, &now, 0, error);
}

static gboolean set_rate(GclkActuator *a, const GclkServoOutput *out, guint also, GError **error)
{
	GclkDiscipline d = {
		.frequency_ppb = out->frequency_ppb,
		.tick_ppb = out->tick_ppb,
		.phase = out->phase,
	};

	if (!a->platform->set_discipline(
		    a->platform, GCLK_SET_FREQUENCY | also, &d, out->phase_tc, error))
		return FALSE;
	a->frequency_ppb = out->frequency_ppb;
	a->tick_ppb = out->tick_ppb;
	return TRUE;
}

gboolean gclk_actuator_forget(GclkActuator *a, GError **error)
{
	const GclkServoOutput none = { .action = GCLK_SERVO_SLEW };

	return !a->steers || set_rate(a, &none, GCLK_SET_PHASE, error);
}

gboolean gclk_actuator_apply(GclkActuator *a, const GclkServoOutput *out, GError **error)
{
	if (!a->steers || out->action == GCLK_SERVO_WAIT)
		return TRUE;
	/* REFUSE sets the phase too: to zero, so that an old correction does not go on. */
	if (!set_rate(a, out, GCLK_SET_PHASE, error))
		return FALSE;
	if (out->action != GCLK_SERVO_STEP)
		return TRUE;
	/* A step makes the kernel forget what it was told: TK_CLEAR_NTP in
	 * timekeeping_inject_offset(). */
	a->told_raw = 0;
	return a->platform->step(a->platform, out->step, error);
}

static gboolean worth_telling(const GclkActuator *a, gint64 raw, const GclkHonesty *h)
{
	gint64 change = ABS(h->bound - a->told_error);

	return a->told_raw == 0 || a->unsynchronised == h->synchronised || a->leap != h->leap ||
	       (h->synchronised && ((double)change > TELL_SHARE * (double)a->told_error ||
					   raw - a->told_raw >= TELL_INTERVAL));
}

gboolean gclk_actuator_tell(GclkActuator *a, gint64 raw, const GclkHonesty *h, GError **error)
{
	GclkDiscipline d = {
		.unsynchronised = !h->synchronised,
		.max_error = h->bound,
		.leap = h->synchronised ? h->leap : GCLK_LEAP_NONE,
		.tai_offset = h->tai_offset,
	};
	guint fields = GCLK_SET_STATUS;

	if (!a->steers || !worth_telling(a, raw, h))
		return TRUE;
	if (h->tai_offset && h->tai_offset != a->tai_offset)
		fields |= GCLK_SET_TAI;
	if (!a->platform->set_discipline(a->platform, fields, &d, 0, error))
		return FALSE;
	if (fields & GCLK_SET_TAI)
		a->tai_offset = h->tai_offset;
	a->unsynchronised = d.unsynchronised;
	a->leap = d.leap;
	a->told_raw = raw;
	a->told_error = d.max_error;
	return TRUE;
}
