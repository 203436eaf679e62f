/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel has said about its clocks since it booted: the lines of its log that mean
 * something for timekeeping, of all generations, counted, with the figures in them. Reading is
 * bounded (the newest GCLK_KERNEL_LOG_LIMIT bytes), the rest is pure.
 *
 * A line that is not there proves nothing: the log is a ring, and kernels keep silent about much.
 */
#ifndef GUESTCLOCK_KERNEL_LOG_H
#define GUESTCLOCK_KERNEL_LOG_H

#include "detect/detection.h"

#define GCLK_KERNEL_LOG_LIMIT (1024 * 1024)

typedef enum {
	GCLK_KLOG_LOST_TICKS,       /* figure: ticks, where the line has them */
	GCLK_KLOG_BACKWARDS,        /* time went backwards */
	GCLK_KLOG_UNSTABLE,         /* the watchdog has given up subject, a clocksource */
	GCLK_KLOG_SKEW,             /* subject against other, the watchdog; figure: ns it was off
				       (+ fast) in interval, ns */
	GCLK_KLOG_WATCHDOG_NSEC,    /* figure: ns by subject, the watchdog ... */
	GCLK_KLOG_CLOCKSOURCE_NSEC, /* ... and by subject, the one it watched */
	GCLK_KLOG_READ_BACK,        /* the watchdog took too long to be read; figure: ns */
	GCLK_KLOG_LONG_READOUT,     /* the watchdog came too late; figure: ns since it last did */
	GCLK_KLOG_TSC_UNSTABLE,     /* subject: why */
	GCLK_KLOG_TSC_WARP,         /* the CPUs' TSCs differ; figure: cycles */
	GCLK_KLOG_TSC_FREQUENCY,    /* figure: kHz */
	GCLK_KLOG_TIME_SOURCE,      /* subject: what a kernel without clocksources reads */
	GCLK_KLOG_SWITCHED,         /* subject: the clocksource that is used from then on */
	GCLK_KLOG_OVERRIDE_REFUSED, /* subject: the clocksource that the user wanted */
	GCLK_KLOG_TIMER_LATE,       /* figure: ns that an hrtimer interrupt took */
	GCLK_KLOG_ADJUSTING,        /* slewing beyond 11 %; subject: the clocksource */
	GCLK_KLOG_STALL,            /* RCU; cpu, or figure: jiffies */
	GCLK_KLOG_SOFT_LOCKUP,      /* cpu, figure: s */
	GCLK_KLOG_RESTORED,         /* from a snapshot, or cloned */
	GCLK_KLOG_HYPERV_STALE,     /* figure: ns, age of the host's last sample */
	GCLK_KLOG_STEPPED,          /* a program, or FreeBSD's kernel, says that the clock was set
				     */
	GCLK_KLOG_CALCRU,           /* FreeBSD: a process's run time went backwards */
	GCLK_KLOG_SMP_TSC_FAILED,   /* FreeBSD: the CPUs' TSCs differ */
	GCLK_KLOG_KINDS,
} GclkKernelLogKind;

#define GCLK_KLOG_NO_FIGURE G_MININT64

typedef struct {
	guint count;     /* lines; > 0 */
	char *line;      /* the last one, printable, shortened in the middle */
	char *subject;   /* of that line, or NULL */
	char *other;     /* or NULL */
	gint64 figure;   /* of that line, or GCLK_KLOG_NO_FIGURE */
	gint64 interval; /* likewise */
	gint64 cpu;      /* likewise */
	gint64 worst;    /* the figure that is farthest from 0 of all lines, or
			    GCLK_KLOG_NO_FIGURE */
	gint64 at;       /* of that line, s since boot; -1: it has no such time */
} GclkKernelEvent;

typedef struct GclkKernelLog GclkKernelLog;

/* That of this system; NULL where there is none. user is not used. */
GclkKernelLogRead gclk_kernel_log_native(void);

/* The name under which reader notes why the log cannot be read. */
#define GCLK_KERNEL_LOG_FACT "kernel log"

/*
 * The kernel's own, or where that may not be read, what a log daemon has written of this boot into
 * a file. NULL: neither; why is then noted by reader.
 */
GclkKernelLog *gclk_kernel_log_new(const GclkMachine *machine, GclkReader *reader);
/* Pure. Any bytes; only what follows the last "Linux version" counts, an older boot's does not. */
GclkKernelLog *gclk_kernel_log_parse(const char *text, gsize length);
void gclk_kernel_log_free(GclkKernelLog *log); /* NULL is ignored */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkKernelLog, gclk_kernel_log_free)

/* Where it was read: "kernel", or the path of a file; static. */
const char *gclk_kernel_log_origin(const GclkKernelLog *log);
/* The release that the newest "Linux version" line names, or NULL: none there. */
const char *gclk_kernel_log_release(const GclkKernelLog *log);
/* NULL: nothing of that kind, or log is NULL. */
const GclkKernelEvent *gclk_kernel_log_event(const GclkKernelLog *log, GclkKernelLogKind kind);

/* The TSC's frequency as the kernel has found it, kHz; the latest and so the best. FALSE: none, or
   log is NULL. */
gboolean gclk_kernel_log_tsc_khz(const GclkKernelLog *log, double *khz);

/* The kernel does without the TSC where the Hyper-V host does not promise its rate: no fault. FALSE
   also when log is NULL. */
gboolean gclk_kernel_log_tsc_is_unused_by_design(const GclkKernelLog *log);

/* By how much the watchdog found a clocksource off, ns (+ fast), and in which time, ns; before
   Linux 6 that is the difference of two lines. FALSE: none, or log is NULL. */
gboolean gclk_kernel_log_skew(const GclkKernelLog *log, gint64 *skew, gint64 *interval);

#endif
