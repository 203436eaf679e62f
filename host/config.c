/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "guestclock/duration.h"
#include "guestclock/nearest.h"

#define FILE_MAX   (256 * 1024)
#define ESXI_GROUP "esxi "

typedef enum {
	KEY_BOOLEAN,  /* gboolean */
	KEY_INTEGER,  /* gint64 */
	KEY_DURATION, /* gint64 ns */
	KEY_TEXT,     /* char * */
	KEY_PATH,     /* char *, absolute */
	KEY_LIST,     /* char **, separated by blanks */
	KEY_UNKNOWN,  /* GclkOnUnknown */
} KeyType;

typedef struct {
	const char *group, *name;
	KeyType type;
	gsize offset;
	const char *default_text; /* NULL: not set */
	gint64 min, max;          /* of integers and durations; max 0: any */
} Key;

#define FIELD(name) G_STRUCT_OFFSET(GclkHostConfig, name)

static const Key keys[] = {
	{ "gate", "on-unknown", KEY_UNKNOWN, FIELD(on_unknown), "auto", 0, 0 },
	{ "gate", "enforce", KEY_BOOLEAN, FIELD(enforce), "yes", 0, 0 },
	{ "gate", "switch-file", KEY_PATH, FIELD(switch_file),
		GCLK_SYSCONFDIR "/guestclock/gate-off", 0, 0 },
	{ "gate", "run-directory", KEY_PATH, FIELD(run_directory), "/run/hostclock", 0, 0 },
	{ "gate", "cache-age", KEY_DURATION, FIELD(cache_age), "10s", 0, 0 },
	{ "gate", "libvirt-hooks", KEY_PATH, FIELD(libvirt_hooks), "/etc/libvirt/hooks", 0, 0 },
	{ "gate", "proxmox-directory", KEY_PATH, FIELD(proxmox_directory), "/etc/pve/qemu-server",
		0, 0 },
	{ "policy", "ptp-max-offset", KEY_DURATION, FIELD(ptp_offset_max), "100us", 0, 0 },
	{ "policy", "ntp-max-error", KEY_DURATION, FIELD(ntp_bound_max), "1s", 0, 0 },
	{ "policy", "clock-class-max", KEY_INTEGER, FIELD(clock_class_max), "127", 0, 255 },
	{ "policy", "accept-local-reference", KEY_BOOLEAN, FIELD(accept_local_reference), "no", 0,
		0 },
	{ "daemons", "chrony-socket", KEY_PATH, FIELD(chrony_socket), NULL, 0, 0 },
	{ "daemons", "chrony-config", KEY_PATH, FIELD(chrony_config), NULL, 0, 0 },
	{ "daemons", "ptp4l-sockets", KEY_LIST, FIELD(ptp4l_sockets), NULL, 0, 0 },
	{ "daemons", "ntp-address", KEY_TEXT, FIELD(ntp_address), NULL, 0, 0 },
	{ "daemons", "ntp-port", KEY_INTEGER, FIELD(ntp_port), "123", 1, 65535 },
	{ "daemons", "timesync-bus", KEY_TEXT, FIELD(timesync_bus), NULL, 0, 0 },
	{ "daemons", "timesync-stamp", KEY_PATH, FIELD(timesync_stamp), NULL, 0, 0 },
	{ "daemons", "ntpctl", KEY_TEXT, FIELD(ntpctl), NULL, 0, 0 },
	{ "daemons", "ptpd-status", KEY_PATH, FIELD(ptpd_status), NULL, 0, 0 },
	{ "serve", "listen", KEY_LIST, FIELD(listen), NULL, 0, 0 },
	{ "serve", "socket-group", KEY_TEXT, FIELD(socket_group), NULL, 0, 0 },
	{ "serve", "connect", KEY_TEXT, FIELD(connect), NULL, 0, 0 },
	{ "serve", "interval", KEY_DURATION, FIELD(interval), "10s", GCLK_NS_PER_S,
		3600 * GCLK_NS_PER_S },
	{ "serve", "burst", KEY_INTEGER, FIELD(burst), "8", 1, 16 },
	{ "serve", "agent-timeout", KEY_DURATION, FIELD(agent_timeout), "2s", GCLK_NS_PER_S,
		60 * GCLK_NS_PER_S },
};

