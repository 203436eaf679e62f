/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What to do to the clock: wait, slew or step. A pure function; the rules are those of conduct
 * (doc/design.md). The frequency is always set to what is known of the oscillator. An offset is
 * left to the kernel's own phase correction, which ends by itself whatever becomes of us, so the
 * frequency in force is right at every moment.
 */
#ifndef GUESTCLOCK_SERVO_H
#define GUESTCLOCK_SERVO_H

#include "guestclock/sample.h"
#include "platform/platform.h"

/* Samples that must agree before the clock is stepped, at start and later (conduct 2). */
#define GCLK_SERVO_SAMPLES 4

/* A slew goes no faster: the kernel's limit for adjtime(3), and what chrony's users know. */
#define GCLK_SLEW_LIMIT_PPM 500

/* A clock whose rate is beyond reach falls behind for good. It is stepped forward no more often
   than this: the steps keep it within minutes of the time (Kerberos allows five), and those who
   sleep until a time are not woken early again and again. */
#define GCLK_STEP_PAUSE (300 * GCLK_NS_PER_S)

/* Where whole ticks are lost and made up for, smoothness is gone already, and a slew that lasts
   would only keep the clock wrong: ten times as fast. */
#define GCLK_SLEW_LIMIT_COARSE_PPM 5000

/* A clock that is ahead is slewed back for no longer than this; further ahead, a person decides. */
#define GCLK_SLEW_LONGEST_S 3600

typedef struct {
	gint64 step_threshold; /* ns: a clock less behind than this is slewed */
	gint64 max_step;       /* ns: beyond, two origins must agree */
} GclkServoPolicy;

typedef struct {
	gint64 offset;        /* reference minus REAL now, ns */
	double frequency_ppb; /* what RAW lacks */
	guint samples;        /* that agree since the start or the last jump */
	guint origins;        /* that agree */
	gboolean first; /* not yet corrected since the start, or by hand: one step, either way */
	gboolean fresh; /* with first: nobody has kept this clock since boot, a small step does no
			   harm */
	gboolean disrupted; /* the clocks were, by the word of a witness: one step, either way */
	gboolean stepped;   /* with disrupted: it has been made, and more was learned since */
	gboolean heard;     /* with disrupted: every source has had its say */
	gboolean held;   /* by a clock that does not know the time: the rate is good, no step is */
	gint64 interval; /* ns until the next sample is due */
	double tick_ppb; /* tick in force */
	gboolean coarse; /* the clock counts ticks, and lost ones are lost time */
	gboolean beyond_reach; /* the rate was, the last time */
	gint64 since_step;     /* ns since the last step, or a great number */
} GclkServoInput;

typedef enum {
	GCLK_SERVO_WAIT, /* too little is known: leave the clock as it is */
	GCLK_SERVO_SLEW,
	GCLK_SERVO_STEP,
	GCLK_SERVO_REFUSE, /* only the frequency is set; a person must step */
} GclkServoAction;

typedef struct {
	GclkServoAction action;
	double frequency_ppb, tick_ppb; /* to set, except with WAIT */
	gint64 phase;                   /* SLEW: for the kernel to correct, ns */
	guint phase_tc;
	gint64 step;           /* STEP: ns */
	gboolean beyond_reach; /* the rate error is more than even the tick can mend */
	const char *reason;    /* for WAIT, STEP and REFUSE */
} GclkServoOutput;

GclkServoOutput gclk_servo_run(const GclkServoPolicy *policy, const GclkServoInput *input);

/* Splits a rate between tick and frequency word. The tick stays as it is while the frequency word
   reaches. FALSE: beyond both; they are then set as far as they go. */
gboolean gclk_servo_split(
	double rate_ppb, double tick_now, double *tick_ppb, double *frequency_ppb);

#endif
