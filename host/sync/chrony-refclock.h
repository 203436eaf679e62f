/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind a reference clock that chronyd has selected. Its protocol tells no more than
 * the refid, four letters that the admin may choose; the refclock line in its configuration tells
 * the driver.
 */
#ifndef GUESTCLOCK_CHRONY_REFCLOCK_H
#define GUESTCLOCK_CHRONY_REFCLOCK_H

#include "sync/chrony-config.h"
#include "sync/daemon-report.h"

typedef struct {
	GclkReferenceKind kind; /* REFCLOCK, PHC, HOST or LOCAL; PHC when nothing better is known,
				   since that promises least */
	char *device;           /* "/dev/ptp0", or the path of a SOCK; or NULL */
	char *text;             /* "PHC /dev/ptp0 (KVM virtual PTP)", "SOCK /run/..."; never NULL */
} GclkChronyRefclock;

/* refid: as SOURCE_DATA has it. root: "" or a folder with /dev and /sys (tests). */
void gclk_chrony_refclock_find(
	const GclkChronyConfig *config, guint32 refid, const char *root, GclkChronyRefclock *out);
void gclk_chrony_refclock_clear(GclkChronyRefclock *refclock);

#endif