/* --- values ----------------------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *what)
{
	g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, what);
	return FALSE;
}

static gboolean set_boolean(gboolean *field, const char *value, GError **error)
{
	static const char *const yes[] = { "yes", "true", "on", "1", NULL };
	static const char *const no[] = { "no", "false", "off", "0", NULL };

	*field = g_strv_contains(yes, value);
	if (*field || g_strv_contains(no, value))
		return TRUE;
	return refuse(error, "must be yes or no");
}

static gboolean set_unknown(gint *field, const char *value, GError **error)
{
	static const char *const words[] = {
		[GCLK_ON_UNKNOWN_AUTO] = "auto",
		[GCLK_ON_UNKNOWN_REFUSE] = "refuse",
		[GCLK_ON_UNKNOWN_ALLOW] = "allow",
	};

	for (gint i = 0; i < (gint)G_N_ELEMENTS(words); i++)
		if (strcmp(words[i], value) == 0) {
			*field = i;
			return TRUE;
		}
	return refuse(error, "must be auto, refuse or allow");
}

static gboolean set_path(char **field, const char *value, GError **error)
{
	if (!g_path_is_absolute(value))
		return refuse(error, "must be an absolute path");
	g_free(*field);
	*field = g_strdup(value);
	return TRUE;
}

static gboolean set_integer(const Key *key, gint64 *field, const char *value, GError **error)
{
	g_autofree char *what = NULL;

	if (g_ascii_string_to_signed(value, 10, key->min, key->max, field, NULL))
		return TRUE;
	what = g_strdup_printf("must be a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
		key->min, key->max);
	return refuse(error, what);
}

static gboolean set_duration(const Key *key, gint64 *field, const char *value, GError **error)
{
	g_autofree char *what = NULL;
	gint64 ns;

	if (!gclk_duration_parse(value, &ns, error))
		return FALSE;
	if (key->max == 0 || (ns >= key->min && ns <= key->max)) {
		*field = ns;
		return TRUE;
	}
	what = g_strdup_printf("must be from %" G_GINT64_FORMAT "s to %" G_GINT64_FORMAT "s",
		key->min / GCLK_NS_PER_S, key->max / GCLK_NS_PER_S);
	return refuse(error, what);
}

static gboolean set_list(char ***field, const char *value)
{
	g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	for (guint i = 0; words[i]; i++)
		if (words[i][0])
			g_ptr_array_add(list, g_strdup(words[i]));
	g_ptr_array_add(list, NULL);
	g_strfreev(*field);
	*field = (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
	return TRUE;
}

static gboolean set_key(GclkHostConfig *config, const Key *key, const char *value, GError **error)
{
	gpointer field = G_STRUCT_MEMBER_P(config, key->offset);

	switch (key->type) {
	case KEY_BOOLEAN:
		return set_boolean(field, value, error);
	case KEY_INTEGER:
		return set_integer(key, field, value, error);
	case KEY_DURATION:
		return set_duration(key, field, value, error);
	case KEY_UNKNOWN:
		return set_unknown(field, value, error);
	case KEY_PATH:
		return set_path(field, value, error);
	case KEY_LIST:
		return set_list(field, value);
	case KEY_TEXT:
		g_free(*(char **)field);
		*(char **)field = g_strdup(value);
		return TRUE;
	}
	return FALSE;
}

/* --- the whole -------------------------------------------------------------------------------- */

GclkHostConfig *gclk_host_config_new(void)
{
	GclkHostConfig *config = g_new0(GclkHostConfig, 1);

	config->esxi = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].default_text)
			set_key(config, &keys[i], keys[i].default_text, NULL);
	return config;
}

void gclk_host_config_free(GclkHostConfig *config)
{
	if (!config)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		gpointer field = G_STRUCT_MEMBER_P(config, keys[i].offset);

		if (keys[i].type == KEY_TEXT || keys[i].type == KEY_PATH)
			g_free(*(char **)field);
		if (keys[i].type == KEY_LIST)
			g_strfreev(*(char ***)field);
	}
	g_hash_table_unref(config->esxi);
	g_free(config);
}

