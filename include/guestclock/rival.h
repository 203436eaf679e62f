/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that deal with this machine's time: what each does to the clock, what on its command
 * line says that it leaves the clock alone, how to end it. A rival is one of them that steers the
 * same clock as we do. Pure: from what the kernel shows of a process.
 */
#ifndef GUESTCLOCK_RIVAL_H
#define GUESTCLOCK_RIVAL_H

#include <glib.h>

typedef enum {
	GCLK_PROGRAM_DAEMON, /* disciplines the system clock for as long as it runs: a rival */
	GCLK_PROGRAM_TOOLS,  /* a hypervisor's tool that sets the clock after the host's, again and
				again */
	GCLK_PROGRAM_OTHER,  /* leaves the clock alone unless somebody asks */
} GclkProgramKind;

typedef struct {
	const char *comm; /* as in /proc/PID/comm, at most 15 bytes; NULL: not found by that */
	const char *name; /* in full; unique */
	GclkProgramKind kind;
	const char *does;   /* goes on after the name: "keeps the clock by NTP" */
	const char *stop;   /* what ends it, now and at the next boots, on a machine with systemd
			       whose unit is not known */
	const char *beside; /* how it can stay without steering, or NULL */
} GclkProgram;

/* The row of a program with this comm, or with this name; NULL: none. */
const GclkProgram *gclk_program_by_comm(const char *comm);
const GclkProgram *gclk_program_by_name(const char *name);

/* Which of the programs that are called ntpd is it, by the link /proc/PID/exe (or NULL) and the
   command line (as below)? The row; program itself where nothing tells. */
const GclkProgram *gclk_program_variety(
	const GclkProgram *program, const char *executable, const char *cmdline, gsize length);

/* Why, by its command line (as in /proc/PID/cmdline: arguments ended by NUL), it leaves the system
   clock alone; half a sentence, static. NULL: the arguments say nothing against steering. */
const char *gclk_program_restraint(const GclkProgram *program, const char *cmdline, gsize length);

/* Why the process with this /proc/PID/status cannot steer: it is dead, or has not the effective
   capability CAP_SYS_TIME. Static; NULL: it can, or the text does not tell. */
const char *gclk_program_inability(const char *status);

/* Of a program with this comm, is it one that disciplines the clock (GCLK_PROGRAM_DAEMON)? Gives
   its full name, or NULL. */
const char *gclk_rival_name(const char *comm);

/* Would it steer the system clock, by its command line? TRUE when the arguments say nothing against
   it. name: from gclk_rival_name. */
gboolean gclk_rival_steers(const char *name, const char *cmdline, gsize length);

/* Has the process with this /proc/PID/status the effective capability CAP_SYS_TIME, and is it
   alive? TRUE when the text does not tell. */
gboolean gclk_rival_able(const char *status);

#endif
