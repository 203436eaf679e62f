/* SPDX-License-Identifier: BSD-2-Clause */
/* What an ESXi host may print: whatever it is, it is read in bounded work, and only figures that
   are there can make it synchronised. */
#include "fuzz.h"

#include "sync/esxi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GclkHostSync) sync = gclk_esxi_sync((const char *)data, size,
		G_GINT64_CONSTANT(1623949797) * GCLK_NS_PER_S, 0, &gclk_sync_policy_default);

	if (sync->synchronised)
		g_assert(sync->effective == GCLK_PROTOCOL_PTP ||
			 sync->effective == GCLK_PROTOCOL_NTP);
	if (sync->synchronised && sync->effective == GCLK_PROTOCOL_PTP)
		g_assert(sync->has_offset && sync->clock_class >= 0);
	return 0;
}
