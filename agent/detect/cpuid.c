/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/hypervisor.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static void cpuid(guint32 leaf, guint32 registers[4])
{
	__cpuid_count(leaf, 0, registers[0], registers[1], registers[2], registers[3]);
}

GclkCpuid gclk_cpuid_native(void)
{
	return __get_cpuid_max(0, NULL) >= 1 ? cpuid : NULL;
}
#else
GclkCpuid gclk_cpuid_native(void)
{
	return NULL;
}
#endif
