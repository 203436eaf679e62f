/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "config-table.h"
#include "discover.h"
#include "guestclock/address.h"

#define WORDS_MAX    64 /* of one line that are looked at */
#define SERVERS_MAX  32 /* of one place; gclk_config_discover takes the first few */
#define INCLUDES_MAX 32

/* Who polls the servers of the NTP pool is asked to leave at least 64 s between requests. */
#define POOL_DOMAIN   "pool.ntp.org"
#define POOL_MIN_POLL 6
#define POOL_MAX_POLL 10

static void include_free(gpointer data)
{
	GclkInclude *include = data;

	g_free(include->path);
	g_free(include);
}

GclkFound *gclk_found_new(void)
{
	GclkFound *found = g_new0(GclkFound, 1);

	found->servers = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_server_config_free);
	found->fallback = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_server_config_free);
	found->authenticated =
		g_ptr_array_new_with_free_func((GDestroyNotify)gclk_server_config_free);
	found->includes = g_ptr_array_new_with_free_func(include_free);
	return found;
}

GPtrArray *gclk_found_take_includes(GclkFound *found)
{
	GPtrArray *includes = found->includes;

	found->includes = g_ptr_array_new_with_free_func(include_free);
	return includes;
}

void gclk_found_free(GclkFound *found)
{
	if (!found)
		return;
	g_ptr_array_unref(found->servers);
	g_ptr_array_unref(found->fallback);
	g_ptr_array_unref(found->authenticated);
	g_ptr_array_unref(found->includes);
	g_free(found);
}

/* --- adding ----------------------------------------------------------------------------------- */

/* Numeric addresses that are no server: unspecified, multicast, broadcast, ntpd's refclocks. */
static gboolean is_server_address(const char *text)
{
	GclkAddress a;

	if (!gclk_address_parse(text, 0, &a))
		return TRUE; /* a name */
	if (a.family == 6)
		return a.bytes[0] != 0xff &&
		       memcmp(a.bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof a.bytes) != 0;
	return a.bytes[0] != 0 && a.bytes[0] < 224 && !(a.bytes[0] == 127 && a.bytes[1] == 127);
}

static gboolean is_pool_name(const char *name)
{
	gsize length = strlen(name), domain = strlen(POOL_DOMAIN);

	return length >= domain && g_ascii_strcasecmp(name + length - domain, POOL_DOMAIN) == 0 &&
	       (length == domain || name[length - domain - 1] == '.');
}

/* Fills in polls that were not given; one that was has its way. */
static void poll_politely(GclkServerConfig *server)
{
	if (server->min_poll == GCLK_POLL_UNSET)
		server->min_poll = server->max_poll == GCLK_POLL_UNSET
					   ? POOL_MIN_POLL
					   : MIN(POOL_MIN_POLL, server->max_poll);
	if (server->max_poll == GCLK_POLL_UNSET)
		server->max_poll = MAX(server->min_poll, POOL_MAX_POLL);
}

/* Takes the server into the list, unless it is there already or is none. */
static void add_server(GPtrArray *list, GclkServerConfig *server)
{
	g_autoptr(GclkServerConfig) owned = server;

	if (list->len >= SERVERS_MAX || !gclk_config_is_host(server->address) ||
		!is_server_address(server->address))
		return;
	for (guint i = 0; i < list->len; i++)
		if (gclk_server_config_same(g_ptr_array_index(list, i), server))
			return;
	if (server->port != 123) {
		g_free(server->name);
		server->name = g_strdup_printf(strchr(server->address, ':') ? "[%s]:%u" : "%s:%u",
			server->address, server->port);
	}
	if (is_pool_name(server->address))
		poll_politely(server);
	g_ptr_array_add(list, g_steal_pointer(&owned));
}

static void add_address(GPtrArray *list, const char *address)
{
	add_server(list, gclk_server_config_new(address, address));
}

/* Every word of text, separated by blanks or commas. */
static void add_words(GPtrArray *list, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t,\"\r", -1);

	for (gsize i = 0; words[i]; i++)
		if (*words[i])
			add_address(list, words[i]);
}

