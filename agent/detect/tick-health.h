/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Are timer ticks lost here, and does that lose time? Pure: from counters that were read at several
 * moments to a verdict.
 *
 * With a tick-driven clocksource (jiffies, the PIT) a lost tick is lost time. With any other one
 * time is read from a counter, and a vCPU that does not get to run is merely late: its clock is
 * right. A pause of the whole machine that stops every counter at once cannot be seen here, and is
 * not claimed.
 *
 * How the rate is found: of each reference counter the two samples are taken whose uncertainties
 * are smallest against the time between them. What RAW came short of the reference between the two,
 * as a share of the reference's time, is lost. Its error is the sum of both uncertainties over that
 * time and the error of the reference's own rate: a bound rather than a deviation. A machine that
 * is stopped now and then loses in bursts, and one burst more or less falls into the time measured:
 * that scatter is added to the error that is told, and is allowed for where counters are compared
 * with each other, but is no doubt that time was lost.
 *
 * How sure the verdict is: the bound is taken for two standard deviations, and the confidence is
 * the probability of a normal distribution that the rate lies on the side of GCLK_TICK_RATE_LIMIT
 * that the verdict says, times the trust in the reference. A clocksource that counts by itself has
 * trust of its own, less what the measurement says against it; without an independent reference
 * that is all there is. A verdict less sure than even odds and a bit (0.6) is "unknown".
 */
#ifndef GUESTCLOCK_TICK_HEALTH_H
#define GUESTCLOCK_TICK_HEALTH_H

#include <glib.h>

/* A clock that is off by less (ppm) is no case of lost ticks: crystals and the calibration of a TSC
   are off by as much, and the kernel's discipline corrects it (MAXFREQ, linux/timex.h). */
#define GCLK_TICK_RATE_LIMIT 500.0

typedef enum {
	GCLK_TICKS_UNKNOWN,
	GCLK_TICKS_HEALTHY,
	GCLK_TICKS_STARVED, /* timers are late, time is right */
	GCLK_TICKS_LOSING,  /* time itself is being lost */
	GCLK_TICKS_GAINING, /* time runs too fast: a kernel and a hypervisor both make up for lost
			       ticks, or a wrong calibration */
} GclkTickVerdict;

/* "unknown", "healthy", "starved", "losing-time", "gaining-time" */
const char *gclk_tick_verdict_name(GclkTickVerdict verdict);

/* --- what is measured --------------------------------------------------------------------------
 */

/* A counter's time beside RAW's. */
typedef struct {
	gint64 raw;         /* RAW, ns */
	gint64 value;       /* the counter's own time at that moment, ns since anything */
	gint64 uncertainty; /* how far value may be off, ns, each way */
} GclkCounterSample;

/* How a counter is bound to the clocksource. */
typedef enum {
	GCLK_COUNTER_OF_ITS_OWN, /* RTC, precision clock, host, NTP */
	GCLK_COUNTER_TSC,        /* the TSC: no reference for clocksources that read it */
} GclkCounterOrigin;

typedef struct {
	const char *name; /* "rtc", "tsc", "ptp", "host", "ntp", or the next; static */
	GclkCounterOrigin origin;
	double rate_error_ppm; /* how far its own rate may be off */
	gboolean steady; /* FALSE: nothing promises that its rate is constant (a TSC that is not
			    invariant): believed only against a tick-driven clocksource, and little
			  */
	const GclkCounterSample *samples; /* in the order of time */
	gsize n;
} GclkTickCounter;

/* What guestclockd has learned of the rate, over its last minutes. */
#define GCLK_TICK_COUNTER_DAEMON "guestclockd"

#define GCLK_TICK_COUNTERS_MAX 6

/* Sleeps that ended too late. Lateness is how much later than asked for a sleep ended. */
typedef struct {
	guint count;       /* sleeps; 0: none were measured */
	guint late;        /* of them, later than the limit */
	gint64 limit;      /* ns */
	gint64 worst;      /* ns */
	gint64 late_total; /* sum of the lateness of the late ones, ns */
	gboolean urgent;   /* they ran before every other thread: only the machine can delay them */
} GclkWakeups;

