/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vmclock page as a witness: its markers change when this VM was migrated or loaded from a
 * snapshot, whether or not the page carries the time (with QEMU and Firecracker it does not).
 *
 * The page is opened once. Where its hypervisor announces changes it is read then; else it is
 * looked at once a second, on the whole seconds of the boot time, so that it shares its wake-ups
 * with others that do the same.
 */
#ifndef GUESTCLOCK_VMCLOCK_WITNESS_H
#define GUESTCLOCK_VMCLOCK_WITNESS_H

#include "platform/platform.h"
#include "source/vmclock.h"

#define GCLK_VMCLOCK_PAGE "/dev/vmclock0"

typedef struct GclkVmclockWitness GclkVmclockWitness;

typedef struct {
	/* The counter behind the guest's clocks was disrupted; what: a static sentence. */
	void (*disrupted)(gpointer user, const char *what);
	/* What is to come has changed. */
	void (*outlook)(gpointer user, GclkVmclockOutlook outlook);
} GclkVmclockEvents;

/* path: GCLK_VMCLOCK_PAGE, but for tests. Begins with gclk_vmclock_witness_look. Events come from
   the loop or from a look. events is not copied. */
GclkVmclockWitness *gclk_vmclock_witness_new(
	GclkPlatform *platform, const char *path, const GclkVmclockEvents *events, gpointer user);
void gclk_vmclock_witness_free(GclkVmclockWitness *witness); /* NULL is ignored */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkVmclockWitness, gclk_vmclock_witness_free)

/* Reads the page now. One that is missing, or was lost, is opened if it is there: to be called now
   and then, as drivers come and go. */
void gclk_vmclock_witness_look(GclkVmclockWitness *witness);

/* Is there a page that can be read? */
gboolean gclk_vmclock_witness_sees(const GclkVmclockWitness *witness);

#endif
