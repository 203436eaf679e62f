/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration file, and the same as a drop-in behind a small one. */
#include "fuzz.h"

#include <string.h>

#include "agent/config-load.h"

static void check(const GclkConfig *config)
{
	g_assert(config->min_poll <= config->max_poll);
	g_assert(config->step_threshold <= config->max_step);
	g_assert(config->run_directory[0] == '/');
	for (guint i = 0; i < config->servers->len; i++) {
		const GclkServerConfig *server = g_ptr_array_index(config->servers, i);

		g_assert(server->address && server->name[0]);
		g_assert(server->port > 0 && server->min_poll <= server->max_poll);
		for (guint j = 0; j < i; j++)
			g_assert(!gclk_server_config_same(
				server, g_ptr_array_index(config->servers, j)));
	}
}

static void load(const char *first, const char *text, gsize length)
{
	g_autoptr(GclkConfigLoader) loader = gclk_config_loader_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkConfig) config = NULL;

	if ((!first || gclk_config_loader_add(loader, "a", first, strlen(first), &error)) &&
		gclk_config_loader_add(loader, "b", text, length, &error))
		config = gclk_config_loader_finish(loader, &error);
	g_assert((config == NULL) == (error != NULL));
	if (error)
		g_assert(g_utf8_validate(error->message, -1, NULL));
	if (config)
		check(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	load(NULL, (const char *)data, size);
	load("[ntp]\nmaxpoll=9\n[server lan]\naddress=192.0.2.1\n", (const char *)data, size);
	return 0;
}
