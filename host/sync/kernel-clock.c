/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/timex.h>

#include "sync/sync.h"

void gclk_kernel_clock_read(GclkKernelClock *out)
{
	struct timex state; /* modes 0: only read, which anybody may */
	int result;

	memset(out, 0, sizeof(*out));
	memset(&state, 0, sizeof(state));
	result = adjtimex(&state);
	if (result < 0)
		return;
	out->known = TRUE;
	out->unsynchronised = result == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
	out->max_error = state.maxerror * GCLK_NS_PER_US;
	out->tai_offset = state.tai;
}
