/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of precision clocks: one row for each clock_name that a Linux driver gives its
 * device (/sys/class/ptp/ptpN/clock_name). Which clock is the host's, what scale it keeps, how far
 * it may be off, which driver and kernel option bring it: all of it stands here and nowhere else.
 */
#ifndef GUESTCLOCK_PTP_TABLE_H
#define GUESTCLOCK_PTP_TABLE_H

#include "guestclock/sample.h"

/* The origin of every clock that the hypervisor gives: one vote, however many devices. */
#define GCLK_ORIGIN_HOST "host"

/* clock_name has at most 31 bytes (PTP_CLOCK_NAME_LEN, linux/ptp_clock_kernel.h). */
#define GCLK_PTP_NAME_MAX 32

typedef struct {
	const char *pattern;     /* of clock_name; see gclk_ptp_name_matches */
	const char *driver;      /* short name for people */
	gboolean host;           /* the host's time: may be chosen without being named */
	GclkTimescale timescale; /* what the driver delivers; UNKNOWN: nothing states it */
	gint tai_since;          /* major kernel version since which it delivers TAI; 0: none */
	gint64 assumed_error;    /* ns, >= 0: stands in where the device states no bound */
	gint readings;           /* per measurement, for EXTENDED and PLAIN */
	const char *bound_file;  /* below /sys/class/ptp/ptpN/: its stated bound in ns, or NULL */
	const char *hypervisor;  /* where to expect it: words of systemd-detect-virt; or NULL */
	const char *module; /* the module that brings it, or NULL: built in or with a NIC driver */
	const char *config; /* the kernel option, or NULL */
	const char *remark; /* for people: why it is not chosen by itself, or NULL */
} GclkPtpClock;

/* The rows in order of preference; the last one matches every name. Returns their number. */
gsize gclk_ptp_clocks(const GclkPtpClock **out);

/* The first row whose pattern matches; never NULL. A NULL name is an unknown one. */
const GclkPtpClock *gclk_ptp_clock_find(const char *clock_name);

/* Rank in the order of preference, 0 is best. */
gsize gclk_ptp_clock_rank(const GclkPtpClock *clock);

/* The scale that the clock delivers under this kernel ("6.12.0-1-amd64"; NULL: not known). */
GclkTimescale gclk_ptp_clock_timescale(const GclkPtpClock *clock, const char *kernel_release);

/* The clock that this hypervisor may offer, for hints about missing drivers, or NULL. */
const GclkPtpClock *gclk_ptp_clock_expected(const char *hypervisor);

/* In a pattern '#' stands for one or more decimal digits, '%' for exactly two lower-case
   hexadecimal digits, '*' at the end for anything; all else for itself. */
gboolean gclk_ptp_name_matches(const char *pattern, const char *name);

#endif
