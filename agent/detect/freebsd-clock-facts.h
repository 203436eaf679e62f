/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's clocks as its sysctls tell of them: ticks, timecounters, event timers, and the time
 * synchronisation of its Hyper-V driver. Pure: from names and texts to numbers (timecounters(4),
 * eventtimers(4), hz(9)).
 */
#ifndef GUESTCLOCK_FREEBSD_CLOCK_FACTS_H
#define GUESTCLOCK_FREEBSD_CLOCK_FACTS_H

#include "detect/sysctl.h"

/* The sysctls that are numbers. */
typedef enum {
	GCLK_FREEBSD_HZ,             /* ticks a second */
	GCLK_FREEBSD_STEPWARNINGS,   /* 1: the kernel logs each step of the clock */
	GCLK_FREEBSD_SMP_TSC,        /* 1: the TSCs are declared to agree, whatever a test says */
	GCLK_FREEBSD_DISABLE_TSC,    /* 1: the TSC is no timecounter */
	GCLK_FREEBSD_PERIODIC,       /* 1: the event timer interrupts at every tick */
	GCLK_FREEBSD_HV_THRESHOLD,   /* ms; hw.hvtimesync.sample_thresh */
	GCLK_FREEBSD_HV_IGNORE_SYNC, /* 1: what the host says after a resume is not heard */
	GCLK_FREEBSD_NUMBERS,
} GclkFreebsdNumber;

/* One of a list of them, "HPET(950)": the higher the quality, the better; below 0 it must not be
   used. */
typedef struct {
	char *name;
	gint quality;
} GclkFreebsdTimer;

typedef struct {
	guint major, minor;   /* release "13.1-RELEASE-p3"; 0: not known */
	char *vm_guest;       /* what the kernel believes to run on, or NULL */
	char *timecounter;    /* the current one, or NULL */
	GArray *choice;       /* GclkFreebsdTimer: the timecounters; may be empty */
	char *event_timer;    /* the current one, or NULL */
	GArray *event_choice; /* GclkFreebsdTimer: the event timers; may be empty */
	char *loader_hz;      /* kern.hz as the loader was told it, or NULL: it was not */
	struct {
		gboolean known;
		gint64 value;
	} numbers[GCLK_FREEBSD_NUMBERS];
} GclkFreebsdClock;

GclkFreebsdClock *gclk_freebsd_clock_new(GclkSysctl sysctl, gpointer user);
void gclk_freebsd_clock_free(GclkFreebsdClock *clock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkFreebsdClock, gclk_freebsd_clock_free)

/* "kern.hz" */
const char *gclk_freebsd_number_name(GclkFreebsdNumber number);
/* Is it known, and this? */
gboolean gclk_freebsd_is(const GclkFreebsdClock *clock, GclkFreebsdNumber number, gint64 value);

/* Of choice or event_choice; NULL: it is not among them. */
const GclkFreebsdTimer *gclk_freebsd_timer_find(const GArray *choice, const char *name);

/* Is the release this or a later one? FALSE when it is not known. */
gboolean gclk_freebsd_since(const GclkFreebsdClock *clock, guint major, guint minor);

#endif
