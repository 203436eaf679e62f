/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-log.h"

GclkKernelLogRead gclk_kernel_log_native(void)
{
	return NULL;
}

GclkKernelLog *gclk_kernel_log_new(const GclkMachine *machine, GclkReader *reader)
{
	(void)machine;
	(void)reader;
	return NULL;
}

void gclk_kernel_log_free(GclkKernelLog *log)
{
	g_free(log);
}