static const Key *find_key(const char *group, const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].group, group) == 0 && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void complain_key(const char *file, const char *group, const char *name, GError **error)
{
	const char *names[G_N_ELEMENTS(keys) + 1] = { NULL };
	const char *nearest;
	gsize n = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].group, group) == 0)
			names[n++] = keys[i].name;
	nearest = gclk_nearest(name, names);
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND,
		"%s: [%s] %s: there is no such key%s%s%s", file, group, name,
		nearest ? "; did you mean "
		: n     ? ""
			: " or group",
		nearest ? nearest : "", nearest ? "?" : "");
}

/* [esxi NAME] command=... */
static gboolean set_esxi(GclkHostConfig *config, const char *file, const char *group,
	const char *name, const char *value, GError **error)
{
	if (strcmp(name, "command") != 0 || !value[0]) {
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND,
			"%s: [%s] %s: the only key here is command, and it is not empty", file,
			group, name);
		return FALSE;
	}
	g_hash_table_insert(config->esxi, g_strdup(group + strlen(ESXI_GROUP)), g_strdup(value));
	return TRUE;
}

gboolean gclk_host_config_set(GclkHostConfig *config, const char *group, const char *name,
	const char *value, GError **error)
{
	const Key *key = find_key(group, name);

	if (!key) {
		complain_key("command line", group, name, error);
		return FALSE;
	}
	return set_key(config, key, value, error);
}

static gboolean take_value(GclkHostConfig *config, const char *file, const char *group,
	const char *name, const char *value, GError **error)
{
	const Key *key = find_key(group, name);

	if (g_str_has_prefix(group, ESXI_GROUP))
		return set_esxi(config, file, group, name, value, error);
	if (!key) {
		complain_key(file, group, name, error);
		return FALSE;
	}
	if (set_key(config, key, value, error))
		return TRUE;
	g_prefix_error(error, "%s: [%s] %s: ", file, group, name);
	return FALSE;
}

static gboolean take_group(
	GclkHostConfig *config, const char *file, GKeyFile *text, const char *group, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(text, group, NULL, NULL);

	for (guint i = 0; names && names[i]; i++) {
		g_autofree char *value = g_key_file_get_string(text, group, names[i], error);

		if (!value) {
			g_prefix_error(error, "%s: ", file);
			return FALSE;
		}
		g_strstrip(value);
		if (!take_value(config, file, group, names[i], value, error))
			return FALSE;
	}
	return TRUE;
}

GclkHostConfig *gclk_host_config_parse(
	const char *file, const char *text, gsize length, GError **error)
{
	g_autoptr(GclkHostConfig) config = gclk_host_config_new();
	g_autoptr(GKeyFile) parsed = g_key_file_new();
	g_auto(GStrv) groups = NULL;

	if (!g_key_file_load_from_data(parsed, text, length, G_KEY_FILE_NONE, error)) {
		g_prefix_error(error, "%s: ", file);
		return NULL;
	}
	groups = g_key_file_get_groups(parsed, NULL);
	for (guint i = 0; groups[i]; i++)
		if (!take_group(config, file, parsed, groups[i], error))
			return NULL;
	return g_steal_pointer(&config);
}

GclkHostConfig *gclk_host_config_load(const char *file, GError **error)
{
	const char *path = file ? file : GCLK_HOST_CONFIG_FILE;
	g_autoptr(GError) local = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &text, &length, &local)) {
		if (!file && g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return gclk_host_config_new();
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	if (length > FILE_MAX) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: too large", path);
		return NULL;
	}
	return gclk_host_config_parse(path, text, length, error);
}

GclkProbePlaces gclk_host_config_places(const GclkHostConfig *config)
{
	return (GclkProbePlaces){
		.chrony_socket = config->chrony_socket,
		.chrony_config = config->chrony_config,
		.ptp4l_sockets = (const char *const *)config->ptp4l_sockets,
		.ntp_address = config->ntp_address,
		.ntp_port = (guint16)config->ntp_port,
		.timesync_bus = config->timesync_bus,
		.timesync_stamp = config->timesync_stamp,
		.ntpctl = config->ntpctl,
		.ptpd_status = config->ptpd_status,
	};
}

GclkSyncPolicy gclk_host_config_policy(const GclkHostConfig *config)
{
	return (GclkSyncPolicy){
		.ptp_offset_max = config->ptp_offset_max,
		.ntp_bound_max = config->ntp_bound_max,
		.clock_class_max = (gint)config->clock_class_max,
		.accept_local_reference = config->accept_local_reference,
	};
}
