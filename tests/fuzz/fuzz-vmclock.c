/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <string.h>

#include "source/vmclock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GclkVmclock page;
	gint64 utc = 0;
	gint multiple = 0;

	if (size >= sizeof utc)
		memcpy(&utc, data + size - sizeof utc, sizeof utc);
	if (!gclk_vmclock_parse(data, size, &page, NULL))
		return 0;
	g_assert_cmpint(page.tai_offset, >=, 0);
	g_assert_cmpint(page.max_error, >=, 0);
	g_assert_cmpint(page.leap, <=, GCLK_LEAP_DELETE);
	g_assert_cmpint(gclk_vmclock_bound(&page, utc, 37), >=, 0);
	g_assert_cmpint(gclk_vmclock_bound(&page, page.time, 37), >=, 0);
	for (gint scale = GCLK_TIMESCALE_UTC; scale <= GCLK_TIMESCALE_TAI; scale++)
		if (gclk_vmclock_scale(
			    &page, (GclkTimescale)scale, utc, page.tai_offset, &multiple))
			g_assert_true(multiple >= -1 && multiple <= 2);
	return 0;
}
