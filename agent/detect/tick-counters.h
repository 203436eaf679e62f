/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What measuring ticks needs of the system beyond the platform, as a struct of functions that tests
 * fill in with scripted ones; and how fast the TSC counts, and who says so.
 */
#ifndef GUESTCLOCK_TICK_COUNTERS_H
#define GUESTCLOCK_TICK_COUNTERS_H

#include "detect/hypervisor.h"
#include "platform/platform.h"

/* Members that are NULL are not there. */
typedef struct {
	/* The kernel's ticks a second; 0: not known. */
	guint (*hz)(gpointer user);
	/* The time stamp counter, cycles. */
	guint64 (*tsc)(gpointer user);
	/* Sleeps for ns of monotonic time, or a little longer. */
	void (*sleep)(gpointer user, gint64 ns);
	/* This thread is run before all others, or (FALSE) no longer; FALSE: it may not. */
	gboolean (*hurry)(gpointer user, gboolean on);
	gpointer user;
} GclkTickSystem;

/* The host's time, as the hypervisor tells it. */
typedef struct {
	gint64 time;       /* ns since 1970, UTC as the host has it; it may be set at any time */
	gint64 resolution; /* ns */
	gint64 backlog;    /* ns of timer interrupts that the guest is yet to get, < 0: not told */
} GclkHostTime;

/* A way to ask for it that works. */
typedef struct GclkHostReader GclkHostReader;
struct GclkHostReader {
	gboolean (*read)(const GclkHostReader *reader, GclkHostTime *out);
	/* The clock was set: the hypervisor is to drop its backlog of timer interrupts, which it
	   would else deliver on top. NULL: there is no such thing. */
	void (*drop_backlog)(const GclkHostReader *reader);
	const char *name;          /* of the way, for people: "GETTIMEFULL"; static, or NULL */
	guint32 command, features; /* VMware's (vmware-time.h) */
	gpointer user;             /* of others */
};

/* That of this system; static. */
const GclkTickSystem *gclk_tick_system_native(void);

typedef struct {
	gboolean invariant;    /* constant in all power states (CPUID 0x80000007 EDX bit 8) */
	double khz;            /* 0: not known */
	double error_ppm;      /* how far the rate may be off from khz */
	const char *stated_by; /* for people: "CPUID 0x15", "the kernel's calibration"; static */
} GclkTsc;

/* log_khz: what the kernel's log says of it, or 0. cpuid may be NULL: nothing is known. */
void gclk_tsc_read(GclkCpuid cpuid, double log_khz, GclkTsc *out);

/* Cycles as ns of the TSC's own time. */
gint64 gclk_tsc_ns(const GclkTsc *tsc, guint64 cycles);

#endif
