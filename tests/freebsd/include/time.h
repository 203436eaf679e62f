/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: the host's header without the clocks that FreeBSD does not have. */
#include_next <time.h>

#undef CLOCK_MONOTONIC_RAW
#undef CLOCK_BOOTTIME