static void add_include(GclkFound *found, GclkIncludeKind kind, const char *path)
{
	GclkInclude *include;

	if (found->includes->len >= INCLUDES_MAX || *path != '/')
		return;
	include = g_new0(GclkInclude, 1);
	include->kind = kind;
	include->path = g_strdup(path);
	g_ptr_array_add(found->includes, include);
}

/* --- lines and words -------------------------------------------------------------------------- */

/* The text as lines; ends at a NUL byte. Bytes that are not ASCII pass: no host name has any. */
static char **split_lines(const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);

	return g_strsplit(copy, "\n", -1);
}

/* Cuts line into its words in place; a word that begins with one of comment ends the line. */
static guint split_words(char *line, const char *comment, char *words[WORDS_MAX])
{
	guint n = 0;

	while (n < WORDS_MAX) {
		line += strspn(line, " \t\r\"");
		if (!*line || strchr(comment, *line))
			break;
		words[n++] = line;
		line += strcspn(line, " \t\r\"");
		if (*line)
			*line++ = '\0';
	}
	return n;
}

static gint parse_poll(const char *text)
{
	gint64 value;

	if (!g_ascii_string_to_signed(text, 10, -32, 32, &value, NULL))
		return GCLK_POLL_UNSET;
	return CLAMP((gint)value, GCLK_DISCOVER_POLL_MIN, GCLK_DISCOVER_POLL_MAX);
}

/* The options behind a server's address. FALSE: it is not meant to be used for the time. */
static gboolean read_options(GclkServerConfig *server, char **words, guint n, gboolean *secret)
{
	for (guint i = 0; i < n; i++) {
		const char *word = words[i];
		const char *value = i + 1 < n ? words[i + 1] : "";
		guint64 number;

		if (g_ascii_strcasecmp(word, "noselect") == 0)
			return FALSE;
		if (g_ascii_strcasecmp(word, "nts") == 0 || g_ascii_strcasecmp(word, "key") == 0 ||
			g_ascii_strcasecmp(word, "autokey") == 0)
			*secret = TRUE;
		else if (g_ascii_strcasecmp(word, "minpoll") == 0)
			server->min_poll = parse_poll(value);
		else if (g_ascii_strcasecmp(word, "maxpoll") == 0)
			server->max_poll = parse_poll(value);
		else if (g_ascii_strcasecmp(word, "port") == 0 &&
			 g_ascii_string_to_unsigned(value, 10, 1, 65535, &number, NULL))
			server->port = (guint16)number;
	}
	if (server->min_poll != GCLK_POLL_UNSET && server->max_poll != GCLK_POLL_UNSET &&
		server->min_poll > server->max_poll)
		server->max_poll = server->min_poll;
	return TRUE;
}

static gboolean is_server_word(const char *word)
{
	return g_ascii_strcasecmp(word, "server") == 0 || g_ascii_strcasecmp(word, "pool") == 0 ||
	       g_ascii_strcasecmp(word, "peer") == 0;
}

/* "server ADDRESS options", as chrony and ntpd have it in common. */
static void read_server(GclkFound *found, char **words, guint n)
{
	g_autoptr(GclkServerConfig) server = NULL;
	gboolean secret = FALSE;
	guint at = 1;

	while (at < n && (strcmp(words[at], "-4") == 0 || strcmp(words[at], "-6") == 0))
		at++;
	if (at >= n)
		return;
	server = gclk_server_config_new(words[at], words[at]);
	if (!read_options(server, words + at + 1, n - at - 1, &secret))
		return;
	if (g_ascii_strcasecmp(words[0], "pool") == 0)
		poll_politely(server);
	add_server(secret ? found->authenticated : found->servers, g_steal_pointer(&server));
}

/* --- configurations --------------------------------------------------------------------------- */

