/* SPDX-License-Identifier: BSD-2-Clause */
/* By what way a hypervisor's guests learn the host's time, where nothing else in the facts says it:
   who has no clock to offer is not to be searched for one. */
#ifndef GUESTCLOCK_HOST_TIME_H
#define GUESTCLOCK_HOST_TIME_H

#include "detect/reader.h"

/* Xen's own kernels (2.6.18): 0, and the kernel follows Xen's clock, whatever is set here. */
#define GCLK_XEN_WALLCLOCK "/proc/sys/xen/independent_wallclock"

/* Adds the fact "host time" for this hypervisor ("xen", "oracle" ...), and on Xen what its kernel
   makes of it. */
void gclk_host_time_list(GclkReader *reader, const char *hypervisor, GPtrArray *out);

/* Does the kernel follow Xen's clock, so that nothing here can steer it? */
gboolean gclk_host_time_follows_xen(GclkReader *reader);

#endif