/* Shares are 0 .. 1 of the CPU time in the window, < 0: not known. */
typedef struct {
	double steal;       /* stolen by the hypervisor */
	double busy;        /* spent by programs and the kernel */
	gint64 hangs;       /* timer interrupts that hung (.nr_hangs of /proc/timer_list); < 0 */
	gint64 hangs_total; /* the same since boot */
	gint64 hang_worst;  /* the longest since boot, ns; < 0 */
	guint busy_cpus;  /* CPUs that were busy all the time: they should get HZ ticks a second */
	double tick_rate; /* local timer interrupts a second on the worst of these; < 0 */
} GclkTickCpu;

typedef struct {
	const char *clocksource; /* the current one; FreeBSD: the timecounter; NULL: not known */
	guint hz;                /* 0: not known */
	gint64 duration;         /* of the whole measurement by RAW, ns */
	const GclkTickCounter *counters;
	gsize n_counters; /* at most GCLK_TICK_COUNTERS_MAX are looked at */
	GclkWakeups wakeups;
	GclkTickCpu cpu;
	gint64 backlog; /* ns of ticks that the hypervisor had yet to deliver, at most; < 0: nobody
			   told. What they leave open is in the samples' uncertainty already. */
} GclkTickReadings;

/* --- the verdict -------------------------------------------------------------------------------
 */

typedef enum {
	GCLK_COMPARISON_USED,            /* the rate was taken from this one */
	GCLK_COMPARISON_AGREES,          /* within the errors */
	GCLK_COMPARISON_DISSENTS,        /* beyond the errors: one of them is wrong */
	GCLK_COMPARISON_NOT_INDEPENDENT, /* the clocksource reads the same counter */
	GCLK_COMPARISON_NOT_STEADY,      /* its own rate may change: not believed */
	GCLK_COMPARISON_TOO_SHORT,       /* fewer than two samples, or nothing between them */
	GCLK_COMPARISON_SENSELESS,       /* ran backwards, or at another pace than any clock */
} GclkComparisonUse;

/* For people, after "the RTC: ". Never NULL. */
const char *gclk_comparison_use_text(GclkComparisonUse use);

typedef struct {
	const char *name; /* of the counter; static */
	GclkComparisonUse use;
	double lost_ppm;    /* 0 when TOO_SHORT */
	double error_ppm;   /* of the measurement; infinite when TOO_SHORT */
	double scatter_ppm; /* one burst more or less */
	gint64 span;        /* ns by the counter */
} GclkTickComparison;

typedef struct {
	GclkTickVerdict verdict;
	double lost_ppm; /* time that the clocksource loses against the reference counter; < 0: it
			    gains; 0 when there is nothing to compare with */
	double lost_error_ppm; /* how far that may be off, scatter included; infinite: not measured
				*/
	const char *reference; /* "rtc", "tsc", "ptp", "ntp" ..., static; NULL: none */
	double confidence;     /* 0 .. 1 that the verdict is right */
	gint64 measured;       /* ns over which it was measured */
	guint hz;              /* the kernel's ticks a second; 0: not known */
	gint64 lateness_worst; /* ns that a wake-up came too late */
	double late_share;     /* share of the time that wake-ups were late */
	double steal_share;    /* share of CPU time that was stolen; < 0: not known */
	/* what stands behind it */
	gboolean tick_driven;   /* the clocksource counts ticks: a lost one is lost time */
	gboolean contradiction; /* references contradict each other: no rate can be told */
	gint64 duration;        /* of the whole measurement, ns */
	GclkWakeups wakeups;    /* count 0: not measured */
	GclkTickCpu cpu;        /* as it was given */
	gint64 backlog;         /* as it was given */
	GclkTickComparison comparisons[GCLK_TICK_COUNTERS_MAX];
	gsize n_comparisons;
} GclkTickHealth;

/* Nothing is known yet. */
void gclk_tick_health_init(GclkTickHealth *health);

void gclk_tick_judge(const GclkTickReadings *readings, GclkTickHealth *out);

/* Does this clocksource or timecounter count ticks? NULL: no. */
gboolean gclk_tick_driven(const char *clocksource);
/* Does it read the TSC? */
gboolean gclk_tick_reads_tsc(const char *clocksource);

#endif
