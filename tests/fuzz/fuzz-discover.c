/* SPDX-License-Identifier: BSD-2-Clause */
/* Configurations and leases of other programs: every parser gets every input. */
#include "fuzz.h"

#include <string.h>

#include "agent/config-table.h"
#include "agent/discover.h"

static void check(const GPtrArray *servers)
{
	for (guint i = 0; i < servers->len; i++) {
		const GclkServerConfig *server = g_ptr_array_index(servers, i);

		g_assert(gclk_config_is_host(server->address));
		g_assert(server->port > 0 && server->key == 0);
		g_assert(server->min_poll == GCLK_POLL_UNSET ||
			 (server->min_poll >= GCLK_DISCOVER_POLL_MIN &&
				 server->min_poll <= GCLK_DISCOVER_POLL_MAX));
		g_assert(server->max_poll == GCLK_POLL_UNSET ||
			 server->min_poll == GCLK_POLL_UNSET ||
			 server->min_poll <= server->max_poll);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const GclkDiscoverParser parsers[] = { gclk_discover_dhclient,
		gclk_discover_assignments, gclk_discover_dhcp_packet, gclk_discover_chrony,
		gclk_discover_ntp, gclk_discover_step_tickers, gclk_discover_timesyncd,
		gclk_discover_openntpd };

	for (gsize i = 0; i < G_N_ELEMENTS(parsers); i++) {
		g_autoptr(GclkFound) found = gclk_found_new();

		parsers[i]((const char *)data, size, found);
		check(found->servers);
		check(found->fallback);
		check(found->authenticated);
		for (guint k = 0; k < found->includes->len; k++)
			g_assert(((GclkInclude *)g_ptr_array_index(found->includes, k))->path[0] ==
				 '/');
	}
	return 0;
}
