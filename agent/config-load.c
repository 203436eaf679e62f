/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GKeyFile joins groups that stand twice and lets the last of two equal keys win, without a word
 * and without line numbers. So each text is scanned first, line by line, for what stands where;
 * GKeyFile then gives the values.
 */
#include "config-load.h"

#include <string.h>

#include "config-table.h"
#include "guestclock/address.h"

#define SERVERS_MAX    32
#define NAME_MAX_BYTES 253

struct GclkConfigLoader {
	GclkConfig *config;
	GHashTable *places; /* "group\nkey" and "group" -> "file:line", of the last setting */
};

/* One file while it is read. */
typedef struct {
	GclkConfigLoader *loader;
	const char *file;
	GKeyFile *values;
	GHashTable *seen;         /* "group" and "group\nkey" -> line number in this file */
	char *raw_group;          /* as written; NULL before the first group */
	char *group;              /* "clock", "server ntp1": white space made one blank */
	GclkServerConfig *server; /* of a [server] group */
	guint line;
} FileReader;

GclkConfigLoader *gclk_config_loader_new(void)
{
	GclkConfigLoader *loader = g_new0(GclkConfigLoader, 1);

	loader->config = gclk_config_new();
	loader->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return loader;
}

void gclk_config_loader_free(GclkConfigLoader *loader)
{
	if (!loader)
		return;
	gclk_config_free(loader->config);
	g_hash_table_unref(loader->places);
	g_free(loader);
}

/* "FILE:LINE: [group] key: message"; key may be NULL. */
static gboolean fail(const FileReader *reader, const char *key, GError **error, const char *format,
	...) G_GNUC_PRINTF(4, 5);
static gboolean fail(
	const FileReader *reader, const char *key, GError **error, const char *format, ...)
{
	g_autofree char *raw = NULL;
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	raw = g_strdup_vprintf(format, args);
	va_end(args);
	/* what is quoted may have been cut in the middle of a character */
	message = g_utf8_make_valid(raw, -1);
	g_set_error(error, GCLK_CONFIG_ERROR, 0, "%s:%u: %s%s%s%s%s%s", reader->file, reader->line,
		reader->group ? "[" : "", reader->group ? reader->group : "",
		reader->group ? "] " : "", key ? key : "", key ? ": " : "", message);
	return FALSE;
}

static char *place_key(const char *group, const char *key)
{
	return key ? g_strconcat(group, "\n", key, NULL) : g_strdup(group);
}

/* Notes where group or key stands; FALSE if this file had it before. */
static gboolean note_place(FileReader *reader, const char *key, GError **error)
{
	g_autofree char *id = place_key(reader->group, key);
	gpointer before = g_hash_table_lookup(reader->seen, id);

	if (before && key)
		return fail(reader, key, error, "stands twice in this group (first in line %u)",
			GPOINTER_TO_UINT(before));
	if (before)
		return fail(reader, NULL, error,
			"this group stands twice in the file (first in line %u): join the two",
			GPOINTER_TO_UINT(before));
	g_hash_table_insert(reader->seen, g_strdup(id), GUINT_TO_POINTER(reader->line));
	g_hash_table_replace(reader->loader->places, g_steal_pointer(&id),
		g_strdup_printf("%s:%u", reader->file, reader->line));
	return TRUE;
}

static GclkServerConfig *find_server(const GclkConfig *config, const char *name)
{
	for (guint i = 0; i < config->servers->len; i++) {
		GclkServerConfig *server = g_ptr_array_index(config->servers, i);

		if (strcmp(server->name, name) == 0)
			return server;
	}
	return NULL;
}

/* The server of that name, made if it is new. */
static gboolean take_server(FileReader *reader, const char *name, GError **error)
{
	GclkConfig *config = reader->loader->config;

	if (!*name)
		return fail(reader, NULL, error, "a server needs a name: [server ntp1.example]");
	if (strlen(name) > NAME_MAX_BYTES)
		return fail(
			reader, NULL, error, "the name is longer than %d bytes", NAME_MAX_BYTES);
	if (*name == '/')
		return fail(reader, NULL, error, "a server's name cannot begin with /");
	reader->server = find_server(config, name);
	if (reader->server)
		return TRUE;
	if (config->servers->len == SERVERS_MAX)
		return fail(reader, NULL, error, "more than %d servers", SERVERS_MAX);
	reader->server = gclk_server_config_new(name, NULL);
	g_ptr_array_add(config->servers, reader->server);
	return TRUE;
}

