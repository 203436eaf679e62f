/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/hub.h"

#include "guestclock/json-writer.h"

struct GclkHub {
	GMainContext *context;
	const GclkHostConfig *config;
};

GclkHub *gclk_hub_new(GMainContext *context, const GclkHostConfig *config,
	const GclkHubSettings *settings, GError **error)
{
	GclkHub *hub = g_new0(GclkHub, 1);

	(void)settings;
	(void)error;
	hub->context = context ? g_main_context_ref(context) : NULL;
	hub->config = config;
	return hub;
}

void gclk_hub_free(GclkHub *hub)
{
	if (!hub)
		return;
	g_clear_pointer(&hub->context, g_main_context_unref);
	g_free(hub);
}

void gclk_hub_configure(
	GclkHub *hub, const GclkHostConfig *config, const GclkHubSettings *settings)
{
	(void)settings;
	hub->config = config;
}

gboolean gclk_hub_settled(const GclkHub *hub)
{
	(void)hub;
	return TRUE;
}

char *gclk_hub_json(GclkHub *hub)
{
	GclkJson *json = gclk_json_new();

	(void)hub;
	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", 1);
	gclk_json_begin_array(json, "guests");
	gclk_json_end_array(json);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
