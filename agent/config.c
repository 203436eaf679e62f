/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config-load.h"
#include "config-table.h"
#include "guestclock/address.h"

#define FILE_MAX_BYTES (1024 * 1024)

static void set_defaults(const char *group, gboolean servers, gpointer object)
{
	for (gsize i = 0; i < gclk_config_keys_length; i++) {
		const GclkConfigKey *key = &gclk_config_keys[i];
		g_autoptr(GError) error = NULL;

		if ((strcmp(key->group, group) == 0) != servers || !key->default_text)
			continue;
		if (!gclk_config_key_set(key, object, key->default_text, &error))
			g_error("default of [%s] %s: %s", key->group, key->name, error->message);
	}
}

GclkConfig *gclk_config_new(void)
{
	GclkConfig *config = g_new0(GclkConfig, 1);

	config->ptp_assumed_error = -1;
	config->servers = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_server_config_free);
	config->files = g_ptr_array_new_with_free_func(g_free);
	set_defaults(GCLK_CONFIG_SERVER, FALSE, config);
	return config;
}

void gclk_config_free(GclkConfig *config)
{
	if (!config)
		return;
	g_free(config->user);
	g_free(config->run_directory);
	g_free(config->state_directory);
	g_free(config->keys);
	g_free(config->ptp_device);
	g_free(config->link_channel);
	g_ptr_array_unref(config->servers);
	g_ptr_array_unref(config->files);
	g_free(config->servers_from);
	g_free(config->servers_note);
	g_free(config);
}

GclkServerConfig *gclk_server_config_new(const char *name, const char *address)
{
	GclkServerConfig *server = g_new0(GclkServerConfig, 1);

	set_defaults(GCLK_CONFIG_SERVER, TRUE, server);
	server->name = g_strdup(name);
	server->address = g_strdup(address);
	server->min_poll = GCLK_POLL_UNSET;
	server->max_poll = GCLK_POLL_UNSET;
	return server;
}

void gclk_server_config_free(GclkServerConfig *server)
{
	if (!server)
		return;
	g_free(server->name);
	g_free(server->address);
	g_free(server);
}

void gclk_server_config_complete(GclkServerConfig *server, const GclkConfig *config)
{
	/* of the two, the one that is given has its way */
	if (server->min_poll == GCLK_POLL_UNSET)
		server->min_poll = server->max_poll == GCLK_POLL_UNSET
					   ? config->min_poll
					   : MIN(config->min_poll, server->max_poll);
	if (server->max_poll == GCLK_POLL_UNSET)
		server->max_poll = MAX(config->max_poll, server->min_poll);
}

gboolean gclk_server_config_same(const GclkServerConfig *a, const GclkServerConfig *b)
{
	GclkAddress x, y;

	if (a->port != b->port)
		return FALSE;
	if (gclk_address_parse(a->address, a->port, &x) &&
		gclk_address_parse(b->address, b->port, &y))
		return gclk_address_equal(&x, &y, TRUE);
	return g_ascii_strcasecmp(a->address, b->address) == 0;
}

/* Reads one file into the loader. A missing file is fine unless it is required. */
/* Only what is a regular file of a sane size is opened: a device might never end. */
static gboolean is_sane(const char *path, GError **error)
{
	struct stat facts;

	if (stat(path, &facts) != 0 || (S_ISREG(facts.st_mode) && facts.st_size <= FILE_MAX_BYTES))
		return TRUE;
	g_set_error(error, GCLK_CONFIG_ERROR, 0, "%s: %s", path,
		S_ISREG(facts.st_mode) ? "larger than 1 MiB: this is no configuration"
				       : "not a regular file");
	return FALSE;
}

static char *read_text(GclkPlatform *platform, const char *path, gsize *length, GError **error)
{
	char *text = NULL;

	if (platform)
		return platform->read_file(platform, path, FILE_MAX_BYTES, length, error);
	return g_file_get_contents(path, &text, length, error) ? text : NULL;
}

static gboolean add_file(GclkConfigLoader *loader, GclkPlatform *platform, const char *path,
	gboolean required, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;
	gsize length = 0;

	if (!is_sane(path, error))
		return FALSE;
	text = read_text(platform, path, &length, &why);
	if (text)
		return gclk_config_loader_add(loader, path, text, length, error);
	if (!required && g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return TRUE;
	/* The message names the file and the reason. */
	g_set_error(error, GCLK_CONFIG_ERROR, 0, "%s", why->message);
	return FALSE;
}

/* All names in a directory, NULL-terminated; NULL with an error. */
static char **list_names(GclkPlatform *platform, const char *directory, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GDir) dir = NULL;
	const char *name;

	if (platform)
		return platform->list_directory(platform, directory, error);
	dir = g_dir_open(directory, 0, error);
	if (!dir)
		return NULL;
	while ((name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean add_drop_ins(
	GclkConfigLoader *loader, GclkPlatform *platform, const char *directory, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_auto(GStrv) names = list_names(platform, directory, &why);

	if (!names) {
		if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return TRUE;
		g_set_error(error, GCLK_CONFIG_ERROR, 0, "%s", why->message);
		return FALSE;
	}
	qsort(names, g_strv_length(names), sizeof *names, compare_names);
	for (char **name = names; *name; name++) {
		g_autofree char *path = g_build_filename(directory, *name, NULL);

		if (g_str_has_suffix(*name, ".conf") && **name != '.' &&
			!add_file(loader, platform, path, TRUE, error))
			return FALSE;
	}
	return TRUE;
}

GclkConfig *gclk_config_load_through(
	GclkPlatform *platform, const char *path, gboolean required, GError **error)
{
	g_autoptr(GclkConfigLoader) loader = gclk_config_loader_new();
	g_autofree char *drop_ins = g_strconcat(path, ".d", NULL);

	if (!add_file(loader, platform, path, required, error) ||
		!add_drop_ins(loader, platform, drop_ins, error))
		return NULL;
	return gclk_config_loader_finish(loader, error);
}

GclkConfig *gclk_config_load(const char *path, gboolean required, GError **error)
{
	return gclk_config_load_through(NULL, path, required, error);
}
