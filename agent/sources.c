/* SPDX-License-Identifier: BSD-2-Clause */
#include "sources.h"

#include "source/backdoor.h"
#include "source/link-port.h"
#include "source/link.h"
#include "source/ntp.h"
#include "source/ptp.h"

#define KEY_FILE_LIMIT 65536

/* --- keys ------------------------------------------------------------------------------------- */

static gboolean needs_keys(const GclkConfig *config)
{
	for (guint i = 0; i < config->servers->len; i++)
		if (((GclkServerConfig *)g_ptr_array_index(config->servers, i))->key)
			return TRUE;
	return FALSE;
}

static GArray *read_keys(GclkAgent *agent, GclkPlatform *platform, const char *path, char **problem)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	GArray *keys = NULL;
	gsize length = 0;

	text = platform->read_file(platform, path, KEY_FILE_LIMIT, &length, &error);
	if (text && !(keys = gclk_ntp_keys_parse(text, length, &error)))
		g_prefix_error(&error, "%s: ", path);
	if (keys) {
		gclk_agent_clear_finding(agent, "key-file");
		return keys;
	}
	*problem = g_strdup_printf("the key file cannot be used: %s", error->message);
	gclk_agent_set_finding(agent, "key-file", GCLK_SEVERITY_WARNING, *problem,
		"servers that need a key are not used until this is mended and guestclockd "
		"reloaded, or restarted if the path is new and only root may read it");
	return NULL;
}

/* --- NTP -------------------------------------------------------------------------------------- */

/* All that makes a server what it is; the secret itself only as a hash. */
static char *server_key(const GclkServerConfig *server, const GclkConfig *config,
	const GclkNtpKey *key, const char *key_reason)
{
	guint secret = key ? key->type : 0;

	for (gsize i = 0; key && i < key->length; i++)
		secret = secret * 31 + key->bytes[i];
	return g_strdup_printf("ntp|%s|%s|%u|%u|%d|%d|%d|%" G_GINT64_FORMAT "|%u|%s", server->name,
		server->address, server->port, server->key, server->min_poll, server->max_poll,
		server->iburst, config->max_distance, secret,
		server->key && !key ? key_reason : "");
}

static void apply_server(GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config,
	const GclkServerConfig *server, const GArray *keys, const char *key_problem, gint64 pivot,
	GPtrArray *kept)
{
	const GclkNtpKey *key = keys ? gclk_ntp_keys_find(keys, server->key) : NULL;
	g_autofree char *missing =
		g_strdup_printf("key %u is not in %s", server->key, config->keys);
	const GclkNtpSettings settings = {
		.name = server->name,
		.address = server->address,
		.port = server->port,
		.min_poll = server->min_poll,
		.max_poll = server->max_poll,
		.iburst = server->iburst,
		.max_distance = config->max_distance,
		.key_id = server->key,
		.key = key,
		.key_reason = key_problem ? key_problem : missing,
		.pivot = pivot,
	};
	char *id = server_key(server, config, key, settings.key_reason);

	if (!gclk_agent_has_source(agent, id))
		gclk_agent_add_source(agent, gclk_ntp_source_new(platform, &settings), id);
	g_ptr_array_add(kept, id);
}

/* --- precision clock -------------------------------------------------------------------------- */

static gboolean ptp_wanted(const GclkConfig *config)
{
	return g_strcmp0(config->ptp_device, "none") != 0;
}

static char *ptp_key(const GclkConfig *config)
{
	return g_strdup_printf("ptp|%s|%d|%" G_GINT64_FORMAT "|%d",
		config->ptp_device ? config->ptp_device : "auto", config->ptp_poll,
		config->ptp_assumed_error, config->ptp_timescale);
}

/* Returns why there is none, or NULL; caller frees. */
static char *apply_ptp(
	GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config, GPtrArray *kept)
{
	GclkPtpSettings settings = {
		.device = config->ptp_device,
		.poll = config->ptp_poll,
		.assumed_error = config->ptp_assumed_error,
		.timescale = config->ptp_timescale,
	};
	char *id = ptp_key(config);
	GclkSource *source;
	char *reason = NULL;

	g_ptr_array_add(kept, id);
	if (gclk_agent_has_source(agent, id))
		return NULL;
	settings.tai_offset = gclk_agent_tai_offset(agent);
	settings.leap = gclk_agent_leap_table(agent);
	source = gclk_ptp_source_new(platform, &settings, &reason);
	if (source)
		gclk_agent_add_source(agent, source, id);
	return reason;
}

/* --- VMware's backdoor -------------------------------------------------------------------------
 */

static void apply_backdoor(
	GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config, GPtrArray *kept)
{
	const GclkBackdoorSettings settings = {
		.reader = gclk_agent_host_time(agent),
		.poll = config->vmware_poll,
		.assumed_error = config->vmware_assumed_error,
	};
	char *id;

	if (!config->vmware_backdoor || !settings.reader)
		return;
	id = g_strdup_printf("vmware|%u|%d|%" G_GINT64_FORMAT, settings.reader->command,
		settings.poll, settings.assumed_error);
	g_ptr_array_add(kept, id);
	if (!gclk_agent_has_source(agent, id))
		gclk_agent_add_source(agent, gclk_backdoor_source_new(platform, &settings), id);
}

