/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs and kernel services on this machine that deal with time, whether or not they steer
 * the clock now: time daemons, PTP daemons, and the hypervisors' guest tools. What is known of them
 * stands in guestclock/rival.h; here they are looked for.
 */
#ifndef GUESTCLOCK_TIME_PROGRAMS_H
#define GUESTCLOCK_TIME_PROGRAMS_H

#include "detect/detection.h"
#include "guestclock/rival.h"

typedef struct {
	const GclkProgram *program; /* its row */
	const char *name;           /* the row's: "chronyd", "vmtoolsd" ...; static */
	gint64 pid;                 /* 0: no process (a kernel service) */
	gboolean steers;            /* sets or slews the system clock, as far as can be seen */
	char *why;                  /* what shows that it does, or does not: half a sentence */
	char *stop;                 /* what ends its steering here; never NULL */
	gboolean told; /* guestclockd: whether it steers is what it says itself in its status */
} GclkTimeProgram;

void gclk_time_program_free(GclkTimeProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkTimeProgram, gclk_time_program_free)

/* Array of GclkTimeProgram *; free with g_ptr_array_unref. Of several processes of one name those
   are listed that steer, or else the first. Bounded work; never NULL. */
GPtrArray *gclk_time_programs_find(const GclkMachine *machine, GclkReader *reader);

/* Adds VMware's tools to the rivals (environment.h) when their periodic synchronization is switched
   on and they run: "vmtoolsd (pid 123)". */
void gclk_rivals_add_tools(const GclkMachine *machine, GPtrArray *rivals);

/* Those among the processes only, all of them. */
GPtrArray *gclk_time_programs_in_proc(GclkPlatform *platform);

/* Did the process pid start before other? By /proc/PID/stat; equals, and what cannot be read, by
   their numbers. */
gboolean gclk_time_program_is_older(GclkPlatform *platform, gint64 pid, gint64 other);

/* Can other users' processes be seen? Without that nobody can say that no program steers. */
gboolean gclk_time_programs_visible(GclkReader *reader);

/* Is systemd what started this machine? sd_booted(3) */
gboolean gclk_time_programs_systemd(GclkPlatform *platform);

#endif
