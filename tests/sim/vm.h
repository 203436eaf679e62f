/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A simulated virtual machine: its oscillator, its kernel's clocks, a network with NTP servers, a
 * precision clock, and a queue of events. Deterministic: all chance comes from one seed. True time
 * is what the servers keep and what errors are measured against.
 *
 * The kernel is modelled after kernel/time/ntp.c: a frequency word, a tick word, and a phase
 * correction of which 1/2^(2+tc) is spread over each second of REAL.
 */
#ifndef GUESTCLOCK_SIM_VM_H
#define GUESTCLOCK_SIM_VM_H

#include "platform/platform.h"

typedef struct SimVm SimVm;
typedef void (*SimFunc)(gpointer user);

/* How the oscillator behind RAW behaves. */
typedef struct {
	double frequency_ppm; /* + RAW is fast */
	double wander_ppb; /* standard deviation of a random walk of the frequency, ppb / sqrt(s) */
	double tick_loss;  /* share of time that RAW does not notice */
	gint64 tick; /* ns: RAW and REAL are counted in ticks, and stand still with the machine; 0:
			a counter goes on */
} SimOscillator;

/* The host takes the CPU away again and again, for so much of the time. */
typedef struct {
	double share;
	gint64 shortest, longest; /* ns, of one stop */
} SimStops;

SimVm *sim_vm_new(guint64 seed, gint64 epoch, const SimOscillator *oscillator);
void sim_vm_free(SimVm *vm);

/* --- time and chance -------------------------------------------------------------------------- */

gint64 sim_now(const SimVm *vm);  /* true time as if there were no leap seconds, ns since 1970 */
gint64 sim_utc(const SimVm *vm);  /* the same with them */
gint64 sim_real(const SimVm *vm); /* REAL, ns since 1970 */
gint64 sim_raw(const SimVm *vm);
gint64 sim_boottime(const SimVm *vm); /* goes on while the machine is suspended */
void sim_read(const SimVm *vm, gint64 *real, gint64 *raw); /* as a program sees them: in ticks */
gint64 sim_tick(const SimVm *vm);          /* ns; 0: the clocks do not depend on ticks */
double sim_raw_rate_ppb(const SimVm *vm);  /* RAW against true time now, + fast */
double sim_real_rate_ppb(const SimVm *vm); /* REAL against true time now, + fast */
double sim_uniform(SimVm *vm);             /* 0 <= x < 1 */
double sim_normal(SimVm *vm);
double sim_exponential(SimVm *vm); /* mean 1 */

/* --- events ----------------------------------------------------------------------------------- */

/* Calls func after delay ns of true time; returns an id, never 0. */
guint sim_at(SimVm *vm, gint64 delay, SimFunc func, gpointer user);
/* The same for a timer of the guest: it stands still while the guest does. */
guint sim_timer(SimVm *vm, gint64 delay, SimFunc func, gpointer user);
void sim_cancel(SimVm *vm, guint id);
/* Lets true time pass until the given one, events included. */
void sim_run(SimVm *vm, gint64 until);

/* --- what happens to clocks ------------------------------------------------------------------- */

void sim_real_set(SimVm *vm, gint64 offset); /* REAL = true time - offset */
void sim_real_step(SimVm *vm, gint64 delta);
void sim_pause(SimVm *vm, gint64 duration);    /* both clocks and the guest stand still */
void sim_suspend(SimVm *vm, gint64 duration);  /* RAW stands still, the kernel moves REAL on */
void sim_utc_step(SimVm *vm, gint64 delta);    /* a leap second: UTC, and REAL if it was armed */
void sim_frequency_add(SimVm *vm, double ppm); /* a migration */
void sim_tick_loss(SimVm *vm, double share);
void sim_set_tick(SimVm *vm, gint64 tick); /* another clocksource */
void sim_set_stops(SimVm *vm, const SimStops *stops);

GclkDiscipline *sim_discipline(SimVm *vm); /* as the kernel has it now */
void sim_phase_set(SimVm *vm, gint64 phase, guint tc);

#endif
