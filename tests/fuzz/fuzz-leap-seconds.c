/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "guestclock/leap-seconds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const gint64 years[] = { G_MININT64, -1, 0, 1, 100, 1000000000, 2000000000,
		9000000000 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkLeapTable) table = gclk_leap_table_parse((const char *)data, size, &error);

	if (!table) {
		g_assert_nonnull(error);
		return 0;
	}
	g_assert_null(error);
	g_assert_cmpint(gclk_leap_table_expiry(table), >=, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(years); i++) {
		gint64 utc = i == 0 ? years[i] : years[i] * GCLK_NS_PER_S;
		gint offset = gclk_leap_table_offset(table, utc);

		g_assert_true(offset >= 0 && offset <= 255);
		g_assert_cmpint(gclk_leap_table_offset_of_tai(table, utc), >=, 0);
		g_assert_cmpint(gclk_leap_table_leap(table, utc), <=, GCLK_LEAP_DELETE);
		gclk_leap_table_expired(table, utc);
		gclk_leap_day(utc);
	}
	return 0;
}
