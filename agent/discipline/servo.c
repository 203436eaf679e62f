/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/servo.h"

#include <math.h>

/* After a boot there is no history to protect, and slewing 10 ms takes a minute: step from 1 ms. */
#define FIRST_STEP_THRESHOLD GCLK_NS_PER_MS

/* The tick moves in units of 1 us in USER_HZ 100 = 100 ppm (adjtimex(2)). */
#define TICK_UNIT_PPB 100000.0

/* Room kept in the frequency word, so that it does not hit its end between two updates. */
#define FREQUENCY_COMFORT_PPB (0.95 * GCLK_FREQUENCY_LIMIT_PPB)

/* A rate that was beyond reach is within it again only when that is clear. */
#define WITHIN_REACH_PPB (0.98 * (GCLK_TICK_LIMIT_PPB + GCLK_FREQUENCY_LIMIT_PPB))

gboolean gclk_servo_split(double rate_ppb, double tick_now, double *tick_ppb, double *frequency_ppb)
{
	double rest;

	*tick_ppb = tick_now;
	if (fabs(rate_ppb - tick_now) > FREQUENCY_COMFORT_PPB)
		*tick_ppb = round(rate_ppb / TICK_UNIT_PPB) * TICK_UNIT_PPB;
	/* Back to the plain tick as soon as the frequency word alone would do at ease. */
	if (fabs(rate_ppb) < FREQUENCY_COMFORT_PPB / 2)
		*tick_ppb = 0;
	*tick_ppb = CLAMP(*tick_ppb, -GCLK_TICK_LIMIT_PPB, GCLK_TICK_LIMIT_PPB);
	rest = rate_ppb - *tick_ppb;
	*frequency_ppb = CLAMP(rest, -GCLK_FREQUENCY_LIMIT_PPB, GCLK_FREQUENCY_LIMIT_PPB);
	return *frequency_ppb == rest;
}

/* Rarely polled clocks are corrected gently: over about this share of the interval. */
#define GENTLE_SHARE 16

static gint64 time_constant_ns(guint tc)
{
	return GCLK_NS_PER_S << (2 + tc);
}

/* The least time constant, from a gentle one on, that keeps the slew within its limit, but none
   slower than the updates come; what is left over then waits for the next one. */
static void plan_slew(gint64 offset, gint64 per_second, gint64 interval, gint64 *phase, guint *tc)
{
	gint64 reach;

	*tc = 0;
	while (*tc < GCLK_PHASE_TC_MAX && time_constant_ns(*tc + 1) <= interval / GENTLE_SHARE)
		(*tc)++;
	while (*tc < GCLK_PHASE_TC_MAX && ABS(offset) > per_second << (2 + *tc) &&
		time_constant_ns(*tc) < interval)
		(*tc)++;
	reach = MIN(per_second << (2 + *tc), GCLK_PHASE_LIMIT);
	*phase = CLAMP(offset, -reach, reach);
}

/* The fastest slew, ns a second. */
static gint64 slew_limit(const GclkServoInput *in)
{
	return (in->coarse ? GCLK_SLEW_LIMIT_COARSE_PPM : GCLK_SLEW_LIMIT_PPM) * GCLK_NS_PER_US;
}

static gboolean slews_in_time(const GclkServoInput *in)
{
	return ABS(in->offset) <= GCLK_SLEW_LONGEST_S * slew_limit(in);
}

typedef struct {
	GclkServoAction action;
	const char *reason;
} Decision;

/* A pause has made its gap already: the step forward over it is no further harm, however small.
   Back goes no clock before everybody was heard. */
static Decision after_disruption(const GclkServoPolicy *policy, const GclkServoInput *in)
{
	gint64 forward = in->stepped ? policy->step_threshold
				     : MIN(FIRST_STEP_THRESHOLD, policy->step_threshold);

	if (in->samples < GCLK_SERVO_SAMPLES)
		return (Decision){ GCLK_SERVO_WAIT, "waiting for samples that agree" };
	if (in->offset >= -policy->step_threshold && in->offset <= forward)
		return (Decision){ GCLK_SERVO_SLEW, NULL };
	if (in->offset < 0 && !in->heard)
		return (Decision){ GCLK_SERVO_WAIT, "waiting for the other sources" };
	return (Decision){ GCLK_SERVO_STEP, "the clocks of this guest were disrupted" };
}

static Decision decide(
	const GclkServoPolicy *policy, const GclkServoInput *in, gboolean beyond_reach)
{
	gint64 threshold = in->first && in->fresh
				   ? MIN(FIRST_STEP_THRESHOLD, policy->step_threshold)
				   : policy->step_threshold;

	if (in->held)
		return (Decision){ GCLK_SERVO_SLEW, NULL };
	if (in->disrupted && !in->first)
		return after_disruption(policy, in);
	if (in->first && in->samples < GCLK_SERVO_SAMPLES)
		return (Decision){ GCLK_SERVO_WAIT, "waiting for samples that agree" };
	if (ABS(in->offset) <= threshold)
		return (Decision){ GCLK_SERVO_SLEW, NULL };
	if (in->first)
		return (Decision){ GCLK_SERVO_STEP, "first correction since the start" };
	if (in->offset < 0 && slews_in_time(in))
		return (Decision){ GCLK_SERVO_SLEW, NULL };
	if (in->offset < 0)
		return (Decision){ GCLK_SERVO_REFUSE,
			"the clock is too far ahead to be slewed back; it is never stepped back "
			"while "
			"the system runs, unless by hand: guestclock step" };
	if (in->samples < GCLK_SERVO_SAMPLES)
		return (Decision){ GCLK_SERVO_WAIT, "waiting for samples that agree" };
	if (in->offset > policy->max_step && in->origins < 2)
		return (Decision){ GCLK_SERVO_REFUSE,
			"the clock is behind by more than max-step and only one source says so; "
			"if it is right: guestclock step" };
	if (beyond_reach && in->since_step < GCLK_STEP_PAUSE)
		return (Decision){ GCLK_SERVO_SLEW, NULL };
	return (Decision){ GCLK_SERVO_STEP, "behind by more than step-threshold" };
}

GclkServoOutput gclk_servo_run(const GclkServoPolicy *policy, const GclkServoInput *in)
{
	GclkServoOutput out = { 0 };
	Decision decision;

	out.beyond_reach = !gclk_servo_split(in->frequency_ppb, in->tick_ppb, &out.tick_ppb,
				   &out.frequency_ppb) ||
			   (in->beyond_reach && fabs(in->frequency_ppb) > WITHIN_REACH_PPB);
	decision = decide(policy, in, out.beyond_reach);
	out.action = decision.action;
	out.reason = decision.reason;
	if (out.action == GCLK_SERVO_STEP)
		out.step = in->offset;
	if (out.action == GCLK_SERVO_SLEW)
		plan_slew(in->offset, slew_limit(in), in->interval, &out.phase, &out.phase_tc);
	return out;
}