static gboolean unknown_group(const FileReader *reader, const char *word, GError **error)
{
	const char *nearest = gclk_config_nearest_group(word);

	if (nearest)
		return fail(reader, NULL, error, "unknown group; did you mean [%s%s]?", nearest,
			strcmp(nearest, GCLK_CONFIG_SERVER) == 0 ? " NAME" : "");
	return fail(reader, NULL, error,
		"unknown group (known are clock, daemon, link, ntp, ptp, vmware and server NAME)");
}

/* line: "[...]", stripped */
static gboolean read_group(FileReader *reader, char *line, GError **error)
{
	char *end = strchr(line, ']');
	g_autofree char *word = NULL;
	const char *name;

	if (!end || end[1])
		return fail(reader, NULL, error, "\"%.100s\" is no group line: [name] is", line);
	*end = '\0';
	g_free(reader->raw_group);
	reader->raw_group = g_strdup(line + 1);
	g_free(reader->group);
	reader->group = g_strstrip(g_strdup(line + 1));
	reader->server = NULL;

	word = g_strndup(reader->group, strcspn(reader->group, " \t"));
	name = reader->group + strlen(word);
	name += strspn(name, " \t");
	if (!gclk_config_group_known(word))
		return unknown_group(reader, word, error);
	if (strcmp(word, GCLK_CONFIG_SERVER) == 0) {
		char *group = g_strdup_printf("%s %s", GCLK_CONFIG_SERVER, name);

		if (!take_server(reader, name, error)) {
			g_free(group);
			return FALSE;
		}
		g_free(reader->group);
		reader->group = group;
	} else if (*name) {
		return fail(reader, NULL, error, "this group takes no name: [%s]", word);
	}
	return note_place(reader, NULL, error);
}

static gboolean unknown_key(
	const FileReader *reader, const char *group, const char *key, GError **error)
{
	const char *nearest = gclk_config_nearest_key(group, key);
	g_autoptr(GString) known = g_string_new(NULL);

	if (nearest)
		return fail(reader, key, error, "unknown key; did you mean \"%s\"?", nearest);
	for (gsize i = 0; i < gclk_config_keys_length; i++)
		if (strcmp(gclk_config_keys[i].name, key) == 0)
			return fail(reader, key, error, "unknown key here; it belongs to [%s%s]",
				gclk_config_keys[i].group,
				strcmp(gclk_config_keys[i].group, GCLK_CONFIG_SERVER) == 0 ? " NAME"
											   : "");
	for (gsize i = 0; i < gclk_config_keys_length; i++)
		if (strcmp(gclk_config_keys[i].group, group) == 0)
			g_string_append_printf(
				known, "%s%s", known->len ? ", " : "", gclk_config_keys[i].name);
	return fail(reader, key, error, "unknown key (known are %s)", known->str);
}

/* line: "key = value", stripped */
static gboolean read_key(FileReader *reader, const char *line, GError **error)
{
	const char *equals = strchr(line, '=');
	g_autofree char *name = NULL;
	g_autofree char *value = NULL;
	g_autoptr(GError) why = NULL;
	const char *group = reader->server ? GCLK_CONFIG_SERVER : reader->group;
	const GclkConfigKey *key;

	if (!equals || equals == line)
		return fail(
			reader, NULL, error, "\"%.100s\" is neither [group] nor key=value", line);
	name = g_strstrip(g_strndup(line, (gsize)(equals - line)));
	if (!reader->group)
		return fail(reader, name, error, "stands before the first [group]");
	key = gclk_config_key_find(group, name);
	if (!key)
		return unknown_key(reader, group, name, error);
	if (!note_place(reader, name, error))
		return FALSE;
	value = g_key_file_get_string(reader->values, reader->raw_group, name, &why);
	if (!value)
		return fail(reader, name, error, "%s", why->message);
	g_strstrip(value);
	if (strstr(value, " #"))
		return fail(reader, name, error,
			"\"%.100s\": a comment needs a line of its own, beginning with #", value);
	if (!gclk_config_key_set(key,
		    reader->server ? (gpointer)reader->server : reader->loader->config, value,
		    &why))
		return fail(reader, name, error, "%s", why->message);
	return TRUE;
}

static gboolean read_lines(FileReader *reader, const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (gsize i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]);

		reader->line = (guint)i + 1;
		if (*line == '\0' || *line == '#')
			continue;
		if (*line == '[' ? !read_group(reader, line, error)
				 : !read_key(reader, line, error))
			return FALSE;
	}
	return TRUE;
}

/* Is it text at all? */
static gboolean check_text(FileReader *reader, const char *text, gsize length, GError **error)
{
	const char *end;

	if (g_utf8_validate(text, (gssize)length, &end))
		return TRUE;
	for (const char *p = text; p < end; p++)
		reader->line += *p == '\n';
	return fail(reader, NULL, error, "%s",
		*end ? "this line is not valid UTF-8" : "this line holds a NUL byte");
}

