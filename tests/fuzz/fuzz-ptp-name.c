/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock_name of a device, which a hostile hypervisor might choose, and a kernel's release. */
#include "fuzz.h"

#include <string.h>

#include "guestclock/ptp-table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char *release = strchr(text, '\n');
	const GclkPtpClock *clock;

	if (release)
		*release++ = '\0';
	clock = gclk_ptp_clock_find(text);
	g_assert_nonnull(clock);
	g_assert_true(gclk_ptp_name_matches(clock->pattern, text));
	g_assert_cmpint(gclk_ptp_clock_timescale(clock, release), <=, GCLK_TIMESCALE_SMEARED);
	gclk_ptp_clock_expected(text);
	if (release)
		gclk_ptp_name_matches(release, text);
	return 0;
}
