/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties of systemd-timesyncd as GVariant's own bytes, which need not be well formed. */
#include "fuzz.h"

#include <string.h>

#include "sync/timesyncd.h"

#define NOW (G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gpointer copy = g_memdup2(data, size); /* aligned as GVariant wants it */
	g_autoptr(GVariant) properties = g_variant_ref_sink(
		g_variant_new_from_data(G_VARIANT_TYPE_VARDICT, copy, size, FALSE, g_free, copy));
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("systemd-timesyncd");
	GclkTimesyncdState state;

	g_assert_true(gclk_timesyncd_read(properties, &state));
	g_assert_true(g_utf8_validate(state.server, -1, NULL));
	gclk_timesyncd_judge(&state, 0, NOW, report);
	g_assert_true(report->bound >= 0 && report->age >= -1);
	g_assert_nonnull(report->locked_why);
	if (report->locked)
		g_assert_true(state.has_message && !state.ignored && report->age >= 0 &&
			      report->bound != GCLK_BOUND_UNKNOWN);
	return 0;
}