void gclk_discover_chrony(const char *text, gsize length, GclkFound *found)
{
	static const struct {
		const char *word;
		GclkIncludeKind kind;
	} includes[] = {
		{ "include", GCLK_INCLUDE_FILE },
		{ "confdir", GCLK_INCLUDE_CONF },
		{ "sourcedir", GCLK_INCLUDE_SOURCES },
	};
	g_auto(GStrv) lines = split_lines(text, length);

	for (gsize i = 0; lines[i]; i++) {
		char *words[WORDS_MAX];
		guint n = split_words(lines[i], "#!;%", words);

		if (n >= 2 && is_server_word(words[0])) {
			read_server(found, words, n);
			continue;
		}
		for (gsize k = 0; n >= 2 && k < G_N_ELEMENTS(includes); k++)
			for (guint w = 1;
				g_ascii_strcasecmp(words[0], includes[k].word) == 0 && w < n; w++)
				add_include(found, includes[k].kind, words[w]);
	}
}

void gclk_discover_ntp(const char *text, gsize length, GclkFound *found)
{
	g_auto(GStrv) lines = split_lines(text, length);

	for (gsize i = 0; lines[i]; i++) {
		char *words[WORDS_MAX];
		guint n = split_words(lines[i], "#", words);

		if (n >= 2 && is_server_word(words[0]))
			read_server(found, words, n);
		else if (n >= 2 && g_ascii_strcasecmp(words[0], "includefile") == 0)
			add_include(found, GCLK_INCLUDE_FILE, words[1]);
	}
}

void gclk_discover_openntpd(const char *text, gsize length, GclkFound *found)
{
	g_auto(GStrv) lines = split_lines(text, length);

	for (gsize i = 0; lines[i]; i++) {
		char *words[WORDS_MAX];
		guint n = split_words(lines[i], "#", words);

		if (n >= 2 && (strcmp(words[0], "server") == 0 || strcmp(words[0], "servers") == 0))
			add_address(found->servers, words[1]);
	}
}

void gclk_discover_step_tickers(const char *text, gsize length, GclkFound *found)
{
	g_auto(GStrv) lines = split_lines(text, length);

	for (gsize i = 0; lines[i]; i++) {
		char *words[WORDS_MAX];
		guint n = split_words(lines[i], "#", words);

		for (guint w = 0; w < n; w++)
			add_address(found->servers, words[w]);
	}
}

void gclk_discover_timesyncd(const char *text, gsize length, GclkFound *found)
{
	g_auto(GStrv) lines = split_lines(text, length);
	gboolean in_time = FALSE;

	for (gsize i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]);
		char *value = strchr(line, '=');
		GPtrArray *list;

		if (*line == '[')
			in_time = strcmp(line, "[Time]") == 0;
		if (!in_time || *line == '#' || *line == ';' || !value)
			continue;
		*value++ = '\0';
		g_strstrip(line);
		g_strstrip(value);
		if (strcmp(line, "NTP") == 0 || strcmp(line, "Servers") == 0)
			list = found->servers;
		else if (strcmp(line, "FallbackNTP") == 0)
			list = found->fallback;
		else
			continue;
		if (*value)
			add_words(list, value);
		else
			g_ptr_array_set_size(list, 0);
	}
}

/* --- leases ----------------------------------------------------------------------------------- */