gboolean gclk_config_loader_add(
	GclkConfigLoader *loader, const char *file, const char *text, gsize length, GError **error)
{
	static const char byte_order_mark[] = "\357\273\277";
	g_autoptr(GKeyFile) values = g_key_file_new();
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *copy = NULL;
	FileReader reader = {
		.loader = loader, .file = file, .values = values, .seen = seen, .line = 1
	};
	g_autoptr(GError) why = NULL;
	gboolean good;

	if (!check_text(&reader, text, length, error))
		return FALSE;
	if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
		text += 3;
		length -= 3;
	}
	copy = g_strndup(text, length);
	/* what GKeyFile cannot read has a better message with a line number below */
	if (length)
		g_key_file_load_from_data(values, copy, length, G_KEY_FILE_NONE, &why);
	good = read_lines(&reader, copy, error);
	if (good && why)
		good = fail(&reader, NULL, error, "%s", why->message);
	if (good)
		g_ptr_array_add(loader->config->files, g_strdup(file));
	g_free(reader.raw_group);
	g_free(reader.group);
	return good;
}

/* Where the key was set last, or where its group stands, for messages about the whole. */
static const char *place_of(const GclkConfigLoader *loader, const char *group, const char *key)
{
	g_autofree char *id = place_key(group, key);
	const char *place = g_hash_table_lookup(loader->places, id);

	if (!place && key)
		return place_of(loader, group, NULL);
	return place ? place : "configuration";
}

static gboolean check_polls(
	const GclkConfigLoader *loader, const char *group, gint min, gint max, GError **error)
{
	const char *place;

	if (min <= max)
		return TRUE;
	place = place_of(loader, group, "minpoll");
	g_set_error(error, GCLK_CONFIG_ERROR, 0, "%s: [%s] minpoll: %d is more than maxpoll, %d",
		place, group, min, max);
	return FALSE;
}

/* Fills in what a server inherits and checks it. */
static gboolean complete_server(
	const GclkConfigLoader *loader, GclkServerConfig *server, GError **error)
{
	const GclkConfig *config = loader->config;
	g_autofree char *group = g_strdup_printf("%s %s", GCLK_CONFIG_SERVER, server->name);

	if (!server->address && !gclk_config_is_host(server->name)) {
		g_set_error(error, GCLK_CONFIG_ERROR, 0,
			"%s: [%s] address: missing, and the group's name is neither a host name "
			"nor "
			"a numeric address",
			place_of(loader, group, NULL), group);
		return FALSE;
	}
	if (!server->address)
		server->address = g_strdup(server->name);
	gclk_server_config_complete(server, config);
	return check_polls(loader, group, server->min_poll, server->max_poll, error);
}

static gboolean check_duplicates(const GclkConfigLoader *loader, GError **error)
{
	const GPtrArray *servers = loader->config->servers;

	for (guint i = 1; i < servers->len; i++) {
		const GclkServerConfig *one = g_ptr_array_index(servers, i);

		for (guint j = 0; j < i; j++) {
			const GclkServerConfig *other = g_ptr_array_index(servers, j);
			g_autofree char *group = NULL;
			g_autofree char *other_group = NULL;

			if (!gclk_server_config_same(one, other))
				continue;
			group = g_strdup_printf("%s %s", GCLK_CONFIG_SERVER, one->name);
			other_group = g_strdup_printf("%s %s", GCLK_CONFIG_SERVER, other->name);
			g_set_error(error, GCLK_CONFIG_ERROR, 0,
				"%s: [%s] address: %s port %u is the server [%s] already (%s): "
				"remove "
				"one of the two",
				place_of(loader, group, "address"), group, one->address, one->port,
				other_group, place_of(loader, other_group, "address"));
			return FALSE;
		}
	}
	return TRUE;
}

GclkConfig *gclk_config_loader_finish(GclkConfigLoader *loader, GError **error)
{
	GclkConfig *config = loader->config;

	if (!check_polls(loader, "ntp", config->min_poll, config->max_poll, error))
		return NULL;
	if (config->step_threshold > config->max_step) {
		g_set_error(error, GCLK_CONFIG_ERROR, 0,
			"%s: [clock] step-threshold: is more than max-step, so no step could ever "
			"be made",
			place_of(loader, "clock", "step-threshold"));
		return NULL;
	}
	for (guint i = 0; i < config->servers->len; i++)
		if (!complete_server(loader, g_ptr_array_index(config->servers, i), error))
			return NULL;
	if (!check_duplicates(loader, error))
		return NULL;
	return g_steal_pointer(&loader->config);
}
