/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/probe-link.h"

#include <stdio.h>

#include "cli/cli.h"
#include "config.h"
#include "guestclock/channel-name.h"
#include "platform/native.h"
#include "source/link.h"

/* Longer than the source needs to call a host silent. */
#define PATIENCE (10 * GCLK_NS_PER_S)

typedef struct {
	GMainLoop *loop;
	GclkLinkProbe probe;
} Session;

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	Session *session = user;

	(void)source;
	session->probe.sampled = TRUE;
	session->probe.sample = *sample;
	g_main_loop_quit(session->loop);
}

/* Where there is a sample too, it comes before the loop turns. */
static void on_changed(gpointer user, GclkSource *source)
{
	Session *session = user;

	(void)source;
	g_main_loop_quit(session->loop);
}

static void on_claimed(gpointer user, GclkSource *source, const GclkLinkHost *claim, gint64 raw)
{
	Session *session = user;

	(void)source;
	(void)raw;
	session->probe.has_host = claim != NULL;
	if (claim)
		session->probe.host = *claim;
}

static void time_out(gpointer user)
{
	g_main_loop_quit(((Session *)user)->loop);
}

static void show(Session *session, const GclkSource *source, gboolean json, gboolean color)
{
	GclkLinkProbe *probe = &session->probe;
	g_autofree char *text = NULL;

	probe->condition = source->condition;
	probe->reason = source->reason;
	probe->requests = source->detail.requests;
	probe->replies = source->detail.replies;
	probe->stratum = source->detail.stratum;
	if (source->condition == GCLK_SOURCE_WAITING)
		probe->reason = "nothing came of it in time";
	text = json ? gclk_link_probe_to_json(probe) : gclk_link_probe_to_text(probe, color);
	fputs(text, stdout);
}

static int ask(const GclkLinkSettings *settings, gboolean json, gboolean color)
{
	static const GclkSourceEvents events = {
		.sample = on_sample, .changed = on_changed, .claimed = on_claimed
	};
	GclkPlatform *platform = gclk_native_new(NULL, g_main_context_default());
	g_autoptr(GclkSource) source = gclk_link_source_new(platform, settings);
	Session session = { .loop = g_main_loop_new(NULL, FALSE),
		.probe.channel = settings->channel };
	guint timer = platform->timer_start(platform, PATIENCE, time_out, &session);

	source->events = &events;
	source->user = &session;
	gclk_source_start(source);
	g_main_loop_run(session.loop);
	platform->timer_stop(platform, timer);
	show(&session, source, json, color);
	g_clear_pointer(&source, gclk_source_free);
	platform->free(platform);
	g_main_loop_unref(session.loop);
	return gclk_link_probe_exit_code(&session.probe);
}

gboolean gclk_link_probe_is_channel(const char *text)
{
	return g_str_has_prefix(text, "virtio:") || g_str_has_prefix(text, "vsock:") ||
	       g_str_has_prefix(text, "unix:");
}

int gclk_link_probe(const char *channel, gint64 max_distance, gboolean json, gboolean color)
{
	g_autoptr(GclkConfig) config = gclk_config_new();
	const GclkLinkSettings settings = {
		.channel = channel,
		.assumed_error = config->link_assumed_error,
		.max_distance = max_distance,
	};
	GclkChannel parsed = gclk_channel_parse(channel);

	if (parsed.kind != GCLK_CHANNEL_BAD)
		return ask(&settings, json, color);
	gclk_cli_complain("\"%.100s\" is no channel: %s", channel, parsed.problem);
	return GCLK_EXIT_UNKNOWN;
}