void gclk_discover_assignments(const char *text, gsize length, GclkFound *found)
{
	static const char *const keys[] = { "NTP", "ntp_servers", "dhcp6_ntp_servers",
		"dhcp6_sntp_servers", NULL };
	g_auto(GStrv) lines = split_lines(text, length);

	for (gsize i = 0; lines[i]; i++) {
		char *value = strchr(lines[i], '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (g_strv_contains(keys, g_strstrip(lines[i])))
			add_words(found->servers, value);
	}
}

/* One lease of dhclient's file while it is read. */
typedef struct {
	char *interface;
	char *servers; /* "192.0.2.1, 192.0.2.2" */
} Lease;

static void lease_clear(Lease *lease)
{
	g_clear_pointer(&lease->interface, g_free);
	g_clear_pointer(&lease->servers, g_free);
}

static void lease_free(gpointer data)
{
	lease_clear(data);
	g_free(data);
}

/* Keeps the lease in place of the interface's earlier one. */
static void keep_lease(GPtrArray *leases, Lease *lease)
{
	Lease *kept;

	for (guint i = 0; i < leases->len; i++) {
		const Lease *other = g_ptr_array_index(leases, i);

		if (g_strcmp0(other->interface, lease->interface) == 0) {
			g_ptr_array_remove_index(leases, i);
			break;
		}
	}
	if (leases->len >= SERVERS_MAX)
		g_ptr_array_remove_index(leases, 0);
	kept = g_new0(Lease, 1);
	*kept = *lease;
	memset(lease, 0, sizeof *lease);
	g_ptr_array_add(leases, kept);
}

/* Every run of white space becomes one blank, none stays at the ends. In place. */
static void squeeze(char *text)
{
	char *out = text;

	for (const char *p = text; *p; p++) {
		if (!g_ascii_isspace(*p))
			*out++ = *p;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	if (out > text && out[-1] == ' ')
		out--;
	*out = '\0';
}

static void read_lease_statement(Lease *lease, char *statement)
{
	static const char *const options[] = { "option ntp-servers ", "option dhcp6.sntp-servers ",
		"option dhcp6.ntp-servers " };

	squeeze(statement);
	if (g_str_has_prefix(statement, "interface ")) {
		g_free(lease->interface);
		lease->interface = g_strdup(statement + strlen("interface "));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		if (g_str_has_prefix(statement, options[i])) {
			g_free(lease->servers);
			lease->servers = g_strdup(statement + strlen(options[i]));
		}
	}
}

void gclk_discover_dhclient(const char *text, gsize length, GclkFound *found)
{
	g_autoptr(GPtrArray) leases = g_ptr_array_new_with_free_func(lease_free);
	g_autofree char *copy = g_strndup(text, length);
	g_autoptr(GString) statement = g_string_new(NULL);
	Lease lease = { 0 };
	gboolean quoted = FALSE, comment = FALSE;
	guint depth = 0;

	for (const char *p = copy; *p; p++) {
		if (comment || (!quoted && *p == '#')) {
			comment = *p != '\n';
			continue;
		}
		if (*p == '"')
			quoted = !quoted;
		if (quoted || !strchr("{};", *p)) {
			g_string_append_c(statement, *p);
			if (quoted && *p == '\\' && p[1])
				g_string_append_c(statement, *++p);
			continue;
		}
		if (*p == ';')
			read_lease_statement(&lease, statement->str);
		depth += *p == '{';
		if (*p == '}' && depth && --depth == 0)
			keep_lease(leases, &lease);
		g_string_truncate(statement, 0);
	}
	lease_clear(&lease);
	for (guint i = 0; i < leases->len; i++) {
		const Lease *kept = g_ptr_array_index(leases, i);

		if (kept->servers)
			add_words(found->servers, kept->servers);
	}
}

void gclk_discover_dhcp_packet(const char *text, gsize length, GclkFound *found)
{
	enum { OPTIONS = 240, PAD = 0, NTP_SERVERS = 42, END = 255 };
	static const guint8 cookie[] = { 99, 130, 83, 99 }; /* RFC 2131 section 3 */
	const guint8 *bytes = (const guint8 *)text;
	gsize at = OPTIONS;

	if (length < OPTIONS || memcmp(bytes + OPTIONS - sizeof cookie, cookie, sizeof cookie) != 0)
		return;
	while (at < length && bytes[at] != END) {
		gsize size, i;
		guint8 code = bytes[at++];

		if (code == PAD)
			continue;
		if (at == length)
			return;
		size = bytes[at++];
		if (size > length - at)
			return;
		for (i = 0; code == NTP_SERVERS && i + 4 <= size; i += 4) {
			const guint8 *a = bytes + at + i;
			g_autofree char *address =
				g_strdup_printf("%u.%u.%u.%u", a[0], a[1], a[2], a[3]);

			add_address(found->servers, address);
		}
		at += size;
	}
}
