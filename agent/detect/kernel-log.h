/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel has said about its clocks: the lines of its log that mean something for
 * timekeeping, of all generations. The reader is bounded, the rest is pure.
 */
#ifndef GUESTCLOCK_KERNEL_LOG_H
#define GUESTCLOCK_KERNEL_LOG_H

#include "detect/detection.h"

typedef struct GclkKernelLog GclkKernelLog;

/* That of this system; NULL where there is none. user is not used. */
GclkKernelLogRead gclk_kernel_log_native(void);

/* NULL: the log cannot be read; why is then noted by reader. */
GclkKernelLog *gclk_kernel_log_new(const GclkMachine *machine, GclkReader *reader);
void gclk_kernel_log_free(GclkKernelLog *log); /* NULL is ignored */

#endif