/* --- the link ----------------------------------------------------------------------------------
 */

static gboolean link_wanted(const GclkConfig *config)
{
	return g_strcmp0(config->link_channel, "none") != 0;
}

static const char *link_channel(const GclkConfig *config)
{
	return config->link_channel ? config->link_channel : GCLK_LINK_CHANNEL_AUTO;
}

static char *link_key(const GclkConfig *config)
{
	return g_strdup_printf("link|%s|%d|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT,
		link_channel(config), config->link_poll, config->link_assumed_error,
		config->max_distance);
}

static void tell_host(gpointer user, GclkLinkGuest *out)
{
	gclk_agent_tell_host(user, out);
}

/* A channel that is named may come later and say until then why it is not there; the one that every
   host may offer, and most do not, is left alone until it is there. */
static void apply_link(GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config,
	gint64 pivot, GPtrArray *kept)
{
	const GclkLinkSettings settings = {
		.channel = link_channel(config),
		.poll = config->link_poll,
		.assumed_error = config->link_assumed_error,
		.max_distance = config->max_distance,
		.pivot = pivot,
		.tell = tell_host,
		.user = agent,
	};
	char *id = link_key(config);

	g_ptr_array_add(kept, id);
	if (!gclk_agent_has_source(agent, id) &&
		(config->link_channel || gclk_link_port_exists(platform, GCLK_LINK_PORT)))
		gclk_agent_add_source(agent, gclk_link_source_new(platform, &settings), id);
}

static gboolean has_host_time(const GclkAgent *agent, const GclkConfig *config)
{
	g_autofree char *link = link_key(config);

	return gclk_agent_has_source(agent, link) ||
	       (config->vmware_backdoor && gclk_agent_host_time(agent));
}

/* --- what there is not ------------------------------------------------------------------------ */

/* An admin who sees nothing at all shall know where to begin. */
static void note_nothing(GclkAgent *agent, const GclkConfig *config, const char *no_ptp)
{
	g_autofree char *text = g_strdup_printf("no NTP server is configured or known to this "
						"machine, the host offers no link, and no "
						"precision clock is used%s%s",
		no_ptp ? ": " : "", no_ptp ? no_ptp : "");

	if (config->servers->len == 0 && (no_ptp || !ptp_wanted(config)) &&
		!has_host_time(agent, config))
		gclk_agent_set_finding(agent, "no-source", GCLK_SEVERITY_WARNING, text,
			"name a server: [server ADDRESS] in guestclockd.conf(5); or give this VM "
			"a link to its host: there, \"hostclock require DOMAIN --channel\"");
	else
		gclk_agent_clear_finding(agent, "no-source");
}

/* What discovery did not take over from another program's configuration. */
static void note_left_out(GclkAgent *agent, const GclkConfig *config)
{
	g_autofree char *text = NULL;

	if (!config->servers_note) {
		gclk_agent_clear_finding(agent, "servers-taken-over");
		return;
	}
	text = config->servers_from ? g_strdup_printf("the servers come from %s: %s",
					      config->servers_from, config->servers_note)
				    : g_strdup(config->servers_note);
	gclk_agent_set_finding(agent, "servers-taken-over", GCLK_SEVERITY_NOTE, text,
		"name the servers in guestclockd.conf(5)");
}

void gclk_sources_look_around(
	GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config, gint64 pivot)
{
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *no_ptp = NULL;

	if (link_wanted(config))
		apply_link(agent, platform, config, pivot, kept);
	if (ptp_wanted(config) && gclk_ptp_source_candidate(platform, NULL))
		no_ptp = apply_ptp(agent, platform, config, kept);
	else if (!has_host_time(agent, config))
		return; /* as before: why there is none was said then */
	note_nothing(agent, config, no_ptp);
}

/* --- all -------------------------------------------------------------------------------------- */

void gclk_sources_apply(
	GclkAgent *agent, GclkPlatform *platform, const GclkConfig *config, gint64 pivot)
{
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) keys = NULL;
	g_autofree char *key_problem = NULL, *no_ptp = NULL;

	if (needs_keys(config))
		keys = read_keys(agent, platform, config->keys, &key_problem);
	else
		gclk_agent_clear_finding(agent, "key-file");
	if (ptp_wanted(config))
		no_ptp = apply_ptp(agent, platform, config, kept);
	if (link_wanted(config))
		apply_link(agent, platform, config, pivot, kept);
	apply_backdoor(agent, platform, config, kept);
	note_nothing(agent, config, no_ptp);
	note_left_out(agent, config);
	for (guint i = 0; i < config->servers->len; i++)
		apply_server(agent, platform, config, g_ptr_array_index(config->servers, i), keys,
			key_problem, pivot, kept);
	g_ptr_array_add(kept, NULL);
	gclk_agent_keep_sources(agent, (const char *const *)kept->pdata);
}
