/* SPDX-License-Identifier: BSD-2-Clause */
/* The real processes with libraries that a test has in its hand (tests/fake/). */
#ifndef GUESTCLOCK_TEST_VMWARE_BED_H
#define GUESTCLOCK_TEST_VMWARE_BED_H

#include "vmware/tools.h"

typedef struct {
	char *folder; /* what the libraries do, and what they were asked */
	char *libvmtools, *libguestlib;
} GclkVmwareBed;

void gclk_vmware_bed_init(GclkVmwareBed *bed);
void gclk_vmware_bed_clear(GclkVmwareBed *bed);

/* A file of the folder, see tests/fake/libvmtools.c. */
void gclk_vmware_bed_set(const GclkVmwareBed *bed, const char *file, const char *text);
/* What libvmtools was asked, a line each. Caller frees. */
char *gclk_vmware_bed_asked(const GclkVmwareBed *bed);

/* Short deadlines: 1 s a call, 0.4 s between two workers, three deaths. */
GclkTools *gclk_vmware_bed_start(const GclkVmwareBed *bed);

/* The next message, waited for at most 10 s. FALSE: it has ended, or nothing came. */
gboolean gclk_vmware_bed_next(GclkTools *tools, GclkToolsMessage *out);

#endif
